// What the user says in the editor. What is left empty is the project file's, which the server reads.
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import * as vscode from "vscode";

export const LANGUAGE = "probelang";
/** Raw commands of the kernel, of which there are diagnostics alone. */
export const COMMANDS = "tracefs";

/** The files with the settings of a project. */
export const PROJECT_FILES = "**/{probelang.toml,pyproject.toml}";

export function settings(scope?: vscode.ConfigurationScope): vscode.WorkspaceConfiguration {
    return vscode.workspace.getConfiguration("probelang", scope);
}

/** Whether the language server has anything to say of a document. */
export function isKnown(document: vscode.TextDocument): boolean {
    return document.languageId === LANGUAGE || document.languageId === COMMANDS;
}

export function isSpec(document: vscode.TextDocument | undefined): document is vscode.TextDocument {
    return document?.languageId === LANGUAGE;
}

/** The program to start: as the settings say, or the workspace's own, or the one on the PATH. */
export function findProgram(): string {
    const folders = (vscode.workspace.workspaceFolders ?? []).filter((folder) => folder.uri.scheme === "file");
    const said = settings().get("path", "").trim();
    if (said) {
        return said.replace(/^~(?=\/)/, homedir()).replaceAll("${workspaceFolder}", folders[0]?.uri.fsPath ?? "");
    }
    const own = folders.map((folder) => join(folder.uri.fsPath, ".venv", "bin", "probelang"));
    return (vscode.workspace.isTrusted ? own.find(existsSync) : undefined) ?? "probelang";
}

/** Writes a setting, or takes it back, where it is in force: in the folder that says it, in the workspace, if there is one. */
export async function change(name: string, value: unknown, uri?: vscode.Uri): Promise<void> {
    const known = settings(uri);
    const target =
        known.inspect(name)?.workspaceFolderValue !== undefined
            ? vscode.ConfigurationTarget.WorkspaceFolder
            : vscode.workspace.workspaceFolders
              ? vscode.ConfigurationTarget.Workspace
              : vscode.ConfigurationTarget.Global;
    await known.update(name, value, target);
}
