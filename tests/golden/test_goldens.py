"""Specs and what becomes of them: `ok/*.pl` with the commands for each kernel, `err/*.pl` with what is said.

`pytest --update-goldens` writes all expectations anew; what changed is reviewed as the product that it is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pytest

from probelang.analysis import analyse
from probelang.backends import Settings
from probelang.backends.tracefs import render
from probelang.check.rules import RULES
from probelang.cli.main import main
from probelang.diagnostics import Diagnostic, Severity
from probelang.render.text import render_concise
from probelang.source import Source
from tests.support.specs import KERNELS, apply_fix, bundled

HERE = Path(__file__).parent
OK = sorted((HERE / "ok").glob("*.pl"))
ERR = sorted((HERE / "err").glob("*.pl"))

#: Rules that no spec can break on the kernels that come along.
_PROGRAMS = "it takes a program; tests/unit/check/test_programs.py builds some"
OUT_OF_REACH = {
    "PRB213": _PROGRAMS,
    "PRB214": _PROGRAMS,
    "PRB215": _PROGRAMS,
    "PRB217": "it takes a kernel's image; tests/unit/check/test_code.py builds a little one",
    "PRB325": _PROGRAMS,
    "PRB503": "tracefs shows all as it is; tests/backends has what the others say",
    "PRB902": "the BTF that comes along is sound; tests/unit/check has a kernel whose BTF is not",
}


@pytest.fixture(autouse=True)
def load_kernels_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("probelang.kernel.load.load_kernel", bundled)


def read(path: Path) -> str:
    return path.read_bytes().decode()


def kernels_of(text: str, default: Sequence[str] = ("6.12",)) -> list[str]:
    """`# kernel: 6.1 7.3` in the first line chooses."""
    first = text.partition("\n")[0]
    return first.removeprefix("# kernel:").split() if first.startswith("# kernel:") else [*default]


def compare(golden: Path, text: str, request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--update-goldens"):
        golden.write_text(text, encoding="utf-8", newline="")
    assert golden.exists(), "no expectation yet: pytest --update-goldens"
    assert text == read(golden)


@pytest.mark.parametrize("path", OK, ids=lambda path: path.stem)
def test_what_a_good_spec_becomes(path: Path, request: pytest.FixtureRequest) -> None:
    source = Source(path.name, read(path))
    out = []
    for name in kernels_of(read(path), KERNELS):
        kernel = bundled(name)
        analysis = analyse(source, kernel)
        out.append(f"--- {name}\n{render_concise(source, analysis.diagnostics)}")
        if analysis.failed:
            continue
        for event in analysis.events:
            out.append(render([event], "commands", [path.name], kernel).text)
            if event.filter is not None:
                out.append(f"    if {event.filter}\n")
            out.extend(f"    trigger {name} {text}\n" for name, text in event.triggers)
            if event.probe.disabled:
                out.append("    disabled\n")
        assert analysis.events
    compare(path.with_suffix(".commands"), "".join(out), request)


#: Each kernel with the bpftrace of its time.
BPFTRACE = {"6.1": (0, 17), "7.3": (0, 27)}


@pytest.mark.parametrize("path", OK, ids=lambda path: path.stem)
def test_what_a_good_spec_becomes_for_bpftrace(path: Path, request: pytest.FixtureRequest) -> None:
    source = Source(path.name, read(path))
    out = []
    for name, version in BPFTRACE.items():
        analysis = analyse(source, bundled(name), "bpftrace", Settings(bpftrace=version))
        out.append(f"--- {name}, bpftrace {version[0]}.{version[1]}\n")
        out.append(render_concise(source, analysis.diagnostics))
        for event in analysis.events:
            clauses = [clause.render(1) for clause in event.clauses]
            out.append("\n".join((f"// {event.name}", *clauses)) + "\n")
            out.extend(f"clear({map})\n" for map in event.maps)
    compare(path.with_suffix(".bt"), "".join(out), request)


@pytest.mark.parametrize("path", ERR, ids=lambda path: path.stem)
def test_what_is_said_about_a_bad_spec(
    path: Path,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(path.parent)
    kernels = [word for kernel in kernels_of(read(path)) for word in ("--kernel", kernel)]
    status = main(["lint", *kernels, path.name])
    out, err = capsys.readouterr()
    assert err == ""
    assert status == (1 if "error[" in out or "warning[" in out else 0)
    compare(path.with_suffix(".txt"), out, request)


@pytest.mark.parametrize("path", ERR, ids=lambda path: path.stem)
def test_a_fix_cures(path: Path) -> None:
    for kernel in kernels_of(read(path)):
        check_fixes(path.name, read(path), kernel)


def check_fixes(name: str, text: str, kernel: str) -> None:
    """After the edits of a fix, what it is for is said once less, and no syntax error is new."""
    before = analyse(Source(name, text), bundled(kernel)).diagnostics
    for found in before:
        if found.fix is None:
            continue
        fixed = apply_fix(text, found.fix)
        after = analyse(Source(name, fixed), bundled(kernel)).diagnostics
        assert count(after)[key(found)] < count(before)[key(found)], (found, fixed)
        syntax = [sum(one.rule.code < "PRB1" for one in run) for run in (before, after)]
        assert syntax[1] <= syntax[0], (found, fixed, [one.message for one in after])


def key(found: Diagnostic) -> tuple[str, str]:
    return found.rule.code, found.message


def count(diagnostics: tuple[Diagnostic, ...]) -> Counter[tuple[str, str]]:
    return Counter(key(found) for found in diagnostics)


def test_all_safe_fixes_together_cure() -> None:
    for path in ERR:
        text, kernel = read(path), kernels_of(read(path))[0]
        found = analyse(Source(path.name, text), bundled(kernel)).diagnostics
        safe = [one for one in found if one.fix is not None and one.fix.safe]
        edits = sorted({(e.span.start, e.span.end, e.text) for one in safe if one.fix for e in one.fix.edits})
        if any(second[0] < first[1] for first, second in pairwise(edits)):
            continue
        for start, end, new in reversed(edits):
            text = text[:start] + new + text[end:]
        after = count(analyse(Source(path.name, text), bundled(kernel)).diagnostics)
        assert not any(after[key(one)] for one in safe), path.name


@pytest.mark.parametrize("path", ERR, ids=lambda path: path.stem)
def test_places_are_within_the_text(path: Path) -> None:
    text = read(path)
    for kernel in kernels_of(text):
        for found in analyse(Source(path.name, text), bundled(kernel)).diagnostics:
            for label in (found.label, *found.others):
                assert 0 <= label.span.start <= label.span.end <= len(text), found
            assert found.label.span.start < found.label.span.end or found.label.span.end == len(text), found


def test_every_rule_is_shown() -> None:
    texts = "".join(read(path.with_suffix(".txt")) for path in ERR)
    missing = [rule.code for rule in RULES if f"[{rule.code}]" not in texts and rule.code not in OUT_OF_REACH]
    assert not missing


def test_each_expectation_has_its_spec() -> None:
    orphans = [path.name for path in HERE.glob("*/*.txt") if not path.with_suffix(".pl").exists()]
    orphans += [path.name for path in HERE.glob("*/*.commands") if not path.with_suffix(".pl").exists()]
    orphans += [path.name for path in HERE.glob("*/*.bt") if not path.with_suffix(".pl").exists()]
    assert not orphans


def test_good_specs_have_no_errors_where_the_kernel_can() -> None:
    for path in OK:
        text = read(path)
        for name in kernels_of(text, KERNELS):
            if name.startswith("6.1") and not name.startswith("6.12"):
                continue
            found = analyse(Source(path.name, text), bundled(name)).diagnostics
            assert not [one.message for one in found if one.severity is Severity.ERROR], path.name
