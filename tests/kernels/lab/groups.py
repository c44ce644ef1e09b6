"""Which booted tests go to one process where several share the work (`-n 2 --dist loadgroup`), and which begin.

Tests of a group share what was made for their kernel. The longest groups begin, so that none of them is left alone in the end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.kernels.lab.fetch import KERNELS

if TYPE_CHECKING:
    import pytest

#: Of a file and a kernel, where tests of different kernels share nothing; of a file and a function, where functions do not either.
BY_KERNEL = frozenset(
    (
        "test_lab",
        "test_generated",
        "test_lines",
        "test_commands",
        "test_import",
        "test_programs",
        "test_run",
        "test_run_bpftrace",
        "test_run_examples",
    )
)
BY_FUNCTION = frozenset(("test_bpftrace", "test_perf"))

#: What takes longest, by the beginnings of the names of groups: minutes of a processor.
LONGEST = (
    "test_bpftrace-test_case-6.12",
    "test_lab-",
    "test_run_examples-",
    "test_run-",
    "test_perf-test_case_through_perf-",
    "test_perf-test_perf_takes_every_generated_probe-",
    "test_generated-",
    "test_guests",
    "test_bpftrace-test_bpftrace_takes_every_generated_probe-",
    "test_program_kinds",
    "test_lines-",
    "test_perf_debuginfo",
)
#: What takes seconds, and is left for the end; all else comes between.
SHORTEST = (
    "test_commands-",
    "test_import-",
    "test_programs-",
    "test_perf-test_programs_through_perf-",
    "test_bpftrace-test_programs-",
    "test_tools",
    "test_hostile_strings",
    "test_tracepoint_fields",
    "test_inside",
)


def put_first(items: list[pytest.Item]) -> None:
    """Sort the booted tests of `items` by what their groups take, before all others."""
    booted = [item for item in items if item.get_closest_marker("kernels")]
    rest = [item for item in items if not item.get_closest_marker("kernels")]
    items[:] = sorted(booted, key=lambda item: _rank(group_of(item.nodeid))) + rest


def group_of(nodeid: str) -> str:
    """The name of the group that a test belongs to, by what pytest calls it (`a/test_b.py::test_c[6.12-d]`)."""
    path, _, name = nodeid.partition("::")
    function, _, parameters = name.partition("[")
    file = path.rpartition("/")[2].removesuffix(".py")
    parts = [file]
    if file in BY_FUNCTION:
        parts.append(function)
    if file in BY_KERNEL | BY_FUNCTION:
        parts += [word for word in parameters.rstrip("]").split("-") if word in KERNELS][:1]
    return "-".join(parts)


def make_scheduler(config: pytest.Config, log: object) -> object:
    """What gives whole groups to the processes of xdist.

    Its own `loadgroup` writes the names of groups into those of tests, which pytest 9.2 does not let it: each test was a group of
    its own, and each process booted all guests.
    """
    from xdist.scheduler import LoadScopeScheduling

    scheduler = LoadScopeScheduling(config, log)
    scheduler._split_scope = group_of
    return scheduler


def _rank(group: str) -> int:
    if group.startswith(SHORTEST):
        return len(LONGEST) + 1
    return next((rank for rank, start in enumerate(LONGEST) if group.startswith(start)), len(LONGEST))
