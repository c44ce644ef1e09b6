"""What turns typed probes into something that records: a table of backends, and what each of them is.

A backend is a module with what `Backend` says. It is imported when it is chosen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, cast

from probelang.record import record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from probelang.diagnostics import Diagnostic
    from probelang.kernel.interface import Kernel
    from probelang.probes import Base, Probe
    from probelang.syntax.tree import Kind

#: The names that `--target` takes; the first is the default.
BACKENDS = ("tracefs", "perf", "bpftrace")
#: The releases that `--bpftrace-version` takes; the last is the default.
BPFTRACE_VERSIONS = {"0.17": (0, 17), "0.27": (0, 27)}


@record
class Settings:
    """What a user says of the tool that will run the output, beyond its kernel.

    `bpftrace` is the release of bpftrace; `debuginfo` is whether perf finds the kernel's debugging information. `run` is
    what tells the names of events in tracefs from those of other runs of the same spec; "" for the spec's own names.
    """

    bpftrace: tuple[int, int] = (0, 27)
    debuginfo: bool = False
    run: str = ""


DEFAULT_SETTINGS = Settings()


@record
class Plan:
    """What a spec is for one backend: its events, and what stands in the way of others.

    Events are of the backend's own class. Each has `probe`, and `names`, what it is called where the backend defines it.
    """

    events: tuple[Any, ...]
    diagnostics: tuple[Diagnostic, ...]


@record
class Output:
    """The text of `probelang compile`, and what its reader must know besides, a line each."""

    text: str
    notes: tuple[str, ...] = ()


class Backend(Protocol):
    """What a module in this folder has."""

    @property
    def FORMATS(self) -> tuple[str, ...]:
        """What `--format` takes, the default first."""

    def find_lack(self, base: Base, kind: Kind, kernel: Kernel) -> str | None:
        """The feature of the kernel (a name of FEATURES) that a value of such a probe takes, if it begins so and the kernel lacks it.

        Where it does, the alternative behind `??` is taken.
        """

    def emit_events(
        self,
        probes: Sequence[Probe],
        kernel: Kernel,
        settings: Settings = DEFAULT_SETTINGS,
        kept: dict[int, Any] | None = None,
    ) -> Plan:
        """The events of all probes that can be had; a diagnostic at the words that ask for what cannot.

        An editor gives the same `kept` again and again: a backend may keep there what came of each probe, and take it over
        where nothing has changed.
        """

    def render(
        self,
        events: Sequence[Any],
        format: str,
        names: Sequence[str],
        kernel: Kernel,
        settings: Settings = DEFAULT_SETTINGS,
    ) -> Output:
        """The output of `probelang compile`; `names` are the spec's files."""


def get_backend(name: str) -> Backend:
    """The backend of that name, one of BACKENDS."""
    import importlib

    assert name in BACKENDS
    return cast("Backend", importlib.import_module(f"{__name__}.{name}"))
