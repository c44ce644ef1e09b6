"""What an editor asks about places: where they lead, what a spec consists of, how it can be changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types as t
from pygls.exceptions import JsonRpcException
from pygls.uris import from_fs_path

from tests.lsp.conversation import SPEC, apply_edits, at, capabilities, converse

# -------------------------------------------------------------------------------------------------- navigation


def test_definitions_lead_into_pages_of_c_and_on(tmp_path: Path) -> None:
    can = capabilities(text_document_content=t.TextDocumentContentClientCapabilities())

    async def talk(client: Any, uri: str) -> None:
        await client.diagnostics(uri)
        (place,) = await client.text_document_definition_async(t.DefinitionParams(**at(uri, 5, 25)))
        assert place.uri == "probelang-header:/6.12/struct/inode.h"
        page = await client.workspace_text_document_content_async(t.TextDocumentContentParams(place.uri))
        row = page.text.split("\n")[place.range.start.line]
        assert row[place.range.start.character : place.range.end.character] == "i_ino"
        line = next(n for n, row in enumerate(page.text.split("\n")) if "struct super_block *i_sb" in row)
        (further,) = await client.text_document_definition_async(
            t.DefinitionParams(**at(place.uri, line, 12))
        )
        assert further.uri == "probelang-header:/6.12/struct/super_block.h"
        (typed,) = await client.text_document_type_definition_async(t.TypeDefinitionParams(**at(uri, 5, 10)))
        assert typed.uri == "probelang-header:/6.12/struct/file.h"
        (function,) = await client.text_document_definition_async(t.DefinitionParams(**at(uri, 3, 15)))
        assert function.uri == "probelang-header:/6.12/function/vfs_read.h"
        (own,) = await client.text_document_definition_async(t.DefinitionParams(**at(uri, 3, 34)))
        assert (own.uri, own.range.start.line) == (uri, 1)
        rule = await client.workspace_text_document_content_async(
            t.TextDocumentContentParams("probelang-rule:/PRB301.md")
        )
        assert rule.text.startswith("# PRB301 unknown-member\n\nError. ")
        nothing = t.TextDocumentContentParams("probelang-header:/6.12/struct/no_such_thing.h")
        assert (await client.workspace_text_document_content_async(nothing)).text == ""

    converse(tmp_path, talk, can=can)


def test_pages_are_files_for_who_cannot_ask_for_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROBELANG_CACHE_DIR", str(tmp_path / "cache"))

    async def talk(client: Any, uri: str) -> None:
        await client.diagnostics(uri)
        (place,) = await client.text_document_definition_async(t.DefinitionParams(**at(uri, 5, 25)))
        path = tmp_path / "cache/editor/headers/6.12/struct/inode.h"
        assert place.uri == from_fs_path(str(path))
        assert path.stat().st_mode & 0o222 == 0
        rows = path.read_text().split("\n")
        assert "i_ino" in rows[place.range.start.line]
        line = next(n for n, row in enumerate(rows) if "struct super_block *i_sb" in row)
        (further,) = await client.text_document_definition_async(
            t.DefinitionParams(**at(place.uri, line, 12))
        )
        assert further.uri.endswith("/struct/super_block.h")

    converse(tmp_path, talk)


def test_references_highlights_and_renaming(tmp_path: Path) -> None:
    async def talk(client: Any, uri: str) -> None:
        await client.diagnostics(uri)
        context = t.ReferenceContext(include_declaration=False)
        found = await client.text_document_references_async(
            t.ReferenceParams(context=context, **at(uri, 2, 6))
        )
        assert [place.range.start.line for place in found] == [6]
        lit = await client.text_document_document_highlight_async(t.DocumentHighlightParams(**at(uri, 2, 6)))
        assert [(one.range.start.line, one.kind) for one in lit] == [
            (2, t.DocumentHighlightKind.Write),
            (6, t.DocumentHighlightKind.Read),
        ]
        prepared = await client.text_document_prepare_rename_async(t.PrepareRenameParams(**at(uri, 3, 34)))
        assert prepared.placeholder == "BIG"
        edit = await client.text_document_rename_async(t.RenameParams(new_name="LARGE", **at(uri, 3, 34)))
        after = apply_edits(SPEC, edit.changes[uri])
        assert after == SPEC.replace("BIG", "LARGE")
        for wrong in ("1st", "a b", ""):
            with pytest.raises(JsonRpcException, match="is no name"):
                await client.text_document_rename_async(t.RenameParams(new_name=wrong, **at(uri, 3, 34)))
        assert (
            await client.text_document_prepare_rename_async(t.PrepareRenameParams(**at(uri, 3, 15))) is None
        )

    converse(tmp_path, talk)


# --------------------------------------------------------------------------------------------------- structure


def test_outline_folds_and_selections(tmp_path: Path) -> None:
    async def talk(client: Any, uri: str) -> None:
        await client.diagnostics(uri)
        symbols = await client.text_document_document_symbol_async(t.DocumentSymbolParams(client.file(uri)))
        assert [symbol.name for symbol in symbols] == ["io", "BIG", "fx", "big", "vfs_wri*"]
        assert [child.name for child in symbols[3].children or ()] == ["n", "m", "use fx", "count"]
        folds = await client.text_document_folding_range_async(t.FoldingRangeParams(client.file(uri)))
        assert [(fold.start_line, fold.end_line) for fold in folds] == [(3, 8)]
        places = [t.Position(5, 25)]
        (selection,) = await client.text_document_selection_range_async(
            t.SelectionRangeParams(client.file(uri), places)
        )
        sizes = []
        part: t.SelectionRange | None = selection
        while part is not None:
            sizes.append((part.range.start.line, part.range.start.character))
            part = part.parent
        assert sizes == [(5, 23), (5, 8), (5, 4), (3, 0)]
        found = await client.workspace_symbol_async(t.WorkspaceSymbolParams("BI"))
        assert {symbol.name for symbol in found} == {"BIG", "big"}

    converse(tmp_path, talk)


def test_semantic_tokens_whole_in_part_and_changed(tmp_path: Path) -> None:
    async def talk(client: Any, uri: str) -> None:
        await client.diagnostics(uri)
        whole = await client.text_document_semantic_tokens_full_async(
            t.SemanticTokensParams(client.file(uri))
        )
        assert whole is not None and len(whole.data) % 5 == 0
        rows = SPEC.split("\n")
        line = column = 0
        words = []
        data = list(whole.data)
        for index in range(0, len(data), 5):
            down, right, length, kind, _ = data[index : index + 5]
            line, column = line + down, right if down else column + right
            words.append((rows[line][column : column + length], kind))
        assert (
            ("vfs_read", 8) in words
            and ("BIG", 4) in words
            and ("count", 3) in words
            and ("f_inode", 5) in words
        )
        part = await client.text_document_semantic_tokens_range_async(
            t.SemanticTokensRangeParams(client.file(uri), t.Range(t.Position(1, 0), t.Position(1, 5)))
        )
        assert part is not None and len(part.data) == 10
        where = t.Range(t.Position(1, 12), t.Position(1, 13))
        client.change(uri, 2, t.TextDocumentContentChangePartial(where, "1234"))
        changed = await client.text_document_semantic_tokens_full_delta_async(
            t.SemanticTokensDeltaParams(client.file(uri), whole.result_id or "")
        )
        assert isinstance(changed, t.SemanticTokensDelta)
        again = list(whole.data)
        for edit in changed.edits:
            again[edit.start : edit.start + edit.delete_count] = list(edit.data or ())
        fresh = await client.text_document_semantic_tokens_full_async(
            t.SemanticTokensParams(client.file(uri))
        )
        assert fresh is not None and list(fresh.data) == again != list(whole.data)

    converse(tmp_path, talk)


def test_hints_and_lenses(tmp_path: Path) -> None:
    async def talk(client: Any, uri: str) -> None:
        await client.diagnostics(uri)
        all_of_it = t.Range(t.Position(0, 0), t.Position(99, 0))
        hints = await client.text_document_inlay_hint_async(t.InlayHintParams(client.file(uri), all_of_it))
        labels = [(hint.position.line, hint.label) for hint in hints]
        assert (5, ": u64") in labels and (9, ": string") in labels
        assert any(line == 9 and str(label).endswith(" points") for line, label in labels)
        lenses = await client.text_document_code_lens_async(t.CodeLensParams(client.file(uri)))
        assert lenses[0].command is not None
        assert lenses[0].command.title == "3 events on 6.12; has errors"
        answer = await client.workspace_execute_command_async(
            t.ExecuteCommandParams(lenses[0].command.command, lenses[0].command.arguments)
        )
        assert "has no member `f_inod`" in answer["errors"][0]
        where = t.Range(t.Position(4, 20), t.Position(4, 20))
        client.change(uri, 2, t.TextDocumentContentChangePartial(where, "e"))
        answer = await client.workspace_execute_command_async(
            t.ExecuteCommandParams(lenses[0].command.command, lenses[0].command.arguments)
        )
        assert "f:io/big vfs_read n=file->f_inode:x64" in answer["text"]
        client.workspace_did_change_configuration(
            t.DidChangeConfigurationParams({"probelang": {"codeLens": False, "inlayHints": {"types": False}}})
        )
        assert not await client.text_document_code_lens_async(t.CodeLensParams(client.file(uri)))
        hints = await client.text_document_inlay_hint_async(t.InlayHintParams(client.file(uri), all_of_it))
        assert {hint.position.line for hint in hints} == {9}

    converse(tmp_path, talk)


# ----------------------------------------------------------------------------------------------------- editing


def test_fixes_and_refactorings(tmp_path: Path) -> None:
    async def talk(client: Any, uri: str) -> None:
        await client.diagnostics(uri)

        async def actions(first: tuple[int, int], last: tuple[int, int]) -> dict[str, t.CodeAction]:
            where = t.Range(t.Position(*first), t.Position(*last))
            found = await client.text_document_code_action_async(
                t.CodeActionParams(client.file(uri), where, t.CodeActionContext([]))
            )
            return {action.title: action for action in found if isinstance(action, t.CodeAction)}

        def done(action: t.CodeAction) -> str:
            assert action.edit is not None and action.edit.changes is not None
            return apply_edits(SPEC, action.edit.changes[uri])

        found = await actions((4, 15), (4, 15))
        cure = found["replace it by `f_inode`"]
        assert cure.kind == "quickfix" and cure.diagnostics
        assert done(cure) == SPEC.replace("f_inod\n", "f_inode\n")
        choice = next(action for title, action in found.items() if "??" in title)
        assert "n = file->f_inod ?? file->f_inode\n" in done(choice)
        found = await actions((9, 1), (9, 1))
        assert done(found["make it an fprobe"]) == SPEC.replace("kprobe vfs_wri*", "fprobe vfs_wri*")
        found = await actions((5, 4), (5, 28))
        extracted = done(found["extract `args common`"])
        assert (
            "args common(file: struct file *) {\n    m = file->f_inode->i_ino\n}\n\nbig = fprobe" in extracted
        )
        assert "    use common(file)\n    use fx(file)\n" in extracted

    converse(tmp_path, talk)


def test_formatting(tmp_path: Path) -> None:
    text = "group   io\nfprobe   vfs_read {\ncount\n}\nkprobe vfs_write  { (count }\n"

    async def talk(client: Any, uri: str) -> None:
        await client.diagnostics(uri)
        how = t.FormattingOptions(4, True)
        edits = await client.text_document_formatting_async(t.DocumentFormattingParams(client.file(uri), how))
        good = "group io\nfprobe vfs_read {\n    count\n}\nkprobe vfs_write  { (count }\n"
        assert apply_edits(text, edits) == good
        where = t.Range(t.Position(0, 0), t.Position(0, 3))
        edits = await client.text_document_range_formatting_async(
            t.DocumentRangeFormattingParams(client.file(uri), where, how)
        )
        assert apply_edits(text, edits) == text.replace("group   io", "group io")
        edits = await client.text_document_on_type_formatting_async(
            t.DocumentOnTypeFormattingParams(client.file(uri), t.Position(3, 1), "}", how)
        )
        assert apply_edits(text, edits) == text.replace(
            "fprobe   vfs_read {\ncount", "fprobe vfs_read {\n    count"
        )

    converse(tmp_path, talk, text)
