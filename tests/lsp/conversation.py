"""A conversation with the server through a real client library, over standard input and output."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from lsprotocol import types as t
from pygls.lsp.client import LanguageClient
from pygls.uris import from_fs_path

PATIENCE = 120.0
"""Seconds for the server to say something; the machine may be busy."""

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
        self.folder_settings: dict[str, object] = {}
        self.heard = 0
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
        found = await asyncio.wait_for(queue.get(), PATIENCE)
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
        return [client.folder_settings.get(one.scope_uri or "", client.settings) for one in params.items]

    def changed(params: Any) -> None:
        client.heard += 1

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
        ("probelang/changed", changed),
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
        await asyncio.wait_for(close(), PATIENCE)
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
