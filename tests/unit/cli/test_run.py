"""The command lines of `run`, `load`, `unload` and `status`, as far as they come without a kernel to trace."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from probelang.cli.main import main
from probelang.tracing import tracefs
from tests.support.tracefs import FakeTracefs

COMMANDS = ("run", "load", "unload", "status")


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    Path("io.pl").write_text("group io\nbig = kprobe vfs_read if count > 4096 { count }\n")
    return "io.pl"


def arguments(command: str) -> list[str]:
    return [command] if command == "status" else [command, "io.pl"]


@pytest.mark.parametrize("command", COMMANDS)
def test_not_root(
    command: str, spec: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert main(arguments(command)) == 2
    said = capsys.readouterr()
    does = {"unload": "removes events from the kernel", "status": "reads tracefs"}
    assert said.out == "" and said.err == (
        f"probelang: `probelang {command}` needs root: it {does.get(command, 'defines events in the kernel')} (sudo probelang {command} …)\n"
    )


def test_sudo_is_given_a_path(
    spec: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its PATH is often another."""
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr("sys.argv", ["/opt/venv/bin/probelang", "run"])
    assert main(["run", "io.pl"]) == 2
    assert "(sudo /opt/venv/bin/probelang run …)" in capsys.readouterr().err


@pytest.mark.parametrize("command", COMMANDS)
def test_no_tracefs(
    command: str,
    spec: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(tracefs, "PLACES", (str(tmp_path / "tracing"), str(tmp_path / "debug")))
    assert main(arguments(command)) == 2
    assert capsys.readouterr().err.startswith("probelang: no tracefs is mounted (mount -t tracefs nodev ")
    (tmp_path / "tracing" / "events").mkdir(parents=True)
    assert main(arguments(command)) == 2
    assert "this kernel has no dynamic events" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--duration", "5x"], "a time such as 500ms, 5s, 2m or 1h, not '5x'"),
        (["--duration", "0"], "a time such as"),
        (["--max-hits", "0"], "a number from 1 on, not '0'"),
        (["--max-hits", "-1"], "a number from 1 on"),
        (["--pid", "me"], "a number from 1 on, not 'me'"),
        (["--buffer-size", "1"], "a size from 4K to 16G such as 512K or 8M, not '1'"),
        (["--buffer-size", "99G"], "a size from 4K"),
        (["--raw", "--top"], "not allowed with argument"),
        (["--raw", "--format", "json"], "not allowed with argument"),
    ],
)
def test_wrong_usage(given: list[str], said: str, spec: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["run", *given, spec])
    assert ended.value.code == 2 and said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--command", "true", "--pid", "1"], "give one of them"),
        (["--by", "count"], "--by is for --top"),
        (["--raw", "--plot", "x.svg"], "--raw leaves all to the kernel"),
        (["--plot", "x.gif"], "x.gif"),
        (["--report", "/no/such/folder/x.html"], "there is no folder /no/such/folder"),
        (["--backend", "bpftrace", "--duration", "5s"], "--duration is for --backend tracefs"),
        (["--backend", "bpftrace", "--format", "json"], "--format is for --backend tracefs"),
    ],
)
def test_options_that_do_not_go_together(
    given: list[str], said: str, spec: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", *given, spec]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("given", [["unload"], ["unload", "--all", "io.pl"]])
def test_unload_wants_files_or_all(given: list[str], spec: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(given) == 2
    assert "give the files of specs, or --all" in capsys.readouterr().err


def test_standard_input_cannot_be_loaded(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["load", "-"]) == 2
    assert "standard input has none" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("version", "wanted"), [("v0.27.1", "0.27"), ("v0.17.0", "0.17"), ("v0.9.0", "0.17"), ("what", "0.27")]
)
def test_bpftrace_takes_over(version: str, wanted: str, spec: str, tmp_path: Path) -> None:
    """The process becomes bpftrace: its status is the run's, and it can read the script."""
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "bpftrace").write_text(
        f'#!/bin/sh\n[ "$1" = --version ] && {{ echo "bpftrace {version}"; exit; }}\necho "$# $1 $2"\nfor last; do :; done\ncat "$last"\nexit 7\n'
    )
    (tools / "bpftrace").chmod(0o755)
    program = "import os, sys\nos.geteuid = lambda: 0\nfrom probelang.cli.main import main\nsys.exit(main())"
    given = ["run", "--backend", "bpftrace", "--kernel", "6.12", "--command", "dd x", spec]
    environment = {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}"}
    done = subprocess.run(
        [sys.executable, "-c", program, *given], capture_output=True, text=True, env=environment, check=False
    )
    assert done.returncode == 7, done.stderr
    head, _, script = done.stdout.partition("\n")
    assert head == "3 -c dd x"
    compiled = subprocess.run(
        [sys.executable, "-c", program, "compile", "--target", "bpftrace", "--bpftrace-version", wanted, "--kernel", "6.12", spec],
        capture_output=True,
        text=True,
        check=True,
    ).stdout  # fmt: skip
    assert script == compiled


def test_bpftrace_gets_what_the_script_needs(spec: str, tmp_path: Path) -> None:
    """A command that takes a shell as a script, which bpftrace could not quote; and addresses."""
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "bpftrace").write_text(
        '#!/bin/sh\n[ "$1" = --version ] && { echo "bpftrace v0.27.1"; exit; }\necho "$1 $2 ${3%% *} $(cat ${3#* }) $5"\n'
    )
    (tools / "bpftrace").chmod(0o755)
    Path(spec).write_text("group io\nticks = watch jiffies_64 w\n")
    program = (
        "import builtins, io, os, sys\nos.geteuid = lambda: 0\nopened = open\n"
        "def fake(name, *rest, **more):\n"
        "    table = '0000000000001000 T other\\nffffffff81000010 D jiffies_64\\n'\n"
        "    return io.StringIO(table) if name == '/proc/kallsyms' else opened(name, *rest, **more)\n"
        "from probelang.cli.main import main\nfrom probelang.tracing import addresses\naddresses.open = fake\nsys.exit(main())"
    )
    given = ["run", "--backend", "bpftrace", "-q", "--kernel", "6.12", "--command", "dd x; exit 3", spec]
    environment = {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}"}
    done = subprocess.run(
        [sys.executable, "-c", program, *given], capture_output=True, text=True, env=environment, check=False
    )
    assert done.stdout == "-q -c /bin/sh dd x; exit 3 0xffffffff81000010\n", done.stderr


@pytest.mark.parametrize("command", ["no-such-program x", "echo 'x"])
def test_bpftrace_is_given_no_command_that_is_none(
    command: str,
    spec: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "bpftrace").write_text("#!/bin/sh\necho bpftrace v0.27.1\n")
    (tmp_path / "bpftrace").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert main(["run", "--backend", "bpftrace", "--kernel", "6.12", "--command", command, spec]) == 2
    assert "--command" in capsys.readouterr().err


def test_no_bpftrace(spec: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("PATH", "/no/such")
    assert main(["run", "--backend", "bpftrace", spec]) == 2
    assert "there is no `bpftrace` on this machine" in capsys.readouterr().err


def test_errors_of_a_spec_come_before_anything_is_defined(
    spec: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fake = FakeTracefs(tmp_path / "tracing")
    monkeypatch.setattr(os, "geteuid", lambda: os.stat("/proc/self").st_uid)
    monkeypatch.setattr(tracefs, "find_tracefs", lambda what: fake)
    monkeypatch.setattr("probelang.tracing.state_files.PLACES", (str(tmp_path),))
    Path(spec).write_text("group io\nbig = kprobe vfs_read { cuont }\n")
    for command in ("run", "load"):
        assert main([command, "--kernel", "6.12", spec]) == 1
        said = capsys.readouterr().err
        assert "error[PRB101]" in said and said.endswith(
            "\n\n1 error; 1 can be fixed with probelang lint --fix --unsafe-fixes\n"
        )
    assert fake.log == [] and not (tmp_path / "probelang").exists()


@pytest.mark.parametrize(
    "given", [["--version"], ["lint", "--kernel", "6.12", "io.pl"], ["compile", "--kernel", "6.12", "io.pl"]]
)
def test_others_do_not_pay_for_it(given: list[str], spec: str) -> None:
    program = (
        "import sys\nfrom probelang.cli.main import main\ntry:\n main(sys.argv[1:])\nexcept SystemExit:\n pass\n"
        "print(*(name for name in sys.modules if name.startswith(('probelang.tracing', 'probelang.cli.run', 'probelang.cli.load'))))"
    )
    done = subprocess.run([sys.executable, "-c", program, *given], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == ""
