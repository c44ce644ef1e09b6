"""Completion: what is offered at a caret, whole statements and broken ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from probelang.analysis.completion import describe
from probelang.analysis.search import Names
from tests.unit.analysis.carets import At, kernel


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        # statements
        ("‸", ["fprobe", "group", "const", "args"]),
        ("fp‸", ["fprobe"]),
        ("big = k‸", ["kprobe"]),
        # points
        ("fprobe vfs_re‸", ["vfs_read", "vfs_readv"]),
        ("fprobe vfsrd‸", ["vfs_iter_read"]),
        ("kprobe vfs_read ?? vfs_wri‸", ["vfs_write"]),
        ("x = fprobe vfs_re‸ { count }", ["vfs_read"]),
        ("fprobe vfs_read%‸", ["%return"]),
        ("tprobe sched_sw‸", ["sched_switch"]),
        ("eprobe sch‸", ["sched"]),
        ("eprobe sched:sched_sw‸", ["sched_switch"]),
        ("mine/ev = fprobe vfs_read\neprobe mine:‸", ["ev"]),
        ("watch jiff‸", ["jiffies"]),
        # expressions
        ("fprobe vfs_read { ‸ }", ["file", "count", "pos"]),
        ("fprobe vfs_read {\n    count\n    ‸\n}", ["file", "count"]),
        ("fprobe vfs_read { fi‸ }", ["file"]),
        ("fprobe vfs_read if ‸ { n = count }", ["count", "n"]),
        ("const BIG = 1\nfprobe vfs_read if count > B‸", ["BIG"]),
        ("fprobe vfs_read { file->‸ }", ["f_inode", "f_pos"]),
        ("fprobe vfs_read { file->f_in‸", ["f_inode"]),
        ("fprobe vfs_read {\n    file->‸\n    count\n}\nfprobe vfs_write { count }", ["f_inode"]),
        ("fprobe vfs_read { file->f_path.‸ }", ["dentry", "mnt"]),
        ("fprobe vfs_read { i = (struct inode *)file->f_inode, j = ((struct inode *)count)->‸ }", ["i_ino"]),
        ("fprobe vfs_read if file->f_inode->‸ > 3", ["i_ino"]),
        ("fprobe vfs_read { c = container_of(file, struct file, ‸) }", ["f_inode"]),
        ("tprobe sched_switch { prev->‸ }", ["comm", "pid"]),
        ("eprobe sched:sched_switch { ‸ }", ["prev_comm", "next_pid"]),
        ("fprobe vfs_read { $‸ }", ["$comm", "$arg1"]),
        ("fprobe vfs_read%return { $re‸ }", ["$retval", "$duration"]),
        ("kprobe vfs_read { %‸ }", ["ax", "di"]),
        ("fprobe vfs_read { count: ‸ }", ["u64", "x32", "string"]),
        ("fprobe vfs_read { count: u‸ }", ["u64"]),
        ("fprobe vfs_read { (struct fil‸ *)count }", ["file"]),
        ("fprobe vfs_read { @init_ta‸ }", ["init_task"]),
        ("fprobe vfs_read if count == ENOE‸", ["ENOENT"]),
        ("fprobe vfs_read if count == TASK_COMM_‸", ["TASK_COMM_LEN"]),
        ("args f(a: struct file *) { a->‸ }", ["f_inode"]),
        ("args f(a: struct file *) { a->f_pos }\nfprobe vfs_read { use ‸ }", ["f"]),
        ("args f(a: struct fil‸", ["file"]),
        ("fprobe vfs_read with ‸", ["stacktrace", "disabled"]),
        ("fprobe vfs_read with stacktrace, m‸ { count }", ["maxactive"]),
        # comments
        ("fprobe vfs_read { count } # probelang: ignore[‸", ["narrowing", "unused-definition"]),
        ("fprobe vfs_read { count } # probelang: ignore[narrowing, unus‸]", ["unused-definition"]),
    ],
)
def test_offered(text: str, wanted: list[str]) -> None:
    labels = At(text).labels()
    assert [label for label in wanted if label not in labels] == [], labels[:20]


@pytest.mark.parametrize(
    "text",
    [
        "fprobe vfs_read { count } # vfs_‸",
        'fprobe vfs_read if name ~ "vfs‸"',
        "fprobe vfs_*‸",
        "fprobe vfs_read { nothing->‸ }",
        "fprobe no_such_function { file->‸ }",
    ],
)
def test_nothing_to_offer(text: str) -> None:
    assert At(text).labels() == []


def test_a_hash_in_a_string_begins_no_comment() -> None:
    assert "count" in At('fprobe vfs_read if name == "#" && cou‸').labels()


def test_members_have_their_types_and_offsets() -> None:
    item = At("fprobe vfs_read { file->f_path.‸ }").item("dentry")
    assert item.detail == "struct dentry *  +8"
    assert At("fprobe vfs_read { file->f_ino‸ }").taken("f_inode") == "fprobe vfs_read { file->f_inode }"


def test_the_wrong_operator_is_righted() -> None:
    assert At("fprobe vfs_read { file.‸ }").taken("f_inode") == "fprobe vfs_read { file->f_inode }"
    assert At("fprobe vfs_read { file->f_path->‸ }").taken("mnt") == "fprobe vfs_read { file->f_path.mnt }"


def test_a_word_is_replaced_as_a_whole() -> None:
    assert At("fprobe vfs_re‸xyz { count }").taken("vfs_read") == "fprobe vfs_read { count }"
    assert At("eprobe sch‸").taken("sched") == "eprobe sched:"


def test_lists_are_cut_and_say_so() -> None:
    found = At("fprobe ‸").completions()
    assert not found.complete
    assert len(found.items) <= 100
    assert At("fprobe vfs_rea‸").completions().complete


def test_programs(tmp_path: Path) -> None:
    (tmp_path / "tool").write_text("no program")
    (tmp_path / "to dir").mkdir()
    (tmp_path / "tools").mkdir()
    assert At(f"uprobe {tmp_path}/to‸").labels() == ["tool", "tools/"]
    assert At(f"uprobe {tmp_path}/tool:‸").labels() == []
    assert At(f"uprobe {tmp_path}/none:ma‸").labels() == []
    libc = next((p for p in Path("/lib").glob("x86_64-linux-gnu/libc.so.6")), None)
    if libc is not None:
        assert "malloc" in At(f"uprobe {libc}:mall‸").labels()


def test_more_is_said_of_one() -> None:
    at = At("fprobe vfs_re‸")
    assert "ssize_t vfs_read(struct file *file" in describe(at.state.context, at.item("vfs_read").key)
    at = At("eprobe sched:sched_sw‸")
    assert "prev_comm[16]" in describe(at.state.context, at.item("sched_switch").key)
    at = At("fprobe vfs_read if count == ENOE‸")
    assert describe(at.state.context, at.item("ENOENT").key) == "`2` (`0x2`)"
    assert describe(at.state.context, ("function", "no_such")) == ""
    assert describe(at.state.context, ()) == ""


def test_names_are_found_by_beginning_word_part_and_letters() -> None:
    names = Names.of(["read_it", "vfs_read", "spread", "v_f_s_r", "other"])
    assert names.search("read") == (["read_it", "vfs_read", "spread"], True)
    assert names.search("vfsr")[0] == ["v_f_s_r", "vfs_read"]
    assert Names.of(["verify_sd", "vfs_read", "vfs_rd_all"]).search("vfsrd")[0] == ["vfs_read", "vfs_rd_all"]
    assert names.search("", 2) == (["other", "read_it"], False)
    assert names.search("\n") == ([], True)
    assert names.search("x" * 1000) == ([], True)
    assert Names("\nname\tmodule\n").search("module") == ([], True)


def test_all_functions_are_searched() -> None:
    text = kernel("7.3").table("functions")
    assert text is not None and len(text) > 40_000
    assert At("fprobe tcp_v4_rc‸", "7.3").labels()[0] == "tcp_v4_rcv"
