"""Files of raw commands: where diagnostics stand, what sequences do, and input that is no such file at all."""

from __future__ import annotations

import json
import random
import time
from pathlib import Path

import pytest

from probelang.cli.main import main
from probelang.commands.files import is_command_file
from probelang.commands.lines import read_commands
from probelang.diagnostics import Severity
from probelang.kernel.load import load_kernel
from probelang.project import lint_commands as lint
from probelang.source import Source, Span

KERNELS = ("6.1", "6.12", "7.3")


def said(text: str, *kernels: str, name: str = "x.tracefs") -> list[tuple[str, str]]:
    """Code and underlined text of each diagnostic."""
    source = Source(name, text)
    found = lint(source, [load_kernel(kernel) for kernel in kernels or ("6.12",)])
    return [(one.rule.code, source.slice(one.label.span)) for one in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("p:a/b   vfs_reed", ("PRB201", "vfs_reed")),
        ("\tf:a/b vfs_read  x=file->f_inod:u64", ("PRB301", "f_inod")),
        ("p:a/b vfs_read $nothing # why", ("PRB312", "$nothing")),
        ("p:a/b vfs_read +8($stack", ("PRB706", "k")),
        ("p:a/b vfs_read +8(é)", ("PRB101", "é")),
        ("e:a/b sched.sched_switch  if  prev_pid  =  3", ("PRB711", "=")),
        ("  s:a  u63 x", ("PRB710", "u63")),
        ("-:a/b", ("PRB712", "-:a/b")),
        ("nonsense", ("PRB701", "nonsense")),
    ],
)
def test_places(text: str, expected: tuple[str, str]) -> None:
    assert said(f"# a comment\n\n{text}\n") == [expected]


def test_a_condition_that_ends_in_the_middle_may_be_refused() -> None:
    """Kernels that take it and kernels that refuse it are alike in all that they tell of themselves."""
    for kernel in KERNELS:
        text = "e:a/b sched.sched_switch if prev_pid == 3  &&  \ne:a/b sched.sched_switch\n"
        source = Source("x.tracefs", text)
        (found,) = lint(source, [load_kernel(kernel)])
        assert (found.rule.code, found.severity, source.slice(found.label.span)) == (
            "PRB711",
            Severity.WARNING,
            "&&",
        )
        assert found.kernel_error is None and any("FILT_INVALID_FILTER" in note for note in found.notes)
    assert said("e:a/b sched.sched_switch if (prev_pid == 3 &&)\n") == [("PRB711", "(")]
    assert said("e:a/b sched.sched_switch if prev_pid == 3 || ! # why\n") == [("PRB711", "|| !")]
    script = "echo 'prev_pid == 3 ||' >/sys/kernel/tracing/events/sched/sched_switch/filter\n"
    assert said(script, name="x.sh") == [("PRB711", "||")]


def test_what_is_refused_leaves_nothing_behind() -> None:
    assert said("p:a/b no_such_function\nr:a/b vfs_read\n") == [("PRB201", "no_such_function")]
    assert said("p:a/b vfs_read\n-:a/b\nr:a/b vfs_read\n") == []
    assert said("p:a/b vfs_read\n-:a/\n-:a/b\n") == [("PRB712", "-:a/b")]


def test_files_take_what_they_take() -> None:
    assert said("f:a/b vfs_read\n", name="kprobe_events") == [("PRB701", "f:a/b vfs_read")]
    assert said("f:a/b vfs_read\n", name="/sys/kernel/tracing/dynamic_events") == []
    assert is_command_file("a/uprobe_events") and not is_command_file("events.pl")


def test_boot_command_line() -> None:
    text = 'BOOT_IMAGE=/vmlinuz quiet kprobe_event=p:a/b,vfs_read,$arg1;p,vfs_reed "kprobe_event=r,vfs_read,$retvel"\n'
    assert [command.text for command in read_commands(Source("x", text))] == [
        "p:a/b vfs_read $arg1",
        "p vfs_reed",
        "r vfs_read $retvel",
    ]
    assert said(text) == [("PRB201", "vfs_reed"), ("PRB312", "$retvel")]


def test_one_diagnostic_for_several_kernels() -> None:
    (found,) = lint(Source("x", "p:a/b vfs_reed"), [load_kernel(kernel) for kernel in KERNELS])
    assert found.kernels == KERNELS
    assert said("f:a/b vfs_read", *KERNELS) == [("PRB701", "f:a/b vfs_read")]


def test_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "probes"
    file.write_text("f:io/rd vfs_read  x=file->f_inod\n")
    assert main(["lint", "--from", "tracefs", "--kernel", "6.12", "--format", "json", str(file)]) == 1
    (found,) = json.loads(capsys.readouterr().out)
    assert (found["line"], found["column"]) == (1, 27)
    # the kernel has one blank between words
    assert found["kernel_error"] == {
        "name": "NO_BTF_FIELD",
        "text": "This field is not found.",
        "column": 26,
        "command": "f:io/rd vfs_read x=file->f_inod",
    }
    assert main(["lint", "--from", "tracefs", "--kernel", "6.1", "--select", "PRB3", str(file)]) == 0


def test_hostile_bytes() -> None:
    draw = random.Random(5)
    kernel = load_kernel("7.3")
    pieces = [
        "p:a/b ",
        "vfs_read",
        " $arg",
        "+8(",
        "(",
        ")",
        ":",
        "\0",
        "\xff",
        "é",
        "\udcff",
        "\n",
        "[",
        "9" * 50,
        "->",
        "e ",
        "sched.sched_switch",
        " if ",
        "~",
    ]
    for _ in range(300):
        text = "".join(draw.choices(pieces, k=draw.randrange(1, 40)))
        for found in lint(Source("x", text), [kernel]):
            assert 0 <= found.label.span.start <= found.label.span.end <= len(text)
            assert found.message.isprintable()


@pytest.mark.parametrize(
    "text", ["p:a/b vfs_read " + "(" * 4000, "p x" * 100_000, "(" * 100_000, "+8(" * 1300, ";" * 100_000]
)
def test_long_and_deep(text: str) -> None:
    lint(Source("x", text), [load_kernel(kernel) for kernel in ("6.12", "7.3")])
    lint(Source("x", f"kprobe_event={text.replace(' ', ',')}"), [load_kernel("6.12")])


def test_many_commands() -> None:
    text = "".join(f"p:a/e{number} vfs_reed\n" for number in range(3000))
    assert len(lint(Source("x", text), [load_kernel("6.12")])) == 3000


def test_places_are_spans() -> None:
    (command,) = read_commands(Source("x", "p é vfs"))
    assert command.place(2, 4) == Span(2, 3)


def test_comments_ignore(tmp_path: Path) -> None:
    text = (
        "p:io/a vfs_reed  # probelang: ignore[unknown-function]\n"
        "# probelang: ignore[PRB2]\n"
        "p:io/b vfs_reed\n"
        "p:io/c vfs_reed  # probelang: ignore[PRB702]\n"
        "p:io/d vfs_read  # probelang: ignore[nothing-so]\n"
    )
    found = lint(Source("x.tracefs", text), [load_kernel("6.12")])
    assert [(one.rule.slug, text[: one.label.span.start].count("\n") + 1) for one in found] == [
        ("unknown-function", 4),
        ("unknown-ignore", 5),
    ]
    text = "p:io/a vfs_read  # probelang: ignore[unknown-function]\n"
    (unused,) = lint(Source("x.tracefs", text), [load_kernel("6.12")])
    assert unused.rule.slug == "unused-ignore"


def test_a_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROBELANG_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    for name, text in {
        "t/a.tracefs": "p:io/a vfs_reed\n",
        "t/b.probe": "x = fprobe vfs_reed\n",
        "t/deep/kprobe_events": "p:io/a vfs_reed\nf:io/b vfs_read\n",
        "t/deep/other": "nothing\n",
        "t/out/c.tracefs": "p:io/a vfs_reed\n",
        "t/d.tracefs": "# probelang: ignore[unknown-function]\np:io/a vfs_reed\n",
        "t/probelang.toml": 'exclude = ["out"]\nkernels = ["6.12"]\n',
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def places(*arguments: str) -> list[str]:
        main(["lint", "--format", "concise", *arguments])
        return [line.split(": ")[0] for line in capsys.readouterr().out.splitlines()]

    commands = ["t/a.tracefs:1:8", "t/deep/kprobe_events:1:8", "t/deep/kprobe_events:2:1"]
    # the second time out of the cache
    for _ in range(2):
        assert sorted(places("t")) == sorted([*commands, "t/b.probe:1:12"])
    assert places("--from", "tracefs", "t") == commands
    assert main(["lint", "--format", "json", "t"]) == 1
    (tmp_path / "known.json").write_text(capsys.readouterr().out)
    assert places("--baseline", "known.json", "t") == []
    assert main(["fmt", "--check", "t"]) == 0, "raw commands have no layout"
    assert capsys.readouterr() == ("", "")
    (tmp_path / "t/e.tracefs").write_text("p:io/a vfs_read # probelang: ignore[unknown-function]\n")
    assert main(["lint", "--fix", "--kernel", "6.12", "t/e.tracefs"]) == 0
    assert (tmp_path / "t/e.tracefs").read_text() == "p:io/a vfs_read\n"


SCRIPT = """\
#!/bin/sh
T=/sys/kernel/tracing
echo 'p:io/e vfs_fsync a=$stack0:u64' > dynamic_events
echo "p:io/e vfs_read $MORE" >> $T/kprobe_events
  echo 'p:io/r vfs_fsync a=$stack0:u63' >> "$T/dynamic_events"; sleep 1
echo 'hist:keys=a:v=a' >> $T/events/io/e/trigger
echo 'hist:keys=a:v=a' >>$T/events/io/e/trigger  # again
echo 'aa == 3' > events/io/e/filter && echo 1 > events/io/e/enable
echo hist:keys=prev_pdi > events/sched/sched_switch/trigger
echo 1 > events/io/e/enable
echo > dynamic_events
echo 'p:io/e vfs_fsync b=$stack0:u64' >> dynamic_events
echo 'onmax(x)' > events/io/e/trigger
echo 'hist:keys=b:val=b' > events/io/e/trigger
cat trace_pipe
"""


@pytest.mark.parametrize(
    ("line", "letter"),
    [
        ("kprobe:io/x vfs_read", "p"),
        ("P:io/x vfs_read", "p"),
        ("kretprobe vfs_read", "r"),
        ("q vfs_read", ""),
    ],
)
def test_unknown_commands_that_are_near(line: str, letter: str) -> None:
    (found,) = lint(Source("x.tracefs", line), [load_kernel("7.3")])
    assert found.label.text == (f"did you mean `{letter}`?" if letter else "")


def test_scripts() -> None:
    found = lint(Source("setup.sh", SCRIPT), [load_kernel("6.12")])
    assert [
        (one.rule.code, SCRIPT[: one.label.span.start].count("\n") + 1, one.kernel_error) for one in found
    ] == [
        ("PRB307", 5, "BAD_TYPE"),
        ("PRB714", 7, "HIST_DUPLICATE_VAR"),
        ("PRB711", 8, "FILT_FIELD_NOT_FOUND"),
        ("PRB714", 9, "HIST_FIELD_NOT_FOUND"),
        ("PRB714", 13, None),
    ]


def test_hostile_triggers() -> None:
    draw = random.Random(7)
    kernel = load_kernel("6.12")
    pieces = [
        "hist:",
        "keys=",
        "a",
        "s",
        ":",
        ",",
        "v=",
        "$v",
        "onmatch(",
        "io.e",
        ")",
        ".trace(",
        "made",
        "-",
        "+",
    ]
    pieces += ["=", " if ", "stacktrace", "é", "9", "("]
    for _ in range(300):
        text = "".join(draw.choice(pieces) for _ in range(draw.randrange(12)))
        quoted = (
            f"echo 'p:io/e vfs_fsync a=$stack0:u64' > dynamic_events\necho '{text}' > events/io/e/trigger\n"
        )
        for one in lint(Source("x.sh", quoted), [kernel]):
            assert one.message.isprintable() and one.label.span.end <= len(quoted)
    long = ("hist:keys=" + "a+" * 100_000, "hist:keys=" + "," * 100_000, "hist:" + "keys=a:" * 50_000)
    for text in (*long, "hist:keys=a if " * 30_000):
        start = time.process_time()
        lint(Source("x.sh", f"echo '{text}' > events/sched/sched_switch/trigger\n"), [kernel])
        assert time.process_time() - start < 3
    start = time.process_time()
    lint(Source("x.sh", "echo 'x' >" * 100_000 + "\necho " + "'" * 100_001), [kernel])
    assert time.process_time() - start < 5


def test_places_behind_backslashes_of_the_shell() -> None:
    text = 'echo "p:io/a vfs_read n=\\$arg3:u63 m=\\$stak" >>dynamic_events\n'
    (found,) = lint(Source("x.sh", text), [load_kernel("6.12")])
    assert text[found.label.span.start : found.label.span.end] == "u63"
    text = text.replace("u63", "u64")
    (found,) = lint(Source("x.sh", text), [load_kernel("6.12")])
    assert text[found.label.span.start : found.label.span.end].removeprefix("\\") == "$stak"


@pytest.mark.parametrize(
    "piece", ["cat <<", "tee -a ", "printf '%s' ", "| tee ", '"\\$', "<<A >>kprobe_events\n"]
)
def test_hostile_scripts_take_no_time(piece: str) -> None:
    before = time.process_time()
    lint(Source("x.sh", "echo 'p:a vfs_read' >>kprobe_events\n" + piece * 20_000), [load_kernel("6.12")])
    assert time.process_time() - before < 20
