"""The running kernel's own blob: index and walk agree, and neither keeps an object a type."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest

from probelang.btf.blob import Btf, Space
from probelang.btf.index import build_index
from probelang.btf.layout import find_member, size_of
from probelang.btf.types import Enum, Func, FuncProto

KERNEL = Path("/sys/kernel/btf/vmlinux")


@pytest.fixture(scope="module")
def blob() -> bytes:
    if not KERNEL.exists():
        pytest.skip(f"NOT TESTED: needs {KERNEL}, which this kernel does not show")
    return KERNEL.read_bytes()


@pytest.fixture(scope="module")
def index(blob: bytes) -> bytes:
    return build_index(Btf.from_bytes(blob))


def test_with_and_without_an_index_every_answer_is_the_same(blob: bytes, index: bytes) -> None:
    plain, indexed = Btf.from_bytes(blob), Btf.from_bytes(memoryview(blob), index=memoryview(index))
    assert len(plain) == len(indexed) > 10_000
    assert build_index(indexed) == index
    for space in Space:
        names = list(plain.names(space))
        assert names == list(indexed.names(space)) == sorted(names)
        for name in names[:: len(names) // 300 + 1]:
            ids = plain.find_all(space, name)
            assert ids and ids == indexed.find_all(space, name)
            assert plain.find(space, name) == indexed.find(space, name) == ids[0]
            assert plain.find_enumerator(name) == indexed.find_enumerator(name)


def test_every_record_decodes(blob: bytes) -> None:
    btf = Btf.from_bytes(blob)
    for id in range(len(btf)):
        btf.type(id)


def test_well_known_facts(blob: bytes) -> None:
    btf = Btf.from_bytes(blob)
    task = btf.find(Space.STRUCT, "task_struct")
    assert task is not None
    comm = find_member(btf, task, "comm")
    assert comm and size_of(btf, comm.type) == 16
    function = btf.type(btf.find(Space.FUNC, "vfs_read") or 0)
    assert isinstance(function, Func)
    proto = btf.type(function.proto)
    assert isinstance(proto, FuncProto)
    assert [param.name for param in proto.params] == ["file", "buf", "count", "pos"]
    [(value, enum), *_] = btf.find_enumerator("TCP_ESTABLISHED")
    assert value == 1 and isinstance(btf.type(enum), Enum)
    assert any(name == "btf_trace_sched_switch" for name in btf.names(Space.TYPEDEF, "btf_trace_sched_"))


def test_memory(blob: bytes, index: bytes) -> None:
    """Opening without an index keeps four bytes a type; with one, nothing that grows with the blob."""
    tracemalloc.start()
    try:
        btf = Btf.from_bytes(blob)
        without = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        indexed = Btf.from_bytes(memoryview(blob), index=memoryview(index))
        for name in ("vfs_read", "vfs_write", "no_such_function"):
            indexed.find(Space.FUNC, name)
        with_index = tracemalloc.get_traced_memory()[1] - without
    finally:
        tracemalloc.stop()
    assert without < len(btf) * 5 + 50_000
    assert with_index < 50_000
