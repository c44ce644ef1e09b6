"""What becomes of commands, one after the other, on a kernel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.answers import KernelError
from probelang.btf.types import BtfError
from probelang.commands.eprobe import find_fields, parse_eprobe
from probelang.commands.files import DYNAMIC, KPROBES, UPROBES, of_event
from probelang.commands.fprobe import parse_fprobe
from probelang.commands.kprobe import parse_kprobe
from probelang.commands.removal import remove
from probelang.commands.state import (
    ALL_KINDS,
    EPROBE,
    FPROBE,
    KPROBE,
    SYNTHETIC,
    UPROBE,
    Doubt,
    State,
)
from probelang.commands.synthetic import parse_synthetic
from probelang.commands.target import Target
from probelang.commands.uprobe import parse_uprobe, unknown_file
from probelang.commands.verdict import Declined, Doubtful, Log, LogEntry, Refused, Verdict, Words

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from probelang.commands.state import Probe
    from probelang.commands.uprobe import Files
    from probelang.kernel.interface import Kernel
    from probelang.kernel.tracefs import EventField

MAX_LINE = 4094
"""The characters of a line that the kernel reads at once."""


class Judge:
    """One kernel, from a state in which it has none but its own events; every command that it takes changes the state."""

    def __init__(self, kernel: Kernel, files: Files = unknown_file) -> None:
        self.target = Target(kernel)
        self.state = State()
        self._files = files
        #: The probe that the latest command made, if it made one.
        self.latest: Probe | None = None

    def clear(self, file: str) -> None:
        """Take away what a file is cleared of when it is opened to be written anew."""
        made = of_event(file)
        if made is not None:
            if made[1] == "trigger" and any(one.event == made[0] for one in self.state.histograms):
                # those that others refer to stay
                self.state.doubted_triggers.append((made[0], ""))
            return
        self.state.clear({KPROBES: KPROBE, UPROBES: UPROBE}.get(file))

    def judge(self, text: str, file: str = DYNAMIC) -> Verdict:
        """The verdict on one line (a character for each byte, without the newline) written to one of `files.FILES`, or a file `of_event`."""
        self.latest = None
        entries: list[LogEntry] = []
        words = Words(text.partition("#")[0]) if of_event(file) is None else Words("")
        try:
            self._judge(text, words, file, entries)
        except Refused as refused:
            silence = refused.silence if not entries else ""
            return Verdict(False, tuple(entries), silence)
        except Doubtful as doubt:
            if words.texts or of_event(file) is None:
                self._doubt(words)
            return Verdict(None, tuple(entries), "", doubt.name, doubt.reason)
        except (BtfError, KernelError) as error:
            self._doubt(words)
            return Verdict(None, tuple(entries), "", "prototype", str(error))
        return Verdict(True)

    def fields_of(self, probe: Probe) -> tuple[EventField, ...]:
        """The fields of the event that an eprobe is on. Raises `Doubtful`."""
        fields = find_fields(*probe.of, self.target, self.state) if probe.of is not None else None
        return fields or ()

    def _judge(self, text: str, words: Words, file: str, entries: list[LogEntry]) -> None:
        made = of_event(file)
        if made is not None:
            from probelang.commands.triggers import write_filter, write_trigger

            write = write_trigger if made[1] == "trigger" else write_filter
            write(text, made[0], self.target, self.state, entries)
            return
        if len(text) > MAX_LINE:
            raise Refused("line-too-long")
        if "\0" in text:
            raise Doubtful("memory")
        text = text.partition("#")[0]
        if text[:1] == "-" or (file == DYNAMIC and text[:1] == "!"):
            remove(words.texts, self.state, {KPROBES: KPROBE, UPROBES: UPROBE}.get(file))
            return
        if not words.texts:
            return
        probe = self._create(text, words.texts, file, entries)
        if probe is not None:
            self.state.add(probe)
            self.latest = probe

    def _create(self, text: str, words: Sequence[str], file: str, entries: list[LogEntry]) -> Probe | None:
        target, state = self.target, self.state

        def uprobe(words: Sequence[str], target: Target, state: State, log: Log) -> Probe:
            return parse_uprobe(words, target, state, log, self._files)

        kinds: list[tuple[str, Callable[[Sequence[str], Target, State, Log], Probe]]] = []
        if file == DYNAMIC and target.has_eprobes:
            kinds.append(("event_probe", parse_eprobe))
        if file != UPROBES:
            kinds.append(("trace_kprobe", parse_kprobe))
        if file == DYNAMIC and target.has_fprobes:
            kinds.append(("trace_fprobe", parse_fprobe))
        if file != KPROBES and target.has_uprobes:
            kinds.append(("trace_uprobe", uprobe))
        for where, parse in kinds:
            log = Log(where, words)
            try:
                return parse(words, target, state, log)
            except Declined:
                continue
            finally:
                entries += log.entries
        if file == DYNAMIC and target.has_synthetic:
            try:
                return parse_synthetic(text, target, state, entries)
            except Declined:
                pass
        if file == DYNAMIC and target.says_no_match:
            entries.append(LogEntry("dynevent", "NO_MATCH", text, 0, 0, 0))
        raise Refused("no-such-command")

    def _doubt(self, words: Words) -> None:
        """A command that may have been taken: nothing is certain any more of the event that it names."""
        head = words.texts[0] if words.texts else ""
        if head[:1] in ("-", "!"):
            return
        kinds, groups = _MAY_MAKE.get(head[:1], (ALL_KINDS, (None,)))
        if len(kinds) == 2:
            kinds = kinds[1:] if any("/" in word for word in words.texts[1:2]) else kinds[:1]
        _, _, name = head.partition(":")
        group, cut, event = name.partition("/")
        if not cut:
            group, cut, event = name.partition(".")
        if not cut:
            event = name
        # a tprobe's or an eprobe's point; others are told from each other in more than one way
        point = "".join(words.texts[1:2]) if head[:1] in "te" else ""
        for default in (group,) if cut else groups:
            self.state.doubt(Doubt(kinds, default, event, point))


_MAY_MAKE: dict[str, tuple[tuple[str, ...], tuple[str | None, ...]]] = {
    "p": ((KPROBE, UPROBE), ("kprobes", "uprobes")),
    "r": ((KPROBE, UPROBE), ("kprobes", "uprobes")),
    "f": ((FPROBE,), ("fprobes",)),
    "t": ((FPROBE,), ("tracepoints",)),
    "e": ((EPROBE,), ("eprobes",)),
    "s": ((SYNTHETIC,), ("synthetic",)),
}
