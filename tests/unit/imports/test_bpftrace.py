"""Clauses of bpftrace as probes, and what stays a comment."""

from __future__ import annotations

from pathlib import Path

import pytest

from probelang.analysis import analyse
from probelang.cli.main import main
from probelang.commands.importing import Imported
from probelang.imports.bpftrace import import_bpftrace
from probelang.kernel.load import load_kernel
from probelang.source import Source


def imported(text: str, kernel: str = "6.12") -> Imported:
    return import_bpftrace(Source("x.bt", text), load_kernel(kernel))


def flat(text: str, kernel: str = "6.12") -> str:
    made = imported(text, kernel)
    assert not made.left, made.left
    return " ".join(made.text.split())


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("kprobe:vfs_read {}", "kprobe vfs_read"),
        ("kprobe:vfs_read+0 { printf(\"hit\\n\"); }", "kprobe vfs_read"),
        ('k:vfs_read { printf("%d\\n", arg2); }', "kprobe vfs_read { count }"),
        ('kprobe:vfs_read { printf("n=%d", arg2) }', "kprobe vfs_read { n = count }"),
        ('kprobe:vfs_read { printf("n: \\"%d\\" %s", arg2, comm); }', "kprobe vfs_read { n = count $comm }"),
        ('kprobe:vfs_read { printf("count=%d", arg1); }', "kprobe vfs_read { count = buf: x64 }"),
        ('kprobe:vfs_read { printf("%s", str(arg1)); }', "kprobe vfs_read { buf }"),
        ('kprobe:vfs_read { printf("%d %d", arg2, arg2); }', "kprobe vfs_read { count count2 = count }"),
        ('kprobe:vfs_read { printf("n=0x%lx", arg2); }', "kprobe vfs_read { n = count: x64 }"),
        ('kprobe:vfs_read { printf("%x", arg2); }', "kprobe vfs_read { count: x64 }"),
        ('kprobe:vfs_read /arg2 > 0x10 && comm != "dd"/ { print(arg2); }', 'kprobe vfs_read if count > 0x10 && $comm != "dd" { count }'),
        ('kprobe:vfs_read /arg2 > 3/ { printf("count=%d", arg3); }', "kprobe vfs_read if count > 3 { count2 = pos }"),
        ("kprobe:vfs_read { print((tid, cpu)); print(kstack); }", "kprobe vfs_read with stacktrace { $tid $cpu }"),
        ("kprobe:vfs_read { @_ }", None),
        ("kprobe:vfs_read { printf(\"%s\", kstack(5)); }", "kprobe vfs_read with stacktrace"),
        ('kprobe:vfs_read { time("%H:%M "); printf("%llu %s %s", nsecs / 1000, probe, func); }', "kprobe vfs_read"),
        ('kprobe:vfs_read { printf("%d", ((struct file *)arg0)->f_flags); }', "kprobe vfs_read { file->f_flags }"),
        ('kprobe:vfs_read { $f = (struct file *)arg0; printf("%s", str($f->f_path.dentry->d_name.name)); }', "kprobe vfs_read { file->f_path.dentry->d_name.name }"),
        ('kprobe:vfs_read { printf("%d", *(int32 *)kaddr("nr_threads")); }', "kprobe vfs_read { @nr_threads }"),
        ('kprobe:vfs_read { printf("%s", ksym(((struct file *)arg0)->f_op->read)); }', "kprobe vfs_read { file->f_op->read: symbol }"),
        ('kprobe:vfs_read { printf("%d", reg("ip")); }', "kprobe vfs_read { %ip }"),
        ('kretprobe:vfs_read /retval < 0/ { printf("%d", retval); }', "kprobe vfs_read%return if $retval < 0 { $retval }"),
        ('fentry:vfs_read { printf("%d %d", args.count, args->file->f_inode->i_ino); }', "fprobe vfs_read { count file->f_inode->i_ino }"),
        ('kfunc:vmlinux:vfs_read { printf("%d", args->count); }', "fprobe vfs_read { count }"),
        ('kretfunc:vfs_read { printf("%d", retval); }', "fprobe vfs_read%return { $retval }"),
        ('fexit:vfs_read /retval > args.count/ {}', None),
        ("kprobe:vfs_read { $f = (struct file *)arg0; print($f.f_inode.i_sb.s_dev); }", "kprobe vfs_read { file->f_inode->i_sb->s_dev }"),
        ("kprobe:vfs_read { let $n; let $m: uint64 = arg2; print($m); }", "kprobe vfs_read { count }"),
        ("kprobe:vfs_read, kprobe:vfs_write { print(comm); }", "kprobe {vfs_read,vfs_write} { $comm }"),
        ("kprobe:vfs_read,\nkretprobe:vfs_read { print(comm); }", "kprobe vfs_read { $comm } kprobe vfs_read%return { $comm }"),
        ('t:sched:sched_switch /args.prev_pid == 0/ { printf("to=%d %s", args.next_pid, args.next_comm); }', "eprobe sched:sched_switch if prev_pid == 0 { to = next_pid next_comm }"),
        ('tracepoint:syscalls:sys_enter_openat /comm == "a / b {"/ { printf("%s", str(args.filename)); }', 'eprobe syscalls:sys_enter_openat if $comm == "a / b {" { filename }'),
        ('rawtracepoint:sched_switch { printf("%s", ((struct task_struct *)arg1)->comm); }', "tprobe sched_switch { prev->comm }"),
        ('interval:s:1 { printf("n=%d", *(int32 *)kaddr("nr_threads")); }', "monitor every 1s { n = @nr_threads }"),
        ("interval:hz:100 { print(*kaddr(\"jiffies_64\")); }", "monitor every 10ms { @jiffies_64 }"),
        ("interval:500ms { }", "monitor every 500ms"),
        ('// why\nkprobe:vfs_read {}\n/* a\n * b */', "# why kprobe vfs_read # a # b"),
        ("#!/usr/bin/env bpftrace\nkprobe:vfs_read { /* } */ print(comm); // }\n}", "kprobe vfs_read { $comm }"),
        ("kprobe:vfs_read {}\nkprobe:vfs_read { print(comm); }\nfentry:vfs_read {}", "kprobe vfs_read vfs_read_2 = kprobe vfs_read { $comm } vfs_read_3 = fprobe vfs_read"),
        ("kprobe:vfs_read /!(arg2 == 3 || arg2 & 4)/ {}", "kprobe vfs_read if !(count == 3 || count & 4)"),
        ("kretprobe:vfs_read /retval == -2/ {}", "kprobe vfs_read%return if $retval == -2"),
    ],
)  # fmt: skip
def test_clauses(script: str, expected: str | None) -> None:
    if expected is None:
        assert imported(script).left
        return
    made = flat(script)
    assert made == expected
    target = "bpftrace" if "monitor" in made else "tracefs"
    analysis = analyse(Source("y.probe", imported(script).text), load_kernel("6.12"), target)
    assert not analysis.failed, analysis.diagnostics


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("kprobe:vfs_read { @[comm] = count(); }", "a map (`@`)"),
        ("kprobe:vfs_read { printf(\"%d\", @n); }", "a map (`@`)"),
        ("kprobe:vfs_read /@on[tid]/ { print(comm); }", "a map (`@`)"),
        ("kprobe:vfs_read { if (arg2) { print(comm); } }", "a statement (`if`)"),
        ("kprobe:vfs_read { print(arg2 / 2); }", "a calculation (`/`)"),
        ("kprobe:vfs_read { print(arg2 > 2 ? 1 : 0); }", "a comparison (`>`)"),
        ("kprobe:vfs_read { exit(); }", "`exit`: a probe only records"),
        ("kprobe:vfs_read { print(ntop(arg2)); }", "`ntop()` has no word in the language"),
        ("kprobe:vfs_read { print(ustack); }", "`ustack` has no word in the language"),
        ("kprobe:vfs_read { print($1); }", "`$1` is a parameter of the script"),
        ('kprobe:vfs_read { printf("%d %d", arg2); }', "the format of printf() has 2 places, and there are 1 values"),
        ("kretprobe:vfs_read { print(arg2); }", "a parameter at a return by its register"),
        ("kprobe:vfs_raed { }", "the language refuses it: "),
        ("kretprobe:vfs_read /pid == 3/ { }", "cannot record the process id"),
        ("BEGIN { printf(\"x\"); }", "a spec has no code of its own to run"),
        ("profile:hz:99 { print(kstack); }", "a look at what runs"),
        ("uprobe:libc:malloc { }", "where `libc` is depends on the machine"),
        ("uprobe:/bin/sh:0x1234 { }", "an address in a program"),
        ("usdt:/bin/sh:name { }", "the provider of the static probe is not said"),
        ("nosuch:f { }", "`nosuch` is no kind of probe"),
        ("config = { max_strlen = 64; }", "settings of bpftrace"),
        ("struct a { int b; };", "a type: a spec has those of the kernel"),
        ("let @a = hash(5);", "a map (`@`)"),
        ("macro f(x) { x }", "a macro"),
        ("kprobe:vfs_read { print((arg2 + 1)); }", "a calculation (`+`)"),
        ("kprobe:vfs_read { $x = (1, arg2); }", "a number that is the same at every hit"),
        ("kprobe:vfs_read { print(comm);", "this is no clause of a probe"),
        ("rawtracepoint:sched_switch {}\nrawtracepoint:sched_switch {}", "takes one tprobe on a tracepoint"),
    ],
)  # fmt: skip
def test_what_stays_behind_says_why(script: str, why: str) -> None:
    made = imported(script)
    assert len(made.left) >= 1 and why in made.left[0][1], made.left
    assert why in made.text
    assert not analyse(Source("y.probe", made.text), load_kernel("6.12")).failed


def test_the_process_is_left_out_where_the_kernel_cannot_tell_it() -> None:
    script = 'kprobe:vfs_read { printf("%d %s", pid, comm); }'
    assert "# `pid` is left out" in imported(script, "6.12").text
    assert flat(script, "7.3") == "kprobe vfs_read { $pid $comm }"


def test_points_that_are_not_there_are_left_out() -> None:
    made = imported("kprobe:vfs_read,\nkprobe:no_such_*,\nuprobe:libc:puts { print(comm); }")
    lines = made.text.split("\n")
    begins = [line.partition("`: ")[0] for line in lines[:2]]
    assert begins == ["# not at `kprobe no_such_*", "# not at `uprobe:libc:puts"]
    assert " ".join(lines[2:]).split() == ["kprobe", "vfs_read", "{", "$comm", "}"]
    assert len(made.left) == 2 and made.probes == 1


def test_programs_need_not_be_at_hand() -> None:
    text = imported('uprobe:/no/such:f { printf("%s n=%d", str(arg0), arg1); }').text
    assert text.startswith("# not looked up: nothing can be looked up: /no/such")
    assert " ".join(text.split("\n", 1)[1].split()) == "uprobe /no/such:f { $arg1: string n = $arg2 }"
    assert "usdt /no/such:a:b" in imported("usdt:/no/such:a:b { print(arg0); }").text


def test_lines_of_a_shell() -> None:
    script = "# one\nsudo bpftrace -e 'kprobe:vfs_read { print(comm); }' -o out\nbpftrace -q -e 'BEGIN { }'\n"
    made = imported(script)
    assert " ".join(made.text.split()).startswith("kprobe vfs_read { $comm } # a spec has no code")
    assert [place for place, _ in made.left] == ["line 3"]


def test_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "reads.bt"
    file.write_text("kprobe:vfs_read { print(comm); }\n\nkprobe:vfs_write { @ = count(); }\n")
    assert main(["import", "--kernel", "6.12", str(file)]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("kprobe vfs_read {")
    assert "reads.bt: line 3 stays a comment: a map (`@`)" in err
    file.write_text("kprobe:vfs_write { @ = count(); }\n" * 50)
    assert main(["import", "--kernel", "6.12", "--from", "bpftrace", str(file)]) == 0
    _, err = capsys.readouterr()
    assert err.count("\n") == 21 and "50 parts of " in err
