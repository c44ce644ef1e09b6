"""What a point means: functions, tracepoints, events, patterns, choices, options."""

from __future__ import annotations

import pytest

from tests.support.specs import accepted, commands, only, run, said


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("fprobe vfs_read", "f:t/vfs_read vfs_read"),
        ("fprobe vfs_read%return", "f:t/vfs_read_return vfs_read%return"),
        ("kprobe vfs_read", "p:t/vfs_read vfs_read"),
        ("kprobe vfs_read%return", "r:t/vfs_read_return vfs_read"),
        ("kprobe vfs_read+0x1c", "p:t/vfs_read_0x1c vfs_read+28"),
        ("kprobe vfs_read+28", "p:t/vfs_read_0x1c vfs_read+28"),
        ("kprobe 0xffffffff81000000", "p:t/at_0xffffffff81000000 0xffffffff81000000"),
        ("kprobe vfs_kern_mount.part.0", "p:t/vfs_kern_mount_part_0 vfs_kern_mount.part.0"),
        ("tprobe sched_switch", "t:t/sched_switch sched_switch"),
        ("eprobe sched:sched_switch", "e:t/sched_switch sched.sched_switch"),
        ("big = fprobe vfs_read", "f:t/big vfs_read"),
        ("io/big = fprobe vfs_read", "f:io/big vfs_read"),
        ("group io\nfprobe vfs_read", "f:io/vfs_read vfs_read"),
        ("fprobe vfs_read\ngroup io", "f:io/vfs_read vfs_read"),
    ],
)
def test_point(spec: str, expected: str) -> None:
    assert commands(spec) == [expected]


@pytest.mark.parametrize(
    ("file", "group"),
    [
        ("reads.pl", "reads"),
        ("reads.probe", "reads"),
        ("reads.probe.pl", "reads"),
        ("/some/where/my-reads.pl", "my_reads"),
        ("7up.pl", "_7up"),
        ("été.pl", "_t_"),
        ("---.pl", "probelang"),
        ("<stdin>", "stdin"),
        ("x" * 80 + ".pl", "x" * 63),
        ("odd\nname $(id).pl", "odd_name___id_"),
    ],
)
def test_the_default_group_is_the_name_of_the_file(file: str, group: str) -> None:
    assert commands("fprobe vfs_read", name=file) == [f"f:{group}/vfs_read vfs_read"]


# ------------------------------------------------------------------------------------------------ patterns


@pytest.mark.parametrize(
    ("point", "functions"),
    [
        ("vfs_{read,write}", ["vfs_read", "vfs_write"]),
        ("vfs_{write,read}", ["vfs_write", "vfs_read"]),
        ("vfs_{read,write}{,v}", ["vfs_read", "vfs_readv", "vfs_write", "vfs_writev"]),
        ("{vfs_read,ksys_read}", ["vfs_read", "ksys_read"]),
        ("vfs_rea?", ["vfs_read"]),
        ("vfs_read*", ["vfs_read", "vfs_readlink", "vfs_readv"]),
        ("vfs_{rea?,wri*v}", ["vfs_read", "vfs_writev"]),
        ("vfs_{read,rea?}", ["vfs_read"]),
    ],
)
def test_a_pattern_without_a_name_is_an_event_for_each_point(point: str, functions: list[str]) -> None:
    assert commands(f"fprobe {point}") == [f"f:t/{name} {name}" for name in functions]
    assert commands(f"kprobe {point}") == [f"p:t/{name} {name}" for name in functions]
    assert commands(f"fprobe {point}%return") == [f"f:t/{name}_return {name}%return" for name in functions]


def test_a_pattern_with_a_name_is_one_event() -> None:
    (event,) = accepted("x = fprobe vfs_{read,write} if count == 1 { count }").events
    assert event.commands == ("f:t/x vfs_read count=count:u64", "f:t/x vfs_write count=count:u64")
    assert event.filter == "count == 1"


def test_patterns_of_tracepoints_and_events() -> None:
    assert commands("tprobe sched_wak{eup,ing} { p->pid }") == [
        "t:t/sched_wakeup sched_wakeup pid=p->pid:s32",
        "t:t/sched_waking sched_waking pid=p->pid:s32",
    ]
    assert commands("x = tprobe sched_waki?? { p->pid }") == ["t:t/x sched_waking pid=p->pid:s32"]
    assert commands("eprobe sched:sched_wak{eup,ing} { pid }") == [
        "e:t/sched_wakeup sched.sched_wakeup pid=$pid:s32",
        "e:t/sched_waking sched.sched_waking pid=$pid:s32",
    ]
    assert commands("eprobe syscalls:sys_{enter,exit}_open") == [
        "e:t/sys_enter_open syscalls.sys_enter_open",
        "e:t/sys_exit_open syscalls.sys_exit_open",
    ]
    assert said("eprobe {sched,shed}:sched_*") == [("no-match", "{sched,shed}:sched_*")]


def test_every_point_of_a_pattern_is_checked() -> None:
    assert said("fprobe vfs_{read,fsync} { count }") == [("unknown-name", "count")]
    assert "vfs_fsync" in only("fprobe vfs_{read,fsync} { count }").message
    # but what only some have can be chosen
    assert commands("fprobe vfs_{read,fsync} { x = count ?? datasync }") == [
        "f:t/vfs_read vfs_read x=count:u64",
        "f:t/vfs_fsync vfs_fsync x=datasync:s32",
    ]
    assert said("x = fprobe vfs_{read,fsync} { x = count ?? datasync }") == [
        ("sites-differ", "count ?? datasync")
    ]


def test_the_limit_of_points() -> None:
    found = only("fprobe tcp_*")
    assert found.rule.slug == "too-many-points"
    assert "limit is 100" in found.message and "with max=" in (found.help or "")
    assert said("fprobe vfs_{read,write} with max=1") == [("too-many-points", "vfs_{read,write}")]
    assert len(commands("fprobe vfs_{read,write} with max=2")) == 2
    for text in ("{" + "nope," * 1000 + "vfs_read}", "{a,b}" * 14):
        for spec in (f"fprobe {text} with max=5000", f"eprobe sched:{text} with max=5000"):
            assert said(spec) == [("too-many-points", text)]
    many = run("fprobe tcp_* with max=1000")
    assert not many.failed and len(many.events) > 100


def test_a_pattern_that_fits_nothing() -> None:
    assert said("fprobe vfs_nothing_* { count }") == [("no-match", "vfs_nothing_*")]
    assert said("tprobe nothing_*") == [("no-match", "nothing_*")]
    assert said("eprobe nothing:*") == [("no-match", "nothing:*")]


def test_an_unknown_alternative_is_said_where_it_stands() -> None:
    assert said("fprobe vfs_{read,raed,writ} { count }") == [
        ("unknown-function", "raed"),
        ("unknown-function", "writ"),
    ]


# ------------------------------------------------------------------------------------------------- choices


def test_the_first_point_that_the_kernel_has() -> None:
    assert commands("fprobe filename_unlinkat ?? do_unlinkat", "6.12") == ["f:t/do_unlinkat do_unlinkat"]
    assert commands("fprobe filename_unlinkat ?? do_unlinkat", "7.3") == [
        "f:t/filename_unlinkat filename_unlinkat"
    ]
    assert commands("x = fprobe nope ?? nor_this ?? vfs_read") == ["f:t/x vfs_read"]
    assert commands("tprobe nope ?? sched_switch") == ["t:t/sched_switch sched_switch"]
    assert commands("eprobe sched:nope ?? sched:sched_switch") == ["e:t/sched_switch sched.sched_switch"]
    assert commands("fprobe nope_* ?? vfs_{read,write}") == [
        "f:t/vfs_read vfs_read",
        "f:t/vfs_write vfs_write",
    ]


def test_a_choice_of_which_the_kernel_has_none_is_one_error() -> None:
    found = only("fprobe nope ?? nor_this { count }")
    assert found.rule.slug == "unknown-function" and "nor_this" in found.message
    assert any("`nope`" in note for note in found.notes)


def test_names_in_a_choice_belong_to_the_point_that_was_chosen() -> None:
    assert commands("fprobe nope ?? vfs_read { count }") == ["f:t/vfs_read vfs_read count=count:u64"]
    assert said("fprobe vfs_read ?? vfs_fsync { datasync }") == [("unknown-name", "datasync")]


# ------------------------------------------------------------------------------------------------- options


def test_options() -> None:
    (event,) = accepted("x = kprobe vfs_read%return with maxactive=16").events
    assert event.commands == ("r16:t/x vfs_read",)
    (event,) = accepted("x = fprobe vfs_read with disabled, stacktrace if count == 1").events
    assert event.probe.disabled
    assert [text for _, text in event.triggers] == ["stacktrace if count == 1"]
    (event,) = accepted("x = fprobe vfs_read with stacktrace").events
    assert [text for _, text in event.triggers] == ["stacktrace"]


@pytest.mark.parametrize(
    ("options", "place"),
    [
        ("maxactive=4", "maxactive=4"),
        ("stacktrce", "stacktrce"),
        ("disabled=1", "disabled=1"),
        ("max", "max"),
        ("max=0", "0"),
        ("max=999999", "999999"),
        ("disabled, disabled", "disabled"),
        ("max=3, max=4", "max=4"),
    ],
)
def test_wrong_options(options: str, place: str) -> None:
    assert said(f"fprobe vfs_read with {options}") == [("bad-option", place)]


@pytest.mark.parametrize("options", ["maxactive=0", "maxactive=4097"])
def test_maxactive_has_limits(options: str) -> None:
    assert [slug for slug, _ in said(f"kprobe vfs_read%return with {options}")] == ["bad-option"]
    assert [slug for slug, _ in said(f"kprobe vfs_read with {options}")] == ["bad-option"]


# ------------------------------------------------------------------------------------------------- refused


@pytest.mark.parametrize(
    ("spec", "slug", "place"),
    [
        ("fprobe vfs_raed { nope }", "unknown-function", "vfs_raed"),
        ("tprobe sched_swich { nope }", "unknown-tracepoint", "sched_swich"),
        ("eprobe sched:sched_swich { nope }", "unknown-event", "sched:sched_swich"),
        ("fprobe native_sched_clock { nope }", "not-traceable", "native_sched_clock"),
        ("kprobe do_int3", "blacklisted", "do_int3"),
        ("kprobe init_once", "ambiguous-symbol", "init_once"),
        ("kprobe vfs_read+8%return", "return-with-offset", "vfs_read+8%return"),
    ],
)
def test_a_wrong_point_is_the_only_error_of_its_probe(spec: str, slug: str, place: str) -> None:
    assert said(spec) == [(slug, place)]


def test_events_in_other_systems_are_near() -> None:
    found = only("eprobe shed:sched_switch")
    assert found.label.text == "did you mean `sched:sched_switch`?"


def test_kprobe_instead_of_fprobe_where_there_are_none() -> None:
    assert commands("fprobe vfs_read { count }", "6.1") == ["p:t/vfs_read vfs_read count=$arg3:u64"]
    assert commands("fprobe vfs_read%return { $retval }", "6.1") == [
        "r:t/vfs_read_return vfs_read retval=$retval:s64"
    ]


def test_a_tprobe_where_there_are_none_names_feature_and_way_out() -> None:
    found = only("tprobe sched_switch { prev->pid }", "6.1")
    assert (found.rule.slug, "tprobe" in found.message) == ("no-kernel-feature", True)
    assert "eprobe sched:sched_switch" in (found.help or "")
