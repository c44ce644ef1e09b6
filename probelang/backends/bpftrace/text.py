"""Text of a spec inside of a bpftrace script: nothing there may end a string, a comment or a probe's point."""

from __future__ import annotations


def escape(data: bytes) -> str:
    """The inside of a string literal of bpftrace. A NUL ends a string there, and cannot be part of one."""
    text = data.decode("utf-8", "surrogateescape")
    return "".join(_character(char) for char in text)


def _character(char: str) -> str:
    if char in '"\\':
        return "\\" + char
    if char == "\n":
        return "\\n"
    if char == "\t":
        return "\\t"
    if "\udc80" <= char <= "\udcff":
        return f"\\x{ord(char) - 0xDC00:02x}"
    if not char.isprintable():
        return "".join(f"\\x{byte:02x}" for byte in char.encode())
    return char


def quote(data: bytes) -> str:
    """A string literal of bpftrace."""
    return f'"{escape(data)}"'


def in_format(data: bytes) -> str:
    """Text inside of the format of printf()."""
    return escape(data).replace("%", "%%")


def comment(text: str) -> str:
    """Text for the rest of a line of comment."""
    return "".join(char if char.isprintable() else "?" for char in text)
