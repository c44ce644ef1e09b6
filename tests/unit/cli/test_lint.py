"""`probelang lint`: which files, with which settings; what is printed, written and kept."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from probelang.cli.main import main
from tests.docs.blocks import ROOT

GOOD = "fprobe vfs_read { count }\n"
WARNED = "fprobe vfs_read { n = count: u8 }\n"
WRONG = "fprobe vfs_read { cuont }\n"
SAFE = "fprobe vfs_read if 4096 < count\n"
FIXED = "fprobe vfs_read if count > 4096\n"
K = ("--kernel", "6.12")


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    monkeypatch.setenv("PROBELANG_CACHE_DIR", str(tmp_path / "cache"))
    for name, text in {"good": GOOD, "warned": WARNED, "wrong": WRONG, "safe": SAFE}.items():
        write(f"{name}.probe", text)


def write(name: str, text: str) -> None:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


Capture = pytest.CaptureFixture[str]


def call(capfd: Capture, *arguments: str) -> tuple[int, str, str]:
    status = main(["lint", *arguments])
    out, err = capfd.readouterr()
    return status, out, err


def lines(capfd: Capture, *arguments: str) -> list[str]:
    """What `--format concise` says, by file and code."""
    _, out, err = call(capfd, "--format", "concise", *arguments)
    assert not err
    return [f"{line.split(':')[0]} {line.split('[')[1].split(']')[0]}" for line in out.splitlines()]


# ------------------------------------------------------------------------------------------------ files


def test_a_folder(capfd: Capture) -> None:
    for name in (
        "a/b.probe",
        "a/c.probe.pl",
        "a/probes.pl",
        ".hidden/d.probe",
        "node_modules/e.probe",
        "a/perl.pl",
    ):
        write(name, WRONG)
    assert lines(capfd, *K, "a", "wrong.probe") == [
        "a/b.probe PRB101",
        "a/c.probe.pl PRB101",
        "a/probes.pl PRB101",
        "wrong.probe PRB101",
    ]
    found = lines(capfd, *K, ".", "a/perl.pl", "a/b.probe")
    assert found[0] == "safe.probe PRB334" and len(found) == 7
    assert [line for line in found if "hidden" in line or "node" in line] == []
    os.symlink("..", "a/loop")
    assert len(lines(capfd, *K, ".")) == 6


def test_what_the_settings_call_specs(capfd: Capture) -> None:
    write("probelang.toml", 'files = ["trace/*.pl"]\nexclude = ["old", "wrong.probe"]\n')
    for name in ("trace/a.pl", "trace/deep/b.pl", "trace/old/c.probe"):
        write(name, WRONG)
    assert lines(capfd, *K, "trace") == ["trace/a.pl PRB101"]
    assert "wrong.probe PRB101" not in lines(capfd, *K, ".")
    # what is named is meant, unless it is not: pre-commit names all files
    assert lines(capfd, *K, "wrong.probe") == ["wrong.probe PRB101"]
    assert lines(capfd, *K, "--force-exclude", "wrong.probe", "trace/old/c.probe") == []
    assert lines(capfd, *K, "--isolated", "trace/old") == ["trace/old/c.probe PRB101"]


def test_a_folder_without_specs(capfd: Capture) -> None:
    Path("empty").mkdir()
    status, out, err = call(capfd, *K, "empty")
    assert (status, out) == (0, "") and err.startswith("probelang: note: no specs or raw commands in empty")


def test_folders_that_cannot_be_read(capfd: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    write("deep/closed/x.probe", WRONG)
    write("deep/open/x.probe", WARNED)
    scandir = os.scandir

    def refuse(path: str) -> object:
        if path.endswith("closed"):
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr("os.scandir", refuse)
    status, out, err = call(capfd, *K, "--format", "concise", "deep")
    assert status == 2 and "deep/open/x.probe:1:30" in out
    assert err == "probelang: cannot read deep/closed: Permission denied\n"


def test_one_file_by_several_names_is_one_file(capfd: Capture) -> None:
    write("named/x.probe", "n = fprobe vfs_read { n = count: u8 }\n")
    names = ("named", "./named", "named/../named", "named/x.probe", str(Path("named/x.probe").absolute()))
    _, out, err = call(capfd, *K, "--format", "concise", *names)
    assert out.count("\n") == 1 and out.startswith("named/x.probe:1:34: ") and err == ""


def test_what_fixes_cannot_mend_is_not_offered(capfd: Capture) -> None:
    write("two/a.probe", "group g\nsame = fprobe vfs_read { count }\n")
    write("two/b.probe", "group g\nsame = fprobe vfs_read { count }\n")
    for arguments in ((), ("--fix", "--unsafe-fixes")):
        _, out, _ = call(capfd, *K, *arguments, "two")
        assert out.endswith("\n1 remark in 1 of 2 files\n")


def test_standard_input_has_a_name(capfd: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    write("x/probelang.toml", 'ignore = ["PRB3"]\n')
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(WARNED.encode())))
    assert lines(capfd, *K, "-") == ["<stdin> PRB309"]
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(WARNED.encode())))
    assert lines(capfd, *K, "--stdin-filename", "x/a.probe", "-") == []


# --------------------------------------------------------------------------------------------- settings


def test_kernels_and_target_of_the_settings(capfd: Capture) -> None:
    write("probelang.toml", 'kernels = ["6.1", "6.12"]\n[per-file."new.probe"]\nkernels = ["6.12"]\n')
    write("new.probe", "tprobe sched_switch\n")
    write("old.probe", "tprobe sched_switch\n")
    status, out, _ = call(capfd, "--format", "json", "new.probe", "old.probe")
    (found,) = json.loads(out)
    assert (status, found["file"], found["kernels"]) == (1, "old.probe", ["6.1"])
    assert lines(capfd, *K, "old.probe") == []
    write("probelang.toml", 'kernels = ["6.12"]\ntarget = "perf"\n')
    write("a.probe", "fprobe vfs_unlink%return { $duration }\n")
    assert lines(capfd, "a.probe") == ["a.probe PRB501"]
    assert lines(capfd, "--target", "tracefs", "a.probe") == []


def test_a_kernel_beside_the_settings(capfd: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    (ROOT / "probelang" / "kernel" / "data" / "6.1.kernel").read_bytes()
    main(["kernel", "snapshot", "--kernel", "6.1", "-o", "fleet.kernel"])
    write("probelang.toml", 'kernels = ["fleet.kernel"]\n')
    write("deep/a.probe", "tprobe sched_switch\n")
    monkeypatch.chdir("deep")
    _, out, _ = call(capfd, "--format", "json", "a.probe")
    assert json.loads(out)[0]["code"] == "PRB401"
    monkeypatch.chdir("..")
    _, out, _ = call(capfd, "--format", "json", "deep/a.probe")
    assert json.loads(out)[0]["kernels"] == ["./fleet.kernel"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('kernel = ["6.1"]\n', "probelang.toml:1:1: there is no setting `kernel`: did you mean `kernels`?"),
        ('\n[severity]\nPRB30 = "bad"\n', "probelang.toml:3:9: `bad` is none of info, warning, error"),
    ],
)
def test_wrong_settings(capfd: Capture, text: str, message: str) -> None:
    write("probelang.toml", text)
    assert call(capfd, *K, "good.probe") == (2, "", f"probelang: {message}\n")
    assert call(capfd, *K, "--isolated", "good.probe") == (0, "", "")
    write("x/other.toml", text)
    status, _, err = call(capfd, *K, "--config", "x/other.toml", "good.probe")
    assert status == 2 and err.startswith("probelang: x/other.toml:")
    assert main(["fmt", "."]) == 2


def test_selection(capfd: Capture) -> None:
    assert lines(capfd, *K, "--select", "PRB1", "wrong.probe", "warned.probe") == ["wrong.probe PRB101"]
    assert lines(capfd, *K, "--ignore", "narrowing,PRB10", "wrong.probe", "warned.probe") == []
    write("probelang.toml", 'select = ["PRB3"]\n')
    assert lines(capfd, *K, "wrong.probe", "warned.probe") == ["warned.probe PRB309"]
    assert lines(capfd, *K, "--extend-select", "PRB1", "wrong.probe", "warned.probe") == [
        "wrong.probe PRB101",
        "warned.probe PRB309",
    ]
    status, _, err = call(capfd, *K, "--select", "narowing", "good.probe")
    assert (status, err) == (
        2,
        "probelang: --select: no rule is called `narowing`: did you mean `narrowing`?\n",
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--select", ""), "--select: it names no rule"),
        (("--select", " , "), "--select: it names no rule"),
        (("--select", "narowing"), "did you mean `narrowing`?"),
    ],
)
def test_selections_that_say_nothing(capfd: Capture, arguments: tuple[str, ...], message: str) -> None:
    status, out, err = call(capfd, *K, *arguments, "warned.probe")
    assert (status, out) == (2, "") and message in err


@pytest.mark.parametrize("number", ["0", "-5", "1001", "many"])
def test_numbers_of_processes(capfd: Capture, number: str) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["lint", *K, f"--jobs={number}", "good.probe"])
    assert "a number from 1 to 1000" in capfd.readouterr().err


def test_severities(capfd: Capture) -> None:
    assert call(capfd, *K, "--severity", "narrowing=info", "warned.probe")[0] == 0
    status, out, _ = call(capfd, *K, "--severity", "PRB3=error", "warned.probe")
    assert status == 1 and out.startswith("error[PRB309]")
    status, _, err = call(capfd, *K, "--severity", "PRB3=bad", "warned.probe")
    assert status == 2 and "`PRB3=bad` is no RULE=LEVEL" in err


# ----------------------------------------------------------------------------------------------- output


def test_summary_and_quiet(capfd: Capture) -> None:
    _, out, _ = call(capfd, *K, "good.probe", "warned.probe", "wrong.probe", "safe.probe")
    assert out.endswith(
        "\n2 errors and 1 warning in 3 files; 1 can be fixed with --fix, 1 more with --unsafe-fixes\n"
    )
    quiet = call(capfd, *K, "-q", "good.probe", "warned.probe", "wrong.probe", "safe.probe")[1]
    assert out.startswith(quiet) and not quiet.endswith("--unsafe-fixes\n")
    assert call(capfd, *K, "good.probe") == (0, "", "")


def test_exit_zero(capfd: Capture) -> None:
    assert call(capfd, *K, "--exit-zero", "wrong.probe")[0] == 0
    assert call(capfd, *K, "--exit-zero", "missing.probe")[0] == 2


def test_statistics(capfd: Capture) -> None:
    write("more.probe", WARNED * 2)
    status, out, _ = call(capfd, *K, "--statistics", ".")
    assert status == 1
    assert out.splitlines()[0] == "3  PRB309  narrowing"
    assert "1  PRB101  unknown-name (1 with a fix)" in out
    listed = json.loads(call(capfd, *K, "--statistics", "--format", "json", ".")[1])
    assert listed[0] == {"code": "PRB309", "slug": "narrowing", "count": 3, "fixable": 0}


@pytest.mark.parametrize("format", ["json", "sarif", "github"])
def test_formats(capfd: Capture, format: str) -> None:
    status, out, err = call(capfd, *K, "--format", format, "wrong.probe", "good.probe")
    assert (status, err) == (1, "") and "PRB101" in out
    status, out, _ = call(capfd, *K, "--format", format, "good.probe")
    assert status == 0
    if format != "github":
        assert json.loads(out) == [] or json.loads(out)["runs"][0]["results"] == []


def test_baseline(capfd: Capture) -> None:
    write("known.json", call(capfd, *K, "--format", "json", ".")[1])
    assert call(capfd, *K, "--baseline", "known.json", ".") == (0, "", "")
    write("wrong.probe", "# moved\n\n" + WRONG + WARNED)
    assert lines(capfd, *K, "--baseline", "known.json", ".") == ["wrong.probe PRB102", "wrong.probe PRB309"]
    write("broken.json", "{}")
    for name in ("broken.json", "missing.json", "good.probe"):
        status, _, err = call(capfd, *K, "--baseline", name, ".")
        assert status == 2 and err.count("\n") == 1


# ------------------------------------------------------------------------------------------------ fixes


def test_fix(capfd: Capture) -> None:
    status, out, err = call(capfd, *K, "--fix", "safe.probe", "good.probe")
    assert (status, out, err) == (0, "1 fixed; nothing is left\n", "")
    assert Path("safe.probe").read_text() == FIXED
    status, out, _ = call(capfd, *K, "--fix", "wrong.probe")
    assert status == 1 and Path("wrong.probe").read_text() == WRONG
    status, out, _ = call(capfd, *K, "--fix", "--unsafe-fixes", "wrong.probe", "warned.probe")
    assert status == 1 and Path("wrong.probe").read_text() == GOOD
    assert out.endswith("\n1 fixed; still 1 warning in 1 of 2 files\n")


def test_fix_keeps_bytes_and_mode(capfd: Capture) -> None:
    path = Path("x.probe")
    path.write_bytes(b"\xef\xbb\xbf# \xff\r\n" + SAFE.encode().replace(b"\n", b"\r\n"))
    path.chmod(0o751)
    assert call(capfd, *K, "--fix", "--ignore", "PRB9", "x.probe")[0] == 0
    assert path.read_bytes() == b"\xef\xbb\xbf# \xff\r\n" + FIXED.encode().replace(b"\n", b"\r\n")
    assert path.stat().st_mode & 0o777 == 0o751


def test_diff(capfd: Capture) -> None:
    status, out, err = call(capfd, *K, "--diff", "safe.probe", "good.probe", "wrong.probe")
    assert status == 1 and err == "probelang: would fix 1 problem in 1 file\n"
    assert out == f"--- safe.probe\n+++ safe.probe\n@@ -1 +1 @@\n-{SAFE}+{FIXED}"
    assert Path("safe.probe").read_text() == SAFE
    assert call(capfd, *K, "--diff", "good.probe", "wrong.probe") == (0, "", "")
    status, out, _ = call(capfd, *K, "--diff", "--unsafe-fixes", "-q", "wrong.probe")
    assert status == 1 and "+fprobe vfs_read { count }" in out
    assert call(capfd, *K, "--diff", "--fix", "good.probe")[0] == 2


def test_fix_of_standard_input(capfd: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO((SAFE + WARNED).encode())))
    status, out, err = call(capfd, *K, "--fix", "-")
    assert status == 1 and out == FIXED + WARNED and "warning[PRB309]" in err and "1 fixed" in err
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(GOOD.encode())))
    assert call(capfd, *K, "--fix", "-") == (0, GOOD, "")


def test_unused_comments_are_removed(capfd: Capture) -> None:
    write("x.probe", "fprobe vfs_read { count }  # probelang: ignore[narrowing]\n")
    assert call(capfd, *K, "--fix", "x.probe")[0] == 0
    assert Path("x.probe").read_text() == GOOD


def test_a_file_that_cannot_be_written(capfd: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", fail)
    status, _, err = call(capfd, *K, "--fix", "safe.probe")
    assert status == 2 and "cannot write safe.probe: No space left on device" in err
    assert "fixed" not in err
    assert Path("safe.probe").read_text() == SAFE


# ------------------------------------------------------------------------------------- results and processes


def checked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that are checked from now on, in this process."""
    from probelang.lint import project

    names: list[str] = []
    original = project.lint

    def lint(source, *arguments):  # type: ignore[no-untyped-def]
        names.append(source.name)
        return original(source, *arguments)

    monkeypatch.setattr(project, "lint", lint)
    return names


def test_what_did_not_change_is_not_checked_again(capfd: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    names = checked(monkeypatch)
    first = call(capfd, *K, "good.probe", "wrong.probe")
    assert names == ["good.probe", "wrong.probe"]
    assert call(capfd, *K, "good.probe", "wrong.probe") == first
    assert len(names) == 2
    call(capfd, *K, "--no-cache", "good.probe")
    assert len(names) == 3
    write("good.probe", WARNED)
    assert call(capfd, *K, "good.probe")[0] == 1
    write("good.probe", GOOD)
    assert call(capfd, *K, "good.probe")[0] == 0
    assert len(names) == 5


@pytest.mark.parametrize(
    "arguments",
    [
        ("--kernel", "6.1"),
        (*K, "--kernel", "7.3"),
        (*K, "--target", "perf"),
        (*K, "--ignore", "PRB6"),
        (*K, "--severity", "PRB6=info"),
    ],
)
def test_settings_are_part_of_it(
    capfd: Capture, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    names = checked(monkeypatch)
    call(capfd, *K, "good.probe")
    call(capfd, *arguments, "good.probe")
    assert len(names) == 2
    call(capfd, *arguments, "good.probe")
    assert len(names) == 2


def test_a_changed_kernel(capfd: Capture) -> None:
    main(["kernel", "snapshot", "--kernel", "6.12", "-o", "mine.kernel"])
    write("t.probe", "tprobe sched_switch\n")
    assert call(capfd, "--kernel", "./mine.kernel", "t.probe")[0] == 0
    main(["kernel", "snapshot", "--kernel", "6.1", "-o", "mine.kernel"])
    assert call(capfd, "--kernel", "./mine.kernel", "t.probe")[0] == 1


def test_programs_are_looked_at_each_time(capfd: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    names = checked(monkeypatch)
    write("u.probe", "uprobe /no/such/program:main\n")
    for _ in range(2):
        call(capfd, *K, "u.probe")
    assert len(names) == 2


def test_fixes_are_never_taken_from_the_cache(capfd: Capture, tmp_path: Path) -> None:
    call(capfd, *K, "--format", "json", "safe.probe")
    (cached,) = (tmp_path / "cache").glob("*.lint")
    assert '"count > 4096"' in cached.read_text()
    import zlib

    slot, key, _, content = cached.read_text().splitlines()[1].split(" ", 3)
    content = content.replace('"count > 4096"', '"ruin"')
    checksum = format(zlib.crc32(content.encode(), zlib.crc32(key.encode())), "08x")
    head = cached.read_text().splitlines()[0]
    cached.write_text(f"{head}\n{slot} {key} {checksum} {content}\n")
    assert '"ruin"' in call(capfd, *K, "--format", "json", "safe.probe")[1]
    call(capfd, *K, "--fix", "safe.probe")
    assert Path("safe.probe").read_text() == FIXED


def test_several_processes_say_the_same(capfd: Capture) -> None:
    for number in range(30):
        write(f"many/{number:02}.probe", (GOOD, WARNED, WRONG, SAFE)[number % 4])
    one = call(capfd, *K, "--no-cache", "--jobs", "1", "many")
    several = call(capfd, *K, "--no-cache", "--jobs", "3", "many")
    assert one == several and one[0] == 1
    assert call(capfd, *K, "--no-cache", "--jobs", "3", "--fix", "--unsafe-fixes", "many")[0] == 1
    assert Path("many/02.probe").read_text() == GOOD and Path("many/03.probe").read_text() == FIXED


def test_start_up_is_cheap_where_nothing_changed(tmp_path: Path) -> None:
    """No parser, types or kernels are needed to know what was said before."""
    program = (
        "import sys\nbefore = set(sys.modules)\nfrom probelang.cli.main import main\n"
        "status = main(['lint', '--kernel', '6.12', 'good.probe'])\nprint(status, *(set(sys.modules) - before))"
    )
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=os.environ
        )
        status, *modules = done.stdout.split()
        assert status == "0"
    wrong = (
        "probelang.syntax.",
        "probelang.check.",
        "probelang.btf.",
        "probelang.lint.rules",
        "json",
        "mmap",
    )
    assert not [name for name in modules if name.startswith(wrong)]
