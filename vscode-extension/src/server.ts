// The language server: started when the first spec is open, and again when the program or what it needs changes.
import { type ChildProcess, spawn } from "node:child_process";
import * as vscode from "vscode";
import { LanguageClient, type Location, type ServerOptions, State, Trace } from "vscode-languageclient/node";
import { COMMANDS, findProgram, isKnown, LANGUAGE, settings } from "./settings";

export class Server {
    private client: LanguageClient | undefined;
    private turn: Promise<void> = Promise.resolve();
    private readonly log = vscode.window.createOutputChannel("probelang", { log: true });
    private readonly changed = new vscode.EventEmitter<void>();
    private readonly watched: vscode.Disposable;
    /** After each start and stop, and when other settings are in force or a kernel has been read. */
    readonly onChange = this.changed.event;

    constructor() {
        this.watched = vscode.Disposable.from(
            this.log,
            this.changed,
            vscode.workspace.onDidOpenTextDocument((document) => {
                if (isKnown(document)) {
                    void this.start();
                }
            }),
            vscode.workspace.onDidChangeConfiguration((event) => {
                if (this.client && event.affectsConfiguration("probelang.path")) {
                    void this.restart();
                } else if (event.affectsConfiguration("probelang")) {
                    // the server hears of it, and tells what has changed by that
                    void this.trace();
                }
            }),
            // from one declaration to the next, in the pages of C that the server makes
            vscode.languages.registerDefinitionProvider(
                { scheme: "probelang-header" },
                { provideDefinition: (document, position) => this.findDefinition(document, position) },
            ),
        );
        if (vscode.workspace.textDocuments.some(isKnown)) {
            void this.start();
        }
    }

    get running(): boolean {
        return this.client?.state === State.Running;
    }

    showLog(): void {
        this.log.show();
    }

    /** Starts it, if it does not run. */
    start(): Promise<void> {
        return this.next(async () => {
            if (!this.client) {
                await this.run();
            }
        });
    }

    restart(): Promise<void> {
        return this.next(async () => {
            await this.end();
            await this.run();
        });
    }

    stop(): Promise<void> {
        return this.next(() => this.end());
    }

    async dispose(): Promise<void> {
        await this.stop();
        this.watched.dispose();
    }

    private async findDefinition(
        document: vscode.TextDocument,
        position: vscode.Position,
    ): Promise<vscode.Definition | vscode.DefinitionLink[] | undefined> {
        const convert = this.client?.code2ProtocolConverter;
        const where = convert?.asTextDocumentPositionParams(document, position);
        const found = where && (await this.ask<Location[] | null>("textDocument/definition", where));
        return found ? this.client?.protocol2CodeConverter.asDefinitionResult(found) : undefined;
    }

    /** Asks what is not in the protocol; nothing where no server runs, or it does not know the question. */
    async ask<Answer>(method: string, params: object): Promise<Answer | undefined> {
        await this.turn;
        try {
            return this.running ? await this.client?.sendRequest<Answer>(method, params) : undefined;
        } catch (error) {
            this.log.debug(`${method}: ${error}`);
            return undefined;
        }
    }

    /** One start or stop after the other. */
    private next(step: () => Promise<void>): Promise<void> {
        this.turn = this.turn.then(step, step).catch((error) => this.log.error(String(error)));
        return this.turn;
    }

    private async run(): Promise<void> {
        const program = findProgram();
        const said: string[] = [];
        let client: LanguageClient | undefined;
        try {
            // before there is a client, which would show where in its code it missed the program
            let first: ChildProcess | undefined = await launch(program, said);
            client = this.makeClient(async () => {
                const child = first ?? (await launch(program, said));
                first = undefined;
                return child;
            });
            client.onNotification("probelang/changed", () => this.changed.fire());
            await client.start();
            client.onDidChangeState(() => this.changed.fire());
            this.client = client;
            await this.trace();
        } catch (error) {
            await client?.dispose().catch(() => undefined);
            const last = said.join("").trim().split("\n").at(-1);
            void this.complain(program, last || (error instanceof Error ? error.message : String(error)));
        }
        await vscode.commands.executeCommand("setContext", "probelang.running", this.running);
        this.changed.fire();
    }

    private makeClient(start: ServerOptions): LanguageClient {
        return new LanguageClient(LANGUAGE, "probelang", start, {
            documentSelector: [
                { language: LANGUAGE, scheme: "file" },
                { language: LANGUAGE, scheme: "untitled" },
                { language: COMMANDS, scheme: "file" },
                { language: COMMANDS, scheme: "untitled" },
            ],
            initializationOptions: {
                kernels: settings().get<string[]>("kernels", []),
                target: settings().get("target", "") || null,
                compileCommand: "probelang.showCompiled",
                tellChanges: true,
            },
            synchronize: { configurationSection: "probelang" },
            outputChannel: this.log,
            // a server that did not begin is reported with a way out, by `complain`
            initializationFailedHandler: () => false,
        });
    }

    private async end(): Promise<void> {
        const client = this.client;
        this.client = undefined;
        await client?.dispose();
        this.changed.fire();
    }

    private async trace(): Promise<void> {
        await this.client?.setTrace(Trace.fromString(settings().get("trace.server", "off")));
    }

    private async complain(program: string, why: string): Promise<void> {
        const settle = "Say Where It Is";
        const log = "Show Log";
        this.log.error(`${program} lsp: ${why}`);
        const choice = await vscode.window.showErrorMessage(`Cannot start \`${program} lsp\`: ${why}`, settle, log);
        if (choice === settle) {
            const where = vscode.env.remoteName ? "openRemoteSettings" : "openSettings";
            await vscode.commands.executeCommand(`workbench.action.${where}`, { query: "probelang.path" });
        } else if (choice === log) {
            this.showLog();
        }
    }
}

/** Starts the program; what it says on standard error is kept, as it is the reason if it does not go on. */
function launch(program: string, said: string[]): Promise<ChildProcess> {
    return new Promise((resolve, reject) => {
        const cwd = vscode.workspace.workspaceFolders?.find((folder) => folder.uri.scheme === "file")?.uri.fsPath;
        const child = spawn(program, ["lsp"], { cwd });
        child.once("error", (error: NodeJS.ErrnoException) => {
            reject(error.code === "ENOENT" ? new Error("there is no such program") : error);
        });
        child.once("spawn", () => resolve(child));
        child.stderr.on("data", (data: Buffer) => {
            said.push(data.toString());
            said.splice(0, said.length - 20);
        });
    });
}
