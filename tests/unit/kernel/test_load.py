from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probelang.answers import Found, KernelError, Unknown
from probelang.kernel import live, load
from probelang.kernel.folder import MemoryTree, TreeSources
from probelang.kernel.load import load_kernel
from probelang.render.kernel import render_kernel

from .trees import tiny_btf, tree, write_tree


def message(spec: str) -> str:
    with pytest.raises(KernelError) as caught:
        load_kernel(spec)
    text = str(caught.value)
    assert "\n" not in text
    return text


def test_a_name_that_no_kernel_bears() -> None:
    assert message("6.11").startswith(
        'no kernel called "6.11" comes with probelang; there are 6.1, 6.12, 7.3'
    )


def test_a_path_that_is_not_there() -> None:
    assert message("/nowhere/vmlinux") == "/nowhere/vmlinux: no such file or folder"
    assert "no such file" in message("./6.12")


@pytest.mark.parametrize("spec", ["", "\0", "a" * 5000, "/", "../..", "6.12\n", "💥"])
def test_odd_names_are_an_error_of_one_line(
    spec: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    if spec in ("/", "../.."):
        try:
            load_kernel(spec)
        except KernelError as error:
            assert "\n" not in str(error)
        return
    message(spec)


def test_a_file_of_a_bundled_name_is_asked_for_by_its_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "6.12").write_bytes(tiny_btf())
    assert load_kernel("6.12").title.startswith("Linux 6.12")
    assert load_kernel("./6.12").title == "BTF of 6.12"


def test_a_raw_blob(tmp_path: Path) -> None:
    path = tmp_path / "vm.btf"
    path.write_bytes(tiny_btf())
    for _ in range(2):
        kernel = load_kernel(str(path))
        assert (kernel.name, kernel.title) == (str(path), "BTF of vm.btf")
        assert isinstance(kernel.find_function("vfs_read"), Found)
        assert isinstance(kernel.find_function("nothing"), Unknown)


@pytest.mark.parametrize("kind", ["fifo", "empty", "text", "unreadable folder"])
def test_what_is_no_kernel(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "x"
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "unreadable folder":
        path.mkdir()
    else:
        path.write_bytes(b"" if kind == "empty" else b"hello, world\n" * 50)
    assert str(path) in message(str(path))


@settings(max_examples=150)
@given(
    magic=st.sampled_from(
        [b"", b"\x9f\xeb\x01\0", b"\x7fELF\x02\x01\x01", b"\x1f\x8b\x08", b"BZh9", b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd",
         b"\x89PRBKRN\n", b"MZ" + bytes(0x200) + b"HdrS", bytes(257) + b"ustar"]
    ),
    data=st.binary(max_size=600),
)  # fmt: skip
def test_random_files_with_true_beginnings(
    magic: bytes, data: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / "random"
    path.write_bytes(magic + data)
    try:
        load_kernel(str(path)).find_function("vfs_read")
    except KernelError as error:
        assert "\n" not in str(error)


@settings(max_examples=100)
@given(data=st.data())
def test_mutated_blobs(data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "mutated.btf"
    blob = bytearray(tiny_btf())
    for _ in range(data.draw(st.integers(1, 4))):
        blob[data.draw(st.integers(0, len(blob) - 1))] ^= data.draw(st.integers(1, 255))
    path.write_bytes(blob[: data.draw(st.integers(0, len(blob)))])
    try:
        kernel = load_kernel(str(path))
    except KernelError as error:
        assert "\n" not in str(error)
        return
    from .test_folder import ask_everything

    ask_everything(kernel)


def pretend_live(monkeypatch: pytest.MonkeyPatch, files: dict[str, bytes]) -> None:
    monkeypatch.setattr(live, "running_sources", lambda: TreeSources(MemoryTree(files)))
    monkeypatch.setattr(live, "running_release", lambda: "6.12.3-test")


def test_the_running_kernel_by_what_it_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend_live(monkeypatch, tree())
    for spec in (None, "running"):
        kernel = load_kernel(spec)
        assert (kernel.name, kernel.title, kernel.notes) == ("running", "Linux 6.12.3-test", ())
        assert isinstance(kernel.find_event("sched", "sched_switch"), Found)


def test_a_running_kernel_without_btf_gives_way_to_the_newest_that_comes_along(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pretend_live(monkeypatch, {})
    kernel = load_kernel(None)
    assert kernel.title == load_kernel("7.3").title
    (note,) = kernel.notes
    assert "the running kernel has no BTF" in note
    assert kernel.title in note
    assert note in render_kernel(kernel)


@pytest.mark.skipif(not Path("/sys/kernel/btf/vmlinux").exists(), reason="this machine's kernel has no BTF")
def test_the_real_running_kernel(cache_dir: Path) -> None:
    for _ in range(2):
        kernel = load_kernel("running")
        assert kernel.title == f"Linux {os.uname().release}"
        assert kernel.features.kprobe is not None
        function = kernel.find_function("vfs_read")
        assert isinstance(function, Found)
        assert function.value.proto is not None
        assert function.value.symbols in (None, 1)
    assert list(cache_dir.iterdir())


def test_a_machine_without_linux_gets_the_newest_that_comes_along(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    kernel = load_kernel(None)
    assert kernel.name == "7.3"
    assert "does not run Linux" in kernel.notes[0]


def test_the_build_id_out_of_notes() -> None:
    note = b"\x04\0\0\0\x14\0\0\0\x03\0\0\0GNU\0" + bytes(range(20))
    other = b"\x06\0\0\0\x04\0\0\0\x01\x01\0\0Linux\0\0\0" + bytes(4)
    assert live.parse_build_id(note) == bytes(range(20)).hex()
    assert live.parse_build_id(other + note) == bytes(range(20)).hex()
    for length in range(len(note)):
        assert live.parse_build_id(note[:length]) is None
    assert live.parse_build_id(b"\xff" * 64) is None


def test_what_show_prints(tmp_path: Path) -> None:
    text = render_kernel(load_kernel(str(write_tree(tmp_path))))
    lines = text.splitlines()
    assert lines[0] == f"Linux 6.12.3-test ({tmp_path})"
    assert "  yes  kprobe events" in lines
    assert "  no   tprobe events (raw tracepoints) (Linux 6.5 and later, with CONFIG_FPROBE_EVENTS)" in lines
    assert "  3 traceable functions" in lines
    assert "  1 trace event in 1 system" in lines
    assert "not known" not in lines


def test_show_says_what_is_not_known_and_why(tmp_path: Path) -> None:
    path = tmp_path / "x.btf"
    path.write_bytes(tiny_btf())
    text = render_kernel(load_kernel(str(path)))
    assert "functions that fprobes can reach: its list of traceable functions" in text


def test_nothing_but_a_banner_is_still_shown(tmp_path: Path) -> None:
    kernel = load_kernel(str(write_tree(tmp_path, {"proc/version": tree()["proc/version"]})))
    text = render_kernel(kernel)
    assert "  ?    kprobe events" in text
    assert "\nknown\n  nothing\n" in text


def test_linting_one_probe_imports_nothing_heavy() -> None:
    code = (
        "import sys\n"
        "from probelang.kernel.load import load_kernel\n"
        "k = load_kernel('6.12'); k.features.fprobe; k.find_function('vfs_read'); k.find_event('sched', 'sched_switch')\n"
        "heavy = 'json dataclasses inspect tarfile pathlib tempfile subprocess logging elftools lzma lz4 difflib'\n"
        "print([name for name in heavy.split() if name in sys.modules])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == "[]\n"


def test_bundled_names_follow_the_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load, "BUNDLED_FOLDER", str(tmp_path))
    assert load.bundled_kernels() == []
    assert "there are none" in message("6.12")
    (tmp_path / "6.12.kernel").write_bytes(b"not a container" * 9)
    assert load.bundled_kernels() == ["6.12"]
    assert "not a kernel snapshot" in message("6.12")
