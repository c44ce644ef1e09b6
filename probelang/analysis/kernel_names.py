"""The names of one kernel that can be completed: made when they are first asked for, and kept with the kernel."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from probelang.analysis.search import Names
from probelang.btf.names import Space
from probelang.btf.types import BtfError
from probelang.kernel.events import tracepoint_names

if TYPE_CHECKING:
    from probelang.kernel.interface import Kernel


class KernelNames:
    """Functions, tracepoints, events and types of one kernel."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._functions: Names | None = None
        self._symbols: Names | None = None
        self._tracepoints: Names | None = None
        self._events: list[tuple[str, str]] | None = None
        self._types: dict[Space, Names] = {}

    def functions(self) -> Names:
        """Functions that can be probed, as far as they are known."""
        if self._functions is None:
            table = self._kernel.table("functions") or self._kernel.table("symbols.text")
            if table is not None:
                self._functions = Names(table.data.decode("latin-1"))
            else:
                self._functions = self._of_space(Space.FUNC)
        return self._functions

    def variables(self) -> Names:
        """Variables of the kernel, which `@` reads."""
        if self._symbols is None:
            table = self._kernel.table("symbols.data")
            self._symbols = (
                Names(table.data.decode("latin-1")) if table is not None else self._of_space(Space.VAR)
            )
        return self._symbols

    def tracepoints(self) -> Names:
        """Raw tracepoints of the kernel."""
        if self._tracepoints is None:
            try:
                self._tracepoints = Names.of(tracepoint_names(self._kernel))
            except BtfError:
                self._tracepoints = Names("\n")
        return self._tracepoints

    def events(self) -> list[tuple[str, str]]:
        """Trace events, by system; none where they are not known."""
        if self._events is None:
            self._events = self._kernel.sources.event_names() or []
        return self._events

    def types(self, space: Space) -> Names:
        """Structs, unions, enums, typedefs."""
        if space not in self._types:
            self._types[space] = self._of_space(space)
        return self._types[space]

    def enumerators(self) -> Names:
        """Enumerators of all the kernel's enums."""
        return self.types(Space.ENUMERATOR)

    def _of_space(self, space: Space) -> Names:
        try:
            btf = self._kernel.btf
            return Names.of([*dict.fromkeys(btf.names(space))] if btf is not None else [])
        except BtfError:
            return Names("\n")


#: For as long as a kernel is there.
_known: WeakKeyDictionary[Kernel, KernelNames] = WeakKeyDictionary()


def names_of(kernel: Kernel) -> KernelNames:
    """The names of a kernel, one collection for each kernel there is."""
    names = _known.get(kernel)
    if names is None:
        names = _known[kernel] = KernelNames(kernel)
    return names
