"""Ways from a parameter to a value: through members, elements and pointers, along the records of BTF."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace

from probelang.btf import types
from probelang.btf.blob import Btf
from probelang.btf.layout import size_of
from probelang.btf.names import Space

MOST_STEPS = 8
MOST_WALKS = 6
TRIES = 40

Core = types.Int | types.Enum | types.Ptr | types.Array | types.Struct | types.Void


@dataclass(frozen=True)
class Spot:
    """An expression, its type and how the kernel would have to read it by offsets alone.

    `pending` is None for a value that is at hand, else the offset of what lies in memory and is still to be read.
    """

    text: str
    type: int
    base: str
    steps: tuple[int, ...] = ()
    pending: int | None = None
    bits: tuple[int, int] | None = None
    user: bool = False

    def loaded(self) -> Spot:
        if self.pending is None:
            return self
        return replace(self, steps=(*self.steps, self.pending), pending=None, bits=None)

    def raw_length(self) -> int:
        """Characters of the raw spelling, `+8(+16($arg1))`."""
        return len(self.base) + sum(len(f"{step:+d}()") + self.user for step in self.loaded().steps)


class Walks:
    """Random walks over the types of one kernel, no longer than its limits."""

    def __init__(self, btf: Btf, max_text: int, max_steps: int) -> None:
        self.btf = btf
        self.max_text = max_text
        self.max_steps = max_steps
        self.structs = [name for name in btf.names(Space.STRUCT) if name.isidentifier()]

    def walks(self, rng: random.Random, starts: list[Spot]) -> list[Spot]:
        if not starts:
            return []
        walks = [self.walk(rng, rng.choice(starts)) for _ in range(rng.randrange(1, MOST_WALKS))]
        return [spot for spot in walks if spot is not None]

    def walk(self, rng: random.Random, start: Spot) -> Spot | None:
        """From a start through members, elements and pointers to something that can be recorded."""
        if start.type <= -2:
            return self.walk_struct(rng, start, -2 - start.type)
        for _ in range(TRIES):
            spot = start
            for _ in range(rng.randrange(MOST_STEPS + 1)):
                further = self._step(rng, spot)
                if further is None or len(further.loaded().steps) > MOST_STEPS:
                    break
                spot = further
            if self.is_good(spot):
                return spot
        return None

    def walk_struct(self, rng: random.Random, start: Spot, struct: int | str) -> Spot | None:
        id = self.btf.find(Space.STRUCT, struct) if isinstance(struct, str) else struct
        assert id is not None
        for _ in range(TRIES):
            spot = self._member(rng, start, id, start.text + "->", 0)
            for _ in range(rng.randrange(MOST_STEPS)):
                further = self._step(rng, spot) if spot is not None else None
                if further is None:
                    break
                spot = further
            if spot is not None and self.is_good(spot):
                return spot
        return None

    def is_good(self, spot: Spot) -> bool:
        if len(spot.loaded().steps) + 1 > self.max_steps or spot.raw_length() + 24 > self.max_text:
            return False
        return self._is_recordable(spot)

    def _is_recordable(self, spot: Spot) -> bool:
        core = self.core(spot.type)
        if spot.bits is not None:
            return isinstance(core, types.Int | types.Enum)
        match core:
            case types.Int(size=size) | types.Enum(size=size):
                return size in (1, 2, 4, 8)
            case types.Ptr():
                return True
            case types.Array(element=element, count=count) if spot.pending is not None:
                inner = self.core(element)
                if self.is_char(element):
                    return count > 0
                return (
                    isinstance(inner, types.Int | types.Enum)
                    and 1 <= count <= 64
                    and inner.size in (1, 2, 4, 8)
                )
        return False

    def _step(self, rng: random.Random, spot: Spot) -> Spot | None:
        if spot.bits is not None:
            return None
        core = self.core(spot.type)
        match core:
            case types.Struct() if spot.pending is not None:
                inner = postfix(spot.text)
                before = f"(&{inner})->" if rng.random() < 0.06 else f"{inner}."
                return self._member(rng, spot, self.core_id(spot.type), before, spot.pending)
            case types.Array(element=element, count=count) if spot.pending is not None and count > 0:
                index = rng.randrange(min(count, 1 << 16))
                offset = spot.pending + index * self._size(element)
                return replace(spot, text=f"{postfix(spot.text)}[{index}]", type=element, pending=offset)
            case types.Ptr(target=target):
                return self._behind(rng, spot, target)
        return None

    def _behind(self, rng: random.Random, spot: Spot, target: int) -> Spot | None:
        user = spot.user or self.is_user(spot.type)
        core = self.core(target)
        spot = replace(spot.loaded(), user=user)
        if isinstance(core, types.Void) or rng.random() < 0.04:
            name = rng.choice(self.structs)
            struct = self.btf.find(Space.STRUCT, name)
            assert struct is not None
            return self._member(rng, spot, struct, f"((struct {name} *){spot.text})->", 0)
        if isinstance(core, types.Struct) and core.name and rng.random() < 0.04:
            own = [member for member, _, bits in self._members(self.core_id(target), 0, 0) if not bits]
            if own:
                tag = "union" if core.is_union else "struct"
                path = rng.choice(own).name
                text = f"container_of(&{postfix(spot.text)}->{path}, {tag} {core.name}, {path})->"
                return self._member(rng, spot, self.core_id(target), text, 0)
        match core:
            case types.Struct():
                return self._member(rng, spot, self.core_id(target), postfix(spot.text) + "->", 0)
            case types.Int(size=size) | types.Enum(size=size) if size in (1, 2, 4, 8):
                if rng.random() < 0.5:
                    return replace(spot, text="*" + spot.text, type=target, pending=0)
                index = rng.randrange(8)
                return replace(spot, text=f"{postfix(spot.text)}[{index}]", type=target, pending=index * size)
            case types.Ptr():
                return replace(spot, text="*" + spot.text, type=target, pending=0)
        return None

    def _member(self, rng: random.Random, spot: Spot, struct: int, before: str, start: int) -> Spot | None:
        members = list(self._members(struct, 0, 0))
        if not members:
            return None
        member, offset, bits = rng.choice(members)
        for _ in range(2):
            # the way on is through pointers and structs, of which there are fewer than of plain numbers
            if isinstance(self.core(member.type), types.Int | types.Enum | None) and rng.random() < 0.8:
                member, offset, bits = rng.choice(members)
        where: tuple[int, int] | None = None
        if bits:
            where = (offset, bits)
        return replace(
            spot,
            text=before + member.name,
            type=member.type,
            pending=start + offset // 8,
            bits=where,
            user=spot.user,
        )

    def _members(self, struct: int, start: int, depth: int) -> Iterator[tuple[types.Member, int, int]]:
        """The members with names, those of anonymous ones too: with their offsets and widths in bits."""
        type = self.btf.type(struct)
        if not isinstance(type, types.Struct) or depth > 8:
            return
        for member in type.members:
            offset = start + member.bit_offset
            if member.name:
                yield member, offset, member.bit_size
            else:
                yield from self._members(self.core_id(member.type), offset, depth + 1)

    # ------------------------------------------------------------------------------------------------- types

    def core_id(self, id: int) -> int:
        for _ in range(40):
            match self.btf.type(id):
                case (
                    types.Typedef(target=target)
                    | types.Qualifier(target=target)
                    | types.TypeTag(target=target)
                ):
                    id = target
                case types.Fwd(name=name, is_union=is_union):
                    whole = self.btf.find(Space.UNION if is_union else Space.STRUCT, name)
                    if whole is None:
                        return id
                    id = whole
                case _:
                    break
        return id

    def core(self, id: int) -> Core | None:
        """What a type is; None of functions, floats and what is only declared."""
        type = self.btf.type(self.core_id(id))
        return type if isinstance(type, Core) else None

    def _size(self, id: int) -> int:
        return size_of(self.btf, self.core_id(id))

    def is_char(self, id: int) -> bool:
        """Whether it is shown as text: `char`, and the `const unsigned char` of file names."""
        constant = False
        for _ in range(20):
            match self.btf.type(id):
                case types.Qualifier(kind=kind, target=target):
                    constant = constant or kind == "const"
                    id = target
                case types.TypeTag(target=target):
                    id = target
                case types.Int(name=name):
                    return name == "char" or (constant and name == "unsigned char")
                case _:
                    return False
        return False

    def is_user(self, id: int) -> bool:
        core = self.core(id)
        if not isinstance(core, types.Ptr):
            return False
        target = self.btf.type(core.target)
        return isinstance(target, types.TypeTag) and target.name == "user"


def postfix(text: str) -> str:
    """An expression as something that `->`, `.` and `[]` can stand behind."""
    return f"({text})" if text.startswith("*") else text
