"""The command line: exit statuses, streams, formats, files."""

from __future__ import annotations

import io
import json
import os
import pty
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from probelang.cli.main import main
from probelang.kernel.load import load_kernel
from tests.support.specs import KERNELS, bundled

GOOD = "fprobe vfs_read { count }\n"
WRONG = "fprobe vfs_read { cuont }\n"
WARNED = "fprobe vfs_read { count: u8 }\n"
REMARK = "fprobe vfs_read { $tid, count }\n"


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(
        "probelang.kernel.load.load_kernel",
        lambda name: bundled(name) if name in KERNELS else load_kernel(name),
    )
    for name, text in {"good": GOOD, "wrong": WRONG, "warned": WARNED, "remark": REMARK}.items():
        (tmp_path / f"{name}.pl").write_text(text)


def call(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    status = main(arguments)
    out, err = capsys.readouterr()
    return status, out, err


def usage(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Where argparse itself ends the run."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    out, err = capsys.readouterr()
    assert isinstance(ended.value.code, int)
    return ended.value.code, out, err


K = ("--kernel", "6.12")


# ---------------------------------------------------------------------------------------- exit statuses, streams


@pytest.mark.parametrize(
    ("file", "lint", "compile"), [("good", 0, 0), ("remark", 0, 0), ("warned", 1, 0), ("wrong", 1, 1)]
)
def test_exit_status(capsys: pytest.CaptureFixture[str], file: str, lint: int, compile: int) -> None:
    status, out, err = call(capsys, "lint", *K, f"{file}.pl")
    assert status == lint
    assert (out == "") == (file == "good") and err == ""
    status, out, err = call(capsys, "compile", *K, f"{file}.pl")
    assert status == compile
    assert (out == "") == (file == "wrong")
    assert (err == "") == (file == "good")


@pytest.mark.parametrize(
    "arguments",
    [
        ("lint", *K, "missing.pl"),
        ("lint", "--kernel", "no-such-kernel", "good.pl"),
        ("lint", "--kernel", "good.pl", "good.pl"),
        ("lint", "--kernel", "/dev/null", "good.pl"),
        ("compile", *K, "missing.pl"),
        ("compile", *K, "good.pl", "missing.pl"),
        ("compile", *K, "-o", "no/such/folder/x", "good.pl"),
        ("kernel", "show", "--kernel", "no-such-kernel"),
    ],
)
def test_what_cannot_be_done_is_one_line(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    status, out, err = call(capsys, *arguments)
    assert (status, out) == (2, "")
    assert err.startswith("probelang: ") and err.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("lint",),
        ("lint", "--nonsense", "good.pl"),
        ("compile", "--format", "yaml", "good.pl"),
    ]
    + [("compile", "--target", "dtrace", "good.pl"), ("lint", "--format", "script", "good.pl"), ("kernel",)],
)
def test_wrong_usage(capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]) -> None:
    status, out, err = usage(capsys, *arguments)
    assert (status, out) == (2, "") and "usage:" in err


def test_help_and_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert usage(capsys, "--version")[0] == 0
    for arguments in (("--help",), ("lint", "--help"), ("compile", "--help"), ("kernel", "show", "--help")):
        status, out, err = usage(capsys, *arguments)
        assert status == 0 and out.startswith("usage:") and err == ""


def test_what_can_be_read_is_checked_all_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = call(capsys, "lint", *K, "missing.pl", "wrong.pl")
    assert status == 2 and "cuont" in out and "missing.pl" in err


# ------------------------------------------------------------------------------------------------------ files


def test_several_files(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = call(capsys, "lint", *K, "--format", "concise", "wrong.pl", "good.pl", "warned.pl")
    assert status == 1
    assert [line.partition(":")[0] for line in out.splitlines()] == ["wrong.pl", "warned.pl"]
    status, out, _ = call(capsys, "lint", *K, "wrong.pl", "warned.pl")
    assert out.endswith("1 error and 1 warning in 2 files; 1 can be fixed with --fix --unsafe-fixes\n")


def test_several_files_compiled_are_one_output(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = call(capsys, "compile", *K, "--format", "commands", "good.pl", "remark.pl")
    assert status == 0
    assert out == "f:good/vfs_read vfs_read count=count:u64\nf:remark/vfs_read vfs_read count=count:u64\n"
    status, out, err = call(capsys, "compile", *K, "good.pl", "wrong.pl")
    assert (status, out) == (1, "") and "wrong.pl:1:19" in err


def test_files_that_define_the_same_event(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "x.pl").write_text(GOOD)
    status, out, err = call(capsys, "compile", *K, "a/x.pl", "b/x.pl")
    assert (status, out) == (2, "") and "x/vfs_read" in err
    assert call(capsys, "compile", *K, "a/x.pl", "a/x.pl")[0] == 0


def test_standard_input(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    class Standard:
        buffer = io.BytesIO(WRONG.encode())

    monkeypatch.setattr(sys, "stdin", Standard())
    status, out, _ = call(capsys, "lint", *K, "--format", "concise", "-")
    assert status == 1 and out.startswith("<stdin>:1:19: error[PRB101]: ")


def test_output_to_a_file(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert call(capsys, "compile", *K, "-o", "out.sh", "good.pl") == (0, "", "")
    made = tmp_path / "out.sh"
    assert made.read_text().startswith("#!/bin/sh\n")
    assert made.stat().st_mode & stat.S_IXUSR
    assert call(capsys, "compile", *K, "--format", "commands", "-o", "out.txt", "good.pl") == (0, "", "")
    assert (tmp_path / "out.txt").read_text() == "f:good/vfs_read vfs_read count=count:u64\n"
    assert not (tmp_path / "out.txt").stat().st_mode & stat.S_IXUSR


def test_a_file_that_is_no_file_keeps_its_mode(capsys: pytest.CaptureFixture[str]) -> None:
    before = os.stat("/dev/null").st_mode
    assert call(capsys, "compile", *K, "-o", "/dev/null", "good.pl")[0] == 0
    assert os.stat("/dev/null").st_mode == before


def test_an_error_leaves_the_output_alone(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "out.sh").write_text("as it was")
    assert call(capsys, "compile", *K, "-o", "out.sh", "wrong.pl")[0] == 1
    assert (tmp_path / "out.sh").read_text() == "as it was"


# ----------------------------------------------------------------------------------------------------- formats


def test_concise(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = call(capsys, "lint", *K, "--format", "concise", "wrong.pl", "warned.pl", "remark.pl")
    assert out == (
        "wrong.pl:1:19: error[PRB101]: `vfs_read` has no parameter `cuont`\n"
        "warned.pl:1:26: warning[PRB309]: `size_t` has 64 bits: `u8` records the lowest 8 of them\n"
        "remark.pl:1:19: info[PRB407]: every line of the trace has this by itself, as TASK-TID; "
        f"{bundled('6.12').title} cannot record it again\n"
    )


def test_json(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = call(capsys, "lint", *K, "--format", "json", "wrong.pl", "warned.pl")
    assert (status, err) == (1, "")
    first, second = json.loads(out)
    listed = [
        "file",
        "line",
        "column",
        "end_line",
        "end_column",
        "severity",
        "code",
        "slug",
        "message",
        "notes",
        "kernels",
        "fingerprint",
    ]
    assert list(first) == [*listed, "fix", "kernel_error"]
    assert list(second) == listed
    assert (first["file"], first["line"], first["column"], first["end_line"], first["end_column"]) == (
        "wrong.pl",
        1,
        19,
        1,
        24,
    )
    assert (first["severity"], first["code"], first["slug"]) == ("error", "PRB101", "unknown-name")
    assert first["kernels"] == ["6.12"]
    assert first["fix"]["title"] == "replace it by `count`" and first["fix"]["safe"] is False
    (edit,) = first["fix"]["edits"]
    assert edit == {"line": 1, "column": 19, "end_line": 1, "end_column": 24, "text": "count"}
    assert first["kernel_error"] == {
        "name": "NO_BTFARG",
        "text": "This variable is not found at this probe point",
        "column": 33,
        "command": "f:wrong/vfs_read vfs_read cuont=cuont",
    }


def test_json_of_nothing_is_an_empty_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(capsys, "lint", *K, "--format", "json", "good.pl") == (0, "[]\n", "")


def test_several_kernels(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "some.pl").write_text("fprobe vfs_read { cuont }\nfprobe vfs_open { $current->pid }\n")
    three = ("--kernel", "6.1", "--kernel", "6.12", "--kernel", "7.3")
    _, out, _ = call(capsys, "lint", *three, "--format", "json", "some.pl")
    assert [(found["slug"], found["kernels"]) for found in json.loads(out)] == [
        ("unknown-name", ["6.1", "6.12", "7.3"]),
        ("no-kernel-feature", ["6.1", "6.12"]),
    ]
    (tmp_path / "some.pl").write_text("tprobe sched_switch { $current->pid }\n")
    _, out, _ = call(capsys, "lint", *three, "some.pl")
    assert "]: fails on 6.1: " in out and "]: fails on 6.12: " in out
    _, out, _ = call(capsys, "lint", "--kernel", "6.1", "some.pl")
    assert "fails on" not in out


def test_compiled_json(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = call(capsys, "compile", *K, "--format", "json", "good.pl")
    made = json.loads(out)
    assert made["target"] == "tracefs"
    (event,) = made["events"]
    assert (event["group"], event["event"], event["kind"]) == ("good", "vfs_read", "fprobe")
    assert event["commands"] == ["f:good/vfs_read vfs_read count=count:u64"]
    assert event["fields"] == [{"name": "count", "type": "u64", "c_type": "size_t", "for_condition": False}]


def test_kernel_show(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = call(capsys, "kernel", "show", *K)
    assert status == 0 and bundled("6.12").title in out and err == ""


# -------------------------------------------------------------------------------------------- as a process


def process(*arguments: str, text: bytes = b"", **environment: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "probelang", *arguments],
        input=text,
        capture_output=True,
        timeout=60,
        env={**os.environ, **environment},
        check=False,
    )


def test_the_output_is_utf_8_whatever_the_locale() -> None:
    spec = 'fprobe vfs_read if $comm == "été" { $comm }\n'.encode()
    made = process("compile", *K, "-", text=spec, PYTHONIOENCODING="ascii", LC_ALL="C")
    assert made.returncode == 0 and "'comm == \"été\"'".encode() in made.stdout


def test_bytes_that_are_no_text() -> None:
    made = process("lint", *K, "-", text=b"fprobe vfs_read { \xff\xfe }\n\0\n", PYTHONIOENCODING="ascii")
    assert made.returncode == 1 and b"Traceback" not in made.stderr and b"error[PRB005]" in made.stdout


def test_a_reader_who_has_seen_enough() -> None:
    many = "".join(f"a{number} = fprobe nope{number}\n" for number in range(3000))
    Path("many.pl").write_text(many)
    pipe = subprocess.Popen(
        [sys.executable, "-m", "probelang", "lint", *K, "many.pl"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert pipe.stdout is not None and pipe.stderr is not None
    pipe.stdout.readline()
    pipe.stdout.close()
    assert pipe.stderr.read() == b""
    pipe.stderr.close()
    pipe.wait(timeout=60)


@pytest.mark.parametrize(
    "command",
    [
        "lint --kernel 6.12 wrong.pl >/dev/full",
        "lint --kernel 6.12 --format json wrong.pl >/dev/full",
        "rule >/dev/full",
        "fmt - <good.pl >/dev/full",
        "kernel show --kernel 6.12 >/dev/full",
        "lint --kernel 6.12 - <&-",
    ],
)
def test_streams_that_are_full_or_closed(command: str) -> None:
    made = subprocess.run(
        ["sh", "-c", f"'{sys.executable}' -m probelang {command}"],
        check=False,
        capture_output=True,
        timeout=60,
    )
    assert made.returncode == 2 and made.stdout == b""
    assert made.stderr.startswith(b"probelang: cannot ") and made.stderr.count(b"\n") == 1


def test_streams_that_are_closed_change_no_exit_status() -> None:
    for command, status in (("good.pl >&-", 0), ("wrong.pl >&- 2>&-", 1), ("no-such-file 2>&-", 2)):
        line = f"'{sys.executable}' -m probelang lint --kernel 6.12 {command}"
        made = subprocess.run(["sh", "-c", line], check=False, capture_output=True, timeout=60)
        assert (made.returncode, made.stdout, made.stderr) == (status, b"", b"")


def test_a_folder_that_is_gone() -> None:
    line = f"mkdir gone && cd gone && rmdir ../gone && echo 'fprobe vfs_read' | '{sys.executable}' -m probelang lint --kernel 6.12 -"
    made = subprocess.run(["sh", "-c", line], check=False, capture_output=True, timeout=60)
    assert (made.returncode, made.stderr) == (2, b"probelang: the current folder is gone\n")


def test_colours_on_a_terminal_only() -> None:
    assert b"\x1b[" not in process("lint", *K, "wrong.pl").stdout
    assert b"\x1b[" in process("lint", *K, "--color", "always", "wrong.pl").stdout
    assert b"\x1b[" in on_terminal({})
    assert b"\x1b[" not in on_terminal({"NO_COLOR": "1"})
    assert b"\x1b[" not in on_terminal({"TERM": "dumb"})
    assert b"\x1b[" not in on_terminal({}, "--color", "never")


def on_terminal(environment: dict[str, str], *arguments: str) -> bytes:
    ours, theirs = pty.openpty()
    base = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "TERM")}
    child = subprocess.Popen(
        [sys.executable, "-m", "probelang", "lint", *K, *arguments, "wrong.pl"],
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=subprocess.DEVNULL,
        env={**base, "TERM": "xterm", **environment},
    )
    os.close(theirs)
    seen = b""
    try:
        while chunk := os.read(ours, 4096):
            seen += chunk
    except OSError:
        pass
    os.close(ours)
    assert child.wait(timeout=60) == 1
    assert b"PRB101" in seen
    return seen


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("lnit", "did you mean `lint`?"),
        ("compiel", "did you mean `compile`?"),
        ("zzz", "there are "),
        ("a\nb", "no such command"),
    ],
)
def test_an_unknown_command(word: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([word, "x"]) == 2
    out, err = capsys.readouterr()
    assert out == "" and said in err and err.count("\n") == 1


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("explain", "did you mean `rule`?"),
        ("check", "did you mean `lint`?"),
        ("help", "did you mean `--help`?"),
        ("show", "did you mean `kernel show`?"),
        ("compil", "did you mean `compile`?"),
    ],
)
def test_commands_by_their_names_elsewhere(word: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(capsys, word) == (2, "", f"probelang: there is no command {word!r}; {said}\n")


def test_wrong_arguments_are_said_by_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["kernel", "show", "vfs_read"])
    assert ended.value.code == 2
    err = capsys.readouterr().err
    assert err.startswith("usage: probelang kernel")
    assert err.endswith("error: unrecognized arguments: vfs_read\n")
