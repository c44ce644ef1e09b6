"""Where a rule says one thing of tracefs, and another of perf or bpftrace."""

from __future__ import annotations

import time

import pytest

from probelang.analysis import lint
from probelang.diagnostics import Severity
from probelang.linter import run
from probelang.linter.subject import Subject
from probelang.source import Source
from tests.support.specs import bundled
from tests.support.specs import run as analysed


def said(spec: str, target: str, kernel: str = "6.12") -> list[tuple[str, Severity, bool]]:
    found = lint(Source("t.pl", spec), bundled(kernel), target)
    return [
        (one.rule.slug, one.severity, one.fix is not None) for one in found if one.rule.code[:4] == "PRB6"
    ]


def test_memory_of_a_program() -> None:
    """bpftrace records 0 for it; the others find out by the address."""
    spec = "fprobe vfs_write if count == 1 { first = *buf }"
    assert said(spec, "tracefs") == [("user-memory-as-kernel", Severity.INFO, True)]
    assert said(spec, "perf") == [("user-memory-as-kernel", Severity.INFO, True)]
    assert said(spec, "bpftrace") == [("user-memory-as-kernel", Severity.WARNING, True)]
    assert said("fprobe vfs_write if count == 1 { buf }", "bpftrace") == []


@pytest.mark.parametrize(
    ("kind", "kernel", "target", "expected"),
    [
        ("fprobe", "7.3", "tracefs", []),
        ("fprobe", "7.3", "bpftrace", []),
        ("fprobe", "7.3", "perf", [("missed-returns", Severity.INFO, False)]),
        ("fprobe", "6.12", "tracefs", [("missed-returns", Severity.INFO, True)]),
        ("fprobe", "6.12", "bpftrace", []),
        ("fprobe", "6.1", "tracefs", [("missed-returns", Severity.INFO, True)]),
        ("kprobe", "6.1", "tracefs", [("missed-returns", Severity.WARNING, True)]),
        (
            "kprobe",
            "7.3",
            "tracefs",
            [("kprobe-at-entry", Severity.INFO, True), ("missed-returns", Severity.WARNING, True)],
        ),
        (
            "kprobe",
            "7.3",
            "bpftrace",
            [("kprobe-at-entry", Severity.INFO, True), ("missed-returns", Severity.WARNING, True)],
        ),
        ("kprobe", "6.1", "perf", [("missed-returns", Severity.WARNING, False)]),
    ],
)
def test_returns(kind: str, kernel: str, target: str, expected: list[tuple[str, Severity, bool]]) -> None:
    assert said(f"{kind} vfs_read%return {{ $retval }}", target, kernel) == expected


def test_no_fix_that_would_not_compile() -> None:
    """perf cannot join entry and return, and a join has room for eight values, none of them an array."""
    before = "fprobe vfs_unlink%return { before = dentry->d_inode->i_ino }"
    assert said(before, "tracefs") == [("entry-at-return", Severity.WARNING, True)]
    assert said(before, "perf") == [("entry-at-return", Severity.WARNING, False)]
    array = "fprobe vfs_unlink%return { before = dentry->d_inode->i_ino: u8[8] }"
    assert said(array, "tracefs") == [("entry-at-return", Severity.WARNING, False)]
    many = "\n".join(f"    old_{letter} = dentry->d_inode->i_ino" for letter in "abcdefghi")
    found = said(f"fprobe vfs_unlink%return {{\n{many}\n}}", "tracefs")
    assert {fix for slug, _, fix in found if slug == "entry-at-return"} == {False}
    shared = "args of(d: struct dentry *) { before = d->d_inode->i_ino }\nfprobe vfs_unlink%return { use of(dentry) }"
    assert said(shared, "tracefs") == []


def test_many_probes() -> None:
    """What the rules take of a large spec is less than what checking it took."""
    names = ("vfs_read", "vfs_unlink", "free_task", "vfs_write", "do_sys_openat2", "kfree")
    probes = [
        f"p{number} = {'fk'[number % 2]}probe {names[number % len(names)]}{'%return' * (number % 3 == 0)} if $tid > 1"
        for number in range(4000)
    ]
    text = "\n".join(probes)
    started = time.process_time()
    analysis = analysed(text)
    checked = time.process_time()
    assert not analysis.failed
    run(Subject(analysis.source, analysis.tree, bundled("6.12"), "tracefs", analysis.statements, False))
    assert time.process_time() - checked < (checked - started) / 2
