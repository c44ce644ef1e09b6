"""pygls's protocol, but for the texts of files, and for what it cannot be told of the server's abilities."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams
from pygls.protocol import LanguageServerProtocol
from pygls.protocol.language_server import lsp_method

from probelang.lsp.pages import SCHEMES

if TYPE_CHECKING:
    from collections.abc import Generator


class Refused(JsonRpcInvalidParams):
    """What a user asked cannot be done, and the message says why: an answer like others, and no fault of the server."""


def is_fault(record: logging.LogRecord) -> bool:
    """Whether something is to be logged: refusals are not, nor that a client has gone away."""
    return not (record.exc_info and isinstance(record.exc_info[1], Refused | BrokenPipeError))


class Protocol(LanguageServerProtocol):
    """Texts are kept by the server: pygls's own lines end in more ways than the protocol says.

    The end is quiet: answers to what was asked before it are not waited for, and nothing is sent to a client that is gone.
    """

    _gone = False

    def handle_message(self, message: Any) -> None:
        if not self._shutdown or hasattr(message, "method"):
            super().handle_message(message)

    def _handle_cancel_notification(self, msg_id: Any) -> None:
        # what is not waited for has nearly always been answered by then
        if msg_id in self._request_futures:
            super()._handle_cancel_notification(msg_id)

    def _send_data(self, data: Any) -> None:
        if self._gone:
            return
        try:
            super()._send_data(data)
        except BrokenPipeError:
            self._gone = True

    @lsp_method(types.EXIT)
    def lsp_exit(self, *args: Any) -> Generator[Any, Any, None]:
        self._gone = True
        yield from super().lsp_exit(*args)

    @lsp_method(types.INITIALIZE)
    def lsp_initialize(self, params: types.InitializeParams) -> Generator[Any, Any, types.InitializeResult]:
        result = yield from super().lsp_initialize(params)
        workspace = result.capabilities.workspace
        if workspace is not None:
            workspace.text_document_content = types.TextDocumentContentOptions(list(SCHEMES))
        return result

    @lsp_method(types.TEXT_DOCUMENT_DID_OPEN)
    def lsp_text_document__did_open(self, params: types.DidOpenTextDocumentParams) -> None:
        self._server.did_open(params)  # type: ignore[attr-defined]

    @lsp_method(types.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(self, params: types.DidChangeTextDocumentParams) -> None:
        self._server.did_change(params)  # type: ignore[attr-defined]

    @lsp_method(types.TEXT_DOCUMENT_DID_CLOSE)
    def lsp_text_document__did_close(self, params: types.DidCloseTextDocumentParams) -> None:
        self._server.did_close(params)  # type: ignore[attr-defined]
