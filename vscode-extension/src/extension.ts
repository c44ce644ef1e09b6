// A client of `probelang lsp`, and what an editor needs besides.
import * as vscode from "vscode";
import { Compiled } from "./compiled";
import { chooseKernels, chooseTarget, StatusBar } from "./kernels";
import { takeSpecsFromPerl } from "./perl";
import { Server } from "./server";

let server: Server | undefined;

export function activate(context: vscode.ExtensionContext): void {
    const running = new Server();
    const compiled = new Compiled(running);
    const commands: Record<string, (asked?: { uri?: string; kernel?: string }) => unknown> = {
        showCompiled: (asked) => compiled.show(asked),
        chooseKernels: () => chooseKernels(running),
        chooseTarget: () => chooseTarget(running),
        restart: () => running.restart(),
        showLog: () => running.showLog(),
    };
    server = running;
    context.subscriptions.push(
        compiled,
        new StatusBar(running),
        takeSpecsFromPerl(),
        ...Object.entries(commands).map(([name, command]) =>
            vscode.commands.registerCommand(`probelang.${name}`, command),
        ),
    );
}

export async function deactivate(): Promise<void> {
    await server?.dispose();
}
