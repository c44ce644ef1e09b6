"""A client that speaks the protocol's bytes itself: it costs nothing, so that what is measured is the server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from typing import Any, Self


class Wire:
    """A server, and a conversation with it, one message after the other."""

    def __init__(self, options: Mapping[str, object] | None = None, log: str | None = None) -> None:
        words = [sys.executable, "-m", "probelang", "lsp", *(["--log", log] if log else [])]
        self.process = subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={**os.environ, "PYTHONHASHSEED": "0"}
        )
        self.number = 0
        self.notes: list[dict[str, Any]] = []
        self.capabilities: dict[str, Any] = {}
        self._options = dict(options or {})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def begin(self, capabilities: Mapping[str, object] | None = None) -> None:
        """Introduce ourselves."""
        params = {
            "processId": os.getpid(),
            "rootUri": None,
            "capabilities": capabilities or {},
            "initializationOptions": self._options,
        }
        self.capabilities = self.ask("initialize", params)["capabilities"]
        self.tell("initialized", {})

    def close(self) -> int:
        """Say goodbye; the server's exit status."""
        if self.process.poll() is None:
            self.ask("shutdown", None)
            self.tell("exit", None)
            assert self.process.stdin is not None
            self.process.stdin.close()
        status = self.process.wait(120)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return status

    def ask(self, method: str, params: object) -> Any:
        """A request, and the answer to it; notes that come before are kept."""
        self.number += 1
        self._send({"jsonrpc": "2.0", "id": self.number, "method": method, "params": params})
        while True:
            message = self._receive()
            if message.get("id") == self.number and "method" not in message:
                if "error" in message:
                    raise AssertionError(f"{method}: {message['error']}")
                return message["result"]
            self._take(message)

    def tell(self, method: str, params: object) -> None:
        """A notification."""
        self._send({"jsonrpc": "2.0", "method": method, "params": params})

    def wait_for(self, method: str) -> Any:
        """The parameters of the next note of a method."""
        while True:
            for index, note in enumerate(self.notes):
                if note["method"] == method:
                    del self.notes[index]
                    return note["params"]
            self._take(self._receive())

    def open(self, uri: str, text: str) -> Any:
        """Open a file, and what is said of it."""
        item = {"uri": uri, "languageId": "probelang", "version": 1, "text": text}
        self.tell("textDocument/didOpen", {"textDocument": item})
        return self.wait_for("textDocument/publishDiagnostics")

    def edit(self, uri: str, version: int, start: tuple[int, int], end: tuple[int, int], text: str) -> Any:
        """Replace a range, and what is said then."""
        where = {"start": _position(start), "end": _position(end)}
        params = {
            "textDocument": {"uri": uri, "version": version},
            "contentChanges": [{"range": where, "text": text}],
        }
        self.tell("textDocument/didChange", params)
        return self.wait_for("textDocument/publishDiagnostics")

    def at(self, method: str, uri: str, line: int, character: int, **more: object) -> Any:
        """A request about a place."""
        place = {"textDocument": {"uri": uri}, "position": _position((line, character))}
        return self.ask(f"textDocument/{method}", {**place, **more})

    def _send(self, message: Mapping[str, object]) -> None:
        data = json.dumps(message).encode()
        assert self.process.stdin is not None
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(data), data))
        self.process.stdin.flush()

    def _receive(self) -> dict[str, Any]:
        stream = self.process.stdout
        assert stream is not None
        length = 0
        while line := stream.readline().strip():
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        if not length:
            raise AssertionError("the server is gone")
        found: dict[str, Any] = json.loads(stream.read(length))
        return found

    def _take(self, message: dict[str, Any]) -> None:
        if "id" in message and "method" in message:
            # a request of the server's: nothing is needed but an answer
            self._send({"jsonrpc": "2.0", "id": message["id"], "result": None})
        elif "method" in message:
            self.notes.append(message)


def _position(place: tuple[int, int]) -> dict[str, int]:
    return {"line": place[0], "character": place[1]}
