// The kernels in the status bar, and how they and the target are chosen.
import * as vscode from "vscode";
import type { Server } from "./server";
import { change, isSpec, settings } from "./settings";

/** What the server says of the kernels: those it has, those in force, and for what it compiles. */
interface Kernels {
    known: string[];
    chosen: { name: string; title: string }[];
    target: string;
    targets: string[];
}

const ELSEWHERE = "a file or folder…";
const PROJECT = "as the project's file says";
const DESCRIPTIONS: Record<string, string> = {
    running: "the one of this machine",
    tracefs: "a script for any machine with tracefs",
    perf: "a script around perf probe and perf record",
    bpftrace: "a script of bpftrace",
};

export class StatusBar {
    private readonly item = vscode.window.createStatusBarItem("probelang.kernels", vscode.StatusBarAlignment.Right, 100);
    private readonly watched: vscode.Disposable;

    constructor(private readonly server: Server) {
        this.item.name = "probelang: kernels";
        this.item.command = "probelang.chooseKernels";
        this.watched = vscode.Disposable.from(
            this.item,
            server.onChange(() => this.update()),
            vscode.window.onDidChangeActiveTextEditor(() => this.update()),
            vscode.workspace.onDidOpenTextDocument(() => this.update()),
        );
        void this.update();
    }

    dispose(): void {
        this.watched.dispose();
    }

    private async update(): Promise<void> {
        const document = vscode.window.activeTextEditor?.document;
        if (!isSpec(document)) {
            this.item.hide();
            return;
        }
        const kernels = await askKernels(this.server, document.uri);
        const names = kernels?.chosen.map((kernel) => kernel.name) ?? settings(document.uri).get<string[]>("kernels", []);
        this.item.text = `$(pulse) ${names.join(", ") || "running kernel"}`;
        this.item.tooltip = new vscode.MarkdownString(
            [
                this.server.running ? "probelang checks for" : "probelang's language server does not run",
                ...(kernels?.chosen.map((kernel) => `- ${kernel.title}`) ?? []),
                ...(kernels ? [`\ncompiled for ${kernels.target}`] : []),
            ].join("\n"),
        );
        this.item.backgroundColor = this.server.running
            ? undefined
            : new vscode.ThemeColor("statusBarItem.warningBackground");
        this.item.show();
    }
}

function askKernels(server: Server, uri?: vscode.Uri): Promise<Kernels | undefined> {
    return server.ask<Kernels>("probelang/kernels", { uri: uri?.toString() ?? null });
}

/** Lets the user choose one kernel or several, for this workspace, or its folder if that has settings of its own. */
export async function chooseKernels(server: Server): Promise<void> {
    const uri = vscode.window.activeTextEditor?.document.uri;
    const said = settings(uri).get<string[]>("kernels", []);
    const kernels = await askKernels(server, uri);
    const names = [...new Set([...(kernels?.known ?? []), "running", ...said])];
    const items = [...names, ELSEWHERE].map((label) => ({
        label,
        description: DESCRIPTIONS[label] ?? "",
        picked: said.includes(label),
    }));
    const chosen = await vscode.window.showQuickPick(items, {
        canPickMany: true,
        title: "Which kernels are the specs for? None: those of the project's file",
    });
    if (!chosen) {
        return;
    }
    const picked = chosen.map((item) => item.label).filter((label) => label !== ELSEWHERE);
    if (chosen.some((item) => item.label === ELSEWHERE)) {
        const files = await vscode.window.showOpenDialog({
            canSelectFiles: true,
            canSelectFolders: true,
            title: "BTF, vmlinux, vmlinuz, a snapshot, or a folder laid out like /",
        });
        picked.push(...(files ?? []).map((file) => file.fsPath));
    }
    await change("kernels", picked.length ? picked : undefined, uri);
}

/** Lets the user choose what specs are compiled for. */
export async function chooseTarget(server: Server): Promise<void> {
    const uri = vscode.window.activeTextEditor?.document.uri;
    const kernels = await askKernels(server, uri);
    const targets = kernels?.targets ?? ["tracefs", "perf", "bpftrace"];
    const items = [...targets, PROJECT].map((label) => ({ label, description: DESCRIPTIONS[label] ?? "" }));
    const chosen = await vscode.window.showQuickPick(items, { title: "What are specs compiled for?" });
    if (chosen) {
        await change("target", chosen.label === PROJECT ? undefined : chosen.label, uri);
    }
}
