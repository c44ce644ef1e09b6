"""From the query API's answers to the protocol's types."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from probelang.analysis.replies import Sort
from probelang.diagnostics import Severity

if TYPE_CHECKING:
    from probelang.analysis.replies import Completion
    from probelang.diagnostics import Diagnostic
    from probelang.lsp.positions import Lines
    from probelang.source import Span

SEVERITIES = {
    Severity.ERROR: types.DiagnosticSeverity.Error,
    Severity.WARNING: types.DiagnosticSeverity.Warning,
    Severity.INFO: types.DiagnosticSeverity.Information,
}
KINDS = {
    Sort.KEYWORD: types.CompletionItemKind.Keyword,
    Sort.FUNCTION: types.CompletionItemKind.Function,
    Sort.TRACEPOINT: types.CompletionItemKind.Event,
    Sort.EVENT: types.CompletionItemKind.Event,
    Sort.SYSTEM: types.CompletionItemKind.Module,
    Sort.MODULE: types.CompletionItemKind.Module,
    Sort.MEMBER: types.CompletionItemKind.Field,
    Sort.PARAMETER: types.CompletionItemKind.Variable,
    Sort.VARIABLE: types.CompletionItemKind.Variable,
    Sort.CONSTANT: types.CompletionItemKind.Constant,
    Sort.TYPE: types.CompletionItemKind.Struct,
    Sort.FETCH_TYPE: types.CompletionItemKind.TypeParameter,
    Sort.OPTION: types.CompletionItemKind.Property,
    Sort.ARGS: types.CompletionItemKind.Function,
    Sort.SLUG: types.CompletionItemKind.Value,
    Sort.FILE: types.CompletionItemKind.File,
    Sort.FOLDER: types.CompletionItemKind.Folder,
    Sort.SYMBOL: types.CompletionItemKind.Function,
    Sort.SNIPPET: types.CompletionItemKind.Snippet,
}


def to_range(lines: Lines, span: Span) -> types.Range:
    """A span as the client counts."""
    return types.Range(types.Position(*lines.position(span.start)), types.Position(*lines.position(span.end)))


def to_diagnostic(lines: Lines, uri: str, found: Diagnostic) -> types.Diagnostic:
    """A diagnostic, with what is to be said at its place, and other places as related information."""
    parts = [found.message]
    if found.label.text:
        parts.append(found.label.text)
    parts += [f"note: {note}" for note in found.notes]
    if found.help:
        parts.append(f"help: {found.help}")
    related = [
        types.DiagnosticRelatedInformation(
            types.Location(uri, to_range(lines, other.span)), other.text or found.message
        )
        for other in found.others
    ]
    return types.Diagnostic(
        to_range(lines, found.label.span),
        "\n".join(parts),
        severity=SEVERITIES[found.severity],
        code=found.rule.code,
        source="probelang",
        related_information=related or None,
    )


def to_completion(lines: Lines, shift: int, uri: str, item: Completion) -> types.CompletionItem:
    """A completion; `shift` is where the statement begins that its span counts from."""
    from probelang.source import Span

    where = to_range(lines, Span(item.span.start + shift, item.span.end + shift))
    return types.CompletionItem(
        item.label,
        kind=KINDS[item.sort],
        detail=item.detail or None,
        sort_text=f"{item.rank + 1:05}",
        filter_text=item.text.strip() or None,
        text_edit=types.TextEdit(where, item.text),
        data={"uri": uri, "key": list(item.key)} if item.key else None,
    )
