"""Questions that are not in the protocol, for the commands and the status bar of an editor.

`probelang/kernels` asks which kernels there are, and which are in force; `probelang/compile` what an open spec
compiles to; `probelang/changed` tells who asked for it (`tellChanges`) that the answers may be others. The command `probelang.server.compile` is the same question, for clients that know nothing of us.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from probelang.analysis.compiled import compile_source
from probelang.backends import BACKENDS
from probelang.kernel.load import bundled_kernels
from probelang.lsp.settings import FileWishes
from probelang.source import Source

if TYPE_CHECKING:
    from probelang.lsp.server import Server

KERNELS = "probelang/kernels"
COMPILE = "probelang/compile"
COMPILE_COMMAND = "probelang.server.compile"


def register(server: Server) -> None:
    """Make the server answer."""

    @server.feature(KERNELS)
    def kernels(params: Any) -> dict[str, Any]:
        wishes = _wishes(server, getattr(params, "uri", None))
        return {
            "known": bundled_kernels(),
            "chosen": [{"name": name or "running", "title": _title(server, name)} for name in wishes.kernels],
            "target": wishes.target,
            "targets": list(BACKENDS),
        }

    @server.feature(COMPILE)
    def compiled(params: Any) -> dict[str, Any] | None:
        return _compile(server, {name: getattr(params, name, None) for name in ("uri", "kernel", "format")})

    @server.command(COMPILE_COMMAND)
    def compile_command(*arguments: Any) -> dict[str, Any] | None:
        asked = arguments[0] if arguments else None
        return _compile(server, asked if isinstance(asked, dict) else {"uri": asked})


def _wishes(server: Server, uri: object) -> FileWishes:
    file = server.files.get(str(uri))
    return (
        server.wishes_of(file)
        if file is not None
        else server.projects.of_file(None, server.asked_of(str(uri)))
    )


def _title(server: Server, name: str | None) -> str:
    kernel = server.find_kernel(name)
    if kernel is not None:
        return kernel.title
    return server.broken.get(name, "being read")


def _compile(server: Server, asked: dict[str, Any]) -> dict[str, Any] | None:
    file = server.files.get(str(asked.get("uri")))
    if file is None:
        return None
    wishes = server.wishes_of(file)
    names = {name or "running": name for name in (*server.kernels, *wishes.kernels)}
    name = names.get(str(asked.get("kernel") or ""), wishes.kernels[0])
    kernel = server.find_kernel(name)
    answer: dict[str, Any] = {"kernel": name or "running", "target": wishes.target, "text": None}
    if kernel is None:
        return answer | {"line": 0, "errors": [_title(server, name)]}
    source = Source(file.document.source.name, file.document.text)
    format = asked.get("format")
    wanted = format if isinstance(format, str) else "script"
    found = compile_source(source, kernel, wishes.target, wanted, wishes.settings)
    return answer | {
        "kernel": kernel.title,
        "text": found.text,
        "line": found.line,
        "errors": list(found.errors),
    }
