// Which `.pl` files are specs. VS Code gives them to Perl, whatever else a language asks for; so Perl's files are
// looked at when they are opened, and those that say they are specs become specs, once: a choice by hand stays.
import { parse } from "smol-toml";
import * as vscode from "vscode";
import { matches } from "./globs";
import { LANGUAGE, PROJECT_FILES, settings } from "./settings";

const FIRST_LINE = /^#!.*\bprobelang\b|^\s*(?:#|\/\/)\s*probelang\b/;
/** The files that settings are in, and where in them, as `probelang` itself looks for them. */
const TABLES: [string, ...string[]][] = [["probelang.toml"], ["pyproject.toml", "tool", "probelang"]];

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

    const projects = vscode.workspace.createFileSystemWatcher(PROJECT_FILES);
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

/** Whether the nearest project file above a document has it among its `files`. */
async function isInProject(document: vscode.TextDocument): Promise<boolean> {
    let folder = document.uri;
    while (folder.scheme === "file" && folder.path !== "/") {
        folder = vscode.Uri.joinPath(folder, "..");
        const project = await readProject(folder);
        if (project) {
            const path = document.uri.path.slice(folder.path.replace(/\/?$/, "/").length);
            const fits = (pattern: string) => matches(pattern, path);
            return project.files.some(fits) && !project.exclude.some(fits);
        }
    }
    return false;
}

interface Project {
    files: string[];
    exclude: string[];
}

/** The project file in a folder; nothing where there is none. */
async function readProject(folder: vscode.Uri): Promise<Project | undefined> {
    for (const [name, ...path] of TABLES) {
        try {
            const bytes = await vscode.workspace.fs.readFile(vscode.Uri.joinPath(folder, name));
            let table: unknown = parse(Buffer.from(bytes).toString("utf8"));
            for (const key of path) {
                table = (table as Record<string, unknown> | undefined)?.[key];
            }
            if (table) {
                const { files, exclude } = table as Record<string, unknown>;
                return { files: strings(files), exclude: strings(exclude) };
            }
        } catch {
            // not there, or nothing that can be read: the server says what is wrong with it
        }
    }
    return undefined;
}

function strings(value: unknown): string[] {
    return Array.isArray(value) ? value.filter((entry) => typeof entry === "string") : [];
}
