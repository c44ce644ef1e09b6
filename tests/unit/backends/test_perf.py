"""perf: what is defined, what is recorded, what it cannot do, and names and words that perf would take for others."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path

import pytest

from probelang.analysis import Analysis, analyse
from probelang.backends import Settings
from probelang.backends.perf import render
from probelang.backends.perf.names import find_pattern, spell_event
from probelang.source import Source
from tests.support.kernels import fake_kernel
from tests.support.specs import bundled


def compiled(spec: str, kernel: str = "6.12", debuginfo: bool = False) -> Analysis:
    source = Source("t.pl", textwrap.dedent(spec))
    return analyse(source, bundled(kernel), "perf", Settings(debuginfo=debuginfo))


def probes(spec: str, kernel: str = "6.12", debuginfo: bool = False) -> list[str]:
    analysis = compiled(spec, kernel, debuginfo)
    assert not analysis.failed, [found.message for found in analysis.diagnostics]
    return [definition.text for event in analysis.events for definition in event.definitions]


def recorded(spec: str, kernel: str = "6.12") -> list[tuple[str, str | None]]:
    analysis = compiled(spec, kernel)
    assert not analysis.failed, [found.message for found in analysis.diagnostics]
    return [(one.text, one.filter) for event in analysis.events for one in event.selections]


def refused(spec: str, kernel: str = "6.12") -> list[tuple[str, str, str]]:
    """Code, characters and help of what is said."""
    analysis = compiled(spec, kernel)
    return [
        (found.rule.code, analysis.source.slice(found.label.span), found.help or "")
        for found in analysis.diagnostics
    ]


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        ("fprobe vfs_read { count }", "t:vfs_read=vfs_read count=%dx:u64"),
        ("kprobe vfs_read { $arg1 }", "t:vfs_read=vfs_read arg1=%di:x64"),
        ("kprobe vfs_read+9 { n = %dx: u64 }", "t:vfs_read_0x9=vfs_read+9 n=%dx:u64"),
        ("a = kprobe 0xffffffff81434a10 { n = %dx: u64 }", "t:a=0xffffffff81434a10 n=%dx:u64"),
        ("a = fprobe vfs_read%return { $retval }", "t:a=vfs_read%return retval=$retval:s64"),
        ("a = fprobe vfs_read%return { count, p = *pos }", "t:a=vfs_read%return count=$arg3:u64 p=+0($arg4):s64"),
        ("fprobe vfs_read { $stack, $stack2, $comm }", "t:vfs_read=vfs_read stack=$stack:x64 stack2=$stack2:x64 comm=$comm"),
        ('fprobe vfs_read { n = 42, w = "a=b;c%d@user" }', 't:vfs_read=vfs_read n=\\42:u64 w=\\"a=b;c%d@user"'),
        ("a = uprobe /bin/sh:0x1234 { n = %di: s32 }", "t:a=0x1234 n=%di:s32"),
        ("a = uprobe /bin/sh:0x1234%return { $retval }", "t:a=0x1234%return retval=$retval:x64"),
    ],
)  # fmt: skip
def test_what_perf_probe_is_given(spec: str, text: str) -> None:
    assert probes(spec) == [text]


def test_in_terms_of_c_where_perf_finds_debugging_information() -> None:
    spec = """
    group io
    rd = fprobe vfs_read {
        count
        name = file->f_path.dentry->d_name.name
        pos = *pos
        seq = ((struct seq_file *)file->private_data)->count
        $comm
    }
    back = fprobe vfs_read%return { $retval }
    """
    assert probes(spec, debuginfo=True) == [
        "io:rd=vfs_read count=count:u64 name=file->f_path.dentry->d_name.name:string pos=+0(%cx):s64 seq=+24(+32(%di)):u64 comm=$comm",
        "io:back=vfs_read%return retval=$retval:s64",
    ]


def test_what_perf_does_not_find_in_debugging_information_is_read_by_offset() -> None:
    """`vma` is in an anonymous struct that is const."""
    spec = "group io\na = fprobe filemap_fault { vm = vmf->vma->vm_flags, vmf->flags }"
    (text,) = probes(spec, debuginfo=True)
    assert text.startswith("io:a=filemap_fault vm=+") and text.endswith(" flags=vmf->flags:u32"), text


def test_tprobes_are_events_where_those_record_the_arguments() -> None:
    spec = """
    sw = tprobe sched_switch if next->pid > 1 && prev->comm == "a" { prev->comm, $tid }
    gone = tprobe sched_process_exit if $comm ~ "b*"
    any = tprobe sched_pi_setprio
    """
    assert recorded(spec) == [
        ("sched:sched_switch", 'next_pid > 1 && prev_comm == "a"'),
        ("sched:sched_process_exit", 'comm ~ "b*"'),
        ("sched:sched_pi_setprio", None),
    ]
    assert compiled(spec).events[0].shown[0] == ("comm", "prev_comm")
    assert recorded("tprobe sched_switch { next->comm }", "6.1") == [("sched:sched_switch", None)]


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("tprobe sched_switch { prev->flags }", "prev->flags"),
        ("tprobe sched_switch { prev->pid: x32 }", "prev->pid: x32"),
        ("tprobe sched_switch if prev->flags > 1", "prev->flags"),
        ("tprobe sched_switch { prev->pid, at = +8(prev): x64 }", "+8(prev)"),
    ],
)
def test_what_the_event_of_a_tracepoint_does_not_record(spec: str, words: str) -> None:
    ((code, said, help),) = refused(spec)
    assert code == "PRB501" and said in words and "`--target tracefs`" in help


def test_an_event_that_is_called_as_the_one_it_is_on_is_said_once() -> None:
    assert [code for code, *_ in refused("group sched\neprobe sched:sched_switch { next_pid }")] == ["PRB102"]


def test_conditions_are_filters_of_what_is_recorded() -> None:
    assert recorded(
        'group io\na = fprobe vfs_read with stacktrace if count > 3 && $tid > 1 && $comm == "x" {}'
    ) == [("io:a/call-graph=fp/", 'count > 3 && common_pid > 1 && comm == "x"')]
    assert probes('group io\na = fprobe vfs_read if count > 3 && $comm == "x" {}') == [
        "io:a=vfs_read count=%dx:u64 comm=$comm"
    ]


def test_what_perf_would_take_for_a_filter_of_another_kind() -> None:
    """perf 7.2 looks for `uid` anywhere in the text of a filter."""
    spec = "group io\na = fprobe commit_creds if uid != 0 { uid = new->uid.val }"
    assert probes(spec) == ["io:a=commit_creds uid=+8(%di):u32 u_id=+8(%di):u32"]
    assert recorded(spec) == [("io:a", "u_id != 0")]
    assert [one[0] for one in refused('fprobe vfs_read if $comm == "druid"')] == ["PRB501"]


def test_a_disabled_probe_is_defined_and_not_recorded() -> None:
    spec = "group io\na = fprobe vfs_read with disabled { count }"
    assert probes(spec) and not recorded(spec)


def test_many_points_have_numbers() -> None:
    spec = "group io\nio = fprobe vfs_{read,write} if count > 1 { count }\nio_1 = fprobe vfs_open"
    assert [text.partition(" ")[0] for text in probes(spec)] == [
        "io:io=vfs_read",
        "io:io_1=vfs_write",
        "io:io_1_1=vfs_open",
    ]
    assert recorded(spec) == [("io:io", "count > 1"), ("io:io_1", "count > 1"), ("io:io_1_1", None)]
    assert render(compiled(spec).events, "script", [], bundled("6.12")).notes == (
        "io/io is called io:io, io:io_1",
        "io/io_1 is called io:io_1_1",
    )


def test_one_name_in_two_groups_is_two_names() -> None:
    """`perf probe` compares names without their groups."""
    spec = "a/x = fprobe vfs_read\nb/x = fprobe vfs_write"
    assert [text.partition("=")[0] for text in probes(spec)] == ["a:x", "b:x_1"]
    both = [*compiled("a/x = fprobe vfs_read").events, *compiled("b/x = fprobe vfs_write").events]
    output = render(both, "commands", [], bundled("6.12"))
    assert "b:x_1=vfs_write" in output.text
    assert output.notes[0] == "b/x is called b:x_1"


@pytest.mark.parametrize(
    ("name", "spelled"),
    [("_x", "x"), ("__a__b", "a_b"), ("_", "p"), ("_9", "p_9"), ("a_", "a_"), ("x" * 63, "x" * 63)],
)
def test_names_that_every_perf_keeps(name: str, spelled: str) -> None:
    assert spell_event(name, False, set()) == spelled


def test_there_is_room_for_what_perf_adds() -> None:
    taken: set[str] = set()
    names = [spell_event("x" * 63, True, taken) for _ in range(11)]
    assert len({len(name) + len("__return") for name in names}) == 1 and len(names[0]) == 55
    assert len(set(names)) == 11


@pytest.mark.parametrize(
    "name", ["read", "rd", "raceface", "keep", "u", "cycles", "load", "faults", "rDEAD", "up"]
)
def test_what_perf_record_would_take_for_something_else_is_a_pattern(name: str) -> None:
    assert find_pattern("io", name) == f"io/{name[:-1]}?"
    assert find_pattern(name, "x") == f"{name[:-1]}?/x"


def test_a_pattern_fits_none_of_the_others() -> None:
    spec = "group io\nr{} = fprobe vfs_read\nrd = fprobe vfs_write"
    assert [text for text, _ in recorded(spec.format("x"))] == ["io:rx", "io:?d"]
    names = ["io/rd", "io/rx", "io/xd"]
    assert find_pattern("io", "rd", names) == "io/rd*"
    assert find_pattern("io", "rd", [*names, "io/rdx"]) == "io/*rd"
    assert find_pattern("io", "rd", [*names, "io/rdx", "io/xrd"]) == "io/r?"
    assert [text for text, _ in recorded("group io\na = fprobe vfs_read\nb = fprobe vfs_write")] == [
        "io:a",
        "io:b*",
    ]


@pytest.mark.parametrize("name", ["reads", "open", "opens", "vfs_read", "rg", "r", "big_read", "loading"])
def test_other_names_are_as_they_are(name: str) -> None:
    assert find_pattern("io", name) is None


def test_an_eprobe_is_the_event_itself() -> None:
    spec = 'group io\nto = eprobe sched:sched_switch if next_pid > 5 && $comm ~ "a*" { next_comm, pid = next_pid }'
    assert recorded(spec) == [("sched:sched_switch", 'next_pid > 5 && COMM ~ "a*"')]
    output = render(compiled(spec).events, "script", [], bundled("6.12"))
    assert output.notes == ("io/to is recorded as sched:sched_switch; `pid` as `next_pid`",)
    described = json.loads(render(compiled(spec).events, "json", [], bundled("6.12")).text)
    fields = described["events"][0]["fields"]
    assert [(field["name"], field["shown_as"]) for field in fields] == [
        ("next_comm", "next_comm"),
        ("pid", "next_pid"),
        ("comm", None),
    ]


def test_a_watch_is_a_hardware_breakpoint() -> None:
    assert recorded("group io\nw = watch jiffies_64 w") == [("/8:w/name='io:w'/", None)]
    assert recorded("group io\nw = watch jiffies_64+4 rw len 4 with stacktrace") == [
        ("/4:rw/name='io:w',call-graph=fp/", None)
    ]
    assert recorded("group io\nw = watch 0xffffffff81434a10 x") == [(":x/name='io:w'/", None)]
    text = render(compiled("w = watch jiffies_64+4 w len 4").events, "script", [], bundled("6.12")).text
    assert "watch1=$(address 'jiffies_64' 4)" in text and '-e "mem:$watch1"' in text


TRACEFS_AND_BPFTRACE = "`--target tracefs` and `--target bpftrace` can"


@pytest.mark.parametrize(
    ("spec", "characters", "help"),
    [
        ("x = fprobe vfs_read%return { a = entry(*pos) }", "entry(*pos)", TRACEFS_AND_BPFTRACE),
        ("x = fprobe vfs_read%return { $duration }", "$duration", TRACEFS_AND_BPFTRACE),
        ("kprobe vfs_read%return with maxactive=3", "maxactive=3", "`--target tracefs` can"),
        ("tprobe sched_pi_setprio { tsk->comm }", "sched_pi_setprio", "eprobe sched:sched_pi_setprio"),
        ("monitor every 1s { @nr_threads }", "every 1s", "`--target bpftrace` can"),
        ("watch jiffies_64 w { @nr_threads }", "@nr_threads", "`--target bpftrace` can"),
        ("watch jiffies_64 w if $tid > 3", "$tid > 3", "`--target bpftrace` can"),
        ("eprobe syscalls:sys_enter_openat { flags: x32 }", "flags", "tracefs"),
        ("eprobe sched:sched_switch { prev_prio: x32 }", "prev_prio", "`prev_prio: s32`"),
        ("eprobe syscalls:sys_enter_openat { filename: ustring }", "filename", "tracefs"),
        ("eprobe sched:sched_switch { $current }", "$current", "tracefs"),
        ("fprobe vfs_read { a = +0(file): char[4] }", "+0(file)", "`u8[4]`"),
        ("fprobe vfs_read { a = +0(file): string[4] }", "+0(file)", "one by one"),
        ("a = fprobe vfs_read { count }\nb = eprobe t:a { count }", "t:a", "in that probe itself"),
        ("a = eprobe sched:sched_switch\nb = eprobe sched:sched_switch", "sched:sched_switch", "one probe"),
    ],
)  # fmt: skip
def test_what_perf_cannot_do(spec: str, characters: str, help: str) -> None:
    found = [one for one in refused(spec, "7.3") if one[0] != "PRB407"]
    assert [(code, text) for code, text, _ in found] == [("PRB501", characters)]
    assert help in found[0][2]


def test_a_parameter_at_a_return_takes_a_kernel_that_can() -> None:
    spec = "a = fprobe vfs_read%return { count }"
    assert probes(spec, "6.12") == ["t:a=vfs_read%return count=$arg3:u64"]
    assert [(code, text) for code, text, _ in refused(spec, "6.1")] == [("PRB501", "count")]


def test_what_the_head_of_each_line_has_is_said() -> None:
    assert refused("fprobe vfs_read { $tid, $cpu }") == [("PRB407", "$tid", ""), ("PRB407", "$cpu", "")]


def test_a_function_that_several_bear_is_none_for_perf() -> None:
    kernel = fake_kernel(functions=["twin"], symbols={"twin": 2})
    analysis = analyse(Source("t.pl", "kprobe twin"), kernel, "perf")
    codes = [found.rule.code for found in analysis.diagnostics]
    assert "PRB501" in codes or "PRB2" in codes[0]


def test_a_static_probe_with_a_counter_is_refused(tmp_path: Path) -> None:
    from tests.support.programs import build_programs

    path = build_programs(tmp_path)["static_probe"]
    assert [one[0] for one in refused(f"step = usdt {path}:app:step {{ $arg1 }}")] == ["PRB501"]


def test_the_commands_are_for_a_shell() -> None:
    output = render(
        compiled("group io\na = fprobe vfs_read if count > 1 { count }\nb = uprobe /bin/it's:0x10").events,
        "commands",
        [],
        bundled("6.12"),
    )
    assert output.text.splitlines() == [
        "perf probe --no-inlines -a 'io:a=vfs_read count=%dx:u64'",
        "perf probe --no-inlines -x '/bin/it'\\''s' -a 'io:b=0x10'",
    ]
    assert output.notes[0] == "not in these lines: perf record -e io:a --filter count > 1"


def test_bits_of_an_argument_that_came_in_a_wider_word() -> None:
    spec = "op = eprobe syscalls:sys_enter_openat if {} {{ mode }}"
    assert recorded(spec.format("flags & O_CREAT")) == [("syscalls:sys_enter_openat", "flags & 64")]
    assert recorded(spec.format("!(flags & (O_CREAT | O_EXCL))"))[0][1] == "!(flags & 192)"
    # the sign, and what is beside it, is the word's
    for condition in ("flags & 0x80000000", "flags == O_CREAT"):
        assert refused(spec.format(condition))[0][0] == "PRB501"


def test_no_cure_that_is_an_error() -> None:
    (found,) = refused("op = eprobe syscalls:sys_enter_openat { flags: x32 }")
    assert (found[0], found[2]) == ("PRB501", "`--target tracefs` can")


def test_maxactive_is_refused_where_it_stands() -> None:
    (found,) = refused("fprobe vfs_read%return with maxactive=64 { $retval }")
    assert found[:2] == ("PRB501", "maxactive=64")
