// Which `.pl` files are specs. VS Code gives them to Perl, whatever else a language asks for; so Perl's files are
// looked at when they are opened, and those that say they are specs become specs, once: a choice by hand stays.
import { parse } from "smol-toml";
import * as vscode from "vscode";
import { LANGUAGE, settings } from "./settings";

const FIRST_LINE = /^#!.*\bprobelang\b|^\s*(?:#|\/\/)\s*probelang\b/;
const PROJECT_FILES = ["probelang.toml", "pyproject.toml"];

/** Watches what is opened and saved. */
export function takeSpecsFromPerl(): vscode.Disposable {
    const decided = new Set<string>();

    async function look(document: vscode.TextDocument): Promise<void> {
        const uri = document.uri.toString();
        if (document.languageId !== "perl" || decided.has(uri) || !settings(document.uri).get("perlFiles", true)) {
            return;
        }
        if (FIRST_LINE.test(document.lineAt(0).text) || (await isInProject(document))) {
            decided.add(uri);
            await vscode.languages.setTextDocumentLanguage(document, LANGUAGE);
        }
    }

    function forget(document: vscode.TextDocument): void {
        // a change of language closes a document, and opens it again at once
        setTimeout(() => {
            const uri = document.uri.toString();
            if (!vscode.workspace.textDocuments.some((open) => open.uri.toString() === uri)) {
                decided.delete(uri);
            }
        });
    }

    function lookAtAll(): void {
        vscode.workspace.textDocuments.forEach(look);
    }

    const projects = vscode.workspace.createFileSystemWatcher(`**/{${PROJECT_FILES.join(",")}}`);
    lookAtAll();
    return vscode.Disposable.from(
        vscode.workspace.onDidOpenTextDocument(look),
        vscode.workspace.onDidSaveTextDocument(look),
        vscode.workspace.onDidCloseTextDocument(forget),
        projects,
        projects.onDidChange(lookAtAll),
        projects.onDidCreate(lookAtAll),
    );
}

/** Whether the nearest project file above a document lists it in `files`. */
async function isInProject(document: vscode.TextDocument): Promise<boolean> {
    const root = vscode.workspace.getWorkspaceFolder(document.uri)?.uri;
    if (!root) {
        return false;
    }
    let folder = document.uri;
    while (folder.path !== root.path && folder.path !== "/") {
        folder = vscode.Uri.joinPath(folder, "..");
        const patterns = await readProject(folder);
        if (patterns) {
            const files = patterns.map((pattern) => new vscode.RelativePattern(folder, pattern));
            return files.some((pattern) => vscode.languages.match({ pattern }, document) > 0);
        }
    }
    return false;
}

/** The `files` of the project file in a folder; nothing where there is none. */
async function readProject(folder: vscode.Uri): Promise<string[] | undefined> {
    for (const name of PROJECT_FILES) {
        try {
            const bytes = await vscode.workspace.fs.readFile(vscode.Uri.joinPath(folder, name));
            const file = parse(Buffer.from(bytes).toString("utf8")) as Project;
            const table = name === "pyproject.toml" ? file.tool?.probelang : file;
            if (table) {
                const files = Array.isArray(table.files) ? table.files : [];
                return files.filter((pattern): pattern is string => typeof pattern === "string");
            }
        } catch {
            // not there, or nothing that can be read: the server says what is wrong with it
        }
    }
    return undefined;
}

interface Table {
    files?: unknown;
}

interface Project extends Table {
    tool?: { probelang?: Table };
}
