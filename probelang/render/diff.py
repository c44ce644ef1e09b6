"""What a change would do to a file, as a unified diff that `patch` takes."""

from __future__ import annotations

import re

from probelang.render.text import Style, printable

_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_COLORS = {"@": "36", "+": "32", "-": "31"}


def render_diff(name: str, old: str, new: str, *, color: bool = False, safe: bool = False) -> str:
    """The hunks that make the text `new` of `old`; "" where they are the same.

    `safe` is for terminals: control characters are shown as question marks, and `patch` would take them for those.
    """
    from difflib import unified_diff

    style = Style(color)
    shown = printable(name)
    lines = []
    for number, line in enumerate(unified_diff(_LINE.findall(old), _LINE.findall(new), shown, shown)):
        body = line.removesuffix("\n")
        if safe:
            body = "\t".join(printable(part) for part in body.removesuffix("\r").split("\t"))
        paint = "1" if number < 2 else _COLORS.get(line[0], "")
        lines.append(style.paint(body, paint) if paint else body)
        if not line.endswith("\n"):
            lines.append("\\ No newline at end of file")
    return "".join(f"{line}\n" for line in lines)
