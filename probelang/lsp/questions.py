"""Questions that are not in the protocol, for the commands and the status bar of an editor.

`probelang/kernels` asks which kernels there are, and which are in force; `probelang/compile` what an open spec
compiles to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from probelang.analysis.compiled import compile_source
from probelang.backends import BACKENDS
from probelang.kernel.answers import KernelError
from probelang.kernel.load import bundled_kernels

if TYPE_CHECKING:
    from probelang.lsp.server import Server

KERNELS = "probelang/kernels"
COMPILE = "probelang/compile"


def add_questions(server: Server) -> None:
    """Have a server answer them."""

    @server.feature(KERNELS)
    def kernels(params: Any) -> dict[str, Any]:
        try:
            kernel = server.kernel()
            chosen = [{"name": kernel.name, "title": kernel.title}]
        except KernelError as error:
            chosen = [{"name": server.kernel_name or "", "title": str(error)}]
        return {
            "known": bundled_kernels(),
            "chosen": chosen,
            "target": BACKENDS[0],
            "targets": list(BACKENDS),
        }

    @server.feature(COMPILE)
    def compiled(params: Any) -> dict[str, Any] | None:
        file = server.files.get(params.uri)
        if file is None:
            return None
        wanted = getattr(params, "format", None)
        answer = {"kernel": server.kernel_name or "", "target": BACKENDS[0], "text": None}
        try:
            kernel = server.kernel()
        except KernelError as error:
            return answer | {"errors": [str(error)]}
        found = compile_source(file.document.source, kernel, BACKENDS[0], wanted or "script")
        return answer | {"kernel": kernel.title, "text": found.text, "errors": list(found.errors)}
