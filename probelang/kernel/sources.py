"""Where the facts of one kernel come from: the seam between `Kernel` and files, folders, archives, the running system.

A source answers by the names of sections (`probelang.container`); a section that it lacks has a reason, for
the user: why the answers that need it are unknown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from probelang.answers import KernelError
from probelang.kernel.tables import Table

if TYPE_CHECKING:
    from probelang.btf.blob import Btf
    from probelang.container import Container
    from probelang.kernel.images import Image
    from probelang.kernel.modules import ModuleFiles
    from probelang.kernel.tracefs import EventField


REASONS = {
    "btf": "it has no BTF",
    "functions": "its list of traceable functions (available_filter_functions) is not known",
    "symbols.text": "its symbols (kallsyms) are not known",
    "symbols.data": "its symbols (kallsyms) are not known",
    "aliases": "the addresses of its symbols (kallsyms, for root) are not known",
    "blacklist": "its kprobe blacklist is not known",
    "events": "its event formats (tracing/events) are not known",
    "readme": "the README of its tracefs is not known",
    "code": "no `vmlinux` with debugging information (DWARF) was given",
}


class Sources(Protocol):
    """What `Kernel` asks of the place its facts come from. Everything is fetched when first asked for."""

    def section(self, name: str) -> bytes | memoryview | None:
        """A section by name, or None where this source does not have it."""

    def images(self) -> tuple[Image, ...]:
        """Files that may be the kernel's `vmlinux` with debugging information, the likeliest first."""

    def table(self, name: str) -> Table | None:
        """One of the tables (`functions`, `symbols.text`, `symbols.data`, `aliases`, `blacklist`), or None."""

    def why_missing(self, name: str) -> str:
        """Why a section or table is None: the end of a sentence ("only root can read …")."""

    def modules(self) -> tuple[str, ...]:
        """The modules whose BTF is at hand."""

    def module_files(self) -> ModuleFiles | None:
        """Where the files of modules are, None where none are at hand."""

    def event(self, system: str, name: str) -> tuple[EventField, ...] | None:
        """The fields of an event by its format file, or None if there is no such format file."""

    def event_names(self) -> list[tuple[str, str]] | None:
        """Every (system, event) that has a format file, sorted; None where format files are not known."""

    def dynamic_events(self) -> frozenset[tuple[str, str]]:
        """Those of them that were defined by somebody (`dynamic_events`), and may be gone again soon."""


class ContainerSources:
    """Facts out of one or several containers; the first that has a section wins (a cache entry, then its origin)."""

    __slots__ = ("_containers", "_event_names", "_events")

    def __init__(self, *containers: Container) -> None:
        self._containers = containers
        self._events: Table | None = None
        self._event_names: list[tuple[str, str]] | None = None

    def section(self, name: str) -> memoryview | None:
        for container in self._containers:
            view = container.section(name)
            if view is not None:
                return view
        return None

    def images(self) -> tuple[Image, ...]:
        return ()

    def table(self, name: str) -> Table | None:
        view = self.section(name)
        return Table(view) if view is not None else None

    def why_missing(self, name: str) -> str:
        reasons = self.section("missing")
        found = Table(reasons).find(name) if reasons is not None else None
        return found or REASONS.get(name, f"{name} is not known")

    def modules(self) -> tuple[str, ...]:
        names = {
            name[4:] for container in self._containers for name in container.names if name.startswith("btf:")
        }
        return tuple(sorted(names))

    def module_files(self) -> ModuleFiles | None:
        return None

    def _event_table(self) -> Table | None:
        if self._events is None:
            data = self.section("events")
            if data is not None:
                self._events = Table(data)
        return self._events

    def event(self, system: str, name: str) -> tuple[EventField, ...] | None:
        from probelang.kernel.tracefs import unpack_fields

        table = self._event_table()
        line = table.find(f"{system}:{name}") if table is not None else None
        if line is None or table is None:
            return None
        if line.partition("\t")[0] == "=":
            line = (table.find("=") or "") + line[1:]
        return unpack_fields(line)

    def event_names(self) -> list[tuple[str, str]] | None:
        table = self._event_table()
        if self._event_names is None and table is not None:
            pairs = [key.partition(":") for key in table.keys()]  # noqa: SIM118 - not a dict
            self._event_names = sorted((system, name) for system, colon, name in pairs if colon)
        return self._event_names

    def dynamic_events(self) -> frozenset[tuple[str, str]]:
        return frozenset()


def load_btf(sources: Sources) -> Btf | None:
    """The kernel's BTF out of a source; raises KernelError if it is no sound BTF."""
    from probelang.btf.blob import Btf as Blob
    from probelang.btf.types import BtfError

    data = sources.section("btf")
    if data is None:
        return None
    index = sources.section("btf.index")
    view = memoryview(index) if index is not None else None
    try:
        return Blob.from_bytes(data, index=view)
    except BtfError as error:
        if view is None:
            raise KernelError(f"its BTF can't be used: {error}") from None
    try:
        return Blob.from_bytes(data)
    except BtfError as error:
        raise KernelError(f"its BTF can't be used: {error}") from None
