"""The shell script: POSIX, all or nothing, and nothing out of a spec is ever code."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from probelang.backends.tracefs import render
from probelang.backends.tracefs.script import comment, quote
from tests.support.specs import bundled, run

SHELLS = [
    shell
    for shell in (["dash"], ["busybox", "sh"], ["bash", "--posix"], ["sh"])
    if shutil.which(shell[0]) is not None
]

#: What stands in for the kernel: it takes every line but those that hold `refuse`, and lists what it has.
KERNEL = r"""
put() {
	printf '%s\n' "$1: $2" >>"$tracing/../log"
	case "$2" in
	*refuse*) return 1 ;;
	*pause*) kill -TERM $$ ;;
	esac
	case "$1" in
	dynamic_events)
		event=${2#*:}
		event=${event%% *}
		case "$2" in
		-:*)
			rm -r "$tracing/events/$event"
			grep -v ":$event " "$tracing/dynamic_events" >"$tracing/rest"
			cat "$tracing/rest" >"$tracing/dynamic_events"
			;;
		*)
			mkdir -p "$tracing/events/$event"
			printf '%s\n' "$2" >>"$tracing/dynamic_events"
			;;
		esac
		;;
	*) printf '%s\n' "$2" >"$tracing/$1" ;;
	esac
}
"""


class Machine:
    """A folder that looks like tracefs to a script."""

    def __init__(self, folder: Path, script: str) -> None:
        self.folder = folder
        self.tracing = folder / "tracing"
        (self.tracing / "events").mkdir(parents=True)
        (self.tracing / "dynamic_events").write_text("")
        (folder / "here").mkdir()
        head, mark, rest = script.partition("\n# refused WHAT")
        assert mark and head.count("tracing=/sys/kernel/tracing\n") == 1
        head = head.replace("tracing=/sys/kernel/tracing\n", f"tracing='{self.tracing}'\n")
        self.script = folder / "script"
        self.script.write_bytes((head + KERNEL + mark + rest).encode("utf-8", "surrogateescape"))

    def run(self, shell: list[str], *arguments: str) -> subprocess.CompletedProcess[bytes]:
        done = subprocess.run(
            [*shell, str(self.script), *arguments],
            cwd=self.folder / "here",
            capture_output=True,
            timeout=30,
            check=False,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C"},
        )
        assert not list((self.folder / "here").iterdir()), "something out of the spec was run"
        return done

    def log(self) -> list[str]:
        """What was written to which file, and the log emptied."""
        path = self.folder / "log"
        lines = path.read_text(errors="surrogateescape").splitlines() if path.exists() else []
        path.unlink(missing_ok=True)
        return lines


def script_of(spec: str, name: str = "t.pl") -> str:
    analysis = run(spec, name=name)
    assert not analysis.failed, [found.message for found in analysis.diagnostics]
    return render(analysis.events, "script", [name], bundled("6.12")).text


@pytest.fixture(params=SHELLS, ids=lambda shell: shell[0])
def shell(request: pytest.FixtureRequest) -> list[str]:
    found: list[str] = request.param
    return found


SPEC = """
group io
a = fprobe vfs_{read,write} if count > 1 { count }
b = fprobe vfs_open with stacktrace, disabled
c = eprobe sched:sched_switch if next_pid == 1 { next_pid }
"""

STARTED = [
    "dynamic_events: f:io/a vfs_read count=count:u64",
    "dynamic_events: f:io/a vfs_write count=count:u64",
    "events/io/a/filter: count > 1",
    "dynamic_events: f:io/b vfs_open",
    "events/io/b/trigger: stacktrace",
    "dynamic_events: e:io/c sched.sched_switch next_pid=$next_pid:s32 if next_pid == 1",
    "events/io/a/enable: 1",
    "events/io/c/enable: 1",
]


def test_start_defines_filters_and_then_enables(shell: list[str], tmp_path: Path) -> None:
    machine = Machine(tmp_path, script_of(SPEC))
    done = machine.run(shell)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert machine.log() == STARTED


def test_stop_removes_all_of_it_the_last_first(shell: list[str], tmp_path: Path) -> None:
    machine = Machine(tmp_path, script_of(SPEC))
    assert machine.run(shell, "start").returncode == 0
    machine.log()
    done = machine.run(shell, "stop")
    assert (done.returncode, done.stderr) == (0, b"")
    removed = [line for line in machine.log() if line.startswith("dynamic_events")]
    assert removed == ["dynamic_events: -:io/c", "dynamic_events: -:io/b", "dynamic_events: -:io/a"]
    assert (machine.tracing / "dynamic_events").read_text() == ""
    # and once more does nothing
    assert machine.run(shell, "stop").returncode == 0
    assert machine.log() == []


def test_a_trigger_goes_before_its_event(shell: list[str], tmp_path: Path) -> None:
    machine = Machine(tmp_path, script_of(SPEC))
    machine.run(shell)
    machine.log()
    machine.run(shell, "stop")
    log = machine.log()
    assert log.index("events/io/b/trigger: !stacktrace") < log.index("dynamic_events: -:io/b")


@pytest.mark.parametrize(
    "refused",
    [
        "d = fprobe vfs_fsync { refuse = file }",
        "d = fprobe vfs_fsync if refuse == 1 { refuse = file }",
        'd = fprobe vfs_fsync if $comm == "refuse" { $comm }',
        'd = fprobe vfs_fsync with stacktrace if $comm == "refuse"',
    ],
)
def test_all_or_nothing(shell: list[str], tmp_path: Path, refused: str) -> None:
    machine = Machine(tmp_path, script_of(SPEC + refused))
    done = machine.run(shell)
    assert done.returncode == 1 and b"refused" in done.stderr
    assert (machine.tracing / "dynamic_events").read_text() == ""
    assert not list((machine.tracing / "events" / "io").iterdir())
    assert not any("enable: 1" in line for line in machine.log())


def test_an_interrupted_start_leaves_nothing(shell: list[str], tmp_path: Path) -> None:
    machine = Machine(
        tmp_path, script_of(SPEC + "d = fprobe vfs_fsync { pause = file }\ne = fprobe vfs_open")
    )
    done = machine.run(shell)
    assert done.returncode == 1 and b"interrupted" in done.stderr
    assert (machine.tracing / "dynamic_events").read_text() == ""


def test_a_filter_that_did_not_stick_takes_the_event_back(shell: list[str], tmp_path: Path) -> None:
    """The kernel keeps the text of a filter that it refused, with its complaint, and leaves the event unfiltered."""
    machine = Machine(tmp_path, script_of(SPEC))
    text = machine.script.read_text().replace(
        'printf \'%s\\n\' "$2" >"$tracing/$1"', 'echo none >"$tracing/$1"'
    )
    machine.script.write_text(text)
    assert machine.run(shell).returncode == 1
    assert (machine.tracing / "dynamic_events").read_text() == ""


def test_other_peoples_events_are_left_alone(shell: list[str], tmp_path: Path) -> None:
    machine = Machine(tmp_path, script_of(SPEC))
    theirs = "p:io/b vfs_unlink\n"
    (machine.tracing / "events" / "io" / "b").mkdir(parents=True)
    (machine.tracing / "dynamic_events").write_text(theirs)
    done = machine.run(shell)
    assert done.returncode == 1 and b"already" in done.stderr
    assert (machine.tracing / "dynamic_events").read_text() == theirs
    assert machine.run(shell, "stop").returncode == 0
    assert (machine.tracing / "dynamic_events").read_text() == theirs


def test_wrong_usage(shell: list[str], tmp_path: Path) -> None:
    machine = Machine(tmp_path, script_of(SPEC))
    done = machine.run(shell, "sotp")
    assert done.returncode == 2 and b"usage" in done.stderr and machine.log() == []


def test_without_tracefs_it_says_what_it_needs(shell: list[str], tmp_path: Path) -> None:
    machine = Machine(tmp_path, script_of(SPEC))
    shutil.rmtree(machine.tracing)
    if Path("/sys/kernel/debug/tracing/dynamic_events").exists():
        pytest.skip("this machine has a tracefs")
    done = machine.run(shell)
    assert done.returncode == 1 and b"root" in done.stderr


def test_an_empty_spec_makes_a_script_that_does_nothing(shell: list[str], tmp_path: Path) -> None:
    machine = Machine(tmp_path, script_of("group io\n"))
    assert machine.run(shell).returncode == 0
    assert machine.run(shell, "stop").returncode == 0
    assert machine.log() == []


# ------------------------------------------------------------------------------------------- hostile strings

FRAGMENTS = (
    [
        "'",
        '"',
        "`touch pwned`",
        "$(touch pwned)",
        "$IFS",
        "\\",
        "\\'",
        "'\\''",
        ";touch pwned;",
        "&& touch pwned",
        "|",
    ]
    + [
        "#",
        "\n",
        "\r",
        "\n\ttouch pwned\n",
        " ",
        "  ",
        "*",
        "?",
        "[a]",
        "~",
        "!",
        "!x",
        "-n",
        "%s",
        "%d",
        "\\n",
        "\\x00",
    ]
    + [
        "é",
        "à",
        "中",
        "\u2028",
        "\x85",
        "\xa0",
        "\x1b[2J",
        "EOF",
        "${x:-$(touch pwned)}",
        "0",
        "a",
        "//",
        "{",
        "}",
    ]
)
hostile = st.lists(st.sampled_from(FRAGMENTS), min_size=0, max_size=6).map("".join)


def literal(text: str) -> str:
    """A string of the language, every byte of it escaped."""
    return '"' + "".join(f"\\x{byte:02x}" for byte in text.encode()) + '"'


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(hostile, min_size=1, max_size=4), hostile, st.sampled_from(SHELLS))
def test_no_string_becomes_shell(texts: list[str], name: str, shell: list[str]) -> None:
    name = (name or "x") + ".pl"
    probes = [
        f"group g\na{index} = fprobe vfs_read if n == {literal(text)} {{ n = file->f_path.dentry->d_name.name }}"
        if index == 0
        else f"a{index} = fprobe vfs_read if n ~ {literal(text)} {{ n = file->f_path.dentry->d_name.name }}"
        for index, text in enumerate(texts)
    ]
    probes += [
        f"b{index} = eprobe sched:sched_switch if prev_comm == {literal(text)}"
        for index, text in enumerate(texts)
    ]
    probes += [f"c{index} = fprobe vfs_read {{ x = {literal(text)} }}" for index, text in enumerate(texts)]
    # what no filter or command can hold is an error; the rest is compiled
    good = [probe for probe in probes if not run(probe, name=name).failed]
    spec = "\n".join(
        probe if "group g" in probe else "group g\n" + probe if index == 0 else probe
        for index, probe in enumerate(good)
    )
    analysis = run(spec, name=name)
    assert not analysis.failed
    text = render(analysis.events, "script", [name], bundled("6.12")).text
    with tempfile.TemporaryDirectory() as folder:
        machine = Machine(Path(folder), text)
        assert (
            subprocess.run([*shell, "-n", str(machine.script)], check=False, capture_output=True).returncode
            == 0
        )
        done = machine.run(shell)
        assert (done.returncode, done.stdout) == (0, b""), done.stderr
        written = (Path(folder) / "log").read_bytes().decode() if analysis.events else ""
        wanted = []
        for event in analysis.events:
            wanted += [f"dynamic_events: {command}\n" for command in event.commands]
            wanted += [f"events/{event.name}/filter: {event.filter}\n"] if event.filter is not None else []
        wanted += [f"events/{event.name}/enable: 1\n" for event in analysis.events]
        assert written == "".join(wanted)
        assert machine.run(shell, "stop").returncode == 0
        assert (machine.tracing / "dynamic_events").read_text() == ""


@given(st.text())
def test_quoting_is_one_word(text: str) -> None:
    quoted = quote(text)
    assert quoted[0] == quoted[-1] == "'"
    assert quoted[1:-1].replace("'\\''", "").count("'") == 0
    assert "'".join(quoted[1:-1].split("'\\''")) == text


@given(st.text())
def test_a_comment_is_one_line(text: str) -> None:
    assert comment(text).isprintable() and len(comment(text)) == len(text)
    assert len(comment(text).splitlines()) <= 1
