"""What queries answer with. Places are offsets; nothing here knows the protocol of an editor."""

from __future__ import annotations

from enum import Enum
from typing import Any

from probelang.record import record
from probelang.source import Span


class Sort(Enum):
    """What a completed or listed thing is."""

    KEYWORD = "keyword"
    FUNCTION = "function"
    TRACEPOINT = "tracepoint"
    EVENT = "event"
    SYSTEM = "system"
    MODULE = "module"
    MEMBER = "member"
    PARAMETER = "parameter"
    VARIABLE = "variable"
    CONSTANT = "constant"
    TYPE = "type"
    FETCH_TYPE = "fetch type"
    OPTION = "option"
    ARGS = "args"
    SLUG = "slug"
    FILE = "file"
    FOLDER = "folder"
    SYMBOL = "symbol"


@record
class Completion:
    """One thing that may stand at the caret: `text` replaces `span`.

    `detail` is shown beside the label, `rank` orders (the lowest first); `key` is what
    `probelang.analysis.completion.describe` needs to say more.
    """

    label: str
    sort: Sort
    span: Span
    text: str
    detail: str = ""
    rank: int = 0
    key: tuple[str, ...] = ()


@record
class Completions:
    """What may stand at the caret; `complete` is false where more letters would bring other things."""

    items: tuple[Completion, ...]
    complete: bool = True


@record
class Hover:
    """Markdown about what is at `span`."""

    span: Span
    text: str


@record
class Symbol:
    """A part of the outline of a spec."""

    name: str
    detail: str
    kind: str
    span: Span
    name_span: Span
    children: tuple[Any, ...] = ()
