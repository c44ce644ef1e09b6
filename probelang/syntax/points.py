"""Probe points: the text after the kind, read by the forms which that kind has."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from probelang.diagnostics import Edit, Fix
from probelang.source import Span
from probelang.syntax import tree
from probelang.syntax.literals import Flaw, parse_integer, shorten
from probelang.syntax.rules import BAD_POINT
from probelang.syntax.tree import Kind

if TYPE_CHECKING:
    from probelang.syntax.report import Report

RETURN = "%return"
SOURCE_SUFFIXES = (".c", ".h", ".S", ".s", ".cc", ".cpp", ".cxx", ".hpp", ".rs", ".go")

FORMS = {
    Kind.KPROBE: "`[MODULE:]FUNCTION[+OFFSET]`, `FUNCTION%return`, `FUNCTION:LINE`, `FILE.c:LINE` or `0xADDRESS`",
    Kind.FPROBE: "`[MODULE:]FUNCTION` or `FUNCTION%return`",
    Kind.TPROBE: "`[MODULE:]TRACEPOINT`",
    Kind.EPROBE: "`SYSTEM:EVENT`",
    Kind.UPROBE: "`PATH:SYMBOL[+OFFSET]`, `PATH:0xOFFSET`, `PATH:FILE.c:LINE` or `PATH:FUNCTION:LINE`, "
    "each with `%return` or without",
    Kind.USDT: "`PATH:PROVIDER:NAME`",
    Kind.WATCH: "`SYMBOL[+OFFSET]` or `0xADDRESS`, then `r`, `w`, `rw` or `x`",
    Kind.MONITOR: "`every DURATION`, as in `every 100ms`",
}
_OTHER_RETURN = re.compile(r"(?:[:./@]return|%(?!return$)(?:[rR][A-Za-z]{0,8}|exit))$")
_SYSTEMS = (
    ("sys_enter_", "syscalls"), ("sys_exit_", "syscalls"), ("sched_", "sched"), ("block_", "block"), ("tcp_", "tcp"),
    ("irq_", "irq"), ("softirq_", "irq"), ("signal_", "signal"), ("oom_", "oom"), ("timer_", "timer"),
    ("hrtimer_", "timer"), ("workqueue_", "workqueue"), ("net_dev_", "net"), ("netif_", "net"), ("inet_sock_", "sock"),
    ("kfree_skb", "skb"), ("consume_skb", "skb"), ("mm_vmscan_", "vmscan"), ("mm_page_", "kmem"), ("kmem_", "kmem"),
    ("kmalloc", "kmem"), ("kfree", "kmem"), ("ext4_", "ext4"), ("xfs_", "xfs"), ("task_", "task"), ("page_fault_", "exceptions"),
)  # fmt: skip
_RETURNING = (Kind.KPROBE, Kind.FPROBE, Kind.UPROBE)
_ARTICLES = {
    Kind.EPROBE: "an eprobe",
    Kind.UPROBE: "a uprobe",
    Kind.FPROBE: "an fprobe",
    Kind.USDT: "a usdt probe",
}


def kind_with_article(kind: Kind) -> str:
    """`a kprobe`, `an fprobe`: as it stands in a sentence."""
    return _ARTICLES.get(kind, f"a {kind.value}")


class _PointError(Exception):
    """The point is none of its kind; raised and caught in this module."""

    def __init__(
        self, message: str, start: int, end: int, help: str | None = None, fix: Fix | None = None
    ) -> None:
        super().__init__(message)
        self.start, self.end, self.help, self.fix = start, end, help, fix


class _Piece:
    """A part of the text of a point that knows where it stands."""

    __slots__ = ("start", "text")

    def __init__(self, text: str, start: int) -> None:
        self.text = text
        self.start = start

    @property
    def end(self) -> int:
        return self.start + len(self.text)

    def ident(self) -> tree.Ident:
        return tree.Ident(Span(self.start, self.end), self.text)

    def split(self, separator: str) -> tuple[_Piece, _Piece | None]:
        """What stands before and after the first separator, None where there is none."""
        before, found, after = self.text.partition(separator)
        if not found:
            return self, None
        return _Piece(before, self.start), _Piece(after, self.start + len(before) + len(separator))

    def split_once_coloned(self) -> tuple[_Piece, _Piece | None]:
        """What stands before and after the first colon that is not one of C++'s and Rust's `::`."""
        at = 0
        while (at := self.text.find(":", at)) >= 0:
            if self.text[at : at + 2] != "::":
                return _Piece(self.text[:at], self.start), _Piece(self.text[at + 1 :], self.start + at + 1)
            at += 2
        return self, None

    def integer(self, what: str) -> int:
        """The number that this is."""
        if not self.text[:1].isdigit():
            found = f"`{shorten(self.text)}`" if self.text else "nothing"
            raise _PointError(f"expected {what}, found {found}", self.start, self.end)
        value = parse_integer(self.text)
        if isinstance(value, Flaw):
            raise _PointError(value.message, self.start + value.start, self.start + value.end, value.help)
        return value

    def is_name(self, extra: str = "") -> bool:
        """Whether this is a name, a pattern of names, or one with the dots of the compiler's clones."""
        return (
            bool(self.text)
            and not self.text[0].isdigit()
            and all(c.isalnum() or c in "_.*?{,}$@" + extra for c in self.text)
        )


def parse_point(kind: Kind, text: str, start: int, report: Report, returns: Span | None = None) -> tree.Point:
    """One point of a kind other than `watch` and `monitor`; `start` is where `text` begins in the source.

    `returns` is where another tool's spelling already said that the function's return is meant.
    """
    span = Span(start, start + len(text))
    piece = _Piece(text, start)
    try:
        wrong = _OTHER_RETURN.search(text) if kind in _RETURNING else None
        if wrong is not None and wrong.start() > 0:
            # `f:return` of DTrace and ply, `f%ret`, `f.return` of SystemTap
            place = Span(start + wrong.start(), piece.end)
            fix = Fix("write `%return`", (Edit(place, RETURN),))
            report.error(
                BAD_POINT, f"a function's return is written `%return`, not `{wrong[0]}`", place, fix=fix
            )
            piece, returns = _Piece(text[: wrong.start()], start), place
        elif text.endswith(RETURN):
            place = Span(piece.end - len(RETURN), piece.end)
            piece = _Piece(text[: -len(RETURN)], start)
            if kind not in _RETURNING:
                fix = Fix("remove `%return`", (Edit(place, ""),), safe=False)
                message = f"{kind_with_article(kind)} has no `%return`: only functions return"
                report.error(BAD_POINT, message, place, help=f"write `{kind.value} {piece.text}`", fix=fix)
            else:
                returns = place
        return _PARSERS[kind](kind, piece, span, returns, report)
    except _PointError as error:
        report.error(BAD_POINT, str(error), Span(error.start, error.end), help=error.help, fix=error.fix)
        return tree.BrokenPoint(span)


def _wrong_form(kind: Kind, piece: _Piece) -> _PointError:
    message = f"`{shorten(piece.text)}` is no point of {kind_with_article(kind)}"
    meant = _meant(kind, piece.text)
    fix = (
        Fix(f"write `{shorten(meant)}`", (Edit(Span(piece.start, piece.end), meant),), safe=False)
        if meant
        else None
    )
    return _PointError(message, piece.start, piece.end, f"the point is {FORMS[kind]}", fix)


def _meant(kind: Kind, text: str) -> str | None:
    """What somebody means who writes a point in the form of another language."""
    bare = text.strip("\"'").rstrip("&")
    if kind is Kind.WATCH:
        bare = bare.lstrip("&@")
    elif kind not in (Kind.KPROBE, Kind.FPROBE, Kind.TPROBE):
        return None
    names = bare.split("|")
    if bare == text or not all(name.isidentifier() and name.isascii() for name in names):
        names = text.split("|") if "|" in text else names
    if (
        not all(name.isidentifier() and name.isascii() for name in names)
        or "|".join(names) == text
        and len(names) < 2
    ):
        return None
    return names[0] if len(names) == 1 else "{" + ",".join(names) + "}"


def _parse_function(
    kind: Kind, piece: _Piece, span: Span, returns: Span | None, report: Report
) -> tree.Point:
    if piece.text[:1].isdigit():
        address = piece.integer("an address")
        if kind is Kind.FPROBE:
            message = "an fprobe is on a function, by its name, not at an address"
            raise _PointError(message, piece.start, piece.end, "a kprobe can be at an address")
        if returns is not None:
            raise _PointError(
                "an address has no `%return`: only functions return", returns.start, returns.end
            )
        return tree.AddressPoint(span, address)
    module: _Piece | None = None
    function, after = piece.split(":")
    line: int | None = None
    if after is not None:
        if after.text[:1].isdigit():
            line = after.integer("a line")
        else:
            module, function = function, after
    if line is not None:
        if kind is Kind.FPROBE:
            message = "an fprobe is on the entry or the return of a function, never on a line"
            raise _PointError(
                message, after.start if after else piece.start, piece.end, "a kprobe can be on a line"
            )
        if function.text.endswith(SOURCE_SUFFIXES) or "/" in function.text:
            if returns is not None:
                message = "a line has no `%return`: only functions return"
                raise _PointError(message, returns.start, returns.end)
            if not function.is_name("/-+"):
                raise _wrong_form(kind, piece)
            return tree.SourcePoint(span, function.ident(), line)
    function, offset_text = function.split("+")
    offset = None if offset_text is None else offset_text.integer("an offset in bytes")
    if offset is not None and kind is Kind.FPROBE:
        message = "an fprobe is on the entry or the return of a function, never at an offset"
        plus = function.end
        raise _PointError(message, plus, piece.end, "a kprobe can be at an offset")
    if not function.is_name() or (module is not None and not module.is_name("-")):
        raise _wrong_form(kind, piece)
    return tree.FunctionPoint(
        span, module.ident() if module else None, function.ident(), offset, line, returns
    )


def _parse_tracepoint(
    kind: Kind, piece: _Piece, span: Span, returns: Span | None, report: Report
) -> tree.Point:
    name, after = piece.split(":")
    module = None
    if after is not None:
        module, name = name, after
    if not name.is_name() or (module is not None and not module.is_name("-")):
        raise _wrong_form(kind, piece)
    return tree.TracepointPoint(span, module.ident() if module else None, name.ident())


def _parse_event(kind: Kind, piece: _Piece, span: Span, returns: Span | None, report: Report) -> tree.Point:
    system, event = piece.split(":")
    if event is None:
        # the kernel itself takes both in an eprobe's command
        system, event = piece.split("/" if "/" in piece.text else ".")
        if event is not None and system.is_name("-") and event.is_name("-"):
            slash = Span(system.end, event.start)
            fix = Fix("write `:`", (Edit(slash, ":"),))
            report.error(BAD_POINT, "between system and event stands `:`", slash, fix=fix)
            return tree.EventPoint(span, system.ident(), event.ident())
    if event is None:
        message = f"`{shorten(piece.text)}` has no system: an event is named `SYSTEM:EVENT`, as in `sched:sched_switch`"
        guess = next((f"{system}:" for prefix, system in _SYSTEMS if piece.text.startswith(prefix)), "")
        cure: Fix | None = None
        if guess and piece.is_name():
            cure = Fix(
                f"write `{guess}{piece.text}`", (Edit(Span(piece.start, piece.start), guess),), safe=False
            )
        help = "/sys/kernel/tracing/available_events has all events with their systems"
        raise _PointError(message, piece.start, piece.end, help, cure)
    if not system.is_name("-") or not event.is_name("-"):
        raise _wrong_form(kind, piece)
    return tree.EventPoint(span, system.ident(), event.ident())


def _split_path(piece: _Piece, *, whole: bool = False) -> tuple[tree.Ident, _Piece | None]:
    """The path, its quotes and backslashes taken away, and what follows its colon.

    With `whole` it is what stands in the quotes that the piece begins with, and all that follows them.
    """
    name: list[str] = []
    text = piece.text
    at = 0
    quoted = False
    while at < len(text):
        character = text[at]
        if character == "\\" and at + 1 < len(text):
            at += 1
            name.append(text[at])
        elif character == '"':
            quoted = not quoted
            if whole and not quoted:
                end = piece.start + at + 1
                return tree.Ident(Span(piece.start, end), "".join(name)), _Piece(text[at + 1 :], end)
        elif character == ":" and not quoted:
            break
        else:
            name.append(character)
        at += 1
    path = tree.Ident(Span(piece.start, piece.start + at), "".join(name))
    return path, _Piece(text[at + 1 :], piece.start + at + 1) if at < len(text) else None


def _parse_program(kind: Kind, piece: _Piece, span: Span, returns: Span | None, report: Report) -> tree.Point:
    path, place = _split_path(piece)
    if place is None or not path.name:
        raise _wrong_form(kind, piece)
    if place.text[:1].isdigit():
        offset = place.integer("an offset in the file")
        return tree.ProgramPoint(span, path, None, None, offset, None, returns)
    if place.text.startswith('"'):
        quoted, after = _split_path(place, whole=True)
        return _in_symbol(span, path, quoted, after, returns)
    symbol, after = place.split_once_coloned()
    line = None if after is None else after.integer("a line")
    if line is not None and symbol.text.endswith(SOURCE_SUFFIXES):
        return tree.ProgramPoint(span, path, None, symbol.ident(), None, line, returns)
    symbol, offset_text = symbol.split("+")
    within = None if offset_text is None else offset_text.integer("an offset in bytes")
    if not symbol.is_name("~<>:") or symbol.text.startswith(":"):
        raise _wrong_form(kind, piece)
    return tree.ProgramPoint(span, path, symbol.ident(), None, within, line, returns)


def _in_symbol(
    span: Span, path: tree.Ident, symbol: tree.Ident, after: _Piece | None, returns: Span | None
) -> tree.Point:
    """What may follow a symbol in quotes: `+OFFSET` or `:LINE`."""
    line = within = None
    if after is not None and after.text.startswith("+"):
        within = _Piece(after.text[1:], after.start + 1).integer("an offset in bytes")
    elif after is not None and after.text.startswith(":"):
        line = _Piece(after.text[1:], after.start + 1).integer("a line")
    elif after is not None and after.text:
        message = f"expected `+OFFSET` or `:LINE` behind the name, found `{shorten(after.text)}`"
        raise _PointError(message, after.start, after.end)
    return tree.ProgramPoint(span, path, symbol, None, within, line, returns)


def _parse_usdt(kind: Kind, piece: _Piece, span: Span, returns: Span | None, report: Report) -> tree.Point:
    path, place = _split_path(piece)
    if place is None or not path.name:
        raise _wrong_form(kind, piece)
    if ":" not in place.text and place.is_name("-"):
        message = f"whose `{shorten(place.text)}` it is, is not said: a static probe is named `PROVIDER:NAME`"
        raise _PointError(
            message, place.start, place.end, "`readelf -n PATH` shows the providers and their probes"
        )
    provider, probe = place.split(":")
    if probe is None or not provider.is_name("-") or not probe.is_name("-"):
        raise _wrong_form(kind, piece)
    return tree.UsdtPoint(span, path, provider.ident(), probe.ident())


_PARSERS = {
    Kind.KPROBE: _parse_function,
    Kind.FPROBE: _parse_function,
    Kind.TPROBE: _parse_tracepoint,
    Kind.EPROBE: _parse_event,
    Kind.UPROBE: _parse_program,
    Kind.USDT: _parse_usdt,
}


def parse_watch(
    text: str, span: Span, access: tree.Ident, length: tree.Number | None, report: Report
) -> tree.WatchPoint | tree.BrokenPoint:
    """The variable or address of a watch; `span` begins where `text` does, and ends with the access and length."""
    piece = _Piece(text, span.start)
    place = Span(piece.start, piece.end)
    try:
        if text[:1].isdigit():
            address = piece.integer("an address")
            return tree.WatchPoint(span, place, None, address, 0, access, length)
        symbol, offset_text = piece.split("+")
        offset = 0 if offset_text is None else offset_text.integer("an offset in bytes")
        if not symbol.is_name() or any(c in symbol.text for c in "*?{,}"):
            raise _wrong_form(Kind.WATCH, piece)
        return tree.WatchPoint(span, place, symbol.ident(), None, offset, access, length)
    except _PointError as error:
        report.error(BAD_POINT, str(error), Span(error.start, error.end), help=error.help, fix=error.fix)
        return tree.BrokenPoint(span)
