"""PRB609: more calls under way than a return probe has room for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.diagnostics import Edit, Fix, Rule, Severity
from probelang.linter.facts.waiting import WAITING
from probelang.linter.returns import functions_of
from probelang.linter.rules.kprobe_at_entry import is_plain
from probelang.source import Span
from probelang.syntax import tree
from probelang.syntax.tree import Kind

if TYPE_CHECKING:
    from probelang.check.report import Report
    from probelang.check.spec import Statement
    from probelang.linter.subject import Subject

RULE = Rule(
    "PRB609",
    "missed-returns",
    Severity.WARNING,
    "To see a function return, the kernel takes a slot when it is entered and gives it back when it returns. In this "
    "function tasks wait: for input, for a lock, for time to pass. Each keeps its slot for as long, and when all are taken, calls are missed "
    "without a word (of a kprobe, the last number in `kprobe_profile` counts them). A kprobe has 10 slots, or two for each CPU if that is more; "
    "an fprobe of Linux 6.12 has two for each CPU. Of 40 tasks that slept at a time, on a machine with one CPU, a kprobe saw 10 wake up, and that fprobe 2. "
    "`with maxactive=N` makes room for N. An fprobe of kernels "
    "without that limit misses nothing, and the option does no harm there.",
    example="kprobe hrtimer_nanosleep%return { $retval, %ax }",
)

#: What the fix writes; a slot takes less than 200 bytes.
ENOUGH = 1024


def check_probe(subject: Subject, statement: Statement, report: Report) -> None:
    event = statement.events[0]
    if event.maxactive is not None or event.disabled:
        return
    targets = [target for target in functions_of(statement) if target.returns and target.function in WAITING]
    slots = _slots(subject, statement) if targets else None
    if slots is None:
        return
    point = next(
        point for point in statement.tree.points if isinstance(point, tree.FunctionPoint) and point.returns
    )
    assert point.returns is not None
    help, fix = _cure(subject, statement)
    report.add(
        RULE,
        point.returns,
        f"tasks wait in `{targets[0].function}`, and this probe has room for {slots}: further calls are missed",
        label="each call under way takes a slot",
        help=help,
        fix=fix,
        # who uses an fprobe most often writes for kernels on which it has no limit
        severity=None if statement.tree.kind is Kind.KPROBE else Severity.INFO,
    )


def _cure(subject: Subject, statement: Statement) -> tuple[str, Fix | None]:
    if subject.target == "perf":
        return "perf cannot make room for more; `--target tracefs` can, `with maxactive=N`", None
    if subject.target == "bpftrace":
        fix = (
            Fix("write `fprobe`", (Edit(statement.tree.kind_span, "fprobe"),))
            if is_plain(statement)
            else None
        )
        return "an `fprobe` has no such limit there", fix
    return f"`with maxactive={ENOUGH}` makes room for as many", _room(statement)


def _slots(subject: Subject, statement: Statement) -> str | None:
    """How many calls may be under way, for the middle of a sentence; None where there is no limit."""
    features = subject.kernel.features
    as_kprobe = "10 calls at a time (2 for each CPU, if that is more)"
    if statement.tree.kind is Kind.KPROBE:
        return as_kprobe
    match subject.target:
        case "bpftrace":
            return None
        case "perf":
            return as_kprobe
    if features.fprobe is False:
        return as_kprobe
    return "2 calls at a time for each CPU" if features.fprobe_maxactive else None


def _room(statement: Statement) -> Fix:
    options = statement.tree.options
    end = options[-1].span.end if options else statement.tree.points[-1].span.end
    text = f"{',' if options else ' with'} maxactive={ENOUGH}"
    return Fix(f"make room for {ENOUGH}", (Edit(Span(end, end), text),))
