"""Whatever a spec says: no exception, no probe lost without a word, places within the text, fixes that apply."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from probelang.analysis import Analysis
from probelang.syntax import tree
from tests.support.specs import KERNELS, apply_fix, run

POINTS = (
    [
        "fprobe vfs_read",
        "fprobe vfs_read%return",
        "kprobe vfs_read",
        "kprobe vfs_read%return",
        "kprobe vfs_read+8",
    ]
    + [
        "tprobe sched_switch",
        "eprobe sched:sched_switch",
        "eprobe syscalls:sys_enter_openat",
        "fprobe vfs_{read,write}",
    ]
    + [
        "fprobe nope ?? vfs_read",
        "fprobe tcp_setsockopt",
        "kprobe 0xffffffff81000000",
        "tprobe sched_wak*",
        "fprobe vfs_raed",
    ]
    + [
        "fprobe tcp_v4_connect",
        "eprobe sched:*",
        "kprobe init_once",
        "fprobe netif_rx",
        "uprobe /bin/x:y",
        "fprobe",
    ]
)
ATOMS = (
    [
        "count",
        "file",
        "pos",
        "buf",
        "prev",
        "next",
        "prev_comm",
        "next_pid",
        "filename",
        "flags",
        "dfd",
        "sk",
        "skb",
        "optval",
    ]
    + [
        "$retval",
        "$comm",
        "$tid",
        "$pid",
        "$cpu",
        "$arg1",
        "$arg9",
        "$stack",
        "$stack2",
        "$current",
        "$duration",
        "$nope",
    ]
    + [
        "%di",
        "%eax",
        "@panic_timeout",
        "@init_task+8",
        "@nope",
        "@0xffffffff81000000",
        "42",
        "-1",
        '"text"',
        "'a'",
    ]
    + ["O_CREAT", "BIG", "NOPE", "TCP_ESTABLISHED", "NULL", "true", "1 << 70", "c", "d"]
)
SUFFIXES = [
    "->f_pos",
    "->f_inode->i_ino",
    "->f_path",
    ".f_path",
    "->comm",
    "->d_name.name",
    "[0]",
    "[99]",
    "->sk_no_check_tx",
] + [
    "->f_inode->i_sb->s_id",
    "->f_inode->i_sb->s_uuid.b",
    "->__state",
    "->nope",
    ".is_kernel",
    "->val",
    "->data",
]
WRAPS = (
    [
        "*{}",
        "&{}",
        "({})",
        "(u8){}",
        "(s64){}",
        "(bool){}",
        "(void *){}",
        "((struct file *){})->f_pos",
        "+8({})",
        "-8({})",
    ]
    + [
        "+u8({})",
        "user({})",
        "entry({})",
        "container_of({}, struct socket_alloc, vfs_inode)",
        "{} ?? count",
        "nope ?? {}",
    ]
    + [
        "-{}",
        "!{}",
        "{} + 1",
        "{} == 1",
        "strlen({})",
        "*(struct file **){}",
        "((struct nope *){})->x",
        "(struct file){}",
    ]
)
TYPES = [
    "u8",
    "u64",
    "s32",
    "x16",
    "string",
    "ustring",
    "symbol",
    "symstr",
    "%pd",
    "%pD",
    "char",
    "u8[4]",
    "x64[64]",
    "u8[65]",
] + ["string[2]", "b4@4/64", "b1@0/8", "b9@0/8", "int", "u8[0]", "symstr[2]"]
VALUES = [
    "1",
    "0",
    "-1",
    "0xffffffffffffffff",
    "BIG",
    "NOPE",
    '"a"',
    '"a b\'\\""',
    "'a'",
    "O_CREAT",
    "count",
    "1 / 0",
    "~1",
    "NULL",
]

atoms = st.sampled_from(ATOMS)
expressions = st.recursive(
    atoms,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(SUFFIXES)).map("".join),
        st.tuples(st.sampled_from(WRAPS), inner).map(lambda pair: pair[0].format(pair[1])),
    ),
    max_leaves=4,
)
items = st.tuples(
    st.sampled_from(["", "", "x = ", "y = ", "common_pid = "]),
    expressions,
    st.sampled_from(["", "", "", *(f": {t}" for t in TYPES)]),
).map("".join)
values = st.sampled_from(VALUES)
comparisons = st.one_of(
    st.tuples(expressions, st.sampled_from([" == ", " != ", " < ", " >= ", " & ", " ~ "]), values).map(
        "".join
    ),
    st.tuples(expressions, values, values).map(lambda parts: "{} in {{{}, {}}}".format(*parts)),
    st.tuples(expressions, values, values).map(lambda parts: "{} in {}..{}".format(*parts)),
    expressions,
    values,
)
conditions = st.recursive(
    comparisons,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from([" && ", " || "]), inner).map("".join), inner.map("!({})".format)
    ),
    max_leaves=3,
)
probes = st.builds(
    lambda name, point, option, condition, args: f"{name}{point}{option}{condition} {{ {', '.join(args)} }}",
    st.sampled_from(["", "a = ", "b = ", "g/a = ", "sched/sched_switch = "]),
    st.sampled_from(POINTS),
    st.sampled_from(
        ["", "", "", " with stacktrace", " with disabled", " with maxactive=4", " with max=2", " with nope"]
    ),
    st.one_of(st.just(""), conditions.map(" if {}".format)),
    st.lists(items, max_size=4),
)
others = st.one_of(
    st.tuples(st.sampled_from(["c", "d", "BIG"]), expressions).map(
        lambda pair: "const {} = {}".format(*pair)
    ),
    st.lists(items, max_size=3).map(lambda args: f"args l(file: struct file *) {{ {', '.join(args)} }}"),
    st.sampled_from(
        ["group g", "group h", "fprobe vfs_read { use l(file) }", "fprobe vfs_read { use l(count), $arg* }"]
    ),
)
specs = st.lists(st.one_of(probes, others), min_size=1, max_size=4).map("\n".join)


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(specs, st.sampled_from(KERNELS))
def test_any_spec(spec: str, kernel: str) -> None:
    analysis = run(spec, kernel)
    _nothing_lost(analysis)
    _places(analysis)
    again = run(spec, kernel)
    assert [found.message for found in again.diagnostics] == [found.message for found in analysis.diagnostics]
    assert [event.definitions for event in again.events] == [event.definitions for event in analysis.events]


def _nothing_lost(analysis: Analysis) -> None:
    """Every probe has its events, or something is an error; no event or fetch arg is defined twice."""
    if analysis.failed:
        return
    written = [node for node in analysis.tree.statements if isinstance(node, tree.Probe)]
    assert {event.probe.span for event in analysis.events} == {probe.span for probe in written}
    names = [definition.name for event in analysis.events for definition in event.definitions]
    assert len(set(names)) == len(names)
    for event in analysis.events:
        for definition in event.definitions:
            for command in definition.commands:
                assert "\n" not in command and len(command.encode()) <= 4094
                args = [
                    word.partition("=")[0] for word in command.partition(" if ")[0].split()[2:] if "=" in word
                ]
                assert len(set(args)) == len(args), command
        if event.probe.condition is not None:
            assert event.filter is not None or any(" if " in c for d in event.definitions for c in d.commands)


def _places(analysis: Analysis) -> None:
    text = analysis.source.text
    starts = [found.label.span.start for found in analysis.diagnostics]
    assert starts == sorted(starts)
    for found in analysis.diagnostics:
        for label in (found.label, *found.others):
            assert 0 <= label.span.start <= label.span.end <= len(text)
        assert found.message and not found.message.endswith(".") and found.message[0] not in " ."
        assert found.label.text.count("`") <= 6
        if found.fix is not None:
            assert apply_fix(text, found.fix) != text
