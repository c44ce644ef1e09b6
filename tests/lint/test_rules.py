"""What the linter says of specs, and where: a comment `# [slug] words` stands in the line of each finding.

`words` are the characters that are underlined, once in that line before the comment; several comments are several findings. `*.pl` is checked on the kernels of its first
line (`# kernel: 6.1 7.3`, else 6.12), for the backend of its second (`# target: bpftrace`, else tracefs); `*.fixed.pl` is what all its fixes make of it, and `*.txt` what is said, written anew by
`pytest --update-goldens`.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from probelang.analysis import analyse
from probelang.diagnostics import Diagnostic, Rule, Severity
from probelang.linter.fleet import lint
from probelang.linter.rules import RULES
from probelang.render.text import render_text
from probelang.source import Source
from tests.support.specs import apply_fix, bundled

HERE = Path(__file__).parent / "rules"
SPECS = sorted(path for path in HERE.glob("*.pl") if not path.name.endswith(".fixed.pl"))
_MARK = re.compile(r"\s+# \[([a-z-]+)\] ((?:(?!\s+# \[).)+)$")


def read(path: Path) -> tuple[Source, list[tuple[int, str, str]]]:
    """A spec without its marks, and what they announce: line, slug, underlined words."""
    lines, announced = [], []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        while mark := _MARK.search(line):
            announced.append((number, mark[1], mark[2]))
            line = line[: mark.start()]
        lines.append(line)
    return Source(path.name, "\n".join(lines) + "\n"), sorted(announced)


def kernels_of(path: Path) -> list[str]:
    first = path.read_text().partition("\n")[0]
    return first.removeprefix("# kernel:").split() if first.startswith("# kernel:") else ["6.12"]


def target_of(source: Source) -> str:
    second = source.line(2) if source.text.count("\n") > 1 else ""
    return second.removeprefix("# target:").strip() if second.startswith("# target:") else "tracefs"


def found_in(path: Path, source: Source, announced: list[tuple[int, str, str]]) -> list[Diagnostic]:
    """What is wrong, and what the spec's own rule says and those that it has marks of: what others find in it is theirs."""
    asked = {path.stem, *(slug for _, slug, _ in announced)}
    return [
        one
        for one in lint(source, [bundled(name) for name in kernels_of(path)], target_of(source))
        if one.severity is Severity.ERROR or one.rule.slug in asked
    ]


def compare(golden: Path, text: str, request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--update-goldens"):
        golden.write_text(text)
    assert golden.exists(), "no expectation yet: pytest --update-goldens"
    assert golden.read_text() == text


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_findings(path: Path, request: pytest.FixtureRequest) -> None:
    source, announced = read(path)
    kernels = kernels_of(path)
    found = found_in(path, source, announced)
    said = [
        (source.position(one.label.span.start)[0], one.rule.slug, source.slice(one.label.span))
        for one in found
    ]
    assert sorted(said) == announced
    compare(path.with_suffix(".txt"), render_text(source, found, kernels=kernels), request)


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_fixes(path: Path, request: pytest.FixtureRequest) -> None:
    """What the fixes make compiles on every kernel, and says no more of what was fixed."""
    source, announced = read(path)
    kernels = kernels_of(path)
    fixes = [one.fix for one in found_in(path, source, announced) if one.fix is not None]
    if not fixes:
        return
    text = source.text
    for fix in sorted(fixes, key=lambda fix: -max(edit.span.start for edit in fix.edits)):
        text = apply_fix(text, fix)
    compare(path.with_suffix(".fixed.pl"), text, request)
    fixed = Source(path.name, text)
    for name in kernels:
        analysis = analyse(fixed, bundled(name), target_of(fixed))
        assert not analysis.failed, render_text(fixed, analysis.diagnostics)
    assert not [one for one in found_in(path, fixed, announced) if one.fix is not None]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.slug)
def test_each_rule_has_a_spec(rule: Rule) -> None:
    assert (HERE / f"{rule.slug}.pl").exists()
