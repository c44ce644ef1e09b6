"""Diagnostics as SARIF 2.1.0 (OASIS), which GitHub's code scanning and others read."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from probelang import __version__
from probelang.diagnostics import Severity, headline
from probelang.render.fingerprint import fingerprints
from probelang.render.rule import render_markdown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from probelang.diagnostics import Diagnostic, Label, Rule
    from probelang.source import Source, Span

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}


def render_sarif(
    found: Sequence[tuple[Source, Diagnostic]],
    sources: Iterable[Source],
    kernels: Callable[[Source], Sequence[str]] = lambda source: (),
    places: Mapping[str, str] | None = None,
) -> str:
    """One run, with the files that were read and the rules that something is said of. Columns count characters.

    `kernels` are all that were asked about, for each spec; `places` are for the fingerprints.
    """
    rules = sorted({one.rule for _, one in found}, key=lambda rule: rule.code)
    numbers = {rule.code: number for number, rule in enumerate(rules)}
    marks = fingerprints(found, places)
    run = {
        "tool": {
            "driver": {
                "name": "probelang",
                "semanticVersion": __version__,
                "rules": [_rule(rule) for rule in rules],
            }
        },
        "columnKind": "unicodeCodePoints",
        "artifacts": [{"location": _artifact(source)} for source in sources],
        "results": [
            _result(source, one, numbers[one.rule.code], mark, kernels(source))
            for (source, one), mark in zip(found, marks, strict=True)
        ],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.code,
        "name": "".join(word.capitalize() for word in rule.slug.split("-")),
        "shortDescription": {"text": rule.slug.replace("-", " ")},
        "fullDescription": {"text": rule.doc},
        "help": {"text": rule.doc, "markdown": render_markdown(rule)},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        "properties": {"slug": rule.slug, "problem.severity": _LEVELS[rule.severity]},
    }


def _result(
    source: Source, found: Diagnostic, number: int, mark: str, kernels: Sequence[str]
) -> dict[str, Any]:
    remarks = [found.label.text] if found.label.text else []
    remarks += [*found.notes, *([found.help] if found.help is not None else [])]
    made: dict[str, Any] = {
        "ruleId": found.rule.code,
        "ruleIndex": number,
        "level": _LEVELS[found.severity],
        "message": {"text": _clean("\n".join([headline(found, kernels), *remarks]))},
        "locations": [{"physicalLocation": _location(source, found.label.span)}],
        "partialFingerprints": {"probelang/v1": mark},
        "properties": {"kernels": [_clean(name) for name in found.kernels]},
    }
    if found.others:
        made["relatedLocations"] = [
            _related(source, other, index) for index, other in enumerate(found.others, 1)
        ]
    if found.fix is not None and found.fix.edits:
        replacements = [
            {"deletedRegion": _region(source, edit.span), "insertedContent": {"text": _clean(edit.text)}}
            for edit in sorted(found.fix.edits, key=lambda edit: edit.span.start)
        ]
        change = {"artifactLocation": _artifact(source), "replacements": replacements}
        made["fixes"] = [
            {"description": {"text": _clean(found.fix.title)}, "artifactChanges": [change]},
        ]
    return made


def _related(source: Source, label: Label, index: int) -> dict[str, Any]:
    made: dict[str, Any] = {"id": index, "physicalLocation": _location(source, label.span)}
    if label.text:
        made["message"] = {"text": _clean(label.text)}
    return made


def _location(source: Source, span: Span) -> dict[str, Any]:
    return {"artifactLocation": _artifact(source), "region": _region(source, span)}


def _region(source: Source, span: Span) -> dict[str, int]:
    line, column = source.position(span.start)
    end_line, end_column = source.position(span.end)
    return {"startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column}


def _artifact(source: Source) -> dict[str, str]:
    """Where a spec is: relative to the folder of the run, or absolute where it is somewhere else."""
    from urllib.parse import quote_from_bytes

    if source.name == "<stdin>":
        return {"uri": "stdin"}
    path = source.name
    relative = os.path.relpath(path)
    inside = relative != ".." and not relative.startswith(".." + os.sep)
    name = (relative if inside else os.path.abspath(path)).replace(os.sep, "/")
    uri = quote_from_bytes(os.fsencode(name), safe="/~")
    return {"uri": uri, "uriBaseId": "%SRCROOT%"} if inside else {"uri": f"file://{uri}"}


def _clean(text: str) -> str:
    """What was no UTF-8 in the file has no place in JSON."""
    return text.encode("utf-8", "replace").decode()
