"""Modules: where their files are found, what is read of them, and what is said where they are of no use."""

from __future__ import annotations

import gzip
import io
import lzma
import tarfile
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from probelang.answers import Found, NotFound, Unknown
from probelang.btf.blob import Btf
from probelang.btf.types import BtfError
from probelang.kernel.folder import MemoryTree
from probelang.kernel.interface import Kernel
from probelang.kernel.load import load_kernel
from probelang.kernel.module_file import read_module
from probelang.kernel.modules import ModuleFiles
from probelang.kernel.snapshot import build_snapshot
from tests.support.modules import FUNCTIONS, RELEASE, module_elf, toy_btf, toy_file
from tests.support.specs import bundled, commands
from tests.unit.btf.test_image import BLOB, bzimage, elf
from tests.unit.btf.writer import CHAR, SIGNED, Writer
from tests.unit.kernel.trees import write_tree

PACKED: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    ".xz": lambda data: lzma.compress(data, check=lzma.CHECK_CRC32),
    ".gz": gzip.compress,
    ".zst": zstandard.ZstdCompressor().compress,
}
FOLDER = f"lib/modules/{RELEASE}"


def small_base() -> bytes:
    w = Writer()
    w.integer("int", 4, SIGNED)
    w.integer("unsigned int", 4)
    w.integer("char", 1, SIGNED | CHAR)
    w.func("vfs_read", w.proto(1, ("count", 1)))
    w.struct("trace_kprobe", 4, [("nhit", 1, 0)])
    return w.blob()


BASE = Btf.from_bytes(small_base())
TOY = toy_file(BASE)


def tree(**changes: bytes) -> dict[str, bytes]:
    return {
        "sys/kernel/btf/vmlinux": small_base(),
        "proc/version": f"Linux version {RELEASE} (a@b)".encode(),
        f"{FOLDER}/kernel/drivers/toy.ko": TOY,
        f"{FOLDER}/modules.dep": b"kernel/drivers/toy.ko:\n",
        **changes,
    }


def files(names: dict[str, bytes]) -> ModuleFiles:
    return ModuleFiles(MemoryTree(names), FOLDER, RELEASE)


@pytest.mark.parametrize("suffix", PACKED)
@pytest.mark.parametrize("listed", ["modules.dep", "modules.order", ""])
def test_a_module_is_found_whatever_lists_there_are(suffix: str, listed: str) -> None:
    lists = {
        "modules.dep": f"kernel/net/toy_two.ko{suffix}: x\nkernel/drivers/my-toy.ko{suffix}: kernel/lib/x.ko\n".encode(),
        "modules.order": b"kernel/net/toy_two.ko\nkernel/drivers/my-toy.o\n",
    }
    path = f"{FOLDER}/kernel/drivers/my-toy.ko{suffix}"
    found = files({path: PACKED[suffix](TOY), **({f"{FOLDER}/{listed}": lists[listed]} if listed else {})})
    for name in ("my_toy", "my-toy"):
        assert found.find(name) == path
        module = found.read(name)
        assert module is not None and module.release == RELEASE
        assert set(module.functions) == {
            "toy_open\ttraced",
            "toy_hidden",
            "toy_start\ttraced init",
            "shared_name\ttraced",
        }
    assert found.find("toy") is None and found.find("y_toy") is None
    assert found.find("my.toy") is None and found.find("") is None


def test_lists_do_not_lead_out_of_the_folder() -> None:
    lists = b"../../../etc/toy.ko:\n/etc/toy.ko:\nkernel//toy.ko:\nkernel/\0/toy.ko:\n"
    assert files({f"{FOLDER}/modules.dep": lists, "etc/toy.ko": TOY}).find("toy") is None


def test_folders_that_go_round_end(tmp_path: Path) -> None:
    folder = tmp_path / FOLDER / "kernel"
    folder.mkdir(parents=True)
    for name in ("one", "two", "three"):
        (folder / name).symlink_to(folder)
    write_tree(
        tmp_path,
        {"sys/kernel/btf/vmlinux": small_base(), "proc/version": f"Linux version {RELEASE} ".encode()},
    )
    started = time.monotonic()
    assert isinstance(load_kernel(str(tmp_path)).find_module("toy"), Unknown)
    assert time.monotonic() - started < 10


@pytest.fixture
def kernel(tmp_path: Path) -> Kernel:
    return load_kernel(str(write_tree(tmp_path, tree())))


def test_a_folder_laid_out_like_a_system(kernel: Kernel) -> None:
    answer = kernel.find_function("toy_open", "toy")
    assert isinstance(answer, Found) and (answer.value.module, answer.value.traceable) == ("toy", True)
    assert kernel.module_btf("toy") is not None
    assert commands("fprobe toy:toy_open { toy->size }", kernel) == [
        "p:t/toy_open toy:toy_open size=+0($arg1):s32"
    ]
    assert kernel.find_module("tyo") == NotFound(("toy",))
    assert isinstance(kernel.find_function("toy_start", "toy"), NotFound)


def test_a_package_has_the_image_for_a_base(tmp_path: Path) -> None:
    for number, image in enumerate((f"boot/vmlinuz-{RELEASE}", f"{FOLDER}/vmlinuz")):
        made = tree(**{image: bzimage(gzip.compress(elf({".BTF": small_base()})), 0)})
        del made["proc/version"], made["sys/kernel/btf/vmlinux"]
        kernel = load_kernel(str(write_tree(tmp_path / str(number), made)))
        assert kernel.title == f"Linux {RELEASE}"
        assert kernel.module_btf("toy") is not None


@pytest.mark.parametrize(
    "place", ["boot/vmlinuz-x", "usr/lib/debug/boot/vmlinuz-x", "build/vmlinux", f"{FOLDER}/vmlinuz"]
)
def test_files_beside_an_image(tmp_path: Path, place: str) -> None:
    image = bytearray(bzimage(gzip.compress(elf({".BTF": small_base()})), 0))
    image[0x20E:0x210] = (0x100).to_bytes(2, "little")
    image[0x300 : 0x300 + len(RELEASE) + 1] = RELEASE.encode() + b" "
    file = elf({".BTF": small_base()}) if place.endswith("vmlinux") else bytes(image)
    order = b"kernel/drivers/toy.o\n" if FOLDER in place else b"drivers/toy.o\n"
    folder = place.rpartition("/")[0]
    extra = (
        {} if folder.endswith("boot") else {f"{folder}/modules.order": order, f"{folder}/drivers/toy.ko": TOY}
    )
    kernel = load_kernel(str(write_tree(tmp_path, {**tree(), place: file, **extra}) / place))
    assert isinstance(kernel.find_function("toy_open", "toy"), Found), kernel.modules.reason("toy")
    assert kernel.module_btf("toy") is not None


def test_a_module_beside_raw_btf(tmp_path: Path) -> None:
    write_tree(tmp_path, {"btf": small_base(), "toy.ko.xz": lzma.compress(TOY)})
    kernel = load_kernel(str(tmp_path / "btf"))
    assert kernel.module_btf("toy") is not None


@pytest.mark.parametrize("mode", ["w:", "w:gz", "w:xz"])
def test_an_archive_is_gone_through_again_for_a_module(tmp_path: Path, mode: str) -> None:
    path = tmp_path / "system.tar"
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for name, data in tree().items():
            member = tarfile.TarInfo("./machine/" + name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    kernel = load_kernel(str(path))
    assert kernel.module_btf("toy") is not None


def test_a_snapshot_holds_what_is_loaded(tmp_path: Path) -> None:
    loaded = tree(
        **{"sys/kernel/btf/toy": toy_btf(BASE), "proc/kallsyms": b"ffffffffc0000000 t toy_open\t[toy]\n"}
    )
    loaded["sys/kernel/tracing/available_filter_functions"] = b"vfs_read\ntoy_open [toy]\n"
    first = load_kernel(str(write_tree(tmp_path / "machine", loaded)))
    (tmp_path / "snapshot").write_bytes(build_snapshot(first.sources))
    for kernel in (first, load_kernel(str(tmp_path / "snapshot"))):
        answer = kernel.find_function("toy_open")
        assert isinstance(answer, Found) and answer.value.module == "toy" and answer.value.proto is not None
        assert answer.value.traceable and answer.value.symbols == 1
        module = kernel.find_module("toy")
        assert isinstance(module, Found) and module.value.loaded


def test_a_function_is_found_by_the_btf_at_hand_where_no_list_is(tmp_path: Path) -> None:
    made = {"sys/kernel/btf/vmlinux": small_base(), "sys/kernel/btf/toy": toy_btf(BASE)}
    answer = load_kernel(str(write_tree(tmp_path, made))).find_function("toy_open")
    assert isinstance(answer, Found) and answer.value.module == "toy"


def test_the_same_function_in_the_kernel_and_a_module(tmp_path: Path) -> None:
    """The build keeps one record of both where name and prototype are the same."""
    w = Writer()
    w.integer("int", 4, SIGNED)
    w.integer("unsigned int", 4)
    w.integer("char", 1, SIGNED | CHAR)
    w.func("shared_name", w.proto(1, ("whole", 1)))
    base = Btf.from_bytes(w.blob())
    split = Writer(first_id=len(base), strings_start=len(w.strings))
    split.struct("only", 4, [])
    module = module_elf({".BTF": split.blob()})
    made = {
        "sys/kernel/btf/vmlinux": w.blob(),
        f"{FOLDER}/toy.ko": module,
        "proc/version": f"Linux version {RELEASE} ".encode(),
    }
    answer = load_kernel(str(write_tree(tmp_path, made))).find_function("shared_name", "toy")
    assert isinstance(answer, Found) and answer.value.proto == 4


# ------------------------------------------------------------------------------------------- of no use


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "neither an ELF file nor a compressed module"),
        (b"\x7fELF", "not an ELF file"),
        (TOY[:100], "it is cut off"),
        (TOY[:-100], "it is cut off"),
        (b"\xfd7zXZ\0" + b"x" * 100, "the module's xz stream is damaged"),
        (lzma.compress(TOY)[:-200], "the module is cut off"),
        (gzip.compress(TOY)[:-200], "the module is cut off"),
        (b"\x1f\x8b" + b"x" * 100, "the module's gzip stream is damaged"),
        (zstandard.ZstdCompressor().compress(TOY)[:-200], "the module's zstd stream is damaged"),
        (b"\x28\xb5\x2f\xfd" + b"x" * 100, "the module's zstd stream is damaged"),
        (elf({".BTF": BLOB}), "an ELF file, but no module"),
    ],
)
def test_a_file_that_is_no_module(tmp_path: Path, data: bytes, reason: str) -> None:
    kernel = load_kernel(str(write_tree(tmp_path, tree(**{f"{FOLDER}/kernel/drivers/toy.ko": data}))))
    answer = kernel.find_module("toy")
    assert isinstance(answer, Unknown)
    assert reason in answer.reason and answer.reason.startswith(f"{FOLDER}/kernel/drivers/toy.ko")
    assert isinstance(kernel.find_function("toy_open", "toy"), Unknown)
    assert isinstance(kernel.find_tracepoint("toy_opened", "toy"), Unknown)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (toy_file(BASE, "6.1.0-other"), "its file is of Linux 6.1.0-other, and this is 6.12.3-test"),
        (module_elf({".modinfo": b"vermagic=" + RELEASE.encode()}), "its file has no BTF"),
        (module_elf({".BTF": b"rubbish"}), "can't be used: not BTF"),
        (module_elf({".BTF": BLOB}), "can't be used: it was built for another kernel than this one"),
        (module_elf({".BTF": toy_btf(BASE), ".BTF.base": b"rubbish"}), "can't be used: not BTF"),
        (
            module_elf({".BTF": toy_btf(BASE), ".BTF.base": BLOB}),
            "can't be used: it was built for a kernel with another `long unsigned int`",
        ),
    ],
)
def test_btf_that_is_not_of_this_kernel(tmp_path: Path, data: bytes, reason: str) -> None:
    kernel = load_kernel(str(write_tree(tmp_path, tree(**{f"{FOLDER}/kernel/drivers/toy.ko": data}))))
    assert kernel.module_btf("toy") is None
    assert reason in kernel.modules.reason("toy")


def test_a_module_of_another_build_of_a_kernel_is_found_out() -> None:
    """By its names, which lie elsewhere in the other's BTF: nothing else would tell."""
    for own, other in (("6.12", "7.3"), ("7.3", "6.12"), ("6.1", "6.12")):
        base, others = bundled(own).btf, bundled(other).btf
        assert base is not None and others is not None
        file = files({f"{FOLDER}/toy.ko": toy_file(others)})
        kernel = bundled(own)
        sources = _Sources(kernel, file)
        assert Kernel(own, own, sources).module_btf("toy") is None  # type: ignore[arg-type]


class _Sources:
    def __init__(self, kernel: Kernel, found: ModuleFiles) -> None:
        self._kernel = kernel
        self._files = found

    def module_files(self) -> ModuleFiles:
        return self._files

    def __getattr__(self, name: str) -> object:
        return getattr(self._kernel.sources, name)


@pytest.mark.parametrize("suffix", [".xz", ".gz", ".zst"])
def test_what_unpacks_to_gigabytes_is_given_up(suffix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("probelang.btf.image.LARGEST_IMAGE", 8 << 20)
    bomb = PACKED[suffix](bytes(100 << 20))
    tracemalloc.start()
    try:
        with pytest.raises(BtfError, match="too large|limit exceeded"):
            read_module(bomb)
        assert tracemalloc.get_traced_memory()[1] < 30 << 20
    finally:
        tracemalloc.stop()


def test_symbols_with_impossible_numbers() -> None:
    whole = module_elf({}, dict.fromkeys(FUNCTIONS, ".text"))
    for at in range(0, len(whole), 4):
        data = whole[:at] + b"\xff\xff\xff\xff" + whole[at + 4 :]
        try:
            read_module(data)
        except BtfError as error:
            assert "\n" not in str(error)
