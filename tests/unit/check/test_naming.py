"""Names: automatic ones, clashes, limits."""

from __future__ import annotations

import pytest

from tests.support.specs import apply_fix, args, commands, only, run, said


@pytest.mark.parametrize(
    ("expr", "name"),
    [
        ("count", "count"),
        ("file->f_pos", "f_pos"),
        ("file->f_path.dentry", "dentry"),
        ("*pos", "pos"),
        ("pos[0]", "pos"),
        ("file->f_inode->i_sb->s_uuid.b[3]", "b"),
        ("(u32)count", "count"),
        ("((struct file *)file)->f_flags", "f_flags"),
        ("$comm", "comm"),
        ("$arg1", "arg1"),
        ("$stack", "stack"),
        ("$stack2", "stack2"),
        ("%di", "di"),
        ("+8(%di)", "di"),
        ("+0(+8(file))", "file"),
        ("@panic_timeout: s32", "panic_timeout"),
        ("user(buf)", "buf"),
        ("container_of(file->f_inode, struct socket_alloc, vfs_inode)->socket.state", "state"),
        ("file->nothing ?? file->f_pos", "nothing"),
        ("&file->f_path", "f_path"),
    ],
)
def test_a_fetch_arg_is_named_after_its_last_member_or_variable(expr: str, name: str) -> None:
    spec = f"kprobe vfs_read {{ {expr} }}"
    if expr.startswith("&"):
        assert said(spec) == [("no-address", "&file->f_path")]
        return
    assert [arg.partition("=")[0] for arg in args(spec)] == [name]


def test_return_values_have_a_name() -> None:
    assert args("fprobe vfs_read%return { $retval }") == ["retval=$retval:s64"]
    assert args("fprobe vfs_read%return { entry(count) }") == ["count=count:u64"]


@pytest.mark.parametrize("expr", ["42", "BIG", "-1", "1 << 3", '"text"', "@0xffffffff81000000: u64"])
def test_what_has_no_name_needs_one(expr: str) -> None:
    found = only(f"const BIG = 1\nfprobe vfs_read {{ {expr} }}") if expr != "BIG" else None
    if found is None:
        # a constant has a name: its own
        assert args("const BIG = 1\nfprobe vfs_read { BIG }") == ["BIG=\\1:u64"]
        return
    assert found.rule.slug == "missing-name"
    assert found.fix is not None and found.fix.edits[0].text == "value = "


def test_a_clash_offers_a_free_name_and_then_compiles() -> None:
    spec = "fprobe vfs_read { count, x = file, count_2 = pos, count }"
    found = only(spec)
    assert (found.rule.slug, found.label.span.start) == ("name-clash", spec.rindex("count"))
    assert found.fix is not None
    fixed = apply_fix(spec, found.fix)
    assert fixed == "fprobe vfs_read { count, x = file, count_2 = pos, count_3 = count }"
    assert len(commands(fixed)) == 1


def test_several_clashes_offer_different_names() -> None:
    spec = "fprobe vfs_read { count, count, x = pos, count = file, x = buf }"
    fixes = [found.fix for found in run(spec).diagnostics]
    assert len(fixes) == 3 and all(fixes)
    for fix in reversed(fixes):
        assert fix is not None
        spec = apply_fix(spec, fix)
    assert [arg.partition("=")[0] for arg in args(spec)] == ["count", "count_2", "x", "count_3", "x_2"]


def test_events_that_clash_offer_free_names_and_then_compile() -> None:
    spec = "fprobe vfs_read\nfprobe vfs_read\na = fprobe vfs_write\na = fprobe vfs_open\nfprobe vfs_read\nvfs_read_2 = kprobe vfs_fsync\n"
    found = run(spec).diagnostics
    assert [one.rule.slug for one in found] == ["name-clash"] * 3
    for one in reversed(found):
        assert one.fix is not None
        spec = apply_fix(spec, one.fix)
    names = [command.split()[0] for command in commands(spec)]
    assert len(set(names)) == 6 and "p:t/vfs_read_2" in names


def test_the_same_name_in_another_group_is_no_clash() -> None:
    assert len(commands("a/x = fprobe vfs_read\nb/x = fprobe vfs_read\nx = fprobe vfs_read")) == 3


def test_points_of_two_patterns_may_clash() -> None:
    spec = "fprobe vfs_{read,write}\nfprobe vfs_rea?"
    assert said(spec) == [("name-clash", "vfs_rea?")]


def test_a_function_and_its_return_do_not_clash() -> None:
    assert len(commands("fprobe vfs_read\nfprobe vfs_read%return")) == 2


def test_an_event_of_the_kernel_itself_is_taken() -> None:
    found = only("sched/sched_switch = fprobe vfs_read")
    assert found.rule.slug == "name-clash" and found.kernel_error == "EVENT_EXIST"
    assert said("group sched\ntprobe sched_switch") == [("name-clash", "sched_switch")]


@pytest.mark.parametrize(
    "name",
    ["common_type", "common_flags", "common_preempt_count", "common_pid", "common_tgid", "common_cpu"]
    + ["__probe_ip", "__probe_ret_ip", "__probe_func"],
)
def test_reserved_names(name: str) -> None:
    spec = f"fprobe vfs_read {{ {name} = count }}"
    found = only(spec)
    assert found.rule.slug == "reserved-name" and found.fix is not None
    assert len(commands(apply_fix(spec, found.fix))) == 1


def test_limits_of_names() -> None:
    assert len(args(f"fprobe vfs_read {{ {'a' * 31} = count }}")) == 1
    found = only(f"fprobe vfs_read {{ {'a' * 32} = count }}")
    assert (found.rule.slug, found.kernel_error) == ("name-too-long", "ARG_NAME_TOO_LONG")
    assert len(commands(f"{'a' * 63} = fprobe vfs_read")) == 1
    assert only(f"{'a' * 64} = fprobe vfs_read").kernel_error == "EVENT_TOO_LONG"
    assert only(f"{'g' * 64}/x = fprobe vfs_read").kernel_error == "GROUP_TOO_LONG"
    assert only(f"group {'g' * 64}\nfprobe vfs_read").kernel_error == "GROUP_TOO_LONG"


def test_an_automatic_name_that_is_too_long_can_be_shortened() -> None:
    member = "top_level_task_in_a_group_of_many_tasks"
    found = only(f"fprobe vfs_read {{ {member} = count }}")
    assert found.fix is not None
    assert len(args(apply_fix(f"fprobe vfs_read {{ {member} = count }}", found.fix))) == 1


def test_what_is_called_as_a_keyword() -> None:
    assert args("fprobe vfs_read { args = count, use = file, entry = pos, in = $arg1 }") == [
        "args=count:u64",
        "use=file:x64",
        "entry=pos:x64",
        "in=file:x64",
    ]
    assert commands("group = fprobe vfs_read\nif/const = fprobe vfs_read")[0] == "f:t/group vfs_read"


def test_one_group_a_file() -> None:
    assert said("group a\nfprobe vfs_read\ngroup b") == [("second-group", "group b")]


@pytest.mark.parametrize("name", ["enable", "filter"])
def test_an_event_called_as_a_file_of_tracefs(name: str) -> None:
    """Every kernel takes it, and makes no folder of it, or two things of one name."""
    spec = f"{name} = fprobe vfs_read\n{name}_2 = fprobe vfs_write"
    found = only(spec)
    assert (found.rule.slug, found.kernel_error) == ("reserved-name", None)
    assert found.fix is not None
    assert commands(apply_fix(spec, found.fix))[0] == f"f:t/{name}_3 vfs_read"


@pytest.mark.parametrize("name", ["enable", "header_page", "header_event"])
def test_a_group_called_as_a_file_of_tracefs(name: str) -> None:
    for spec in (f"group {name}\nfprobe vfs_read", f"{name}/x = fprobe vfs_read"):
        found = only(spec)
        assert found.rule.slug == "reserved-name" and found.fix is not None
        assert len(commands(apply_fix(spec, found.fix))) == 1
    assert commands("fprobe vfs_read", name=f"{name}.pl") == [f"f:_{name}/vfs_read vfs_read"]
