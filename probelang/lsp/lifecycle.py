"""The beginning and the end, settings that change, files that change on disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types
from pygls.uris import to_fs_path

from probelang.lsp.server import WATCHED

if TYPE_CHECKING:
    from probelang.lsp.server import Server


def register(server: Server) -> None:
    """Make the server answer."""

    @server.feature(types.INITIALIZE)
    def initialize(params: types.InitializeParams) -> None:
        server.begin(params.initialization_options)

    @server.feature(types.INITIALIZED)
    async def initialized(params: types.InitializedParams) -> None:
        registrations = []
        if server.can("workspace", "did_change_watched_files", "dynamic_registration"):
            watchers = [types.FileSystemWatcher(pattern) for pattern in WATCHED]
            options = types.DidChangeWatchedFilesRegistrationOptions(watchers)
            registrations.append(
                types.Registration("probelang-files", types.WORKSPACE_DID_CHANGE_WATCHED_FILES, options)
            )
        if server.can("workspace", "did_change_configuration", "dynamic_registration"):
            section = types.DidChangeConfigurationRegistrationOptions(section="probelang")
            registrations.append(
                types.Registration("probelang-settings", types.WORKSPACE_DID_CHANGE_CONFIGURATION, section)
            )
        if registrations:
            await server.client_register_capability_async(types.RegistrationParams(registrations))
        server.look_again()
        await server.ask_configuration()

    @server.feature(types.SHUTDOWN)
    def shutdown(params: None) -> None:
        server.leave()

    @server.feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION)
    async def did_change_configuration(params: types.DidChangeConfigurationParams) -> None:
        if params.settings:
            server.configure(params.settings)
        if not params.settings or len(server.workspace.folders) > 1:
            await server.ask_configuration()

    @server.feature(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)
    async def did_change_folders(params: types.DidChangeWorkspaceFoldersParams) -> None:
        await server.ask_configuration()

    @server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    def did_change_watched_files(params: types.DidChangeWatchedFilesParams) -> None:
        for change in params.changes:
            server.watch.seen(to_fs_path(change.uri) or "")
        server.settings_changed()

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    def did_save(params: types.DidSaveTextDocumentParams) -> None:
        name = params.text_document.uri.rpartition("/")[2]
        if any(pattern.endswith("/" + name) for pattern in WATCHED):
            server.settings_changed()
