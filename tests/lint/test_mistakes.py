"""Mistakes that people made: one diagnostic for each, at the right characters, that says what to do; and the page that shows them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from probelang.analysis import analyse
from probelang.diagnostics import Diagnostic
from probelang.linter.fleet import lint
from probelang.render.text import render_text
from probelang.source import Source
from tests.docs.blocks import ROOT
from tests.lint.mistakes import FOLDER, THEMES, Mistake, build_programs, read_theme
from tests.support.specs import apply_fix, bundled

PAGE = ROOT / "docs" / "mistakes.md"
LISTED = [
    pytest.param(mistake, id=f"{name}-{mistake.title}")
    for name in THEMES
    for mistake in read_theme(name).mistakes
]
_HEAD = """\
# Mistakes

What people did with kprobes, tracepoints and static probes, in bpftrace, bcc, perf and the kernel's own files: told in their trackers, and
written here as they would write it in a spec, with what probelang says. Written from `tests/lint/mistakes/` by
`pytest tests/lint --update-goldens`; each must get this one diagnostic, and each cure must compile.

"""


@pytest.fixture(scope="session")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("mistakes")
    build_programs(folder)
    return folder


def look(
    mistake: Mistake, programs: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[Source, list[Diagnostic]]:
    monkeypatch.chdir(programs)
    source = Source("mistake.pl", mistake.spec)
    return source, lint(source, [bundled(mistake.kernel)], mistake.target)


@pytest.mark.parametrize("mistake", LISTED)
def test_one_diagnostic(mistake: Mistake, programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source, found = look(mistake, programs, monkeypatch)
    text = render_text(source, found)
    assert len(found) == 1, text
    (said,) = found
    assert (said.rule.code, said.rule.slug) == (mistake.code, mistake.slug), text
    assert (said.label.span.start, said.label.span.end) == (mistake.start, mistake.end), text
    assert mistake.words in " ".join((said.message, said.label.text, said.help or "")), text
    assert said.label.text or said.help or said.fix, "it does not say what to do:\n" + text
    assert (said.fix is not None) == mistake.fixed, text
    if said.fix is not None:
        assert apply_fix(mistake.spec, said.fix) == mistake.cure
    cured = analyse(Source("mistake.pl", mistake.cure), bundled(mistake.kernel), mistake.target)
    assert not cured.failed, render_text(cured.source, list(cured.diagnostics))
    assert said.rule not in {one.rule for one in cured.diagnostics}


def test_there_are_enough_and_each_is_another() -> None:
    mistakes = [mistake for name in THEMES for mistake in read_theme(name).mistakes]
    assert len(mistakes) >= 60
    assert len({mistake.spec for mistake in mistakes}) == len(mistakes)
    assert len({mistake.title for mistake in mistakes}) == len(mistakes)
    for mistake in mistakes:
        assert mistake.source.startswith("https://"), mistake.title
        assert mistake.seen.endswith((".", "?")), mistake.title


def test_page(programs: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    out = [_HEAD]
    themes = [read_theme(name) for name in THEMES]
    out += [f"- [{theme.title}](#{_anchor(theme.title)})\n" for theme in themes]
    for theme in themes:
        out.append(f"\n## {theme.title}\n\n{theme.intro}\n")
        for mistake in theme.mistakes:
            source, found = look(mistake, programs, monkeypatch)
            out.append(_render(mistake, render_text(source, found, kernels=[mistake.kernel])))
    text = "".join(out).replace(str(programs), FOLDER)
    if request.config.getoption("--update-goldens"):
        PAGE.write_text(text)
    assert PAGE.read_text() == text, "pytest tests/lint --update-goldens writes it anew"


def _anchor(title: str) -> str:
    return re.sub(r"[^a-z0-9 -]", "", title.lower()).replace(" ", "-")


def _render(mistake: Mistake, said: str) -> str:
    said = said.rstrip("\n").rpartition("\n\n")[0] if said.rstrip("\n").count("\n\n") else said.rstrip("\n")
    cure = "The fix makes of it:" if mistake.fixed else "Instead:"
    if mistake.target != "tracefs":
        cure = f"{cure.removesuffix(':')}, for `--target {mistake.target}`:"
    return (
        f"\n### {mistake.title}\n\n{mistake.why} [Seen]({mistake.source}): {mistake.seen}\n\n"
        f"```text\n{said}\n```\n\n{cure}\n\n```text\n{mistake.cure}```\n"
    )
