"""Lines that are laid out but for their columns, and the columns of `=` and of comments."""

from __future__ import annotations

from probelang.source import columns

#: No line is longer, where it can be broken.
WIDTH = 100
INDENT = 4
_BEFORE_COMMENT = 2


class Line:
    """One line of the layout.

    `text` is without indentation, `comment` what stands behind it or alone. `equals` is where the `=` of a name is in
    the text, -1 without one. Names are aligned among neighbours of one `run`: None for a line that ends every run,
    "" for one that makes no difference. `blank` is an empty line before it.
    """

    __slots__ = ("blank", "comment", "equals", "indent", "run", "text")

    def __init__(
        self, indent: int, text: str, comment: str = "", *, run: str | None = "", equals: int = -1
    ) -> None:
        self.indent = indent
        self.text = text
        self.comment = comment
        self.run = run
        self.equals = equals
        self.blank = False


def align(lines: list[Line]) -> None:
    """Pad the names before `=`, then the code before comments, so that each run of neighbours has one column."""
    _align_names(lines)
    _align_comments(lines)


def render_line(line: Line) -> str:
    """The line, with its indentation, without its end."""
    return " " * line.indent + line.text + line.comment


def _align_names(lines: list[Line]) -> None:
    run: list[Line] = []
    kind = None
    for line in [*lines, Line(0, "", run=None)]:
        if run and (line.blank or line.run is None or (line.run and line.run != kind)):
            column = max(member.equals for member in run)
            for member in run:
                padding = " " * (column - member.equals)
                member.text = member.text[: member.equals] + padding + member.text[member.equals :]
            run = []
        if line.run:
            kind = line.run
            if line.equals >= 0:
                run.append(line)


def _align_comments(lines: list[Line]) -> None:
    run: list[Line] = []
    column = longest = 0
    for line in [*lines, Line(-1, "")]:
        begin = line.indent + columns(line.text) + _BEFORE_COMMENT
        size = columns(line.comment)
        # a comment that is too long wherever it stands does not count
        longer = max(longest, size if begin + size <= WIDTH else 0)
        further = max(column, begin)
        has_both = bool(line.text and line.comment)
        if run and (
            line.blank or line.indent != run[0].indent or (has_both and longer and further + longer > WIDTH)
        ):
            for member in run:
                member.text += " " * (column - member.indent - columns(member.text))
            run = []
        if not has_both:
            continue
        if run:
            column, longest = further, longer
        else:
            column, longest = begin, size if begin + size <= WIDTH else 0
        run.append(line)
