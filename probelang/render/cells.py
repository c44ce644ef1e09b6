"""Text in the cells of a terminal: what is safe to show, how wide it is, and small pictures made of characters."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from probelang.render.amounts import exact

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from probelang.tracing.hits import Value
    from probelang.tracing.units import Unit

Line = list[tuple[str, str]]
"""A line of a terminal: texts with their styles, which are names of `STYLES`."""

STYLES = {"": "", "bold": "1", "dim": "2", "bar": "36", "bad": "1;31"}
"""What a style is in the codes of a terminal."""


class Marks(NamedTuple):
    """The characters of pictures: eight heights from low to high, a full bar, what stands for cut text, a separator."""

    heights: str
    bar: str
    cut: str
    dot: str


BLOCKS = Marks("▁▂▃▄▅▆▇█", "█", "…", "·")
ASCII = Marks("_.,-~+*#", "#", "~", "-")


def marks_for(encoding: str | None) -> Marks:
    """Blocks where a stream's encoding has them."""
    return BLOCKS if (encoding or "").lower().replace("-", "").startswith("utf") else ASCII


def escaped(text: str) -> str:
    """A text without what would do something to a terminal, turn its direction or break a line: such characters are written as escapes."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


def shown(value: Value) -> str:
    """A recorded value for people: texts in quotes, arrays in braces."""
    if value is None:
        return "(fault)"
    if isinstance(value, tuple):
        return "{" + ",".join(shown(item) for item in value) + "}"
    return f'"{escaped(value)}"' if isinstance(value, str) else str(value)


def named(value: Value, unit: Unit, names: Mapping[int, str] | None = None) -> str:
    """A value that stands alone, by what it counts, and with its name, `-2 ENOENT`, if it has one: what `make_names` knows of a field."""
    if not isinstance(value, int):
        return shown(value)
    return exact(value, unit) + (names[value] if names is not None else "")


def width(text: str) -> int:
    """The cells that a printable text takes."""
    return len(text) if text.isascii() else sum(map(_width, text))


def _width(char: str) -> int:
    from unicodedata import category, east_asian_width

    # accents, and the vowels of a Hangul syllable, are drawn over what is before them
    if category(char) in ("Mn", "Me") or "\u1160" <= char <= "\u11ff":
        return 0
    return 2 if east_asian_width(char) in "WF" else 1


def fit(text: str, cells: int, marks: Marks = BLOCKS) -> str:
    """A text in exactly so many cells: filled with blanks, or cut off and marked as cut."""
    missing = cells - width(text)
    if missing >= 0:
        return text + " " * missing
    if cells <= 0:
        return ""
    kept, used = [], 0
    for char in text:
        used += _width(char)
        if used >= cells:
            break
        kept.append(char)
    cut = "".join(kept)
    return cut + marks.cut + " " * (cells - 1 - width(cut))


def fit_right(text: str, cells: int, marks: Marks = BLOCKS) -> str:
    """As `fit`, with the text at the right."""
    return " " * (cells - width(text)) + text if width(text) < cells else fit(text, cells, marks)


def cut_line(line: Line, cells: int, marks: Marks = BLOCKS) -> Line:
    """A line of no more than so many cells."""
    kept: Line = []
    for text, style in line:
        taken = width(text)
        if taken > cells:
            kept.append((fit(text, cells, marks), style))
            break
        kept.append((text, style))
        cells -= taken
    return kept


def plain(line: Line) -> str:
    """A line without its styles."""
    return "".join(text for text, _ in line).rstrip()


def painted(line: Line) -> str:
    """A line with its styles as codes of a terminal."""
    return "".join(
        f"\x1b[{STYLES[style]}m{text}\x1b[0m" if STYLES[style] and text else text for text, style in line
    )


def spark(counts: Sequence[float], marks: Marks = BLOCKS) -> str:
    """A character for each count, as high as it is to the greatest; a blank for 0."""
    most = max(counts, default=0)
    last = len(marks.heights) - 1
    return "".join(marks.heights[round(count / most * last)] if count > 0 else " " for count in counts)


def bar(part: float, whole: float, cells: int, marks: Marks = BLOCKS) -> str:
    """A bar for a part of a whole, which would be so many cells long; at least one cell for what is not 0."""
    if part <= 0 or whole <= 0:
        return ""
    return marks.bar * max(round(part / whole * cells), 1)
