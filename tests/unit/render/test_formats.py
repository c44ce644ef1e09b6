"""Formats for programs: each is checked against what defines it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from probelang.diagnostics import Diagnostic, Edit, Fix, Label, Severity
from probelang.project import lint
from probelang.render.fingerprint import fingerprints
from probelang.render.github import render_github
from probelang.render.json import render_json
from probelang.render.sarif import render_sarif
from probelang.render.text import render_concise
from probelang.rules import RULES
from probelang.source import Source, Span
from tests.docs.blocks import ROOT
from tests.support.specs import bundled

SPECS = sorted((ROOT / "tests" / "golden" / "err").glob("*.pl"))
SARIF = json.loads((Path(__file__).parent / "schemas" / "sarif-2.1.0.json").read_text())
OURS = json.loads((ROOT / "probelang" / "render" / "lint.schema.json").read_text())
MATCHER = json.loads((ROOT / "docs" / "probelang-matcher.json").read_text())

Found = list[tuple[Source, Diagnostic]]


def ask(text: str, name: str = "trace/a b.pl", *kernels: str) -> Found:
    source = Source(name, text)
    return [(source, one) for one in lint(source, [bundled(kernel) for kernel in kernels or ("6.12",)])]


@pytest.fixture(scope="module")
def everything() -> Found:
    """What is said of the broken specs of the golden tests, on two kernels."""
    kernels = [bundled("6.1"), bundled("6.12")]
    found = []
    for path in SPECS:
        source = Source(f"err/{path.name}", path.read_bytes().decode("utf-8", "surrogateescape"))
        found += [(source, one) for one in lint(source, kernels)]
    assert len(found) > 100
    return found


def check_sarif(text: str) -> dict[str, Any]:
    log: dict[str, Any] = json.loads(text)
    jsonschema.Draft4Validator(SARIF, format_checker=jsonschema.Draft4Validator.FORMAT_CHECKER).validate(log)
    return log


def test_sarif(everything: Found) -> None:
    sources = list({id(source): source for source, _ in everything}.values())
    (run,) = check_sarif(render_sarif(everything, sources))["runs"]
    assert len(run["results"]) == len(everything)
    rules = run["tool"]["driver"]["rules"]
    assert all(rules[one["ruleIndex"]]["id"] == one["ruleId"] for one in run["results"])
    marks = [one["partialFingerprints"]["probelang/v1"] for one in run["results"]]
    assert len(set(marks)) == len(marks)


def test_sarif_of_nothing_and_of_one() -> None:
    assert check_sarif(render_sarif([], []))["runs"][0]["results"] == []
    found = ask("fprobe vfs_read { é = count, file->f_inod }")
    (run,) = check_sarif(render_sarif(found, [found[0][0]]))["runs"]
    place = run["results"][-1]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "trace/a%20b.pl", "uriBaseId": "%SRCROOT%"}
    assert place["region"]["startLine"] == 1
    outside = check_sarif(render_sarif(ask("x", "/etc/é.pl"), []))["runs"][0]["results"][0]
    uri = outside["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert uri == "file:///etc/%C3%A9.pl"


def test_the_schema_refuses_what_is_none() -> None:
    with pytest.raises(jsonschema.ValidationError):
        check_sarif('{"version": "2.1.0", "runs": [{"results": []}]}')


def test_json(everything: Found) -> None:
    jsonschema.Draft202012Validator.check_schema(OURS)
    jsonschema.Draft202012Validator(OURS).validate(json.loads(render_json(everything)))
    jsonschema.Draft202012Validator(OURS).validate([])
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(OURS).validate([{"file": "x"}])


_COMMAND = re.compile(r"::(error|warning|notice) ([a-z]+=[^,:\r\n]*(?:,[a-zA-Z]+=[^,:\r\n]*)*)::([^\r\n]+)")


def test_github(everything: Found) -> None:
    lines = render_github(everything).splitlines()
    assert len(lines) == len(everything)
    assert all(_COMMAND.fullmatch(line) for line in lines)


def test_github_escapes() -> None:
    found = ask("fprobe vfs_read { n = count: u8 }", "a,b:c%.pl")
    (line,) = render_github(found).splitlines()
    assert line.startswith(
        "::warning title=PRB309 narrowing,file=a%2Cb%3Ac%25.pl,line=1,endLine=1,col=30,endColumn=31::`size_t` has"
    )
    assert "%0Ahelp: " in line


def test_problem_matcher(everything: Found) -> None:
    """The matcher finds what `--format concise` says, every line of it."""
    (pattern,) = MATCHER["problemMatcher"][0]["pattern"]
    find = re.compile(pattern["regexp"])
    for source, one in everything:
        (line,) = render_concise(source, [one]).splitlines()
        match = find.match(line)
        assert match is not None, line
        assert match[pattern["file"]] == source.name
        assert match[pattern["code"]] == one.rule.code and match[pattern["severity"]] == one.severity.label
        assert int(match[pattern["line"]]) == source.position(one.label.span.start)[0]


def test_fingerprints_stay() -> None:
    spec = "fprobe vfs_read { n = count: u8 }\nfprobe vfs_write { n = count: u8 }\n"
    before = fingerprints(ask(spec))
    moved = "# new\n\ntprobe sched_switch\n" + spec.replace("fprobe vfs_write", "  fprobe vfs_write")
    assert fingerprints(ask(moved)) == before and len(set(before)) == 2
    assert fingerprints(ask(spec, "./trace/a b.pl")) == before
    assert not set(fingerprints(ask(spec, "other.pl"))) & set(before)
    assert fingerprints(ask(spec.replace("u8", "u16"))) != before
    # of several that are the same the second stays the second
    twice = "fprobe vfs_read { n = count: u8 }\n" * 2
    marks = [
        mark
        for (_, one), mark in zip(ask(twice), fingerprints(ask(twice)), strict=True)
        if one.rule.slug == "narrowing"
    ]
    assert len(set(marks)) == 2
    # the kernels do not matter
    assert fingerprints(ask(spec, "trace/a b.pl", "6.12", "7.3")) == before


@given(
    st.text(max_size=30),
    st.text(max_size=20),
    st.text(max_size=20),
    st.data(),
    st.sampled_from(list(Severity)),
)
def test_no_text_is_too_odd(
    text: str, name: str, message: str, data: st.DataObject, severity: Severity
) -> None:
    end = data.draw(st.integers(0, len(text)))
    start = data.draw(st.integers(0, end))
    fix = Fix("fix", (Edit(Span(start, end), message),))
    one = Diagnostic(
        RULES[0], message or "m", Label(Span(start, end), name), severity, (Label(Span(0, end)),), fix=fix
    )
    found = [(Source(name or "x", text), one)]
    assert render_json(found).isascii()
    check_sarif(render_sarif(found, [found[0][0]]))
    assert _COMMAND.fullmatch(render_github(found).removesuffix("\n"))
