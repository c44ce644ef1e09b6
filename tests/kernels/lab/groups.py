"""Which booted tests go to one process where several share the work (`-n 2 --dist loadgroup`), and which begin.

Tests of a group share what was made for their kernel. The longest groups begin, so that none of them is left alone in the end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

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


def put_in_groups(items: list[pytest.Item]) -> None:
    """Mark the booted tests of `items`, and sort them."""
    from pytest import mark

    booted = [item for item in items if item.get_closest_marker("kernels")]
    names = {item: group_of(item) for item in booted}
    for item, name in names.items():
        item.add_marker(mark.xdist_group(name))
    rest = [item for item in items if item not in names]
    items[:] = sorted(booted, key=lambda item: _rank(names[item])) + rest


def group_of(item: pytest.Item) -> str:
    """The name of the group that a test belongs to."""
    file = item.path.stem
    parameters: dict[str, object] = getattr(getattr(item, "callspec", None), "params", {})
    kernel = parameters.get("kernel", parameters.get("name", ""))
    parts = [file]
    if file in BY_FUNCTION:
        parts.append(getattr(item, "originalname", item.name))
    if file in BY_KERNEL | BY_FUNCTION and isinstance(kernel, str):
        parts.append(kernel)
    return "-".join(parts)


def _rank(group: str) -> int:
    if group.startswith(SHORTEST):
        return len(LONGEST) + 1
    return next((rank for rank, start in enumerate(LONGEST) if group.startswith(start)), len(LONGEST))
