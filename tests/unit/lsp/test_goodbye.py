"""The end of a conversation, whatever is going on just then: nothing is sent any more, and nothing is an error."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from probelang.answers import KernelError
from probelang.kernel.interface import Kernel
from probelang.kernel.load import load_kernel
from probelang.lsp import server as module
from probelang.lsp.server import make_server
from tests.unit.lsp.talk import SPEC, URI, Talk

OPTIONS = {"kernels": ["/some/vmlinux"]}


@pytest.fixture(params=["read", "broken"])
def may_read(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    event = threading.Event()

    def read(name: str | None) -> Kernel:
        event.wait(60)
        if request.param == "broken":
            raise KernelError(f"{name} is not there")
        return load_kernel("6.12")

    monkeypatch.setattr(module, "_read_kernel", read)
    return event


async def _settle(tasks: set[asyncio.Task[None]], before: Callable[[], object]) -> None:
    """Until what was begun has ended."""
    waited = list(tasks)
    before()
    await asyncio.gather(*waited, return_exceptions=True)
    for _ in range(5):
        await asyncio.sleep(0)


PROGRESS = {"window": {"workDoneProgress": True}}


@pytest.mark.parametrize("told", [0, 1, 2])
def test_a_kernel_that_is_being_read(
    may_read: threading.Event, caplog: pytest.LogCaptureFixture, told: int
) -> None:
    async def run() -> None:
        talk = Talk(make_server(), {}, OPTIONS)
        talk.open()
        await talk.sent("textDocument/publishDiagnostics")
        assert len(talk.server._tasks) == 1
        if told == 0:
            # it is read at the very moment that the client leaves
            tasks = set(talk.server._tasks)
            may_read.set()
            talk.tell("shutdown", ask=True)
            talk.leave()
            await _settle(tasks, lambda: None)
        elif told == 1:
            # it is read after that
            tasks = set(talk.server._tasks)
            talk.tell("shutdown", ask=True)
            talk.leave()
            await _settle(tasks, may_read.set)
        else:
            # what is to be said of it has been put off
            await _settle(talk.server._tasks, may_read.set)
            talk.server.schedule(URI)
            talk.tell("shutdown", ask=True)
            talk.leave()
            await asyncio.sleep(0.01)
        assert talk.output.closed

    asyncio.run(run())
    assert caplog.records == []


def test_answers_that_come_too_late(may_read: threading.Event, caplog: pytest.LogCaptureFixture) -> None:
    async def run() -> None:
        talk = Talk(make_server(), PROGRESS, OPTIONS)
        talk.open()
        asked = await talk.sent("window/workDoneProgress/create")
        tasks = set(talk.server._tasks)
        talk.tell("shutdown", ask=True)
        talk.take({"id": asked["id"], "result": None})
        await _settle(tasks, may_read.set)
        talk.leave()

    asyncio.run(run())
    assert caplog.records == []


def test_a_client_that_is_gone(tmp_path: Path) -> None:
    """No goodbye, no end of the conversation, and nobody who reads: a status of 1, and nothing in the log."""
    log = tmp_path / "log"
    words = [sys.executable, "-m", "probelang", "lsp", "--log", str(log)]
    server = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert server.stdin and server.stdout and server.stderr
    item = {"uri": URI, "languageId": "probelang", "version": 1, "text": SPEC}
    server.stdout.close()
    for message in (
        {"id": 1, "method": "initialize", "params": {"capabilities": {}, "processId": None, "rootUri": None}},
        {"method": "textDocument/didOpen", "params": {"textDocument": item}},
    ):
        data = json.dumps({"jsonrpc": "2.0", **message}).encode()
        server.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(data), data))
    server.stdin.close()
    assert server.wait(120) == 1
    assert server.stderr.read() == b""
    server.stderr.close()
    assert log.read_text() == ""
