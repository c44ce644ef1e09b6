"""Specs with values of every type, what hits them, and how what is read of them compares with the kernel's own text."""

from __future__ import annotations

import re
from typing import Any

KERNELS = ("6.1", "6.12", "7.3")

_EVERY = """
numbers = kprobe vfs_write if count == 4321 {
    count
    u8 = count: u8, s8 = count: s8, x8 = count: x8
    u16 = count: u16, s16 = count: s16, x16 = count: x16
    u32 = count: u32, s32 = count: s32, x32 = count: x32
    s64 = count: s64, x64 = count: x64
    bits = count: b4@4/32
    pos
    neg = -8(pos): s64
    array = file->f_inode->i_sb->s_uuid.b
    words = +0(file): x64[3]
    signed = +0(file): s16[4]
}
texts = fprobe vfs_write if count == 4321 {
    name = file->f_path.dentry->d_name.name
    given = buf: ustring
    who = $comm
    function = file->f_op->write_iter: symbol
    functions = +0(file->f_op): symbol[9]
    strings = +40(file->f_path.dentry): string[2]
    word = "constant"
    text = file->f_op->write_iter: symstr
}
symstrs = fprobe vfs_write if count == 4321 {
    first = file->f_op->write_iter: symstr
    second = file->f_op->llseek: symstr
    name = file->f_path.dentry->d_name.name
}
faults = kprobe vfs_write if count == 4321 {
    n = +0(%dx): u32
    s = +0(%dx): string
    a = +0(%dx): u8[3]
    z = +0(%dx): string[2]
}
back = fprobe vfs_write%return if $retval == 4321 { $retval, r = $retval: x32 }
joined = fprobe vfs_write%return if count == 4321 { took = $duration, before = entry(file->f_pos), count }
stacked = fprobe vfs_write with stacktrace if count == 4321 { count }
many = fprobe vfs_{read,write} if count == 4321 { count }
call = eprobe syscalls:sys_enter_write if count == 4321 { fd, count }
executed = eprobe sched:sched_process_exec { pid, filename }
"""
_NEWER = """
characters = kprobe vfs_write if count == 4321 { count, c = count: char, many = +0(file->f_path.dentry->d_name.name): char[3] }
raw = tprobe sched_process_exec { pid = p->pid, bprm->filename }
"""


PROGRAM = "program = uprobe /bin/busybox:ENTRY { sp = %sp: x64, name = +0(+8(%sp)): string }\n"
"""With ENTRY, where the program begins in its file, to be put in."""

WORK = r"""
import os
open("/proc/self/comm", "wb").write(b"a\x1b[31m \xff-7")
os.chdir("/tmp")
for name in (b"plain", b"esc\x1b[2J\"q\\", b"bad\xff\xfe", "\u00fc\u6f22".encode(), b"x" * 200):
    file = os.open(name, os.O_RDWR | os.O_CREAT)
    os.write(file, name + b"\0" + bytes(4321 - len(name) - 1))
    os.lseek(file, 0, 0)
    os.read(file, 4321)
    os.close(file)
os.spawnl(os.P_WAIT, "/bin/busybox", "busybox", "true")
"""


def spec_of(kernel: str) -> str:
    """The spec for one of KERNELS."""
    return "group rd\n" + _EVERY + (_NEWER if kernel != "6.1" else "")


_LINE = re.compile(
    r"^\s*(?P<comm>.*)-(?P<tid>\d+)\s+\[(?P<cpu>\d+)\]\s+\S+\s+(?P<time>[\d.]+): (?P<event>\w+): ?(?P<rest>.*)$"
)
_SIZE = re.compile(r"(\+0x[0-9a-f]+)/0x[0-9a-f]+")


def compare(text: str, hits: list[dict[str, Any]], spec: str) -> None:
    """Assert that hits, as `shown_hit` has them, are those of the kernel's text, all of them, and of all events of a spec."""
    lines, stacks = read_text(text)
    assert [hit["event"] for hit in hits] == [line["event"] for line in lines], text
    assert {hit["event"] for hit in hits} == set(re.findall(r"^(\w+) = ", spec, re.MULTILINE))
    for hit, line, stack in zip(hits, lines, stacks, strict=True):
        assert (hit["tid"], hit["cpu"]) == (int(line["tid"]), int(line["cpu"]))
        assert abs(hit["time"] / 1e9 - float(line["time"])) < 2e-6, (hit, line.string)
        assert line["comm"] in (hit["comm"], "<...>"), (hit, line.string)
        assert len(hit["stack"]) == len(stack), line.string
        for frame, function in zip(hit["stack"], stack, strict=True):
            # the kernel does not name its trampolines everywhere that it lists them
            assert frame.partition("+")[0] == function or function.startswith("0x"), (frame, function)
        arguments = " ".join(
            f"{name}={shown(value, hit['types'][name])}" for name, value in hit["values"].items()
        )
        if hit["event"] != "symstrs":
            assert arguments in _SIZE.sub(r"\1", line["rest"]), (arguments, line.string)
    seen = [hit["place"] for hit in hits if hit["event"] == "many"]
    assert seen == ["vfs_write", "vfs_read"] * 5
    for hit, other in zip(_of("symstrs", hits), _of("texts", hits), strict=True):
        # where the kernel's own text runs on into the next string
        assert hit["values"]["first"] == other["values"]["text"]
        assert hit["values"]["name"] == other["values"]["name"]
        assert re.fullmatch(r"\w+\+0x0/0x[0-9a-f]+", hit["values"]["second"]), hit


def _of(event: str, hits: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [hit for hit in hits if hit["event"] == event]


def read_text(text: str) -> tuple[list[re.Match[str]], list[list[str]]]:
    """The lines of a trace, and the stack behind each."""
    lines: list[re.Match[str]] = []
    stacks: list[list[str]] = []
    for line in text.split("\n"):
        found = _LINE.match(line)
        if line.startswith(" => "):
            stacks[-1].append(line[4:].strip())
        elif found is not None and not line.startswith("#"):
            lines.append(found)
            stacks.append([])
    return lines, stacks


def shown(value: Any, type: str) -> str:
    """A value as the kernel's text has it."""
    base = type.partition("[")[0]
    match value:
        case list():
            return "{" + ",".join(shown(each, base) for each in value) + "}"
        case None:
            return "(fault)"
        case int() if base.startswith("x"):
            return f"{value:#x}"
        case int():
            return str(value)
        case _ if base == "symbol":
            return str(value)
        case _ if base == "char":
            return f"'{value}'"
        case _:
            return _SIZE.sub(r"\1", f'"{value}"')
