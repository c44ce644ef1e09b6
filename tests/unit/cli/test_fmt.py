"""`probelang fmt`: what is written where, and what is left alone."""

from __future__ import annotations

import io
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from probelang.cli.main import main

GOOD = "kprobe f { a }\n"
OTHER = "kprobe   f {a}\n"
BROKEN = "kprobe f { (a }\n"


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, text in {"good": GOOD, "other": OTHER, "broken": BROKEN}.items():
        (tmp_path / f"{name}.pl").write_text(text)


def call(capfdbinary: pytest.CaptureFixture[bytes], *arguments: str) -> tuple[int, str, str]:
    status = main(["fmt", *arguments])
    out, err = capfdbinary.readouterr()
    return status, out.decode(), err.decode()


def give(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))


def test_in_place(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert call(capfdbinary, "good.pl", "other.pl") == (0, "other.pl\n", "")
    assert Path("other.pl").read_text() == GOOD
    assert call(capfdbinary, "good.pl", "other.pl") == (0, "", "")
    assert sorted(os.listdir()) == ["broken.pl", "good.pl", "other.pl"]


def test_check(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert call(capfdbinary, "--check", "good.pl", "other.pl") == (1, "other.pl\n", "")
    assert call(capfdbinary, "--check", "good.pl") == (0, "", "")
    assert Path("other.pl").read_text() == OTHER


def test_diff(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    expected = "--- other.pl\n+++ other.pl\n@@ -1 +1 @@\n-kprobe   f {a}\n+kprobe f { a }\n"
    assert call(capfdbinary, "--diff", "good.pl", "other.pl") == (1, expected, "")
    assert call(capfdbinary, "--diff", "good.pl") == (0, "", "")
    assert "\x1b[31m-kprobe" in call(capfdbinary, "--diff", "--color", "always", "other.pl")[1]
    assert Path("other.pl").read_text() == OTHER


def test_patch_takes_the_diff(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    Path("end.pl").write_bytes(b"# \xff\r\nkprobe  f # c\r\n\r\n\r\n\r\nkprobe g")
    main(["fmt", "--diff", "end.pl"])
    diff = capfdbinary.readouterr()[0]
    subprocess.run(["git", "apply", "-p0", "--whitespace=nowarn", "-"], input=diff, check=True)
    assert Path("end.pl").read_bytes() == b"# \xff\r\nkprobe f  # c\r\n\r\nkprobe g\r\n"


def test_standard_input(capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    give(monkeypatch, b"kprobe f # \xff\xc3\xa9\r\n")
    assert main(["fmt", "-"]) == 0
    assert capfdbinary.readouterr() == (b"kprobe f  # \xff\xc3\xa9\r\n", b"")
    give(monkeypatch, OTHER.encode())
    assert call(capfdbinary, "--check", "-") == (1, "<stdin>\n", "")
    give(monkeypatch, BROKEN.encode())
    status, out, err = call(capfdbinary, "-")
    assert (status, out) == (2, "") and "error[PRB" in err and "<stdin> has syntax errors" in err


@pytest.mark.parametrize("how", [(), ("--check",), ("--diff",)])
def test_syntax_errors(capfdbinary: pytest.CaptureFixture[bytes], how: tuple[str, ...]) -> None:
    """The file is left as it is, and the others are not."""
    status, out, err = call(capfdbinary, *how, "broken.pl", "other.pl")
    assert status == 2 and "error[PRB" in err and "probelang: broken.pl has syntax errors" in err
    assert Path("broken.pl").read_text() == BROKEN
    assert "other.pl" in out


@pytest.mark.parametrize("name", ["missing.pl", "a\0b"])
def test_what_cannot_be_read(capfdbinary: pytest.CaptureFixture[bytes], name: str) -> None:
    status, out, err = call(capfdbinary, name, "other.pl")
    assert (status, out) == (2, "other.pl\n")
    assert err.startswith("probelang: cannot read ") and err.count("\n") == 1


def test_mode_and_links_stay(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    Path("other.pl").chmod(0o751)
    os.symlink("other.pl", "link.pl")
    assert call(capfdbinary, "link.pl")[0] == 0
    assert os.path.islink("link.pl") and Path("other.pl").read_text() == GOOD
    assert stat.S_IMODE(os.stat("other.pl").st_mode) == 0o751
    Path("long.pl").write_text(OTHER + "\n" * 100)
    os.link("long.pl", "hard.pl")
    assert call(capfdbinary, "hard.pl")[0] == 0
    assert Path("long.pl").read_text() == GOOD and os.path.samefile("long.pl", "hard.pl")


def test_a_write_that_fails_leaves_the_file(
    capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", fail)
    status, out, err = call(capfdbinary, "other.pl")
    assert (status, out, err) == (2, "", "probelang: cannot write other.pl: No space left on device\n")
    assert Path("other.pl").read_text() == OTHER
    assert sorted(os.listdir()) == ["broken.pl", "good.pl", "other.pl"]


def test_files_that_may_not_be_written(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may write everything")
    Path("other.pl").chmod(0o444)
    status, _, err = call(capfdbinary, "other.pl")
    assert status == 2 and "cannot write other.pl: Permission denied" in err


def test_wrong_usage(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    for arguments in ([], ["--check", "--diff", "good.pl"], ["--kernel", "6.12", "good.pl"]):
        with pytest.raises(SystemExit) as ended:
            main(["fmt", *arguments])
        assert ended.value.code == 2


def test_a_fault_of_ours_is_said(
    capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("probelang.formatter.layout.join", lambda atoms: "kprobe f { b }")
    status, out, err = call(capfdbinary, "other.pl")
    assert (status, out) == (2, "") and "other.pl is left as it is" in err
    assert Path("other.pl").read_text() == OTHER


def test_start_up_is_cheap() -> None:
    """Nothing of kernels, types or backends is needed to lay out a spec."""
    program = "import sys; from probelang.cli.main import main; main(['fmt', '--check', 'good.pl']); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    modules = set(done.stdout.split())
    wrong = {
        "difflib",
        "json",
        "shutil",
        "tempfile",
        "dataclasses",
        "probelang.analysis",
        "probelang.check.spec",
    }
    assert not wrong & modules
    assert not [name for name in modules if name.startswith(("probelang.btf", "probelang.backends.tracefs"))]


def test_a_diff_does_nothing_to_a_terminal(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    Path("escape.pl").write_text("# \x1b[2J\n\n\n\nkprobe f\n")
    out = call(capfdbinary, "--diff", "--color", "always", "escape.pl")[1]
    assert "# ?[2J" in out and "\x1b[2J" not in out
