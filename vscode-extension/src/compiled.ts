// What a spec compiles to, in an editor beside it, and anew with each change of the spec.
import * as vscode from "vscode";
import type { Server } from "./server";
import { isSpec, settings } from "./settings";

const SCHEME = "probelang-compiled";
/** Milliseconds without a key before it is compiled. */
const PAUSE = 100;

/** The server's answer: the text, or why there is none. */
interface Output {
    kernel: string;
    target: string;
    text: string | null;
    errors: string[];
}

export class Compiled implements vscode.TextDocumentContentProvider {
    private readonly changed = new vscode.EventEmitter<vscode.Uri>();
    private readonly last = new Map<string, string>();
    private readonly waiting = new Map<string, NodeJS.Timeout>();
    private readonly watched: vscode.Disposable;
    readonly onDidChange = this.changed.event;

    constructor(private readonly server: Server) {
        this.watched = vscode.Disposable.from(
            this.changed,
            vscode.workspace.registerTextDocumentContentProvider(SCHEME, this),
            vscode.workspace.onDidChangeTextDocument((event) => this.soon(event.document.uri)),
            vscode.workspace.onDidCloseTextDocument((document) => this.last.delete(document.uri.toString())),
            vscode.workspace.onDidChangeConfiguration((event) => {
                if (event.affectsConfiguration("probelang.format")) {
                    this.all();
                }
            }),
            server.onChange(() => this.all()),
        );
    }

    dispose(): void {
        this.waiting.forEach(clearTimeout);
        this.watched.dispose();
    }

    async show(): Promise<void> {
        const editor = vscode.window.activeTextEditor;
        if (!isSpec(editor?.document)) {
            void vscode.window.showInformationMessage("Open a spec first, and then its compiled output.");
            return;
        }
        const document = await vscode.workspace.openTextDocument(compiledUri(editor.document.uri));
        await vscode.window.showTextDocument(document, {
            viewColumn: vscode.ViewColumn.Beside,
            preserveFocus: true,
            preview: false,
        });
    }

    async provideTextDocumentContent(uri: vscode.Uri): Promise<string> {
        const source = vscode.Uri.parse(uri.query);
        const format = settings(source).get("format", "script");
        const output = await this.server.ask<Output>("probelang/compile", { uri: source.toString(), format });
        if (!output) {
            return "# nothing was compiled: probelang's language server does not run\n";
        }
        if (output.text !== null) {
            this.last.set(uri.toString(), output.text);
            return output.text;
        }
        // what was there stays in sight while a word is being typed
        const why = output.errors.map((error) => `# ${error}\n`).join("");
        return `# ${output.kernel}: not compiled\n${why}\n${this.last.get(uri.toString()) ?? ""}`;
    }

    private soon(source: vscode.Uri): void {
        const uri = compiledUri(source);
        const key = uri.toString();
        if (vscode.workspace.textDocuments.some((document) => document.uri.toString() === key)) {
            clearTimeout(this.waiting.get(key));
            this.waiting.set(
                key,
                setTimeout(() => this.changed.fire(uri), PAUSE),
            );
        }
    }

    private all(): void {
        for (const document of vscode.workspace.textDocuments) {
            if (document.uri.scheme === SCHEME) {
                this.changed.fire(document.uri);
            }
        }
    }
}

/** The place of what a spec compiles to; its name ends so that a script of the shell looks like one. */
function compiledUri(source: vscode.Uri): vscode.Uri {
    const path = `/${source.path.split("/").at(-1)}.sh`;
    return vscode.Uri.from({ scheme: SCHEME, path, query: source.toString() });
}
