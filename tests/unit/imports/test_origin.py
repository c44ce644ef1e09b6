"""Which tool a file is for, by its name and its contents; and parts of scripts and words of shells."""

from __future__ import annotations

import pytest

from probelang.imports.origin import origin_of
from probelang.imports.scripts import read_parts, statements_of
from probelang.imports.shell import shell_words


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("x.bt", "anything", "bpftrace"),
        ("x.tracefs", "kprobe:f { }", "tracefs"),
        ("/a/kprobe_events", "", "tracefs"),
        ("x", "#!/usr/bin/env bpftrace\n", "bpftrace"),
        ("x", "#!/usr/bin/bpftrace\n", "bpftrace"),
        ("x", "// reads\nkprobe:vfs_read { }", "bpftrace"),
        ("x", "/*\n * text\n */\nBEGIN\n{\n", "bpftrace"),
        ("x", "tracepoint:syscalls:sys_enter_open,\ntracepoint:syscalls:sys_enter_openat\n{\n", "bpftrace"),
        ("x", "kprobe:vfs_read\n/pid == 3/\n{\n", "bpftrace"),
        ("x", "uprobe:/bin/bash:readline { }", "bpftrace"),
        ("x", "sudo bpftrace -e 'kprobe:f { }'", "bpftrace"),
        ("x", "# a comment\np:io/rd vfs_read", "tracefs"),
        ("x", "p vfs_read $arg1", "tracefs"),
        ("x", "f:io/rd vfs_read count=count:u64", "tracefs"),
        ("x", "t:io/switch sched_switch", "tracefs"),
        ("x", "f:vfs_read /pid == 3/ { }", "bpftrace"),
        ("x", "t:sched:sched_switch{ }", "bpftrace"),
        ("x", "k:vfs_read,\nk:vfs_write { }", "bpftrace"),
        ("x", "r10:a/b vfs_read", "tracefs"),
        ("x", "BOOT_IMAGE=/x kprobe_event=p,vfs_read", "tracefs"),
        ("x", "e:a/b sched.sched_switch", "tracefs"),
        ("x", "#!/bin/sh\nset -e\nperf probe vfs_read", "perf"),
        ("x", "#!/bin/sh\nset -e\ncd /sys/kernel/tracing\necho 'p:a/b vfs_read' >> kprobe_events", "tracefs"),
        ("x", "echo 'p:a/b vfs_read' >> kprobe_events\nsleep 5\n", "tracefs"),
        ("x", "set -e\necho 'p vfs_read' | sudo tee -a /sys/kernel/tracing/dynamic_events", "tracefs"),
        ("x", "vfs_read%return $retval", "perf"),
        ("x", "rd=vfs_read count", "perf"),
        ("x", "vfs_read", "perf"),
        ("x", "", "tracefs"),
        ("x", "\0\udcff\n" * 1000, "tracefs"),
    ],
)
def test_origin(name: str, text: str, expected: str) -> None:
    assert origin_of(name, text) == expected


def test_parts() -> None:
    text = '// a\nkprobe:f,\nk:g /comm == "/ {"/ { x; { y } }\n\nlet @x = 3;\nuprobe:/bin/a:f /1/ {}'
    parts = [(part.kind, part.line, part.points, part.predicate, part.body) for part in read_parts(text)]
    assert parts == [
        ("comment", 1, (), None, ""),
        ("clause", 2, ("kprobe:f", "k:g"), 'comm == "/ {"', " x; { y } "),
        ("", 5, (), None, ""),
        ("clause", 6, ("uprobe:/bin/a:f",), "1", ""),
    ]
    assert statements_of(' a; if (b) { c; d; } e("x;y") // f;\n') == ["a", "if (b) { c; d; }", 'e("x;y")']


def test_words_of_a_shell() -> None:
    assert shell_words('a \'b c\'"d \\" e"\\ f # g') == ["a", 'b cd " e f']
    assert shell_words("a '' b#c") == ["a", "", "b#c"]
    for unclosed in ("'a", 'a"b', "a\\"):
        with pytest.raises(ValueError, match="not closed"):
            shell_words(unclosed)
