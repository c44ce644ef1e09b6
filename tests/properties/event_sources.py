"""Tracepoints and trace events of a kernel, for the generator."""

from __future__ import annotations

import functools
import random

from probelang.answers import Found
from probelang.btf import types
from probelang.btf.names import Space
from probelang.kernel.facts import Event
from probelang.kernel.interface import Kernel
from tests.properties.recorded import Recorded, string
from tests.properties.walks import Spot, Walks

#: Bits and sign of what a field of such a type is recorded as.
INTEGERS = {
    "int": (32, True),
    "unsigned int": (32, False),
    "u32": (32, False),
    "__u32": (32, False),
    "pid_t": (32, True),
    "long": (64, True),
    "unsigned long": (64, False),
    "u64": (64, False),
    "size_t": (64, False),
    "loff_t": (64, True),
    "u16": (16, False),
    "__u16": (16, False),
    "umode_t": (16, False),
    "u8": (8, False),
}


class EventSources:
    """What tprobes and eprobes can sit on."""

    def __init__(self, kernel: Kernel, walks: Walks) -> None:
        self.kernel = kernel
        self.walks = walks
        self.claimed: set[str] = set()
        """Tracepoints that have a tprobe already, where a kernel takes one only."""
        table = kernel.table("functions")
        assert table is not None
        prefix = "btf_trace_"
        names = [typedef.removeprefix(prefix) for typedef in walks.btf.names(Space.TYPEDEF, prefix)]
        self.tracepoints = [name for name in names if f"__probestub_{name}" in table]
        self.events = [pair for pair in kernel.sources.event_names() or [] if pair[0] != "ftrace"]

    @functools.cached_property
    def _tracepoint_families(self) -> dict[tuple[types.Param, ...], list[str]]:
        families: dict[tuple[types.Param, ...], list[str]] = {}
        for name in self.tracepoints:
            answer = self.kernel.find_tracepoint(name)
            if isinstance(answer, Found) and answer.value.module is None:
                families.setdefault(tuple(answer.value.params), []).append(name)
        return families

    def tracepoints_of(self, rng: random.Random) -> tuple[list[str], tuple[types.Param, ...]]:
        """A tracepoint, or several that are alike, and the arguments."""
        while True:
            name = rng.choice(self.tracepoints)
            answer = self.kernel.find_tracepoint(name)
            if not isinstance(answer, Found) or answer.value.module is not None or not self._is_free(name):
                continue
            names = [name]
            params = tuple(answer.value.params)
            others = [one for one in self._tracepoint_families[params] if one != name and self._is_free(one)]
            if others and rng.random() < 0.1:
                names += rng.sample(others, min(2, len(others)))
            self.claimed.update(names)
            return names, params

    def _is_free(self, name: str) -> bool:
        return name not in self.claimed or self.kernel.features.shared_tracepoints is not False

    def event_of(self, rng: random.Random) -> tuple[str, list[Spot], list[Recorded]]:
        """An event as a point, and what its fields offer."""
        while True:
            system, name = rng.choice(self.events)
            answer = self.kernel.find_event(system, name)
            if isinstance(answer, Found):
                break
        starts, texts = self._fields(system, answer.value)
        rng.shuffle(texts)
        walks = [
            self.walks.walk_struct(rng, start, start.text.split()[1]) for start in starts for _ in range(2)
        ]
        return f"{system}:{name}", [spot for spot in walks if spot is not None], texts

    def _fields(self, system: str, event: Event) -> tuple[list[Spot], list[Recorded]]:
        starts, texts = [], []
        for field in event.fields:
            if field.common:
                continue
            if "char *" in field.type and not self.kernel.features.eprobe_pointers:
                continue
            if field.kind in ("string", "dynamic_string"):
                texts.append(string(field.name))
            elif field.kind == "int" and field.size in (1, 2, 4, 8):
                bits, signed = INTEGERS.get(field.type, (0, False))
                kind = "int" if bits and (system == "syscalls" or bits == field.size * 8) else "other"
                texts.append(Recorded(field.name, kind, bits, signed))
            pointer = self._struct_behind(system, field.type)
            if pointer is not None:
                starts.append(Spot(f"((struct {pointer} *){field.name})", -1, f"${field.name}"))
                texts.append(Recorded(f"{field.name}: symbol", "other"))
        return starts, texts

    def _struct_behind(self, system: str, type: str) -> str | None:
        words = type.replace("*", " * ").split()
        if system == "syscalls" or words[:1] != ["struct"] or words[2:] != ["*"]:
            return None
        return words[1] if self.walks.btf.find(Space.STRUCT, words[1]) is not None else None
