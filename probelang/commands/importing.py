"""Raw commands as a spec: every probe that comes out means what its command means, or stays a comment that says why.

Each arg is tried in several spellings, the most telling first, and compiled for the kernel; the first whose instructions are
those of the command is taken.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

from probelang.commands.conditions import NoWords, parse_condition, render_condition
from probelang.commands.context import ParsedArg
from probelang.commands.files import of_event
from probelang.commands.judge import Judge
from probelang.commands.lines import Unread, read_pieces
from probelang.commands.meaning import same_args, same_filter, same_place
from probelang.commands.spellings import context_of, point_of, spellings
from probelang.commands.state import KPROBE, SYNTHETIC, UPROBE, Probe, State
from probelang.commands.verdict import Doubtful, Words
from probelang.diagnostics import Severity
from probelang.pipeline import analyse
from probelang.record import record
from probelang.source import Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from probelang.commands.context import ParsedArg
    from probelang.commands.lines import Command
    from probelang.commands.uprobe import Files
    from probelang.kernel.interface import Kernel


@record
class Imported:
    """A spec, and how many of its events came of what was read; `left` is what stayed behind: the text and why.

    `removed` are how many events the file itself removes again, which the spec does not have.
    """

    text: str
    probes: int
    left: tuple[tuple[str, str], ...]
    removed: int = 0


def any_file(path: str) -> str | None:
    """Files of the target are taken to be there."""
    return path


def import_commands(source: Source, kernel: Kernel, files: Files = any_file) -> Imported:
    """The spec of a file of commands."""
    return import_sequence(read_pieces(source), kernel, files)


def import_sequence(pieces: Iterable[Command | Unread], kernel: Kernel, files: Files = any_file) -> Imported:
    """The spec of commands that are written one after the other."""
    importer = Importer(kernel, files)
    for piece in pieces:
        if isinstance(piece, Unread):
            importer.leave(piece.text.strip(), "what the shell writes here is not known")
        else:
            importer.add(piece)
    return importer.result()


def left_behind(text: str, why: str) -> str:
    """What no probe came of, as a comment; without a text, the reason alone."""
    lines = [f"#     {line}\n" if line.strip() else "#\n" for line in shown(text).split("\n")] if text else []
    return f"# {' '.join(shown(why).split())}{':' if lines else ''}\n{''.join(lines)}"


def shown(text: str) -> str:
    """A text without characters that a terminal would obey."""
    return "".join(char if char.isprintable() or char == "\n" else "?" for char in text.expandtabs(4))


def formatted(text: str) -> str:
    """A spec in its one layout."""
    from probelang.formatter.spec import format_spec

    return format_spec(Source("imported.probe", text)).text


class Same(IntEnum):
    """Whether a text means what a command means, perhaps with a warning."""

    NO = 0
    WARNED = 1
    YES = 2


class _Event:
    """An event that was imported: its probes, the path in the command that began it, its fetch args and all of it in a spec."""

    __slots__ = ("args", "path", "probes", "text")

    def __init__(self, probe: Probe, path: str) -> None:
        self.probes = [probe]
        self.path = path
        self.args: list[str] = []
        self.text = ""

    @property
    def name(self) -> tuple[str, str]:
        return self.probes[0].name


class Importer:
    """Commands of one kernel, in their order."""

    def __init__(self, kernel: Kernel, files: Files = any_file) -> None:
        self.kernel = kernel
        #: The name of the event that the latest command made or took part in, or would have.
        self.latest = ("", "")
        #: Events, and commands of which there is none with the reason.
        self._made: list[_Event | tuple[str, str]] = []
        self._judge = Judge(kernel, files)
        self._events: dict[tuple[str, str], _Event] = {}
        self._complaint = ""
        self._removed = 0

    def result(self) -> Imported:
        """What has come of all commands so far."""
        texts = [one.text if isinstance(one, _Event) else left_behind(*one) for one in self._made]
        left = tuple(one for one in self._made if not isinstance(one, _Event))
        return Imported(formatted("\n".join(texts)), len(texts) - len(left), left, self._removed)

    def leave(self, text: str, why: str) -> None:
        """Have a text among what stayed behind."""
        self._made.append((shown(text), why))

    def add(self, command: Command) -> str:
        """Take one more command; "" where it became part of a spec (or a removal, of what was before), else why not."""
        why = self._add(command)
        if why:
            text = " ".join(Words(command.text).texts).encode("latin-1").decode("utf-8", "replace")
            self._made.append((shown(text), why))
        return why

    def _add(self, command: Command) -> str:
        if of_event(command.file) is not None:
            return "a condition or a trigger of an event has no place of its own in a spec"
        if command.clears:
            self._judge.clear(command.file)
            self._forget_removed()
        verdict = self._judge.judge(command.text, command.file)
        if verdict.taken is None:
            return f"it is not known whether the kernel takes it ({verdict.doubt})"
        if not verdict.taken:
            what = verdict.log[0].name if verdict.log else verdict.silence
            return f"the kernel refuses it ({what})"
        probe = self._judge.latest
        if probe is None:
            self._forget_removed()
            return ""
        self.latest = probe.name
        if probe.kind == SYNTHETIC:
            return "a synthetic event has no place in a spec of its own"
        self._complaint = ""
        before = self._events.get(probe.name)
        if before is not None:
            text = self._raise([*before.probes, probe], before)
            if text is None:
                return f"one more point of an event that is above: {self._complaint or 'there they do not record the same'}"
            before.probes.append(probe)
            before.text = text
            return ""
        if len(self._judge.state.probes(*probe.name)) > 1:
            return "one more point of an event that stayed behind"
        words = Words(command.text.partition("#")[0]).texts
        event = _Event(probe, words[1].rpartition(":")[0])
        text = self._raise(event.probes, event)
        if text is None:
            return self._complaint or self._explain(probe)
        event.text = text
        self._events[probe.name] = event
        self._made.append(event)
        return ""

    def _explain(self, probe: Probe) -> str:
        module, colon, _ = str(probe.place[0]).rpartition(":")
        if probe.kind == KPROBE and colon and not self._judge.target.is_loaded(module):
            return f"the kernel would wait for a module `{module}`, which it has not"
        if probe.kind == KPROBE and probe.place == ("unknown", 0):
            return "nothing is known of the address"
        if probe.kind == UPROBE and probe.reference:
            return "a semaphore belongs to a static probe, and none that has it was found there: `usdt PATH:PROVIDER:NAME`"
        return "the language has no words for it"

    def _forget_removed(self) -> None:
        """Events are left with the probes that the kernel still has."""
        for event in list(self._events.values()):
            try:
                there = self._judge.state.probes(*event.name)
            except Doubtful:
                continue
            left = [probe for probe in event.probes if any(other is probe for other in there)]
            if len(left) == len(event.probes):
                continue
            text = self._raise(left, event) if left else None
            if text is not None:
                event.probes, event.text = left, text
            else:
                del self._events[event.name]
                self._made.remove(event)
                self._removed += 1

    # ------------------------------------------------------------------------------------------------- one event

    def _raise(self, probes: Sequence[Probe], event: _Event) -> str | None:
        """The event with these probes in the language, None where it has no words."""
        first = probes[0]
        point = point_of(probes, event.path)
        if point is None:
            return None
        condition = self._condition(first)
        if condition is None:
            return None
        if event.args and self._means(probes, point, condition, event.args):
            return _whole(first, point, condition, event.args)
        try:
            contexts = [context_of(probe, self._judge) for probe in probes]
        except Doubtful:
            return None
        args = []
        for number in range(len(first.args)):
            tries = dict.fromkeys(
                text
                for probe, context in zip(probes, contexts, strict=True)
                for text in spellings(probe.args[number], context)
            )
            text = self._best(tries, lambda one: self._means(probes, point, "", [one], number))  # noqa: B023
            if text is None:
                return None
            args.append(text)
        if not self._means(probes, point, condition, args):
            return None
        event.args = args
        return _whole(first, point, condition, args)

    @staticmethod
    def _best(tries: Iterable[str], means: Callable[[str], Same]) -> str | None:
        """The first text that means the same and that there is nothing to say of, else the first that means the same."""
        second = None
        for text in tries:
            match means(text):
                case Same.YES:
                    return text
                case Same.WARNED if second is None:
                    second = text
        return second

    def _condition(self, probe: Probe) -> str | None:
        if not probe.filter:
            return ""
        try:
            signed = {field.name: field.signed for field in self._judge.fields_of(probe)}
            return f" if {render_condition(parse_condition(probe.filter, signed))}"
        except Doubtful:
            return None
        except NoWords as error:
            self._complaint = str(error)
            return None

    def _means(
        self, probes: Sequence[Probe], point: str, condition: str, args: list[str], only: int | None = None
    ) -> Same:
        """Whether a text compiles to probes at the same places that record the same: all args, or the one with this number."""
        first = probes[0]
        base = self._events.get(first.of) if first.of is not None else None
        text = _whole(first, point, condition, args)
        if base is not None:
            text = base.text + text
        analysis = analyse(Source("imported.probe", text), self.kernel)
        if analysis.failed or len(analysis.events) != 1 + (base is not None):
            errors = [said for said in analysis.diagnostics if said.severity is Severity.ERROR]
            if errors and not self._complaint:
                self._complaint = f"the language refuses it: {errors[0].message}"
            return Same.NO
        event = analysis.events[-1]
        if event.filter is not None or event.triggers or len(event.commands) != len(probes):
            if first.filter and not self._complaint:
                self._complaint = "the language compares other values than the condition"
            return Same.NO
        made = self._judged([command for one in analysis.events for command in one.commands])[-len(probes) :]
        if len(made) != len(probes) or not all(
            any(self._is_same(one, probe, only) for one in made) for probe in probes
        ):
            return Same.NO
        warned = any(said.severity is Severity.WARNING for said in analysis.diagnostics)
        return Same.WARNED if warned else Same.YES

    def _judged(self, commands: list[str]) -> list[Probe]:
        """The probes of commands that are given to a kernel that has none."""
        judge = self._judge
        before, judge.state = (judge.state, judge.latest), State()
        made = []
        try:
            for command in commands:
                judge.judge(command)
                if judge.latest is not None:
                    made.append(judge.latest)
        finally:
            judge.state, judge.latest = before
        return made

    def _is_same(self, one: Probe, probe: Probe, only: int | None) -> bool:
        args: Sequence[ParsedArg] = probe.args if only is None else [probe.args[only]]
        if not same_place(one, probe) or not same_args(one, probe, args):
            return False
        return only is not None or same_filter(one, probe, self._judge)


def _whole(probe: Probe, point: str, condition: str, args: list[str]) -> str:
    body = f" {{\n    {chr(10).join(args)}\n}}" if args else ""
    return f"{probe.group}/{probe.event} = {point}{condition}{body}\n"
