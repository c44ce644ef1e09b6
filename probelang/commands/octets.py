"""Strings as the kernel sees them: bytes, its own character classes and its own numbers.

A command is handled as a `str` of which every character is one byte, because the kernel's columns count bytes. The
classes are those of lib/ctype.c, in which bytes from 0xc0 are the letters of Latin-1; the numbers those of lib/kstrtox.c.
"""

from __future__ import annotations

_SPACES = frozenset("\t\n\v\f\r \xa0")
_LETTERS = frozenset(
    chr(code)
    for code in (*range(0x41, 0x5B), *range(0x61, 0x7B), *range(0xC0, 0x100))
    if code not in (0xD7, 0xF7)
)
_DIGITS = frozenset("0123456789")
_WORD = _LETTERS | _DIGITS | {"_"}
_VALUES = {char: value for value, char in enumerate("0123456789abcdef")} | {
    char: value for value, char in enumerate("ABCDEF", 10)
}

U64 = 1 << 64


def is_space(char: str) -> bool:
    """`isspace()` of one character."""
    return char in _SPACES


def is_letter(char: str) -> bool:
    """`isalpha()` of one character; "" (the end of the string) is none."""
    return char in _LETTERS


def is_digit(char: str) -> bool:
    """`isdigit()` of one character; "" is none."""
    return char in _DIGITS


def is_letter_or_digit(char: str) -> bool:
    """`isalnum()` of one character; "" is none."""
    return char in _LETTERS or char in _DIGITS


def is_good_name(name: str, *, hyphens: bool = False) -> bool:
    """Whether it is a C identifier; in names of groups hyphens count as letters."""
    if not name:
        return False
    if hyphens:
        name = name.replace("-", "_")
    return name[0] not in _DIGITS and all(char in _WORD for char in name)


def _prefix(text: str, base: int) -> tuple[int, int]:
    """Base and length of the prefix of a number."""
    hexadecimal = text[:1] == "0" and text[1:2] in ("x", "X")
    if base == 0:
        if text[:1] != "0":
            base = 10
        else:
            base = 16 if hexadecimal and text[2:3] in _VALUES else 8
    return base, 2 if base == 16 and hexadecimal else 0


def leading_number(text: str, base: int = 0) -> tuple[int, int]:
    """The number that `text` begins with, modulo 2**64, and how many characters it has (`simple_strtoul`)."""
    base, at = _prefix(text, base)
    value = 0
    while at < len(text):
        digit = _VALUES.get(text[at], 99)
        if digit >= base:
            break
        value = value * base + digit
        at += 1
    return value % U64, at


def parse_unsigned(text: str, base: int = 0, limit: int = U64) -> int | None:
    """The number that `text` is as a whole, below `limit`; None if it is none (`kstrtoul`)."""
    if text[:1] == "+":
        text = text[1:]
    return _whole(text, base, limit)


def parse_signed(text: str, base: int = 0) -> int | None:
    """The signed 64-bit number that `text` is as a whole; None if it is none (`kstrtol`)."""
    if text[:1] == "-":
        value = _whole(text[1:], base, (1 << 63) + 1)
        return -value if value is not None else None
    return parse_unsigned(text, base, 1 << 63)


def _whole(text: str, base: int, limit: int) -> int | None:
    base, at = _prefix(text, base)
    if at == len(text):
        return None
    value = 0
    for char in text[at:]:
        digit = _VALUES.get(char, 99)
        if digit >= base:
            return None
        value = min(value * base + digit, U64)
    return value if value < limit else None
