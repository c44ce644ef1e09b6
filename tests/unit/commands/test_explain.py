"""`error_log` of a kernel, at the places of the spec that its commands were made of."""

from __future__ import annotations

from pathlib import Path

import pytest

from probelang.cli.main import main
from probelang.commands.explain import read_log

SPEC = """\
group io
big = fprobe vfs_read if count > 3 {
    count
    ino = file->f_inode->i_ino
}
"""
COMMAND = "f:io/big vfs_read count=count:u64 ino=file->f_inode->i_ino:u64"


def log(error: str, command: str, column: int) -> str:
    return f"[  12.3] trace_fprobe: error: {error}\n  Command: {command}\n{' ' * (11 + column)}^\n"


@pytest.mark.parametrize(
    ("error", "command", "column", "place"),
    [
        ("This field is not found.", COMMAND, COMMAND.index("i_ino"), ":4:11: error[PRB301]"),
        ("Invalid probed address or symbol", COMMAND, 9, ":2:14: error[PRB201]"),
        ("Given group/event name is already used by another event", COMMAND, 0, ":2:14: error[PRB703]"),
        ("Field not found", "count > 3", 5, ":2:26: error[PRB711]"),
        ("An error of a kernel to come", COMMAND, 20, ":3:5: error[PRB701]"),
        ("This field is not found.", COMMAND, 40000, ":4:11: error[PRB301]"),
    ],
)
def test_places(
    error: str, command: str, column: int, place: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec, copy = tmp_path / "x.probe", tmp_path / "log"
    spec.write_text(SPEC)
    copy.write_text(log(error, command, column))
    assert main(["explain-log", "--kernel", "6.12", "--log", str(copy), str(spec)]) == 1
    out = capsys.readouterr().out
    assert error in out and place.split(" ")[1] in out and place.split(" ")[0].rstrip(":") in out


def test_what_is_of_somebody_else(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec, copy = tmp_path / "x.probe", tmp_path / "log"
    spec.write_text(SPEC)
    copy.write_text(log("Invalid probed address or symbol", "p:a/b nothing", 6) + "garbage\n\x00\xff")
    assert main(["explain-log", "--kernel", "6.12", "--log", str(copy), str(spec)]) == 0
    assert "of no event of these specs" in capsys.readouterr().err


def test_what_is_no_log(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec, copy = tmp_path / "x.probe", tmp_path / "dmesg"
    spec.write_text(SPEC)
    copy.write_text("[   12.3] trace_kprobe: error: something\n")
    assert main(["explain-log", "--kernel", "6.12", "--log", str(copy), str(spec)]) == 0
    assert "dmesg has no entries as the kernel's error_log has them" in capsys.readouterr().err
    copy.write_text("")
    assert main(["explain-log", "--kernel", "6.12", "--log", str(copy), str(spec)]) == 0
    assert capsys.readouterr().err == ""
    assert main(["explain-log", "--kernel", "6.12", "--log", "-", "-"]) == 2


def test_logs_that_are_none() -> None:
    for text in ("", "[", "[1.0] a: error: b\n  Command: c\n", "^\n" * 1000, " " * 100_000 + "^"):
        assert list(read_log(text)) == []
