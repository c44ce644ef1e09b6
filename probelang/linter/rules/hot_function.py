"""PRB610: every call of a function that is called all the time is recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.diagnostics import Rule, Severity
from probelang.linter.facts.hot import HOT
from probelang.linter.returns import functions_of

if TYPE_CHECKING:
    from probelang.check.report import Report
    from probelang.check.spec import Statement
    from probelang.linter.subject import Subject

RULE = Rule(
    "PRB610",
    "hot-function",
    Severity.INFO,
    "A kernel calls this function thousands of times a second, whoever its users are. Without a condition each call is recorded: the "
    "machine is slower, the buffer of each CPU is full within moments, and what was looked for is overwritten by what was not. A "
    "condition keeps the buffer for what matters; it does not make a hit free, because in tracefs and perf the kernel records first and "
    "throws away then. A function that is called less often, or an eprobe on an event that is, costs least.",
    example="fprobe kmem_cache_free { s->name }",
)


def check_probe(subject: Subject, statement: Statement, report: Report) -> None:
    event = statement.events[0]
    if event.condition is not None or event.disabled:
        return
    hot = list(dict.fromkeys(target.function for target in functions_of(statement) if target.function in HOT))
    if not hot:
        return
    others = ""
    if len(hot) > 1:
        others = f"; so {'is' if len(hot) == 2 else 'are'} {len(hot) - 1} more of these functions"
    costs = (
        "recorded first and thrown away then" if subject.target != "bpftrace" else "looked at all the same"
    )
    report.add(
        RULE,
        event.point_span,
        f"`{hot[0]}` is called {HOT[hot[0]]}: each call is recorded{others}",
        help=f"`if …` records what is of interest only; what it rejects is {costs}",
    )
