"""Where the kernel's caret would be for what is wrong in a spec, in a command that says what the spec does.

Nothing is emitted for what is wrong, so the command is made here: the point and the other fetch args as they are emitted, and the part in question
in the kernel's syntax as it was written. `judge` then says what the kernel would. There is a column if that is the very error that the diagnostic foresees;
there is none where the kernel's syntax has no words for it (what has no type, arrays, casts before Linux 7.3), where it takes several commands to be
wrong, where an error is of all points of a pattern, and where facts are missing.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from probelang.answers import KernelError
from probelang.backends.tracefs.events import point_suffix, point_text
from probelang.backends.tracefs.kinds import Kinds
from probelang.backends.tracefs.lower import Capabilities, lower
from probelang.btf.types import BtfError
from probelang.check.conditions import operands_of
from probelang.check.naming import name_of
from probelang.check.patterns import event_name
from probelang.check.report import Report
from probelang.commands.judge import MAX_LINE, Judge
from probelang.commands.state import State
from probelang.commands.wording import returns, write_head, write_point, write_type, write_value
from probelang.kernel.errors import kernel_text
from probelang.record import replace
from probelang.syntax import tree
from probelang.syntax.tree import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from probelang.check.spec import Statement
    from probelang.diagnostics import Diagnostic
    from probelang.kernel.interface import Kernel
    from probelang.probes import Probe, Site
    from probelang.source import Span

#: Diagnostics of a spec for which commands are made, and events of one probe that are tried: more are not worth the time.
MAX_COMMANDS = 200
MAX_EVENTS = 8

#: Errors of all fetch args together, wherever they are said.
_OF_ALL_ARGS = ("EVENT_TOO_BIG", "TOO_MANY_ARGS", "TOO_MANY_EARGS")


def add_carets(
    found: Sequence[Diagnostic], statements: Sequence[Statement], group: str, kernel: Kernel
) -> list[Diagnostic]:
    """The diagnostics of a spec, with the command and the column where there are any; `group` is that of the spec."""
    wanted = [one for one in found if one.kernel_error is not None and one.kernel_column is None]
    if not wanted:
        return list(found)
    carets = _Carets(statements, group, kernel)
    known = {id(one): carets.of(one) for one in wanted[:MAX_COMMANDS]}
    return [known.get(id(one), one) for one in found]


class _Carets:
    def __init__(self, statements: Sequence[Statement], group: str, kernel: Kernel) -> None:
        self.statements = sorted(statements, key=lambda one: one.tree.span.start)
        self.starts = [one.tree.span.start for one in self.statements]
        self.group = group
        self.kernel = kernel
        self.can = Capabilities(kernel)
        self.judge = Judge(kernel, self._file)

    def _file(self, path: str) -> str | None:
        """Programs have been looked at by then, and were there."""
        return path

    def of(self, found: Diagnostic) -> Diagnostic:
        """A diagnostic with what the kernel would say of a command that has this one mistake."""
        number = bisect_right(self.starts, found.label.span.start) - 1
        if number < 0:
            return found
        statement = self.statements[number]
        try:
            for command in self._commands(statement, found):
                if len(command) > MAX_LINE:
                    continue
                self.judge.state = State()
                verdict = self.judge.judge(command.encode("utf-8", "surrogateescape").decode("latin-1"))
                if verdict.taken is False and verdict.log and verdict.log[0].name == found.kernel_error:
                    entry = verdict.log[0]
                    return replace(
                        found,
                        kernel_text=kernel_text(entry.name, self.judge.target),
                        kernel_column=entry.column,
                        kernel_command=entry.command.encode("latin-1").decode("utf-8", "surrogateescape"),
                    )
        except (BtfError, KernelError):
            pass
        return found

    def _commands(self, statement: Statement, found: Diagnostic) -> Iterator[str]:
        span = found.label.span
        probe = statement.tree
        for event in statement.events[:MAX_EVENTS] or (None,):
            written = event is None or any(_holds(option.span, span) for option in probe.options)
            start = self._written_start(probe, span) if written or event is None else self._typed_start(event)
            if start is None:
                continue
            head, point, site = start
            if found.kernel_error in _OF_ALL_ARGS:
                yield " ".join([head, point, *(word for _, word in self._others(site, None))])
                continue
            if not _is_of_args(probe, span):
                yield f"{head} {point}"
                continue
            part = self._part(probe, span, site, point)
            if part is None:
                continue
            name, written_word, at = part
            words = [head, point]
            is_clash = found.kernel_error == "USED_ARG_NAME"
            others = self._others(site, None if is_clash else name)
            # of two of one name any value will do
            first = (word for _, word in others if is_clash and word.startswith(f"{name}="))
            text = written_word if written_word is not None else next(first, None)
            if text is None:
                continue
            words += [word for where, word in others if where < at]
            words.append(text)
            words += [word for where, word in others if where >= at]
            yield " ".join(words)

    # ------------------------------------------------------------------------------------- point and name

    def _typed_start(self, event: Probe) -> tuple[str, str, Site] | None:
        """The first two words, of a point that was found."""
        head = Kinds(event, self.kernel, Report()).head()
        site = event.sites[0] if event.sites else None
        if head is None or site is None:
            return None
        point = point_text(site.target, head) + point_suffix(site.target, head)
        return f"{head}:{event.group}/{event.event}", point, site

    def _written_start(self, probe: tree.Probe, span: Span) -> tuple[str, str, None] | None:
        """The first two words as they were written."""
        points = [one for one in probe.points if _holds(one.span, span)] or [probe.points[-1]]
        head = write_head(probe.kind, returns(points[0]), _maxactive(probe), self.judge.target)
        point = write_point(points[0], head) if head is not None else None
        if point is None:
            return None
        group = probe.group.name if probe.group is not None else self.group
        if probe.name is not None:
            event = probe.name.name
        else:
            place = event_name(point.partition("%")[0].rpartition(":")[2].rpartition(".")[2])
            event = place + ("_return" if returns(points[0]) else "")
        return f"{head}:{group}/{event}", point, None

    # ----------------------------------------------------------------------------------------- fetch args

    def _part(
        self, probe: tree.Probe, span: Span, site: Site | None, point: str
    ) -> tuple[str, str | None, int] | None:
        """The fetch arg that a place is in, as it was written: its name, the word, and where it stands."""
        for item in probe.items or ():
            if not _holds(item.span, span):
                continue
            if isinstance(item, tree.AllArgs):
                return "", "$arg*", item.span.start
            if not isinstance(item, tree.FetchArg):
                return None
            name = item.name.name if item.name is not None else name_of(item.expr)
            return self._word(name, item.expr, item.type, item.span.start, probe.kind, site, point)
        for expr in operands_of(probe.condition) if probe.condition is not None else ():
            if _holds(expr.span, span):
                return self._word(name_of(expr), expr, None, 1 << 62, probe.kind, site, point)
        return None

    def _word(
        self,
        name: str | None,
        expr: tree.Expr,
        type: tree.FetchType | None,
        at: int,
        kind: Kind,
        site: Site | None,
        point: str,
    ) -> tuple[str, str | None, int] | None:
        name = name or "value"
        field = (
            next((one for one in site.fields if one.name == name and one.expr is expr), None)
            if site
            else None
        )
        if field is not None and site is not None:
            lowered = lower(field, site.target, self.can)
            if isinstance(lowered, str):
                return name, lowered, at
            if lowered.text is not None:
                return name, lowered.text, at
        proto = self.judge.target.find_proto(point.partition("%")[0]) if not self.can.param_names else None
        parameters = [one for one, _ in proto.params] if proto is not None else []
        value = write_value(expr, kind, self.judge.target, parameters)
        if value is None:
            return name, None, at
        return name, f"{name}={value}{f':{write_type(type)}' if type is not None else ''}", at

    def _others(self, site: Site | None, name: str | None) -> list[tuple[int, str]]:
        """The fetch args with nothing wrong, but for one of a name, and where each stands; a condition's are the last."""
        made = []
        for field in site.fields if site is not None else ():
            if field.name == name:
                continue
            assert site is not None
            text = lower(field, site.target, self.can)
            if isinstance(text, str):
                made.append((1 << 62 if field.auto else field.span.start, text))
        return made


def _is_of_args(probe: tree.Probe, span: Span) -> bool:
    """Whether a place is among the fetch args or in the condition."""
    parts: list[tree.Node] = [*(probe.items or ())]
    if probe.condition is not None:
        parts.append(probe.condition)
    return any(_holds(part.span, span) for part in parts)


def _holds(outer: Span, inner: Span) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end


def _maxactive(probe: tree.Probe) -> int | None:
    for option in probe.options:
        if option.name.name == "maxactive" and option.value is not None:
            return option.value.value
    return None


__all__ = ["add_carets"]
