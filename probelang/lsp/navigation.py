"""Definitions, references, renaming, and the pages of C that definitions lead to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from lsprotocol import types

from probelang.analysis import names
from probelang.analysis.definition import find_definition, find_type_definition
from probelang.analysis.header import Target, render_page, target_in_page
from probelang.lsp import pages
from probelang.lsp.files import OpenFile, to_range
from probelang.lsp.positions import UTF16, Lines
from probelang.lsp.protocol import Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from probelang.analysis.document import State
    from probelang.kernel.interface import Kernel
    from probelang.lsp.server import Server
    from probelang.source import Span
    from probelang.syntax import tree


class _At(Protocol):
    """What every request about a place has."""

    text_document: types.TextDocumentIdentifier
    position: types.Position


def register(server: Server) -> None:
    """Make the server answer."""

    @server.feature(types.TEXT_DOCUMENT_DEFINITION)
    def definition(params: types.DefinitionParams) -> list[types.Location] | None:
        return _lead(server, params, find_definition)

    @server.feature(types.TEXT_DOCUMENT_TYPE_DEFINITION)
    def type_definition(params: types.TypeDefinitionParams) -> list[types.Location] | None:
        def find(state: State, statement: tree.Statement, offset: int) -> list[Target]:
            target = find_type_definition(state, statement, offset)
            return [target] if target is not None else []

        return _lead(server, params, find) or None

    @server.feature(types.TEXT_DOCUMENT_REFERENCES)
    def references(params: types.ReferenceParams) -> list[types.Location] | None:
        found = _occurrences(server, params)
        if found is None:
            return None
        file, places = found
        return [
            types.Location(file.uri, file.stored_range(place.span))
            for place in places
            if params.context.include_declaration or not place.defines
        ]

    @server.feature(types.TEXT_DOCUMENT_DOCUMENT_HIGHLIGHT)
    def highlight(params: types.DocumentHighlightParams) -> list[types.DocumentHighlight] | None:
        found = _occurrences(server, params)
        if found is None:
            return None
        file, places = found
        kinds = types.DocumentHighlightKind
        return [
            types.DocumentHighlight(
                file.stored_range(place.span), kinds.Write if place.defines else kinds.Read
            )
            for place in places
        ]

    @server.feature(types.TEXT_DOCUMENT_PREPARE_RENAME)
    def prepare(params: types.PrepareRenameParams) -> types.PrepareRenamePlaceholder | None:
        found = _named(server, params)
        if found is None or not names.definition_of(found[1], found[2]):
            return None
        file, _, name, span = found
        return types.PrepareRenamePlaceholder(file.stored_range(span), name.name)

    @server.feature(types.TEXT_DOCUMENT_RENAME)
    def rename(params: types.RenameParams) -> types.WorkspaceEdit | None:
        found = _named(server, params)
        if found is None or not names.definition_of(found[1], found[2]):
            return None
        file, state, name, _ = found
        try:
            edits = names.rename(state, name, params.new_name)
        except names.RenameError as error:
            raise Refused(str(error)) from None
        changes = [types.TextEdit(file.stored_range(edit.span), edit.text) for edit in edits]
        return types.WorkspaceEdit(changes={file.uri: list(changes)})

    @server.feature(types.WORKSPACE_TEXT_DOCUMENT_CONTENT)
    def content(params: types.TextDocumentContentParams) -> types.TextDocumentContentResult:
        return types.TextDocumentContentResult(page_text(server, params.uri) or "")


def _at(server: Server, params: _At) -> tuple[OpenFile, State, tree.Statement, int] | None:
    """The file, what is known of it, and the statement and stored offset of a position."""
    file = server.files.get(params.text_document.uri)
    states = server.states(file) if file is not None else []
    if file is None or not states:
        return None
    statement, offset = file.document.statement_at(file.offset(params.position))
    return (file, states[0], statement, offset) if statement is not None else None


def _named(server: Server, params: _At) -> tuple[OpenFile, State, names.Named, Span] | None:
    """The file, what is known of it, and the name at a position with its place."""
    found = _at(server, params)
    if found is None:
        return None
    file, state, statement, offset = found
    named = names.named_at(state, statement, offset)
    return (file, state, *named) if named is not None else None


def _occurrences(server: Server, params: _At) -> tuple[OpenFile, list[names.Occurrence]] | None:
    found = _named(server, params)
    if found is None:
        return None
    file, state, name, _ = found
    return file, names.occurrences(state, name)


def _lead(
    server: Server, params: _At, find: Callable[[State, tree.Statement, int], Sequence[Target | Span]]
) -> list[types.Location] | None:
    """Where `find` leads from a position: into a page of ours, or to a place in the spec."""
    header = pages.parse_header(params.text_document.uri)
    if header is not None:
        return _from_page(server, header, params.position)
    found = _at(server, params)
    if found is None:
        return None
    file, state, statement, offset = found
    located = [
        _locate(server, state.context.kernel, place)
        if isinstance(place, Target)
        else types.Location(file.uri, file.stored_range(place))
        for place in find(state, statement, offset)
    ]
    return [place for place in located if place is not None]


def page_text(server: Server, uri: str) -> str | None:
    """The text of a page of our own; None where there is no such page."""
    code = pages.rule_of(uri)
    if code is not None:
        from probelang.render.rule import render_markdown
        from probelang.rules import RULES

        return next((render_markdown(rule) for rule in RULES if rule.code == code), None)
    header = pages.parse_header(uri)
    kernel = _kernel(server, header) if header is not None else None
    return render_page(kernel, header.page) if header is not None and kernel is not None else None


def _kernel(server: Server, header: pages.Header) -> Kernel | None:
    for kernel in server.kernels.values():
        if kernel.name == header.kernel:
            return kernel
    return None


def _from_page(server: Server, header: pages.Header, position: types.Position) -> list[types.Location] | None:
    kernel = _kernel(server, header)
    text = render_page(kernel, header.page) if kernel is not None else None
    if kernel is None or text is None:
        return None
    offset = Lines(text, UTF16).offset(position.line, position.character)
    target = target_in_page(kernel, header.page, offset)
    place = _locate(server, kernel, target) if target is not None else None
    return [place] if place is not None else None


def _locate(server: Server, kernel: Kernel, target: Target) -> types.Location | None:
    """Where a place on a page is for the client: at an address of our own, or in a file."""
    text = render_page(kernel, target.page)
    if text is None:
        return None
    header = pages.Header(kernel.name, target.page)
    known = server.can("workspace", "text_document_content")
    uri = pages.header_uri(header) if known else pages.write_header(header, text)
    return types.Location(uri, _range(text, target.span)) if uri is not None else None


def _range(text: str, span: Span) -> types.Range:
    return to_range(Lines(text, UTF16), span)
