"""The container against pyelftools and readelf, on programs of every kind."""

from __future__ import annotations

import os
import re
import struct
import subprocess
import zlib
from typing import TYPE_CHECKING

import pytest
import zstandard
from elftools.elf.elffile import ELFFile

from probelang.answers import Found
from probelang.program.elf import BytesSource, Elf, FileSource, ProgramError, Section
from probelang.program.load import load_program
from probelang.program.program import Program

from .build import compile_c, require, run

if TYPE_CHECKING:
    from pathlib import Path

SOURCE = "#include <stdio.h>\nint counter = 5; int add(int a, int b) { return a + b; }\nint main(void) { return add(1, counter); }\n"
#: The header of a program without sections and segments.
ELF_HEAD = (
    b"\x7fELF\2\1\1" + bytes(9) + struct.pack("<HHIQQQIHHHHHH", 3, 62, 1, 0, 0, 0, 0, 64, 56, 0, 64, 0, 0)
)
KINDS = {
    "pie": (["-pie", "-fPIE"], "pie"),
    "fixed": (["-no-pie", "-fno-pie"], "executable"),
    "static": (["-static", "-no-pie"], "executable"),
    "static-pie": (["-static-pie", "-fPIE"], "pie"),
    "library": (["-shared", "-fPIC"], "library"),
}


@pytest.fixture(scope="module", params=KINDS)
def built(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    options, kind = KINDS[request.param]
    return compile_c(tmp_path_factory.mktemp("elf"), "it", SOURCE, "-g", *options), kind


def test_the_container_is_what_pyelftools_reads(built: tuple[str, str]) -> None:
    path, kind = built
    program = Program(path)
    assert program.kind == kind
    assert program.machine == "x86-64"
    with open(path, "rb") as file:
        reference = ELFFile(file)
        sections = list(reference.iter_sections())
        assert [section.name for section in program.elf.sections] == [section.name for section in sections]
        for ours, theirs in zip(program.elf.sections, sections, strict=True):
            assert (ours.address, ours.offset, ours.size) == (
                theirs["sh_addr"],
                theirs["sh_offset"],
                theirs["sh_size"],
            )
            if theirs["sh_type"] != "SHT_NOBITS":
                assert program.elf.read_section(ours) == theirs.data()
        for segment in reference.iter_segments():
            if segment["p_type"] == "PT_LOAD" and segment["p_filesz"]:
                first, last = segment["p_vaddr"], segment["p_vaddr"] + segment["p_filesz"] - 1
                executable = bool(segment["p_flags"] & 1)
                assert program.file_offset(first) == (segment["p_offset"] if executable else None)
                assert program.elf.offset_of(last) == segment["p_offset"] + segment["p_filesz"] - 1
                assert program.address(segment["p_offset"]) == (first if executable else None)
    printed = re.findall(r"Build ID: (\w+)", run("readelf", "-n", path))
    assert [program.build_id.hex() if program.build_id else None] == printed


def test_code_is_at_the_offset_told(built: tuple[str, str]) -> None:
    """The bytes at the file's offset are the function's, as objdump disassembles them at its address."""
    path, _ = built
    program = Program(path)
    answer = program.find_symbol("add")
    assert isinstance(answer, Found)
    symbol = answer.value
    assert symbol.file_offset is not None
    listing = run("objdump", "-d", "--disassemble=add", path)
    code = b"".join(
        bytes.fromhex(line.split("\t")[1]) for line in listing.splitlines() if line.count("\t") >= 1
    )
    with open(path, "rb") as file:
        file.seek(symbol.file_offset)
        assert file.read(symbol.size) == code[: symbol.size] != b""


@pytest.mark.parametrize("compression", ["zlib", "zstd"])
def test_compressed_sections(tmp_path: Path, compression: str) -> None:
    path = compile_c(tmp_path, "plain", SOURCE, "-g", "-c")
    want = Elf(FileSource(path)).find_section(".debug_str")
    assert want is not None
    plain = Elf(FileSource(path)).read_section(want)
    packed = str(tmp_path / "packed")
    done = subprocess.run(
        [require("objcopy"), f"--compress-debug-sections={compression}", path, packed],
        capture_output=True,
        check=False,
    )
    if done.returncode:
        pytest.skip(f"NOT TESTED: this objcopy has no {compression}")
    elf = Elf(FileSource(packed))
    section = elf.find_section(".debug_str")
    assert section is not None
    assert section.size != want.size
    assert elf.read_section(section) == plain
    with pytest.raises(ProgramError, match="too large"):
        elf.read_section(section, largest=20)


@pytest.mark.parametrize("pack", [zlib.compress, zstandard.ZstdCompressor().compress])
def test_a_compressed_section_unpacks_to_what_it_says_or_not_at_all(pack: object) -> None:
    from probelang.program.compressed import unpack_section

    def unpack(head: bytes, size: int = 9999) -> bytes:
        source = BytesSource(ELF_HEAD + head + body)
        section = Section(1, ".x", 1, 0x800, 0, len(ELF_HEAD), len(head + body), 0, 0, 0)
        return bytes(unpack_section(Elf(source), section, size))

    kind = 1 if pack is zlib.compress else 2
    body = pack(b"a" * 5000)  # type: ignore[operator]
    assert unpack(struct.pack("<I4xQQ", kind, 5000, 1)) == b"a" * 5000
    for wrong in (6000, 5001):
        with pytest.raises(ProgramError, match="damaged"):
            unpack(struct.pack("<I4xQQ", kind, wrong, 1))
    with pytest.raises(ProgramError, match="unknown way"):
        unpack(struct.pack("<I4xQQ", 9, 5000, 1))
    with pytest.raises(ProgramError, match="too large"):
        unpack(struct.pack("<I4xQQ", kind, 5000, 1), 4999)
    # as much as zlib cannot make of so little, before memory is taken for it
    with pytest.raises(ProgramError, match="damaged"):
        unpack(struct.pack("<I4xQQ", 1, 400 << 20, 1), 512 << 20)


def test_what_is_no_program_is_told_in_a_line(tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text("#!/bin/sh\n" + "#" * 100)
    nothing = tmp_path / "nothing"
    nothing.write_bytes(b"")
    os.mkfifo(tmp_path / "fifo")
    compile_c(tmp_path, "object", SOURCE, "-c")
    for name, message in {
        "script": "a script, not a program in ELF",
        "nothing": "not an ELF file",
        "fifo": "not a file",
        ".": "not a file",
        "missing": "No such file or directory",
        "object": "not a program: a relocatable object, not linked yet",
        "with\0nul": "no name of a file can hold a NUL",
    }.items():
        path = str(tmp_path / name) if name != "." else str(tmp_path)
        for load in (load_program, Program):
            with pytest.raises(ProgramError) as error:
                load(path)
            assert message in str(error.value), name
            assert str(error.value).startswith(path.replace("\0", "\\x00"))
            assert "\n" not in str(error.value)


def test_a_program_is_kept_until_its_file_changes(tmp_path: Path) -> None:
    path = compile_c(tmp_path, "it", SOURCE)
    first = load_program(path)
    assert load_program(path) is first
    compile_c(tmp_path, "it", SOURCE.replace("add", "plus"))
    again = load_program(path)
    assert again is not first
    assert again.find_symbol("plus").value.name == "plus"  # type: ignore[union-attr]


def test_a_file_cut_off_while_it_is_open_is_an_answer_and_no_crash(tmp_path: Path) -> None:
    path = compile_c(tmp_path, "it", SOURCE)
    program = Program(path)
    os.truncate(path, 100)
    with pytest.raises(ProgramError):
        program.elf.read_section(program.elf.sections[1])


def test_big_endian_and_32_bit_headers_are_read() -> None:
    for wide, order in ((False, "<"), (True, ">"), (False, ">")):
        head = b"\x7fELF" + bytes([2 if wide else 1, 1 if order == "<" else 2, 1]) + bytes(9)
        size = 64 if wide else 52
        layout = order + ("HHIQQQIHHHHHH" if wide else "HHIIIIIHHHHHH")
        entry = order + ("IIQQQQQQ" if wide else "IIIIIIII")
        head += struct.pack(layout, 2, 22, 1, 0x1010, size, 0, 0, size, struct.calcsize(entry), 1, 0, 0, 0)
        fields = (1, 5, 0, 0x1000, 0, 4096, 4096, 0) if wide else (1, 0, 0x1000, 0, 4096, 4096, 5, 0)
        elf = Elf(BytesSource((head + struct.pack(entry, *fields)).ljust(4096, b"\0")))
        assert elf.offset_of(0x1010, 1) == 0x10
        assert elf.machine == ("s390" if order == ">" else "machine 22")
