"""`error_log` of a kernel, at the places of the spec that its commands were made of."""

from __future__ import annotations

from pathlib import Path

import pytest

from probelang.cli.main import main
from probelang.commands.explain import explain_refusal, read_log
from probelang.record import replace
from tests.support.specs import accepted

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


JOINED = """\
group io
took = fprobe vfs_read%return if took > 10 {
    before = entry(file->f_pos)
    got    = $retval
    took   = $duration
}
"""


def test_a_refusal_of_one_event() -> None:
    analysis = accepted(SPEC)
    (event,) = analysis.events
    text = log("This field is not found.", COMMAND, 4) + log("This field is not found.", COMMAND, 55)
    said = explain_refusal(event, COMMAND, text)
    assert analysis.source.slice(said.label.span) == "file->f_inode->i_ino"
    assert (said.rule.code, said.kernel_error, said.kernel_column) == ("PRB301", "NO_BTF_FIELD", 55)
    said = explain_refusal(event, "count > 3", log("Field not found", "count > 3", 5))
    assert analysis.source.slice(said.label.span) == "count > 3"
    said = explain_refusal(event, COMMAND, log("Field not found", "count > 3", 5), "Device or\nresource busy")
    assert said.message == "the kernel refused this: Device or resource busy"
    assert analysis.source.slice(said.label.span) == "vfs_read"
    assert explain_refusal(event, COMMAND, "").message == "the kernel refused this"


def test_a_refusal_under_other_names() -> None:
    """A run has groups of its own: names differ from those that were compiled, in commands and in triggers."""

    def rename(text: str) -> str:
        return text.replace("io/", "io_77/").replace("io.", "io_77.").replace("s:took", "s:io_77_took")

    analysis = accepted(JOINED)
    (event,) = analysis.events
    written = rename(event.commands[0])
    assert written.startswith("f:io_77/")
    column = written.index("f_pos")
    said = explain_refusal(event, written, log("This field is not found.", written, column), rename=rename)
    assert analysis.source.slice(said.label.span) == "entry(file->f_pos)"
    definitions = tuple(
        replace(one, name=rename(one.name), commands=tuple(rename(command) for command in one.commands))
        for one in event.definitions
    )
    triggers = tuple((rename(name), rename(text)) for name, text in event.triggers)
    own = replace(event, definitions=definitions, triggers=triggers)
    assert explain_refusal(own, written, log("This field is not found.", written, column)) == said
    trigger = own.triggers[1][1]
    for word, place in (
        ("hist", "vfs_read%return"),
        ("w0=", "entry(file->f_pos)"),
        ("took=", "$duration"),
        ("onmatch", "vfs_read%return"),
        ("$w0,", "entry(file->f_pos)"),
        ("$took)", "$duration"),
    ):
        text = log("Couldn't find field", trigger, trigger.index(word))
        for one, other in ((own, str), (event, rename)):
            said = explain_refusal(one, trigger, text, rename=other)
            assert (analysis.source.slice(said.label.span), said.kernel_text) == (
                place,
                "Couldn't find field",
            ), word
    synthetic = own.commands[-1]
    said = explain_refusal(own, synthetic, log("Invalid type", synthetic, synthetic.index("s64 before")))
    assert analysis.source.slice(said.label.span) == "entry(file->f_pos)"


def test_a_refusal_of_an_event_that_reads_on() -> None:
    """Linux 6.1 has no parameters at the return: a fourth event reads through what the others hand over."""
    spec = "group io\nx = fprobe vfs_read%return { pos = file->f_pos, $retval, count }\n"
    analysis = accepted(spec, "6.1")
    (event,) = analysis.events
    reader = event.commands[-1]
    said = explain_refusal(event, reader, log("Invalid fetch argument", reader, reader.index("pos=")))
    assert analysis.source.slice(said.label.span) == "file->f_pos"
    (trigger,) = (text for name, text in event.triggers if name.endswith("__return"))
    said = explain_refusal(event, trigger, log("Couldn't find field", trigger, trigger.index("$w2,")))
    assert analysis.source.slice(said.label.span) == "count"


def test_columns_are_characters() -> None:
    text = log("Field not found", 'name == "é" && count', 16)
    (entry,) = read_log(text)
    assert entry.command[entry.column :] == "count"
