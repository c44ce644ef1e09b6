"""A kernel's types and functions as pages of C, each of which leads on to the others it names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from probelang.answers import Found
from probelang.btf.c import declaration, declarator
from probelang.btf.names import Space
from probelang.btf.types import BtfError, Enum, FuncProto
from probelang.record import record
from probelang.source import Span

if TYPE_CHECKING:
    from probelang.btf.blob import Btf
    from probelang.kernel.facts import EventField
    from probelang.kernel.interface import Kernel

SPACES = {"struct": Space.STRUCT, "union": Space.UNION, "enum": Space.ENUM, "typedef": Space.TYPEDEF}
#: What a page can be of.
SORTS = (*SPACES, "function", "tracepoint", "event")

_TAGGED = re.compile(r"(struct|union|enum)\s+\Z")
_WORD = re.compile(r"[A-Za-z_]\w*")


@record
class Page:
    """One page: `sort` is of SORTS, `name` what is declared there, an event's as `system:event`."""

    sort: str
    name: str

    @property
    def file(self) -> str:
        """What the page is called as a file."""
        return f"{self.sort} {self.name.replace(':', '.')}.h"


@record
class Target:
    """A place on a page."""

    page: Page
    span: Span


def render_page(kernel: Kernel, page: Page) -> str | None:
    """The text of a page; None where the kernel has no such thing."""
    try:
        body = _body(kernel, page)
    except BtfError:
        return None
    if body is None:
        return None
    return f"/* {kernel.title}: out of its BTF; offsets and sizes are in bytes */\n\n{body}\n"


def _body(kernel: Kernel, page: Page) -> str | None:
    match page.sort:
        case "function":
            answer = kernel.find_function(page.name)
            if not isinstance(answer, Found) or answer.value.btf is None or answer.value.proto is None:
                return None
            return prototype(answer.value.btf, answer.value.proto, page.name)
        case "tracepoint":
            found = kernel.find_tracepoint(page.name)
            if not isinstance(found, Found):
                return None
            params = ", ".join([declarator(found.value.btf, p.type, p.name) for p in found.value.params])
            return f"void trace_{page.name}({params or 'void'});"
        case "event":
            system, _, name = page.name.partition(":")
            event = kernel.find_event(system, name)
            if not isinstance(event, Found):
                return None
            lines = [
                f"\t{_field(field)}; /* {field.offset:5} {field.size:5} */" for field in event.value.fields
            ]
            return "\n".join([f"struct trace_event_{name} {{", *lines, "};"])
    btf = kernel.btf
    space = SPACES.get(page.sort)
    if btf is None or space is None:
        return None
    id = btf.find(space, page.name)
    return declaration(btf, id) if id is not None else None


def prototype(btf: Btf, proto: int, name: str) -> str | None:
    """A function's declaration. Raises BtfError."""
    type = btf.type(proto)
    if not isinstance(type, FuncProto):
        return None
    params = ", ".join([declarator(btf, p.type, p.name) if p.type or p.name else "..." for p in type.params])
    return declarator(btf, type.returns, f"{name}({params or 'void'})") + ";"


def find_target(kernel: Kernel, page: Page, name: str | None = None) -> Target | None:
    """A page, and on it the place where `name` is declared, or else what the page is of."""
    text = render_page(kernel, page)
    if text is None:
        return None
    start = text.index("\n\n") + 2
    own = f"trace_{page.name}" if page.sort == "tracepoint" else page.name.partition(":")[2] or page.name
    wanted = re.escape(name if name is not None else own)
    if name is not None:
        # a member, an enumerator or a parameter: what stands behind it ends a declarator
        found = re.compile(rf"(?<!\w){wanted}(?=\)?(?:\[[^;]*\])*(?:\(.*\))?(?::\d+)?[;,)]| = )").search(
            text, start
        )
    else:
        found = re.compile(rf"(?<!\w){wanted}(?!\w)").search(text, start)
    span = Span(*found.span()) if found else Span(start, start)
    return Target(page, span)


def target_in_page(kernel: Kernel, page: Page, offset: int) -> Target | None:
    """Where the word at an offset of a page leads: another page, or the place on this one."""
    text = render_page(kernel, page)
    if text is None:
        return None
    for match in _WORD.finditer(text):
        if match.start() <= offset <= match.end():
            word = match[0]
            if word in ("struct", "union", "enum"):
                follows = _WORD.match(text, match.end() + 1)
                return find_target(kernel, Page(word, follows[0])) if follows else None
            tag = _TAGGED.search(text, max(0, match.start() - 16), match.start())
            if tag:
                return find_target(kernel, Page(tag[1], word))
            return page_of_name(kernel, word)
    return None


def page_of_name(kernel: Kernel, name: str) -> Target | None:
    """The page of a bare name: a typedef or an enumerator."""
    btf = kernel.btf
    if btf is None:
        return None
    try:
        if btf.find(Space.TYPEDEF, name) is not None:
            return find_target(kernel, Page("typedef", name))
        for _, id in btf.find_enumerator(name):
            enum = btf.type(id)
            if isinstance(enum, Enum) and enum.name:
                return find_target(kernel, Page("enum", enum.name), name)
    except BtfError:
        return None
    return None


def _field(field: EventField) -> str:
    """A field of an event as C declares it, but for `__data_loc`, which is the kernel's own."""
    type, bracket, rest = field.type.partition("[")
    return f"{type.strip()} {field.name}{bracket}{rest}"
