"""Trees of files laid out like `/`, small but true to form."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.unit.btf.writer import SIGNED, Writer

if TYPE_CHECKING:
    from pathlib import Path

SWITCH = """\
name: sched_switch
ID: 316
format:
\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;
\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;
\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;
\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;

\tfield:char prev_comm[16];\toffset:8;\tsize:16;\tsigned:0;
"""


def tiny_btf() -> bytes:
    writer = Writer()
    integer = writer.integer("int", 4, SIGNED)
    writer.func("vfs_read", writer.proto(integer, ("count", integer)))
    writer.struct("trace_kprobe", 4, [("nhit", integer, 0)])
    writer.enum("", {"TP_ERR_NON_UNIQ_SYMBOL": 0, "FETCH_OP_ST_SYMSTR": 1})
    return writer.blob()


def tree() -> dict[str, bytes]:
    kallsyms = ["ffffffff81000000 T _stext", "ffffffff81000010 T vfs_read", "ffffffff81000020 t helper"]
    kallsyms += ["ffffffff81000030 t helper", "ffffffff81000040 T entry_asm", "ffffffff82000000 T _etext"]
    kallsyms += ["ffffffff83000000 T misplaced", "ffffffffc0000000 t xfs_read\t[xfs]"]
    kallsyms += [f"ffffffff84000000 D variable_{number}" for number in range(1100)]
    return {
        "sys/kernel/btf/vmlinux": tiny_btf(),
        "sys/kernel/tracing/README": b"tracing mini-HOWTO:\n\n  kprobe_events\t\t- kernel dynamic events\n  symstr\n",
        "sys/kernel/tracing/available_filter_functions": b"vfs_read\nxfs_read [xfs]\nvfs_write.isra.0\n",
        "sys/kernel/tracing/events/sched/sched_switch/format": SWITCH.encode(),
        "sys/kernel/tracing/events/sched/enable": b"0\n",
        "sys/kernel/debug/kprobes/blacklist": b"0x1-0x2\tentry_asm\n",
        "proc/kallsyms": "\n".join(kallsyms).encode() + b"\n",
        "proc/version": b"Linux version 6.12.3-test (someone@somewhere) #1 SMP\n",
    }


def write_tree(root: Path, files: dict[str, bytes] | None = None) -> Path:
    for path, data in (tree() if files is None else files).items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    return root
