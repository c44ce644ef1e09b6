"""The lab's own parts, without a kernel."""

from __future__ import annotations

import base64
import dataclasses
import gzip
import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.kernels.lab.boot import Outcome, parse_report
from tests.kernels.lab.case import Case, Expected, at_least, every, exactly, fact, none, one, shown
from tests.kernels.lab.fetch import LabError, Source, parse_deb822, parse_one_line
from tests.kernels.lab.initrd import Archive
from tests.kernels.lab.suite import Compiled, Run
from tests.kernels.lab.trace import parse_trace

TRACE = """\
# tracer: nop
#           TASK-PID     CPU#  |||||  TIMESTAMP  FUNCTION
              dd-167     [000] .....     3.796854: read: (vfs_read+0x4/0x370) count=4321 name="a b="c" pos=-2
 my-prog-2 x-12-5      [001] d..1.    13.796998: read__return: (ksys_read+0x6b/0xf0 <- vfs_read) ret=0x10 ids={1,0x2,3}
          <idle>-0       [001] dNh2.    14.000001: wake: comm="" op=shmem_file_operations+0x0/0x120 c='x' why=(fault)
              dd-167     [000] .....    14.100000: <stack trace>
 => vfs_read
 => ksys_read
CPU:1 [LOST 12 EVENTS]
"""


def test_trace_lines_are_read() -> None:
    first, second, third = parse_trace(TRACE)
    assert (first.comm, first.tid, first.cpu, first.event, first.place) == (
        "dd",
        167,
        0,
        "read",
        "vfs_read+0x4/0x370",
    )
    assert first.values == {"count": 4321, "name": 'a b="c', "pos": -2}
    assert (second.comm, second.tid, second.event) == ("my-prog-2 x-12", 5, "read__return")
    assert second.values == {"ret": 16, "ids": [1, 2, 3]}
    assert third.values == {
        "comm": "",
        "op": "shmem_file_operations+0x0/0x120",
        "c": "'x'",
        "why": "(fault)",
    }
    assert third.stack == ["vfs_read", "ksys_read"]


def _run(case: Case, **sections: str) -> Run:
    sections = {"start-status": "0\n", "stop-status": "0\n", "left": "", "done": "", **sections}
    outcome = Outcome(0, b"", "")
    return Run(case, "6.12", Compiled(0, "", ""), outcome, sections, {"size": "4321"}, parse_trace(TRACE))


def test_expectations_hold_and_fail() -> None:
    good = [
        one("read", count=4321, tid_=167),
        one("read", count=fact("size"), comm_="dd"),
        one("read__return", ret=shown("0x10")),
        none("read", count=1),
        every("read", count=at_least(4000)),
        exactly(0, "write"),
    ]
    _run(Case("good", expect=good)).verify()
    bad = [
        one("read", count=4322),
        one("read", count=fact("unknown")),
        one("read__return", ret=shown("16")),
        none("read"),
        every("read", pos=1),
        every("write"),
        exactly(2, "read"),
        one("read", missing=None),  # type: ignore[arg-type]
    ]
    for expectation in bad:
        with pytest.raises(Expected):
            _run(Case("bad", expect=[expectation])).verify()


def test_what_a_script_leaves_is_noticed() -> None:
    left = "+p:io/rd vfs_read\n"
    with pytest.raises(Expected, match="left behind"):
        _run(Case("left"), left=left).verify()
    _run(Case("left", leaves=True), left=left).verify()
    for section in ("start-status", "stop-status"):
        with pytest.raises(Expected, match=section.partition("-")[0]):
            _run(Case("status"), **{section: "1\n"}).verify()


def test_a_refusal_must_be_one() -> None:
    case = Case("refused", refused={"6.12": "no tprobe"})
    run = _run(case)
    with pytest.raises(Expected, match="should be refused"):
        run.verify()
    with pytest.raises(Expected, match="not with"):
        dataclasses.replace(run, compiled=Compiled(1, "", "some error")).verify()
    dataclasses.replace(run, compiled=Compiled(1, "", "has no tprobe events")).verify()


def _report(data: bytes, digest: str = "") -> str:
    packed = base64.b64encode(gzip.compress(data)).decode()
    return f"%%ready\n%%begin 0000\n{packed}\n%%end 0000 3 1.5 4.00 {digest or hashlib.sha256(data).hexdigest()}\n"


def test_reports_come_out_whole_or_not_at_all() -> None:
    data = b"%%end 0000 0 1 2 x\n\xff\0"
    (outcome,) = parse_report(_report(data), "console")
    assert (outcome.status, outcome.data, outcome.seconds) == (3, data, 2.5)
    with pytest.raises(LabError, match="garbled"):
        parse_report(_report(data, "0" * 64), "")
    first, second = parse_report(_report(b"x") + "%%begin 0001\nH4sI", "the console")
    assert (first.output, second.status, second.console) == ("x", None, "the console")
    assert parse_report("%%ready\n", "") == []


def test_apt_sources_of_both_forms() -> None:
    lines = "# deb http://a b main\ndeb [signed-by=/k] http://m/debian trixie main non-free # x\ndeb http://o stable rest"
    assert parse_one_line(lines) == [Source("http://m/debian", "trixie", "[signed-by=/k] ")]
    stanzas = """\
Types: deb deb-src
# a comment
URIs: http://m/debian
Suites: trixie
 trixie-updates
Components: main
Signed-By: /k

Types: deb
URIs: http://off
Suites: sid
Components: main
Enabled: no
"""
    options = "[signed-by=/k] "
    wanted = [Source("http://m/debian", suite, options) for suite in ("trixie", "trixie-updates")]
    assert parse_deb822(stanzas) == wanted


def test_archives_are_what_the_kernel_reads(tmp_path: Path) -> None:
    archive = Archive()
    archive.file("a/b/run", b"hello", 0o755)
    archive.file("a/b/odd", b"12345678")
    archive.link("bin/sh", "busybox")
    entries = dict(_read_newc(archive.close()))
    assert entries == {
        "a": (0o040755, b""),
        "a/b": (0o040755, b""),
        "a/b/run": (0o100755, b"hello"),
        "a/b/odd": (0o100644, b"12345678"),
        "bin": (0o040755, b""),
        "bin/sh": (0o120777, b"busybox"),
    }


_SHARED = """
import os, pytest
pytestmark = pytest.mark.kernels
@pytest.mark.parametrize("kernel", ["6.1", "6.12", "7.3"])
@pytest.mark.parametrize("number", range(4))
def test_one(number, kernel):
    with open("ran", "a") as file:
        file.write(f"{kernel} {os.environ['PYTEST_XDIST_WORKER']}\\n")
"""


@pytest.mark.kernels
def test_a_process_takes_whole_groups(tmp_path: Path) -> None:
    """What shares a guest is in one process, or guests are booted twice."""
    (tmp_path / "test_lab.py").write_text(_SHARED)
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = kernels\n")
    options = ["-n", "2", "--dist", "loadgroup", "--no-loadscope-reorder", "-p", "tests.conftest"]
    command = [sys.executable, "-m", "pytest", "-q", *options, "--rootdir", str(tmp_path), "test_lab.py"]
    root = str(Path(__file__).parents[2])
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": root},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    ran = (tmp_path / "ran").read_text().splitlines()
    assert len(ran) == 12
    assert len(set(ran)) == 3, ran


def _read_newc(data: bytes) -> list[tuple[str, tuple[int, bytes]]]:
    """As init/initramfs.c reads it: 13 fields of 8 hex digits, name and body each padded to 4."""
    entries: list[tuple[str, tuple[int, bytes]]] = []
    position = 0
    while True:
        assert data[position : position + 6] == b"070701"
        fields = [int(data[position + 6 + 8 * i : position + 14 + 8 * i], 16) for i in range(13)]
        start = position + 110
        name = data[start : start + fields[11] - 1].decode()
        body = (start + fields[11] + 3) & ~3
        if name == "TRAILER!!!":
            return entries
        entries.append((name, (fields[1], data[body : body + fields[6]])))
        position = (body + fields[6] + 3) & ~3
