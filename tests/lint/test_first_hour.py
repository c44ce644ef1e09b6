"""What somebody writes in the first hour who knows C, ftrace, perf and bpftrace: one error, and what it says to do works to the letter."""

from __future__ import annotations

import pytest

from probelang.analysis import analyse
from probelang.diagnostics import Diagnostic, Severity
from probelang.linter.fleet import lint
from probelang.source import Source
from tests.support.specs import apply_fix, bundled

_F = "fprobe handle_mm_fault if "
_R = "kprobe vfs_read if "


def errors(text: str) -> list[Diagnostic]:
    found = lint(Source("x.pl", text), [bundled("6.12")])
    return [one for one in found if one.severity is Severity.ERROR]


#: What is written, where the error is, and what the fix makes of it.
FIXED = [
    # times and sizes
    ("fprobe vfs_read%return if $duration > 10msec", "msec", "fprobe vfs_read%return if $duration > 10ms"),
    (_R + "count > 64k", "k", _R + "count > 64 * 1024"),
    ("monitor every 2sec { @nr_threads }", "sec", "monitor every 2s { @nr_threads }"),
    # types of C
    ("fprobe do_sys_openat2 { filename: char * }", "char *", "fprobe do_sys_openat2 { filename: string }"),
    ("fprobe do_sys_openat2 { n = filename: const char * }", "const char *", "fprobe do_sys_openat2 { n = filename: string }"),
    ("fprobe do_sys_openat2 { how: struct open_how * }", "struct open_how *", "fprobe do_sys_openat2 { how: x64 }"),
    ("kprobe vfs_read { int count }", "int", "kprobe vfs_read { count }"),
    ("kprobe vfs_read { u64 n = count }", "u64", "kprobe vfs_read { n = count }"),
    ("args f(struct file *f) { f->f_pos }\nfprobe vfs_read { use f(file) }", "struct file *f", "args f(f: struct file *) { f->f_pos }\nfprobe vfs_read { use f(file) }"),
    ("args f(f: struct file *) { f->f_pos }\nfprobe vfs_read { f(file) }", "f", "args f(f: struct file *) { f->f_pos }\nfprobe vfs_read { use f(file) }"),
    ("kprobe vfs_read { (struct inode *)file->i_ino }", "i_ino", "kprobe vfs_read { ((struct inode *)file)->i_ino }"),
    ("fprobe mutex_unlock { lock->owner }", "lock->owner", "fprobe mutex_unlock { lock->owner.counter }"),
    ("fprobe tcp_retransmit_skb { a = sk->__sk_common.skc_daddr: %pI4 }", "%pI4", "fprobe tcp_retransmit_skb { a = sk->__sk_common.skc_daddr: u8[4] }"),
    # comments, groups, names
    ("/* all reads */\nkprobe vfs_read", "/* all reads */", "# all reads\nkprobe vfs_read"),
    ("/* all\n * reads\n */\nkprobe vfs_read", "/* all", "# all\n# reads\nkprobe vfs_read"),
    ("kprobe vfs_read { count } /* all */", "/* all */", "kprobe vfs_read { count } # all"),
    ("kprobe vfs_read /* all */ { count }", "/* all */", "kprobe vfs_read  { count }"),
    ("group my-group\nkprobe vfs_read", "my-group", "group my_group\nkprobe vfs_read"),
    ('group "io"\nkprobe vfs_read', '"io"', "group io\nkprobe vfs_read"),
    ("group = io\nkprobe vfs_read", " = ", "group io\nkprobe vfs_read"),
    ("my-event = kprobe vfs_read { count }", "my-event", "my_event = kprobe vfs_read { count }"),
    # points
    ("eprobe syscalls.sys_enter_openat { filename }", ".", "eprobe syscalls:sys_enter_openat { filename }"),
    ("eprobe syscalls:openat { filename }", "syscalls:openat", "eprobe syscalls:sys_enter_openat { filename }"),
    ("fprobe openat { filename }", "openat", "eprobe syscalls:sys_enter_openat { filename }"),
    ("fprobe vfs_read%retrun { $retval }", "%retrun", "fprobe vfs_read%return { $retval }"),
    ("kprobe vfs_read, kprobe vfs_write { count }", ", kprobe vfs_write", "kprobe vfs_read\nkprobe vfs_write { count }"),
    ("kprobe vfs_read%return maxactive=100 { $retval }", "maxactive=100", "kprobe vfs_read%return with maxactive=100 { $retval }"),
    ("kprobe vfs_read stacktrace { count }", "stacktrace", "kprobe vfs_read with stacktrace { count }"),
    # conditions
    (_R + "$comm == cat", "cat", _R + '$comm == "cat"'),
    (_R + '$comm like "cat*"', "like", _R + '$comm ~ "cat*"'),
    (_R + "file == nullptr", "nullptr", _R + "file == NULL"),
    (_R + "count in 1-5 { count }", "1-5", _R + "count in 1..5 { count }"),
    (_R + "file->f_flags & O_DIRECT | O_SYNC", "file->f_flags & O_DIRECT | O_SYNC", _R + "file->f_flags & (O_DIRECT | O_SYNC)"),
    (_F + "flags && FAULT_FLAG_WRITE", "FAULT_FLAG_WRITE", _F + "flags & FAULT_FLAG_WRITE"),
    (_F + "$tid == 3 && flags & FAULT_FLAG_WRITE == 0", "flags & FAULT_FLAG_WRITE == 0", _F + "$tid == 3 && !(flags & FAULT_FLAG_WRITE)"),
    ("eprobe raw_syscalls:sys_enter if id == SYS_openat", "SYS_openat", "eprobe raw_syscalls:sys_enter if id == __NR_openat"),
    # values
    ("kprobe vfs_read { count=$arg3:u64 pos=$arg4 }", "pos", "kprobe vfs_read { count=$arg3:u64, pos=$arg4 }"),
    ("kprobe vfs_read { n = $rdx }", "$rdx", "kprobe vfs_read { n = %dx }"),
    ("fprobe vfs_read%return { $entry(file->f_pos) }", "$entry", "fprobe vfs_read%return { entry(file->f_pos) }"),
    ("watch jiffies_64 write { $comm }", "write", "watch jiffies_64 w { $comm }"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "place", "fixed"), FIXED)
def test_the_fix_is_what_was_meant(text: str, place: str, fixed: str) -> None:
    found = [one for one in errors(text) if one.rule.code not in ("PRB401", "PRB501")]
    assert len(found) == 1, [one.message for one in found]
    span = found[0].label.span
    assert text[span.start : span.end] == place
    assert found[0].fix is not None
    assert apply_fix(text, found[0].fix) == fixed
    assert not [one for one in errors(fixed) if one.rule.code not in ("PRB401", "PRB501")]


#: What is written, where the error is, and what it says.
TOLD = [
    (_R + "name ~ /etc/* { count }", "/", 'a glob is a string: `name ~ "/etc/*"`'),
    (_R + 'strcmp(buf, "x") == 0', "strcmp", '`name == "text"`'),
    (_R + "count % 4096 == 0", "count % 4096", "`!(e & 0xfff)`"),
    ("fprobe vfs_read { $retval }", "$retval", "`fprobe vfs_read%return`"),
    ("fprobe vfs_read { $duration }", "$duration", "`fprobe vfs_read%return`"),
    ("fprobe vfs_read { n = %dx }", "%dx", "at the entry `%dx` is `count`"),
    ("fprobe vfs_read { n = %rdi }", "%rdi", "at the entry `%di` is `file`"),
    ("kprobe vfs_read { n = regs->dx }", "regs", "`%di`"),
    ("fprobe vfs_read { $stacktrace }", "$stacktrace", "`with stacktrace`"),
    ("fprobe file_inode { f }", "file_inode", "inlined into its callers"),
    ("kprobe vfs_read { if count > 4 { count } }", "if", "a condition stands before the braces"),
    ("kprobe vfs_read { count } else { file }", "else", "another condition is another probe"),
    ("args f(f: struct file *) { f->f_pos }\nfprobe vfs_read { use f }", "}", "`use NAME(EXPRESSION, …)`"),
    ("usdt /usr/bin/x:gc__start { $arg1 }", "gc__start", "`readelf -n PATH`"),
    ("r:vfs_read $retval", "r:vfs_read", "`kprobe vfs_read%return`"),
    ("eprobe tcp:tcp_retransmit_skb { saddr: u8[4] }", "u8[4]", "`: x32` records its 4 bytes"),
    ("eprobe raw_syscalls:sys_enter { args[1] }", "args", "which a `tprobe` has"),
    (_R + "count == 127.0.0.1", "127.0", "no fractions"),
    (_R + "count > 64m", "m", "`64 * 1024 * 1024`"),
]


@pytest.mark.parametrize(("text", "place", "words"), TOLD)
def test_the_next_step_is_told(text: str, place: str, words: str) -> None:
    found = errors(text)
    assert len(found) == 1, [one.message for one in found]
    span = found[0].label.span
    assert text[span.start : span.end] == place
    assert words in " ".join((found[0].message, found[0].label.text, found[0].help or ""))


def test_the_return_as_a_word_of_its_own() -> None:
    text = "kprobe vfs_read return { $retval }"
    first = errors(text)[0]
    assert first.fix is not None
    assert apply_fix(text, first.fix) == "kprobe vfs_read%return { $retval }"


def test_durations_are_numbers() -> None:
    text = (
        "const SLOW = 2 * 5ms\nfprobe vfs_read%return if $duration > SLOW || $duration > 1s { $duration }\n"
    )
    (event,) = analyse(Source("x.pl", text), bundled("6.12")).events
    assert event.filter == "duration > 10000000 || duration > 1000000000"
