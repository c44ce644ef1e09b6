"""What a case of the suite says: a spec, what to do in the guest, what the trace must hold then.

Case(
    "read-size",
    spec="rd = fprobe vfs_read { count, ino = file->f_inode->i_ino }",
    do="echo hello >f; fact ino $(stat -c %i f); cat f",
    expect=[some("rd", comm_="cat", ino=fact("ino"), count=at_least(6))],
)
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.kernels.lab.fetch import KERNELS
from tests.kernels.lab.trace import Hit, Value

if TYPE_CHECKING:
    from tests.kernels.lab.suite import Run

Facts = Mapping[str, str]


class Expected(AssertionError):
    """An expectation that the trace does not meet."""


@dataclass(frozen=True)
class Fact:
    """A value that the guest tells by `fact NAME VALUE`, plus `add`; as a number where it is one."""

    name: str
    add: int = 0

    def value(self, facts: Facts) -> Value:
        if self.name not in facts:
            raise Expected(f"the guest told no fact `{self.name}`")
        text = facts[self.name]
        try:
            return int(text, 0) + self.add
        except ValueError:
            return text


@dataclass(frozen=True)
class Shown:
    """The text of an argument just as the kernel shows it, which tells `0x10` from `16`."""

    text: str


Wanted = Value | Callable[[Value], bool] | Fact | Shown


def fact(name: str, add: int = 0) -> Fact:
    return Fact(name, add)


def shown(text: str) -> Shown:
    return Shown(text)


def at_least(low: int) -> Callable[[Value], bool]:
    return lambda value: isinstance(value, int) and value >= low


def between(low: int, high: int) -> Callable[[Value], bool]:
    return lambda value: isinstance(value, int) and low <= value <= high


def ending(text: str) -> Callable[[Value], bool]:
    return lambda value: isinstance(value, str) and value.endswith(text)


def starting(text: str) -> Callable[[Value], bool]:
    return lambda value: isinstance(value, str) and value.startswith(text)


@dataclass(frozen=True)
class Expectation:
    """How many hits of `event` must have these values."""

    event: str
    values: Mapping[str, Wanted]
    low: int
    high: int | None
    all_of_them: bool = False

    def verify(self, run: Run) -> None:
        """Raises `Expected` if the trace of `run` is otherwise."""
        of_event = [hit for hit in run.hits if hit.event == self.event]
        fitting = [
            hit for hit in of_event if all(fits(hit, *item, run.facts) for item in self.values.items())
        ]
        if self.all_of_them and len(fitting) != len(of_event):
            odd = next(hit for hit in of_event if hit not in fitting)
            raise Expected(f"a hit of {self} is otherwise: {odd}")
        if len(fitting) < self.low or (self.high is not None and len(fitting) > self.high):
            many = str(self.low) if self.high == self.low else f"{self.low} to {self.high or 'any number'}"
            raise Expected(f"{len(fitting)} of {len(of_event)} hits are as {self}, not {many}")

    def __str__(self) -> str:
        return f"{self.event}({', '.join(f'{name}={value}' for name, value in self.values.items())})"


def fits(hit: Hit, name: str, wanted: Wanted, facts: Facts) -> bool:
    """Whether argument `name` of `hit` is as `wanted`; `comm_`, `tid_`, `place_` are of the hit itself."""
    own: dict[str, str] = {"comm_": hit.comm, "tid_": str(hit.tid), "place_": hit.place}
    values: dict[str, Value] = {"comm_": hit.comm, "tid_": hit.tid, "place_": hit.place, **hit.values}
    if isinstance(wanted, Shown):
        return {**hit.shown, **own}.get(name) == wanted.text
    if name not in values:
        return False
    if isinstance(wanted, Fact):
        return values[name] == wanted.value(facts)
    if callable(wanted):
        return wanted(values[name])
    return values[name] == wanted


def one(event: str, /, **values: Wanted) -> Expectation:
    """Exactly one hit of `event` has these values."""
    return Expectation(event, values, 1, 1)


def exactly(count: int, event: str, /, **values: Wanted) -> Expectation:
    return Expectation(event, values, count, count)


def some(event: str, /, **values: Wanted) -> Expectation:
    """At least one hit of `event` has these values."""
    return Expectation(event, values, 1, None)


def none(event: str, /, **values: Wanted) -> Expectation:
    """No hit of `event` has these values."""
    return Expectation(event, values, 0, 0)


def every(event: str, /, **values: Wanted) -> Expectation:
    """There are hits of `event`, and all have these values."""
    return Expectation(event, values, 1, None, all_of_them=True)


@dataclass(frozen=True)
class Case:
    name: str
    spec: str = ""
    do: str = ""
    """Run by the guest's shell, in an empty folder, while the probes are on. `fact NAME VALUE` tells the test
    a value; `$PROBE` is the emitted script; files, programs and modules are in `$LAB`."""
    expect: Sequence[Expectation | Callable[[Run], None]] = ()
    on: Sequence[str] = KERNELS
    """The kernels it is for."""
    refused: Mapping[str, str] = field(default_factory=dict)
    """Kernels for which compiling must fail, and a regular expression that the diagnostics must match."""
    setup: str = ""
    """Run before the probes are on."""
    by_hand: bool = False
    """`do` starts the probes itself, and stops them if it likes."""
    compiled_for: str = ""
    """Another kernel to compile it for than the one it is run on."""
    script: str = ""
    """A script instead of a spec, to try the lab itself."""
    example: str = ""
    """A file of the repository instead of a spec."""
    files: Mapping[str, bytes] = field(default_factory=dict)
    programs: Sequence[str] = ()
    """Names of C programs in `programs/`, built statically."""
    modules: Sequence[str] = ()
    """Kernel modules to load first, with those they depend on."""
    loaded: Sequence[str] = ()
    """Modules that were loaded when the kernel told of itself what the spec is compiled for."""
    module_files: bool = False
    """Whether what the spec is compiled for has the files of the kernel's modules, none of which was loaded."""
    leaves: bool = False
    """Whether something of the script is expected to stay behind (to try the lab itself)."""
    seconds: float = 30.0

    def source(self) -> str:
        return textwrap.dedent(self.spec).lstrip("\n")
