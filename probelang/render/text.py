"""Diagnostics for people: the whole text with the source line and the span underlined, or one line each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.diagnostics import Diagnostic, Severity, headline
from probelang.source import Source, Span, columns

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_WIDTH = 160
_TAB = "    "
_COLORS = {Severity.ERROR: "31", Severity.WARNING: "33", Severity.INFO: "36"}


class Style:
    """Colours, or none."""

    def __init__(self, color: bool) -> None:
        self.color = color

    def paint(self, text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.color and text else text


def printable(text: str) -> str:
    """What a terminal shows as it is: control characters, which could do things to it, become question marks."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else "?" for char in text)


def render_text(
    source: Source,
    diagnostics: Iterable[Diagnostic],
    *,
    color: bool = False,
    kernels: Sequence[str] = (),
) -> str:
    """Code, message, place, source line, labels, notes and fix of each.

    `kernels` are all that were asked about: what holds on some of several says on which.
    """
    style = Style(color)
    return "".join(_one(source, diagnostic, style, kernels) + "\n" for diagnostic in diagnostics)


def render_concise(
    source: Source,
    diagnostics: Iterable[Diagnostic],
    *,
    color: bool = False,
    kernels: Sequence[str] = (),
) -> str:
    """`FILE:LINE:COL: error[CODE]: message`, a line each; `kernels` as for `render_text`."""
    style = Style(color)
    lines = []
    for found in diagnostics:
        line, column = source.position(found.label.span.start)
        head = style.paint(f"{found.severity.label}[{found.rule.code}]", _COLORS[found.severity])
        lines.append(
            f"{printable(source.name)}:{line}:{column}: {head}: {printable(headline(found, kernels))}\n"
        )
    return "".join(lines)


def _one(source: Source, found: Diagnostic, style: Style, kernels: Sequence[str]) -> str:
    line, column = source.position(found.label.span.start)
    bar_color = "1;34"
    width = len(str(max([line, *(source.position(other.span.start)[0] for other in found.others)])))
    margin = " " * width
    bar = style.paint("|", bar_color)
    head = style.paint(f"{found.severity.label}[{found.rule.code}]", "1;" + _COLORS[found.severity])
    out = [
        f"{head}: {style.paint(printable(headline(found, kernels)), '1')}",
        f"{margin}{style.paint('-->', bar_color)} {printable(source.name)}:{line}:{column}",
        f"{margin} {bar}",
        *_snippet(source, found.label.span, found.label.text, "^", _COLORS[found.severity], width, style),
    ]
    for other in found.others:
        out.append(style.paint("." * 3, bar_color))
        out.extend(_snippet(source, other.span, other.text, "-", bar_color, width, style))
    out.append(f"{margin} {bar}")
    remarks = [("note", note) for note in found.notes]
    if found.kernel_error is not None:
        remarks.append(("note", f"the kernel would refuse it: {found.kernel_error}"))
    if found.help is not None:
        remarks.append(("help", found.help))
    if found.fix is not None:
        remarks.append(("fix", found.fix.title))
    for kind, remark in remarks:
        out.append(f"{margin} {style.paint('=', bar_color)} {style.paint(kind, '1')}: {printable(remark)}")
    if not remarks:
        out.pop()
    return "\n".join(out) + "\n"


def _snippet(
    source: Source, span: Span, text: str, mark: str, color: str, width: int, style: Style
) -> list[str]:
    """The line of a span, and the span underlined; of a long line, the part around the span."""
    number, column = source.position(span.start)
    line = source.line(number)
    start = column - 1
    end = max(min(start + span.end - span.start, len(line)), start)
    cut = 0
    if len(line) > _WIDTH:
        cut = max(0, min(start - _WIDTH // 3, len(line) - _WIDTH))
        line = line[cut : cut + _WIDTH]
        start, end = start - cut, min(end - cut, len(line))
    shown = ("…" if cut else "") + _shown(line)
    before = ("…" if cut else "") + _shown(line[:start])
    under = mark * max(columns(_shown(line[start:end])), 1)
    bar = style.paint("|", "1;34")
    label = f" {printable(text)}" if text else ""
    return [
        f"{style.paint(str(number).rjust(width), '1;34')} {bar} {shown}".rstrip(),
        f"{' ' * width} {bar} {' ' * columns(before)}{style.paint(under + label, color)}",
    ]


def _shown(text: str) -> str:
    return printable(text.replace("\t", _TAB))
