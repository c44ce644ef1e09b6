"""What is said of several specs together."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from probelang.cli.main import main
from probelang.linter.across import check_files
from probelang.source import Source

READ = "fprobe vfs_read { count }\n"


def said(**files: str) -> dict[str, list[str]]:
    """For each file, by its name without `.pl`, the words that are underlined."""
    sources = [Source(f"{name.replace('__', '/')}.pl", text) for name, text in files.items()]
    return {
        source.name.removesuffix(".pl"): [source.slice(one.label.span) for one in found]
        for source, found in zip(sources, check_files(sources), strict=True)
        if found
    }


def test_an_event_of_two_files() -> None:
    assert said(a=f"group io\nbig = {READ}", b=f"group io\n\nbig = {READ}small = {READ}") == {"b": ["big"]}
    assert said(a=f"io/big = {READ}", b=f"group x\nio / big = {READ}") == {"b": ["big"]}


def test_files_of_one_name_have_one_group() -> None:
    assert said(web__io=f"big = {READ}", db__io=f"big = {READ}") == {"db/io": ["big"]}


def test_no_clash() -> None:
    assert not said(a=f"big = {READ}", b=f"big = {READ}")
    assert not said(a=f"group io\nbig = {READ}", b=f"group io\nlarge = {READ}")
    # not only comments may look like a definition
    assert not said(a=f"group io\nbig = {READ}", b=f"group io\n# big = {READ}")
    assert not said(
        a=f"group io\nbig = {READ}", b='group io\nfprobe vfs_read { a = 1, b = "big = fprobe x" }'
    )


def test_each_gets_a_free_name() -> None:
    sources = [Source(f"{name}.pl", f"group io\nbig = {READ}big_2 = {READ}") for name in "abc"]
    fixes = [one.fix.edits[0].text for found in check_files(sources) for one in found if one.fix]
    assert sorted(fixes) == ["big_2_2", "big_2_3", "big_3", "big_4"]


def test_hostile_texts() -> None:
    for text in (
        "",
        "\0" * 1000,
        "a = " * 10000,
        "group " * 10000,
        "x / " * 5000 + "y = fprobe ",
        "\udc80=fprobe z",
    ):
        assert check_files([Source("a.pl", text), Source("b.pl", text)]) is not None


def test_many_files_cost_little() -> None:
    probes = "".join(f"p{n} = {READ}" for n in range(5))
    sources = [Source(f"{n}.pl", f"group g{n}\n{probes}") for n in range(1000)]
    before = time.process_time()
    assert not any(check_files(sources))
    assert time.process_time() - before < 0.5


@pytest.fixture
def two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in "ab":
        (tmp_path / f"{name}.pl").write_text(f"group io\nbig = {READ}")
    return tmp_path


ARGS = ["lint", "--kernel", "6.12", "--format", "concise"]


def test_on_the_command_line(two: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wanted = "b.pl:2:1: info[PRB614]: a.pl defines the event `io/big` too: only one of them can be there at a time\n"
    for _ in range(2):
        assert main([*ARGS, "a.pl", "b.pl"]) == 0
        assert capsys.readouterr().out == wanted
    assert main([*ARGS, "b.pl"]) == 0
    assert capsys.readouterr().out == ""
    assert main([*ARGS, "--ignore", "event-clash", "a.pl", "b.pl"]) == 0
    assert capsys.readouterr().out == ""


def test_ignored_by_a_comment(two: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (two / "b.pl").write_text(f"group io\nbig = {READ.strip()}  # probelang: ignore[event-clash]\n")
    for files in (["a.pl", "b.pl"], ["b.pl"]):
        assert main([*ARGS, *files]) == 0
        assert capsys.readouterr().out == ""
