"""The values of numbers, durations, strings, fetch types and symbols, from their texts.

Each `parse_` answers a value, or a `Flaw` that says what is wrong with which characters of the text.
"""

from __future__ import annotations

import re

from probelang.record import record

NANOSECONDS = {"ns": 1, "us": 1_000, "ms": 1_000_000, "s": 1_000_000_000, "m": 60_000_000_000}

_DURATION = re.compile(r"[0-9][0-9_]*(?:\.[0-9][0-9_]*)?(?:ns|us|ms|s)")
_LONG_UNITS = {
    **dict.fromkeys(("sec", "secs", "second", "seconds"), "s"),
    **dict.fromkeys(("msec", "msecs", "millis"), "ms"),
    **dict.fromkeys(("usec", "usecs", "micros"), "us"),
    **dict.fromkeys(("nsec", "nsecs"), "ns"),
}
_BYTES = {"k": 1, "kb": 1, "kib": 1, "mb": 2, "mib": 2, "g": 3, "gb": 3, "gib": 3}
_BASES = {"0x": 16, "0o": 8, "0b": 2}
_BASE_NAMES = {16: "hexadecimal", 10: "decimal", 8: "octal", 2: "binary"}
_DIGITS = "0123456789abcdef"
_SUFFIXES = ("ull", "llu", "ul", "lu", "ll", "u", "l")  # C's; the longest first
_MAX_DIGITS = 64 + 63  # 64 binary digits, `_` between all of them

_ESCAPES = {
    "n": 10,
    "t": 9,
    "r": 13,
    "a": 7,
    "b": 8,
    "f": 12,
    "v": 11,
    "e": 27,
    "\\": 92,
    '"': 34,
    "'": 39,
    "?": 63,
}


@record
class Flaw:
    """What is wrong with a literal's characters `start` to `end`, and the next step where there is one.

    `written` is what the whole literal was likely meant to be.
    """

    start: int
    end: int
    message: str
    help: str | None = None
    written: str | None = None


def parse_integer(text: str) -> int | Flaw:
    """A number as it stands in an expression: decimal, `0x`, `0o`, `0` octal, `0b`; `_`; C's suffixes have no effect."""
    if text.isdigit() and text[0] != "0" and len(text) < 20:
        return int(text)
    if "." in text:
        return Flaw(0, len(text), "numbers here have no fractions: the kernel records integers only")
    base, digits, start = 10, text, 0
    if text[:2].lower() in _BASES:
        base, digits, start = _BASES[text[:2].lower()], text[2:], 2
    elif text[0] == "0" and len(text) > 1:
        base = 8
    lowered = digits.lower()
    for suffix in _SUFFIXES:
        if lowered.endswith(suffix):
            lowered = lowered[: -len(suffix)]
            break
    if not lowered:
        return Flaw(0, len(text), f"`{shorten(text)}` has no digits after its base")
    allowed = _DIGITS[:base]
    for index, character in enumerate(lowered):
        if character == "_":
            if index == 0 or index == len(lowered) - 1 or lowered[index - 1] == "_":
                return Flaw(
                    start + index, start + index + 1, "`_` stands only between two digits of a number"
                )
        elif character not in allowed:
            return _wrong_digit(text, start + index, base)
    value = int(lowered.replace("_", ""), base) if len(lowered) <= _MAX_DIGITS else 1 << 64
    if value >= 1 << 64:
        return Flaw(0, len(text), f"`{shorten(text)}` does not fit into 64 bits")
    return value


def parse_constant(text: str) -> int | Flaw:
    """A number of an expression: an integer, or a duration in nanoseconds (`10ms`), which has no minutes."""
    return parse_duration(text) if _DURATION.fullmatch(text) else parse_integer(text)


def _wrong_digit(text: str, index: int, base: int) -> Flaw:
    rest = text[index:]
    help = written = None
    if base == 8 and text[1].isdigit():
        help = f"a leading 0 means octal, as in C; for decimal write `{text.lstrip('0')}`"
    if base == 10:
        number = text[:index]
        if rest == "m":
            help = f"minutes are seconds here, `{number} * 60s`; mebibytes are `{number} * 1024 * 1024`"
        elif rest == "M":
            written = f"{number} * 1024 * 1024"
            help = "sizes are counted in bytes"
        elif rest.lower() in NANOSECONDS or rest.lower() in _LONG_UNITS:
            written = f"{number}{_LONG_UNITS.get(rest.lower(), rest.lower())}"
            help = "the units of time are `ns`, `us`, `ms` and `s`"
        elif rest.lower() in _BYTES:
            written = number + " * 1024" * _BYTES[rest.lower()]
            help = "sizes are counted in bytes"
        elif rest[0] in "eE" and rest[1:].isdigit():
            help = "write all the digits; `_` may stand between them"
        elif rest[0] in "abcdefABCDEF":
            help = f"hexadecimal numbers begin with `0x`: `0x{text}`" if is_hexadecimal(text) else None
    if base in (2, 8) and text[index].isdigit():
        return Flaw(
            index, index + 1, f"`{text[index]}` is not a digit of {_a(_BASE_NAMES[base])} number", help
        )
    message = f"`{shorten(rest)}` does not belong to {_a(_BASE_NAMES[base])} number"
    return Flaw(index, len(text), message, help, written)


def is_hexadecimal(text: str) -> bool:
    """Whether all characters are hexadecimal digits."""
    return bool(text) and all(character in _DIGITS for character in text.lower())


def _a(noun: str) -> str:
    return ("an " if noun[0] in "aeiou" else "a ") + noun


def shorten(text: str, limit: int = 40) -> str:
    """The text, or its beginning and `…`."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def join_words(parts: list[str]) -> str:
    """`a`, `a or b`, `a, b or c`."""
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " or " + parts[-1]


def parse_duration(text: str) -> int | Flaw:
    """`500us`, `10ms`, `1s`: nanoseconds."""
    length = 0
    while length < len(text) and (text[length].isdigit() or text[length] == "_"):
        length += 1
    number, unit = text[:length], text[length:]
    if unit.startswith("."):
        return Flaw(
            0, len(text), "a duration has no fraction", "take a smaller unit: `1500ms` for 1.5 seconds"
        )
    if not unit:
        return Flaw(
            0, len(text), f"`{shorten(text)}` has no unit", f"write `{shorten(text)}s`, or `ms`, `us`, `ns`"
        )
    if unit not in NANOSECONDS:
        return Flaw(
            length,
            len(text),
            f"`{shorten(unit)}` is no unit of time",
            "the units are `ns`, `us`, `ms`, `s`, `m`",
            number + _LONG_UNITS[unit.lower()] if unit.lower() in _LONG_UNITS else None,
        )
    count = parse_integer(number.lstrip("0") or "0")
    if isinstance(count, Flaw):
        return Flaw(0, length, count.message, count.help)
    if count == 0:
        return Flaw(0, len(text), "a duration must be longer than nothing")
    value = count * NANOSECONDS[unit]
    if value >= 1 << 63:
        return Flaw(0, len(text), f"`{shorten(text)}` is longer than the kernel's clocks run")
    return value


def parse_string(text: str) -> tuple[bytes, list[Flaw]]:
    """A quoted string's bytes, C's escapes resolved; the flaws are its unknown escapes."""
    body = text[1:-1]
    flaws = [] if body.isprintable() else _find_unprintable(body)
    if "\\" not in body:
        return body.encode("utf-8", "surrogatepass"), flaws
    out = bytearray()
    at = 0
    while at < len(body):
        next_escape = body.find("\\", at)
        if next_escape < 0:
            next_escape = len(body)
        out += body[at:next_escape].encode("utf-8", "surrogatepass")
        at = next_escape
        if at < len(body):
            value, length = _parse_escape(body, at)
            if value is None:
                escape = body[at : at + length]
                message = f"`{escape}` is no escape that C has"
                if escape[1] == "x":
                    message = "`\\x` wants two hexadecimal digits, as in `\\x1b`"
                elif length == 4:
                    message = f"`{escape}` is more than a byte holds: the largest is `\\377`"
                flaws.append(Flaw(at + 1, at + 1 + length, message, "a backslash itself is written `\\\\`"))
            else:
                out.append(value)
            at += length
    return bytes(out), flaws


def _find_unprintable(body: str) -> list[Flaw]:
    """Control characters as they are, and what was not UTF-8; other characters are nobody's business."""
    flaws = []
    for index, character in enumerate(body):
        if "\ud800" <= character <= "\udfff":
            flaws.append(Flaw(index + 1, index + 2, "this is not UTF-8"))
        elif character == "\x7f" or (character < " " and character != "\t"):
            message = f"a control character in a string is written `\\x{ord(character):02x}`"
            flaws.append(Flaw(index + 1, index + 2, message))
    return flaws


def _parse_escape(body: str, at: int) -> tuple[int | None, int]:
    """The byte of the escape at `at`, None where there is no such escape; and its length."""
    letter = body[at + 1]
    if letter in _ESCAPES:
        return _ESCAPES[letter], 2
    if letter == "x":
        digits = body[at + 2 : at + 4]
        if len(digits) == 2 and is_hexadecimal(digits):
            return int(digits, 16), 4
        return None, 2
    length = 1
    while length < 4 and body[at + length : at + length + 1] in tuple("01234567"):
        length += 1
    if length > 1:
        value = int(body[at + 1 : at + length], 8)
        return (value if value < 256 else None), length
    return None, 2


def parse_character(text: str) -> int | Flaw:
    """`'a'`: its number."""
    value, flaws = parse_string(text)
    if flaws:
        return flaws[0]
    if len(value) != 1:
        help = f'a string is written `"{text[1:-1]}"`' if len(value) > 1 else None
        return Flaw(0, len(text), "a character constant holds exactly one byte", help)
    return value[0]


def parse_fetch_type(text: str) -> tuple[str, int | None, tuple[int, int, int] | None] | Flaw:
    """`x8[4]`, `%pd`, `b3@4/32`: the name, the count of an array, (width, offset, container) of a bitfield."""
    name, bracket, rest = text.partition("[")
    count: int | None = None
    if bracket:
        number = parse_integer(rest[:-1]) if rest[:1].isdigit() else None
        if not isinstance(number, int):
            return Flaw(len(name), len(text), "between `[` and `]` stands a number: how many are recorded")
        count = number
    base, at, place = name.partition("@")
    if not at:
        return base, count, None
    offset, slash, container = place.partition("/")
    numbers = [parse_integer(part) if part.isdigit() else None for part in (base[1:], offset, container)]
    width, first, bits = numbers
    if (
        base[:1] != "b"
        or not slash
        or not (isinstance(width, int) and isinstance(first, int) and isinstance(bits, int))
    ):
        return Flaw(
            0, len(name), f"`{shorten(name)}` is no bitfield", "write `bWIDTH@OFFSET/SIZE`, as in `b3@4/32`"
        )
    return "b", count, (width, first, bits)


def parse_symbol(text: str) -> tuple[str | None, int | None, int] | Flaw:
    """`@sym+8`, `@0xaddr`, `@+0x40`: the symbol, the address, the offset."""
    if text[1].isdigit():
        address = parse_integer(text[1:])
        return _moved(address, 1) if isinstance(address, Flaw) else (None, address, 0)
    if text[1] == "+":
        offset = parse_integer(text[2:])
        return _moved(offset, 2) if isinstance(offset, Flaw) else (None, None, offset)
    for sign in "+-":
        name, found, digits = text[1:].partition(sign)
        if found:
            offset = parse_integer(digits)
            if isinstance(offset, Flaw):
                return _moved(offset, 2 + len(name))
            return name, None, -offset if sign == "-" else offset
    return text[1:], None, 0


def parse_dereference(text: str) -> tuple[int, bool] | Flaw:
    """The `+8` or `-u8` before a parenthesis: the offset, and whether memory of the user is meant."""
    user = text[1] == "u"
    start = 2 if user else 1
    offset = parse_integer(text[start:])
    if isinstance(offset, Flaw):
        return _moved(offset, start)
    return -offset if text[0] == "-" else offset, user


def _moved(flaw: Flaw, by: int) -> Flaw:
    return Flaw(flaw.start + by, flaw.end + by, flaw.message, flaw.help)
