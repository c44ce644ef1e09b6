"""The server as an editor meets it: a real client library over standard input and output."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types as t
from pygls.exceptions import JsonRpcException
from pygls.lsp.client import LanguageClient
from pygls.uris import from_fs_path

SPEC = """\
group io
const BIG = 7
args fx(f: struct file *) { f->f_pos }
big = fprobe vfs_read if count > BIG {
    n = file->f_inod
    m = file->f_inode->i_ino
    use fx(file)
    count
}
kprobe vfs_wri* { $comm }  # probelang: ignore[kprobe-at-entry]
"""


class Client(LanguageClient):
    """A client that remembers what it is told."""

    def __init__(self) -> None:
        super().__init__("tests", "1")
        self.said: dict[str, asyncio.Queue[t.PublishDiagnosticsParams]] = {}
        self.messages: list[str] = []
        self.shown_progress: list[Any] = []
        self.registered: list[str] = []
        self.settings: object = None
        self.refreshed = 0

    def file(self, uri: str) -> t.TextDocumentIdentifier:
        return t.TextDocumentIdentifier(uri)

    def open(self, uri: str, text: str) -> None:
        self.text_document_did_open(
            t.DidOpenTextDocumentParams(t.TextDocumentItem(uri, "probelang", 1, text))
        )

    def change(self, uri: str, version: int, *changes: t.TextDocumentContentChangeEvent) -> None:
        document = t.VersionedTextDocumentIdentifier(version, uri)
        self.text_document_did_change(t.DidChangeTextDocumentParams(document, list(changes)))

    async def diagnostics(self, uri: str) -> list[t.Diagnostic]:
        queue = self.said.setdefault(uri, asyncio.Queue())
        found = await asyncio.wait_for(queue.get(), 30)
        return list(found.diagnostics)


def capabilities(**workspace: Any) -> t.ClientCapabilities:
    return t.ClientCapabilities(workspace=t.WorkspaceClientCapabilities(**workspace))


@asynccontextmanager
async def talking(
    log: Path,
    can: t.ClientCapabilities | None = None,
    options: object = None,
    folders: list[Path] | None = None,
    settings: object = None,
) -> AsyncIterator[Client]:
    """A server that was introduced to a client; at the end nothing may be in its log."""
    client = Client()
    client.settings = settings
    on: Any = client.feature
    close: Any = client.stop

    def published(params: t.PublishDiagnosticsParams) -> None:
        client.said.setdefault(params.uri, asyncio.Queue()).put_nowait(params)

    def shown(params: t.ShowMessageParams) -> None:
        client.messages.append(params.message)

    def progressed(params: t.ProgressParams) -> None:
        client.shown_progress.append(params.value)

    def created(params: t.WorkDoneProgressCreateParams) -> None:
        return None

    def registered(params: t.RegistrationParams) -> None:
        client.registered += [one.method for one in params.registrations]

    def configured(params: t.ConfigurationParams) -> list[object]:
        return [client.settings]

    def refreshed(params: None) -> None:
        client.refreshed += 1

    for method, answer in (
        (t.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS, published),
        (t.WINDOW_SHOW_MESSAGE, shown),
        (t.PROGRESS, progressed),
        (t.WINDOW_WORK_DONE_PROGRESS_CREATE, created),
        (t.CLIENT_REGISTER_CAPABILITY, registered),
        (t.WORKSPACE_CONFIGURATION, configured),
        (t.WORKSPACE_DIAGNOSTIC_REFRESH, refreshed),
    ):
        on(method)(answer)
    await client.start_io(sys.executable, "-m", "probelang", "lsp", "--log", str(log))
    try:
        found = [t.WorkspaceFolder(from_fs_path(str(path)) or "", path.name) for path in folders or []]
        await client.initialize_async(
            t.InitializeParams(
                capabilities=can or t.ClientCapabilities(),
                initialization_options=options if options is not None else {"kernels": ["6.12"]},
                workspace_folders=found or None,
            )
        )
        client.initialized(t.InitializedParams())
        yield client
        await client.shutdown_async(None)
        client.exit(None)
    except BaseException:
        # what went wrong is told by itself, and a server that waits to be told goodbye would hide it
        assert client._server is not None
        client._server.kill()
        raise
    finally:
        await asyncio.wait_for(close(), 20)
    assert log.read_text() == ""


Talk = Callable[[Any, str], Coroutine[Any, Any, None]]


def converse(tmp_path: Path, talk: Talk, text: str = SPEC, **how: Any) -> None:
    """Open a spec, and talk about it."""
    uri = from_fs_path(str(tmp_path / "io.probe")) or ""

    async def run() -> None:
        async with talking(tmp_path / "log", **how) as client:
            client.open(uri, text)
            await talk(client, uri)

    asyncio.run(run())


def at(uri: str, line: int, character: int) -> dict[str, Any]:
    return {"text_document": t.TextDocumentIdentifier(uri), "position": t.Position(line, character)}


def apply_edits(text: str, edits: Any) -> str:
    rows = text.split("\n")
    starts = [0]
    for row in rows:
        starts.append(starts[-1] + len(row) + 1)
    for edit in sorted(edits, key=lambda e: (e.range.start.line, e.range.start.character), reverse=True):
        first = starts[edit.range.start.line] + edit.range.start.character
        last = starts[edit.range.end.line] + edit.range.end.character
        text = text[:first] + edit.new_text + text[last:]
    return text


# ------------------------------------------------------------------------------------------------- diagnostics


def test_what_is_wrong_is_told_with_its_place_and_a_link(tmp_path: Path) -> None:
    async def talk(client: Any, uri: str) -> None:
        (wrong,) = await client.diagnostics(uri)
        assert (wrong.range.start.line, wrong.range.start.character, wrong.range.end.character) == (4, 14, 20)
        assert wrong.code == "PRB301"
        assert wrong.source == "probelang"
        assert wrong.severity is t.DiagnosticSeverity.Error
        assert wrong.message.startswith("`struct file` has no member `f_inod`\ndid you mean `f_inode`")
        assert wrong.code_description is not None and wrong.code_description.href.endswith("PRB301.md")
        client.change(
            uri, 2, t.TextDocumentContentChangePartial(t.Range(t.Position(4, 20), t.Position(4, 20)), "e")
        )
        assert await client.diagnostics(uri) == []
        client.text_document_did_close(t.DidCloseTextDocumentParams(client.file(uri)))
        assert await client.diagnostics(uri) == []

    converse(tmp_path, talk)


def test_other_places_and_what_is_not_needed(tmp_path: Path) -> None:
    text = "const ONE = 1\nx = fprobe vfs_read { count }\nx = fprobe vfs_write { count }\n"

    async def talk(client: Any, uri: str) -> None:
        (clash,) = await client.diagnostics(uri)
        assert clash.related_information is not None
        related = clash.related_information[0]
        assert (related.location.uri, related.location.range.start.line) == (uri, 1)
        client.change(
            uri, 2, t.TextDocumentContentChangePartial(t.Range(t.Position(2, 0), t.Position(2, 1)), "y")
        )
        (unused,) = await client.diagnostics(uri)
        assert unused.tags == (t.DiagnosticTag.Unnecessary,) or unused.tags == [t.DiagnosticTag.Unnecessary]

    converse(tmp_path, talk, text)


def test_diagnostics_are_pulled_by_those_who_can(tmp_path: Path) -> None:
    can = t.ClientCapabilities(
        text_document=t.TextDocumentClientCapabilities(diagnostic=t.DiagnosticClientCapabilities()),
        workspace=t.WorkspaceClientCapabilities(
            diagnostics=t.DiagnosticWorkspaceClientCapabilities(refresh_support=True)
        ),
    )

    async def talk(client: Any, uri: str) -> None:
        report = await client.text_document_diagnostic_async(t.DocumentDiagnosticParams(client.file(uri)))
        assert [found.code for found in report.items] == ["PRB301"]
        assert client.said == {}
        client.workspace_did_change_configuration(
            t.DidChangeConfigurationParams({"probelang": {"ignore": ["unknown-member"]}})
        )
        report = await client.text_document_diagnostic_async(t.DocumentDiagnosticParams(client.file(uri)))
        assert list(report.items) == []
        assert client.refreshed == 1

    converse(tmp_path, talk, can=can)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8", "utf-32"])
def test_columns_are_the_clients(tmp_path: Path, encoding: str) -> None:
    can = t.ClientCapabilities(
        general=t.GeneralClientCapabilities(position_encodings=[t.PositionEncodingKind(encoding)])
    )
    text = 'fprobe vfs_read if name ~ "😀*" && nme == 1 { name = file->f_path.dentry->d_name.name }\r\n'
    before = text[: text.index("😀") + 1]
    units = {"utf-16": 2, "utf-8": 4, "utf-32": 1}[encoding]
    start = len(before) - 1 + units + len('*" && ')

    async def talk(client: Any, uri: str) -> None:
        found = await client.diagnostics(uri)
        assert any(one.range.start.character == start for one in found), found
        # the emoji goes, by the client's own count
        where = t.Range(t.Position(0, len(before) - 1), t.Position(0, len(before) - 1 + units))
        client.change(uri, 2, t.TextDocumentContentChangePartial(where, "a"))
        found = await client.diagnostics(uri)
        assert any(one.range.start.character == start - units + 1 for one in found), found

    converse(tmp_path, talk, text, can=can)


def test_all_of_a_text_at_once_and_places_out_of_it(tmp_path: Path) -> None:
    async def talk(client: Any, uri: str) -> None:
        await client.diagnostics(uri)
        client.change(uri, 2, t.TextDocumentContentChangeWholeDocument("fprobe vfs_read { cuont }\n"))
        (wrong,) = await client.diagnostics(uri)
        assert wrong.code == "PRB101"
        far = t.Range(t.Position(1000, 5), t.Position(2000, 7))
        client.change(uri, 3, t.TextDocumentContentChangePartial(far, "fprobe vfs_write { cuont }"))
        assert len(await client.diagnostics(uri)) == 2
        assert await client.text_document_hover_async(t.HoverParams(**at(uri, 99, 99))) is None
        client.change("file:///never/opened", 2, t.TextDocumentContentChangeWholeDocument("x"))
        assert await client.text_document_hover_async(t.HoverParams(**at("file:///never", 0, 0))) is None

    converse(tmp_path, talk)


# ------------------------------------------------------------------------------------------------ while typing


def test_completion_and_what_more_is_said(tmp_path: Path) -> None:
    async def talk(client: Any, uri: str) -> None:
        await client.diagnostics(uri)
        found = await client.text_document_completion_async(t.CompletionParams(**at(uri, 3, 20)))
        assert isinstance(found, t.CompletionList)
        item = next(item for item in found.items if item.label == "vfs_read")
        assert item.kind == t.CompletionItemKind.Function
        assert isinstance(item.text_edit, t.TextEdit)
        assert item.text_edit.range == t.Range(t.Position(3, 13), t.Position(3, 21))
        resolved = await client.completion_item_resolve_async(item)
        assert isinstance(resolved.documentation, t.MarkupContent)
        assert "ssize_t vfs_read(" in resolved.documentation.value
        members = await client.text_document_completion_async(t.CompletionParams(**at(uri, 4, 14)))
        assert isinstance(members, t.CompletionList)
        assert {"f_inode", "f_pos"} <= {item.label for item in members.items}

    converse(tmp_path, talk)


def test_hover_tells_of_each_kernel(tmp_path: Path) -> None:
    async def talk(client: Any, uri: str) -> None:
        await client.diagnostics(uri)
        found = await client.text_document_hover_async(t.HoverParams(**at(uri, 1, 29)))
        assert found is not None and isinstance(found.contents, t.MarkupContent)
        assert "long unsigned int i_ino" in found.contents.value
        assert "recorded as `u64`" in found.contents.value
        assert "6.12: ino=file->f_inode->i_ino:u64" in found.contents.value
        assert "6.1: ino=+64(+32($arg1)):u64" in found.contents.value

    text = "fprobe vfs_read {\n    ino = file->f_inode->i_ino\n}\n"
    converse(tmp_path, talk, text, options={"kernels": ["6.12", "6.1"]})


def test_signature(tmp_path: Path) -> None:
    async def talk(client: Any, uri: str) -> None:
        await client.diagnostics(uri)
        found = await client.text_document_signature_help_async(t.SignatureHelpParams(**at(uri, 7, 9)))
        assert found is not None
        (signature,) = found.signatures
        assert signature.label == "ssize_t vfs_read(struct file *file, char *buf, size_t count, loff_t *pos)"
        assert found.active_parameter == 2
        found = await client.text_document_signature_help_async(t.SignatureHelpParams(**at(uri, 6, 13)))
        assert found is not None and found.signatures[0].label == "fx(f: struct file *)"

    converse(tmp_path, talk)


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


# ---------------------------------------------------------------------------------------------------- settings


def test_the_projects_file_and_its_changes(tmp_path: Path) -> None:
    (tmp_path / "probelang.toml").write_text('kernels = ["6.1"]\n')
    can = capabilities(
        did_change_watched_files=t.DidChangeWatchedFilesClientCapabilities(dynamic_registration=True)
    )

    async def talk(client: Any, uri: str) -> None:
        (wrong,) = await client.diagnostics(uri)
        assert wrong.code == "PRB401" and "Linux 6.1" in wrong.message
        assert t.WORKSPACE_DID_CHANGE_WATCHED_FILES in client.registered
        (tmp_path / "probelang.toml").write_text('kernels = ["6.12"]\n')
        changed = t.FileEvent(from_fs_path(str(tmp_path / "probelang.toml")) or "", t.FileChangeType.Changed)
        client.workspace_did_change_watched_files(t.DidChangeWatchedFilesParams([changed]))
        assert await client.diagnostics(uri) == []
        (tmp_path / "probelang.toml").write_text("kernels = 7\n")
        client.workspace_did_change_watched_files(t.DidChangeWatchedFilesParams([changed]))
        await client.diagnostics(uri)
        assert any("probelang.toml" in message for message in client.messages)

    converse(tmp_path, talk, "tprobe sched_switch { prev->comm }\n", can=can, options={})


def test_the_client_is_asked_for_its_settings(tmp_path: Path) -> None:
    can = capabilities(configuration=True)

    async def talk(client: Any, uri: str) -> None:
        found = await client.diagnostics(uri)
        if not found:
            found = await client.diagnostics(uri)
        assert [one.code for one in found] == ["PRB401"]
        client.settings = {"kernels": ["6.12"], "target": "nonsense"}
        client.workspace_did_change_configuration(t.DidChangeConfigurationParams(None))
        assert await client.diagnostics(uri) == []
        assert any("probelang.target" in message for message in client.messages)

    converse(tmp_path, talk, "tprobe sched_switch { prev->comm }\n", can=can, settings={"kernels": ["6.1"]})


def test_a_kernel_that_is_read_shows_its_progress(tmp_path: Path) -> None:
    from probelang.kernel.load import load_kernel

    data = load_kernel("6.12").sources.section("btf")
    assert data is not None
    (tmp_path / "vmlinux.btf").write_bytes(bytes(data))
    can = t.ClientCapabilities(window=t.WindowClientCapabilities(work_done_progress=True))

    async def talk(client: Any, uri: str) -> None:
        found: list[t.Diagnostic] = []
        while not found:
            found = await client.diagnostics(uri)
        assert found[0].code == "PRB301"
        assert [value["kind"] for value in client.shown_progress] == ["begin", "end"]
        assert client.shown_progress[0]["title"].startswith("reading /")

    converse(tmp_path, talk, can=can, options={"kernels": [str(tmp_path / "vmlinux.btf")]})


def test_a_kernel_that_is_not_there_is_told_once(tmp_path: Path) -> None:
    async def talk(client: Any, uri: str) -> None:
        await client.diagnostics(uri)
        await client.diagnostics(uri)
        assert await client.text_document_hover_async(t.HoverParams(**at(uri, 3, 15))) is None
        symbols = await client.text_document_document_symbol_async(t.DocumentSymbolParams(client.file(uri)))
        assert len(symbols) == 5
        assert len(client.messages) == 1 and "no_such_kernel" in client.messages[0]

    converse(tmp_path, talk, options={"kernels": ["/no_such_kernel"]})


def test_several_folders(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.probe").write_text(f"in_{name} = fprobe vfs_read {{ count }}\n")
    (tmp_path / "two" / "script.pl").write_text("in_perl = fprobe vfs_read { count }\n")

    async def talk(client: Any, uri: str) -> None:
        await client.diagnostics(uri)
        found = await client.workspace_symbol_async(t.WorkspaceSymbolParams("in_"))
        assert {symbol.name for symbol in found} == {"in_one", "in_two"}

    converse(tmp_path, talk, folders=[tmp_path / "one", tmp_path / "two"])


@pytest.mark.parametrize(("encoding", "end"), [("utf-16", 13), ("utf-8", 14)])
def test_places_in_files_that_are_not_open_are_the_clients_too(
    tmp_path: Path, encoding: str, end: int
) -> None:
    can = t.ClientCapabilities(
        general=t.GeneralClientCapabilities(position_encodings=[t.PositionEncodingKind(encoding)])
    )
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "a.probe").write_text('uprobe "/é":f\n', "utf-8")

    async def talk(client: Any, uri: str) -> None:
        await client.diagnostics(uri)
        (found,) = await client.workspace_symbol_async(t.WorkspaceSymbolParams("é"))
        assert found.location.range == t.Range(t.Position(0, 7), t.Position(0, end))

    converse(tmp_path, talk, can=can, folders=[tmp_path / "one"])


def test_questions_of_our_own(tmp_path: Path) -> None:
    async def talk(client: Any, uri: str) -> None:
        await client.diagnostics(uri)
        found = await client.protocol.send_request_async("probelang/kernels", {"uri": uri})
        assert [kernel.name for kernel in found.chosen] == ["6.12", "6.1"]
        assert list(found.known) == ["6.1", "6.12", "7.3"]
        made = await client.protocol.send_request_async("probelang/compile", {"uri": uri, "kernel": "6.1"})
        assert "Linux 6.1" in made.kernel and "p:io/rd vfs_read" in made.text

    text = "group io\nrd = fprobe vfs_read { count }\n"
    converse(tmp_path, talk, text, options={"kernels": ["6.12", "6.1"]})
