"""A header that a C compiler takes, put together from `declaration`: what it depends on comes first."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING

from probelang.btf.c import declaration
from probelang.btf.types import (
    Array,
    Enum,
    FuncProto,
    Fwd,
    Ptr,
    Qualifier,
    Struct,
    Typedef,
    TypeTag,
)

if TYPE_CHECKING:
    from probelang.btf.blob import Btf

_PRELUDE = """
#define __user
#define __percpu
#define __rcu
typedef __builtin_va_list __gnuc_va_list, va_list;
"""
_BUILT_IN = {"__builtin_va_list", "__gnuc_va_list", "va_list"}


class Header:
    """Declarations in the order of their dependencies.

    BTF may have several structs of one name; the first to come gets it, and what contains another is left out.
    """

    def __init__(self, btf: Btf, *, padding: bool) -> None:
        self._btf = btf
        self._padding = padding
        self._parts = [_PRELUDE]
        self._done: dict[int, bool] = {}
        self._typedefs: dict[int, bool] = {}
        self._named: dict[str, int] = {}

    def text(self) -> str:
        numbers = itertools.count()
        # Enums of different drivers may share enumerators, which one file in C cannot.
        return re.sub(
            r"^(\t+)(\w+)(?= = -?\d+,$)",
            lambda match: f"{match[1]}e{next(numbers)}_{match[2]}",
            "\n".join(self._parts) + "\n",
            flags=re.MULTILINE,
        )

    def add(self, id: int | None) -> bool:
        """Define a type and what it contains; whether that was possible."""
        assert id is not None
        if id not in self._done:
            self._done[id] = True
            self._done[id] = self._add(id)
        return self._done[id]

    def _add(self, id: int) -> bool:
        match self._btf.type(id):
            case Struct(name=name, members=members, is_union=is_union):
                if name and not self._claim(f"{'union' if is_union else 'struct'} {name}", id):
                    return False
                if not all(self.add(member.type) for member in members):
                    return False
                if name:
                    self._parts.append(declaration(self._btf, id, padding=self._padding))
            case Enum(name=name, values=values):
                if name:
                    if not self._claim(f"enum {name}", id):
                        return False
                    self._parts.append(declaration(self._btf, id) if values else f"enum {name};")
            case Typedef(target=target):
                return self._typedef(id) and self.add(target)
            case Array(element=target) | Qualifier(target=target) | TypeTag(target=target):
                return self.add(target)
            case Ptr(target=target):
                return self._mention(target)
            case FuncProto(returns=returns, params=params):
                return all(self._mention(target) for target in (returns, *(param.type for param in params)))
            case Fwd():
                return False
        return True

    def _mention(self, id: int) -> bool:
        """What a pointer points to: a struct needs no definition, but a declaration outside of other scopes."""
        match self._btf.type(id):
            case Struct(name=name, is_union=is_union) | Fwd(name=name, is_union=is_union):
                self._parts.append(f"{'union' if is_union else 'struct'} {name};" if name else "")
                return bool(name)
            case Typedef():
                return self._typedef(id)
            case Ptr(target=target) | Qualifier(target=target) | TypeTag(target=target):
                return self._mention(target)
            case _:
                return self.add(id)

    def _typedef(self, id: int) -> bool:
        """A typedef comes before the body of its struct, which may have pointers to it."""
        if id not in self._typedefs:
            type = self._btf.type(id)
            assert isinstance(type, Typedef)
            if type.name in _BUILT_IN:
                return True
            anonymous = isinstance(struct := self._btf.type(type.target), Struct) and not struct.name
            sound = self.add(type.target) if anonymous else self._mention(type.target)
            self._typedefs[id] = sound and self._claim(type.name, id)
            if self._typedefs[id]:
                self._parts.append(declaration(self._btf, id, padding=self._padding))
        return self._typedefs[id]

    def _claim(self, name: str, id: int) -> bool:
        return self._named.setdefault(name, id) == id
