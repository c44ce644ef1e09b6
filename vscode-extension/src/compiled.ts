// What a spec compiles to, in an editor beside it, and anew with each change of the spec.
import * as vscode from "vscode";
import type { Server } from "./server";
import { isSpec, settings } from "./settings";

const SCHEME = "probelang-compiled";
/** Milliseconds without a key before it is compiled. */
const PAUSE = 100;
/** Lines before the first event that a view begins with; one of them tells why the output is not up to date. */
const LINES_ABOVE = 4;

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
    /** By the place of the view: the line that was brought into sight. */
    private readonly shown = new Map<string, number>();
    /** By the place of the view: why the last output is not that of the spec as it is now. */
    private readonly stale = new Map<string, string>();
    /** By the place of the view: what will have it compiled after a pause. */
    private readonly waiting = new Map<string, NodeJS.Timeout>();
    private readonly watched: vscode.Disposable;
    private readonly dimmed = vscode.window.createTextEditorDecorationType({ opacity: "0.45", isWholeLine: true });
    private readonly reason = vscode.window.createTextEditorDecorationType({});
    readonly onDidChange = this.changed.event;

    constructor(private readonly server: Server) {
        this.watched = vscode.Disposable.from(
            this.changed,
            this.dimmed,
            this.reason,
            vscode.workspace.registerTextDocumentContentProvider(SCHEME, this),
            vscode.workspace.onDidChangeTextDocument(({ document }) => {
                this.soon(document.uri);
                this.reveal(document.uri);
            }),
            vscode.workspace.onDidCloseTextDocument(({ uri }) => this.forget(uri.toString())),
            vscode.window.onDidChangeVisibleTextEditors(() => this.decorate()),
            server.onChange(() => this.all()),
        );
    }

    dispose(): void {
        this.waiting.forEach(clearTimeout);
        this.watched.dispose();
    }

    /** Opens the view of a spec, of the active one if nothing is said; `kernel` is one of those it is for. */
    async show(asked?: { uri?: string; kernel?: string }): Promise<void> {
        const active = vscode.window.activeTextEditor?.document;
        const source = asked?.uri ? vscode.Uri.parse(asked.uri) : isSpec(active) ? active.uri : undefined;
        if (!source) {
            void vscode.window.showInformationMessage("Open a spec first, and then its compiled output.");
            return;
        }
        const document = await vscode.workspace.openTextDocument(compiledUri(source, asked?.kernel));
        await vscode.window.showTextDocument(document, {
            viewColumn: vscode.ViewColumn.Beside,
            preserveFocus: true,
            preview: false,
        });
        this.reveal(document.uri);
    }

    /** Has a view show the first event, if that is not where it was before. */
    private reveal(uri: vscode.Uri): void {
        const key = uri.toString();
        const line = this.last.get(key)?.line;
        const editor = vscode.window.visibleTextEditors.find((one) => one.document.uri.toString() === key);
        if (line !== undefined && editor && this.shown.get(key) !== line) {
            this.shown.set(key, line);
            const top = Math.max(line - LINES_ABOVE, 0);
            editor.revealRange(new vscode.Range(top, 0, top, 0), vscode.TextEditorRevealType.AtTop);
        }
    }

    async provideTextDocumentContent(uri: vscode.Uri): Promise<string> {
        const source = vscode.Uri.parse(uri.query);
        const format = settings(source).get("format", "script");
        const output = await this.server.ask<Output>("probelang/compile", {
            uri: source.toString(),
            kernel: uri.fragment || null,
            format,
        });
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

    private forget(key: string): void {
        for (const known of [this.last, this.shown, this.stale, this.waiting]) {
            known.delete(key);
        }
    }

    private decorate(): void {
        for (const editor of vscode.window.visibleTextEditors) {
            const key = editor.document.uri.toString();
            if (editor.document.uri.scheme !== SCHEME) {
                continue;
            }
            const why = this.stale.get(key);
            const end = editor.document.lineCount - 1;
            const line = shortestBefore(editor.document, this.last.get(key)?.line ?? 0);
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

    /** The views that are open, of one spec or of all. */
    private views(source?: vscode.Uri): vscode.Uri[] {
        const places = vscode.workspace.textDocuments.map((document) => document.uri);
        return places.filter((uri) => uri.scheme === SCHEME && (!source || uri.query === source.toString()));
    }

    private soon(source: vscode.Uri): void {
        for (const uri of this.views(source)) {
            const key = uri.toString();
            clearTimeout(this.waiting.get(key));
            this.waiting.set(
                key,
                setTimeout(() => this.changed.fire(uri), PAUSE),
            );
        }
    }

    private all(): void {
        this.views().forEach((uri) => this.changed.fire(uri));
    }
}

/** The shortest of the lines just before one: behind it there is room for a word. */
function shortestBefore(document: vscode.TextDocument, line: number): number {
    const above = Array.from({ length: LINES_ABOVE }, (_, at) => Math.min(line, document.lineCount) - 1 - at);
    const near = above.filter((one) => one >= 0);
    const lengths = near.map((one) => document.lineAt(one).text.trimEnd().length);
    return near[lengths.indexOf(Math.min(...lengths))] ?? 0;
}

/** The place of what a spec compiles to; its name ends so that a script of the shell looks like one. */
function compiledUri(source: vscode.Uri, kernel = ""): vscode.Uri {
    const path = `/${source.path.split("/").at(-1)}.sh`;
    return vscode.Uri.from({ scheme: SCHEME, path, query: source.toString(), fragment: kernel });
}
