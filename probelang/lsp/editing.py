"""Diagnostics on request, code actions, formatting and commands."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from lsprotocol import types

from probelang.analysis.actions import actions_at
from probelang.format.spec import FormatError, format_range
from probelang.lsp.convert import to_diagnostic, to_edits
from probelang.source import Source, Span

if TYPE_CHECKING:
    from probelang.lsp.files import OpenFile
    from probelang.lsp.server import Server

log = logging.getLogger("probelang.lsp")

COMPILE = "probelang.server.compile"
KERNELS = "probelang.server.kernels"
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
        said = server.diagnostics(file)
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

    @server.command(KERNELS)
    def list_kernels(*arguments: Any) -> dict[str, Any]:
        from probelang.kernel.load import bundled_kernels

        asked = arguments[0] if arguments and isinstance(arguments[0], dict) else {}
        file = server.files.get(str(asked.get("uri")))
        names = server.wishes_of(file).kernels if file is not None else server.wishes.kernels or (None,)
        listed = [
            {
                "name": name or "running",
                "title": server.kernels[name].title if name in server.kernels else None,
                "problem": server.broken.get(name),
            }
            for name in names
        ]
        return {"bundled": bundled_kernels(), "kernels": listed}

    @server.command(COMPILE)
    def compile_file(*arguments: Any) -> dict[str, Any]:
        asked = arguments[0] if arguments and isinstance(arguments[0], dict) else {}
        return _compile(server, asked)


def _format(file: OpenFile, span: Span) -> list[types.TextEdit] | None:
    try:
        return to_edits(file, format_range(file.document.source, span))
    except FormatError:
        log.error("the formatter would have changed what a spec says; it is left as it is")
        return None


def _compile(server: Server, asked: dict[str, Any]) -> dict[str, Any]:
    """What `probelang compile` would write of an open file: `text`, or why there is none in `problem`."""
    from probelang.analysis import analyse
    from probelang.backends import BACKENDS, get_backend

    file = server.files.get(str(asked.get("uri")))
    if file is None:
        return {"problem": "the file is not open"}
    wishes = server.wishes_of(file)
    name = asked.get("kernel") or wishes.kernels[0]
    kernel = next((known for known in server.kernels.values() if known.name == name), None)
    kernel = kernel or server.find_kernel(name if isinstance(name, str) else None)
    if kernel is None:
        return {"problem": server.broken.get(name) or f"{name or 'the running kernel'} is being read"}
    target = asked.get("target") if asked.get("target") in BACKENDS else wishes.target
    backend = get_backend(str(target))
    format = asked.get("format") if asked.get("format") in backend.FORMATS else backend.FORMATS[0]
    source = Source(file.document.source.name, file.document.text)
    analysis = analyse(source, kernel, str(target), wishes.settings)
    answer: dict[str, Any] = {
        "kernel": kernel.name,
        "title": kernel.title,
        "target": target,
        "format": format,
    }
    if analysis.failed:
        from probelang.render.text import render_text

        return {
            **answer,
            "problem": "the spec has errors",
            "diagnostics": render_text(source, list(analysis.diagnostics), color=False),
        }
    output = backend.render(analysis.events, str(format), [source.name], kernel, wishes.settings)
    return {**answer, "text": output.text, "notes": list(output.notes)}
