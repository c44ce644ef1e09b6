"""A value as `perf probe` takes it: registers and raw dereferences, which perf hands on to the kernel, or names in C.

Perf takes whatever begins with a letter for a variable in C, which it looks up in debugging information (DWARF).
All else goes to the kernel as it is, so that it is spelled as for tracefs, with registers in place of parameters.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from probelang.answers import Found
from probelang.backends.tracefs.lower import Capabilities, Refusal, lower
from probelang.btf.layout import anonymous_before, find_member, resolved
from probelang.btf.types import FuncProto, Ptr, Qualifier, Struct
from probelang.check.rules import backends, limits
from probelang.probes import (
    Access,
    Duration,
    EntryValue,
    FunctionTarget,
    Parameter,
    ProgramTarget,
    RegisterValue,
    ThisCpu,
    ThreadName,
)
from probelang.record import replace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from probelang.kernel.interface import Kernel
    from probelang.probes import Deref, Field, Probe, Site, Target

#: Where the first six parameters are when a function is entered (System V ABI), by the kernel's names.
REGISTERS = ("di", "si", "dx", "cx", "r8", "r9")
#: What shows the same.
OTHERS = "`--target tracefs` and `--target bpftrace` can"
TRACEFS = "`--target tracefs` can"
BPFTRACE = "`--target bpftrace` can"


class PerfCapabilities(Capabilities):
    """The target kernel by way of perf, which places a probe at an offset from `_text`: no names of BTF are known there."""

    def __init__(self, kernel: Kernel) -> None:
        super().__init__(kernel)
        self.kernel = kernel
        self.param_names = False
        self.typecast = False
        self.member_names = False
        self.by_names = Capabilities(kernel)


def spell(field: Field, target: Target, can: PerfCapabilities, debuginfo: bool) -> str | Refusal:
    """`name=value:type`, or why not."""
    refusal = _beyond_perf(field, target, can)
    if refusal is not None:
        return refusal
    if (
        debuginfo
        and isinstance(target, FunctionTarget)
        and not (target.returns or target.offset or target.module)
    ):
        text = _in_c(field, target, can.kernel)
        if text is not None:
            return text
    at_entry = not (isinstance(target, FunctionTarget) and target.returns)
    plain = lower(replace(field, access=_in_registers(field.access)) if at_entry else field, target, can)
    if (
        isinstance(plain, Refusal)
        and plain.rule in (limits.TOO_MANY_DEREFS, limits.ARG_TOO_LONG)
        and not isinstance(lower(field, target, can.by_names), Refusal)
    ):
        return Refusal(
            backends.UNSUPPORTED,
            f"perf knows no names here, and by offsets it is too much: {plain.message}",
            TRACEFS,
            plain.notes,
        )
    if isinstance(plain, str) and plain.removeprefix(f"{field.name}=")[:1].isalpha():
        return Refusal(
            backends.UNSUPPORTED,
            "perf takes this for a variable in C, because it begins with a letter",
            f"what is read through the pointer can be recorded; {TRACEFS}",
        )
    return plain


def _beyond_perf(field: Field, target: Target, can: Capabilities) -> Refusal | None:
    """What neither `perf probe` nor `perf script` can do."""
    base, fetch = field.access.base, field.fetch
    if isinstance(base, EntryValue | Duration):
        what = "`$duration`" if isinstance(base, Duration) else "a value of the entry"
        return Refusal(
            backends.UNSUPPORTED, f"perf does not join an entry with its return, which {what} takes", OTHERS
        )
    returns = isinstance(target, FunctionTarget | ProgramTarget) and target.returns
    if isinstance(base, Parameter) and returns and not field.access.derefs and can.entry_data is False:
        return Refusal(
            backends.UNSUPPORTED,
            f"perf can record a parameter at a function's return where the kernel can, and {can.title} cannot",
            OTHERS,
        )
    if fetch.count is not None and fetch.is_string:
        return Refusal(
            backends.UNSUPPORTED,
            "`perf script` cannot show an array of strings (it says FAILED TO PARSE)",
            f"record its elements one by one; {OTHERS}",
        )
    if fetch.count is not None and fetch.name == "char":
        return Refusal(
            backends.UNSUPPORTED,
            "`perf script` ends the line at the first character of an array that is 0",
            f"`u8[{fetch.count}]` records the same bytes as numbers, `string` a text; {OTHERS}",
        )
    return None


def _in_registers(access: Access) -> Access:
    """The same with each parameter in its register, where it is in one."""
    match access.base:
        case Parameter(slot, _) if 1 <= slot <= len(REGISTERS):
            return replace(access, base=RegisterValue(REGISTERS[slot - 1]))
        case ThisCpu(pointer):
            return replace(access, base=ThisCpu(_in_registers(pointer)))
        case _:
            return access


def _in_c(field: Field, target: FunctionTarget, kernel: Kernel) -> str | None:
    """The field in C's terms, None where they do not say it: casts, elements found by BTF, bitfields as asked for."""
    base, derefs = field.access.base, field.access.derefs
    if not isinstance(base, Parameter) or base.name is None:
        return None
    steps = list(derefs)
    if field.fetch.is_string and steps and steps[-1].names == "" and not steps[-1].user:
        # perf follows the pointer itself
        steps.pop()
    if any(not step.names or step.user or step.cast for step in steps):
        return None
    if not _fits_c(field) or not _are_found(base.name, steps, target, kernel):
        return None
    return f"{field.name}={base.name}{''.join(step.names or '' for step in steps)}:{field.fetch.text}"


def _are_found(parameter: str, steps: Sequence[Deref], target: FunctionTarget, kernel: Kernel) -> bool:
    """Whether perf finds all members: it does not look into an anonymous struct that is `const` (seen with 6.1 and 7.2)."""
    answer = kernel.find_function(target.function)
    btf = answer.value.btf if isinstance(answer, Found) else None
    proto = btf.type(answer.value.proto) if isinstance(answer, Found) and btf and answer.value.proto else None
    if btf is None or not isinstance(proto, FuncProto):
        return not steps
    id = next((param.type for param in proto.params if param.name == parameter), 0)
    for step in steps:
        pointer = resolved(btf, id)
        if not isinstance(pointer, Ptr):
            return False
        id = pointer.target
        for name in (step.names or "").removeprefix("->").split("."):
            member = find_member(btf, id, name) if isinstance(resolved(btf, id), Struct) else None
            if member is None:
                return False
            if any(isinstance(btf.type(one), Qualifier) for one in anonymous_before(btf, id, name)):
                return False
            id = member.type
    return True


def spell_in_program(probe: Probe, site: Site) -> tuple[str, list[str]] | None:
    """A function of a program and all fields in C's terms, as the spec has them; None where perf would not understand one.

    perf puts such a probe behind the function's prologue, so registers and names do not go together.
    """
    target = site.target
    assert isinstance(target, ProgramTarget)
    function = probe.source.slice(probe.point_span).rpartition(":")[2]
    if len(probe.sites) > 1 or target.returns or not _NAME.fullmatch(function):
        return None
    words = []
    for field in site.fields:
        if isinstance(field.access.base, ThreadName):
            words.append(f"{field.name}=$comm")
            continue
        text = probe.source.slice(field.span)
        # what an `args` list says stands elsewhere, in the names of the list
        inside = probe.span.start <= field.span.start and field.span.end <= probe.span.end
        if not (inside and isinstance(field.access.base, RegisterValue) and _PATH.fullmatch(text)):
            return None
        if not _fits_c(field):
            return None
        words.append(f"{field.name}={text}:{field.fetch.text}")
    return function, words


def _fits_c(field: Field) -> bool:
    fetch = field.fetch
    return fetch.name in _C_TYPES and fetch.count is None and not fetch.bitfield


_NAME = re.compile(r"[A-Za-z_]\w*")
_PATH = re.compile(r"[A-Za-z_]\w*(?:(?:->|\.)[A-Za-z_]\w*|\[\d+\])*", re.ASCII)
_C_TYPES = frozenset((*(f"{sign}{bits}" for sign in "usx" for bits in (8, 16, 32, 64)), "string"))

__all__ = [
    "BPFTRACE",
    "OTHERS",
    "REGISTERS",
    "TRACEFS",
    "PerfCapabilities",
    "Refusal",
    "spell",
    "spell_in_program",
]
