"""From a value to what is recorded: its natural fetch-arg type, or the one that the spec asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang import ctypes
from probelang.check.fetch_types import FETCH_TYPES, INTEGERS, natural_fetch, near_types, refuse_struct
from probelang.check.refusals import say_struct, say_unrecordable
from probelang.check.report import rename, suggest
from probelang.check.rules import types
from probelang.check.values import ADDRESS, LVALUE, RVALUE, Value, article_of, at, inside, load, pending_step
from probelang.ctypes import CArray, CInt, COther, CPointer, CString, CStruct
from probelang.diagnostics import Edit, Fix
from probelang.probes import Access, Deref, EventFieldValue, Fetch, FileAddress, Immediate, SymbolAddress
from probelang.record import replace
from probelang.source import Span

if TYPE_CHECKING:
    from probelang.check.report import Report
    from probelang.syntax import tree

MAX_ARRAY_LEN = 64
_TEXTS = ("string", "ustring")

Recorded = tuple[Access, Fetch]


def record_value(report: Report, value: Value, asked: tree.FetchType | None, span: Span) -> Recorded | None:
    """How a value is fetched and recorded; None where it cannot be, which has been reported then."""
    if asked is None:
        return _natural(report, value, span)
    if asked.bitfield is not None:
        return _asked_bits(report, value, asked, span)
    if asked.name not in FETCH_TYPES:
        near = near_types(asked.name)
        report.add(
            types.UNKNOWN_FETCH_TYPE,
            asked.span,
            f"`{asked.name}` is no fetch-arg type",
            label=suggest(near),
            notes=(
                "they are: u8…u64 s8…s64 x8…x64 char string ustring symbol symstr %pd %pD bW@O/S, and [N] of them",
            ),
            fix=rename(asked.span, near),
        )
        return None
    if asked.count is not None and not 1 <= asked.count <= MAX_ARRAY_LEN:
        error = "ARRAY_TOO_BIG" if asked.count else "BAD_ARRAY_NUM"
        report.add(
            types.ARRAY_SIZE,
            asked.span,
            f"a recorded array has 1 to {MAX_ARRAY_LEN} elements",
            label="" if asked.count else f"`{asked.name}` alone is a single value",
            fix=rename(asked.span, [f"{asked.name}[{MAX_ARRAY_LEN}]"] if asked.count else []),
            kernel_error=error,
        )
        return None
    if asked.name in _TEXTS:
        return _asked_text(report, value, asked, span)
    if asked.name in ("%pd", "%pD"):
        return _asked_dentry(report, value, asked)
    return _asked_number(report, value, asked, span)


# ------------------------------------------------------------------------------------------------ as it is


def _natural(report: Report, value: Value, span: Span) -> Recorded | None:
    if value.bits is not None:
        return _bitfield(report, value, span)
    match value.type:
        case CStruct():
            say_struct(report, value, span)
            return None
        case CArray(element, count) if value.state == LVALUE:
            return _array(report, value, element, count, span)
        case CString():
            return value.access, Fetch("string")
        case CPointer(target) if target is not None and target.is_text():
            return _text(value, "")
        case CInt(8, signed) if isinstance(value.access.base, Immediate):
            return value.access, Fetch("s64" if signed else "u64")
    fetch = natural_fetch(value.type)
    if fetch is None:
        say_unrecordable(report, value, span)
        return None
    symbol = _is_symbol(value) and not value.access.derefs
    if symbol and not value.typed and value.state == LVALUE:
        report.add(
            types.UNTYPED_SYMBOL,
            span,
            "the type of this variable is not known: eight bytes are recorded, in hex",
            help="say how to read it, for example `: s32`",
        )
    return _number(report, value, fetch, span)


def _array(report: Report, value: Value, element: ctypes.TypeRef, count: int, span: Span) -> Recorded | None:
    if element.is_text():
        return _text(value, "")
    inner = natural_fetch(element.describe())
    if inner is None or inner.count is not None:
        what = element.text
        report.add(
            types.UNRECORDABLE,
            span,
            f"`{value.text}` cannot be recorded as a whole: it is an array of `{what}`",
            help="an element is recorded by its number: `[0]`, and its members behind it",
        )
        return None
    if not 1 <= count <= MAX_ARRAY_LEN:
        many = f"it has {count} elements" if count else "its length is not fixed"
        report.add(
            types.ARRAY_SIZE,
            span,
            f"`{value.text}` cannot be recorded as a whole: {many}, and at most {MAX_ARRAY_LEN} can be",
            help=f"record its beginning, `: {inner.name}[{min(count, MAX_ARRAY_LEN) or 8}]`, or an element, `[0]`",
            kernel_error="ARRAY_TOO_BIG",
        )
        return None
    # of an array of `char *` it is the strings themselves
    return _in_memory(value), Fetch(inner.name, count)


def _in_memory(value: Value) -> Access:
    """The access that reads an lvalue, without asking for a number."""
    return Access(value.access.base, (*value.access.derefs, pending_step(value)))


def _number(report: Report, value: Value, fetch: Fetch, span: Span) -> Recorded | None:
    loaded = load(value)
    if loaded.state == ADDRESS and _is_symbol(loaded) and not loaded.access.derefs:
        report.add(
            types.NO_ADDRESS,
            span,
            "a symbol's address is the same at every hit, and a probe can only record what it reads",
            help="without `&`, it records what lies there",
        )
        return None
    if loaded.state == ADDRESS:
        report.add(
            types.NO_ADDRESS,
            span,
            f"this is an address {abs(loaded.pending)} bytes {'after' if loaded.pending > 0 else 'before'} a pointer, "
            "and a probe can only record what it reads",
            help="record the pointer, or what lies at the address",
        )
        return None
    return loaded.access, fetch


def _bitfield(report: Report, value: Value, span: Span) -> Recorded | None:
    assert value.bits is not None
    first, width = value.bits
    if isinstance(value.type, CInt) and value.type.signed:
        report.add(
            types.SIGN_CHANGE,
            span,
            f"this bitfield is signed, and the kernel records the bits of one as unsigned: -1 as {(1 << width) - 1}",
        )
    for container in (8, 16, 32, 64):
        start = value.pending - value.pending % (container // 8)
        shift = first + 8 * (value.pending - start)
        if shift + width <= container:
            access = _in_memory(replace(value, pending=start, names=None))
            return access, Fetch("b", None, (width, shift, container))
    report.add(
        types.UNRECORDABLE,
        span,
        f"this bitfield of {width} bits lies across the 64-bit words that a probe can read",
    )
    return None


def _text(value: Value, asked: str) -> Recorded:
    """A string: characters in memory, or behind a pointer, which is one read more."""
    if isinstance(value.type, CArray) and value.state == LVALUE:
        return _in_memory(value), Fetch(asked or ("ustring" if value.user else "string"))
    pointer = load(value)
    user = isinstance(pointer.type, CPointer) and pointer.type.user
    target = pointer.type.target if isinstance(pointer.type, CPointer) else None
    # a kernel that knows the C type adds this read by itself, to a `char *` only (check_prepare_btf_string_fetch)
    names = "" if pointer.names is not None and target is not None and target.is_text() else None
    offset = pointer.pending if pointer.state == ADDRESS else 0
    access = Access(pointer.access.base, (*pointer.access.derefs, Deref(offset, user, names)))
    return access, Fetch(asked or ("ustring" if user else "string"))


# ------------------------------------------------------------------------------------------------ as asked


def _asked_text(report: Report, value: Value, asked: tree.FetchType, span: Span) -> Recorded | None:
    if isinstance(value.type, CString):
        if asked.count is None and asked.name == "string":
            return value.access, Fetch("string")
        if asked.count is None and isinstance(value.access.base, EventFieldValue):
            report.add(
                types.TYPE_MISMATCH,
                asked.span,
                "this string lies in the event itself, in kernel memory: `string`",
            )
            return None
        report.add(
            types.TYPE_MISMATCH, asked.span, f"a string is `string`, not `{asked.name}{_count(asked)}`"
        )
        return None
    if asked.count is not None:
        return _asked_texts(report, value, asked)
    if value.state == LVALUE and not value.typed:
        return _in_memory(value), Fetch(asked.name)
    match value.type:
        case CPointer():
            if refuse_struct(report, value, asked):
                return None
            return _text(value, asked.name)
        case CArray(element) if value.state == LVALUE and element.size() == 1:
            return _text(value, asked.name)
        case CInt(8, _, "word"):
            return _text(value, asked.name)
        case _ if not value.typed:
            return _text(value, asked.name)
    report.add(
        types.TYPE_MISMATCH,
        asked.span,
        f"`{value.text}` is no string: neither characters nor a pointer to them",
        help="if it is an address all the same, say so: `+0(e): string`",
    )
    return None


def _asked_texts(report: Report, value: Value, asked: tree.FetchType) -> Recorded | None:
    """`string[N]`: an array of pointers to characters."""
    if value.state == LVALUE and not value.typed:
        return _in_memory(value), Fetch(asked.name, asked.count)
    if isinstance(value.type, CArray) and value.state == LVALUE:
        element = value.type.element.describe()
        if isinstance(element, CPointer):
            return _in_memory(replace(value, names=None)), Fetch(asked.name, asked.count)
    elif isinstance(value.type, CPointer):
        target = value.type.target
        if target is None or isinstance(target.describe(), CPointer):
            access, _ = _text(value, asked.name)
            return access, Fetch(asked.name, asked.count)
    report.add(
        types.TYPE_MISMATCH,
        asked.span,
        f"`{asked.name}[N]` is for arrays of `char *`, and this is `{value.text}`",
    )
    return None


def _asked_dentry(report: Report, value: Value, asked: tree.FetchType) -> Recorded | None:
    """`%pd` and `%pD`: the name of a dentry, of a file; by members, which every kernel can read."""
    wanted, path = (
        ("dentry", ("d_name", "name"))
        if asked.name == "%pd"
        else ("file", ("f_path", "dentry", "d_name", "name"))
    )
    pointer = load(value)
    struct = ctypes.pointed(pointer.type)
    if not isinstance(struct, CStruct) or struct.name != wanted or asked.count is not None:
        message = f"`{asked.name}` is for `struct {wanted} *`, and this is {article_of(value)}"
        if asked.count is not None:
            message = f"`{asked.name}` is one name: it has no arrays"
        cure = None if value.typed else f"a cast says what it points to: `(struct {wanted} *)e`"
        report.add(types.TYPE_MISMATCH, asked.span, message, help=cure)
        return None
    step = pointer
    for name in path:
        behind = ctypes.pointed(step.type)
        whole = behind if isinstance(behind, CStruct) else step.type
        found = whole.ref.find_member(name) if isinstance(whole, CStruct) else None
        if found is None:
            report.add(
                types.UNKNOWN_MEMBER,
                asked.span,
                f"`struct {wanted}` has no `{name}` on this kernel, so no `{asked.name}`",
            )
            return None
        if isinstance(behind, CStruct):
            step = at(load(step), found.type, found.type.describe(), found.bit_offset // 8, "->" + name)
        else:
            step = inside(step, found.type, found.type.describe(), found.bit_offset // 8, "." + name)
    return _text(step, "")


def _asked_bits(report: Report, value: Value, asked: tree.FetchType, span: Span) -> Recorded | None:
    assert asked.bitfield is not None
    width, offset, container = asked.bitfield
    if container not in (8, 16, 32, 64) or width == 0 or width + offset > container:
        report.add(
            types.UNKNOWN_FETCH_TYPE,
            asked.span,
            f"`b{width}@{offset}/{container}` is no bitfield: `bW@O/S` is W bits from bit O of S bits, S being 8, 16, 32 or 64",
            kernel_error="BAD_BITFIELD",
        )
        return None
    if asked.count is not None or isinstance(value.type, CString | CStruct):
        report.add(
            types.TYPE_MISMATCH,
            asked.span,
            f"a bitfield is taken out of one number, and this is `{value.text}`",
        )
        return None
    recorded = _number(report, replace(value, bits=None, names=None), Fetch("b", None, asked.bitfield), span)
    return recorded


def _asked_number(report: Report, value: Value, asked: tree.FetchType, span: Span) -> Recorded | None:
    fetch = Fetch(asked.name, asked.count)
    if isinstance(value.type, CString) and value.state == RVALUE:
        report.add(
            types.TYPE_MISMATCH,
            asked.span,
            f"a string cannot be recorded as `{fetch.text}`",
            label="leave the type out",
        )
        return None
    if asked.count is not None:
        return _asked_array(report, value, asked, fetch)
    if isinstance(value.type, CStruct):
        say_struct(report, value, span)
        return None
    if isinstance(value.type, CArray) and value.state == LVALUE:
        report.add(
            types.TYPE_MISMATCH,
            asked.span,
            f"`{value.text}` is an array: `{asked.name}` would record its first {fetch.bits // 8} bytes",
            help=f"`: {asked.name}[N]` records N elements; `[0]` behind the member takes the first",
        )
        return None
    if value.bits is not None:
        return _asked_of_bitfield(report, asked)
    if asked.name == "symstr":
        if isinstance(value.type, CInt) and value.type.size < 8 and value.typed:
            _say_widening(report, value, asked, f"x{value.type.size * 8}")
        return _number(report, value, fetch, span)
    if isinstance(value.type, COther) and isinstance(value.access.base, EventFieldValue):
        value = replace(value, type=CInt(value.access.base.size, fetch.signed))
    _compare_widths(report, value, asked, fetch)
    return _number(report, value, fetch, span)


def _asked_of_bitfield(report: Report, asked: tree.FetchType) -> Recorded | None:
    report.add(
        types.TYPE_MISMATCH,
        asked.span,
        "a bitfield is recorded as its bits, and takes no other fetch-arg type",
        help="leave out the type",
    )
    return None


def _say_widening(report: Report, value: Value, asked: tree.FetchType, right: str) -> None:
    where = "what happens to be in the register"
    if value.state == LVALUE or value.access.derefs:
        where = "what lies beside it in memory"
    elif isinstance(value.access.base, EventFieldValue):
        where = "what a program left in the rest of the register"
    report.add(
        types.WIDENING,
        asked.span,
        f"`{value.text}` has {right[1:]} bits: `{asked.name}` would record {where} as well",
        label=f"`{right}`, or no type at all",
        fix=Fix(f"write `{right}`", (Edit(asked.span, right),)),
    )


def _fit_constant(report: Report, constant: int | bytes, asked: tree.FetchType, fetch: Fetch) -> None:
    assert isinstance(constant, int)
    low = -(1 << (fetch.bits - 1)) if fetch.signed or fetch.name[0] == "x" else 0
    high = (1 << (fetch.bits - 1)) - 1 if fetch.signed else (1 << fetch.bits) - 1
    if not low <= constant <= high:
        report.add(
            types.NARROWING,
            asked.span,
            f"{constant} does not fit `{asked.name}`: it would be recorded as another number",
        )


def _compare_widths(report: Report, value: Value, asked: tree.FetchType, fetch: Fetch) -> None:
    """What is cut off, read beyond, or gets another sign."""
    type = value.type
    if isinstance(value.access.base, Immediate):
        _fit_constant(report, value.access.base.value, asked, fetch)
        return
    if not value.typed:
        return
    if isinstance(type, CPointer):
        bits, signed = 64, None
    elif isinstance(type, CInt):
        bits, signed = type.size * 8, type.signed
    else:
        return
    right = f"{fetch.name[0] if fetch.name in INTEGERS else 'x'}{bits}"
    base = value.access.base
    if isinstance(base, EventFieldValue) and not value.access.derefs and base.size * 8 == bits < fetch.bits:
        # get_event_field() of kernel/trace/trace_eprobe.c widens by the field's own size and sign
        bits = fetch.bits
    if fetch.bits > bits:
        _say_widening(report, value, asked, right)
    elif fetch.bits < bits:
        report.add(
            types.NARROWING,
            asked.span,
            f"`{value.text}` has {bits} bits: `{asked.name}` records the lowest {fetch.bits} of them",
            label="" if asked.name[0] in "us" else f"`{right}` records all of them",
            help=f"a cast says that this is meant: `({asked.name})e`" if asked.name[0] in "us" else None,
        )
    elif (
        signed is not None
        and fetch.name[0] in "us"
        and fetch.signed != signed
        and getattr(type, "what", "") != "bool"
    ):
        same = f"{'s' if signed else 'u'}{bits}"
        report.add(
            types.SIGN_CHANGE,
            asked.span,
            f"`{value.text}` is {'signed' if signed else 'unsigned'}, and `{asked.name}` is not",
            label=f"`{same}`, or no type at all",
            fix=Fix(f"write `{same}`", (Edit(asked.span, same),)),
        )


def _asked_array(report: Report, value: Value, asked: tree.FetchType, fetch: Fetch) -> Recorded | None:
    assert asked.count is not None
    if asked.name in ("symstr",):
        report.add(types.TYPE_MISMATCH, asked.span, "`symstr` has no arrays: `symbol[N]` has")
        return None
    if value.bits is not None:
        report.add(types.TYPE_MISMATCH, asked.span, "a bitfield is no array")
        return None
    if value.state != LVALUE:
        if isinstance(value.type, COther):
            say_unrecordable(report, value, asked.span)
            return None
        if not isinstance(value.type, CPointer):
            report.add(types.TYPE_MISMATCH, asked.span, f"`{value.text}` is a single value, not an array")
            return None
        access, _ = _text(replace(value, names=None), "string")
        return access, fetch
    behind_pointer = value.pending == 0 or not isinstance(value.type, CInt | CPointer)
    size = value.ref.size() if value.ref is not None else 0
    wanted = asked.count * fetch.bits // 8
    if isinstance(value.type, CPointer) and value.ref is not None and not isinstance(value.type, CArray):
        # as for a string, `p: u8[16]` is what the pointer points to
        access, _ = _text(replace(value, names=None), "string")
        return access, fetch
    if size and wanted > size and not (behind_pointer and isinstance(value.type, CInt)):
        report.add(
            types.WIDENING,
            asked.span,
            f"`{value.text}` has {size} bytes: `{asked.name}[{asked.count}]` would record {wanted}",
        )
        return None
    return _in_memory(replace(value, names=None)), fetch


def _count(asked: tree.FetchType) -> str:
    return "" if asked.count is None else f"[{asked.count}]"


def _is_symbol(value: Value) -> bool:
    return isinstance(value.access.base, SymbolAddress | FileAddress)
