"""Argument operands of static probes, as gcc and clang write them for both machines."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probelang.program.operands import (
    MOST_ARGUMENTS,
    Constant,
    Memory,
    Operand,
    Register,
    Unreadable,
    arm64_register,
    parse_argument,
    parse_arguments,
    x86_register,
)

AX, EAX, AL = Register("rax", "ax", 64), Register("eax", "ax", 32), Register("al", "ax", 8)
BP, SP, DX = Register("rbp", "bp", 64), Register("rsp", "sp", 64), Register("rdx", "dx", 64)
IP = Register("rip", "ip", 64)
X0, X1, X29 = Register("x0", "x0", 64), Register("x1", "x1", 64), Register("x29", "x29", 64)
ARM_SP = Register("sp", "sp", 64)

X86: dict[str, tuple[int, bool, bool, Operand]] = {
    "-4@%eax": (4, True, False, EAX),
    "8@%rdi": (8, False, False, Register("rdi", "di", 64)),
    "1@%al": (1, False, False, AL),
    "1@%ah": (1, False, False, Register("ah", "ax", 8, 8)),
    "2@%si": (2, False, False, Register("si", "si", 16)),
    "1@%sil": (1, False, False, Register("sil", "si", 8)),
    "4@%r8d": (4, False, False, Register("r8d", "r8", 32)),
    "2@%r10w": (2, False, False, Register("r10w", "r10", 16)),
    "1@%r15b": (1, False, False, Register("r15b", "r15", 8)),
    "4@$5": (4, False, False, Constant(5)),
    "-4@$-5": (4, True, False, Constant(-5)),
    "8@$0xff": (8, False, False, Constant(255)),
    "-4@-20(%rbp)": (4, True, False, Memory(BP, displacement=-20)),
    "8@(%rax)": (8, False, False, Memory(AX)),
    "8@0x10(%rsp)": (8, False, False, Memory(SP, displacement=16)),
    "8@(%rax,%rdx,8)": (8, False, False, Memory(AX, DX, 8)),
    "8@-8(%rax,%rdx)": (8, False, False, Memory(AX, DX, 1, -8)),
    "8@16(,%rdx,4)": (8, False, False, Memory(None, DX, 4, 16)),
    "4@12+8-4(%rsp)": (4, False, False, Memory(SP, displacement=16)),
    "8@counter(%rip)": (8, False, False, Memory(IP, symbol="counter")),
    "8@counter+16(%rip)": (8, False, False, Memory(IP, displacement=16, symbol="counter")),
    "8@16+counter(%rip)": (8, False, False, Memory(IP, displacement=16, symbol="counter")),
    "-4@table.0-4(,%rax,4)": (4, True, False, Memory(None, AX, 4, -4, "table.0")),
    "8@_ZL7counter@GOTPCREL(%rip)": (8, False, False, Memory(IP, symbol="_ZL7counter")),
    "8@counter": (8, False, False, Memory(None, symbol="counter")),
    "8f@%xmm0": (8, False, True, Register("xmm0", None, 128)),
    "-8f@-16(%rbp)": (8, True, True, Memory(BP, displacement=-16)),
    "%rax": (8, False, False, AX),
    "8@%fs:16": (8, False, False, Unreadable()),
    "8@%rzx": (8, False, False, Unreadable()),
    "8@4(%rzx)": (8, False, False, Unreadable()),
    "8@(%rax,%rdx,3)": (8, False, False, Unreadable()),
    "8@$counter": (8, False, False, Unreadable()),
    "8@": (8, False, False, Unreadable()),
    "8@a-b(%rip)": (8, False, False, Unreadable()),
}
ARM64: dict[str, tuple[int, bool, bool, Operand]] = {
    "8@x0": (8, False, False, X0),
    "-4@w1": (4, True, False, Register("w1", "x1", 32)),
    "8@sp": (8, False, False, ARM_SP),
    "8@x30": (8, False, False, Register("x30", "x30", 64)),
    "-4@5": (4, True, False, Constant(5)),
    "-8@-1": (8, True, False, Constant(-1)),
    "8@#7": (8, False, False, Constant(7)),
    "4@wzr": (4, False, False, Constant(0)),
    "8@xzr": (8, False, False, Constant(0)),
    "8@[x29, -4]": (8, False, False, Memory(X29, displacement=-4)),
    "8@[sp, 8]": (8, False, False, Memory(ARM_SP, displacement=8)),
    "8@[sp,#16]": (8, False, False, Memory(ARM_SP, displacement=16)),
    "-4@[sp]": (4, True, False, Memory(ARM_SP)),
    "8@[x0, x1]": (8, False, False, Memory(X0, X1)),
    "8@[x0, x1, lsl 3]": (8, False, False, Memory(X0, X1, 8)),
    "4@[x0, w1, sxtw 2]": (4, False, False, Memory(X0, Register("w1", "x1", 32), 4, index_extend="sxtw")),
    "4@[x0, w1, uxtw]": (4, False, False, Memory(X0, Register("w1", "x1", 32), 1, index_extend="uxtw")),
    "8f@d0": (8, False, True, Register("d0", None, 64)),
    "8@x31": (8, False, False, Unreadable()),
    "8@[w0]": (8, False, False, Unreadable()),
    "8@[x0, #:lo12:counter]": (8, False, False, Unreadable()),
}


@pytest.mark.parametrize(
    ("machine", "text"), [("x86-64", text) for text in X86] + [("arm64", text) for text in ARM64]
)
def test_an_operand_is_read(machine: str, text: str) -> None:
    argument = parse_argument(text, machine)
    want = (X86 if machine == "x86-64" else ARM64)[text]
    assert (argument.size, argument.signed, argument.is_float, argument.operand) == want
    assert argument.text == text


@pytest.mark.parametrize(("machine", "table"), [("x86-64", X86), ("arm64", ARM64)])
def test_arguments_are_told_apart_where_operands_have_spaces(machine: str, table: dict[str, object]) -> None:
    texts = [text for text in table if "@" in text][:12]
    read = parse_arguments(" ".join(texts), machine)
    assert [argument.text for argument in read] == texts
    assert read == tuple(parse_argument(text, machine) for text in texts)


def test_none_old_and_foreign_ones() -> None:
    assert parse_arguments("", "x86-64") == ()
    assert parse_arguments("  ", "arm64") == ()
    assert [argument.operand for argument in parse_arguments("%rax 8(%rbp)", "x86-64")] == [
        AX,
        Memory(BP, displacement=8),
    ]
    assert parse_argument("8@a0", "riscv").operand == Unreadable()


def test_every_general_register_has_the_kernels_name() -> None:
    kernel = {"ax", "bx", "cx", "dx", "si", "di", "bp", "sp", *(f"r{number}" for number in range(8, 16))}
    for suffixes, bits in ((("r", ""), 64), (("e", "d"), 32)):
        names = {
            name: (suffixes[0] + name if not name[1:].isdigit() else name + suffixes[1]) for name in kernel
        }
        for name, text in names.items():
            assert x86_register(text) == Register(text, name, bits)
    for number in range(31):
        assert arm64_register(f"x{number}") == Register(f"x{number}", f"x{number}", 64)
        assert arm64_register(f"w{number}") == Register(f"w{number}", f"x{number}", 32)


@given(
    st.text("0123456789-+@%$#()[], abdilprswxzf:.é\n", max_size=60),
    st.sampled_from(["x86-64", "arm64", "i386", "s390"]),
)
def test_no_text_raises(text: str, machine: str) -> None:
    assert len(parse_arguments(text, machine)) <= MOST_ARGUMENTS


def test_long_texts_are_cut() -> None:
    assert len(parse_arguments("8@%rax " * 1_000_000, "x86-64")) == MOST_ARGUMENTS
    assert len(parse_arguments("8@" + "+" * 1_000_000, "x86-64")) == 1
    assert len(parse_arguments("8@" + "(" * 1_000_000, "arm64")) == 1
