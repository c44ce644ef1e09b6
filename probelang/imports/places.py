"""Where clauses of bpftrace are, in the language's words."""

from __future__ import annotations

import re

from probelang.imports.drafts import Beyond
from probelang.record import record, replace
from probelang.syntax.bpftrace import KINDS

_KINDS = {**KINDS, "interval": ("monitor", ""), "i": ("monitor", "")}
_WITHOUT = {
    "BEGIN": "a spec has no code of its own to run: it begins when it is started", "END": "a spec has no code of its own to run",
    "begin": "a spec has no code of its own to run: it begins when it is started", "end": "a spec has no code of its own to run",
    "self": "a spec has no code of its own to run", "profile": "a look at what runs, many times a second, has no probe",
    "p": "a look at what runs, many times a second, has no probe",
    "software": "perf's software events have no probe", "s": "perf's software events have no probe",
    "hardware": "counters of the processor have no probe", "h": "counters of the processor have no probe",
    "iter": "a walk over what the kernel has is no probe",
    "watchpoint": "a hardware breakpoint is written `watch SYMBOL w` or `watch 0xADDRESS w len 8`",
    "asyncwatchpoint": "a hardware breakpoint is written `watch SYMBOL w` or `watch 0xADDRESS w len 8`",
}  # fmt: skip


@record
class Point:
    """What a clause is on: its kind and point in the language."""

    kind: str
    text: str
    returns: bool
    #: The function whose parameters have names, "" for none.
    function: str = ""


def read_point(text: str) -> Point:
    """A point in the language's words. Raises `Beyond`."""
    word, _, place = text.partition(":")
    if word in _WITHOUT:
        raise Beyond(_WITHOUT[word])
    if word not in _KINDS:
        raise Beyond(f"`{word[:40]}` is no kind of probe")
    kind, suffix = _KINDS[word]
    place = place.strip()
    if not place or re.search(r"[\s,;]", place):
        raise Beyond(f"`{text[:60]}` is no point of a probe")
    if kind == "monitor":
        return Point(kind, f"monitor every {_period(place)}", False)
    if kind in ("uprobe", "usdt"):
        return _program(kind, place, suffix)
    parts = place.replace('"', "").split(":")
    if kind == "eprobe":
        if len(parts) != 2:
            raise Beyond(f"`{text[:60]}` is no point of a probe")
        return Point(kind, f"eprobe {parts[0]}:{parts[1]}", False)
    if len(parts) > 1 and parts[0] == "vmlinux":
        parts = parts[1:]
    if len(parts) > 2:
        raise Beyond(f"`{text[:60]}` is no point of a probe")
    name = parts[-1].removesuffix("+0")
    function = name if re.fullmatch(r"\w+", name, re.ASCII) else ""
    return Point(kind, f"{kind} {':'.join([*parts[:-1], name])}{suffix}", bool(suffix), function)


def _period(place: str) -> str:
    unit, colon, number = place.partition(":")
    if not colon:
        match = re.fullmatch(r"(\d+)(us|ms|s|hz)", place)
        unit, number = (match[2], match[1]) if match else ("", "")
    if not number.isdecimal() or not 0 < int(number[:18]) < 1 << 40:
        raise Beyond("this is no interval")
    match unit:
        case "s" | "ms" | "us":
            return f"{number}{unit}"
        case "hz" if 1_000_000 % int(number) == 0:
            micros = 1_000_000 // int(number)
            return f"{micros // 1000}ms" if micros % 1000 == 0 else f"{micros}us"
    raise Beyond("an interval of this unit")


def _program(kind: str, place: str, suffix: str) -> Point:
    quoted = re.fullmatch(r'([^"]*:)?"([^"]*)"([^"]*)', place)
    path, _, rest = place.partition(":")
    path = path.strip('"')
    if "/" not in path:
        raise Beyond(f"where `{path[:60]}` is depends on the machine: give its path")
    if not rest:
        raise Beyond("this is no point in a program")
    if kind == "usdt":
        provider, colon, name = rest.replace('"', "").partition(":")
        if not colon:
            raise Beyond("the provider of the static probe is not said: `usdt PATH:PROVIDER:NAME`")
        return Point(kind, f"usdt {path}:{provider}:{name}", False)
    rest = rest.removeprefix("cpp:")
    if re.fullmatch(r"(?:0x[0-9a-fA-F]+|\d+)", rest):
        raise Beyond(
            "an address in a program, which is no offset in its file: a spec says the symbol or `PATH:0xOFFSET`"
        )
    symbol = quoted[2] if quoted is not None and quoted[1] else rest
    if re.search(r"[\s()]", symbol):
        symbol = f'"{symbol}"'
    return Point(
        kind,
        f"uprobe {path}:{symbol}{quoted[3] if quoted is not None and quoted[1] else ''}{suffix}",
        bool(suffix),
    )


def merge_points(points: list[Point]) -> list[Point]:
    """Points of one kind as one pattern, where that is possible."""
    plain = [re.fullmatch(r"(\w+) (\w+)(%return)?", point.text, re.ASCII) for point in points]
    if len(points) < 2 or any(match is None for match in plain) or len({point.kind for point in points}) > 1:
        return points
    names = [match[2] for match in plain if match is not None]
    first = plain[0]
    if first is None or len({point.returns for point in points}) > 1 or len(set(names)) < len(names):
        return points
    return [replace(points[0], text=f"{first[1]} {{{','.join(names)}}}{first[3] or ''}", function="")]
