"""Points: every form of every kind, with the places of its parts."""

from __future__ import annotations

import pytest

from probelang.source import Span
from probelang.syntax import tree
from tests.unit.syntax.dump import dump, nodes
from tests.unit.syntax.texts import parse_point, parse_probe


@pytest.mark.parametrize(
    ("text", "point"),
    [
        ("kprobe vfs_read", "FunctionPoint(None Ident('vfs_read') None None None)"),
        ("kprobe vfs_read+0x1c", "FunctionPoint(None Ident('vfs_read') 28 None None)"),
        ("kprobe ext4:ext4_*", "FunctionPoint(Ident('ext4') Ident('ext4_*') None None None)"),
        (
            "kprobe nf-conntrack:f.isra.0",
            "FunctionPoint(Ident('nf-conntrack') Ident('f.isra.0') None None None)",
        ),
        ("kprobe vfs_{read,write}", "FunctionPoint(None Ident('vfs_{read,write}') None None None)"),
        ("kprobe in*put", "FunctionPoint(None Ident('in*put') None None None)"),
        ("kprobe vfs_rea?", "FunctionPoint(None Ident('vfs_rea?') None None None)"),
        ("kprobe vfs_read:12", "FunctionPoint(None Ident('vfs_read') None 12 None)"),
        ("kprobe fs/read_write.c:450", "SourcePoint(Ident('fs/read_write.c') 450)"),
        ("kprobe core.c:1", "SourcePoint(Ident('core.c') 1)"),
        ("kprobe 0xffffffff81000000", "AddressPoint(18446744071578845184)"),
        ("fprobe mod:f", "FunctionPoint(Ident('mod') Ident('f') None None None)"),
        ("tprobe sched_switch", "TracepointPoint(None Ident('sched_switch'))"),
        ("tprobe kvm:kvm_*", "TracepointPoint(Ident('kvm') Ident('kvm_*'))"),
        ("eprobe sched:sched_switch", "EventPoint(Ident('sched') Ident('sched_switch'))"),
        ("eprobe {sched,irq}:*", "EventPoint(Ident('{sched,irq}') Ident('*'))"),
        (
            "uprobe /bin/bash:readline",
            "ProgramPoint(Ident('/bin/bash') Ident('readline') None None None None)",
        ),
        (
            "uprobe /bin/bash:readline+4",
            "ProgramPoint(Ident('/bin/bash') Ident('readline') None 4 None None)",
        ),
        ("uprobe /bin/bash:0x12f0", "ProgramPoint(Ident('/bin/bash') None None 4848 None None)"),
        ("uprobe ./a.out:main.c:17", "ProgramPoint(Ident('./a.out') None Ident('main.c') None 17 None)"),
        ("uprobe ./a.out:main:17", "ProgramPoint(Ident('./a.out') Ident('main') None None 17 None)"),
        (
            'uprobe "/opt/my app/x:y":main',
            "ProgramPoint(Ident('/opt/my app/x:y') Ident('main') None None None None)",
        ),
        ("uprobe /opt/my\\ app:main", "ProgramPoint(Ident('/opt/my app') Ident('main') None None None None)"),
        (
            'uprobe /opt/"my app"/b:main',
            "ProgramPoint(Ident('/opt/my app/b') Ident('main') None None None None)",
        ),
        (
            "uprobe /b:n::C<int>::f+4",
            "ProgramPoint(Ident('/b') Ident('n::C<int>::f') None 4 None None)",
        ),
        ("uprobe /b:n::f:12", "ProgramPoint(Ident('/b') Ident('n::f') None None 12 None)"),
        (
            'uprobe /b:"n::C::f(int, char*) const"+0x4',
            "ProgramPoint(Ident('/b') Ident('n::C::f(int, char*) const') None 4 None None)",
        ),
        ('uprobe /b:"main.(*T).M":3', "ProgramPoint(Ident('/b') Ident('main.(*T).M') None None 3 None)"),
        ("uprobe /a//b:c", "ProgramPoint(Ident('/a//b') Ident('c') None None None None)"),
        (
            "usdt /bin/python3:python:gc__start",
            "UsdtPoint(Ident('/bin/python3') Ident('python') Ident('gc__start'))",
        ),
        ("watch jiffies_64 w", "WatchPoint(Ident('jiffies_64') None 0 Ident('w') None)"),
        ("watch v+8 rw len 4", "WatchPoint(Ident('v') None 8 Ident('rw') Number(4))"),
        ("watch 0xffff r", "WatchPoint(None 65535 0 Ident('r') None)"),
        ("monitor every 500us", "MonitorPoint(500000)"),
        ("monitor every 2m", "MonitorPoint(120000000000)"),
        ("monitor every 1_000ns", "MonitorPoint(1000)"),
    ],
)
def test_forms(text: str, point: str) -> None:
    assert dump(parse_point(text + " { x }")) == point
    assert dump(parse_point(text)) == point


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("kprobe ext4:ext4_read+0x1c", ["ext4", "ext4_read"]),
        ("uprobe /bin/x:main+4%return", ["/bin/x", "main"]),
        ('uprobe "/a b":c', ['"/a b"', "c"]),
        ("usdt /bin/x:p:n", ["/bin/x", "p", "n"]),
        ("eprobe s:e", ["s", "e"]),
        ("watch v+8 rw len 4", ["v", "rw", "4"]),
    ],
)
def test_places_of_the_parts(text: str, parts: list[str]) -> None:
    point = parse_point(text)
    assert text[point.span.start : point.span.end] == text.split(" ", 1)[1]
    assert [text[node.span.start : node.span.end] for node in nodes(point)[1:]] == parts


@pytest.mark.parametrize(
    "text", ["kprobe f%return", "fprobe m:f%return", "uprobe /b:f%return", "uprobe /b:0x10%return"]
)
def test_return(text: str) -> None:
    point = parse_point(text)
    assert isinstance(point, tree.FunctionPoint | tree.ProgramPoint)
    assert point.returns == Span(len(text) - len("%return"), len(text))


def test_alternatives() -> None:
    text = "kprobe tcp_drop ?? m:sk_drop+4\n ?? *_drop%return { x }"
    points = parse_probe(text).points
    assert [text[point.span.start : point.span.end] for point in points] == [
        "tcp_drop",
        "m:sk_drop+4",
        "*_drop%return",
    ]


def test_alternatives_of_a_watch_share_access_and_length() -> None:
    text = "watch a ?? b+8 w len 8"
    first, second = parse_probe(text).points
    assert isinstance(first, tree.WatchPoint) and isinstance(second, tree.WatchPoint)
    assert first.access == second.access and first.length == second.length
    assert [text[p.span.start : p.span.end] for p in (first, second)] == ["a", "b+8 w len 8"]


def test_a_brace_after_a_point() -> None:
    assert parse_probe("kprobe f{ x }").items
    assert parse_probe("kprobe f{x}").items
    assert parse_probe("kprobe f{x,y}").items is None
    assert parse_probe("kprobe f{x, y}").items
    assert parse_probe("kprobe f_{a,b}{ x }").items
