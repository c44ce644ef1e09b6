"""Points inside functions of a kernel whose `vmlinux` has debugging information: a little one, built by the tests."""

from __future__ import annotations

import gzip
import re
import shutil
import subprocess
import tarfile
import time
from pathlib import Path

import pytest

from probelang.answers import Found, KernelError, Unknown
from probelang.kernel.interface import Kernel
from probelang.kernel.load import load_kernel
from tests.support.little_kernel import RELEASE, build_little_kernel, line_of
from tests.support.specs import commands, run, said
from tests.unit.btf.compiler import require
from tests.unit.btf.test_image import bzimage

READ = "fs/read.c"
FIRST = {"vfs_read": line_of(READ, "read: early") - 5, "branch": line_of(READ, "branch: patched") - 2}


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_little_kernel(tmp_path_factory.mktemp("kernel"))


@pytest.fixture(scope="module")
def kernel(image: Path) -> Kernel:
    return load_kernel(str(image))


def symbols(image: Path) -> dict[str, list[int]]:
    done = subprocess.run([require("nm"), str(image)], capture_output=True, text=True, check=True)
    found: dict[str, list[int]] = {}
    for line in done.stdout.splitlines():
        address, _, name = line.split()
        found.setdefault(name, []).append(int(address, 16))
    return found


def lines_of_commands(image: Path, found: list[str]) -> set[str]:
    """The lines that all places of commands have in common, by another reader of the debugging information."""
    tool = require("objdump")
    done = subprocess.run(
        [tool, "--dwarf=decodedline", str(image)], capture_output=True, text=True, check=True
    )
    rows: dict[int, set[str]] = {}
    for name, line, address in re.findall(r"^(\w+\.[ch])\s+(\d+)\s+0x([0-9a-f]+)", done.stdout, re.MULTILINE):
        rows.setdefault(int(address, 16), set()).add(f"{name}:{line}")
    places = []
    for command in found:
        name, _, offset = command.split()[1].partition("+")
        places.append(rows[symbols(image)[name][0] + int(offset or 0)])
    return set.intersection(*places)


def test_a_line_of_a_function_counts_from_its_first(image: Path, kernel: Kernel) -> None:
    line = line_of(READ, "read: call")
    by_function = commands(f"kprobe vfs_read:{line - FIRST['vfs_read']}", kernel)
    by_file = commands(f"kprobe read.c:{line}", kernel)
    assert len(by_function) == 1
    assert by_function[0].startswith("p:t/vfs_read_L")
    assert by_file[0].split()[1] == by_function[0].split()[1]
    assert by_file[0].startswith(f"p:t/read_c_{line} vfs_read+")
    assert f"read.c:{line}" in lines_of_commands(image, by_function)


def test_names_are_where_they_are_at_the_line(kernel: Kernel) -> None:
    line = line_of(READ, "read: call")
    (command,) = commands(
        f"x = kprobe {READ}:{line} {{ file->f_inode->i_ino, file->name, file->flag, *pos, count }}", kernel
    )
    shown = re.sub(r"%\w+", "%R", command)
    assert shown.split()[2:] == [
        "i_ino=+0(+0(%R)):u64",
        "name=+0(+8(%R)):string",
        "flag=+20(%R):b3@0/8",
        "pos=+0(%R):s64",
        "count=%R:u64",
    ]


def test_what_is_optimised_out_says_where_it_is_alive(kernel: Kernel) -> None:
    call = line_of(READ, "read: call")
    (found,) = run(f"kprobe {READ}:{call} {{ ret }}", kernel).diagnostics
    assert found.rule.slug == "optimised-out"
    assert re.search(r"`ret` is .* there at lines? [\d, ]+\)", found.message)
    last = line_of(READ, "read: last")
    assert said(f"kprobe {READ}:{last} {{ count }}", kernel) == [("optimised-out", "count")]


def test_a_line_of_an_inlined_function_has_a_place_for_each_copy(image: Path, kernel: Kernel) -> None:
    line = line_of("include/linux/file.h", "checked: first")
    for point in (f"file.h:{line}", "checked:2"):
        found = commands(f"kprobe {point} {{ mode = file->mode }}", kernel)
        assert {command.split()[1].partition("+")[0] for command in found} == {"vfs_read", "vfs_write"}
        assert len({command.split()[0] for command in found}) == 1
        assert f"file.h:{line}" in lines_of_commands(image, found)
        assert all("mode=+16(%" in command for command in found)


def test_a_name_that_several_functions_bear(image: Path, kernel: Kernel) -> None:
    (found,) = run("kprobe init_once:2", kernel).diagnostics
    assert found.rule.slug == "ambiguous-symbol"
    assert found.help is not None
    assert "`fs/read.c:" in found.help
    assert "`fs/core.c:" in found.help
    # a symbol that is the only one of its name leads there
    (command,) = commands(f"kprobe fs/core.c:{line_of('fs/core.c', 'init: second')}", kernel)
    assert command.split()[1].startswith("_text+")
    assert f"core.c:{line_of('fs/core.c', 'init: second')}" in lines_of_commands(image, [command])


def test_files_are_named_by_the_end_of_their_path(kernel: Kernel) -> None:
    (found,) = run("kprobe core.c:3", kernel).diagnostics
    assert found.rule.slug == "unknown-line"
    assert found.message == f"2 files of Linux {RELEASE} end in `core.c`"
    assert found.notes == ("they are `fs/core.c`, `mm/core.c`",)
    assert commands("kprobe mm/core.c:3 { count }", kernel)[0].endswith("count=%di:s64")
    (found,) = run("kprobe nowhere.c:3", kernel).diagnostics
    assert found.message == f"nothing of Linux {RELEASE} was compiled from `nowhere.c`"


def test_a_line_without_code_offers_the_next(kernel: Kernel) -> None:
    (found,) = run("kprobe vfs_read:3", kernel).diagnostics
    assert found.message.startswith("line 3 of `vfs_read`, line ")
    assert found.help == "the next line with code is `vfs_read:4`"
    assert said("kprobe vfs_read:500", kernel) == [("unknown-line", "vfs_read:500")]
    assert said("kprobe vfs_reed:5", kernel) == [("unknown-function", "vfs_reed")]


@pytest.mark.parametrize(
    ("mark", "why"),
    [
        ("quiet: body", "`quiet+0x4` is code that must not be instrumented (`noinstr`)"),
        ("forbidden: body", "`forbidden+0x4` is forbidden to kprobes (`NOKPROBE_SYMBOL`)"),
        ("branch: patched", "`branch+0x4` is a static branch, which the kernel patches"),
    ],
)
def test_what_the_kernel_refuses_is_known_from_its_image(kernel: Kernel, mark: str, why: str) -> None:
    (found,) = run(f"kprobe {READ}:{line_of(READ, mark)}", kernel).diagnostics
    assert found.rule.slug == "blacklisted"
    assert found.message == f"no kprobe can sit on line {line_of(READ, mark)} of {READ}: {why}"


def test_offsets_have_names_too(kernel: Kernel) -> None:
    (command,) = commands("kprobe vfs_write+4 { file->name, count }", kernel)
    assert command.split()[1:] == ["vfs_write+4", "name=+0(+8(%di)):string", "count=%si:s64"]
    (found,) = run("kprobe vfs_write+2", kernel).diagnostics
    assert (found.rule.slug, found.message) == (
        "bad-offset",
        "`vfs_write+0x2` is in the middle of an instruction",
    )
    (found,) = run("kprobe vfs_write+5000", kernel).diagnostics
    assert found.rule.slug == "bad-offset"
    assert said("kprobe quiet+4", kernel) == [("blacklisted", "quiet+4")]
    assert said("kprobe vfs_read:4%return", kernel) == [("return-with-offset", "vfs_read:4%return")]


def test_all_parameters_are_those_that_are_there(kernel: Kernel) -> None:
    (command,) = commands("kprobe vfs_write+4 { $arg* }", kernel)
    assert command.split()[2:] == ["file=%di:x64", "count=%si:s64"]
    assert said("kprobe vfs_write+4 { nonsense }", kernel) == [("unknown-name", "nonsense")]


# ---------------------------------------------------------------------------------------- where it comes from


def lay_out(image: Path, root: Path, place: str) -> Path:
    path = root / place.replace("RELEASE", RELEASE)
    path.parent.mkdir(parents=True)
    shutil.copy(image, path)
    return root


@pytest.mark.parametrize(
    "place",
    [
        "usr/lib/debug/boot/vmlinux-RELEASE",
        "usr/lib/debug/lib/modules/RELEASE/vmlinux",
        "boot/vmlinux-RELEASE",
    ],
)
def test_a_folder_or_tar_laid_out_like_a_machine(image: Path, tmp_path: Path, place: str) -> None:
    root = lay_out(image, tmp_path / "root", place)
    plain, packed = tmp_path / "plain.tar", tmp_path / "packed.tar.gz"
    for path, mode in ((plain, "w"), (packed, "w:gz")):
        with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
            archive.add(root, "machine")
    for path in (root, plain, packed):
        kernel = load_kernel(str(path))
        assert kernel.title == f"Linux {RELEASE}"
        assert commands("kprobe mm/core.c:3 { count }", kernel)


def test_a_large_image_is_read_where_it_is_and_not_unpacked(
    image: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("probelang.kernel.archive.MAX_BYTES", image.stat().st_size - 1)
    root = lay_out(image, tmp_path / "root", "boot/vmlinux-RELEASE")
    plain, packed = tmp_path / "plain.tar", tmp_path / "packed.tar.gz"
    for path, mode in ((plain, "w"), (packed, "w:gz")):
        with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
            archive.add(root, "machine")
    assert commands("kprobe mm/core.c:3 { count }", load_kernel(str(plain)))
    with pytest.raises(
        KernelError, match=f"the boot/vmlinux-{RELEASE} in it is too large .* unpack the archive"
    ):
        load_kernel(str(packed))


def test_a_compressed_image_beside_one_with_debugging_information(image: Path, tmp_path: Path) -> None:
    """As where the packages of a kernel and of its debugging information are unpacked in one folder."""
    root = lay_out(image, tmp_path / "root", "boot/vmlinuz-RELEASE")
    packed = bzimage(gzip.compress(image.read_bytes()), image.stat().st_size)
    (root / f"boot/vmlinuz-{RELEASE}").write_bytes(packed)
    alone = load_kernel(str(root))
    assert alone.title == f"Linux {RELEASE}"
    assert isinstance(alone.find_function("vfs_read"), Found)
    (found,) = run("kprobe vfs_read:4", alone).diagnostics
    assert "no `vmlinux` with debugging information (DWARF) was given" in found.message
    lay_out(image, root, "usr/lib/debug/boot/vmlinux-RELEASE")
    assert commands("kprobe mm/core.c:3 { count }", load_kernel(str(root)))


def test_of_the_images_of_several_kernels_those_of_one_are_taken(image: Path, tmp_path: Path) -> None:
    root = lay_out(image, tmp_path / "root", "boot/vmlinux-RELEASE")
    other = root / "usr/lib/debug/boot/vmlinux-5.5.5-other"
    other.parent.mkdir(parents=True)
    other.write_bytes(b"\x7fELF")
    kernel = load_kernel(str(root))
    assert kernel.title == "Linux 5.5.5-other"
    assert isinstance(kernel.code, Unknown)
    (root / "lib/modules" / RELEASE).mkdir(parents=True)
    kernel = load_kernel(str(root))
    assert kernel.title == f"Linux {RELEASE}"
    assert isinstance(kernel.code, Found)


def test_an_image_of_another_build_is_not_taken(image: Path, tmp_path: Path) -> None:
    root = lay_out(image, tmp_path / "root", "boot/vmlinux-RELEASE")
    (root / "proc").mkdir()
    version = f"Linux version {RELEASE} (somebody) #2 SMP tomorrow\n"
    (root / "proc/version").write_text(version)
    answer = load_kernel(str(root)).code
    assert isinstance(answer, Unknown)
    assert "calls itself another version" in answer.reason
    (root / "proc/version").write_text(version.replace("#2 SMP tomorrow", "#1 SMP today"))
    assert isinstance(load_kernel(str(root)).code, Found)
    (root / "sys/kernel").mkdir(parents=True)
    notes = b"\x04\0\0\0\x14\0\0\0\x03\0\0\0GNU\0" + bytes(20)
    (root / "sys/kernel/notes").write_bytes(notes)
    answer = load_kernel(str(root)).code
    assert isinstance(answer, Unknown)
    assert "its build-id differs" in answer.reason


def test_an_image_without_debugging_information(image: Path, tmp_path: Path) -> None:
    stripped = tmp_path / "vmlinux"
    subprocess.run([require("strip"), "-g", "-o", str(stripped), str(image)], check=True)
    kernel = load_kernel(str(stripped))
    (found,) = run("kprobe vfs_read:4", kernel).diagnostics
    assert found.rule.slug == "missing-fact"
    assert "has no debugging information (DWARF)" in found.message
    assert found.help == (
        f"give its `vmlinux` as `--kernel`: Debian has it in linux-image-{RELEASE}-dbg, Fedora in kernel-debuginfo"
    )
    # without names there are registers, as before
    assert commands("kprobe vfs_read+8 { %di }", kernel) == ["p:t/vfs_read_0x8 vfs_read+8 di=%di:x64"]


# ------------------------------------------------------------------------------------------------- hostile


SPEC = f"""
a = kprobe vfs_read:5 {{ file->f_inode->i_ino, count, pos, ret }}
b = kprobe checked:2 {{ file->name }}
c = kprobe core.c:3
d = kprobe fs/core.c:{line_of("fs/core.c", "init: second")} {{ file->mode, $arg* }}
e = kprobe vfs_write+4 {{ parent->i_ino }}
"""


@pytest.mark.parametrize("seed", range(60))
def test_a_damaged_image_gives_an_answer_soon(image: Path, tmp_path: Path, seed: int) -> None:
    import random

    chance = random.Random(seed)
    data = bytearray(image.read_bytes())
    for _ in range(chance.choice((1, 8, 64, 400))):
        at = chance.randrange(len(data))
        data[at] = chance.choice((0, 0xFF, data[at] ^ 1 << chance.randrange(8), chance.randrange(256)))
    path = tmp_path / "vmlinux"
    path.write_bytes(bytes(data[: chance.choice((len(data), len(data), chance.randrange(len(data)))) or 64]))
    start = time.monotonic()
    try:
        kernel = load_kernel(str(path))
    except KernelError as error:
        assert "\n" not in str(error)
        return
    for found in run(SPEC, kernel).diagnostics:
        assert "\n" not in found.message
    assert time.monotonic() - start < 20
