// Patterns for paths as `probelang` has them in its settings: `*`, `?` and `[…]` within a name, `**` for any folders. One
// without a slash fits a name at any depth, one with a slash a path from the folder of the settings; what fits a folder
// fits all that is in it.

/** Whether a pattern fits a relative path with `/` between its names, or a folder that it is in. */
export function matches(pattern: string, path: string): boolean {
    const wanted = pattern.split("/").filter((name) => name !== "" && name !== ".");
    const names = path.split("/");
    const [first] = wanted;
    if (!pattern.replace(/\/+$/, "").includes("/")) {
        return first !== undefined && names.some((name) => fits(first, name));
    }
    // how many of the names the pattern so far may have taken
    let reached = new Set([0]);
    for (const part of wanted) {
        if (part === "**") {
            const least = Math.min(...reached);
            reached = new Set(Array.from({ length: names.length + 1 - least }, (_, at) => least + at));
        } else {
            reached = new Set([...reached].filter((at) => at < names.length && fits(part, names[at]!)).map((at) => at + 1));
        }
        if (reached.size === 0) {
            return false;
        }
    }
    return true;
}

/** Whether a pattern fits a name. A star is tried again further on, so that time is bounded by the two lengths. */
function fits(pattern: string, name: string): boolean {
    const tokens = pattern.match(/\*|\[!?\]?[^\]]*\]|[^]/gu) ?? [];
    const letters = [...name];
    let [at, token, star, resume] = [0, 0, -1, 0];
    while (at < letters.length) {
        const wanted = tokens[token];
        if (wanted === "*") {
            [star, resume] = [token, at];
            token += 1;
        } else if (wanted !== undefined && fitsOne(wanted, letters[at]!)) {
            at += 1;
            token += 1;
        } else if (star >= 0) {
            resume += 1;
            [at, token] = [resume, star + 1];
        } else {
            return false;
        }
    }
    return tokens.slice(token).every((rest) => rest === "*");
}

function fitsOne(wanted: string, letter: string): boolean {
    if (wanted === "?") {
        return true;
    }
    const set = wanted.match(/^\[(!?)(.+)\]$/su);
    if (!set) {
        return wanted === letter;
    }
    const ranges = [...set[2]!.matchAll(/(.)-(.)|(.)/gsu)];
    const within = ranges.some(([, low, high, one]) => one === letter || (low! <= letter && letter <= high!));
    return within !== (set[1] === "!");
}
