"""`probelang lsp`: the features of the protocol, each a question to `probelang.analysis`."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from lsprotocol import types
from pygls.lsp.server import LanguageServer
from pygls.protocol import LanguageServerProtocol
from pygls.protocol.language_server import lsp_method
from pygls.uris import to_fs_path

from probelang import __version__
from probelang.analysis.completion import complete
from probelang.analysis.document import Document
from probelang.analysis.hover import hover
from probelang.kernel.answers import KernelError
from probelang.kernel.interface import Kernel
from probelang.kernel.load import load_kernel
from probelang.lsp.convert import to_completion, to_diagnostic, to_range
from probelang.lsp.positions import Lines
from probelang.lsp.questions import add_questions
from probelang.source import Span

log = logging.getLogger("probelang.lsp")


class Open:
    """One file that the client has open."""

    def __init__(self, uri: str, version: int, text: str, encoding: str) -> None:
        self.uri = uri
        self.version = version
        self.encoding = encoding
        self.document = Document(to_fs_path(uri) or uri, text)
        self.lines = Lines(text, encoding)
        self.dirty = False

    def change(self, change: types.TextDocumentContentChangeEvent) -> None:
        """Take one change in."""
        if isinstance(change, types.TextDocumentContentChangePartial):
            start = self.lines.offset(change.range.start.line, change.range.start.character)
            end = self.lines.offset(change.range.end.line, change.range.end.character)
            self.document.edit(min(start, end), max(start, end), change.text)
        else:
            self.document.edit(0, len(self.document.text), change.text)
        self.lines = Lines(self.document.text, self.encoding)


class Protocol(LanguageServerProtocol):
    """pygls's, but for the texts, which are kept in `Server.open`: its own lines end in more ways than the protocol says."""

    @lsp_method(types.TEXT_DOCUMENT_DID_OPEN)
    def lsp_text_document__did_open(self, params: types.DidOpenTextDocumentParams) -> None:
        self._server.did_open(params)  # type: ignore[attr-defined]

    @lsp_method(types.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(self, params: types.DidChangeTextDocumentParams) -> None:
        self._server.did_change(params)  # type: ignore[attr-defined]

    @lsp_method(types.TEXT_DOCUMENT_DID_CLOSE)
    def lsp_text_document__did_close(self, params: types.DidCloseTextDocumentParams) -> None:
        self._server.did_close(params)  # type: ignore[attr-defined]


class Server(LanguageServer):
    """What the server knows: open files, kernels, settings."""

    def __init__(self) -> None:
        super().__init__("probelang", __version__, protocol_cls=Protocol)
        self.files: dict[str, Open] = {}
        self.kernels: dict[str | None, Kernel] = {}
        self.kernel_name: str | None = None

    def kernel(self) -> Kernel:
        """The kernel that specs are checked for."""
        if self.kernel_name not in self.kernels:
            self.kernels[self.kernel_name] = load_kernel(self.kernel_name)
        return self.kernels[self.kernel_name]

    def did_open(self, params: types.DidOpenTextDocumentParams) -> None:
        item = params.text_document
        encoding = str(self.server_capabilities.position_encoding or "utf-16")
        self.files[item.uri] = Open(item.uri, item.version, item.text, encoding)
        self.schedule(item.uri)

    def did_change(self, params: types.DidChangeTextDocumentParams) -> None:
        file = self.files.get(params.text_document.uri)
        if file is None:
            return
        for change in params.content_changes:
            file.change(change)
        file.version = params.text_document.version
        self.schedule(file.uri)

    def did_close(self, params: types.DidCloseTextDocumentParams) -> None:
        self.files.pop(params.text_document.uri, None)
        self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(params.text_document.uri, []))

    def schedule(self, uri: str) -> None:
        """Say what is wrong, once for all changes that have come in."""
        file = self.files[uri]
        if not file.dirty:
            file.dirty = True
            asyncio.get_running_loop().call_soon(self.publish, uri)

    def publish(self, uri: str) -> None:
        file = self.files.get(uri)
        if file is None:
            return
        file.dirty = False
        try:
            found = file.document.analyse(self.kernel()).diagnostics
        except KernelError as error:
            self.window_show_message(types.ShowMessageParams(types.MessageType.Error, str(error)))
            return
        self.text_document_publish_diagnostics(
            types.PublishDiagnosticsParams(
                uri, [to_diagnostic(file.lines, uri, said) for said in found], file.version
            )
        )


def make_server() -> Server:
    """A server with all its features."""
    server = Server()

    @server.feature(types.INITIALIZE)
    def initialize(params: types.InitializeParams) -> None:
        options: Any = params.initialization_options or {}
        if isinstance(options, dict):
            names = options.get("kernels") or [options.get("kernel")]
            server.kernel_name = names[0]

    @server.feature(
        types.TEXT_DOCUMENT_COMPLETION,
        types.CompletionOptions(trigger_characters=[".", ">", "$", "%", ":", "@"]),
    )
    def completion(params: types.CompletionParams) -> types.CompletionList | None:
        file = server.files.get(params.text_document.uri)
        if file is None:
            return None
        offset = file.lines.offset(params.position.line, params.position.character)
        chunk = file.document.chunk_at(offset)
        text = file.document.text[chunk.start : chunk.end]
        found = complete(file.document.context(server.kernel()), text, offset - chunk.start)
        return types.CompletionList(
            not found.complete,
            [to_completion(file.lines, chunk.start, file.uri, item) for item in found.items],
        )

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    def hovering(params: types.HoverParams) -> types.Hover | None:
        file = server.files.get(params.text_document.uri)
        if file is None:
            return None
        offset = file.lines.offset(params.position.line, params.position.character)
        kernel = server.kernel()
        for statement in file.document.analyse(kernel).tree.statements:
            if statement.span.start <= offset <= statement.span.end:
                found = hover(file.document.context(kernel), statement, offset)
                if found is not None:
                    return types.Hover(
                        types.MarkupContent(types.MarkupKind.Markdown, found.text),
                        to_range(file.lines, Span(found.span.start, found.span.end)),
                    )
        return None

    add_questions(server)
    return server


def serve(log_file: str | None = None) -> int:
    """Answer on standard input and output until the client is done; the answer is the exit status."""
    logging.basicConfig(filename=log_file, level=logging.WARNING)
    make_server().start_io()
    return 0
