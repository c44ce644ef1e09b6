"""The things of a kernel that can be asked for: functions, tracepoints, trace events, variables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.kernel.tracefs import EventField
from probelang.record import record

if TYPE_CHECKING:
    from collections.abc import Callable

    from probelang.btf.blob import Btf
    from probelang.btf.types import Param

__all__ = ["Event", "EventField", "Function", "Tracepoint", "Variable"]


class Function:
    """A function of the kernel (`module` None) or of a module.

    `proto` is the id of its prototype (FuncProto) in `btf`, or None, and `proto_reason` says why, as the end of a
    sentence. `traceable` is whether ftrace, and so fprobe events, can reach it (`available_filter_functions`);
    `blacklisted` whether kprobes are forbidden on it (`kprobes/blacklist`); each is None where that is not known.
    """

    __slots__ = (
        "_symbols", "blacklisted", "btf", "module", "name", "proto", "proto_reason", "traceable",
    )  # fmt: skip

    def __init__(
        self,
        name: str,
        module: str | None = None,
        proto: int | None = None,
        proto_reason: str = "",
        btf: Btf | None = None,
        traceable: bool | None = None,
        blacklisted: bool | None = None,
        symbols: Callable[[], int | None] | int | None = None,
    ) -> None:
        self.name = name
        self.module = module
        self.proto = proto
        self.proto_reason = proto_reason
        self.btf = btf
        self.traceable = traceable
        self.blacklisted = blacklisted
        self._symbols = symbols

    @property
    def symbols(self) -> int | None:
        """How many symbols of code bear the name (kallsyms), None where that is not known; looked up when asked."""
        if callable(self._symbols):
            self._symbols = self._symbols()
        return self._symbols

    def __repr__(self) -> str:
        return (
            f"Function({self.name!r}, module={self.module!r}, proto={self.proto!r}, "
            f"traceable={self.traceable!r}, blacklisted={self.blacklisted!r})"
        )


@record
class Tracepoint:
    """A raw tracepoint: its parameters in C, types by id in `btf`; a parameter without a name is ""."""

    name: str
    params: tuple[Param, ...]
    btf: Btf
    module: str | None = None


@record
class Event:
    """A trace event. `system` is "" where only BTF tells of it; `source` is `format` or `btf`."""

    system: str
    name: str
    fields: tuple[EventField, ...]
    source: str

    def find_field(self, name: str) -> EventField | None:
        """The field of that name; the common ones by their full name (`common_pid`)."""
        for field in self.fields:
            if field.name == name:
                return field
        return None


@record
class Variable:
    """A variable of the kernel.

    `type` is an id in `btf`, None where BTF does not have it; `percpu` whether each CPU has one of its own, None
    where that is not known; `symbols` how many symbols of data bear the name.
    """

    name: str
    type: int | None
    btf: Btf | None
    percpu: bool | None
    symbols: int | None
