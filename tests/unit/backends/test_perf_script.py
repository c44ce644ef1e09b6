"""The script around perf: all or nothing, clean after any end, and nothing out of a spec is ever code."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import time
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from probelang.analysis import analyse
from probelang.backends import Settings
from probelang.backends.perf import render
from probelang.diagnostics import Severity
from probelang.source import Source
from tests.support.specs import bundled
from tests.unit.backends.test_script import SHELLS

#: What stands in for perf. It notes what it is given, defines what does not say `refuse`, and records until it is stopped.
PERF = r"""#!/bin/sh
tracing=TRACING
printf '%s\n' "$@" --- >>"$tracing/../log"
case "$1" in
probe)
	program=
	while [ $# -gt 0 ]; do
		[ "$1" = -x ] && program=$2:
		if [ "$1" = -a ]; then
			case "$2" in
			*pause*)
				# a shell may have forked to read what this prints
				parent=$(cut -d' ' -f4 /proc/$PPID/stat)
				grep -q /script /proc/$parent/cmdline && kill -TERM $parent
				kill -TERM $PPID
				exit 0
				;;
			*refuse*) echo 'Error: no'; echo ' Usage: long'; exit 1 ;;
			esac
			name=${2%%=*}
			rest=${2#*=}
			place=${rest%% *}
			case "$place" in *%return) name=${name}__return ;; esac
			event=${name%%:*}/${name#*:}
			mkdir -p "$tracing/events/$event"
			case "$2" in
			*inlined*)
				mkdir -p "$tracing/events/${event}_1"
				printf 'p:%s_1 caller+9\n' "$event" >>"$tracing/dynamic_events"
				;;
			esac
			printf 'p:%s %s%s\n' "$event" "$program" "$rest" >>"$tracing/dynamic_events"
		fi
		shift
	done
	;;
record)
	trap 'echo stopped >>"$tracing/../log"; exit 3' INT TERM
	cat >>"$tracing/../log"
	: >"$tracing/../ready"
	case "$*" in *forever*) while :; do sleep 0.05; done ;; esac
	exit 5
	;;
esac
"""
REMOVE = r"""{ printf '%s\n' "-:$1" >>"$tracing/dynamic_events"; } 2>/dev/null"""
REMOVED = r"""case $1 in *stays*) ;; *) rm -r "$tracing/events/$1"; grep -v ":$1 " "$tracing/dynamic_events" >"$tracing/rest"; cat "$tracing/rest" >"$tracing/dynamic_events" ;; esac"""


class Machine:
    """A folder that looks like tracefs to a script, and a perf."""

    def __init__(self, folder: Path, script: str) -> None:
        self.folder = folder
        self.tracing = folder / "tracing"
        (self.tracing / "events").mkdir(parents=True)
        (self.tracing / "dynamic_events").write_text("")
        (folder / "here").mkdir()
        assert script.count("tracing=/sys/kernel/tracing\n") == script.count(REMOVE) == 1
        script = script.replace("tracing=/sys/kernel/tracing\n", f"tracing='{self.tracing}'\n")
        self.script = folder / "script"
        self.script.write_bytes(script.replace(REMOVE, REMOVED).encode("utf-8", "surrogateescape"))
        self.perf = folder / "perf"
        self.perf.write_text(PERF.replace("TRACING", str(self.tracing)))
        self.perf.chmod(0o755)
        self.environment = {"PATH": os.environ["PATH"], "LC_ALL": "C", "PERF": str(self.perf)}

    def run(
        self, shell: list[str], *arguments: str, stdin: bytes = b""
    ) -> subprocess.CompletedProcess[bytes]:
        done = subprocess.run(
            [*shell, str(self.script), *arguments],
            cwd=self.folder / "here",
            input=stdin,
            capture_output=True,
            timeout=30,
            check=False,
            env=self.environment,
        )
        assert not list((self.folder / "here").iterdir()), "something out of the spec was run"
        return done

    def log(self) -> list[list[str]]:
        """What perf was given, call by call, and the log emptied."""
        path = self.folder / "log"
        text = path.read_bytes().decode(errors="surrogateescape") if path.exists() else ""
        path.unlink(missing_ok=True)
        return [call.split("\n")[:-1] for call in text.split("---\n") if call]

    def events(self) -> list[str]:
        return (self.tracing / "dynamic_events").read_text().splitlines()


@pytest.fixture(params=SHELLS, ids=lambda shell: shell[0])
def shell(request: pytest.FixtureRequest) -> list[str]:
    found: list[str] = request.param
    return found


SPEC = """
group io
rd = fprobe vfs_read if count > 1 { count }
back = fprobe vfs_read%return with stacktrace if $retval < 0 { $retval }
sw = eprobe sched:sched_switch if next_pid == 1 { next_pid }
off = fprobe vfs_open with disabled
"""
DEFINED = [
    "probe",
    "--no-inlines",
    "-a",
    "io:rd=vfs_read count=%dx:u64",
    "-a",
    "io:back=vfs_read%return retval=$retval:s64",
    "-a",
    "io:off=vfs_open",
]
RECORDED = ["record", "-a", "-e", "io:r?", "--filter", "count > 1", "--exclude-perf"]
RECORDED += ["-e", "io:back__return/call-graph=fp/", "--filter", "retval < 0", "--exclude-perf"]
RECORDED += ["-e", "sched:sched_switch", "--filter", "next_pid == 1", "--exclude-perf"]


def script_of(spec: str, name: str = "t.pl") -> str:
    analysis = analyse(Source(name, spec), bundled("6.12"), "perf")
    errors = [found.message for found in analysis.diagnostics if found.severity is Severity.ERROR]
    assert not errors
    return render(analysis.events, "script", [name], bundled("6.12")).text


def test_it_defines_records_and_removes(shell: list[str], tmp_path: Path) -> None:
    machine = Machine(tmp_path, script_of(SPEC))
    done = machine.run(shell, "record", "-o", "my data", "--", "true", stdin=b"input\n")
    assert (done.returncode, done.stdout, done.stderr) == (5, b"", b"")
    assert machine.log() == [DEFINED, [*RECORDED, "-o", "my data", "--", "true"], ["input"]]
    assert machine.events() == []


@pytest.mark.parametrize("arguments", [(), ("record",), ("-g",)])
def test_recording_is_the_default(shell: list[str], tmp_path: Path, arguments: tuple[str, ...]) -> None:
    machine = Machine(tmp_path, script_of(SPEC))
    assert machine.run(shell, *arguments).returncode == 5
    assert machine.log() == [DEFINED, [*RECORDED, *(word for word in arguments if word != "record")]]


def test_start_and_stop(shell: list[str], tmp_path: Path) -> None:
    machine = Machine(tmp_path, script_of(SPEC))
    assert machine.run(shell, "start").returncode == 0
    assert machine.log() == [DEFINED]
    defined = machine.events()
    assert len(defined) == 3
    # several recordings use them, and leave them
    assert machine.run(shell, "record").returncode == 5
    assert machine.log() == [RECORDED] and machine.events() == defined
    done = machine.run(shell, "start")
    assert done.returncode == 1 and b"there is an event io/rd already" in done.stderr
    assert machine.events() == defined and machine.log() == []
    assert machine.run(shell, "stop").returncode == 0
    assert machine.events() == [] and machine.log() == []
    assert machine.run(shell, "stop").returncode == 0


def test_wrong_usage(shell: list[str], tmp_path: Path) -> None:
    machine = Machine(tmp_path, script_of(SPEC))
    done = machine.run(shell, "sleep", "1")
    assert done.returncode == 2 and b"usage" in done.stderr and machine.log() == []


def test_what_perf_refuses_leaves_nothing(shell: list[str], tmp_path: Path) -> None:
    machine = Machine(tmp_path, script_of(SPEC + 't/x = fprobe vfs_write { a = "refuse" }\n'))
    done = machine.run(shell, "record")
    assert done.returncode == 1 and machine.events() == []
    assert b"perf refused t/x, or a probe behind it" in done.stderr and b"Error: no\n" in done.stderr
    assert b"Usage" not in done.stderr
    assert [call[0] for call in machine.log()] == ["probe"]


def test_places_where_perf_finds_a_function_inlined(shell: list[str], tmp_path: Path) -> None:
    machine = Machine(tmp_path, script_of(SPEC + 'x = fprobe vfs_write { a = "inlined" }\n'))
    (machine.tracing / "events/io/x_7").mkdir(parents=True)
    (machine.tracing / "dynamic_events").write_text("p:io/x_7 vfs_write\n")
    done = machine.run(shell, "record")
    assert done.returncode == 1 and done.stderr.endswith(b"\nio/x_1\n")
    assert machine.events() == ["p:io/x_7 vfs_write"]


def test_somebody_elses_probe_stays(shell: list[str], tmp_path: Path) -> None:
    machine = Machine(tmp_path, script_of(SPEC))
    (machine.tracing / "events/io/back__return").mkdir(parents=True)
    (machine.tracing / "dynamic_events").write_text("r:io/back__return vfs_write x=%di\n")
    done = machine.run(shell, "record")
    assert (
        done.returncode == 1
        and b"there is an event io/back__return already; nothing was changed" in done.stderr
    )
    assert machine.log() == []
    assert machine.run(shell, "stop").returncode == 0
    assert machine.events() == ["r:io/back__return vfs_write x=%di"]


def test_interrupted_while_it_defines(shell: list[str], tmp_path: Path) -> None:
    machine = Machine(tmp_path, script_of(SPEC + 'x = fprobe vfs_write { a = "pause" }\n'))
    done = machine.run(shell, "record")
    assert done.returncode == 128 + 15 and machine.events() == []


@pytest.mark.usefixtures("hangups")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_interrupted_while_it_records(shell: list[str], tmp_path: Path, number: signal.Signals) -> None:
    machine = Machine(tmp_path, script_of(SPEC))
    with subprocess.Popen(
        [*shell, str(machine.script), "record", "forever"],
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=machine.environment,
        cwd=tmp_path / "here",
    ) as running:
        try:
            end = time.monotonic() + 20
            while not (tmp_path / "ready").exists():
                assert time.monotonic() < end
                time.sleep(0.02)
            # the script has to notice, too
            time.sleep(0.2)
            running.send_signal(number)
            assert running.wait(20) == 3
        finally:
            # one that did not end would be waited for without end
            running.kill()
    assert machine.events() == []
    assert machine.log()[-1][-1] == "stopped"


def test_a_pattern_must_fit_one_event(shell: list[str], tmp_path: Path) -> None:
    machine = Machine(tmp_path, script_of(SPEC))
    (machine.tracing / "events/io/rx").mkdir(parents=True)
    done = machine.run(shell, "record")
    assert done.returncode == 1 and b"cannot be told apart" in done.stderr
    assert machine.events() == [] and [call[0] for call in machine.log()] == ["probe"]


def test_what_something_else_uses_is_said(shell: list[str], tmp_path: Path) -> None:
    machine = Machine(tmp_path, script_of("stays = fprobe vfs_read { count }"))
    assert machine.run(shell, "start").returncode == 0
    done = machine.run(shell, "stop")
    assert done.returncode == 1 and b"cannot remove t/stays" in done.stderr


def test_programs_and_a_hundred_probes(shell: list[str], tmp_path: Path) -> None:
    many = "\n".join(f"p{number} = fprobe vfs_read" for number in range(150))
    spec = f"{many}\nu = uprobe /bin/it's:0x10 {{ n = %di: s32 }}"
    machine = Machine(tmp_path, script_of(spec))
    assert machine.run(shell, "start").returncode == 0
    calls = machine.log()
    assert [len(call) for call in calls] == [202, 102, 6]
    assert calls[-1] == ["probe", "--no-inlines", "-x", "/bin/it's", "-a", "t:u=0x10 n=%di:s32"]
    assert machine.run(shell, "stop").returncode == 0


def test_nothing_to_record(shell: list[str], tmp_path: Path) -> None:
    machine = Machine(tmp_path, script_of("a = fprobe vfs_read with disabled"))
    done = machine.run(shell, "record")
    assert done.returncode == 1 and b"nothing to record" in done.stderr and machine.events() == []


def test_where_a_variable_is(shell: list[str], tmp_path: Path) -> None:
    machine = Machine(tmp_path, script_of("w = watch jiffies_64+4 w len 4"))
    symbols = tmp_path / "kallsyms"
    machine.script.write_text(machine.script.read_text().replace("/proc/kallsyms", str(symbols)))
    symbols.write_text("ffffffff82c079c0 D jiffies_64\nffffffff82c079c8 D jiffies_64_more\n")
    assert machine.run(shell, "record").returncode == 5
    assert machine.log()[-1] == ["record", "-a", "-e", "mem:0xffffffff82c079c4/4:w/name='t:w'/"]
    for text in "0000000000000000 D jiffies_64\n", "", "ffffffff82c079c0 D jiffies_64\t[mod]\n":
        symbols.write_text(text)
        done = machine.run(shell, "record")
        assert done.returncode == 1 and b"address of jiffies_64 cannot be found" in done.stderr


def test_debugging_information_can_be_elsewhere(shell: list[str], tmp_path: Path) -> None:
    spec = "a = fprobe vfs_read { file->f_pos }\nb = uprobe /bin/sh:0x10"
    wanted = Settings(debuginfo=True)
    events = analyse(Source("t.pl", spec), bundled("6.12"), "perf", wanted).events
    machine = Machine(tmp_path, render(events, "script", ["t.pl"], bundled("6.12"), wanted).text)
    kernel, program = (
        ["-a", "t:a=vfs_read f_pos=file->f_pos:s64"],
        ["probe", "--no-inlines", "-x", "/bin/sh", "-a", "t:b=0x10"],
    )
    assert machine.run(shell, "record").returncode == 5
    assert machine.log()[:2] == [["probe", "--no-inlines", *kernel], program]
    machine.environment["VMLINUX"] = "/my kernels/vmlinux"
    assert machine.run(shell, "record").returncode == 5
    assert machine.log()[:2] == [["probe", "--no-inlines", "-k", "/my kernels/vmlinux", *kernel], program]
    # perf says where it found it, so only the name tells what is ours
    assert machine.run(shell, "start").returncode == 0 and machine.run(shell, "stop").returncode == 0
    assert machine.events() == []


HOSTILE = [
    "'; touch x; '",
    "$(touch here)",
    "`touch here`",
    "\\",
    "a\\'b",
    '"',
    "*",
    "!x",
    "-n",
    "%s",
    "é",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_becomes_code(shell: list[str], tmp_path: Path, text: str) -> None:
    quoted = text.replace("\\", "\\\\").replace('"', '\\"')
    spec = f'a = fprobe vfs_read if $comm == "{quoted}" {{ count }}'
    machine = Machine(tmp_path, script_of(spec, name=f"{text}\n.pl"))
    assert machine.run(shell, "record").returncode == 5
    quote = "'" if '"' in text else '"'
    assert machine.log()[-1][-2] == f"comm == {quote}{text}{quote}"
    assert machine.run(shell, "stop").returncode == 0


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(st.text(), max_size=4))
def test_any_string_is_one_word(texts: list[str], tmp_path_factory: pytest.TempPathFactory) -> None:
    literal = [
        '"' + "".join(f"\\{ord(char):03o}" if char in '"\\\n' else char for char in text) + '"'
        for text in texts
    ]
    probes = [f"p{number} = fprobe vfs_read if $comm == {text}" for number, text in enumerate(literal)]
    analyses = [analyse(Source("t.pl", probe), bundled("6.12"), "perf") for probe in probes]
    events = [event for analysis in analyses if not analysis.failed for event in analysis.events]
    text = render(events, "script", ["t.pl"], bundled("6.12")).text
    wanted = [event.filter for event in events]
    machine = Machine(tmp_path_factory.mktemp("any"), text)
    machine.run(SHELLS[0], "record")
    got = [line for call in machine.log() for line in call]
    assert [line for before, line in pairwise(got) if before == "--filter"] == wanted
    lines = render(events, "commands", ["t.pl"], bundled("6.12")).text.splitlines()
    assert [shlex.split(line)[-1] for line in lines] == [
        one.text for event in events for one in event.definitions
    ]
