"""What a probe of the generator records, and the conditions that can be made of it."""

from __future__ import annotations

import random
from dataclasses import dataclass

from probelang.btf import types
from probelang.kernel.interface import Kernel
from tests.properties.walks import Spot, Walks

PATTERNS = ("bash", "*a*", "k?x*", "it's", "[ab]*", "x y")


@dataclass(frozen=True)
class Recorded:
    """A fetch arg: its text behind `name =`, and how a condition can compare it."""

    text: str
    kind: str
    """`int`, `enum`, `string`, `array` or `other`"""
    bits: int = 64
    """Of an array of characters, how many it has."""
    signed: bool = False
    enumerators: tuple[tuple[str, int], ...] = ()
    plain: bool = False
    """Whether a condition may say it again, where it is not recorded."""


def string(text: str, room: int = 64, *, plain: bool = False) -> Recorded:
    return Recorded(text, "string", room, plain=plain)


class FetchArgs:
    """Ways to record what a walk has led to."""

    def __init__(self, kernel: Kernel, walks: Walks) -> None:
        self.kernel = kernel
        self.walks = walks

    def of(self, rng: random.Random, spot: Spot) -> Recorded | None:
        if not self.walks.is_good(spot):
            return None
        core = self.walks.core(spot.type)
        plain = rng.random() < 0.6
        match core:
            case types.Int(signed=signed) if spot.bits is not None:
                return Recorded(spot.text, "int", spot.bits[1], signed, plain=True)
            case types.Int(size=size, signed=signed, is_bool=is_bool):
                if plain or is_bool:
                    return Recorded(spot.text, "int", 1 if is_bool else size * 8, signed, plain=True)
                return self._otherwise(rng, spot.text, size * 8, signed)
            case types.Enum(values=values, size=size, signed=signed) if spot.bits is None:
                return Recorded(spot.text, "enum", size * 8, signed, values, plain=True)
            case types.Ptr(target=target):
                return self._pointer(rng, spot, target, plain)
            case types.Array(element=element, count=count):
                if self.walks.is_char(element):
                    return string(spot.text, count, plain=True)
                return Recorded(spot.text, "array", count)
        return Recorded(spot.text, "other")

    def _otherwise(self, rng: random.Random, text: str, bits: int, signed: bool) -> Recorded:
        """An integer by another fetch-arg type that fits it."""
        own = "s" if signed else "u"
        if rng.random() < 0.3:
            width = rng.randrange(1, bits + 1)
            shift = rng.randrange(bits - width + 1)
            return Recorded(f"{text}: b{width}@{shift}/{bits}", "int", width)
        if bits == 8 and self.kernel.features.char_type and rng.random() < 0.5:
            return Recorded(f"{text}: char", "other")
        letter = rng.choice(["x", own])
        return Recorded(f"{text}: {letter}{bits}", "int", bits, signed and letter == "s")

    def _pointer(self, rng: random.Random, spot: Spot, target: int, plain: bool) -> Recorded:
        text, core = spot.text, self.walks.core(target)
        if self.walks.is_char(target):
            return string(
                rng.choice([text, f"user({text})", f"user({text}): ustring", f"{text}: string"])
                if not plain
                else text,
                plain=plain,
            )
        if plain:
            return Recorded(text, "int", plain=True)
        if isinstance(core, types.Struct) and core.name in ("dentry", "file") and rng.random() < 0.5:
            return string(f"{text}: {'%pd' if core.name == 'dentry' else '%pD'}")
        letters = rng.choice(["u8", "s32", "x64", "u16", "b3@4/32"])
        forms = [
            f"{text}: symbol",
            f"{text}: x64",
            f"{rng.choice('+-')}{rng.choice(['', 'u'])}{rng.randrange(512)}({text}): {letters}",
            f"{text}: {rng.choice(['u8', 's16', 'x32', 'u64'])}[{rng.randrange(1, 65)}]",
            f"(unsigned long){text}",
            f"(struct {rng.choice(self.walks.structs)} *){text}",
            f"(const char *){text}",
            f"user((char *){text})",
            f"+{rng.randrange(64)}({text}): {rng.choice(['string', 'ustring'])}",
        ]
        if self.kernel.features.symstr and spot.steps:
            forms.append(f"{text}: symstr")
        form = rng.choice(forms)
        if "char *" in form or form.endswith("string"):
            return string(form)
        return Recorded(form, "array" if form.endswith("]") else "other")


class Conditions:
    """Conditions over fetch args, by their names or said again."""

    def __init__(self, walks: Walks) -> None:
        self.walks = walks

    def of(self, rng: random.Random, args: list[Recorded], names: list[str], probe: str) -> tuple[str, str]:
        """Statements to stand before the probe of that name, and ` if …`, or nothing."""
        usable = [
            (name, arg) for name, arg in zip(names, args, strict=True) if arg.kind not in ("array", "other")
        ]
        if rng.random() < 0.3:
            return "", ""
        terms = [self._term(rng, *rng.choice(usable)) for _ in range(rng.randrange(1, 4)) if usable]
        if rng.random() < 0.15 or not terms:
            terms.append(
                rng.choice(
                    ["$tid > 1", "$cpu in 0..3", "$tid & 0xff", '$comm ~ "k*"', '$comm in {"bash", "sh"}']
                )
            )
        constants = []
        text = ""
        for number, term in enumerate(terms):
            head, _, last = term.rpartition(" ")
            if last.isdigit() and rng.random() < 0.15:
                name = f"{probe.upper()}_{number}"
                constants.append(f"const {name} = {last} | 0\n")
                term = f"{head} {name}"
            text = f"({text}) {rng.choice(['&&', '||'])} {term}" if text else term
        return "".join(constants), f" if {text}" if rng.random() < 0.8 else f" if !({text})"

    def _term(self, rng: random.Random, name: str, arg: Recorded) -> str:
        left = arg.text if arg.plain and rng.random() < 0.3 else name
        if arg.kind == "string":
            if rng.random() < 0.15 and arg.bits > 4:
                return f'{left} in {{"sh", "ab"}}'
            pattern = rng.choice(PATTERNS)[: arg.bits - 1]
            return f'{left} {rng.choice(["==", "!=", "~"])} "{pattern}"'
        low, high = (
            (-(1 << arg.bits - 1), (1 << arg.bits - 1) - 1) if arg.signed else (0, (1 << arg.bits) - 1)
        )
        fitting = [name for name, value in arg.enumerators if low <= value <= high and value != 0]
        alone = [name for name in fitting if len(self.walks.btf.find_enumerator(name)) == 1]
        if alone and rng.random() < 0.8:
            if rng.random() < 0.2:
                return f"{left} in {{{', '.join(rng.sample(alone, min(3, len(alone))))}}}"
            return f"{left} {rng.choice(['==', '!='])} {rng.choice(alone)}"
        return self._number(rng, left, low, high)

    def _number(self, rng: random.Random, left: str, low: int, high: int) -> str:
        values = [
            rng.choice([rng.randint(low, high), rng.randint(max(low, -9), min(high, 9))]) for _ in range(2)
        ]
        values.sort()
        shape = rng.randrange(5)
        if shape == 0 and values[0] > 0:
            return f"{left} & {values[1]:#x}"
        if shape == 1:
            return f"{left} in {{{values[0]}, {values[1]}}}"
        if shape == 2:
            return f"{left} in {values[0]}..{values[1]}"
        if shape == 3:
            return f"{left} < {values[1]}" if values[1] > low else left
        if low < values[0] < high:
            return f"{left} {rng.choice(['==', '!=', '>=', '>', '<='])} {values[0]}"
        return f"{left} {rng.choice(['==', '!='])} {values[0]}"
