"""Diagnostics as JSON: one list of objects."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from probelang.render.fingerprint import fingerprints

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from probelang.diagnostics import Diagnostic
    from probelang.source import Source, Span


def render_json(found: Iterable[tuple[Source, Diagnostic]], places: Mapping[str, str] | None = None) -> str:
    """All diagnostics of a run; lines and columns count from 1, the end is behind the last character.

    `lint.schema.json` beside this module says what is there; `places` are for the fingerprints.
    """
    found = list(found)
    made = [
        describe(source, diagnostic, mark)
        for (source, diagnostic), mark in zip(found, fingerprints(found, places), strict=True)
    ]
    return json.dumps(made, indent=2) + "\n"


def describe(source: Source, diagnostic: Diagnostic, fingerprint: str) -> dict[str, Any]:
    """One diagnostic; `fix` and `kernel_error` only where there are any.

    What a person reads beside the underlined places is among the notes.
    """
    notes = [diagnostic.label.text] if diagnostic.label.text else []
    for other in diagnostic.others:
        line, column = source.position(other.span.start)
        notes.append(f"{other.text or 'see'}: line {line}, column {column}")
    notes += [*diagnostic.notes, *([diagnostic.help] if diagnostic.help is not None else [])]
    made: dict[str, Any] = {
        "file": source.name,
        **_place(source, diagnostic.label.span),
        "severity": diagnostic.severity.label,
        "code": diagnostic.rule.code,
        "slug": diagnostic.rule.slug,
        "message": diagnostic.message,
        "notes": notes,
        "kernels": list(diagnostic.kernels),
        "fingerprint": fingerprint,
    }
    if diagnostic.fix is not None:
        made["fix"] = {
            "title": diagnostic.fix.title,
            "safe": diagnostic.fix.safe,
            "edits": [{**_place(source, edit.span), "text": edit.text} for edit in diagnostic.fix.edits],
        }
    if diagnostic.kernel_error is not None:
        caret = diagnostic.kernel_column
        made["kernel_error"] = {
            "name": diagnostic.kernel_error,
            "text": diagnostic.kernel_text,
            "column": caret + 1 if caret is not None else None,
            "command": diagnostic.kernel_command,
        }
    return made


def _place(source: Source, span: Span) -> dict[str, int]:
    line, column = source.position(span.start)
    end_line, end_column = source.position(span.end)
    return {"line": line, "column": column, "end_line": end_line, "end_column": end_column}
