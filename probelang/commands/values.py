"""Where a value comes from: `$variables`, `%registers`, `@memory`, `\\constants`, and names.

Everything here raises `Refused`, and leaves in `code` what fetches the value (kernel/trace/trace_probe.c).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.commands.context import MAX_STACK, At, Context
from probelang.commands.members import parse_name
from probelang.commands.octets import is_digit, is_letter, parse_signed, parse_unsigned
from probelang.commands.verdict import Refused

if TYPE_CHECKING:
    from probelang.commands.types import Code

REGISTERS = frozenset(
    [f"r{number}" for number in range(8, 16)]
    + ["bx", "cx", "dx", "si", "di", "bp", "ax", "orig_ax", "ip", "cs", "flags", "sp", "ss"]
)
"""x86-64's, by the names of arch/x86/kernel/ptrace.c."""


def parse_leaf(text: str, code: Code, context: Context) -> None:
    """A value that is not made of others."""
    before = code.op
    match text[:1]:
        case "$":
            _variable(text, code, context)
        case "%":
            _register(text, code, context)
        case "@":
            _memory(text, code, context)
        case "\\":
            _constant(text, code, context)
        case first:
            if is_letter(first) or first == "_":
                _name(text, code, context)
    if before == "NOP" and code.op == "NOP":
        raise context.log.refuse(context.offset, "BAD_FETCH_ARG")


def _variable(text: str, code: Code, context: Context) -> None:
    name, at = text[1:], context.at
    if At.EVENT in at:
        _event_field(name, code, context)
    elif name in ("comm", "COMM"):
        code.op = "COMM"
    elif name.startswith("retval") and (context.target.names or name == "retval"):
        _retval(text, code, context)
    elif name.startswith("stack"):
        _stack(name, code, context)
    elif context.target.current and name.startswith("current"):
        _current(text, code, context)
    elif name.startswith("arg"):
        _arg(name, code, context)
    else:
        raise context.log.refuse(context.offset, "BAD_VAR")


def _event_field(name: str, code: Code, context: Context) -> None:
    is_field = any(field.name == name for field in context.fields)
    is_comm = name in ("comm", "COMM")
    if is_field or not context.target.names:
        # Linux 6.1 looks fields up when the whole arg is parsed
        code.set("TP_ARG", name)
        context.missing_field = not is_field and not is_comm
    elif is_comm:
        code.op = "COMM"
    else:
        raise context.log.refuse(context.offset, "BAD_VAR")


def _retval(text: str, code: Code, context: Context) -> None:
    if At.RETURN not in context.at:
        raise context.log.refuse(context.offset, "RETVAL_ON_PROBE")
    if At.KERNEL not in context.at or not context.target.names:
        code.op = "RETVAL"
        return
    parse_name(text, code, context)


def _stack(name: str, code: Code, context: Context) -> None:
    digits = name[5:]
    if not digits:
        code.op = "STACKP"
        return
    number = parse_unsigned(digits, 10) if is_digit(digits[0]) else None
    if number is None:
        raise context.log.refuse(context.offset, "BAD_VAR")
    if At.KERNEL in context.at and number > MAX_STACK:
        raise context.log.refuse(context.offset, "BAD_STACK_NUM")
    code.set("STACK", number)


def _current(text: str, code: Code, context: Context) -> None:
    rest = text[len("$current") :]
    if At.KERNEL not in context.at or (rest and (rest[0] != "-" or not context.target.names)):
        raise context.log.refuse(context.offset, "BAD_VAR")
    if rest:
        parse_name(text, code, context)
    else:
        code.op = "CURRENT"


def _arg(name: str, code: Code, context: Context) -> None:
    log, at = context.log, context.at
    if not context.target.names and not at.is_function_entry:
        raise log.refuse(context.offset, "BAD_VAR")
    number = parse_unsigned(name[3:], 10)
    if number is None:
        raise log.refuse(context.offset, "BAD_VAR")
    if not 0 < number <= MAX_STACK:
        raise log.refuse(context.offset, "BAD_ARG_NUM")
    if at.is_function_entry:
        code.set("ARG", number - 1)
    elif at.is_function_return and context.target.entry_data:
        context.save_param(number - 1)
        code.set("EDATA", number - 1)
    else:
        raise log.refuse(context.offset, "NOFENTRY_ARGS")


def _register(text: str, code: Code, context: Context) -> None:
    if At.EVENT in context.at or At.FPROBE in context.at:
        context.log.add(context.offset, "BAD_VAR")
        if context.target.loop:
            raise Refused
        return
    if text[1:] not in REGISTERS:
        raise context.log.refuse(context.offset, "BAD_REG_NAME")
    code.set("REG", text[1:])


def _memory(text: str, code: Code, context: Context) -> None:
    log = context.log
    if is_digit(text[1:2]):
        address = parse_unsigned(text[1:])
        if address is None:
            raise log.refuse(context.offset, "BAD_MEM_ADDR")
        code.set("IMM", address)
    elif text[1:2] == "+":
        if At.KERNEL in context.at:
            raise log.refuse(context.offset, "FILE_ON_KPROBE")
        place = parse_signed(text[2:])
        if place is None:
            raise log.refuse(context.offset, "BAD_FILE_OFFS")
        code.set("FOFFS", place)
    else:
        if At.KERNEL not in context.at:
            raise log.refuse(context.offset, "SYM_ON_UPROBE")
        context.symbols.append(text[1:])
        code.set("SYMBOL", text[1:])
        if not code.advance():
            raise log.refuse(context.offset, "TOO_MANY_OPS")
        code.op = "IMM"
    if not code.advance():
        raise log.refuse(context.offset, "TOO_MANY_OPS")
    code.set("DEREF", 0)


def _constant(text: str, code: Code, context: Context) -> None:
    body = text[1:]
    if body[:1] == '"':
        if len(body) < 2 or body[-1] != '"':
            raise context.log.refuse(context.moved(1 + len(body)), "IMMSTR_NO_CLOSE")
        code.set("DATA", body)
        return
    number: int | None = None
    if is_digit(body[:1]):
        number = parse_unsigned(body)
    elif body[:1] == "-":
        number = parse_signed(body)
    elif body[:1] == "+":
        number = parse_signed(body[1:])
    if number is None:
        raise context.log.refuse(context.moved(1), "BAD_IMM")
    code.set("IMM", number % (1 << 64))


def _name(text: str, code: Code, context: Context) -> None:
    if not context.target.names:
        return
    if At.EVENT in context.at and context.target.loop:
        if not any(field.name == text for field in context.fields):
            raise context.log.refuse(context.offset, "NO_EVENT_FIELD")
        code.set("TP_ARG", text)
        return
    if not (context.at.is_function_entry or context.at.is_function_return):
        raise context.log.refuse(context.offset, "NOSUP_BTFARG")
    parse_name(text, code, context)
