"""Recorded values as text, and the names of numbers that have one. Nothing that comes out of here does something to a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from probelang.probes import Field
    from probelang.tracing.hits import Value

FAULT = "(fault)"
"""What could not be read, in the kernel's words."""

_SHORT = {"\n": "\\n", "\t": "\\t", "\r": "\\r", "\0": "\\0"}


class Stream(Protocol):
    """Where bytes are written: all of them, or an error."""

    def write(self, data: bytes, /) -> object: ...

    def flush(self) -> None: ...


def escape(text: str) -> str:
    """A text with escapes of C for what is not printable; a byte that is no UTF-8 is `\\xNN`."""
    return text if text.isprintable() else "".join(map(_escape, text))


def tame(lines: bytes) -> bytes:
    """Lines that a terminal may have: what is not printable, but for tabs, is an escape of C."""
    if lines.isascii() and lines.translate(None, b"\n\t").decode().isprintable():
        return lines
    text = lines.decode("utf-8", "surrogateescape")
    return "".join([char if char in "\n\t" else _escape(char) for char in text]).encode()


def quote(text: str | None, mark: str = '"') -> str:
    """A string in quotes, with escapes of C, or FAULT."""
    if text is None:
        return FAULT
    if not text.isprintable() or mark in text or "\\" in text:
        text = "".join(f"\\{char}" if char in (mark, "\\") else _escape(char) for char in text)
    return f"{mark}{text}{mark}"


def show(value: Value, type: str) -> str:
    """A value by its type in the spec, `u64`, `x32`, `string`, `u8[4]`."""
    if value is None:
        return FAULT
    if isinstance(value, tuple):
        base = type.partition("[")[0]
        return "{" + ",".join([show(each, base) for each in value]) + "}"
    if isinstance(value, int):
        return f"{value:#x}" if type[:1] == "x" else str(value)
    return escape(value) if type == "symbol" else quote(value, "'") if type == "char" else quote(value)


class Names(dict[Any, str]):
    """What stands behind a number, ` TCP_LISTEN` or ` ENOENT`; nothing behind most."""

    def __init__(self, field: Field, known: dict[int, str]) -> None:
        super().__init__(known)
        self._field = field

    def __missing__(self, value: Value) -> str:
        from probelang.linter.named_numbers import error_for

        name = error_for(self._field, value) if isinstance(value, int) else None
        text = f" {name.removeprefix('-')}" if name else ""
        if len(self) < 1 << 12:
            self[value] = text
        return text


def make_names(field: Field | None) -> Names | None:
    """The names of a field's numbers: of the enum that it is in C, or of the errors that a function returned; None if there are none."""
    from probelang.ctypes import CInt

    if (
        field is None
        or field.fetch.count is not None
        or field.fetch.is_string
        or field.fetch.name == "symbol"
    ):
        return None
    known: dict[int, str] = {}
    if isinstance(field.type, CInt) and field.type.what == "enum":
        known = _enumerators(field.type.ref)
    elif not _may_be_error(field):
        return None
    return Names(field, known)


def _may_be_error(field: Field) -> bool:
    from probelang.linter.named_numbers import error_for

    return error_for(field, -2) is not None


def _enumerators(ref: object) -> dict[int, str]:
    from probelang.btf.types import BtfError, Enum
    from probelang.check.btf_ctypes import BtfType

    if not isinstance(ref, BtfType):
        return {}
    try:
        found = ref.btf.type(ref.id)
    except BtfError:
        return {}
    names: dict[int, str] = {}
    for name, value in found.values if isinstance(found, Enum) else ():
        names.setdefault(value, f" {name}")
    return names


def _escape(char: str) -> str:
    if char.isprintable():
        return char
    code = ord(char)
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    known = _SHORT.get(char)
    return known or (
        f"\\x{code:02x}" if code < 0x80 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
    )
