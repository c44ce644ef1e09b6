"""Raw commands as a spec: every probe that comes out means what its command means, or stays a comment that says why.

Each arg is tried in several spellings, the most telling first, and compiled for the kernel; the first whose instructions are
those of the command is taken.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from probelang.analysis import analyse
from probelang.commands.context import At, Context, ParsedArg
from probelang.commands.files import of_event
from probelang.commands.judge import Judge
from probelang.commands.lines import Command, read_commands
from probelang.commands.raising import raise_value
from probelang.commands.state import EPROBE, FPROBE, KPROBE, SYNTHETIC, UPROBE, Probe, State
from probelang.commands.verdict import Doubtful, Log, Words
from probelang.diagnostics import Severity
from probelang.record import record
from probelang.source import Source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from probelang.commands.uprobe import Files
    from probelang.kernel.interface import Kernel


@record
class Imported:
    """A spec, and how many of the commands became probes of it; `left` are the others: the line and why."""

    text: str
    probes: int
    left: tuple[tuple[str, str], ...]


def any_file(path: str) -> str | None:
    """Files of the target are taken to be there."""
    return path


def import_commands(source: Source, kernel: Kernel, files: Files = any_file) -> Imported:
    """The spec of a file of commands."""
    importer = Importer(kernel, files)
    out: dict[object, str] = {}
    left: list[tuple[str, str]] = []
    for command in read_commands(source):
        text, why = importer.add(command)
        if text:
            out[importer.latest] = text
        elif not why:
            for name in importer.find_removed():
                del out[name]
        else:
            shown = " ".join(Words(command.text).texts).encode("latin-1").decode("utf-8", "replace")
            shown = "".join(char if char.isprintable() else "?" for char in shown)
            out[len(left)] = f"# {why}:\n#     {shown}\n"
            left.append((shown, why))
    return Imported(_formatted("\n".join(out.values())), len(out) - len(left), tuple(left))


def _formatted(text: str) -> str:
    from probelang.format.spec import format_spec

    return format_spec(Source("imported.probe", text)).text


class Importer:
    """Commands of one kernel, in their order."""

    def __init__(self, kernel: Kernel, files: Files = any_file) -> None:
        self.kernel = kernel
        self._files = files
        self._judge = Judge(kernel, files)
        self._made: dict[tuple[str, str], Probe] = {}
        #: The name of the event that was imported last.
        self.latest: tuple[str, str] | None = None
        self._complaint = ""

    def add(self, command: Command) -> tuple[str, str]:
        """The probe of a command, or "" and why there is none; "" twice for what says nothing (a removal)."""
        if of_event(command.file) is not None:
            return "", "a condition or a trigger of an event has no place of its own in a spec"
        if command.clears:
            self._judge.clear(command.file)
        verdict = self._judge.judge(command.text, command.file)
        if verdict.taken is None:
            return "", f"it is not known whether the kernel takes it ({verdict.doubt})"
        if not verdict.taken:
            what = verdict.log[0].name if verdict.log else verdict.silence
            return "", f"the kernel refuses it ({what})"
        probe = self._judge.latest
        if probe is None:
            return "", ""
        if probe.kind == SYNTHETIC:
            return "", "a synthetic event has no place in a spec of its own"
        if probe.name in self._made:
            return "", "one more point of an event that is above"
        self._complaint = ""
        text = self._probe(probe, command)
        if text is None:
            why = self._complaint or "the language has no words for it"
            return "", why
        self._made[probe.name] = probe
        self.latest = probe.name
        return text, ""

    def find_removed(self) -> list[tuple[str, str]]:
        """The events imported so far whose probes have been taken away again, each of them told once."""
        try:
            gone = [
                name
                for name, probe in self._made.items()
                if not any(other is probe for other in self._judge.state.probes(*name))
            ]
        except Doubtful:
            return []
        for name in gone:
            del self._made[name]
        return gone

    # ------------------------------------------------------------------------------------------------- one probe

    def _probe(self, probe: Probe, command: Command) -> str | None:
        words = Words(command.text.partition("#")[0]).texts
        if probe.kind == EPROBE and "if" in words:
            return None
        point = _point(probe, words)
        if point is None:
            return None
        context = self._context(probe)
        args = []
        for arg in probe.args:
            text = next(
                (
                    text
                    for text in _spellings(arg, context)
                    if self._means(probe, self._whole(probe, point, [text]), [arg])
                ),
                None,
            )
            if text is None:
                return None
            args.append(text)
        whole = self._whole(probe, point, args)
        return whole if self._means(probe, whole, list(probe.args)) else None

    def _context(self, probe: Probe) -> Context:
        at = At.KERNEL
        function = str(probe.place[0])
        if probe.kind == UPROBE:
            at, function = At.USER, ""
        elif probe.kind == EPROBE:
            at |= At.EVENT
        elif probe.is_return:
            at |= At.RETURN
        else:
            at |= At.ENTRY
        if probe.is_tracepoint:
            at |= At.TRACEPOINT
            function = f"__probestub_{function}"
        context = Context(self._judge.target, Log("", ()), at, "" if probe.kind == EPROBE else function)
        if probe.of is not None:
            context.fields = self._judge.target.event_fields(*probe.of) or ()
        return context

    def _whole(self, probe: Probe, point: str, args: list[str]) -> str:
        body = f" {{\n    {chr(10).join(args)}\n}}" if args else ""
        return f"{probe.group}/{probe.event} = {point}{body}\n"

    def _means(self, probe: Probe, text: str, args: list[ParsedArg]) -> bool:
        """Whether a text compiles to a probe at the same place that records the same."""
        analysis = analyse(Source("imported.probe", text), self.kernel)
        if analysis.failed or len(analysis.events) != 1:
            errors = [said for said in analysis.diagnostics if said.severity is Severity.ERROR]
            if errors and not self._complaint:
                self._complaint = f"the language refuses it: {errors[0].message}"
            return False
        event = analysis.events[0]
        if event.filter is not None or event.triggers or len(event.commands) != 1:
            return False
        judge = self._judge
        state, judge.state = judge.state, State()
        try:
            judge.judge(event.commands[0])
            made = judge.latest
        finally:
            judge.state = state
        if made is None:
            return False
        same_place = (made.kind, made.name, made.is_return, made.place, made.maxactive) == (
            probe.kind, probe.name, probe.is_return, probe.place, probe.maxactive
        )  # fmt: skip
        return same_place and [_meaning(arg) for arg in made.args] == [_meaning(arg) for arg in args]


def _meaning(arg: ParsedArg) -> tuple[object, ...]:
    return arg.name, arg.type, arg.count, arg.ops


def _point(probe: Probe, words: list[str]) -> str | None:
    suffix = "%return" if probe.is_return else ""
    limit = f" with maxactive={probe.maxactive}" if probe.maxactive else ""
    match probe.kind:
        case kind if kind == KPROBE:
            if probe.place == ("unknown", 0):
                return None
            symbol, offset = probe.place
            return f"kprobe {symbol}{f'+{offset:#x}' if offset else ''}{suffix}{limit}"
        case kind if kind == FPROBE:
            return f"{'tprobe' if probe.is_tracepoint else 'fprobe'} {probe.place[0]}{suffix}{limit}"
        case kind if kind == EPROBE and probe.of is not None:
            return f"eprobe {probe.of[0]}:{probe.of[1]}"
        case kind if kind == UPROBE and not probe.reference:
            path, _, _ = words[1].rpartition(":")
            return f"uprobe {path}:{probe.place[1]:#x}{suffix}"
    return None


def _spellings(arg: ParsedArg, context: Context) -> Iterator[str]:
    """An arg in the language, the most telling first."""
    value, colon, type = arg.text.partition(":")
    if arg.text.startswith('\\"'):
        value, colon, type = arg.text, "", ""
    said = type if colon else arg.type.name
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


_THROUGH = re.compile(r"\+u?0\((.*)\)", re.DOTALL)
