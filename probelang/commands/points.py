"""Where a kprobe sits: symbols and offsets, and whether a breakpoint can be there.

The questions are asked in the kernel's order (kernel/trace/trace_kprobe.c, kernel/kprobes.c).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.commands.octets import parse_signed
from probelang.commands.verdict import Doubtful, Log
from probelang.record import record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from probelang.commands.context import Context
    from probelang.commands.target import Target

_LOWEST_KERNEL_ADDRESS = 0xFFFF800000000000


class Missing(Exception):
    """A symbol is not there (the kernel's -ENOENT)."""


class BadOffset(Exception):
    """An offset is no number (the kernel's -EINVAL)."""


class Boundary(Exception):
    """Not the beginning of an instruction (the kernel's -EILSEQ)."""


@record
class Symbol:
    """`[MOD:]NAME[+OFFSET]`; `module` is None where none is named."""

    text: str
    module: str | None
    name: str
    offset: int


def split_symbol(text: str) -> tuple[str, int] | None:
    """A symbol and its offset; None if what follows the first `+` or `-` is no number."""
    cut = next((at for at, char in enumerate(text) if char in "+-"), None)
    if cut is None:
        return text, 0
    offset = parse_signed(text[cut:])
    return None if offset is None else (text[:cut], offset)


def parse_symbol(text: str, log: Log, target: Target) -> Symbol:
    """The point of a kprobe, as a symbol that must exist unless its module is not loaded. Raises `Refused`."""
    split = split_symbol(text)
    if split is None or not 0 <= split[1] <= 0xFFFFFFFF:
        raise log.refuse(0, "BAD_PROBE_ADDR")
    whole, offset = split
    module, colon, name = whole.partition(":")
    symbol = Symbol(whole, module if colon else None, name if colon else whole, offset)
    if colon and not target.is_loaded(module):
        return symbol
    if colon and not target.names:
        # Linux 6.1 counts symbols only where no module is named
        return symbol
    count = target.count_symbols(symbol.name)
    if count > 1 and target.kernel.features.dup_symbol_check is not False:
        raise log.refuse(0, "NON_UNIQ_SYMBOL")
    if count == 0:
        raise log.refuse(0, "BAD_PROBE_ADDR")
    return symbol


def is_entry(symbol: Symbol, target: Target) -> bool | None:
    """Whether a symbol and its offset are the start of a function; None where there is no such symbol (yet)."""
    if symbol.module is not None and not target.is_loaded(symbol.module):
        return None
    if not symbol.offset:
        return None if target.is_small(symbol.name) else True
    return target.is_entry_at(symbol.name, symbol.offset)


def check_symbols(texts: Sequence[str], target: Target) -> None:
    """What `@SYMBOL` names, looked up when a probe is registered. Raises `Refused` with "invalid", or `Missing`."""
    for text in texts:
        split = split_symbol(text)
        if split is None:
            raise BadOffset
        name = split[0]
        module, colon, rest = name.partition(":")
        if colon and not target.is_loaded(module):
            raise Missing
        if target.count_symbols(rest if colon else name) == 0:
            raise Missing


def register_kprobe(point: Symbol | int, symbols: Sequence[str], context: Context) -> None:
    """Whether a breakpoint can be set. Raises `Refused`, with the errors of word 1."""
    log, target = context.log, context.target
    log.index = 1
    try:
        _register(point, symbols, target)
    except Missing:
        # the kernel waits for a module that may bring the symbol, even where an address was given
        if isinstance(point, int) or (point.module is not None and not target.is_loaded(point.module)):
            return
        raise log.refuse(0, "BAD_PROBE_ADDR") from None
    except BadOffset:
        raise log.refuse(0, "FAIL_REG_PROBE") from None
    except Boundary:
        raise log.refuse(0, "BAD_INSN_BNDRY") from None


def _register(point: Symbol | int, symbols: Sequence[str], target: Target) -> None:
    if isinstance(point, int):
        if point >= _LOWEST_KERNEL_ADDRESS:
            raise Doubtful("address")
        check_symbols(symbols, target)
        if point == 0:
            raise BadOffset
        raise Missing
    missing = point.module is not None and not target.is_loaded(point.module)
    if not missing and not target.is_code(point.name):
        if target.is_small(point.name):
            check_symbols(symbols, target)
            raise Missing
        raise BadOffset
    if not missing and not target.is_traceable(point.name) and target.refuses_untraceable(point.name):
        raise BadOffset
    check_symbols(symbols, target)
    if missing:
        raise Missing
    if target.is_blacklisted(point.name):
        raise BadOffset
    if point.offset and not target.has_instruction_at(point.name, point.offset):
        raise Boundary
