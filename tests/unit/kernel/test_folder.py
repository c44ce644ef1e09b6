from __future__ import annotations

import gzip
import io
import os
import re
import tarfile
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from probelang.answers import Found, KernelError, NotFound, Unknown
from probelang.container import Container
from probelang.kernel.features import FEATURES
from probelang.kernel.interface import Function, Kernel
from probelang.kernel.load import load_kernel
from probelang.kernel.snapshot import build_snapshot
from probelang.pipeline import analyse
from probelang.source import Source

from .trees import tree, write_tree

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def write_tar(path: Path, files: dict[str, bytes], mode: str = "w", prefix: str = "") -> Path:
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for name, data in files.items():
            member = tarfile.TarInfo(prefix + name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return path


def write_zstd(path: Path) -> Path:
    import zstandard

    plain = write_tar(path.with_name("plain.tar"), tree())
    path.write_bytes(zstandard.ZstdCompressor().compress(plain.read_bytes()))
    return path


def as_snapshot(path: Path, *, bundled: bool) -> Path:
    kernel = load_kernel(str(write_tree(path / "root")))
    file = path / "machine.kernel"
    file.write_bytes(build_snapshot(kernel.sources, bundled=bundled))
    return file


WAYS: dict[str, Callable[[Path], Path]] = {
    "folder": write_tree,
    "tar": lambda path: write_tar(path / "x.tar", tree()),
    "tar of a folder": lambda path: write_tar(path / "x.tar", tree(), prefix="./machine/"),
    "tar.gz": lambda path: write_tar(path / "x.tar.gz", tree(), "w:gz"),
    "tar.xz": lambda path: write_tar(path / "x.tar.xz", tree(), "w:xz"),
    "tar.bz2": lambda path: write_tar(path / "x", tree(), "w:bz2"),
    "tar.zst": lambda path: write_zstd(path / "x.tar.zst"),
    "snapshot": lambda path: as_snapshot(path, bundled=False),
    "bundled": lambda path: as_snapshot(path, bundled=True),
    "debugfs": lambda path: write_tree(
        path,
        {
            name.replace("sys/kernel/tracing", "sys/kernel/debug/tracing"): data
            for name, data in tree().items()
        },
    ),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("again", [False, True], ids=["cold", "warm"])
def test_the_same_facts_by_every_way(way: str, again: bool, tmp_path: Path) -> None:
    spec = str(WAYS[way](tmp_path))
    if again:
        check_facts(load_kernel(spec))
    check_facts(load_kernel(spec))


def check_facts(kernel: Kernel) -> None:
    assert kernel.title == "Linux 6.12.3-test"
    assert kernel.features.kprobe is True
    assert kernel.features.symstr is True
    assert kernel.features.fprobe is False
    assert kernel.features.dup_symbol_check is True
    read = kernel.find_function("vfs_read")
    assert isinstance(read, Found)
    assert (read.value.traceable, read.value.blacklisted, read.value.symbols) == (True, False, 1)
    assert read.value.proto is not None
    entry = kernel.find_function("entry_asm")
    assert isinstance(entry, Found)
    assert (entry.value.traceable, entry.value.blacklisted, entry.value.symbols) == (False, True, 1)
    xfs = kernel.find_function("xfs_read")
    assert isinstance(xfs, Found)
    assert (xfs.value.module, xfs.value.symbols) == ("xfs", 1)
    assert kernel.has_symbol("helper") == Found(2)
    for _ in range(20):  # more than a search of the raw text is worth
        assert kernel.find_function("vfs_raed") == NotFound(("vfs_read", "xfs_read"))
        kernel._answers.clear()
    assert kernel.has_symbol("helper") == Found(2)
    assert isinstance(kernel.find_variable("misplaced"), Found)
    assert isinstance(kernel.find_function("misplaced"), NotFound)
    assert isinstance(kernel.find_variable("variable_7"), Found)
    event = kernel.find_event("sched", "sched_switch")
    assert isinstance(event, Found)
    assert event.value.fields[-1].type == "char[16]"
    assert kernel.find_event("sched", "enable") == NotFound(())
    assert kernel.events_matching(re.compile(".*"), re.compile(".*")) == Found([("sched", "sched_switch")])
    assert kernel.functions_matching(re.compile("vfs_.*")) == Found(["vfs_read", "vfs_write.isra.0"])


@pytest.mark.parametrize("missing", tree())
def test_any_file_may_be_missing_and_then_its_facts_are_unknown(missing: str, tmp_path: Path) -> None:
    files = {path: data for path, data in tree().items() if path != missing}
    kernel = load_kernel(str(write_tree(tmp_path, files)))
    read = kernel.find_function("vfs_read")
    assert isinstance(read, Found)
    assert (read.value.proto is None) == ("btf" in missing)
    assert (read.value.traceable is None) == ("available" in missing)
    assert (read.value.blacklisted is None) == ("blacklist" in missing)
    assert (read.value.symbols is None) == ("kallsyms" in missing)


@pytest.mark.parametrize(
    "only", [path for path in tree() if "enable" not in path and "blacklist" not in path]
)
def test_any_file_may_be_the_only_one(only: str, tmp_path: Path) -> None:
    kernel = load_kernel(str(write_tree(tmp_path, {only: tree()[only]})))
    ask_everything(kernel)


def ask_everything(kernel: Kernel) -> None:
    """No question may end in anything but an answer."""
    every = re.compile(".*")
    for feature in FEATURES:
        assert kernel.features.get(feature) in (True, False, None)
    answers = [
        kernel.find_function("vfs_read"), kernel.find_function("vfs_raed"), kernel.find_function("x", "xfs"),
        kernel.functions_matching(every), kernel.has_symbol("vfs_read"), kernel.find_variable("jiffies"),
        kernel.find_enumerator("FETCH_OP_ST_SYMSTR"), kernel.find_tracepoint("sched_switch"),
        kernel.tracepoints_matching(every), kernel.find_event("sched", "sched_switch"),
        kernel.find_event("../..", "etc"), kernel.events_matching(every, every),
    ]  # fmt: skip
    for answer in answers:
        assert isinstance(answer, Found | NotFound | Unknown)
        if isinstance(answer, Unknown):
            assert "\n" not in answer.reason
        if isinstance(answer, Found) and isinstance(answer.value, Function):
            assert answer.value.symbols is None or answer.value.symbols >= 0


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_rubbish_in_any_file_is_an_error_of_one_line_or_no_fact(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    files = tree()
    for path in data.draw(st.lists(st.sampled_from(sorted(files)), min_size=1, max_size=3)):
        old = files[path]
        cut = data.draw(st.integers(0, len(old)))
        files[path] = (
            old[:cut] + data.draw(st.binary(max_size=40)) + old[cut + data.draw(st.integers(0, 20)) :]
        )
    root = write_tree(tmp_path_factory.mktemp("tree"), files)
    try:
        kernel = load_kernel(str(root))
    except KernelError as error:
        assert "\n" not in str(error)
        return
    ask_everything(kernel)


def test_a_folder_without_facts_says_what_it_looked_for(tmp_path: Path) -> None:
    with pytest.raises(KernelError, match="without facts about a kernel"):
        load_kernel(str(tmp_path))


def test_pipes_devices_and_folders_in_place_of_files_do_not_hang(tmp_path: Path) -> None:
    root = write_tree(tmp_path)
    for path in ("sys/kernel/tracing/README", "proc/kallsyms", "sys/kernel/debug/kprobes/blacklist"):
        (root / path).unlink()
    os.mkfifo(root / "sys/kernel/tracing/README")
    (root / "proc/kallsyms").symlink_to("/dev/zero")
    (root / "sys/kernel/debug/kprobes/blacklist").mkdir()
    kernel = load_kernel(str(root))
    ask_everything(kernel)
    assert kernel.why_missing("readme") == "README can't be read (not a regular file)"
    assert kernel.table("symbols.text") is None


def test_names_of_events_do_not_lead_out_of_the_folder(tmp_path: Path) -> None:
    root = write_tree(tmp_path)
    outside = tmp_path / "sys/kernel/tracing/secret"
    outside.mkdir()
    (outside / "format").write_text(tree()["sys/kernel/tracing/events/sched/sched_switch/format"].decode())
    kernel = load_kernel(str(root))
    for system, event in (("..", "secret"), ("sched/..", "../secret"), (".", "."), ("", ""), ("a\0", "b")):
        assert not isinstance(kernel.find_event(system, event), Found)


def hostile_tar(path: Path, *members: tarfile.TarInfo) -> str:
    with tarfile.open(path, "w") as archive:
        for name, data in tree().items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
        for member in members:
            archive.addfile(member, io.BytesIO(bytes(member.size)) if member.isreg() else None)
    return str(path)


def special(name: str, kind: bytes, target: str = "") -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type = kind
    member.linkname = target
    return member


def test_a_hostile_archive_writes_nothing_and_follows_nothing(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"Linux version 9.9.9 secret\n")
    spec = hostile_tar(
        tmp_path / "x.tar",
        tarfile.TarInfo("../../escaped/sys/kernel/tracing/README"),
        tarfile.TarInfo("/sys/kernel/btf/../../../outside"),
        special("proc/version", tarfile.SYMTYPE, str(tmp_path / "secret")),
        special("sys/kernel/btf/hard", tarfile.LNKTYPE, str(tmp_path / "secret")),
        special("sys/kernel/btf/device", tarfile.CHRTYPE),
        special("sys/kernel/btf/fifo", tarfile.FIFOTYPE),
    )
    before = sorted(tmp_path.rglob("*"))
    kernel = load_kernel(spec)
    assert kernel.title == "Linux 6.12.3-test"
    assert kernel.sources.modules() == ()
    check_facts(kernel)
    assert sorted(tmp_path.rglob("*")) == before


def test_an_archive_that_claims_gigabytes_is_refused(tmp_path: Path) -> None:
    data = bytearray((tmp_path / "x.tar").read_bytes() if write_tar(tmp_path / "x.tar", tree()) else b"")
    at = data.index(b"sys/kernel/btf/vmlinux")
    data[at + 124 : at + 136] = b"77777777777\0"
    data[at + 148 : at + 156] = b"        "
    checksum = sum(data[at : at + 512])
    data[at + 148 : at + 156] = f"{checksum:06o}\0 ".encode()
    (tmp_path / "x.tar").write_bytes(data)
    with pytest.raises(KernelError, match=r"too large|not a readable tar"):
        load_kernel(str(tmp_path / "x.tar"))


@pytest.mark.parametrize("kind", [tarfile.REGTYPE, tarfile.XHDTYPE, tarfile.GNUTYPE_LONGNAME])
def test_an_archive_that_inflates_to_gigabytes_is_refused_soon(
    kind: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "bomb.tar.gz"
    member = tarfile.TarInfo("filler")
    member.size, member.type = 100 << 20, kind
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(member.tobuf(tarfile.GNU_FORMAT))
        file.write(bytes(member.size + 1024))
    monkeypatch.setattr("probelang.kernel.archive.MAX_BYTES", 50 << 20)
    with pytest.raises(KernelError, match="too large"):
        load_kernel(str(path))


@settings(max_examples=60)
@given(data=st.data())
def test_a_damaged_archive_is_an_error_of_one_line_or_the_facts_that_are_left(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("tar") / "x.tar.gz"
    mode = data.draw(st.sampled_from(["w", "w:gz", "w:xz"]))
    whole = bytearray(write_tar(path, tree(), mode).read_bytes())
    for _ in range(data.draw(st.integers(0, 3))):
        whole[data.draw(st.integers(0, len(whole) - 1))] ^= data.draw(st.integers(1, 255))
    path.write_bytes(whole[: data.draw(st.integers(0, len(whole)))])
    try:
        kernel = load_kernel(str(path))
    except KernelError as error:
        assert "\n" not in str(error)
        return
    ask_everything(kernel)


def test_a_snapshot_keeps_why_something_is_unknown(tmp_path: Path) -> None:
    files = {path: data for path, data in tree().items() if "kallsyms" not in path and "events" not in path}
    kernel = load_kernel(str(write_tree(tmp_path, files)))
    file = tmp_path / "x.kernel"
    file.write_bytes(build_snapshot(kernel.sources))
    again = load_kernel(str(file))
    assert again.why_missing("symbols.text") == kernel.why_missing("symbols.text")
    assert again.why_missing("events") == kernel.why_missing("events")
    assert isinstance(again.find_event("sched", "x"), Unknown)


def test_a_snapshot_to_be_sent_is_small(tmp_path: Path) -> None:
    kernel = load_kernel("6.12")
    data = build_snapshot(kernel.sources)
    assert len(data) < 3_000_000
    path = tmp_path / "copy.kernel"
    path.write_bytes(data)
    again = load_kernel(str(path))
    assert again.title == kernel.title
    assert again.functions_matching(re.compile("vfs_.*")) == kernel.functions_matching(re.compile("vfs_.*"))
    assert again.has_symbol("type_show") == kernel.has_symbol("type_show")
    assert again.find_event("sched", "sched_switch") == kernel.find_event("sched", "sched_switch")


@settings(max_examples=60)
@given(data=st.data())
def test_a_damaged_snapshot_is_an_error_of_one_line(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("snapshot")
    path = as_snapshot(folder, bundled=data.draw(st.booleans()))
    whole = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        whole[data.draw(st.integers(0, len(whole) - 1))] ^= data.draw(st.integers(1, 255))
    path.write_bytes(whole[: data.draw(st.integers(len(whole) // 2, len(whole)))])
    try:
        ask_everything(load_kernel(str(path)))
    except KernelError as error:
        assert "\n" not in str(error)


def test_a_snapshot_with_sound_checksums_and_rubbish_within(tmp_path: Path) -> None:
    from probelang.container import write_container

    whole = Container(as_snapshot(tmp_path, bundled=True).read_bytes())
    for name in whole.names:
        for rubbish in (b"", b"\n", b"\xff" * 300, b"\n\t\n\t\t;;;\n", bytes(64)):
            sections = {other: bytes(whole.section(other) or b"") for other in whole.names} | {name: rubbish}
            path = tmp_path / "rubbish.kernel"
            path.write_bytes(write_container(sections))
            try:
                ask_everything(load_kernel(str(path)))
            except KernelError as error:
                assert "\n" not in str(error)


def test_events_that_somebody_defined_are_not_the_kernels_own(tmp_path: Path) -> None:
    files = tree()
    switch = files["sys/kernel/tracing/events/sched/sched_switch/format"]
    files["sys/kernel/tracing/dynamic_events"] = (
        b"p:io/big vfs_read count=$arg3:u64\n# a comment: with/colons\ns:synthetic/slow\tu64 took\n\n:\nr10:io/big2 x\n"
    )
    for event in ("io/big", "synthetic/slow"):
        files[f"sys/kernel/tracing/events/{event}/format"] = switch
    kernel = load_kernel(str(write_tree(tmp_path, files)))
    assert isinstance(kernel.find_event("io", "big"), Found)
    assert not kernel.has_static_event("io", "big") and not kernel.has_static_event("synthetic", "slow")
    assert kernel.has_static_event("sched", "sched_switch") and not kernel.has_static_event("no", "event")
    text = "group io\nbig = kprobe vfs_read\nsched/sched_switch = kprobe vfs_read\n"
    said = [(found.rule.code, found.message) for found in analyse(Source("io.pl", text), kernel).diagnostics]
    assert said == [("PRB102", "Linux 6.12.3-test has an event `sched/sched_switch` of its own")]
