from __future__ import annotations

import errno
import os
import subprocess
import sys
import time
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from probelang import cache
from probelang.answers import Found
from probelang.container import Container
from probelang.kernel.load import load_kernel

from .trees import tiny_btf, write_tree

SECTIONS = {"btf": bytes(range(256)) * 100, "btf.index": b"index" * 99}


def entries(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.exists() else []


def test_what_was_stored_is_opened_by_its_origin_only(cache_dir: Path) -> None:
    assert cache.open_entry("a file|1|2") is None
    assert cache.store_entry("a file|1|2", SECTIONS)
    entry = cache.open_entry("a file|1|2")
    assert entry is not None
    assert {name: bytes(entry.section(name) or b"") for name in SECTIONS} == SECTIONS
    assert cache.open_entry("a file|1|3") is None
    assert (cache_dir.stat().st_mode & 0o777) == 0o700
    assert [file.stat().st_mode & 0o777 for file in entries(cache_dir)] == [0o600]


def test_two_origins_that_collide_do_not_mix(cache_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "_entry_path", lambda origin: str(cache_dir / "same.kernel"))
    assert cache.store_entry("one", SECTIONS)
    assert cache.open_entry("two") is None
    assert cache.open_entry("one") is not None


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_corrupt_entry_is_seen_and_replaced(data: st.DataObject, cache_dir: Path) -> None:
    assert cache.store_entry("origin", SECTIONS)
    (path,) = entries(cache_dir)
    whole = bytearray(path.read_bytes())
    at = data.draw(st.integers(0, len(whole) - 1))
    whole[at] ^= data.draw(st.integers(1, 255))
    path.write_bytes(whole[: data.draw(st.sampled_from([len(whole), at, len(whole) // 2]))])
    entry = cache.open_entry("origin")
    if entry is not None:  # a byte between sections
        assert {name: bytes(entry.section(name) or b"") for name in SECTIONS} == SECTIONS
    assert cache.store_entry("origin", SECTIONS)
    assert cache.open_entry("origin") is not None


def test_an_empty_entry_left_by_a_crash_is_no_entry(cache_dir: Path) -> None:
    assert cache.store_entry("origin", SECTIONS)
    (path,) = entries(cache_dir)
    path.write_bytes(b"")
    assert cache.open_entry("origin") is None
    assert cache.store_entry("origin", SECTIONS)
    assert cache.open_entry("origin") is not None


def test_an_entry_touched_but_whole_is_still_good(cache_dir: Path) -> None:
    assert cache.store_entry("origin", SECTIONS)
    (path,) = entries(cache_dir)
    os.utime(path)
    assert cache.open_entry("origin") is not None


@pytest.mark.parametrize("call", ["open", "utime", "replace", "makedirs", "write"])
@pytest.mark.parametrize("reason", [errno.ENOSPC, errno.EROFS, errno.EACCES])
def test_no_failure_to_write_is_an_error_or_leaves_a_file(
    call: str, reason: int, cache_dir: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fail(*_args: object, **_keywords: object) -> None:
        raise OSError(reason, os.strerror(reason))

    if call == "write":
        monkeypatch.setattr(
            "builtins.open", lambda *_args, **_keywords: nullcontext(SimpleNamespace(write=fail))
        )
    else:
        monkeypatch.setattr(os, call, fail)
    assert not cache.store_entry("origin", SECTIONS)
    monkeypatch.undo()
    assert not entries(cache_dir)


def test_a_kernel_is_loaded_the_same_where_nothing_can_be_cached(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    blob = tmp_path / "x.btf"
    blob.write_bytes(tiny_btf())
    for folder in ("/dev/null/cache", "/proc/nothing", "relative", ""):
        monkeypatch.setenv("PROBELANG_CACHE_DIR", folder)
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("HOME", "/dev/null")
        assert isinstance(load_kernel("6.12").find_function("vfs_read"), Found)
        assert isinstance(load_kernel(str(blob)).find_function("vfs_read"), Found)


def test_a_damaged_cache_is_rebuilt_silently(cache_dir: Path, tmp_path: Path) -> None:
    blob = tmp_path / "x.btf"
    blob.write_bytes(tiny_btf())
    root = write_tree(tmp_path / "root")
    for spec in (str(blob), str(root), "6.12"):
        assert isinstance(load_kernel(spec).find_function("vfs_read"), Found)
    assert len(entries(cache_dir)) >= 3
    for path in entries(cache_dir):
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        path.write_bytes(data)
    for spec in (str(blob), str(root), "6.12"):
        assert isinstance(load_kernel(spec).find_function("vfs_read"), Found)
    for path in entries(cache_dir):
        assert Container(path.read_bytes()).section("origin") is not None


def test_a_changed_file_is_read_anew(tmp_path: Path) -> None:
    blob = tmp_path / "x.btf"
    blob.write_bytes(tiny_btf())
    assert isinstance(load_kernel(str(blob)).find_function("vfs_read"), Found)
    blob.write_bytes(tiny_btf().replace(b"vfs_read\0", b"vfs_weed\0"))
    os.utime(blob, (1, 1))
    assert not isinstance(load_kernel(str(blob)).find_function("vfs_read"), Found)
    assert isinstance(load_kernel(str(blob)).find_function("vfs_weed"), Found)


def test_many_processes_at_once_all_get_the_facts(cache_dir: Path) -> None:
    code = (
        "from probelang.kernel.load import load_kernel\n"
        "print(load_kernel('6.12').find_function('vfs_read').value.traceable)"
    )
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        for _ in range(4)
    ]
    assert [process.communicate(timeout=60)[0] for process in processes] == ["True\n"] * 4
    assert all(path.suffix == ".kernel" for path in entries(cache_dir))


def test_the_folder_stays_small_and_forgets_what_a_crash_left(
    cache_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "MAX_ENTRIES", 3)
    for number in range(6):
        assert cache.store_entry(f"origin {number}", {"btf": b"x"})
        time.sleep(0.01)
    assert len(entries(cache_dir)) == 3
    assert cache.open_entry("origin 5") is not None
    assert cache.open_entry("origin 0") is None


def test_an_entry_of_somebody_else_is_not_believed(cache_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert cache.store_entry("origin", SECTIONS)
    monkeypatch.setattr(os, "getuid", lambda: 12345)
    assert cache.open_entry("origin") is None


def test_where_the_cache_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PROBELANG_CACHE_DIR")
    monkeypatch.setenv("HOME", "/home/someone")
    monkeypatch.setenv("XDG_CACHE_HOME", "/var/cache/someone")
    monkeypatch.setattr(sys, "platform", "linux")
    assert cache.cache_folder() == "/var/cache/someone/probelang"
    monkeypatch.setenv("XDG_CACHE_HOME", "not/absolute")
    assert cache.cache_folder() == "/home/someone/.cache/probelang"
    monkeypatch.setattr(sys, "platform", "darwin")
    assert cache.cache_folder() == "/home/someone/Library/Caches/probelang"
