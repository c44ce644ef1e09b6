"""Tracepoints and trace events of a kernel: the answers behind `Kernel`'s methods."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.answers import Answer, Found, NotFound, Unknown
from probelang.btf.names import Space
from probelang.kernel.btf_facts import event_fields, tracepoint_params
from probelang.kernel.facts import Event, Tracepoint
from probelang.near import MAX_NEAR, find_near

if TYPE_CHECKING:
    import re

    from probelang.btf.blob import Btf
    from probelang.kernel.interface import Kernel

_TYPEDEF = "btf_trace_"


def find_tracepoint(kernel: Kernel, name: str, module: str | None) -> Answer[Tracepoint]:
    """See `Kernel.find_tracepoint`."""
    in_module = module is not None and module != "vmlinux"
    if in_module and kernel.btf is not None and kernel.module_btf(module or "") is None:
        return Unknown(kernel.modules.reason(module or ""))
    for home in _homes(kernel, name, module):
        btf = kernel.module_btf(home) if home else kernel.btf
        params = tracepoint_params(btf, name) if btf is not None else None
        if btf is not None and params is not None:
            return Found(Tracepoint(name, params, btf, home or None))
    if kernel.btf is None:
        return Unknown(kernel.why_missing("btf"))
    if not kernel.may_suggest():
        return NotFound()
    return NotFound(find_near(name, tracepoint_names(kernel, module if in_module else None)))


def _homes(kernel: Kernel, name: str, module: str | None) -> list[str]:
    """Where a tracepoint may be: "" for the kernel, then the modules whose BTF holds the name at all."""
    if module is not None:
        return ["" if module == "vmlinux" else module]
    if not kernel.sources.modules():
        return [""]
    from probelang.kernel.modules import modules_naming

    return ["", *modules_naming(kernel, _TYPEDEF + name)]


def tracepoint_names(kernel: Kernel, module: str | None = None) -> list[str]:
    """The names of the kernel's own tracepoints, or of a module's, sorted."""
    btf = kernel.module_btf(module) if module is not None else kernel.btf
    if btf is None:
        return []
    return [name.removeprefix(_TYPEDEF) for name in btf.names(Space.TYPEDEF, _TYPEDEF, own=True)]


def tracepoints_matching(kernel: Kernel, pattern: re.Pattern[str], module: str | None) -> Answer[list[str]]:
    """See `Kernel.tracepoints_matching`."""
    if kernel.btf is None:
        return Unknown(kernel.why_missing("btf"))
    if module == "vmlinux":
        module = None
    if module is not None and kernel.module_btf(module) is None:
        return Unknown(kernel.modules.reason(module))
    match = pattern.fullmatch
    return Found([name for name in tracepoint_names(kernel, module) if match(name)])


def find_event(kernel: Kernel, system: str, name: str) -> Answer[Event]:
    """See `Kernel.find_event`."""
    fields = kernel.sources.event(system, name)
    if fields is not None:
        return Found(Event(system, name, fields, "format"))
    known = kernel.sources.event_names()
    if known is not None:
        if (system, name) in known:
            return Unknown(f"the format of {system}:{name} can't be read")
        return NotFound(_near_events(system, name, known) if kernel.may_suggest() else ())
    reason = kernel.why_missing("events")
    btf = kernel.btf
    if btf is None:
        return Unknown(reason)
    return _event_from_btf(btf, system, name, reason, kernel)


def _event_from_btf(btf: Btf, system: str, name: str, reason: str, kernel: Kernel) -> Answer[Event]:
    is_tracepoint = btf.find(Space.TYPEDEF, _TYPEDEF + name) is not None
    found = event_fields(btf, name)
    if found is not None and is_tracepoint:
        return Found(Event("", name, found, "btf"))
    if found is not None:
        return Unknown(f"{reason}, and in BTF {name} is a class of events, of which none may bear that name")
    if is_tracepoint:
        return Unknown(f"{reason}, and BTF has the fields of {name} under the name of the event's class only")
    if system == "syscalls":
        return Unknown(f"{reason}, and BTF does not have the arguments of system calls")
    near = find_near(name, tracepoint_names(kernel)) if kernel.may_suggest() else ()
    return Unknown(f"{reason}, and BTF has no event {name}", tuple(f"{system}:{event}" for event in near))


def _near_events(system: str, name: str, known: list[tuple[str, str]]) -> tuple[str, ...]:
    """Near events as `system:event`: the same name in another system, near names in this one, near names anywhere."""
    found = [f"{other}:{event}" for other, event in known if event == name]
    in_system = [event for other, event in known if other == system]
    found += [f"{system}:{event}" for event in find_near(name, in_system)]
    if len(found) < MAX_NEAR:
        near = find_near(f"{system}:{name}", [f"{other}:{event}" for other, event in known])
        found += [pair for pair in near if pair not in found]
    return tuple(found[:MAX_NEAR])


def events_matching(
    kernel: Kernel, system_pattern: re.Pattern[str], event_pattern: re.Pattern[str]
) -> Answer[list[tuple[str, str]]]:
    """See `Kernel.events_matching`."""
    known = kernel.sources.event_names()
    if known is None:
        return Unknown(kernel.why_missing("events"))
    return Found(
        [
            (system, event)
            for system, event in known
            if system_pattern.fullmatch(system) and event_pattern.fullmatch(event)
        ]
    )
