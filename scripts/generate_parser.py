"""Make probelang/syntax/tables.py out of grammar/probelang.lark.

    python scripts/generate_parser.py [--check]

Lark reads the grammar and computes the LALR(1) automaton here, once, by hand; at run time nothing of Lark is
imported and nothing is built from text. A test fails where the committed tables are not what this writes.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

from lark import Lark
from lark.lexer import PatternStr
from lark.parsers.lalr_analysis import Shift

ROOT = Path(__file__).resolve().parent.parent
GRAMMAR = ROOT / "grammar" / "probelang.lark"
TABLES = ROOT / "probelang" / "syntax" / "tables.py"

START = "statement"
CONTEXTUAL = (
    2  # terminals of this priority are looked for only where the grammar accepts them, and then first
)

HEADER = '''"""The LALR(1) automaton and the terminals of grammar/probelang.lark.

Made by scripts/generate_parser.py; do not edit.
"""
# fmt: off

from __future__ import annotations

'''


def load_grammar(start: str = START) -> Lark:
    """The grammar as Lark understands it; raises on a conflict of two reductions."""
    return Lark(GRAMMAR.read_text(), parser="lalr", lexer="contextual", start=start, maybe_placeholders=False)


def order_states(table: Any) -> list[Any]:
    """The states in an order that does not depend on hashes: breadth first, symbols by name."""
    first = table.start_states[START]
    order, seen = [first], {first}
    for state in order:
        for _, (action, target) in sorted(table.states[state].items()):
            if action is Shift and target not in seen:
                seen.add(target)
                order.append(target)
    return order


def render_dict(items: dict[str, Any]) -> str:
    return "{" + ",".join(f"{str(key)!r}:{value!r}" for key, value in items.items()) + "}"


def render() -> str:
    """The text of tables.py."""
    lark = load_grammar()
    table = lark.parser.parser._parse_table
    order = order_states(table)
    number = {state: index for index, state in enumerate(order)}
    rules = [rule for rule in lark.rules if not rule.origin.name.startswith("$root")]
    rule_number = {rule: index for index, rule in enumerate(rules)}
    terminals = {terminal.name: terminal for terminal in lark.terminals}
    ignored = set(lark.ignore_tokens)

    contextual = {name for name, terminal in terminals.items() if terminal.priority >= CONTEXTUAL}
    scanners: list[tuple[str, ...]] = [()]
    actions, gotos, scanner_of = [], [], []
    for state in order:
        action_row: dict[str, int] = {}
        goto_row: dict[str, int] = {}
        for symbol, (action, target) in sorted(table.states[state].items()):
            if symbol == "$END" or symbol in terminals:
                action_row[symbol] = number[target] if action is Shift else ~rule_number[target]
            else:
                goto_row[symbol] = number[target]
        wanted = tuple(sorted(contextual & action_row.keys()))
        if wanted not in scanners:
            scanners.append(wanted)
        actions.append(action_row)
        gotos.append(goto_row)
        scanner_of.append(scanners.index(wanted))

    # rows that are alike are written, and kept, once
    rows: list[dict[str, int]] = []
    row_of = []
    for row in actions:
        if row not in rows:
            rows.append(row)
        row_of.append(rows.index(row))

    keywords: dict[str, str] = {}
    punctuation: dict[str, str] = {}
    patterns: dict[str, str] = {}
    for name, terminal in terminals.items():
        if name in contextual:
            continue
        if isinstance(terminal.pattern, PatternStr) and not terminal.pattern.value.isspace():
            text = terminal.pattern.value
            (keywords if text[0].isalpha() else punctuation)[text] = name
        elif name not in ignored or name == "COMMENT":
            patterns[name] = terminal.pattern.to_regexp()
    single = "".join(re.escape(text) for text in punctuation if len(text) == 1)
    longer = sorted((text for text in punctuation if len(text) > 1), key=lambda text: (-len(text), text))
    patterns["punctuation"] = "|".join([*(re.escape(text) for text in longer), f"[{single}]"])
    # what is met most comes first; a comment before the slash, `$arg*` before a variable
    before = ["NAME", "NEWLINE", "COMMENT", "punctuation", "NUMBER"]
    rest = sorted(patterns.keys() - set(before), key=lambda name: (-terminals[name].priority, name))
    groups = [*before, *rest]

    def alternatives(names: list[str]) -> str:
        return "[ \\t\\r]*(?:" + "|".join(f"({patterns[name]})" for name in names) + ")"

    for name in contextual:
        patterns[name] = terminals[name].pattern.to_regexp()
    lines = [HEADER]
    out = lines.append
    out("# where a statement begins, and where it has been read\n")
    out(f"START = {number[table.start_states[START]]}\n")
    out(f"ACCEPT = {number[table.end_states[START]]}\n\n")
    out("# by its text: the terminal\n")
    out("KEYWORDS: dict[str, str] = " + render_dict(keywords) + "\n")
    out("PUNCTUATION: dict[str, str] = " + render_dict(punctuation) + "\n\n")
    out(
        "# a pattern with a group for each terminal, in order; the first is for every state, the others before it\n"
    )
    out("SCANNERS: tuple[tuple[str, tuple[str | None, ...]], ...] = (\n")
    out(f"    ({alternatives(groups)!r}, (None, {', '.join(map(repr, groups))})),\n")
    for scanner in scanners[1:]:
        names = list(scanner)
        out(f"    ({alternatives(names)!r}, (None, {', '.join(map(repr, names))})),\n")
    out(")\n\n")
    out("# by state: the scanner that goes before the first, 0 for none\n")
    out(f"SCANNER_OF: bytes = {bytes(scanner_of)!r}\n\n")
    out(
        '# a rule: what it makes, of how many symbols, by which method of the builder ("": the symbol itself)\n'
    )
    out("RULES: tuple[tuple[str, int, str], ...] = (\n")
    for rule in rules:
        action = str(rule.alias or "")
        if not action and len(rule.expansion) != 1:
            raise SystemExit(f"{rule}: more than one symbol needs a `-> name`")
        out(f"    ({str(rule.origin.name)!r}, {len(rule.expansion)}, {action!r}),\n")
    out(")\n\n")
    out("# by state: for a terminal, the state to go to, or ~ the rule to reduce by\n")
    out("_ROWS: tuple[dict[str, int], ...] = (\n")
    for row in rows:
        out(f"    {render_dict(row)},\n")
    out(")\n")
    out(f"ACTIONS: tuple[dict[str, int], ...] = tuple(map(_ROWS.__getitem__, {bytes(row_of)!r}))\n\n")
    out("# by state: for what was made, the state to go to\n")
    out("GOTOS: tuple[dict[str, int], ...] = (\n")
    for goto in gotos:
        out(f"    {render_dict(goto)},\n")
    out(")\n")
    return "".join(lines)


def main() -> int:
    text = render()
    if "--check" in sys.argv[1:]:
        if TABLES.read_text() != text:
            print(f"{TABLES.relative_to(ROOT)} is not what the grammar says: run scripts/generate_parser.py")
            return 1
        return 0
    TABLES.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
