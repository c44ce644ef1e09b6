"""Names of events and groups in commands, `$arg*`, and `%pd`: what all kinds of probes have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.btf.layout import find_member
from probelang.btf.names import Space
from probelang.commands.octets import is_digit, is_good_name, leading_number
from probelang.commands.verdict import Doubtful, Log, Refused

if TYPE_CHECKING:
    from probelang.commands.context import Context
    from probelang.commands.target import Target

MAX_EVENT_NAME = 64
_MAX_PARAMS_TEXT = 128
_MAX_DENTRY_TEXT = 256


def parse_event_name(text: str, start: int, log: Log) -> tuple[str | None, str | None]:
    """`[GROUP/][EVENT]` or `GROUP.EVENT`: the group and the event, None where left out. Raises `Refused`."""
    group: str | None = None
    cut = text.find("/")
    if cut < 0:
        cut = text.find(".")
    if cut >= 0:
        if cut == 0:
            raise log.refuse(start, "NO_GROUP_NAME")
        if cut + 1 > MAX_EVENT_NAME:
            raise log.refuse(start, "GROUP_TOO_LONG")
        group = text[:cut]
        if not is_good_name(group, hyphens=True):
            raise log.refuse(start, "BAD_GROUP_NAME")
        start += cut + 1
        text = text[cut + 1 :]
    if not text:
        if group is not None:
            return group, None
        raise log.refuse(start, "NO_EVENT_NAME")
    if len(text) >= MAX_EVENT_NAME:
        raise log.refuse(start, "EVENT_TOO_LONG")
    if not is_good_name(text):
        raise log.refuse(start, "BAD_EVENT_NAME")
    return group, text


def default_name(text: str) -> str:
    """The name that the kernel makes of a point, cut at its limit, with the characters it replaces."""
    text = text[: MAX_EVENT_NAME - 1]
    return text[:1] + "".join("_" if char in ":.*" else char for char in text[1:])


def expand_params(args: list[str], context: Context) -> tuple[list[str], bool]:
    """`$arg*` and `$argN` as the names of parameters; the second answer is whether anything was. Raises `Refused`."""
    log = context.log
    star: int | None = None
    found = False
    for number, arg in enumerate(args):
        if not arg.startswith("$arg"):
            continue
        log.index = number + 2
        if not (context.at.is_function_entry or context.at.is_function_return):
            raise log.refuse(0, "NOFENTRY_ARGS")
        found = True
        if is_digit(arg[4:5]):
            continue
        if arg[4:5] != "*":
            raise log.refuse(0, "BAD_VAR")
        if star is not None:
            raise log.refuse(0, "DOUBLE_ARGS")
        star = number
    if not found:
        return args, False
    params = context.params
    context.is_known = context.proto is not None
    if context.proto is None or not params:
        if star is not None:
            raise log.refuse(0, "NOSUP_BTFARG")
        return args, False
    expanded: list[str] = []
    room = _MAX_PARAMS_TEXT
    for number, arg in enumerate(args):
        log.index = number + 2
        if number == star:
            texts = [name for name, _ in params]
        elif arg.startswith("$arg"):
            texts = [_one_param(arg, context)]
        else:
            expanded.append(arg)
            continue
        for text in texts:
            if len(text) >= room:
                raise log.refuse(0, "ARGS_2LONG")
            room -= len(text) + 1
            expanded.append(text)
    return expanded, True


def _one_param(arg: str, context: Context) -> str:
    log = context.log
    number, length = leading_number(arg[4:], 10)
    type = arg[4 + length :]
    if type and type[0] != ":":
        raise log.refuse(0, "BAD_VAR")
    number = (number & 0xFFFFFFFF) - ((number & 0x80000000) << 1)
    if number == 0:
        raise log.refuse(0, "BAD_ARG_NUM")
    if number - 1 >= len(context.params):
        raise log.refuse(0, "NO_BTFARG")
    if number < 0:
        raise Doubtful("memory")
    return context.params[number - 1][0] + type


def expand_dentries(args: list[str], target: Target) -> list[str]:
    """`NAME=VALUE:%pd` and `:%pD` as the reads that they stand for. Raises `Refused` where they take too much room."""
    if not target.dentries or not any(arg[-4:] in (":%pd", ":%pD") for arg in args):
        return args
    room = _MAX_DENTRY_TEXT
    expanded = []
    for arg in args:
        if arg[-4:] not in (":%pd", ":%pD"):
            expanded.append(arg)
            continue
        name, equals, value = arg[:-4].partition("=")
        if not equals:
            name, value = "", name
        inner = value if arg[-1] == "d" else f"+{_offset(target, 'file', 'f_path', 'dentry'):#x}({value})"
        text = f"{name}{equals}+0x0(+{_offset(target, 'dentry', 'd_name', 'name'):#x}({inner})):string"
        if len(text) >= room:
            raise Refused("dentries-too-long")
        room -= len(text) + 1
        expanded.append(text)
    return expanded


def _offset(target: Target, struct: str, *path: str) -> int:
    btf = target.kernel.btf
    id = btf.find(Space.STRUCT, struct) if btf is not None else None
    bits = 0
    for name in path:
        place = find_member(btf, id, name) if btf is not None and id is not None else None
        if place is None:
            raise Doubtful("prototype")
        bits += place.bit_offset
        id = place.type
    return bits // 8
