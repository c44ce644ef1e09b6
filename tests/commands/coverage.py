"""What generated commands reach: how many of each kind a kernel takes, and how often it says each error that it knows."""

from __future__ import annotations

import collections
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from probelang.btf.types import Enum
from probelang.commands.verdict import Verdict
from probelang.kernel.errors import TEXTS
from probelang.kernel.interface import Kernel

_KINDS = {
    "p": "kprobe",
    "r": "kretprobe",
    "f": "fprobe",
    "t": "tprobe",
    "e": "eprobe",
    "s": "synthetic",
    "-": "removal",
    "!": "removal",
}
_OF_EVENT = {"t": "trigger", "f": "filter"}


@dataclass
class Coverage:
    """`taken` and `asked` by kind, `errors` by the kernel's names, `missing` those that it knows and did not say, `doubts` what was excused, by name."""

    taken: collections.Counter[str] = field(default_factory=collections.Counter)
    asked: collections.Counter[str] = field(default_factory=collections.Counter)
    errors: collections.Counter[str] = field(default_factory=collections.Counter)
    silences: collections.Counter[str] = field(default_factory=collections.Counter)
    doubts: collections.Counter[str] = field(default_factory=collections.Counter)
    missing: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        kinds = ", ".join(
            f"{kind} {self.taken[kind]} of {count}" for kind, count in sorted(self.asked.items())
        )
        errors = ", ".join(f"{name} {count}" for name, count in sorted(self.errors.items()))
        silent = ", ".join(f"{name} {count}" for name, count in sorted(self.silences.items()))
        share = 100 * self.taken.total() / max(1, self.asked.total())
        return (
            f"  taken: {share:.0f} %: {kinds}\n  errors: {errors}\n  without a word: {silent}\n"
            f"  never met: {', '.join(self.missing) or 'none'}"
        )


def coverage(
    kernel: Kernel, commands: Iterable[tuple[str, str]], taken: Iterable[bool], verdicts: Iterable[Verdict]
) -> Coverage:
    """Of commands, whether the kernel took each, and what it said by its own names."""
    found = Coverage()
    for (file, text), was_taken, verdict in zip(commands, taken, verdicts, strict=True):
        kind = kind_of(file, text)
        found.asked[kind] += 1
        found.taken[kind] += was_taken
        found.errors.update(entry.name for entry in verdict.log if verdict.taken is False)
        found.doubts.update([verdict.doubt] if verdict.taken is None else [])
        if verdict.silence and not verdict.log:
            found.silences[verdict.silence] += 1
    found.missing = [name for name in known_errors(kernel) if name not in found.errors]
    return found


def kind_of(file: str, text: str) -> str:
    """The kind that a command of the generator is meant to be."""
    if file in _OF_EVENT:
        return _OF_EVENT[file]
    kind = _KINDS.get(text[:1], "other")
    point = text.split()[1:2]
    if kind in ("kprobe", "kretprobe") and (file == "u" or (point and "/" in point[0])):
        return "uprobe" if kind == "kprobe" else "uretprobe"
    return kind


def known_errors(kernel: Kernel) -> Sequence[str]:
    """The errors in a kernel's BTF that some command gives: of probes, conditions and synthetic events."""
    from probelang.commands.advice import ADVICE

    names: list[str] = []
    for first in ("TP_ERR_FILE_NOT_FOUND", "FILT_ERR_INVALID_OP", "SYNTH_ERR_BAD_NAME"):
        btf = kernel.btf
        for _, id in btf.find_enumerator(first) if btf is not None else ():
            enum = btf.type(id) if btf is not None else None
            prefix = "TP_ERR_" if first.startswith("TP_") else ""
            for name, _ in enum.values if isinstance(enum, Enum) else ():
                name = name.removeprefix(prefix).replace("_ERR_", "_")
                if name in TEXTS and name in ADVICE and not ADVICE[name].never:
                    names.append(name)
    return names
