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
    /** Where the first event is in the text. */
    line: number;
    errors: string[];
}

export class Compiled implements vscode.TextDocumentContentProvider {
    private readonly changed = new vscode.EventEmitter<vscode.Uri>();
    /** By the place of the view: the last output there was. */
    private readonly last = new Map<string, Output>();
    private readonly waiting = new Map<string, NodeJS.Timeout>();
    private readonly watched: vscode.Disposable;
    /** By the place of the view: why the last output is not that of the spec as it is now. */
    private readonly stale = new Map<string, string>();
    private readonly dimmed = vscode.window.createTextEditorDecorationType({ opacity: "0.45", isWholeLine: true });
    private readonly reason = vscode.window.createTextEditorDecorationType({});
    readonly onDidChange = this.changed.event;

    constructor(private readonly server: Server) {
        this.watched = vscode.Disposable.from(
            this.changed,
            this.dimmed,
            this.reason,
            vscode.workspace.registerTextDocumentContentProvider(SCHEME, this),
            vscode.workspace.onDidChangeTextDocument((event) => this.soon(event.document.uri)),
            vscode.workspace.onDidCloseTextDocument((document) => this.last.delete(document.uri.toString())),
            vscode.window.onDidChangeVisibleTextEditors(() => this.decorate()),
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
        const view = await vscode.window.showTextDocument(document, {
            viewColumn: vscode.ViewColumn.Beside,
            preserveFocus: true,
            preview: false,
        });
        const line = Math.max((this.last.get(document.uri.toString())?.line ?? 0) - 1, 0);
        view.revealRange(new vscode.Range(line, 0, line, 0), vscode.TextEditorRevealType.AtTop);
    }

    async provideTextDocumentContent(uri: vscode.Uri): Promise<string> {
        const source = vscode.Uri.parse(uri.query);
        const format = settings(source).get("format", "script");
        const output = await this.server.ask<Output>("probelang/compile", { uri: source.toString(), format });
        if (!output) {
            return "# nothing was compiled: probelang's language server does not run\n";
        }
        const key = uri.toString();
        const last = output.text === null ? this.last.get(key) : output;
        if (!last) {
            return [`# ${output.kernel}: not compiled`, ...output.errors.map((error) => `# ${error}`), ""].join("\n");
        }
        // what there was stays in sight, dimmed, while a word is being typed
        this.last.set(key, last);
        if (output.text === null) {
            this.stale.set(key, output.errors[0] ?? "");
        } else {
            this.stale.delete(key);
        }
        this.decorate();
        return last.text ?? "";
    }

    private decorate(): void {
        for (const editor of vscode.window.visibleTextEditors) {
            const key = editor.document.uri.toString();
            if (editor.document.uri.scheme !== SCHEME) {
                continue;
            }
            const why = this.stale.get(key);
            const end = editor.document.lineCount - 1;
            const line = Math.max((this.last.get(key)?.line ?? 0) - 1, 0);
            const note = {
                contentText: why,
                color: new vscode.ThemeColor("editorError.foreground"),
                margin: "0 0 0 2em",
            };
            editor.setDecorations(this.dimmed, why === undefined ? [] : [new vscode.Range(0, 0, end, 0)]);
            editor.setDecorations(
                this.reason,
                why === undefined
                    ? []
                    : [{ range: editor.document.lineAt(line).range, renderOptions: { after: note } }],
            );
        }
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
