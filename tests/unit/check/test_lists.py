"""`args` and `use`."""

from __future__ import annotations

from tests.support.specs import args, commands, only, said

FILE = "args of_file(f: struct file *) { ino = f->f_inode->i_ino }\n"


def test_a_list_is_written_once_for_many_probes() -> None:
    spec = (
        FILE + "fprobe vfs_read { use of_file(file), count }\nfprobe vfs_write { count, use of_file(file) }"
    )
    assert [command.split()[2:] for command in commands(spec)] == [
        ["ino=file->f_inode->i_ino:u64", "count=count:u64"],
        ["count=count:u64", "ino=file->f_inode->i_ino:u64"],
    ]


def test_it_may_stand_below_its_use() -> None:
    assert args("fprobe vfs_read { use of_file(file) }\n" + FILE) == ["ino=file->f_inode->i_ino:u64"]


def test_lists_may_use_lists() -> None:
    spec = """
    args of_inode(i: struct inode *) { i_ino = i->i_ino }
    args of_file(f: struct file *) { use of_inode(f->f_inode), f->f_flags }
    fprobe vfs_read { use of_file(file) }
    """
    assert args(spec) == ["i_ino=file->f_inode->i_ino:u64", "f_flags=file->f_flags:u32"]


def test_arguments_are_expressions_of_many_types() -> None:
    assert args("args n(x: size_t) { n = x }\nfprobe vfs_read { use n(count) }") == ["n=count:u64"]
    assert args("args n(x: int) { n = x }\nfprobe tcp_set_state { use n(state) }") == ["n=state:s32"]
    assert args("args n(x: loff_t *) { n = *x }\nfprobe vfs_read { use n(pos) }") == ["n=+0(pos):s64"]
    assert args(FILE + "fprobe vfs_read { use of_file((struct file *)buf) }") == ["ino=+64(+40(buf)):u64"]
    assert args(FILE + "kprobe vfs_read+8 { use of_file((struct file *)%di) }") == ["ino=+64(+40(%di)):u64"]


def test_two_uses_of_one_list_clash() -> None:
    spec = FILE + "fprobe vfs_read { use of_file(file), use of_file(file) }"
    found = only(spec)
    assert (found.rule.slug, found.label.span.start) == ("name-clash", spec.rindex("use"))
    assert found.others[0].span.start == spec.index("use")
    assert said(FILE + "fprobe vfs_read { use of_file(file), ino = count }") == [("name-clash", "ino")]
    assert said("args l(f: struct file *) { f->f_pos, f->f_pos }\nfprobe vfs_read { use l(file) }") == [
        ("name-clash", "f->f_pos")
    ]


def test_a_list_sees_its_parameters_only() -> None:
    spec = "args l(f: struct file *) { count }\nfprobe vfs_read { use l(file) }"
    assert said(spec) == [("unknown-name", "count")]


def test_a_wrong_number_and_wrong_types() -> None:
    assert said(FILE + "fprobe vfs_read { use of_file() }") == [("args-mismatch", "use of_file()")]
    assert said(FILE + "fprobe vfs_read { use of_file(file, file) }") == [
        ("args-mismatch", "use of_file(file, file)")
    ]
    assert said(FILE + "fprobe vfs_read { use of_file(count) }") == [("args-mismatch", "count")]
    assert said(FILE + "fprobe vfs_open { use of_file(path) }") == [("args-mismatch", "path")]
    assert "1 argument" in only(FILE + "fprobe vfs_read { use of_file() }").message


def test_an_unknown_list() -> None:
    found = only(FILE + "fprobe vfs_read { use of_fiel(file) }")
    assert (found.rule.slug, found.label.text) == ("unknown-args", "did you mean `of_file`?")


def test_an_unknown_argument_is_one_error() -> None:
    assert said(FILE + "fprobe vfs_read { use of_file(fiel) }") == [("unknown-name", "fiel")]


def test_a_mistake_in_a_list_is_said_once() -> None:
    spec = """
    args of_file(f: struct file *) { f->f_nope }
    fprobe vfs_read { use of_file(file) }
    fprobe vfs_write { use of_file(file) }
    """
    assert said(spec) == [("unknown-member", "f_nope")]


def test_a_list_that_nobody_uses_is_checked_too() -> None:
    assert said("args of_file(f: struct file *) { f->f_nope }") == [("unknown-member", "f_nope")]
    assert said("args of_file(f: struct fiel *) { f->f_nope }") == [("unknown-type", "struct fiel *")]


def test_lists_that_use_themselves() -> None:
    assert said("args a(f: struct file *) { use a(f) }\nfprobe vfs_read { use a(file) }") == [
        ("recursive-args", "use a(f)")
    ]
    spec = """
    args a(f: struct file *) { use b(f) }
    args b(f: struct file *) { use a(f) }
    fprobe vfs_read { use a(file) }
    """
    assert [slug for slug, _ in said(spec)] == ["recursive-args"]


def test_two_lists_or_parameters_of_one_name() -> None:
    assert said(FILE + FILE) == [("name-clash", "of_file")]
    assert said("args a(f: struct file *, f: struct file *) { f->f_flags }") == [("name-clash", "f")]
