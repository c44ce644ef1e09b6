"""A value as the kernel's probe parser reads it: by names where the kernel resolves them, by offsets elsewhere.

The limits are those of kernel/trace/trace_probe.h, and were tried on booted kernels: an argument may have 63 characters,
255 since casts came; 14 dereferences fit into the 16 fetch instructions; and a kernel that has `TP_ERR_TOO_MANY_NESTED`
nests at most 8 of them in the raw form.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.check.rules import backends, limits
from probelang.kernel.features import FEATURES
from probelang.probes import (
    Access,
    AddressTarget,
    CurrentTask,
    Deref,
    EventFieldValue,
    EventTarget,
    Field,
    FileAddress,
    FunctionTarget,
    Immediate,
    Parameter,
    RegisterValue,
    ReturnValue,
    Stack,
    SymbolAddress,
    Target,
    ThisCpu,
    Thread,
    ThreadName,
    WatchTarget,
)
from probelang.record import record, replace
from probelang.syntax.tree import Kind

if TYPE_CHECKING:
    from probelang.diagnostics import Rule
    from probelang.kernel.interface import Kernel
    from probelang.probes import Base

_ADDRESSES = (1 << 64) - 1
MAX_DEREFS = 14
MAX_NESTED = 8


@record
class Refusal:
    """Why a value cannot be had on the target kernel, and what to do instead; `text` is the fetch arg that the kernel would refuse."""

    rule: Rule
    message: str
    help: str | None = None
    notes: tuple[str, ...] = ()
    kernel_error: str | None = None
    text: str | None = None


class Capabilities:
    """What the lowering must know of the target kernel, asked once."""

    def __init__(self, kernel: Kernel) -> None:
        features = kernel.features
        self.title = kernel.title
        self.param_names = features.param_names is True
        self.member_names = features.member_names is True
        self.entry_data = features.entry_data
        self.typecast = features.typecast is True
        self.current = features.current
        self.file_offsets = features.file_offsets
        self.eprobe_pointers = features.eprobe_pointers
        self.percpu = features.percpu
        self.symstr = features.symstr
        self.char = features.char_type
        self.max_text = 255 if features.long_args is True else 63
        self.max_nested = MAX_NESTED if features.nesting_limit else MAX_DEREFS

    def by_offsets(self) -> Capabilities:
        """The same, of a probe for which the kernel resolves no names."""
        other = Capabilities.__new__(Capabilities)
        other.__dict__.update(self.__dict__)
        other.param_names = other.member_names = False
        return other


def find_lack(base: Base, kind: Kind, kernel: Kernel) -> str | None:
    """The feature that the kernel's own probes take for a value that begins so, and this kernel lacks."""
    features = kernel.features
    match base:
        # eprobes do not know the task anywhere (seen on Linux 7.3: BAD_VAR)
        case CurrentTask() | Thread("pid") if features.current is False or kind is Kind.EPROBE:
            return "current"
        case ThisCpu() if features.percpu is not True:
            return "percpu"
        case _:
            return None


def lower(field: Field, target: Target, can: Capabilities) -> str | Refusal:
    """`name=expression:type`, or why not."""
    access, fetch = field.access, field.fetch
    if fetch.name == "symstr" and can.symstr is False:
        return _no_feature(
            can, "the fetch-arg type `symstr`", "symstr", "`symbol` shows the same where the trace is read"
        )
    if fetch.name == "symstr" and not _can_be_symstr(access, target):
        return Refusal(
            backends.UNSUPPORTED,
            "the kernel takes no `symstr` of this, but of registers and memory only",
            "`symbol` records the address and shows the same",
            kernel_error="BAD_SYMSTRING",
        )
    if fetch.name == "char" and can.char is False:
        return _no_feature(
            can, "the fetch-arg type `char`", "char_type", "`u8` records the same byte as a number"
        )
    refusal = _unavailable(access, target, can)
    if refusal is not None:
        return refusal
    base = access.base
    if isinstance(base, ThreadName):
        # an eprobe takes `$comm` for a field of its event where there is one, and for a number
        return f"{field.name}=$COMM:string" if isinstance(target, EventTarget) else f"{field.name}=$comm"
    if isinstance(base, Immediate) and isinstance(base.value, bytes):
        text = _text(field.name, base.value, can)
        # an eprobe takes it for a number unless it is told
        return f"{text}:string" if isinstance(text, str) and isinstance(target, EventTarget) else text
    candidates = [f"{text}:{fetch.text}" for text in _spellings(access, can, _is_inside(target))]
    fitting = [text for text in candidates if len(text) <= can.max_text]
    if fitting:
        return f"{field.name}={fitting[0]}"
    refusal = _too_long(access, candidates, can)
    return replace(refusal, text=f"{field.name}={min(candidates, key=len)}") if candidates else refusal


def _is_inside(target: Target) -> bool:
    return isinstance(target, AddressTarget) or (isinstance(target, FunctionTarget) and target.offset != 0)


def _can_be_symstr(access: Access, target: Target) -> bool:
    """Not of what is no more than a number when the arguments are stored (`traceprobe_parse_probe_arg_body`)."""
    if access.derefs:
        return True
    at_return = isinstance(target, FunctionTarget) and target.returns
    match access.base:
        case Parameter():
            return not at_return
        case CurrentTask() | Immediate() | Stack(None) | ThisCpu() | Thread() | ThreadName():
            return False
        case _:
            return True


def _unavailable(access: Access, target: Target, can: Capabilities) -> Refusal | None:
    base = access.base
    returns = isinstance(target, FunctionTarget) and target.returns
    if isinstance(target, WatchTarget):
        return _unavailable_to_watch(access)
    if isinstance(base, Parameter):
        if base.slot == 0:
            return Refusal(
                backends.UNSUPPORTED, "this parameter is not in one register: it is a struct passed by value"
            )
        if returns and can.entry_data is False:
            return _no_feature(
                can, "parameters at a function's return", "entry_data", "a probe at the entry records them"
            )
    if isinstance(base, EventFieldValue) and base.pointer and can.eprobe_pointers is False:
        return _no_feature(
            can,
            f"`{base.name}`, a `char *` of the event (it reads one byte of the pointer)",
            "eprobe_pointers",
            "a probe on the function that is given this string can: `kprobe do_sys_openat2 { filename: ustring }`",
        )
    if isinstance(base, ThisCpu):
        if can.percpu is not True:
            return _no_feature(can, "per-CPU variables", "percpu", "`--target bpftrace` can")
        if isinstance(target, EventTarget):
            return Refusal(
                backends.UNSUPPORTED,
                "the kernel lets no eprobe read per-CPU variables",
                "an fprobe or kprobe can; `--target bpftrace` can here, too",
                kernel_error="NOSUP_PERCPU",
            )
        return _unavailable(base.pointer, target, can)
    if isinstance(target, EventTarget) and (base == CurrentTask() or base == Thread("pid")):
        return Refusal(
            backends.UNSUPPORTED,
            f"an eprobe does not know {'`$pid`' if isinstance(base, Thread) else '`$current`'} on any kernel",
            "`$comm` and, in a condition, `$tid` can be had; a tprobe on the tracepoint of this event knows it on Linux "
            f"{FEATURES['current'].since} and later",
            kernel_error="BAD_VAR" if can.param_names else "BAD_ATTACH_ARG",
        )
    if isinstance(base, FileAddress) and can.file_offsets is not True:
        return Refusal(
            limits.NO_FEATURE,
            f"{can.title} may read this at the wrong address when a function returns: it takes {FEATURES['file_offsets'].needs}",
            "`entry(…)` reads it when the function is entered, which every kernel can",
            (
                "older kernels add the offset of `@+OFFSET` twice, and what was mended cannot be told from what was not",
            ),
        )
    if isinstance(base, CurrentTask) and can.current is not True:
        return _no_feature(
            can, "`$current`", "current", "`$comm` is recorded everywhere, and the thread's id in every line"
        )
    if isinstance(base, Thread) and can.current is not True:
        return _no_thread(base, can)
    return None


def _unavailable_to_watch(access: Access) -> Refusal | None:
    """A wprobe reads memory only (parse_probe_vars and parse_probe_arg, as proposed for the kernel)."""
    if isinstance(access.base, SymbolAddress | Immediate):
        return None
    return Refusal(
        backends.UNSUPPORTED,
        "a wprobe reads memory of the kernel, and neither registers nor tasks",
        "`--target bpftrace` can",
        kernel_error="BAD_VAR",
    )


def _no_thread(base: Thread, can: Capabilities) -> Refusal:
    if base.what == "pid":
        return _no_feature(
            can, "the process id, `$pid`", "current", "`$tid`, the thread's id, can be had everywhere"
        )
    return Refusal(limits.RECORDED_IN_HEADER, "")


def _no_feature(can: Capabilities, what: str, feature: str, help: str) -> Refusal:
    needs = FEATURES[feature].needs
    return Refusal(limits.NO_FEATURE, f"{can.title} cannot record {what}: it takes {needs}", help)


def _text(name: str, value: bytes, can: Capabilities) -> str | Refusal:
    """An immediate string: one word of printable characters, for the command is split at white space."""
    text = value.decode("utf-8", "replace")
    wrong = next((char for char in text if _is_special(char)), None)
    if wrong is not None or not text:
        named = {" ": "a space", "\ufffd": "what is no UTF-8"}.get(wrong or "", f"`{wrong}`")
        return Refusal(
            backends.UNSUPPORTED,
            f"a string with {named if (wrong or ' ').isprintable() else repr(wrong)} cannot be recorded on tracefs"
            if text
            else "an empty string cannot be recorded on tracefs",
            'it takes one word, without `"`, `#` and `:`',
        )
    body = f'\\"{text}"'
    if len(body.encode()) > can.max_text:
        return Refusal(
            limits.ARG_TOO_LONG,
            f"a fetch arg may have {can.max_text} characters on {can.title}, and this has {len(body)}",
        )
    return f"{name}={body}"


def _is_special(char: str) -> bool:
    """Whether the kernel's parser would take a character for its own: `isspace` there knows the byte 0xa0, alone or not."""
    return not char.isprintable() or char in ' "#:\ufffd' or b"\xa0" in char.encode()


def _spellings(access: Access, can: Capabilities, inside: bool = False) -> list[str]:
    """The ways to say it, best first: as many names as the kernel takes, then fewer, then offsets alone.

    `inside` is a kprobe that sits on no function's entry: there Linux 7.3 takes no typecasts (NOSUP_BTFARG).
    """
    base, derefs = access.base, access.derefs
    named = _named_base(base, can)
    plain = _plain_base(base, can)
    within = depth_of(access) - len(derefs)
    texts: list[str] = []
    if can.typecast and not inside and any(step.cast for step in derefs):
        texts += _with_casts(access, named, plain, can)
    if named is not None:
        known = 0
        if can.member_names:
            while known < len(derefs) and _is_named(derefs[known]):
                known += 1
            # a user string is read as one by `ustring` itself
            if known == len(derefs) - 1 and derefs[known].names == "" and not derefs[known].cast:
                known += 1
        for count in range(known, -1, -1):
            text = named + "".join(step.names or "" for step in derefs[:count])
            if len(derefs) - count + within <= can.max_nested:
                texts.append(_around(text, access, count, can))
    if plain is not None and len(derefs) + within <= can.max_nested:
        texts.append(_around(plain, access, 0, can))
    return texts if len(derefs) + within <= MAX_DEREFS else []


def _is_named(step: Deref) -> bool:
    """Whether a step is spelled by names alone, right behind what led there."""
    return step.names is not None and not step.user and step.cast is None


def _with_casts(access: Access, named: str | None, plain: str | None, can: Capabilities) -> list[str]:
    """The spelling that has every name, with the typecasts that some of them need: `(seq_file)(file->private_data)->count`."""
    text = named or plain
    if text is None:
        return []
    derefs = access.derefs
    # names go on behind a name and behind a typecast, and not behind a raw dereference
    goes_on = named is not None and can.member_names
    raw = 0
    if isinstance(access.base, SymbolAddress | FileAddress) and derefs:
        text = _plain_base(_moved(access.base, derefs[0].offset), can) or text
        derefs = derefs[1:]
    for number, step in enumerate(derefs):
        last_text = number == len(derefs) - 1 and step.names == ""
        if step.cast and step.names and not step.user:
            text = f"({step.cast})({text}){step.names}"
            goes_on = True
        elif goes_on and step.cast is None and step.names is not None and (last_text or not step.user):
            text += step.names
        else:
            text = _raw(step, text)
            goes_on = False
            raw += 1
    return [text] if raw + depth_of(access) - len(access.derefs) <= can.max_nested else []


def depth_of(access: Access) -> int:
    """How many steps a value takes: dereferences, and the way to this CPU's copy."""
    within = depth_of(access.base.pointer) + 1 if isinstance(access.base, ThisCpu) else 0
    return len(access.derefs) + within


def _around(text: str, access: Access, done: int, can: Capabilities) -> str:
    """The dereferences from `done` on, in the raw form, around what led there."""
    derefs = access.derefs
    if isinstance(access.base, SymbolAddress | FileAddress):
        # `@SYM+OFF` reads memory by itself: the first dereference is part of it
        if derefs:
            text = _plain_base(_moved(access.base, derefs[0].offset), can) or text
        done = 1
    for step in derefs[done:]:
        text = _raw(step, text)
    return text


def _raw(step: Deref, text: str) -> str:
    sign = "-" if step.offset < 0 else "+"
    return f"{sign}{'u' if step.user else ''}{abs(step.offset)}({text})"


def _moved(base: SymbolAddress | FileAddress, offset: int) -> SymbolAddress | FileAddress:
    if isinstance(base, FileAddress):
        return FileAddress(base.offset + offset)
    return SymbolAddress(base.symbol, base.address + offset)


def _named_base(base: object, can: Capabilities) -> str | None:
    """How a kernel that knows BTF is told where to begin."""
    match base:
        case Parameter(_, str(name)) if can.param_names:
            return name
        case ReturnValue():
            return "$retval"
        case CurrentTask():
            return "$current"
        case _:
            return None


def _plain_base(base: object, can: Capabilities) -> str | None:
    match base:
        case Parameter(slot, _):
            return f"$arg{slot}"
        case ReturnValue():
            return "$retval"
        case CurrentTask():
            return "$current"
        case Thread(what):
            return {"tid": "$current->pid", "pid": "$current->tgid"}.get(what)
        case Stack(index):
            return "$stack" if index is None else f"$stack{index}"
        case RegisterValue(name):
            return f"%{name}"
        case SymbolAddress(None, address):
            return f"@{address & _ADDRESSES:#x}"
        case SymbolAddress(symbol, offset):
            return f"@{symbol}{offset:+d}" if offset else f"@{symbol}"
        case FileAddress(offset):
            return f"@+{offset:#x}"
        case EventFieldValue(name, _):
            return f"${name}"
        case Immediate(int(value)):
            return f"\\{value}"
        case ThisCpu(Access(SymbolAddress() as symbol, ())):
            return f"this_cpu_ptr({_plain_base(symbol, can)})"
        case ThisCpu(pointer):
            inner = _spellings(pointer, can)
            return f"this_cpu_ptr({min(inner, key=len)})" if inner else None
        case _:
            return None


def _too_long(access: Access, candidates: list[str], can: Capabilities) -> Refusal:
    if depth_of(access) > MAX_DEREFS:
        return Refusal(
            limits.TOO_MANY_DEREFS,
            f"{depth_of(access)} dereferences are too many: a fetch arg has at most {MAX_DEREFS}",
            "probe a function that is given what lies further on",
        )
    if not candidates:
        return Refusal(
            limits.TOO_MANY_DEREFS,
            f"{depth_of(access)} dereferences by offsets are too many: {can.title} nests at most {can.max_nested}",
            kernel_error="TOO_MANY_NESTED",
        )
    shortest = min(candidates, key=len)
    return Refusal(
        limits.ARG_TOO_LONG,
        f"a fetch arg may have {can.max_text} characters on {can.title}, and the shortest spelling has {len(shortest)}",
        "probe a function that is given what lies further on",
        (f"it would be `{shortest}`",),
    )


__all__ = ["Capabilities", "Refusal", "lower"]
