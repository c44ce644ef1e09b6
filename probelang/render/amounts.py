"""Numbers as a person reads them, by what they count."""

from __future__ import annotations

from probelang.tracing.units import Unit

_TIMES = (("ns", 1), ("µs", 10**3), ("ms", 10**6), ("s", 10**9))
_SIZES = (
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("TiB", 1 << 40),
    ("PiB", 1 << 50),
    ("EiB", 1 << 60),
)
_LARGE = (("k", 10**3), ("M", 10**6), ("G", 10**9), ("T", 10**12))


def amount(number: int, unit: Unit) -> str:
    """A recorded number in three digits or so and its unit, `12.3 µs` or `64 KiB`; without one, all its digits up to twelve."""
    match unit:
        case Unit.NANOSECONDS:
            return duration(number)
        case Unit.BYTES if number >= 0:
            return size(number)
        case Unit.HEX:
            return hex(number)
    return str(number) if abs(number) < 10**12 else f"{number:.3e}"


def short(number: int, unit: Unit) -> str:
    """As `amount`, in seven characters or so, for the ticks of an axis."""
    if unit is Unit.NUMBER and abs(number) >= 10**4:
        if abs(number) >= 10**15:
            return f"{number:.0e}"
        name, factor = [pair for pair in _LARGE if pair[1] <= abs(number)][-1]
        return _three(number / factor) + name
    return amount(number, unit)


def duration(nanoseconds: float) -> str:
    """Nanoseconds in the unit that fits."""
    if abs(nanoseconds) >= 100 * 10**9:
        return f"{nanoseconds / 10**9:,.0f} s"
    name, factor = _TIMES[0]
    for name, factor in _TIMES:
        # what would be rounded to 1,000 of one unit is 1 of the next
        if abs(nanoseconds) < 999.5 * factor:
            break
    return f"{_three(nanoseconds / factor)} {name}"


def size(count: int) -> str:
    """Bytes in the unit that fits."""
    if count < 1 << 10:
        return f"{count} B"
    name, factor = _SIZES[0]
    for name, factor in _SIZES:
        if count < 1023.5 * factor:
            break
    return f"{_three(count / factor)} {name}"


def exact(number: int, unit: Unit) -> str:
    """A number of which every digit counts: bytes are KiB where they are whole ones."""
    if unit is Unit.BYTES and number % 1024 and number > 0:
        return f"{number} B"
    return amount(number, unit)


def rate(hits: float) -> str:
    """Hits in a second."""
    return f"{hits:,.0f}" if hits >= 10 or hits == int(hits) else f"{hits:.1f}"


def share(part: int, whole: int) -> str:
    """A part in per cent."""
    percent = 100 * part / whole if whole else 0.0
    return f"{percent:.0f}%" if percent >= 1 or not part else "<1%"


def _three(number: float) -> str:
    """Three significant digits, and no zeros behind the point."""
    digits = 0 if abs(number) >= 99.95 else 1 if abs(number) >= 9.995 else 2
    text = f"{number:.{digits}f}"
    return text.rstrip("0").rstrip(".") if digits else text
