"""Separate debug files: found where gdb finds them, and taken only when they are of this build."""

from __future__ import annotations

import lzma
import os
import shutil
from typing import TYPE_CHECKING

import pytest

from probelang.answers import Found, NotFound, Unknown
from probelang.ctypes import CPointer, CStruct
from probelang.program.debug_files import read_debug_link
from probelang.program.program import Program

from .build import compile_c, run

if TYPE_CHECKING:
    from pathlib import Path

SOURCE = """
__attribute__((noinline)) static int helper(int a) { return a * 3; }
int main(int argc, char **argv) { return helper(argc); }
"""
NO_BUILD_ID = "-Wl,--build-id=none"


def split(folder: Path, *options: str, link: bool = True) -> tuple[Path, Path, int]:
    """A stripped program, its debug file beside it, and the address of `helper`."""
    folder.mkdir(parents=True, exist_ok=True)
    path = compile_c(folder, "it", SOURCE, "-g", *options)
    address = Program(path).find_symbol("helper").value.address  # type: ignore[union-attr]
    run("objcopy", "--only-keep-debug", path, path + ".debug")
    run("strip", path)
    if link:
        run("objcopy", f"--add-gnu-debuglink={path}.debug", path)
    return folder / "it", folder / "it.debug", address


def assert_helper(program: Program, address: int) -> None:
    match program.find_symbol("helper"):
        case Found(symbol):
            assert (symbol.address, symbol.table) == (address, "debug file")
            assert symbol.file_offset == program.file_offset(address) is not None
        case other:
            raise AssertionError(other)
    assert isinstance(program.find_symbol("helpers"), NotFound)


@pytest.mark.parametrize("options", [(), (NO_BUILD_ID,), ("-no-pie",), ("-static",), ("-shared", "-fPIC")])
def test_beside_the_program_by_its_link(tmp_path: Path, options: tuple[str, ...]) -> None:
    path, debug, address = split(tmp_path, *options)
    program = Program(str(path), debug_folders=())
    assert program.debug_file() == str(debug)
    assert program.debug_file_problem is None
    assert_helper(program, address)


def test_in_the_places_where_gdb_looks(tmp_path: Path) -> None:
    path, debug, address = split(tmp_path / "bin", NO_BUILD_ID)
    root = tmp_path / "debug"
    for place in (path.parent / ".debug" / debug.name, root / str(path.parent).lstrip("/") / debug.name):
        place.parent.mkdir(parents=True)
        shutil.move(debug, place)
        program = Program(str(path), debug_folders=(str(root),))
        assert program.debug_file() == str(place)
        assert_helper(program, address)
        debug = place
    # By a link to the program, from the program's own folder.
    os.symlink(path, tmp_path / "linked")
    assert Program(str(tmp_path / "linked"), debug_folders=(str(root),)).debug_file() == str(debug)


def test_by_build_id(tmp_path: Path) -> None:
    path, debug, address = split(tmp_path, link=False)
    program = Program(str(path), debug_folders=(str(tmp_path / "debug"),))
    assert program.build_id is not None
    assert program.debug_file() is None
    digits = program.build_id.hex()
    place = tmp_path / "debug" / ".build-id" / digits[:2] / f"{digits[2:]}.debug"
    place.parent.mkdir(parents=True)
    shutil.move(debug, place)
    program = Program(str(path), debug_folders=(str(tmp_path / "debug"),))
    assert program.debug_file() == str(place)
    assert_helper(program, address)


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ((NO_BUILD_ID,), "is of another build: its checksum differs"),
        ((), "is of another build: its build-id differs"),
    ],
)
def test_a_file_of_another_build_is_not_taken_and_the_answer_says_so(
    tmp_path: Path, options: tuple[str, ...], why: str
) -> None:
    path, debug, _ = split(tmp_path / "one", *options)
    _, other, _ = split(tmp_path / "two", *options, "-DOTHER=1", "-O0")
    shutil.copy(other, debug)
    program = Program(str(path), debug_folders=())
    assert program.debug_file() is None
    assert program.debug_file_problem == f"{debug} {why}"
    match program.find_symbol("helper"):
        case Unknown(reason):
            assert reason == f"{path} is stripped, and {debug} {why}"
        case answer:
            raise AssertionError(answer)


@pytest.mark.parametrize("content", [b"", b"\x7fELF", b"text", None])
def test_a_file_that_is_no_debug_file_is_not_taken(tmp_path: Path, content: bytes | None) -> None:
    path, debug, _ = split(tmp_path)
    if content is None:
        shutil.copy(path, debug)
        os.unlink(debug)
        os.link(path, debug)
    else:
        debug.write_bytes(content)
    program = Program(str(path), debug_folders=())
    assert program.debug_file() is None
    assert program.debug_file_problem in (f"{debug} can't be read", f"{debug} is the program itself")


def test_a_link_with_a_folder_in_it_is_ignored(tmp_path: Path) -> None:
    path, debug, _ = split(tmp_path / "bin")
    assert read_debug_link(Program(str(path)).elf) is not None
    data = path.read_bytes()
    assert data.count(b"it.debug") == 1
    path.write_bytes(data.replace(b"it.debug", b"../debug"))
    shutil.move(debug, tmp_path / "debug")
    assert read_debug_link(Program(str(path)).elf) is None
    assert Program(str(path), debug_folders=()).debug_file() is None


def test_mini_debug_info_is_used(tmp_path: Path) -> None:
    """.gnu_debugdata as Fedora's programs have it: an ELF file with the local symbols, in xz."""
    path, debug, address = split(tmp_path, link=False)
    run("objcopy", "-S", "--remove-section=.gdb_index", "--keep-symbol=helper", debug, tmp_path / "mini")
    (tmp_path / "mini.xz").write_bytes(lzma.compress((tmp_path / "mini").read_bytes()))
    run("objcopy", f"--add-section=.gnu_debugdata={tmp_path / 'mini.xz'}", path)
    program = Program(str(path), debug_folders=())
    match program.find_symbol("helper"):
        case Found(symbol):
            assert (symbol.address, symbol.table) == (address, "gnu_debugdata")
        case other:
            raise AssertionError(other)
    for damaged in (b"", b"not xz", lzma.compress(b"no ELF"), lzma.compress(bytes(80 << 20))):
        (tmp_path / "mini.xz").write_bytes(damaged)
        run("objcopy", f"--update-section=.gnu_debugdata={tmp_path / 'mini.xz'}", path)
        assert isinstance(Program(str(path), debug_folders=()).find_symbol("helper"), Unknown)


def test_dwarf_that_several_programs_share_is_in_a_file_of_its_own(tmp_path: Path) -> None:
    text = "struct shared { int first; long second; char name[20]; struct shared *next; };\n" * 1
    main = "__attribute__((noinline)) long work(struct shared *s) { return s->second; }\nint main(void) { struct shared s = {1}; return work(&s); }\n"
    one = compile_c(tmp_path, "one", text + main, "-g")
    two = compile_c(tmp_path, "two", text + main, "-g")
    run("dwz", "-m", tmp_path / "common", "-r", one, two)
    for path in (one, two):
        program = Program(path)
        dwarf = program.debugging.dwarf
        assert dwarf is not None
        (work,) = dwarf.find_function("work")
        pointer = work.params[0].type.describe()
        assert isinstance(pointer, CPointer)
        assert pointer.target is not None
        struct = pointer.target.describe()
        assert isinstance(struct, CStruct)
        assert struct.ref.member_names() == ["first", "second", "name", "next"]
    (tmp_path / "common").rename(tmp_path / "gone")
    assert Program(one).debugging.dwarf is not None
