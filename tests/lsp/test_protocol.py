"""The server as an editor meets it: what it says of itself, while one types, and how it is set up."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types as t
from pygls.uris import from_fs_path

from tests.lsp.conversation import at, capabilities, converse

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
        # what it said before holds while it cannot be read
        assert await client.diagnostics(uri) == []
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


def test_each_folder_has_settings_of_its_own(tmp_path: Path) -> None:
    text = "tprobe sched_switch { prev->comm }\n"
    names = ("one", "one/within", "two")
    folders = [tmp_path / name for name in names]
    uris = {}
    for name, folder in zip(names, folders, strict=True):
        folder.mkdir()
        uris[name] = from_fs_path(str(folder / "a.probe")) or ""
    can = capabilities(configuration=True, workspace_folders=True)

    async def talk(client: Any, uri: str) -> None:
        async def codes(name: str, *wanted: str) -> None:
            while [found.code for found in await client.diagnostics(uris[name])] != list(wanted):
                pass

        client.folder_settings = {
            from_fs_path(str(folder)): {"kernels": [kernel]}
            for folder, kernel in zip(folders, ("6.1", "6.12", "6.12"), strict=True)
        }
        client.workspace_did_change_configuration(t.DidChangeConfigurationParams(None))
        for name in names:
            client.open(uris[name], text)
        await codes("one", "PRB401")
        await codes("one/within")
        await codes("two")
        # a folder that is taken away has no say any more
        gone = t.WorkspaceFolder(from_fs_path(str(tmp_path / "one")) or "", "one")
        client.workspace_did_change_workspace_folders(
            t.DidChangeWorkspaceFoldersParams(t.WorkspaceFoldersChangeEvent([], [gone]))
        )
        await codes("one")

    converse(tmp_path, talk, text, can=can, folders=folders, settings={"kernels": ["6.12"]})


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

        client.workspace_did_change_configuration(t.DidChangeConfigurationParams({"kernels": ["6.1"]}))
        await client.diagnostics(uri)
        assert client.heard > 0

    text = "group io\nrd = fprobe vfs_read { count }\n"
    converse(tmp_path, talk, text, options={"kernels": ["6.12", "6.1"], "tellChanges": True})


def test_an_answer_that_is_not_waited_for(tmp_path: Path) -> None:
    """It has been given by the time that the server hears of it; that is no fault, and nothing to log."""

    async def talk(client: Any, uri: str) -> None:
        await client.diagnostics(uri)
        await client.text_document_hover_async(t.HoverParams(**at(uri, 3, 15)))
        for number in ("1", 2, "never asked"):
            client.protocol.notify("$/cancelRequest", t.CancelParams(number))
        assert await client.text_document_hover_async(t.HoverParams(**at(uri, 3, 15))) is not None

    converse(tmp_path, talk)


COMMANDS = "# reads\np:io/rd vfs_reed\np:io/wr vfs_write # probelang: ignore[unknown-function]\n"


@pytest.mark.parametrize(
    ("name", "language"), [("x.tracefs", "probelang"), ("kprobe_events", "tracefs"), ("odd", "tracefs")]
)
def test_raw_commands_have_diagnostics_and_nothing_else(name: str, language: str, tmp_path: Path) -> None:
    uri = from_fs_path(str(tmp_path / name)) or ""

    async def talk(client: Any, spec: str) -> None:
        client.text_document_did_open(
            t.DidOpenTextDocumentParams(t.TextDocumentItem(uri, language, 1, COMMANDS))
        )
        wrong, unused = await client.diagnostics(uri)
        assert (wrong.code, wrong.range.start.line, wrong.range.start.character) == ("PRB201", 1, 8)
        assert (unused.code, unused.range.start.line) == ("PRB690", 2)
        where = t.Range(t.Position(1, 8), t.Position(1, 16))
        client.change(uri, 2, t.TextDocumentContentChangePartial(where, "vfs_read"))
        (left,) = await client.diagnostics(uri)
        assert left.code == "PRB690"
        document, place = client.file(uri), t.Position(2, 10)
        whole = t.Range(t.Position(0, 0), t.Position(3, 0))
        assert not await client.text_document_hover_async(t.HoverParams(document, place))
        assert not await client.text_document_completion_async(t.CompletionParams(document, place))
        assert not await client.text_document_definition_async(t.DefinitionParams(document, place))
        assert not await client.text_document_document_symbol_async(t.DocumentSymbolParams(document))
        assert not await client.text_document_folding_range_async(t.FoldingRangeParams(document))
        tokens = await client.text_document_semantic_tokens_full_async(t.SemanticTokensParams(document))
        assert not tokens or not tokens.data
        assert not await client.text_document_inlay_hint_async(t.InlayHintParams(document, whole))
        assert not await client.text_document_code_lens_async(t.CodeLensParams(document))
        context = t.CodeActionContext([left])
        assert not await client.text_document_code_action_async(t.CodeActionParams(document, whole, context))
        options = t.FormattingOptions(4, True)
        assert not await client.text_document_formatting_async(t.DocumentFormattingParams(document, options))
        assert not await client.text_document_range_formatting_async(
            t.DocumentRangeFormattingParams(document, whole, options)
        )
        assert not await client.text_document_on_type_formatting_async(
            t.DocumentOnTypeFormattingParams(document, place, "}", options)
        )
        await client.text_document_selection_range_async(t.SelectionRangeParams(document, [place]))
        client.change(uri, 3, t.TextDocumentContentChangeWholeDocument("p:a/b vfs_read\n" * 10_000))
        assert await client.diagnostics(uri) == []
        assert any("too large" in message for message in client.messages)

    converse(tmp_path, talk)
