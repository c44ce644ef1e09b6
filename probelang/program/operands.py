"""Argument operands of static probes, as an assembler wrote them: `-4@-20(%rbp)`, `8@%rdi`, `8@[x29, -4]`.

The form is `[-]N[f]@OPERAND`: N bytes, signed with the minus, floating point with the f (systemtap's <sys/sdt.h>;
"User Space Probe Argument Format"). The operand is whatever the compiler had for the value.
"""

from __future__ import annotations

import re
from typing import TypeAlias

from probelang.record import record


@record
class Register:
    """A register by the kernel's name for it (arch/x86/kernel/ptrace.c, arch/arm64/kernel/ptrace.c).

    `bits` of it hold the value, from bit `shift` on. `kernel_name` is None where a probe can't read it: vectors, segments.
    """

    name: str
    kernel_name: str | None
    bits: int
    shift: int = 0


@record
class Memory:
    """The value is in memory at `displacement + base + index * scale`, or relative to a symbol of the program.

    With `base` None and no symbol the displacement is an address; with `symbol` it is added to the symbol's.
    What is relative to `ip` is so to the symbol's address, and the program may be loaded anywhere: a probe reads it at
    its own %ip, plus the difference of the two addresses in the file.
    `index_extend` is the arm64 assembler's word for how the index is widened, where it is not 64 bit.
    """

    base: Register | None
    index: Register | None = None
    scale: int = 1
    displacement: int = 0
    symbol: str | None = None
    index_extend: str | None = None


@record
class Constant:
    value: int


@record
class Unreadable:
    """An operand in no form known here; the argument's `text` has it."""


Operand: TypeAlias = Register | Memory | Constant | Unreadable


@record
class UsdtArgument:
    """One argument of a static probe; `size` is in bytes, `text` what the program's note says."""

    size: int
    signed: bool
    is_float: bool
    operand: Operand
    text: str


MOST_ARGUMENTS = 64
"""<sys/sdt.h> has macros for twelve."""
_LONGEST = 4096

_HEAD = re.compile(r"(-?)(\d{1,3})(f?)@")
_START = re.compile(r"(?:(?<=\s)|^)(?=-?\d{1,3}f?@)")
_NUMBER = r"0[xX][0-9a-fA-F]{1,16}|\d{1,20}"
_SYMBOL = r"[A-Za-z_.$][\w.$@]*"
_TERM = re.compile(rf"\s*([-+]*)\s*(?:({_NUMBER})|({_SYMBOL}))\s*")
_X86_MEMORY = re.compile(
    r"(?P<displacement>[^()%]*)\(\s*(?:%(?P<base>\w+))?\s*(?:,\s*%(?P<index>\w+)\s*(?:,\s*(?P<scale>[1248]))?)?\s*\)"
)
_ARM_MEMORY = re.compile(
    r"\[\s*(?P<base>\w+)\s*(?:,\s*(?:#?(?P<displacement>[-+]?(?:0x[0-9a-fA-F]+|\d+))"
    r"|(?P<index>[xw]\d+|[xw]zr)\s*(?:,\s*(?P<extend>lsl|uxtw|sxtw|sxtx|uxtx)\s*(?:#?(?P<shift>[0-4]))?)?)\s*)?\]"
)


def parse_arguments(text: str, machine: str) -> tuple[UsdtArgument, ...]:
    """The arguments of a probe on a machine as `Program.machine` names it. What can't be read is `Unreadable`."""
    text = text[:_LONGEST].strip()
    if not text:
        return ()
    starts = [match.start() for match in _START.finditer(text)]
    if not starts or starts[0] != 0:
        # Old headers wrote no sizes: an operand a word, each as long as a register.
        parts = text.split()
    else:
        parts = [text[begin:end].strip() for begin, end in zip(starts, [*starts[1:], None], strict=True)]
    return tuple([parse_argument(part, machine) for part in parts[:MOST_ARGUMENTS]])


def parse_argument(text: str, machine: str) -> UsdtArgument:
    """One argument, `[-]N[f]@OPERAND`."""
    head = _HEAD.match(text)
    size, signed, is_float = 0, False, False
    if head:
        size, signed, is_float = int(head[2]), bool(head[1]), bool(head[3])
    rest = text[head.end() :].strip() if head else text
    if machine in ("x86-64", "i386"):
        operand = _parse_x86(rest)
        size = size or (8 if machine == "x86-64" else 4)
    elif machine == "arm64":
        operand = _parse_arm64(rest)
        size = size or 8
    else:
        operand = Unreadable()
    return UsdtArgument(size, signed, is_float, operand, text)


def _parse_x86(text: str) -> Operand:
    if text.startswith("%") and ":" not in text:
        return x86_register(text[1:]) or Unreadable()
    if text.startswith("$"):
        number = _parse_sum(text[1:])
        return Constant(number[0]) if number is not None and number[1] is None else Unreadable()
    match = _X86_MEMORY.fullmatch(text)
    if match:
        total = _parse_sum(match["displacement"]) if match["displacement"].strip() else (0, None)
        base = x86_register(match["base"]) if match["base"] else None
        index = x86_register(match["index"]) if match["index"] else None
        known = (base or not match["base"]) and (index or not match["index"]) and (base or index)
        if total is None or not known:
            return Unreadable()
        return Memory(base, index, int(match["scale"] or 1), *total)
    total = _parse_sum(text)
    return Memory(None, None, 1, *total) if total is not None else Unreadable()


def _parse_sum(text: str) -> tuple[int, str | None] | None:
    """`-8+4`, `sym+16`, `8+sym`: a number and at most one symbol."""
    at, value, symbol = 0, 0, None
    while at < len(text):
        match = _TERM.match(text, at)
        if match is None or (at and not match[1]):
            return None
        negative = match[1].count("-") % 2 == 1
        if match[3]:
            if symbol is not None or negative:
                return None
            symbol = match[3].partition("@")[0]
        else:
            digits = match[2]
            number = int(digits, 16 if digits[:2] in ("0x", "0X") else 10)
            value += -number if negative else number
        at = match.end()
    return (value, symbol) if at else None


_X86_NAMES = {
    "rax": "ax", "rbx": "bx", "rcx": "cx", "rdx": "dx", "rsi": "si", "rdi": "di", "rbp": "bp", "rsp": "sp",
    "rip": "ip",
}  # fmt: skip


def _x86_registers() -> dict[str, Register]:
    table: dict[str, Register] = {}
    for long, kernel in _X86_NAMES.items():
        table[long] = Register(long, kernel, 64)
        table["e" + kernel] = Register("e" + kernel, kernel, 32)
        table[kernel] = Register(kernel, kernel, 16)
    for letter in "abcd":
        table[f"{letter}l"] = Register(f"{letter}l", f"{letter}x", 8)
        table[f"{letter}h"] = Register(f"{letter}h", f"{letter}x", 8, 8)
    for name in ("si", "di", "bp", "sp"):
        table[f"{name}l"] = Register(f"{name}l", name, 8)
    for number in range(8, 16):
        name = f"r{number}"
        table[name] = Register(name, name, 64)
        for suffix, bits in (("d", 32), ("w", 16), ("b", 8), ("l", 8)):
            table[name + suffix] = Register(name + suffix, name, bits)
    return table


_X86 = _x86_registers()
_VECTOR = re.compile(r"[xyz]mm\d\d?|st(\(\d\))?|[cdefgs]s|k[0-7]|mm[0-7]")


def x86_register(name: str) -> Register | None:
    """A register by the assembler's name without the `%`."""
    found = _X86.get(name)
    if found is None and _VECTOR.fullmatch(name):
        bits = {"x": 128, "y": 256, "z": 512}.get(name[0], 64) if name[1:3] == "mm" else 64
        return Register(name, None, bits)
    return found


def arm64_register(name: str) -> Register | None:
    """A register by the assembler's name."""
    kind, number = name[:1], name[1:]
    if kind in ("x", "w") and number.isdecimal() and len(number) <= 2 and int(number) <= 30:
        return Register(name, f"x{int(number)}", 64 if kind == "x" else 32)
    if name in ("sp", "wsp"):
        return Register(name, "sp", 64 if name == "sp" else 32)
    if name in ("lr", "fp"):
        return Register(name, "x30" if name == "lr" else "x29", 64)
    if kind in "bhsdqv" and kind and number.isdecimal() and len(number) <= 2 and int(number) <= 31:
        return Register(name, None, {"b": 8, "h": 16, "s": 32, "d": 64}.get(kind, 128))
    return None


def _parse_arm64(text: str) -> Operand:
    if text in ("xzr", "wzr"):
        return Constant(0)
    register = arm64_register(text)
    if register is not None:
        return register
    match = _ARM_MEMORY.fullmatch(text)
    if match:
        base = arm64_register(match["base"])
        index = arm64_register(match["index"]) if match["index"] else None
        if base is None or base.kernel_name is None or base.bits != 64 or (match["index"] and index is None):
            return Unreadable()
        if index is not None:
            extend = match["extend"] if match["extend"] not in (None, "lsl") else None
            return Memory(base, index, 1 << int(match["shift"] or 0), index_extend=extend)
        return Memory(base, displacement=int(match["displacement"] or "0", 0))
    total = _parse_sum(text.removeprefix("#"))
    return Constant(total[0]) if total is not None and total[1] is None else Unreadable()
