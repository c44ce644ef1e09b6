"""What the kernel takes of one event, said in the same words by the backends that make them: tracefs, and perf."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.backends.tracefs.filters import FilterTextError, render_filter
from probelang.check.rules import conditions, limits

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from probelang.backends.tracefs.lower import Refusal
    from probelang.check.report import Report
    from probelang.probes import Field, Probe
    from probelang.source import Span

MAX_ARGS = 128
#: WRITE_BUFSIZE of kernel/trace/trace.c, its last character and the end of the line not counted.
MAX_COMMAND = 4094
#: What is written to `filter` and `trigger` is less than a page (kernel/trace/trace_events.c, trace_events_trigger.c).
MAX_TEXT = 4095
MAX_EVENT_SIZE = 4096
#: event_filter_write() of kernel/trace/trace_events.c takes less than a page, the end of the line counted.
MAX_FILTER = 4094


def say_refusal(report: Report, refusal: Refusal, span: Span) -> None:
    """Report why something cannot be had, at the words that ask for it."""
    report.add(
        refusal.rule,
        span,
        refusal.message,
        notes=refusal.notes,
        help=refusal.help,
        kernel_error=refusal.kernel_error or "",
    )


def filter_of(probe: Probe, names: Mapping[str, str], report: Report, reserved: int = 0) -> str | None:
    """The filter of a probe's event, where it has a condition that can be one; else None, and `report` says why.

    `names` gives other names to fields; so many characters as `reserved` will be added to it.
    """
    if probe.condition is None:
        return None
    try:
        text = render_filter(probe.condition, names)
    except FilterTextError as error:
        report.add(conditions.FILTER_TEXT, error.span, str(error))
        return None
    limit = MAX_FILTER - reserved
    if len(text.encode()) <= limit:
        return text
    report.add(
        limits.COMMAND_TOO_LONG,
        probe.condition_span or probe.span,
        f"this condition makes a filter of {len(text.encode())} characters, and one may have {limit}",
        help="a range is shorter than a set: `in LOW..HIGH`",
    )
    return None


def fits(text: str, what: str, limit: int, probe: Probe, report: Report) -> bool:
    """Whether a line has at most `limit` characters; else it is said, of `what`."""
    length = len(text.encode())
    if length > limit:
        report.add(
            limits.COMMAND_TOO_LONG,
            probe.point_span,
            f"{what} has {length} characters, and may have {limit}",
            help="two probes on the same point can share the fetch args",
        )
    return length <= limit


def allows(fields: Sequence[Field], probe: Probe, report: Report) -> bool:
    """Whether one event can record all of these."""
    if len(fields) > MAX_ARGS:
        report.add(
            limits.TOO_MANY_ARGS,
            probe.point_span,
            f"{len(fields)} fetch args are too many: a probe has at most {MAX_ARGS}",
        )
        return False
    size = sum(map(size_of, fields))
    if size > MAX_EVENT_SIZE:
        report.add(
            limits.EVENT_TOO_BIG,
            probe.point_span,
            f"a record of {size} bytes is too big: the fetch args may have {MAX_EVENT_SIZE}",
        )
        return False
    return True


def size_of(field: Field) -> int:
    """The bytes a field takes in the fixed part of a record; a string has its place and length there."""
    fetch = field.fetch
    each = 4 if fetch.is_string else (fetch.bitfield[2] if fetch.bitfield else max(fetch.bits, 8)) // 8
    return each * (fetch.count or 1)
