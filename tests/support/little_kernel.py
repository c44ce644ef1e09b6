"""A little `vmlinux`, built by the tests: what a kernel's image has for probes, in a few kilobytes and with BTF."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from tests.unit.btf.compiler import require

if TYPE_CHECKING:
    from pathlib import Path

RELEASE = "6.99.0-little"

_HEADER = r"""
struct inode { unsigned long i_ino; struct inode *i_parent; };
struct file { struct inode *f_inode; const char *name; int mode; unsigned flag : 3; };
extern volatile long sink;
long look(struct file *file, long count);
static inline __attribute__((always_inline)) long checked(struct file *file, long limit)
{
	long seen = file->mode;			/* checked: first */
	if (seen > limit)
		sink = seen;			/* checked: body */
	return seen;
}
"""

_READ = r"""
#include "include/linux/file.h"
volatile long sink;
const char linux_banner[] __attribute__((used)) = "Linux version 6.99.0-little (somebody) #1 SMP today\n";
struct jump_entry { int code; int target; long key; } shape __attribute__((used));
struct trace_kprobe { int hits; } events __attribute__((used));
extern char __start___jump_table[], __stop___jump_table[];
void *table[] = { __start___jump_table, __stop___jump_table };
asm(".text\n.globl _text\n_text:");

__attribute__((noinline)) long vfs_read(struct file *file, char *buf, unsigned long count, long *pos)
{
	long ret;

	if (!file->f_inode)
		return -9;			/* read: early */
	ret = look(file, count);		/* read: call */
	ret += checked(file, ret);		/* read: inlined */
	*pos += ret;				/* read: last */
	return ret;
}

__attribute__((noinline)) long vfs_write(struct file *file, long count)
{
	struct inode *parent = file->f_inode->i_parent;
	return checked(file, count) + parent->i_ino;
}

__attribute__((noinline)) long branch(struct file *file)
{
	asm goto("1: .byte 0x0f,0x1f,0x44,0x00,0x00\n .pushsection __jump_table,\"a\"\n"	/* branch: patched */
		 " .long 1b - ., %l[yes] - .\n .quad 0\n .popsection" :::: yes);
	return file->mode;
yes:
	return look(file, 1);
}

__attribute__((noinline)) static long init_once(struct file *file)
{
	return look(file, 2) + 1;		/* init: first */
}
asm(".globl __noinstr_text_start\n__noinstr_text_start:");
__attribute__((noinline)) long quiet(long count)
{
	return count + sink;			/* quiet: body */
}
asm(".globl __noinstr_text_end\n__noinstr_text_end:");
__attribute__((noinline)) long forbidden(long count)
{
	return count * sink;			/* forbidden: body */
}
asm(".section .data\n.globl __start_kprobe_blacklist\n__start_kprobe_blacklist: .quad forbidden\n"
    ".globl __stop_kprobe_blacklist\n__stop_kprobe_blacklist:\n.text");
long start(struct file *file)
{
	return vfs_read(file, 0, 1, 0) + vfs_write(file, 2) + branch(file) + init_once(file) + quiet(3) + forbidden(4);
}
"""

_OTHER = r"""
#include "include/linux/file.h"
__attribute__((noinline)) long look(struct file *file, long count)
{
	sink = count;				/* look: first */
	return file->mode * count;
}
__attribute__((noinline, used)) static long init_once(struct file *file)
{
	return look(file, 5);			/* init: second */
}
"""

SOURCES = {
    "include/linux/file.h": _HEADER,
    "fs/read.c": _READ,
    "fs/core.c": _OTHER,
    "mm/core.c": "long mapped(long count)\n{\n\tlong twice = count * 2;\n\treturn twice;\n}\n",
}


def line_of(file: str, mark: str) -> int:
    """The number of the line that ends in `/* mark */`."""
    lines = SOURCES[file].splitlines()
    (number,) = [number for number, line in enumerate(lines, 1) if line.endswith(f"/* {mark} */")]
    return number


def build_little_kernel(folder: Path, *options: str) -> Path:
    """The path of the image."""
    for name, text in SOURCES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    files = [name for name in SOURCES if name.endswith(".c")]
    flags = [
        "-O2",
        "-g",
        "-w",
        "-I.",
        "-ffreestanding",
        "-nostdlib",
        "-static",
        "-no-pie",
        "-fno-pie",
        "-mcmodel=kernel",
    ]
    flags += ["-fno-toplevel-reorder", "-fno-stack-protector", "-fcf-protection=branch", "-fno-ipa-icf"]
    flags += ["-Wl,-e,start", "-Wl,-Ttext=0xffffffff81000000", "-Wl,--build-id", *options]
    _run(folder, require("gcc"), *flags, "-o", "vmlinux", *files)
    _run(folder, require("pahole"), "--btf_encode", "vmlinux")
    return folder / "vmlinux"


def _run(folder: Path, *command: str) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr[:3000]
