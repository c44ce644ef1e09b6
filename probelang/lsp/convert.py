"""From the query API's answers to the protocol's types."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from probelang.analysis.replies import Sort
from probelang.diagnostics import Severity
from probelang.lsp.pages import rule_uri, write_rule
from probelang.source import Span

if TYPE_CHECKING:
    from collections.abc import Iterable

    from probelang.analysis.replies import Completion
    from probelang.diagnostics import Diagnostic, Edit
    from probelang.lsp.files import OpenFile

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
}


#: Diagnostics about something that could as well not be there.
UNUSED = frozenset(("unused-definition", "unused-ignore"))


def to_diagnostic(file: OpenFile, found: Diagnostic, kernels: int, pages: bool) -> types.Diagnostic:
    """A diagnostic, with other places as related information, and a link to what its rule means.

    `kernels` is how many were asked: if it holds for some only, that is said; `pages` where the client can ask for pages.
    """
    parts = [found.message]
    if found.label.text:
        parts.append(found.label.text)
    parts += [f"note: {note}" for note in found.notes]
    if found.help:
        parts.append(f"help: {found.help}")
    if 0 < len(found.kernels) < kernels:
        parts.append(f"on {', '.join(found.kernels)} only")
    related = [
        types.DiagnosticRelatedInformation(
            types.Location(file.uri, file.range(other.span)), other.text or found.message
        )
        for other in found.others
    ]
    link = rule_uri(found.rule) if pages else write_rule(found.rule)
    return types.Diagnostic(
        file.range(found.label.span),
        "\n".join(parts),
        severity=SEVERITIES[found.severity],
        code=found.rule.code,
        code_description=types.CodeDescription(link) if link else None,
        source="probelang",
        tags=[types.DiagnosticTag.Unnecessary] if found.rule.slug in UNUSED else None,
        related_information=related or None,
        data={"slug": found.rule.slug},
    )


def to_completion(file: OpenFile, shift: int, item: Completion) -> types.CompletionItem:
    """A completion; `shift` is where the statement begins that its span counts from."""
    where = file.range(Span(item.span.start + shift, item.span.end + shift))
    return types.CompletionItem(
        item.label,
        kind=KINDS[item.sort],
        detail=item.detail or None,
        sort_text=f"{item.rank + 1:05}",
        filter_text=item.text.strip() or None,
        text_edit=types.TextEdit(where, item.text),
        data={"uri": file.uri, "key": list(item.key)} if item.key else None,
    )


def to_edits(file: OpenFile, edits: Iterable[Edit]) -> list[types.TextEdit]:
    """Edits of the text."""
    return [types.TextEdit(file.range(edit.span), edit.text) for edit in edits]
