"""The points that are no code: `watch` (a hardware breakpoint on data) and `monitor` (a clock)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.answers import Found, NotFound
from probelang.check.btf_ctypes import BtfType
from probelang.check.report import rename, suggest
from probelang.check.rules import points
from probelang.check.scope import Place, Scope
from probelang.ctypes import CStruct
from probelang.diagnostics import Edit, Fix
from probelang.probes import ClockTarget, WatchTarget
from probelang.source import Span
from probelang.syntax import tree
from probelang.syntax.tree import Kind

if TYPE_CHECKING:
    from probelang.check.report import Report
    from probelang.kernel.facts import Variable
    from probelang.kernel.interface import Kernel

#: What the debug registers of x86-64 can cover (arch/x86/kernel/hw_breakpoint.c, arch_build_bp_info).
LENGTHS = (1, 2, 4, 8)
#: HBP_NUM of arch/x86/include/asm/hw_breakpoint.h.
MAX_WATCHES = 4
#: Where the kernel's half of the address space begins.
_KERNEL_HALF = 1 << 63
_EXECUTE_LENGTH = 8
_NANOSECONDS = ((10**9, "s"), (10**6, "ms"), (10**3, "us"))


def clock_place(point: tree.MonitorPoint) -> Place:
    """The place of a `monitor`."""
    why = "a clock strikes in no function, so there are no parameters"
    scope = Scope(Kind.MONITOR, {}, "parameter", "a monitor", no_names=why)
    return Place(ClockTarget(point.period), f"every_{_period(point.period)}", scope)


def _period(nanoseconds: int) -> str:
    for unit, name in _NANOSECONDS:
        if nanoseconds % unit == 0:
            return f"{nanoseconds // unit}{name}"
    return f"{nanoseconds}ns"


class Watches:
    """Resolves the point of one `watch`."""

    def __init__(self, kernel: Kernel, report: Report) -> None:
        self.kernel = kernel
        self.report = report

    def resolve(self, point: tree.WatchPoint) -> list[Place]:
        """The place; none after an error, which has been reported."""
        length = self._length(point)
        if length is None or not self._within_hardware(point, length):
            return []
        symbol = point.symbol.name if point.symbol is not None else None
        target = WatchTarget(
            symbol, point.offset if symbol else point.address or 0, point.access.name, length
        )
        name = symbol or f"at_{point.address:#x}"
        if symbol and point.offset:
            name += f"_{point.offset:#x}"
        why = "a hardware breakpoint goes off wherever the memory is used, so there are no parameters"
        return [Place(target, name, Scope(Kind.WATCH, {}, "parameter", "a watch", no_names=why))]

    # -------------------------------------------------------------------------------------------- length

    def _length(self, point: tree.WatchPoint) -> int | None:
        """How many bytes are watched; None after an error."""
        type = None
        if point.symbol is not None:
            there, found = self._symbol(point.symbol)
            if not there:
                return None
            if found is not None and found.btf is not None and found.type is not None:
                type = BtfType(found.btf, found.type)
        if point.length is not None:
            return self._asked_length(point, point.length)
        if point.access.name == "x":
            return _EXECUTE_LENGTH
        size = type.size() if type is not None and point.offset == 0 else None
        if size in LENGTHS:
            return size
        if type is None or size is None:
            what = "what lies there" if point.symbol is None or point.offset else f"`{point.symbol.name}`"
            message = f"the length of {what} is not known"
            note = "BTF tells the types of per-CPU variables, and of few others"
        else:
            what = f"`{type.text}`" if isinstance(type.describe(), CStruct) else "this variable"
            message = f"{what} has {size} bytes, and a hardware breakpoint covers 1, 2, 4 or 8"
            note = "an offset chooses what to watch: `SYMBOL+OFFSET`"
        end = point.access.span.end
        self.report.add(
            points.WATCH_LENGTH,
            point.place,
            message,
            notes=(note,),
            help="say how many bytes: `len 4` for an `int`, `len 8` for a `long` or a pointer",
            fix=Fix("watch 8 bytes", (Edit(Span(end, end), " len 8"),), safe=False),
        )
        return None

    def _asked_length(self, point: tree.WatchPoint, length: tree.Number) -> int | None:
        if point.access.name == "x" and length.value != _EXECUTE_LENGTH:
            message = f"x86-64 watches execution of an address, for which the kernel wants `len {_EXECUTE_LENGTH}` or none"
        elif length.value not in LENGTHS:
            message = "a hardware breakpoint covers 1, 2, 4 or 8 bytes"
        else:
            return length.value
        self.report.add(points.BAD_WATCH, length.span, message, kernel_error="BAD_ACCESS_LEN")
        return None

    def _symbol(self, symbol: tree.Ident) -> tuple[bool, Variable | None]:
        """Whether a symbol can be watched (what is against it was reported), and what is known of it as a variable."""
        found = self.kernel.find_variable(symbol.name)
        count = self.kernel.has_symbol(symbol.name)
        if isinstance(found, NotFound) and isinstance(count, NotFound):
            near = found.near or count.near
            self.report.add(
                points.UNKNOWN_WATCHED,
                symbol.span,
                f"{self.kernel.title} has no symbol `{symbol.name}`",
                label=suggest(near),
                fix=rename(symbol.span, near),
                kernel_error="BAD_ACCESS_ADDR",
            )
            return False, None
        if isinstance(count, Found) and count.value > 1:
            self.report.add(
                points.AMBIGUOUS_SYMBOL,
                symbol.span,
                f"{count.value} symbols of {self.kernel.title} are called `{symbol.name}`",
                help="an address tells them apart (/proc/kallsyms): `watch 0xADDRESS w len 8`",
                kernel_error=None,
            )
            return False, None
        if not isinstance(found, Found):
            return True, None
        if found.value.percpu:
            self.report.add(
                points.BAD_WATCH,
                symbol.span,
                f"each CPU has a `{symbol.name}` of its own, and a hardware breakpoint watches one address",
                help="the address of one CPU's copy can be watched: `watch 0xADDRESS w len 8`",
            )
            return False, None
        return True, found.value

    # ------------------------------------------------------------------------------------------ hardware

    def _within_hardware(self, point: tree.WatchPoint, length: int) -> bool:
        """What the hardware cannot do is refused when the breakpoint is set, with nothing but EINVAL."""
        if point.access.name == "r":
            self.report.add(
                points.BAD_WATCH,
                point.access.span,
                "x86-64 has no breakpoint on reads alone",
                notes=("the kernel refuses it when the event is switched on, with EINVAL",),
                help="`rw` watches both",
                fix=Fix("watch reads and writes", (Edit(point.access.span, "rw"),), safe=False),
            )
            return False
        if point.access.name != "x" and (point.address or 0) + point.offset & length - 1:
            where = f"{point.address:#x}" if point.symbol is None else f"`{point.symbol.name}+{point.offset}`"
            self.report.add(
                points.BAD_WATCH,
                point.place,
                f"{where} is no multiple of {length}, as the place of a breakpoint on {length} bytes must be",
                help="a shorter `len` may do",
            )
            return False
        if point.symbol is None and (point.address or 0) < _KERNEL_HALF:
            self.report.add(
                points.BAD_WATCH,
                point.place,
                f"{point.address:#x} is no address of the kernel's",
                help="those begin at 0xffff800000000000; /proc/kallsyms has them",
                kernel_error="BAD_ACCESS_ADDR",
            )
            return False
        return True
