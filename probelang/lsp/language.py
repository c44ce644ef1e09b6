"""Completion, hover and signature help."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lsprotocol import types

from probelang.analysis.completion import complete, describe
from probelang.analysis.hover import hover
from probelang.analysis.signature import find_signature
from probelang.lsp.convert import to_completion

if TYPE_CHECKING:
    from probelang.analysis.document import State
    from probelang.lsp.files import OpenFile
    from probelang.lsp.server import Server

TRIGGERS = [".", ">", "$", "%", ":", "@", "[", "/", "~"]


def register(server: Server) -> None:
    """Make the server answer."""

    @server.feature(
        types.TEXT_DOCUMENT_COMPLETION,
        types.CompletionOptions(trigger_characters=TRIGGERS, resolve_provider=True),
    )
    def completion(params: types.CompletionParams) -> types.CompletionList | None:
        asked = _piece(server, params)
        if asked is None:
            return None
        file, state, start, text, offset = asked
        found = complete(state.context, text, offset)
        items = [to_completion(file, start, item) for item in found.items]
        return types.CompletionList(not found.complete, items)

    @server.feature(types.COMPLETION_ITEM_RESOLVE)
    def resolve(item: types.CompletionItem) -> types.CompletionItem:
        data: Any = item.data
        if not isinstance(data, dict) or not isinstance(data.get("key"), list):
            return item
        file = server.files.get(str(data.get("uri")))
        state = server.latest(file) if file is not None else None
        if state is not None:
            text = describe(state.context, tuple(str(part) for part in data["key"]))
            if text:
                item.documentation = types.MarkupContent(types.MarkupKind.Markdown, text)
        return item

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    def hovering(params: types.HoverParams) -> types.Hover | None:
        file = server.files.get(params.text_document.uri)
        states = server.states(file) if file is not None else []
        if file is None or not states:
            return None
        statement, offset = file.document.statement_at(file.offset(params.position))
        found = hover(states, statement, offset) if statement is not None else None
        if found is None:
            return None
        content = types.MarkupContent(types.MarkupKind.Markdown, found.text)
        return types.Hover(content, file.stored_range(found.span))

    @server.feature(
        types.TEXT_DOCUMENT_SIGNATURE_HELP, types.SignatureHelpOptions(trigger_characters=["(", ",", "{"])
    )
    def signature(params: types.SignatureHelpParams) -> types.SignatureHelp | None:
        asked = _piece(server, params)
        if asked is None:
            return None
        _, state, _, text, offset = asked
        found = find_signature(state.context, text, offset)
        if found is None:
            return None
        # labels are of names and C types: one unit a character
        parameters = [types.ParameterInformation(place) for place in found.parameters]
        shown = types.SignatureInformation(found.label, found.doc or None, parameters)
        # one more than there are: none of them
        active = found.active if found.active is not None else len(parameters)
        return types.SignatureHelp([shown], 0, active)


def _piece(
    server: Server, params: types.CompletionParams | types.SignatureHelpParams
) -> tuple[OpenFile, State, int, str, int] | None:
    """The file, what is known of it, and of the statement being typed at a position: its start, its text, and how far into it that is."""
    file = server.files.get(params.text_document.uri)
    state = server.latest(file) if file is not None else None
    if file is None or state is None:
        return None
    offset = file.offset(params.position)
    piece = file.document.piece_at(offset)
    return file, state, piece.start, file.document.text[piece.start : piece.end], offset - piece.start
