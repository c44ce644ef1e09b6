"""Points and fetch args of the kernel's probes in the language: all spellings worth a try, the most telling first."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from probelang.commands.context import At, Context
from probelang.commands.raising import raise_reads, raise_value
from probelang.commands.state import EPROBE, FPROBE, KPROBE, UPROBE
from probelang.commands.verdict import Log

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from probelang.commands.context import ParsedArg
    from probelang.commands.judge import Judge
    from probelang.commands.state import Probe

_THROUGH = re.compile(r"\+u?0\((.*)\)", re.DOTALL)
_PLAIN = re.compile(r"[0-9A-Za-z_.]+", re.ASCII)


def point_of(probes: Sequence[Probe], path: str) -> str | None:
    """The kind and point of an event with one or several probes; `path` is the program's, as it was written."""
    first = probes[0]
    if len(probes) > 1 and any(
        (one.kind, one.is_return, one.maxactive, one.place[1:])
        != (first.kind, first.is_return, first.maxactive, first.place[1:])
        for one in probes
    ):
        return None
    suffix = "%return" if first.is_return else ""
    limit = f" with maxactive={first.maxactive}" if first.maxactive else ""
    place = _joined([str(probe.place[0]) for probe in probes])
    match first.kind:
        case kind if kind == KPROBE and place is not None and first.place != ("unknown", 0):
            offset = first.place[1]
            return f"kprobe {place}{f'+{offset:#x}' if offset else ''}{suffix}{limit}"
        case kind if kind == FPROBE and place is not None:
            return f"{'tprobe' if first.is_tracepoint else 'fprobe'} {place}{suffix}{limit}"
        case kind if kind == EPROBE and first.of is not None:
            return f"eprobe {first.of[0]}:{first.of[1]}"
        case kind if kind == UPROBE and len(probes) == 1 and first.reference:
            return _static_probe(path, first)
        case kind if kind == UPROBE and len(probes) == 1:
            return f"uprobe {path}:{first.place[1]:#x}{suffix}"
    return None


def _static_probe(path: str, probe: Probe) -> str | None:
    """The static probe that is at this place of a program and has this semaphore, where the program is at hand."""
    from probelang.program.elf import ProgramError
    from probelang.program.load import load_program

    try:
        sites = load_program(path).usdt_probes()
    except ProgramError:
        return None
    place = probe.place[1], probe.reference
    site = next((site for site in sites if (site.file_offset, site.semaphore_offset) == place), None)
    return f"usdt {path}:{site.provider}:{site.name}" if site is not None else None


def _joined(names: list[str]) -> str | None:
    """Several names as one pattern of the language."""
    if len(set(names)) < len(names):
        return None
    if len(names) == 1:
        return names[0]
    module = names[0].rpartition(":")[0]
    bare = [name.rpartition(":")[2] for name in names]
    if any(name.rpartition(":")[0] != module for name in names) or not all(map(_PLAIN.fullmatch, bare)):
        return None
    return f"{module}{':' if module else ''}{{{','.join(bare)}}}"


def context_of(probe: Probe, judge: Judge) -> Context:
    """What its fetch args may name. Raises `Doubtful`."""
    at = At.KERNEL
    function = str(probe.place[0])
    if probe.kind == UPROBE:
        at, function = At.USER, ""
    elif probe.kind == EPROBE:
        at, function = at | At.EVENT, ""
    elif probe.is_return:
        at |= At.RETURN
    elif probe.place[1:] in ((), (0,)):
        at |= At.ENTRY
    if probe.kind == FPROBE:
        at |= At.FPROBE
    if probe.is_tracepoint:
        at |= At.TRACEPOINT
        function = f"__probestub_{function}"
    context = Context(judge.target, Log("", ()), at, function.rpartition(":")[2])
    context.fields = judge.fields_of(probe)
    return context


def _type(arg: ParsedArg, written: str) -> str:
    """The type as the language spells it: its numbers are decimal."""
    name, bracket, _ = written.partition("[")
    bits = next((operand for op, operand in arg.ops if op == "MOD_BF"), None)
    if name[:1] == "b" and isinstance(bits, tuple):
        name = f"b{bits[0]}@{bits[1]}/{arg.type.size * 8}"
    return name + (f"[{arg.count}]" if bracket else "")


def spellings(arg: ParsedArg, context: Context) -> Iterator[str]:
    """An arg in the language, the most telling first."""
    value, colon, type = arg.text.partition(":")
    if arg.text.startswith('\\"'):
        value, colon, type = arg.text, "", ""
    said = _type(arg, type) if colon else arg.type.name
    tries = [(value, True), (value, False)]
    through = _THROUGH.fullmatch(value)
    if through is not None and arg.type.is_string:
        # a pointer to characters is a string by its type
        tries.insert(0, (through[1], True))
    seen = set()
    for text, names in tries:
        raised = raise_value(text, context, 8 if text is not value else arg.type.size, names=names)
        for spelling in (raised, f"{raised}: {said}") if raised is not None else ():
            if spelling not in seen:
                seen.add(spelling)
                if raised == arg.name:
                    yield spelling
                yield f"{arg.name} = {spelling}"
    reads = raise_reads(arg, context)
    if reads is not None and reads not in seen:
        yield f"{arg.name} = {reads}"
