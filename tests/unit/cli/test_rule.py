"""`probelang rule`: one text for the terminal, programs and documents."""

from __future__ import annotations

import json

import pytest

from probelang.cli.main import main
from probelang.rules import RULES


def call(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    status = main(["rule", *arguments])
    out, err = capsys.readouterr()
    return status, out, err


@pytest.mark.parametrize("word", ["PRB301", "301", "prb301", "unknown-member", "Unknown_Member"])
def test_one_rule(capsys: pytest.CaptureFixture[str], word: str) -> None:
    status, out, err = call(capsys, word)
    assert (status, err) == (0, "")
    assert out.startswith("PRB301 unknown-member\n\nError. ") and "Example:\n\n    " in out
    assert "`NO_BTF_FIELD`" in out and max(map(len, out.splitlines())) <= 80


def test_several(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = call(capsys, "PRB30", "glob-without-wildcard")
    assert status == 0 and "PRB309" in out and "PRB606" in out and "PRB310" not in out


def test_list(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = call(capsys)
    assert status == 0 and out.startswith("Syntax\n  PRB001  error    syntax-error\n")
    assert all(f"  {rule.code}  " in out for rule in RULES)


def test_json(capsys: pytest.CaptureFixture[str]) -> None:
    (one,) = json.loads(call(capsys, "--format", "json", "PRB001")[1])
    assert one["slug"] == "syntax-error" and one["severity"] == "error" and one["can_be_ignored"] is False
    assert len(json.loads(call(capsys, "--format", "json")[1])) == len(RULES)


def test_markdown(capsys: pytest.CaptureFixture[str]) -> None:
    out = call(capsys, "--format", "markdown", "PRB606")[1]
    assert out.startswith("# PRB606 glob-without-wildcard\n\nWarning. ") and "```text\n" in out


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("PRB999", "no rule has a code that begins with `PRB999`"),
        ("unknown-membr", "did you mean `unknown-member`"),
        ("\x1b[2J", "no rule is called `?[2J`"),
    ],
)
def test_wrong_words(capsys: pytest.CaptureFixture[str], word: str, hint: str) -> None:
    status, out, err = call(capsys, word)
    assert (status, out) == (2, "") and hint in err and err.count("\n") == 1
