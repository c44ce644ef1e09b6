"""A server in this process, that is told messages one by one."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from probelang.lsp.server import Server

URI = "file:///tmp/talk.probe"
SPEC = "fprobe vfs_read { cuont }\n"
PATIENCE = 120.0


class Output:
    """What a client reads; like a pipe, it takes nothing once it is closed."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.closed = False

    def write(self, data: bytes) -> None:
        if self.closed:
            raise ValueError("write to closed file")
        self.sent.append(json.loads(data.partition(b"\r\n\r\n")[2]))

    def close(self) -> None:
        self.closed = True


class Talk:
    """A server that has been introduced to a client."""

    def __init__(
        self, server: Server, capabilities: Mapping[str, object], options: Mapping[str, object]
    ) -> None:
        self.server, self.output = server, Output()
        server.protocol.set_writer(self.output)
        self.number = self.passed = 0
        self.tell("initialize", ask=True, capabilities=capabilities, initializationOptions=options)

    def take(self, message: dict[str, object]) -> None:
        text = json.dumps({"jsonrpc": "2.0", **message})
        protocol = self.server.protocol
        protocol.handle_message(json.loads(text, object_hook=protocol.structure_message))

    def tell(self, method: str, ask: bool = False, **params: object) -> None:
        self.number += ask
        number = {"id": self.number} if ask else {}
        self.take({**number, "method": method, "params": params or None})

    def open(self, uri: str = URI, text: str = SPEC) -> None:
        item = {"uri": uri, "languageId": "probelang", "version": 1, "text": text}
        self.tell("textDocument/didOpen", textDocument=item)

    def leave(self) -> None:
        with pytest.raises(SystemExit) as left:
            self.tell("exit")
        assert left.value.code == 0

    async def sent(self, method: str, holds: Callable[[Any], bool] = lambda params: True) -> dict[str, Any]:
        """The next message of a method whose parameters are as they should be, once it is there; those before are passed over."""

        async def look() -> dict[str, Any]:
            while True:
                while self.passed < len(self.output.sent):
                    message = self.output.sent[self.passed]
                    self.passed += 1
                    if message.get("method") == method and holds(message["params"]):
                        return message
                await asyncio.sleep(0.001)

        return await asyncio.wait_for(look(), PATIENCE)

    async def says(self, *codes: str) -> None:
        """Wait until these are the codes of the diagnostics that are published."""
        await self.sent(
            "textDocument/publishDiagnostics",
            lambda params: sorted(found["code"] for found in params["diagnostics"]) == sorted(codes),
        )
