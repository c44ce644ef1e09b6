"""The cases, by area; a new module needs a line here."""

from __future__ import annotations

from tests.kernels.cases import (
    conditions,
    constructs,
    events,
    examples,
    functions,
    joins,
    lab,
    limits,
    linter,
    members,
    modules,
    percpu,
    scripts,
    subsystems,
    tracepoints,
    watches,
)
from tests.kernels.lab.case import Case

ALL: list[Case] = [
    *lab.CASES,
    *functions.CASES,
    *joins.CASES,
    *members.CASES,
    *percpu.CASES,
    *modules.CASES,
    *subsystems.CASES,
    *tracepoints.CASES,
    *watches.CASES,
    *events.CASES,
    *conditions.CASES,
    *constructs.CASES,
    *limits.CASES,
    *linter.CASES,
    *scripts.CASES,
    *examples.CASES,
]
