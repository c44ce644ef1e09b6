"""DWARF's numbers of registers, by the kernel's names for them.

Numbers: the processor supplements of the System V ABI (x86-64, figure 3.36; i386, table 2.14) and "DWARF for the Arm
64-bit Architecture". Names: `regoffset_table` in arch/x86/kernel/ptrace.c and arch/arm64/kernel/ptrace.c; what is not
there can't be fetched by a probe.
"""

from __future__ import annotations

_NAMES = {
    "x86_64": (
        *("ax", "dx", "cx", "bx", "si", "di", "bp", "sp"),
        *("r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "ip"),
    ),
    "i386": ("ax", "cx", "dx", "bx", "sp", "bp", "si", "di", "ip"),
    "aarch64": (*(f"x{number}" for number in range(30)), "lr", "sp"),
}

#: Where the canonical frame address is when a function is entered: register, offset.
_ENTRY_FRAMES = {"x86_64": ("sp", 8), "i386": ("sp", 4), "aarch64": ("sp", 0)}


def register_name(machine: str, number: int) -> str | None:
    """As a probe names it, without `%`; None of a register that probes can't fetch (those of floating point)."""
    names = _NAMES.get(machine, ())
    return names[number] if 0 <= number < len(names) else None


def entry_frame(machine: str) -> tuple[str, int] | None:
    """The canonical frame address at a function's first instruction, as a register and an offset."""
    return _ENTRY_FRAMES.get(machine)
