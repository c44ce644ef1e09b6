"""Where the checker says what it finds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.check.rules import facts, limits, names, points, types
from probelang.diagnostics import Diagnostic, Edit, Fix, Label, Rule, Severity
from probelang.record import replace
from probelang.source import Span

if TYPE_CHECKING:
    from collections.abc import Iterable

#: What `??` takes for "the target kernel does not have it"; every other error is the user's on either side.
ABSENT: frozenset[Rule] = frozenset(
    (
        names.UNKNOWN_NAME,
        points.UNKNOWN_FUNCTION,
        points.UNKNOWN_MODULE,
        points.UNKNOWN_TRACEPOINT,
        points.UNKNOWN_EVENT,
        points.NOT_TRACEABLE,
        points.NO_MATCH,
        types.UNKNOWN_MEMBER,
        types.UNKNOWN_VARIABLE,
        types.UNKNOWN_TYPE,
        types.INCOMPLETE_TYPE,
        limits.NO_FEATURE,
        facts.MISSING_FACT,
    )
)


class Report:
    """The diagnostics of a run, in the order they were found."""

    def __init__(self) -> None:
        self.diagnostics: list[Diagnostic] = []
        self._repeats: dict[Span, int] = {}

    def add(
        self,
        rule: Rule,
        span: Span,
        message: str,
        *,
        label: str = "",
        others: tuple[Label, ...] = (),
        notes: tuple[str, ...] = (),
        help: str | None = None,
        fix: Fix | None = None,
        kernel_error: str | None = "",
        severity: Severity | None = None,
    ) -> None:
        """Say something at a place; `kernel_error` where it is not the rule's own, None where there is none.

        `severity` where it is not the rule's.
        """
        self.diagnostics.append(
            Diagnostic(
                rule,
                message if message.isprintable() else " ".join(message.split()),
                Label(span, label),
                rule.severity if severity is None else severity,
                others,
                notes,
                help,
                fix,
                rule.kernel_error if kernel_error == "" else kernel_error,
            )
        )

    def mark(self) -> int:
        """A place to `take_since`."""
        return len(self.diagnostics)

    def say_once(self, start: int, mark: int) -> None:
        """Of what was said since `mark`, keep what is not at a place of which something was said since `start`.

        So one mistake in a probe with many points is one diagnostic.
        """
        said = {found.label.span for found in self.diagnostics[start:mark]}
        if not said:
            return
        latest = self.take_since(mark)
        self.diagnostics.extend(found for found in latest if found.label.span not in said)
        for span in said & {found.label.span for found in latest}:
            self._repeats[span] = self._repeats.get(span, 0) + 1

    def note_repeats(self, mark: int) -> None:
        """Tell with what was said since `mark` how often `say_once` kept it from being said again."""
        for index, found in enumerate(self.diagnostics[mark:], mark):
            times = self._repeats.pop(found.label.span, 0)
            if times:
                note = f"the same at {times} other point{'s' if times > 1 else ''} of this probe"
                self.diagnostics[index] = replace(found, notes=(*found.notes, note))

    def has_errors(self, mark: int = 0) -> bool:
        """Whether anything that was said since `mark` is an error."""
        return any(found.severity is Severity.ERROR for found in self.diagnostics[mark:])

    def take_since(self, mark: int) -> list[Diagnostic]:
        """Take back what was said since `mark`."""
        taken = self.diagnostics[mark:]
        del self.diagnostics[mark:]
        return taken


def only_absent(diagnostics: Iterable[Diagnostic]) -> bool:
    """Whether all that is wrong is that the target kernel does not have something."""
    return all(found.rule in ABSENT for found in diagnostics)


def in_source_order(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Sorted by place, one for one cause: the same rule at the same characters is said once."""
    seen: set[tuple[str, int, int]] = set()
    ordered: list[Diagnostic] = []
    for found in sorted(diagnostics, key=lambda d: (d.label.span.start, -d.severity, d.label.span.end)):
        key = (found.rule.code, found.label.span.start, found.label.span.end)
        if key not in seen:
            seen.add(key)
            ordered.append(found)
    return ordered


def suggest(near: Iterable[str]) -> str:
    """`did you mean …?` for the place of a wrong name, "" where nothing is near."""
    quoted = [f"`{name}`" for name in near][:3]
    if not quoted:
        return ""
    return f"did you mean {quoted[0] if len(quoted) == 1 else ', '.join(quoted[:-1]) + ' or ' + quoted[-1]}?"


def rename(span: Span, near: tuple[str, ...] | list[str]) -> Fix | None:
    """The fix that takes the nearest name; to be looked at, since near is not the same."""
    if not near:
        return None
    return Fix(f"replace it by `{near[0]}`", (Edit(span, near[0]),), safe=False)


#: Words that are used for the same thing, in parameters of functions and fields of events.
_SYNONYMS = (
    ("filename", "pathname", "path", "name", "fname", "file"),
    ("fd", "dfd", "fildes"),
    ("count", "len", "size", "length", "nbytes", "bytes", "nr"),
    ("flag", "flags"),
    ("sector", "nr_sector", "sectors"),
)


def near_names(wrong: str, names: Iterable[str], limit: int = 3) -> list[str]:
    """The names most like a wrong one, best first: by their letters, else by a word of theirs or one that means the same."""
    import difflib

    known = list(names)
    near = difflib.get_close_matches(wrong, known, n=limit, cutoff=0.6)
    if near:
        return near
    if len(wrong) > 1:
        near = [name for name in known if wrong in name.split("_")]
    for group in _SYNONYMS if not near else ():
        if wrong in group:
            near = [name for name in known if name in group]
    return near[:limit]
