// Prints, as JSON, what the TextMate grammar makes of each file named: for each token its line, first and last
// column (from 0, the last excluded, in UTF-16 units), and its scopes.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import oniguruma from "vscode-oniguruma";
import textmate from "vscode-textmate";

const here = new URL("..", import.meta.url);
const wasm = createRequire(import.meta.url).resolve("vscode-oniguruma/release/onig.wasm");
await oniguruma.loadWASM(readFileSync(wasm));
const registry = new textmate.Registry({
    onigLib: Promise.resolve({
        createOnigScanner: (patterns) => new oniguruma.OnigScanner(patterns),
        createOnigString: (text) => new oniguruma.OnigString(text),
    }),
    loadGrammar: async (scope) =>
        scope === "source.probelang"
            ? JSON.parse(readFileSync(new URL("syntaxes/probelang.tmLanguage.json", here), "utf8"))
            : null,
});
const grammar = await registry.loadGrammar("source.probelang");

const files = process.argv.slice(2).map((file) => {
    let state = textmate.INITIAL;
    const tokens = [];
    for (const [line, text] of readFileSync(file, "utf8").split("\n").entries()) {
        const found = grammar.tokenizeLine(text, state);
        state = found.ruleStack;
        for (const token of found.tokens) {
            tokens.push([line, token.startIndex, token.endIndex, token.scopes]);
        }
    }
    return tokens;
});
process.stdout.write(JSON.stringify(files));
