"""Definitions of perf probe as probes, and what stays a comment."""

from __future__ import annotations

from pathlib import Path

import pytest

from probelang.analysis import analyse
from probelang.cli.main import main
from probelang.commands.importing import Imported
from probelang.imports.perf import import_perf
from probelang.kernel.load import load_kernel
from probelang.source import Source


def imported(text: str, kernel: str = "6.12") -> Imported:
    return import_perf(Source("x", text), load_kernel(kernel))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("perf probe vfs_read", "group probe vfs_read = kprobe vfs_read"),
        ("$ sudo perf probe -a 'vfs_read%return $retval' -q", "group probe vfs_read__return = kprobe vfs_read%return { arg1 = $retval }"),
        ("/usr/bin/perf probe --add=rd=vfs_read", "group probe rd = kprobe vfs_read"),
        ("perf probe -f io:rd=vfs_read count", "io/rd = kprobe vfs_read { count }"),
        ("perf probe -fa 'vfs_read n=count:u32'", "group probe vfs_read = kprobe vfs_read { n = count: u32 }"),
        ("perf probe vfs_read n=%dx:u64 'ino=+64(+32(%di))'", "group probe vfs_read = kprobe vfs_read { n = count ino = +64(file->private_data) }"),
        ("perf probe 'vfs_read name=file->f_path.dentry->d_name.name:string file'", "group probe vfs_read = kprobe vfs_read { file->f_path.dentry->d_name.name file }"),
        ("perf probe vfs_read buf buf2=buf@user:string", "group probe vfs_read = kprobe vfs_read { buf: x64 buf2 = user(buf) }"),
        ("perf probe -m xfs.ko xfs_file_open", "group probe xfs_file_open = kprobe xfs:xfs_file_open"),
        ("perf probe vfs_read@fs/read_write.c", "group probe vfs_read = kprobe vfs_read"),
        ("perf probe --no-inlines 'vfs_fsync $params'", "group probe vfs_fsync = kprobe vfs_fsync { $arg* }"),
        ("perf probe vfs_read count:x", "group probe vfs_read = kprobe vfs_read { count: x64 }"),
        ("perf probe vfs_read \\\n count", "group probe vfs_read = kprobe vfs_read { count }"),
        ("perf probe -a vfs_read -a vfs_read", "group probe vfs_read = kprobe vfs_read vfs_read_1 = kprobe vfs_read"),
        ("perf probe vfs_read >/dev/null 2>&1", "group probe vfs_read = kprobe vfs_read"),
        ("vfs_read count", "group probe vfs_read = kprobe vfs_read { count }"),
        ("'io:done=vfs_read%return ret=$retval:s64'", "io/done = kprobe vfs_read%return { ret = $retval }"),
        ("# only a comment\n", ""),
    ],
)  # fmt: skip
def test_definitions(line: str, expected: str) -> None:
    made = imported(line)
    assert not made.left, made.left
    assert " ".join(made.text.split()) == expected
    assert not analyse(Source("y.probe", made.text), load_kernel("6.12")).failed


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("perf probe vfs_read:5 count", "vfs_read = kprobe vfs_read:5 { count }"),
        ("perf probe fs/read_write.c:460", "read_write_c_460 = kprobe fs/read_write.c:460"),
        ("perf probe -x /no/such main argc", "probe_such/main = uprobe /no/such:main { argc }"),
        ("perf probe --exec=/no/lib.so.6 malloc%return '$retval'", "probe_lib/malloc__return = uprobe /no/lib.so.6:malloc%return { $retval }"),
        ("perf probe -x/no/such %sdt_app:start 'n=$arg1:s32'", "sdt_app/start = usdt /no/such:app:start { n = $arg1: s32 }"),
    ],
)  # fmt: skip
def test_what_cannot_be_looked_up_here(line: str, expected: str) -> None:
    made = imported(line)
    assert "# not looked up: " in made.text and made.probes == 1
    text = "".join(part for part in made.text.splitlines(True) if not part.startswith("#"))
    assert " ".join(text.split()).removeprefix("group probe ") == expected


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("perf probe 'vfs_read;count*'", "a line by what stands in it has no words"),
        ("perf probe 'vfs_fsync $vars'", "`$vars` is all variables"),
        ("perf probe -d vfs_read", "it removes probes"),
        ("perf probe -l", "it lists probes"),
        ("perf probe -L vfs_read", "it lists lines"),
        ("perf probe -V vfs_read", "it lists variables"),
        ("perf probe -n vfs_read", "it defines nothing"),
        ("perf probe", "it defines no probe"),
        ("perf record -e probe:vfs_read sleep 1", "it defines no probe"),
        ("echo hello", "the language refuses it"),
        ("ls -l /tmp", "it defines no probe"),
        ("perf probe 'vfs_read", "its quotes are not closed"),
        ("perf probe -x libc malloc", "where `libc` is depends on the machine"),
        ("perf probe %sdt_app:start", "it is not said which program has the static probe"),
        ("perf probe vfs_raed", "the language refuses it"),
        ("perf probe vfs_read cuont", "the language refuses it: `vfs_read` has no parameter `cuont`"),
        ("perf probe vfs_read 'a+b'", "`a+b` is no arg of `perf probe`"),
    ],
)  # fmt: skip
def test_what_stays_behind_says_why(line: str, why: str) -> None:
    made = imported(line)
    assert made.probes == 0 and len(made.left) == 1
    assert why in made.left[0][1], made.left
    assert why in made.text
    assert not analyse(Source("y.probe", made.text), load_kernel("6.12")).failed


def test_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "probes.sh"
    file.write_text("#!/bin/sh\nset -e\nperf probe vfs_read count\nperf probe -d vfs_read\n")
    assert main(["import", "--kernel", "6.12", str(file)]) == 0
    out, err = capsys.readouterr()
    assert "vfs_read = kprobe vfs_read {\n    count\n}" in out
    assert "2 lines of " in err
