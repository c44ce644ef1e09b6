"""The outline, folding, selections, semantic tokens, hints and lenses."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from lsprotocol import types

from probelang.analysis.hints import hints_of, lenses_of
from probelang.analysis.outline import folds, outline, selections
from probelang.analysis.semantic import MODIFIERS, TYPES
from probelang.analysis.workspace import read_specs
from probelang.lsp.files import OpenFile
from probelang.lsp.positions import units_of

if TYPE_CHECKING:
    from probelang.analysis.document import State
    from probelang.analysis.replies import Symbol
    from probelang.lsp.server import Server
    from probelang.source import Span
    from probelang.syntax import tree

SYMBOL_KINDS = {
    "group": types.SymbolKind.Namespace,
    "const": types.SymbolKind.Constant,
    "args": types.SymbolKind.Function,
    "param": types.SymbolKind.Variable,
    "probe": types.SymbolKind.Event,
    "item": types.SymbolKind.Field,
    "use": types.SymbolKind.Function,
}
_NUMBERS = {name: number for number, name in enumerate(TYPES)}


def register(server: Server) -> None:
    """Make the server answer."""

    @server.feature(types.TEXT_DOCUMENT_DOCUMENT_SYMBOL)
    def symbols(params: types.DocumentSymbolParams) -> list[types.DocumentSymbol] | None:
        file = server.files.get(params.text_document.uri)
        if file is None:
            return None
        file_tree, _ = file.document.pieces.parse()
        return [_symbol(file, found) for found in outline(file.document.pieces.store, file_tree.statements)]

    @server.feature(types.WORKSPACE_SYMBOL)
    def workspace_symbols(params: types.WorkspaceSymbolParams) -> list[types.WorkspaceSymbol]:
        return _workspace_symbols(server, params.query)

    @server.feature(types.TEXT_DOCUMENT_FOLDING_RANGE)
    def folding(params: types.FoldingRangeParams) -> list[types.FoldingRange] | None:
        file = server.files.get(params.text_document.uri)
        if file is None:
            return None
        file_tree, _ = file.document.pieces.parse()
        found = []
        for span, kind in folds(file_tree, file.document.pieces.store):
            place = file.stored_range(span)
            found.append(types.FoldingRange(place.start.line, place.end.line, kind=kind))
        return found

    @server.feature(types.TEXT_DOCUMENT_SELECTION_RANGE)
    def selection(params: types.SelectionRangeParams) -> list[types.SelectionRange] | None:
        file = server.files.get(params.text_document.uri)
        if file is None:
            return None
        file.document.pieces.parse()
        return [_selection(file, position) for position in params.positions]

    legend = types.SemanticTokensLegend(list(TYPES), list(MODIFIERS))

    @server.feature(types.TEXT_DOCUMENT_SEMANTIC_TOKENS_FULL, legend)
    def tokens(params: types.SemanticTokensParams) -> types.SemanticTokens | None:
        file = server.files.get(params.text_document.uri)
        state = _first_state(server, file)
        if file is None or state is None:
            return None
        data = _tokens(file, state, state.tree.statements)
        file.tokens = (_next_id(file), data)
        return types.SemanticTokens(data, file.tokens[0])

    @server.feature(types.TEXT_DOCUMENT_SEMANTIC_TOKENS_FULL_DELTA, legend)
    def tokens_delta(
        params: types.SemanticTokensDeltaParams,
    ) -> types.SemanticTokens | types.SemanticTokensDelta | None:
        file = server.files.get(params.text_document.uri)
        state = _first_state(server, file)
        if file is None or state is None:
            return None
        known, before = file.tokens
        data = _tokens(file, state, state.tree.statements)
        file.tokens = (_next_id(file), data)
        if known != params.previous_result_id:
            return types.SemanticTokens(data, file.tokens[0])
        return types.SemanticTokensDelta(_difference(before, data), file.tokens[0])

    @server.feature(types.TEXT_DOCUMENT_SEMANTIC_TOKENS_RANGE, legend)
    def tokens_range(params: types.SemanticTokensRangeParams) -> types.SemanticTokens | None:
        file = server.files.get(params.text_document.uri)
        state = _first_state(server, file)
        if file is None or state is None:
            return None
        return types.SemanticTokens(_tokens(file, state, _within(file, state, params.range)))

    @server.feature(types.TEXT_DOCUMENT_INLAY_HINT)
    def hints(params: types.InlayHintParams) -> list[types.InlayHint] | None:
        file = server.files.get(params.text_document.uri)
        state = _first_state(server, file)
        if file is None or state is None:
            return None
        wishes = server.asked_of(file.uri)
        found = []
        for hint in hints_of(state, _within(file, state, params.range)):
            if not (wishes.hint_types if hint.insert else wishes.hint_points):
                continue
            place = types.Position(*file.lines.position(file.document.pieces.real_offset(hint.offset)))
            kind = types.InlayHintKind.Type if hint.insert else None
            edits = [types.TextEdit(types.Range(place, place), hint.insert)] if hint.insert else None
            found.append(
                types.InlayHint(place, hint.text, kind=kind, text_edits=edits, tooltip=hint.doc or None)
            )
        return found

    @server.feature(types.TEXT_DOCUMENT_CODE_LENS)
    def lenses(params: types.CodeLensParams) -> list[types.CodeLens] | None:
        file = server.files.get(params.text_document.uri)
        states = server.states(file) if file is not None else []
        if file is None or not states or not server.asked_of(file.uri).lenses:
            return None
        from probelang.lsp.questions import COMPILE_COMMAND

        name = server.wishes.compile_command or COMPILE_COMMAND
        return [
            types.CodeLens(
                file.stored_range(lens.span),
                types.Command(lens.text, name, arguments=[{"uri": file.uri, "kernel": lens.kernel}]),
            )
            for lens in lenses_of(states)
        ]


def _first_state(server: Server, file: OpenFile | None) -> State | None:
    states = server.states(file) if file is not None else []
    return states[0] if states else None


def _within(file: OpenFile, state: State, range: types.Range) -> list[tree.Statement]:
    """The statements that a range touches."""
    wanted = file.span(range)
    real = file.document.pieces.real
    found = []
    for statement in state.tree.statements:
        span = real(statement.span)
        if span.start <= wanted.end and wanted.start <= span.end:
            found.append(statement)
    return found


# ------------------------------------------------------------------------------------------------- symbols


def _symbol(file: OpenFile, symbol: Symbol) -> types.DocumentSymbol:
    return types.DocumentSymbol(
        symbol.name or "?",
        SYMBOL_KINDS[symbol.kind],
        file.stored_range(symbol.span),
        file.stored_range(symbol.name_span),
        detail=symbol.detail or None,
        children=[_symbol(file, child) for child in symbol.children] or None,
    )


def _workspace_symbols(server: Server, query: str) -> list[types.WorkspaceSymbol]:
    """Statements by name: of open files, and of the specs in the folders of the workspace."""
    from pygls.uris import from_fs_path, to_fs_path

    found: list[types.WorkspaceSymbol] = []
    wanted = query.lower()
    seen = set()
    for file in list(server.files.values()):
        seen.add(file.path)
        file_tree, _ = file.document.pieces.parse()
        for symbol in outline(file.document.pieces.store, file_tree.statements):
            if wanted in symbol.name.lower():
                place = types.Location(file.uri, file.stored_range(symbol.name_span))
                found.append(types.WorkspaceSymbol(place, symbol.name, SYMBOL_KINDS[symbol.kind]))
    folders = [to_fs_path(folder.uri) for folder in server.workspace.folders.values()]
    for path, text in read_specs([folder for folder in folders if folder]):
        uri = from_fs_path(path)
        if path in seen or uri is None:
            continue
        file = OpenFile(uri, None, text, server.encoding)
        file_tree, _ = file.document.pieces.parse()
        for symbol in outline(file.document.pieces.store, file_tree.statements):
            if wanted in symbol.name.lower():
                place = types.Location(uri, file.stored_range(symbol.name_span))
                name = os.path.basename(path)
                kind = SYMBOL_KINDS[symbol.kind]
                found.append(types.WorkspaceSymbol(place, symbol.name, kind, container_name=name))
    return found


def _selection(file: OpenFile, position: types.Position) -> types.SelectionRange:
    offset = file.offset(position)
    statement, stored = file.document.statement_at(offset)
    spans = selections(statement, stored) if statement is not None else []
    made: types.SelectionRange | None = None
    for span in reversed(spans):
        made = types.SelectionRange(file.stored_range(span), made)
    if made is None:
        place = types.Position(*file.lines.position(offset))
        made = types.SelectionRange(types.Range(place, place))
    return made


# -------------------------------------------------------------------------------------------------- tokens


def _tokens(
    file: OpenFile, state: State, statements: tuple[tree.Statement, ...] | list[tree.Statement]
) -> list[int]:
    """The tokens of some statements, as the protocol packs them."""
    data: list[int] = []
    line = start = 0
    pieces, lines = file.document.pieces, file.lines
    for statement in statements:
        for span, type, modifiers in file.document.tokens(state, statement):
            real: Span = pieces.real(span)
            text = lines.text[real.start : real.end]
            if "\n" in text or "\r" in text:
                continue
            at_line, at = lines.position(real.start)
            data += (at_line - line, at - start if at_line == line else at)
            data += (units_of(text, lines.encoding), _NUMBERS[type], modifiers)
            line, start = at_line, at
    return data


def _next_id(file: OpenFile) -> str:
    known = file.tokens[0]
    return str(int(known) + 1 if known else 1)


def _difference(before: list[int], after: list[int]) -> list[types.SemanticTokensEdit]:
    """One edit that makes the one list into the other."""
    start = 0
    most = min(len(before), len(after))
    while start < most and before[start] == after[start]:
        start += 1
    end = 0
    while end < most - start and before[-1 - end] == after[-1 - end]:
        end += 1
    if start == len(before) == len(after):
        return []
    return [types.SemanticTokensEdit(start, len(before) - start - end, after[start : len(after) - end])]
