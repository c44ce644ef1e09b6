"""Work that several cases do, and checks they share."""

from __future__ import annotations

from tests.kernels.lab.suite import Run
from tests.kernels.lab.trace import Value

READ = """
head -c 20000 /dev/zero >f
fact ino $(stat -c %i f)
known reader dd if=f of=/dev/null bs=4321 skip=2 count=1 2>/dev/null
"""
"""Reads `f` once with a size that nobody else uses, at an offset of twice that size."""


def equal(value: object, wanted: object) -> None:
    assert value == wanted, f"{value!r} is not {wanted!r}"


def stack_has(run: Run, name: str) -> None:
    """Some hit's stack has a line with `name`."""
    stack = [line for hit in run.hits for line in hit.stack]
    assert any(name in line for line in stack), f"no {name} in {stack}"


def first(run: Run, event: str) -> dict[str, Value]:
    """The values of the first hit of `event`."""
    return next(hit.values for hit in run.hits if hit.event == event)
