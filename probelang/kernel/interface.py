"""`Kernel`: one interface for all that is known of a kernel, wherever the knowledge comes from.

Each question is answered found, not found (with near names) or unknown because of something
(`probelang.kernel.answers`). Nothing is read before it is asked for, and everything is read once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.kernel.answers import Answer, Found, KernelError, NotFound, Unknown
from probelang.kernel.features import Features
from probelang.kernel.sources import load_btf
from probelang.kernel.tracefs import EventField
from probelang.record import record

if TYPE_CHECKING:
    import re

    from probelang.btf.blob import Btf
    from probelang.btf.types import Param
    from probelang.kernel.sources import Sources
    from probelang.kernel.tables import Table

__all__ = ["Event", "EventField", "Function", "Kernel", "Tracepoint", "Variable"]

MAX_MODULES = 2000


@record
class Function:
    """A function of the kernel or of a module.

    `proto` is the id of its prototype (FuncProto) in `btf`, or None, and `proto_reason` says why. `traceable` is
    whether ftrace, and so fprobe events, can reach it (`available_filter_functions`); `blacklisted` whether kprobes
    are forbidden on it; `symbols` how many symbols bear its name. Each is None where that is not known.
    """

    name: str
    module: str | None
    proto: int | None
    proto_reason: str
    btf: Btf | None
    traceable: bool | None
    blacklisted: bool | None
    symbols: int | None


@record
class Tracepoint:
    """A raw tracepoint: its parameters in C, by id in `btf`; a parameter without a name is ""."""

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
    """A variable of the kernel; `type` is an id in `btf`, None where BTF does not have it. `symbols` counts its name."""

    name: str
    type: int | None
    btf: Btf | None
    percpu: bool | None
    symbols: int | None


class Kernel:
    """What is known of one kernel. `name` is as the user said it, `title` for notes, `notes` to be shown."""

    def __init__(self, name: str, title: str, sources: Sources, notes: tuple[str, ...] = ()) -> None:
        self.name = name
        self.title = title
        self.notes = notes
        self.sources = sources
        self.features = Features(lambda: self.btf, self._readme)
        self._blobs: dict[str, Btf | None] = {}
        self._tables: dict[str, Table | None] = {}
        self._functions: dict[tuple[str, str | None], Answer[Function]] = {}
        self._events: dict[tuple[str, str], Answer[Event]] = {}
        self._percpu: frozenset[int] | None = None

    def __repr__(self) -> str:
        return f"<Kernel {self.name}: {self.title}>"

    # What it is made of

    @property
    def btf(self) -> Btf | None:
        """The kernel's own BTF, or None where there is none. Raises KernelError if there is one but it is damaged."""
        return self._blob("vmlinux")

    def _blob(self, name: str) -> Btf | None:
        if name not in self._blobs:
            base = self.btf if name != "vmlinux" else None
            self._blobs[name] = (
                None if name != "vmlinux" and base is None else load_btf(self.sources, name, base)
            )
        return self._blobs[name]

    def module_btf(self, module: str) -> Btf | None:
        """The BTF of a module, whose ids continue the kernel's, or None where it is not at hand or unusable."""
        if module not in self.sources.modules():
            return None
        try:
            return self._blob(module)
        except KernelError:
            self._blobs[module] = None
            return None

    def _table(self, name: str) -> Table | None:
        if name not in self._tables:
            self._tables[name] = self.sources.table(name)
        return self._tables[name]

    def _readme(self) -> str | None:
        data = self.sources.section("readme")
        return bytes(data).decode("utf-8", "replace") if data is not None else None

    # Functions

    def find_function(self, name: str, module: str | None = None) -> Answer[Function]:
        """A function by name; of the kernel or any module, or of `module` only (`vmlinux` is the kernel)."""
        key = (name, module)
        if key not in self._functions:
            self._functions[key] = self._find_function(name, module)
        return self._functions[key]

    def _find_function(self, name: str, module: str | None) -> Answer[Function]:
        wanted = None if module is None else "" if module == "vmlinux" else module
        traceable = self._homes("functions", name, wanted)
        symbols = self._symbol_homes("symbols.text", name, wanted)
        homes = set(traceable or ()) | set(symbols or ())
        home = wanted if wanted is not None else "" if "" in homes or not homes else min(homes)
        proto, reason, btf = self._prototype(name, home)
        in_btf = proto is not None or btf is not None
        if not homes and not in_btf:
            return self._no_function(name, wanted)
        blacklist = self._table("blacklist")
        return Found(
            Function(
                name,
                home or None,
                proto,
                reason,
                btf,
                bool(traceable) if traceable is not None else None,
                name in blacklist if blacklist is not None else None,
                sum(symbols.values()) if symbols is not None else None,
            )
        )

    def _homes(self, table_name: str, name: str, wanted: str | None) -> list[str] | None:
        table = self._table(table_name)
        if table is None:
            return None
        return [home for home in table.find_all(name) if wanted is None or home == wanted]

    def _symbol_homes(self, table_name: str, name: str, wanted: str | None) -> dict[str, int] | None:
        table = self._table(table_name)
        if table is None:
            return None
        homes: dict[str, int] = {}
        for value in table.find_all(name):
            count, _, home = value.partition("\t")
            if wanted is None or home == wanted:
                homes[home] = homes.get(home, 0) + (
                    int(count) if count.isdecimal() and len(count) < 10 else 1
                )
        return homes

    def _prototype(self, name: str, home: str) -> tuple[int | None, str, Btf | None]:
        """Prototype, why there is none, and the BTF that has the function (None: no BTF has it)."""
        from probelang.btf.names import Space
        from probelang.btf.types import Func

        btf = self.module_btf(home) if home else self.btf
        if btf is None:
            return (
                None,
                f"the BTF of {home} is not at hand" if home else self.sources.why_missing("btf"),
                None,
            )
        protos = set()
        for id in btf.find_all(Space.FUNC, name):
            function = btf.type(id)
            if isinstance(function, Func):
                protos.add(function.proto)
        if len(protos) == 1:
            return protos.pop(), "", btf
        if protos:
            return None, f"{len(protos)} functions of that name differ in their parameters", btf
        return None, f"the BTF of {self.title} leaves this function out", None

    def _no_function(self, name: str, wanted: str | None) -> Answer[Function]:
        if wanted and not self._knows_module(wanted):
            return Unknown(f"nothing is known of a module {wanted} of {self.title}")
        functions, symbols = self._table("functions"), self._table("symbols.text")
        near = self._near_functions(name)
        if symbols is not None or (functions is not None and self.btf is not None):
            return NotFound(near)
        if functions is None and self.btf is None:
            return Unknown(self.sources.why_missing("btf"), near)
        return Unknown(
            f"the functions of {self.title} are known from "
            f"{'its BTF' if functions is None else 'its list of traceable functions'} alone, which lacks some",
            near,
        )

    def _knows_module(self, module: str) -> bool:
        if module in self.sources.modules():
            return True
        suffix = f"\t{module}\n".encode("utf-8", "replace")
        return any(
            table is not None and suffix in table.data
            for table in (self._table("functions"), self._table("symbols.text"))
        )

    def _near_functions(self, name: str) -> tuple[str, ...]:
        from probelang.kernel.near import find_near, find_near_in_text

        table = self._table("functions") or self._table("symbols.text")
        if table is not None:
            return find_near_in_text(name, table.data.decode("latin-1"))
        return find_near(name, self._btf_functions())

    def _btf_functions(self) -> list[str]:
        from probelang.btf.names import Space

        return list(self.btf.names(Space.FUNC)) if self.btf is not None else []

    def functions_matching(self, pattern: re.Pattern[str]) -> Answer[list[str]]:
        """The names of functions that `pattern` matches as a whole, sorted: traceable ones, else those in BTF."""
        table = self._table("functions")
        if table is not None:
            return Found(table.matching(pattern))
        if self.btf is None:
            return Unknown(self.sources.why_missing("functions"))
        match = pattern.fullmatch
        return Found(sorted({name for name in self._btf_functions() if match(name)}))

    def has_symbol(self, name: str) -> Answer[int]:
        """How many symbols bear `name`, functions and variables alike; not found where none does."""
        counts = [self._symbol_homes(table, name, None) for table in ("symbols.text", "symbols.data")]
        known = [sum(count.values()) for count in counts if count is not None]
        if sum(known):
            return Found(sum(known))
        if len(known) < 2:
            return Unknown(self.sources.why_missing("symbols.text" if counts[0] is None else "symbols.data"))
        return NotFound()

    # Variables and enumerators

    def find_variable(self, name: str) -> Answer[Variable]:
        """A variable of the kernel by name: its type where BTF has it, and how many symbols bear the name."""
        from probelang.btf.names import Space
        from probelang.btf.types import Var

        homes = self._symbol_homes("symbols.data", name, None)
        btf = self.btf
        id = btf.find(Space.VAR, name) if btf is not None else None
        var = btf.type(id) if btf is not None and id is not None else None
        symbols = sum(homes.values()) if homes is not None else None
        if btf is not None and isinstance(var, Var):
            if self._percpu is None:
                from probelang.kernel.btf_facts import percpu_variables

                self._percpu = percpu_variables(btf)
            return Found(Variable(name, var.type, btf, id in self._percpu, symbols))
        if symbols:
            return Found(Variable(name, None, None, None, symbols))
        if homes is None:
            return Unknown(self.sources.why_missing("symbols.data"))
        from probelang.kernel.near import find_near_in_text

        table = self._table("symbols.data")
        return NotFound(find_near_in_text(name, table.data.decode("latin-1")) if table is not None else ())

    def find_enumerator(self, name: str) -> Answer[tuple[int, str]]:
        """The value of an enumerator and the name of its enum ("" for an anonymous one)."""
        from probelang.btf.names import Space
        from probelang.btf.types import Enum

        btf = self.btf
        if btf is None:
            return Unknown(self.sources.why_missing("btf"))
        found = btf.find_enumerator(name)
        if not found:
            from probelang.kernel.near import find_near

            return NotFound(find_near(name, btf.names(Space.ENUMERATOR)))
        enums = [(value, btf.type(id)) for value, id in found]
        named = [(value, enum.name) for value, enum in enums if isinstance(enum, Enum)]
        values = sorted({value for value, _ in named})
        if len(values) > 1:
            shown = ", ".join(str(value) for value in values[:4])
            return Unknown(f"several enums have an enumerator {name}, with different values ({shown})")
        return Found(max(named, key=lambda pair: pair[1] != ""))

    # Tracepoints

    def find_tracepoint(self, name: str, module: str | None = None) -> Answer[Tracepoint]:
        """A raw tracepoint with its C parameters; of the kernel or any module at hand, or of `module` only."""
        from probelang.kernel.btf_facts import tracepoint_params

        for home in self._btf_homes(module, b"btf_trace_" + name.encode("utf-8", "replace")):
            btf = self._blob("vmlinux") if not home else self.module_btf(home)
            params = tracepoint_params(btf, name) if btf is not None else None
            if btf is not None and params is not None:
                return Found(Tracepoint(name, params, btf, home or None))
        if self.btf is None:
            return Unknown(self.sources.why_missing("btf"))
        if module and module != "vmlinux" and module not in self.sources.modules():
            return Unknown(f"the BTF of module {module} is not at hand")
        from probelang.kernel.near import find_near

        return NotFound(find_near(name, self._tracepoint_names()))

    def _btf_homes(self, module: str | None, text: bytes) -> list[str]:
        """Where to look: "" for the kernel, then the modules whose BTF holds `text`."""
        if module == "vmlinux":
            return [""]
        if module:
            return [module]
        homes = [""]
        for name in self.sources.modules()[:MAX_MODULES]:
            data = self.sources.section(f"btf:{name}")
            if data is not None and text in bytes(data):
                homes.append(name)
        return homes

    def _tracepoint_names(self) -> list[str]:
        from probelang.btf.names import Space

        if self.btf is None:
            return []
        return [name.removeprefix("btf_trace_") for name in self.btf.names(Space.TYPEDEF, "btf_trace_")]

    def tracepoints_matching(self, pattern: re.Pattern[str]) -> Answer[list[str]]:
        """The names of the kernel's tracepoints that `pattern` matches as a whole, sorted."""
        if self.btf is None:
            return Unknown(self.sources.why_missing("btf"))
        match = pattern.fullmatch
        return Found(sorted({name for name in self._tracepoint_names() if match(name)}))

    # Trace events

    def find_event(self, system: str, name: str) -> Answer[Event]:
        """A trace event with its fields: exact from its format file, else from BTF, which does not know systems."""
        key = (system, name)
        if key not in self._events:
            self._events[key] = self._find_event(system, name)
        return self._events[key]

    def _find_event(self, system: str, name: str) -> Answer[Event]:
        fields = self.sources.event(system, name)
        if fields is not None:
            return Found(Event(system, name, fields, "format"))
        known = self.sources.event_names()
        if known is not None:
            return NotFound(_near_events(system, name, known))
        btf = self.btf
        if btf is None:
            return Unknown(self.sources.why_missing("events"))
        from probelang.kernel.btf_facts import event_fields, tracepoint_params

        found = event_fields(btf, name)
        if found is not None:
            return Found(Event("", name, found, "btf"))
        reason = self.sources.why_missing("events")
        if tracepoint_params(btf, name) is not None:
            return Unknown(
                f"{reason}, and its BTF has the fields of {name} under the name of the event's class only"
            )
        from probelang.kernel.near import find_near

        return Unknown(
            f"{reason}, and its BTF has no event {name}", find_near(name, self._tracepoint_names())
        )

    def events_matching(
        self, system_pattern: re.Pattern[str], event_pattern: re.Pattern[str]
    ) -> Answer[list[tuple[str, str]]]:
        """The (system, event) pairs that both patterns match as a whole, sorted; unknown without format files."""
        known = self.sources.event_names()
        if known is None:
            return Unknown(self.sources.why_missing("events"))
        return Found(
            [pair for pair in known if system_pattern.fullmatch(pair[0]) and event_pattern.fullmatch(pair[1])]
        )


def _near_events(system: str, name: str, known: list[tuple[str, str]]) -> tuple[str, ...]:
    """Near events as `system:event`: the right name in another system first, then near names, then near systems."""
    from probelang.kernel.near import MAX_NEAR, find_near

    found = [f"{other}:{event}" for other, event in known if event == name]
    in_system = [event for other, event in known if other == system]
    found += [f"{system}:{event}" for event in find_near(name, in_system)]
    if len(found) < MAX_NEAR:
        found += [
            near
            for near in find_near(f"{system}:{name}", [f"{s}:{e}" for s, e in known])
            if near not in found
        ]
    return tuple(found[:MAX_NEAR])
