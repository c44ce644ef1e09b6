"""One spec on several kernels: one diagnostic a cause, and `??` for what only some of them have."""

from __future__ import annotations

import textwrap
from typing import Any

import pytest

from probelang.analysis import Analysis, analyse
from probelang.answers import Found
from probelang.btf.names import Space
from probelang.check import renames
from probelang.check.btf_ctypes import BtfType
from probelang.ctypes import CPointer, TypeRef
from probelang.diagnostics import Diagnostic, Severity, headline
from probelang.kernel.interface import Kernel
from probelang.linter import fleet
from probelang.source import Source
from tests.support.specs import KERNELS, apply_fix, bundled, run

ALL = [bundled(name) for name in KERNELS]


def found_in(spec: str, kernels: list[Kernel] = ALL) -> list[Diagnostic]:
    return fleet.lint(Source("t.pl", textwrap.dedent(spec)), kernels)


def only(spec: str, kernels: list[Kernel] = ALL) -> Diagnostic:
    (found,) = found_in(spec, kernels)
    return found


def fixed(spec: str) -> str:
    """The spec with the fixes of all that is said of it, which compiles on every kernel."""
    text = spec
    for found in reversed(found_in(spec)):
        assert found.fix is not None and not found.fix.safe, found
        text = apply_fix(text, found.fix)
    for name in KERNELS:
        assert not run(text, name).failed, text
    return text


# -------------------------------------------------------------------------------------------- one for a cause


def test_what_holds_on_all_names_no_kernel() -> None:
    found = only("fprobe vfs_raed")
    assert found.kernels == KERNELS
    assert headline(found, KERNELS) == "the kernel has no function `vfs_raed`"


def test_of_one_kernel_the_title_stays() -> None:
    found = only("fprobe vfs_raed", [bundled("6.12")])
    assert headline(found, ["6.12"]) == f"{bundled('6.12').title} has no function `vfs_raed`"


def test_what_holds_on_some_says_on_which() -> None:
    found = only("tprobe sched_switch { prev->prio }")
    assert headline(found, KERNELS).startswith("fails on 6.1: the kernel has no tprobe events: ")
    found = only("fprobe vfs_read { $current->pid }")
    assert headline(found, KERNELS).startswith("fails on 6.1 and 6.12: ")


def test_messages_that_differ_by_the_type_are_one_diagnostic() -> None:
    found = only("fprobe do_sys_openat2%return { error = $retval: s16 }")
    assert found.kernels == KERNELS
    assert found.message == "`long int` has 64 bits: `s16` records the lowest 16 of them"
    assert found.notes[0] == "on 7.3: `int` has 32 bits: `s16` records the lowest 16 of them"


def test_a_warning_here_and_nothing_there() -> None:
    found = only("fprobe do_sys_openat2%return { error = $retval: s32 }")
    assert found.severity is Severity.WARNING
    assert headline(found, KERNELS).startswith("on 6.1 and 6.12: `long int` has 64 bits: ")


def test_kernels_are_in_the_order_they_were_given_in() -> None:
    assert only("fprobe vfs_raed", ALL[::-1]).kernels == KERNELS[::-1]


def test_a_fix_that_is_not_the_same_everywhere_is_none() -> None:
    spec = "tprobe sched_switch { prev->i_mtime_sek }"
    assert only(spec, ALL[1:]).kernels == KERNELS[1:]
    found = only("fprobe vfs_fsync { file->f_inode->i_mtime_sek }")
    assert found.kernels == KERNELS and found.fix is None and found.label.text == ""


# ---------------------------------------------------------------------------------- what only some kernels have


@pytest.mark.parametrize(
    ("spec", "better"),
    [
        (
            "fprobe vfs_getattr { path->dentry->d_inode->i_atime.tv_sec }",
            "fprobe vfs_getattr { path->dentry->d_inode->i_atime.tv_sec ?? path->dentry->d_inode->i_atime_sec }",
        ),
        (
            "fprobe vfs_fsync if file->f_inode->i_ctime_sec > 5 && datasync",
            "fprobe vfs_fsync if file->f_inode->i_ctime_sec ?? file->f_inode->i_ctime.tv_sec > 5 && datasync",
        ),
        (
            "a = fprobe vfs_rename { ino = rd -> old_dir -> i_ino: u64 }",
            "a = fprobe vfs_rename { ino = rd -> old_dir -> i_ino ?? rd -> old_parent->d_inode -> i_ino: u64 }",
        ),
        (
            "args of(d: struct dentry *) { short = d->d_iname }\nfprobe vfs_unlink { use of(dentry) }",
            "args of(d: struct dentry *) { short = d->d_iname ?? d->d_shortname.string }\nfprobe vfs_unlink { use of(dentry) }",
        ),
        (
            "fprobe do_unlinkat { name->name }",
            "do_unlinkat = fprobe do_unlinkat ?? filename_unlinkat { name->name }",
        ),
        (
            "fprobe sk_skb_reason_drop%return",
            "sk_skb_reason_drop_return = fprobe sk_skb_reason_drop%return ?? kfree_skb_reason%return",
        ),
        (
            "eprobe ext4:ext4_read_folio { ino }",
            "ext4_read_folio = eprobe ext4:ext4_read_folio ?? ext4:ext4_readpage { ino }",
        ),
        (
            "big = eprobe filelock:flock_lock_inode if fl_type == 1 { f = fl_flags }",
            "big = eprobe filelock:flock_lock_inode if fl_type ?? type == 1 { f = fl_flags ?? flags }",
        ),
        ("fprobe do_filp_open { dfd }", "do_filp_open = fprobe do_filp_open ?? do_file_open { dfd }"),
    ],
)
def test_another_name_there(spec: str, better: str) -> None:
    assert fixed(spec) == better


def test_the_place_says_the_name_there() -> None:
    found = only("fprobe do_unlinkat { name->name }")
    assert found.label.text == "on 7.3 it is `filename_unlinkat`"
    assert "6.1 and 6.12 have it" in found.notes


def test_a_name_whose_parameters_are_others_is_not_offered() -> None:
    # on 7.3 it is filename_unlinkat(), which has no such parameter
    found = found_in("fprobe do_unlinkat { dfd, second = name->uptr }")
    assert [one.fix is None for one in found if one.rule.slug == "unknown-function"] == [True]


def test_without_another_name_there_is_help_and_no_near_name() -> None:
    found = only("fprobe vfs_fsync { file->f_inode->i_crypt_info }")
    assert found.kernels == ("7.3",) and found.fix is None and found.label.text == ""
    assert found.help == "`a ?? b` is `b` where a kernel does not have `a`"
    assert "6.1 and 6.12 have it" in found.notes


def test_a_kernel_that_could_not_look_has_nothing() -> None:
    # 6.1 has no such function, and so no say in what its parameters have
    found = {one.rule.slug: one for one in found_in("fprobe sk_skb_reason_drop { skb->mono_delivery_time }")}
    assert found["unknown-function"].kernels == ("6.1",)
    member = found["unknown-member"]
    assert member.kernels == ("6.12", "7.3")
    assert not any("have it" in note or "has it" in note for note in member.notes)


def test_the_other_probes_are_no_obstacle() -> None:
    spec = "fprobe vfs_raed\nx = fprobe do_rmdir\nfprobe vfs_read { cuont }\n"
    found = {one.rule.slug: one for one in found_in(spec) if one.kernels == ("7.3",)}
    fix = found["unknown-function"].fix
    assert fix is not None
    assert apply_fix(spec, fix).splitlines()[1] == "x = fprobe do_rmdir ?? filename_rmdir"


def test_many_findings_take_no_more_than_some_trials(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def count(source: Source, *rest: Any) -> Analysis:
        asked.append(source.text)
        return analyse(source, *rest)

    monkeypatch.setattr("probelang.linter.trial.analyse", count)
    found_in("".join(f"p{n} = fprobe do_rmdir {{ x{n} = name->name }}\n" for n in range(300)), ALL[1:])
    assert len(asked) < 300


# ------------------------------------------------------------------------------------------ the table of names


def path_of(kernel: Kernel, struct: str, path: str) -> str | None:
    """The type of what a path leads to, None where the kernel has no such path."""
    btf = kernel.btf
    assert btf is not None
    id = btf.find(Space.STRUCT, struct)
    assert id is not None
    at: TypeRef = BtfType(btf, id)
    for name in path.replace("->", ".").split("."):
        behind = at.describe()
        if isinstance(behind, CPointer):
            assert behind.target is not None
            at = behind.target
        found = at.find_member(name)
        if found is None:
            return None
        at = found.type
    return at.text


@pytest.mark.parametrize("line", renames.MEMBERS, ids=" ".join)
def test_members_take_each_others_place(line: tuple[str, ...]) -> None:
    struct, *ways = line
    there = [{way for way in ways if path_of(kernel, struct, way) is not None} for kernel in ALL]
    assert all(len(names) <= 1 for names in there)
    assert len(set.union(*there)) == (1 if struct == "task_struct" else 2)


@pytest.mark.parametrize("line", renames.FUNCTIONS, ids=" ".join)
def test_functions_take_each_others_place(line: tuple[str, ...]) -> None:
    there = [{name for name in line if isinstance(kernel.find_function(name), Found)} for kernel in ALL]
    assert all(len(names) <= 1 for names in there)
    assert set.union(*there) == set(line)


@pytest.mark.parametrize("line", renames.EVENTS, ids=" ".join)
def test_events_take_each_others_place(line: tuple[str, ...]) -> None:
    there = [
        {name for name in line if isinstance(kernel.find_event(*name.split(":")), Found)} for kernel in ALL
    ]
    assert all(len(names) == 1 for names in there)
    assert set.union(*there) == set(line)
