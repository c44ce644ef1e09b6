"""Diagnostics on request, code actions and formatting."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from lsprotocol import types

from probelang.analysis.actions import actions_at
from probelang.formatter.spec import FormatError, format_range
from probelang.lsp.convert import to_diagnostic, to_edits
from probelang.source import Source, Span

if TYPE_CHECKING:
    from probelang.diagnostics import Diagnostic
    from probelang.lsp.files import OpenFile
    from probelang.lsp.server import Server

log = logging.getLogger("probelang.lsp")

ACTION_KINDS = ["quickfix", "refactor.rewrite", "refactor.extract", "source.fixAll.probelang"]


def register(server: Server) -> None:
    """Make the server answer."""

    @server.feature(
        types.TEXT_DOCUMENT_DIAGNOSTIC,
        types.DiagnosticOptions(
            inter_file_dependencies=False, workspace_diagnostics=False, identifier="probelang"
        ),
    )
    def diagnostic(params: types.DocumentDiagnosticParams) -> types.DocumentDiagnosticReport:
        file = server.files.get(params.text_document.uri)
        if file is None:
            return types.RelatedFullDocumentDiagnosticReport([])
        return types.RelatedFullDocumentDiagnosticReport(server.protocol_diagnostics(file))

    @server.feature(types.TEXT_DOCUMENT_CODE_ACTION, types.CodeActionOptions(ACTION_KINDS))
    def actions(params: types.CodeActionParams) -> list[types.CodeAction] | None:
        file = server.files.get(params.text_document.uri)
        states = server.states(file) if file is not None else []
        if file is None or not states:
            return None
        said = _with_alternatives(server, file, server.diagnostics(file), file.span(params.range))
        kernels = len(server.wishes_of(file).kernels)
        pages = server.can("workspace", "text_document_content")
        made = []
        for action in actions_at(file.document, states[0], said, file.span(params.range)):
            kind = "source.fixAll.probelang" if action.sort == "source.fixAll" else action.sort
            only = params.context.only
            if only and not any(kind == asked or kind.startswith(f"{asked}.") for asked in only):
                continue
            cured = action.cures
            made.append(
                types.CodeAction(
                    action.title,
                    kind,
                    [to_diagnostic(file, cured, kernels, pages)] if cured is not None else None,
                    action.preferred or None,
                    edit=types.WorkspaceEdit(changes={file.uri: list(to_edits(file, action.edits))}),
                )
            )
        return made

    @server.feature(types.TEXT_DOCUMENT_FORMATTING)
    def formatting(params: types.DocumentFormattingParams) -> list[types.TextEdit] | None:
        file = server.files.get(params.text_document.uri)
        return _format(file, Span(0, len(file.document.text))) if file is not None else None

    @server.feature(types.TEXT_DOCUMENT_RANGE_FORMATTING)
    def range_formatting(params: types.DocumentRangeFormattingParams) -> list[types.TextEdit] | None:
        file = server.files.get(params.text_document.uri)
        return _format(file, file.span(params.range)) if file is not None else None

    @server.feature(types.TEXT_DOCUMENT_ON_TYPE_FORMATTING, types.DocumentOnTypeFormattingOptions("}"))
    def type_formatting(params: types.DocumentOnTypeFormattingParams) -> list[types.TextEdit] | None:
        file = server.files.get(params.text_document.uri)
        if file is None:
            return None
        offset = file.offset(params.position)
        statement, _ = file.document.statement_at(max(offset - 1, 0))
        if statement is None or file.document.pieces.real(statement.span).end != offset:
            # a brace within, which closes no statement
            return None
        return _format(file, file.document.pieces.real(statement.span))


def _with_alternatives(
    server: Server, file: OpenFile, said: list[Diagnostic], span: Span
) -> list[Diagnostic]:
    """What is said, that about a place with what some kernels have instead of what they lack there."""
    kernels = server.kernels_of(file)
    here = [
        found
        for found in said
        if len(found.kernels) < len(kernels)
        and found.label.span.start <= span.end
        and span.start <= found.label.span.end
    ]
    if not here:
        return said
    from probelang.linter.alternatives import offer

    wishes = server.wishes_of(file)
    source = Source(file.document.source.name, file.document.text)
    offered = offer(source, here, kernels, wishes.target, wishes.settings)
    return [*[found for found in said if found not in here], *offered]


def _format(file: OpenFile, span: Span) -> list[types.TextEdit] | None:
    try:
        return to_edits(file, format_range(file.document.source, span))
    except FormatError:
        log.error("the formatter would have changed what a spec says; it is left as it is")
        return None
