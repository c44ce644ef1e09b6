"""`probelang lsp`: open files, kernels and settings, and what is published of them."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from probelang import __version__
from probelang.answers import KernelError
from probelang.kernel.load import bundled_kernels, load_kernel
from probelang.lsp.convert import to_diagnostic
from probelang.lsp.files import OpenFile
from probelang.lsp.positions import UTF16
from probelang.lsp.protocol import Protocol, is_fault
from probelang.lsp.settings import FileWishes, Projects, Wishes, read_wishes
from probelang.lsp.watch import PERIOD, Watch, project_files

if TYPE_CHECKING:
    from probelang.analysis.document import State
    from probelang.diagnostics import Diagnostic
    from probelang.kernel.interface import Kernel

log = logging.getLogger("probelang.lsp")

SECTION = "probelang"
CHANGED = "probelang/changed"
WATCHED = ("**/probelang.toml", "**/pyproject.toml")


class Server(LanguageServer):
    """What the server knows."""

    def __init__(self) -> None:
        super().__init__("probelang", __version__, protocol_cls=Protocol)
        self.files: dict[str, OpenFile] = {}
        self.kernels: dict[str | None, Kernel] = {}
        self.broken: dict[str | None, str] = {}
        self.loading: set[str | None] = set()
        self.wishes = Wishes()
        self.folder_wishes: dict[str, Wishes] = {}
        self.projects = Projects()
        self.watch = Watch()
        self.said_goodbye = False
        self._told: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._bundled = frozenset(bundled_kernels())

    # ----------------------------------------------------------------------------------------- the client

    def can(self, *path: str) -> bool:
        """Whether the client says that it can do something: `can("workspace", "code_lens", "refresh_support")`."""
        found: Any = self.client_capabilities
        for name in path:
            found = getattr(found, name, None)
        return bool(found)

    @property
    def encoding(self) -> str:
        """How the client counts characters."""
        chosen: Any = self.server_capabilities.position_encoding or UTF16
        return str(getattr(chosen, "value", chosen))

    @property
    def pulls(self) -> bool:
        """Whether the client asks for diagnostics, so that none are sent unasked."""
        return self.client_capabilities.text_document is not None and (
            self.client_capabilities.text_document.diagnostic is not None
        )

    def tell(self, message: str) -> None:
        """Show the user a problem, once."""
        if message not in self._told:
            self._told.add(message)
            self.window_show_message(types.ShowMessageParams(types.MessageType.Warning, message))

    # ------------------------------------------------------------------------------------------ settings

    def begin(self, options: object) -> None:
        """Take in what the client says at the beginning; it must not be told anything yet but what is wrong with that."""
        self.wishes = self._read(options, self.wishes)

    def configure(self, options: object) -> None:
        """Take in what the client's configuration says of everything."""
        wishes = self._read(options, self.wishes)
        if wishes == self.wishes:
            self.tell_changed()
            return
        self.wishes = wishes
        self.settings_changed()

    async def ask_configuration(self) -> None:
        """Ask the client for its configuration, if it can be asked: of everything, and of each folder if there are several."""
        if not self.can("workspace", "configuration"):
            return
        folders = list(self.workspace.folders)
        scopes = [None, *folders] if len(folders) > 1 else [None]
        params = types.ConfigurationParams([types.ConfigurationItem(uri, SECTION) for uri in scopes])
        answer = await self.workspace_configuration_async(params)
        before = self.folder_wishes
        self.folder_wishes = {
            uri: self._read(options, self.wishes)
            for uri, options in zip(scopes, answer, strict=False)
            if uri is not None and options is not None
        }
        if answer and answer[0] is not None:
            self.configure(answer[0])
        if self.folder_wishes != before:
            self.settings_changed()

    def _read(self, options: object, before: Wishes) -> Wishes:
        wishes, wrong = read_wishes(options, before)
        for message in wrong:
            self.tell(message)
        return wishes

    def asked_of(self, uri: str) -> Wishes:
        """What the client's configuration says of a file: that of the innermost folder, or of everything."""
        within = [folder for folder in self.folder_wishes if uri.startswith(folder.rstrip("/") + "/")]
        return self.folder_wishes[max(within, key=len)] if within else self.wishes

    def settings_changed(self) -> None:
        """Settings, or files that answers rest on, have changed: what was said may not hold, and may have to be said again."""
        self.projects.forget()
        self.broken.clear()
        self._told.clear()
        for file in self.files.values():
            file.wishes = None
            file.document.forget()
        self.say_anew()

    def look_again(self) -> None:
        """See whether files that answers rest on have changed, now and again."""
        if self.said_goodbye:
            return
        asyncio.get_running_loop().call_later(PERIOD, self.look_again)
        for file in self.files.values():
            self.watch.add(file.document.programs())
        if self.loading:
            # what is being read is looked at when it has been
            return
        changed = self.watch.changed()
        for path in changed:
            self.kernels.pop(path, None)
        # settings may name a kernel that is not there yet
        wrong = [file for file in self.files.values() if file.wishes is not None and file.wishes.problem]
        if changed or any(self._find_wishes(file) != file.wishes for file in wrong):
            self.settings_changed()

    def tell_changed(self) -> None:
        """Tell a client that asks questions of our own that the answers may be others now."""
        if self.wishes.tell_changes:
            self.protocol.notify(CHANGED, {})

    def say_anew(self) -> None:
        """Publish of all open files, or let the client ask again."""
        self.tell_changed()
        if not self.files:
            return
        for uri in self.files:
            self.schedule(uri)
        if self.pulls and self.can("workspace", "diagnostics", "refresh_support"):
            self.workspace_diagnostic_refresh(None)
        for name, refresh in (
            ("inlay_hint", self.workspace_inlay_hint_refresh),
            ("code_lens", self.workspace_code_lens_refresh),
            ("semantic_tokens", self.workspace_semantic_tokens_refresh),
        ):
            if self.can("workspace", name, "refresh_support"):
                refresh(None)

    def wishes_of(self, file: OpenFile) -> FileWishes:
        """What holds for a file."""
        if file.wishes is None:
            if file.path is not None:
                self.watch.add(project_files(file.path))
            file.wishes = self._find_wishes(file)
            if file.wishes.problem:
                self.tell(file.wishes.problem)
        return file.wishes

    def _find_wishes(self, file: OpenFile) -> FileWishes:
        return self.projects.of_file(file.path, self.asked_of(file.uri))

    # ------------------------------------------------------------------------------------------- kernels

    def find_kernel(self, name: str | None) -> Kernel | None:
        """A kernel, or None while it is read for the first time, or where it cannot be had (which is said)."""
        known = self.kernels.get(name)
        if known is not None:
            return known
        if name in self.broken:
            self.tell(self.broken[name])
            return None
        if name in self._bundled:
            kernel = self.kernels[name] = load_kernel(name)
            return kernel
        if name not in self.loading:
            self.loading.add(name)
            task = asyncio.ensure_future(self._load(name))
            # the loop itself forgets tasks
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return None

    async def _load(self, name: str | None) -> None:
        """Read a kernel, which may take seconds, while the server goes on answering."""
        if name is not None:
            self.watch.add([name])
        token = f"probelang-kernel-{name}"
        shown = self.can("window", "work_done_progress")
        if shown:
            await self.work_done_progress.create_async(token)
            title = f"reading {'the running kernel' if name is None else name}"
            self.work_done_progress.begin(token, types.WorkDoneProgressBegin(title))
        try:
            self.kernels[name] = await asyncio.to_thread(_read_kernel, name)
        except KernelError as error:
            self.broken[name] = str(error)
            self.tell(str(error))
        finally:
            self.loading.discard(name)
            if shown:
                self.work_done_progress.end(token, types.WorkDoneProgressEnd())
        self.say_anew()

    def leave(self) -> None:
        """The client has said goodbye: what is being read is of no use any more."""
        self.said_goodbye = True
        for task in self._tasks:
            task.cancel()

    # --------------------------------------------------------------------------------------------- files

    def did_open(self, params: types.DidOpenTextDocumentParams) -> None:
        """A file was opened."""
        item = params.text_document
        self.files[item.uri] = OpenFile(
            item.uri, item.version, item.text, self.encoding, str(item.language_id)
        )
        self._tell_large(self.files[item.uri])
        self.schedule(item.uri)

    def _tell_large(self, file: OpenFile) -> None:
        if file.large:
            self.tell(
                f"{file.path or file.uri} is too large to be checked while it is typed; `probelang lint` checks it"
            )

    def did_change(self, params: types.DidChangeTextDocumentParams) -> None:
        """A file was edited."""
        file = self.files.get(params.text_document.uri)
        if file is None:
            return
        for change in params.content_changes:
            file.change(change)
        file.version = params.text_document.version
        self._tell_large(file)
        self.schedule(file.uri)

    def did_close(self, params: types.DidCloseTextDocumentParams) -> None:
        """A file was closed: nothing is to be seen of it any more."""
        if self.files.pop(params.text_document.uri, None) is not None and not self.pulls:
            nothing = types.PublishDiagnosticsParams(params.text_document.uri, [])
            self.text_document_publish_diagnostics(nothing)

    def states(self, file: OpenFile) -> list[State]:
        """What is known of a spec on each of its kernels that is there; the first is the one that answers."""
        if file.is_commands:
            return []
        wishes = self.wishes_of(file)
        return [
            file.document.state(kernel, wishes.target, wishes.settings) for kernel in self.kernels_of(file)
        ]

    def kernels_of(self, file: OpenFile) -> list[Kernel]:
        """The kernels of a file that are there."""
        found = [self.find_kernel(name) for name in self.wishes_of(file).kernels]
        return [kernel for kernel in found if kernel is not None]

    def latest(self, file: OpenFile) -> State | None:
        """What was found out last on the first kernel, which is enough to complete words."""
        wishes = self.wishes_of(file)
        for name in wishes.kernels if not file.is_commands else ():
            kernel = self.find_kernel(name)
            if kernel is not None:
                return file.document.latest(kernel, wishes.target, wishes.settings)
        return None

    def diagnostics(self, file: OpenFile) -> list[Diagnostic]:
        """All there is to say of a file."""
        wishes = self.wishes_of(file)
        if file.is_commands:
            from probelang.project import lint_commands

            return lint_commands(file.commands, self.kernels_of(file), wishes.selection)
        return file.document.diagnostics(
            self.kernels_of(file), wishes.target, wishes.settings, wishes.selection
        )

    def schedule(self, uri: str) -> None:
        """Publish what is to be said of a file, once for all changes that have come in."""
        file = self.files.get(uri)
        if file is not None and not file.waiting and not self.pulls:
            file.waiting = True
            asyncio.get_running_loop().call_soon(self.publish, uri)

    def publish(self, uri: str) -> None:
        """Send the diagnostics of a file."""
        file = self.files.get(uri)
        if file is None:
            return
        file.waiting = False
        said = self.protocol_diagnostics(file)
        self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, said, file.version))

    def protocol_diagnostics(self, file: OpenFile) -> list[types.Diagnostic]:
        """The diagnostics of a file as the client has them."""
        kernels = len(self.wishes_of(file).kernels)
        pages = self.can("workspace", "text_document_content")
        return [to_diagnostic(file, found, kernels, pages) for found in self.diagnostics(file)]


def _read_kernel(name: str | None) -> Kernel:
    kernel = load_kernel(name)
    # what takes time is its BTF, and the list of functions
    kernel.find_function("vfs_read")
    return kernel


def make_server() -> Server:
    """A server with all its features."""
    from probelang.lsp import editing, language, lifecycle, navigation, questions, structure

    server = Server()
    for part in (lifecycle, language, navigation, structure, editing, questions):
        part.register(server)
    return server


def serve(log_file: str | None = None) -> int:
    """Answer on standard input and output until the client is done; the answer is the exit status."""
    try:
        logging.basicConfig(filename=log_file, level=logging.WARNING)
    except OSError as error:
        print(f"probelang: cannot write {log_file}: {error.strerror}", file=sys.stderr)
        return 2
    logging.getLogger("pygls.protocol.json_rpc").addFilter(is_fault)
    # whatever else writes to standard output must not get between the messages
    stdout = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    server = make_server()
    server.start_io(sys.stdin.buffer, stdout)
    return 0 if server.said_goodbye else 1
