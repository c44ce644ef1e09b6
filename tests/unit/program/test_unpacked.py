"""Compressed debugging information, and what is kept of it in the cache."""

from __future__ import annotations

import os
import random
import shutil
import struct
import subprocess
import time
import tracemalloc
import zlib
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from probelang import cache
from probelang.analysis import analyse
from probelang.kernel.load import load_kernel
from probelang.program import compressed, load, unpacked
from probelang.program.dwarf_wire import WINDOW, DwarfError
from probelang.program.program import Program
from probelang.source import Source

from .build import compile_c, require

if TYPE_CHECKING:
    from pathlib import Path

STRUCTS = "\n".join(
    f"struct s{n} {{ int m{n}; struct s{max(0, n - 1)} *next; char name{n}[{n % 30 + 1}]; }};"
    for n in range(4000)
)
WORK = "__attribute__((noinline)) int work(struct s{n} *p, int count) {{ return p->m{n} + count; }}\nint main(void) {{ struct s{n} s = {{3}}; return work(&s, 4); }}\n"


def build(folder: Path, number: int = 3999, compression: str = "zlib") -> Path:
    path = compile_c(
        folder,
        "program",
        STRUCTS + "\n" + WORK.format(n=number),
        "-g",
        "-fno-eliminate-unused-debug-types",
    )
    done = subprocess.run(
        [require("objcopy"), f"--compress-debug-sections={compression}", path],
        capture_output=True,
        check=False,
    )
    if done.returncode:
        pytest.skip(f"NOT TESTED: this objcopy has no {compression}")
    made = folder / "program"
    settle(made)
    return made


def settle(path: Path) -> None:
    """As if the file had been there for a while: its ctime can't be set, so the test's clock goes on."""
    os.utime(path, (1_000_000_000, 1_000_000_000))


@pytest.fixture(autouse=True)
def surroundings(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of its own, files that have long been there, and no programs remembered."""
    folder = tmp_path_factory.mktemp("cache") / "probelang"
    monkeypatch.setenv("PROBELANG_CACHE_DIR", str(folder))
    monkeypatch.setattr(unpacked, "_SETTLED", 0.0)
    monkeypatch.setattr(load, "_kept", {})
    return folder


@pytest.fixture
def unpackings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The sections that were unpacked."""
    done: list[str] = []
    real = compressed.unpack_section

    def counted(elf: object, section: object, largest: int) -> bytearray:
        done.append(section.name)  # type: ignore[attr-defined]
        return real(elf, section, largest)  # type: ignore[arg-type]

    monkeypatch.setattr(unpacked, "unpack_section", counted)
    return done


def ask(path: Path, fields: str = "count, m = p->m3999, n = p->next->name3998") -> list[str]:
    """What is compiled, or said, as by a process of its own."""
    load._kept.clear()
    analysis = analyse(Source("a.pl", f"uprobe {path}:work {{ {fields} }}"), load_kernel("6.12"))
    return [line for event in analysis.events for line in event.commands] + [
        f"{found.rule.code} {found.message}" for found in analysis.diagnostics
    ]


@pytest.mark.parametrize("compression", ["zlib", "zstd"])
def test_the_second_run_unpacks_nothing_and_says_the_same(
    tmp_path: Path, unpackings: list[str], compression: str
) -> None:
    path = build(tmp_path, compression=compression)
    first = ask(path)
    assert "count=%si:s32" in first[0]
    assert ".debug_info" in unpackings
    unpackings.clear()
    assert ask(path) == first
    assert unpackings == []


def test_another_question_adds_to_what_is_kept(tmp_path: Path, unpackings: list[str]) -> None:
    path = build(tmp_path)
    one = ask(path, "p->m3999")
    two = ask(path, "p->next->next->next->next->m3995")
    unpackings.clear()
    assert ask(path, "p->m3999") == one
    assert ask(path, "p->next->next->next->next->m3995") == two
    assert unpackings == []


@pytest.mark.parametrize("same_stamp", [False, True])
def test_a_file_that_was_built_anew_is_read_anew(tmp_path: Path, same_stamp: bool) -> None:
    path = build(tmp_path)
    assert ask(path)[0].endswith("count=%si:s32 m=+0(%di):s32 n=+16(+8(%di)):string")
    other = build_beside(tmp_path, 3998)
    if same_stamp:
        # the same place, size and time stamp of the contents: still not the same file
        os.truncate(other, max(other.stat().st_size, path.stat().st_size))
        os.truncate(path, other.stat().st_size)
    shutil.copyfile(other, path)
    settle(path)
    assert any("has no member `m3999`" in line for line in ask(path))


def build_beside(folder: Path, number: int) -> Path:
    (folder / "beside").mkdir()
    return build(folder / "beside", number)


def test_a_file_that_has_just_been_written_is_not_kept(
    tmp_path: Path, surroundings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpacked, "_SETTLED", 3600.0)
    path = build(tmp_path)
    assert "count=%si:s32" in ask(path)[0]
    assert not any(b"unpacked" in entry.read_bytes() for entry in surroundings.iterdir())


def test_no_cache_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROBELANG_CACHE_DIR", str(tmp_path / "file"))
    (tmp_path / "file").write_text("")
    path = build(tmp_path)
    assert "count=%si:s32" in ask(path)[0]
    assert ask(path) == ask(path)


def entry_of(path: Path) -> str:
    origin = unpacked._origin(Program(str(path)).elf)
    assert origin is not None
    return origin


def test_hostile_entries_are_a_miss_or_another_question_for_the_reader(tmp_path: Path) -> None:
    """Whoever writes the cache may write anything there, with checksums that fit."""
    path = build(tmp_path)
    right = ask(path)
    origin = entry_of(path)
    entry = cache.open_entry(origin)
    assert entry is not None
    sections = {name: bytes(entry.section(name) or b"") for name in entry.names if name != "origin"}
    chance = random.Random(5)
    for _ in range(60):
        damaged = dict(sections)
        for name, data in sections.items():
            changed = bytearray(data)
            match chance.randrange(5):
                case 0:
                    del changed[chance.randrange(len(changed)) :]
                case 1:
                    changed[:12] = struct.pack("<QI", chance.choice([0, 1 << 63, len(changed)]), 1 << 31)
                case 2:
                    changed[12:16] = struct.pack("<I", 1 << 31)
                case 3:
                    changed += bytes(99)
                case _:
                    for _ in range(20):
                        changed[chance.randrange(16, len(changed))] = chance.randrange(256)
            damaged[name] = bytes(changed)
        assert cache.store_entry(origin, damaged)
        assert ask(path)
        assert cache.store_entry(origin, {"1": b"", "x": b"y"})
        assert ask(path) == right


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=200), size=st.integers(0, 1 << 40), count=st.integers(0, 1 << 32 - 1))
def test_windows_of_any_bytes(data: bytes, size: int, count: int) -> None:
    for text in (data, struct.pack("<QI", size, count & 0xFFFFFFFF) + data):
        for number, window in unpacked.unpack_windows(text, size).items():
            assert len(window) == min(WINDOW, size - number * WINDOW)


def test_nothing_is_kept_where_a_question_reads_too_much(
    tmp_path: Path, surroundings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpacked, "MOST_KEPT", WINDOW)
    path = build(tmp_path)
    assert "count=%si:s32" in ask(path)[0]
    assert cache.open_entry(entry_of(path)) is None


def test_sections_that_unpack_to_too_much_together(tmp_path: Path) -> None:
    path = build(tmp_path)
    elf = Program(str(path)).elf
    sections = [elf.find_section(name) for name in (".debug_info", ".debug_str")]
    one, two = [section for section in sections if section is not None]
    both = unpacked.UnpackedSections(elf, compressed.unpacked_size(elf, one) + 10)
    assert len(both.open(one)[:]) == compressed.unpacked_size(elf, one)
    with pytest.raises(DwarfError, match="too large"):
        both.open(two)[:]


def test_a_bomb_costs_the_memory_that_is_allowed_and_no_more(tmp_path: Path) -> None:
    """64 MB of zeros in 64 KB, behind every name of a section of DWARF."""
    path = build(tmp_path)
    data = bytearray(path.read_bytes())
    elf = Program(str(path)).elf
    bomb = zlib.compress(bytes(64 << 20))
    at = len(data)
    data += struct.pack("<I4xQQ", 1, 64 << 20, 1) + bomb
    table = struct.unpack_from("<Q", data, 40)[0]
    for section in elf.sections:
        if section.name.startswith(".debug"):
            struct.pack_into("<QQQQ", data, table + 64 * section.index + 8, 0x800, 0, at, 24 + len(bomb))
    hostile = tmp_path / "hostile"
    hostile.write_bytes(data)
    began = time.process_time()
    tracemalloc.start()
    said = ask(hostile)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert said[0].startswith("PRB901")
    assert peak < 512 << 20
    assert time.process_time() - began < 20
