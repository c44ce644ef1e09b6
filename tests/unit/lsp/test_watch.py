"""Files that answers rest on are looked at again: settings of projects, kernels, programs."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from pathlib import Path

import pytest
from pygls.uris import from_fs_path

from probelang.kernel.load import load_kernel
from probelang.lsp import server as module
from probelang.lsp.server import make_server
from probelang.lsp.watch import Watch, project_files
from tests.unit.lsp.talk import Talk


def test_a_file_that_is_being_written_is_waited_for(tmp_path: Path) -> None:
    watch = Watch()
    path = tmp_path / "vmlinux"
    watch.add([str(path), str(tmp_path / "other"), "a\0b"])
    assert watch.changed() == []
    path.write_text("a")
    assert watch.changed() == []
    path.write_text("ab")
    assert watch.changed() == []
    assert watch.changed() == [str(path)]
    assert watch.changed() == []
    path.unlink()
    assert watch.changed() == []
    assert watch.changed() == [str(path)]
    path.write_text("abc")
    watch.seen(str(path))
    watch.seen("never/added")
    assert watch.changed() == watch.changed() == []
    path.write_text("abcd")
    assert watch.changed() == []
    # it is as it was
    path.unlink()
    path.write_text("abc")
    os.utime(path, ns=(0, 0))
    watch.seen(str(path))
    assert watch.changed() == watch.changed() == []


def test_settings_may_be_in_any_folder_above() -> None:
    assert list(project_files("/a/b/c.probe"))[::2] == [
        "/a/b/probelang.toml",
        "/a/probelang.toml",
        "/probelang.toml",
    ]


def test_what_changes_is_said_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PERIOD", 0.02)
    kernel, program, project = tmp_path / "btf", tmp_path / "program", tmp_path / "probelang.toml"

    def build(name: str) -> None:
        data = load_kernel(name).sources.section("btf")
        assert data is not None
        (tmp_path / "new").write_bytes(bytes(data))
        (tmp_path / "new").rename(kernel)

    async def run() -> None:
        talk = Talk(make_server(), {}, {"tellChanges": True})
        # nothing is told before the answer
        assert [message.get("id") for message in talk.output.sent] == [1]
        talk.tell("initialized")
        uri = from_fs_path(str(tmp_path / "io.probe")) or ""
        project.write_text('kernels = ["6.12"]\n')
        talk.open(uri, f"fprobe vfs_read {{ cuont }}\nuprobe {program}:main {{ $comm }}\n")

        await talk.says("PRB101", "PRB901")
        # a program is built
        shutil.copy(sys.executable, program)
        await talk.sent("probelang/changed")
        await talk.says("PRB101")
        # a kernel is chosen that is not there yet, and then built, and again
        project.write_text(f'kernels = ["{kernel}"]\n')
        await talk.sent("window/showMessage")
        build("6.12")
        await talk.says()
        await talk.says("PRB101")
        before = talk.server.kernels[str(kernel)]
        build("6.1")
        await talk.sent("probelang/changed")
        while talk.server.kernels.get(str(kernel), before) is before:
            await asyncio.sleep(0.01)
        # what cannot be read leaves in force what was
        project.write_text("kernels = 7\n")
        message = await talk.sent("window/showMessage")
        assert "probelang.toml" in message["params"]["message"]
        assert talk.server.wishes_of(talk.server.files[uri]).kernels == (str(kernel),)
        talk.tell("shutdown", ask=True)
        talk.leave()

    asyncio.run(run())
