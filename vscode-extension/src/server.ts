// The language server: started when the first spec is open, and again when the program or what it needs changes.
import { type ChildProcess, spawn } from "node:child_process";
import * as vscode from "vscode";
import { LanguageClient, type ServerOptions, State, Trace } from "vscode-languageclient/node";
import { findProgram, isSpec, LANGUAGE, settings } from "./settings";

/** Settings that are told to the server when it starts, so that it is started anew for them. */
const AT_START = ["path", "kernels", "target"];

export class Server {
    private client: LanguageClient | undefined;
    private turn: Promise<void> = Promise.resolve();
    private readonly log = vscode.window.createOutputChannel("probelang", { log: true });
    private readonly changed = new vscode.EventEmitter<void>();
    private readonly watched: vscode.Disposable;
    /** After each start and stop. */
    readonly onChange = this.changed.event;

    constructor() {
        this.watched = vscode.Disposable.from(
            this.log,
            this.changed,
            vscode.workspace.onDidOpenTextDocument((document) => {
                if (isSpec(document)) {
                    void this.start();
                }
            }),
            vscode.workspace.onDidChangeConfiguration((event) => {
                if (this.client && AT_START.some((name) => event.affectsConfiguration(`probelang.${name}`))) {
                    void this.restart();
                } else if (event.affectsConfiguration("probelang.trace.server")) {
                    void this.trace();
                }
            }),
        );
        if (vscode.workspace.textDocuments.some(isSpec)) {
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
        const start: ServerOptions = async () => launch(program, said);
        const client = new LanguageClient(LANGUAGE, "probelang", start, {
            documentSelector: [{ language: LANGUAGE }],
            initializationOptions: {
                kernels: settings().get<string[]>("kernels", []),
                target: settings().get("target", "") || null,
            },
            synchronize: { configurationSection: "probelang" },
            outputChannel: this.log,
            // a server that never ran is reported below, with a way out
            initializationFailedHandler: () => false,
        });
        try {
            await client.start();
            this.client = client;
            client.onDidChangeState(() => this.changed.fire());
            await this.trace();
        } catch (error) {
            await client.dispose().catch(() => undefined);
            void this.complain(program, said.join("").trim().split("\n").at(-1) || String(error));
        }
        await vscode.commands.executeCommand("setContext", "probelang.running", this.running);
        this.changed.fire();
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
        const where = "Say Where It Is";
        const log = "Show Log";
        this.log.error(`${program} lsp: ${why}`);
        const choice = await vscode.window.showErrorMessage(`Cannot start \`${program} lsp\`: ${why}`, where, log);
        if (choice === where) {
            await vscode.commands.executeCommand("workbench.action.openSettings", "probelang.path");
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
