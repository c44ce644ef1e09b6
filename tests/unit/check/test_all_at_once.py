"""Every diagnostic of a spec in one run, in source order, and one for each cause."""

from __future__ import annotations

import pytest

from tests.support.specs import run, said


def test_what_checker_and_backend_find_is_said_together() -> None:
    assert said("fprobe vfs_read if cuont == 1 { fiel, $pid, count: u8 }") == [
        ("unknown-name", "cuont"),
        ("unknown-name", "fiel"),
        ("no-kernel-feature", "$pid"),
        ("narrowing", "u8"),
    ]


def test_what_the_parser_finds_hides_nothing() -> None:
    assert said("a = fprobe vfs_read { count, = 3, fiel }\nb = fprobe vfs_read { cuont }") == [
        ("syntax-error", "="),
        ("unknown-name", "fiel"),
        ("unknown-name", "cuont"),
    ]
    assert said("a = fprobe vfs_read if == 1 { fiel }") == [("syntax-error", "=="), ("unknown-name", "fiel")]
    assert said("a = fprob vfs_read { fiel }\nb = fprobe vfs_read { cuont }")[0][0] == "unknown-keyword"


def test_a_broken_condition_leaves_no_unfiltered_event() -> None:
    for condition in ("count ==", "== 1", "count == nope", "true"):
        assert run(f"fprobe vfs_read if {condition} {{ count }}").events == ()


@pytest.mark.parametrize(
    "spec",
    [
        # a wrong point says nothing of its parameters
        "fprobe vfs_raed if cuont == 1 { fiel->x, $retval }",
        # a wrong name says nothing of what is behind it
        "fprobe vfs_read { fiel->f_inode->i_ino.x[3] }",
        # a wrong argument says nothing of the list it is for
        "args l(f: struct file *) { f->f_pos, f->f_flags }\nfprobe vfs_read { use l(fiel) }",
        # a wrong const says nothing of where it is used
        "const A = 1 / 0\nfprobe vfs_read if count == A || count > A { x = A }",
        # what is recorded and compared is wrong once
        "fprobe vfs_read if wrong == 1 { wrong = file->f_nope }",
        "fprobe vfs_read if file->f_nope == 1 && file->f_nope == 2",
        # what is wrong at many points is wrong once
        "fprobe vfs_{read,write,open} { $comm, x = nope }",
        "x = fprobe vfs_{read,write} { file->f_nope }",
        "fprobe vfs_{read,write} if nope == 1",
    ],
)
def test_one_cause_is_one_diagnostic(spec: str) -> None:
    assert len(said(spec)) == 1


def test_the_same_on_every_run() -> None:
    spec = "fprobe vfs_read if cuont == 1 { fiel, $pid, count: u8 }\ntprobe sched_swich { x }"
    first, second = run(spec), run(spec)
    assert first.diagnostics == second.diagnostics
