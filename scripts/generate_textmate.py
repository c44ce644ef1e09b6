"""Make vscode-extension/syntaxes/probelang.tmLanguage.json out of grammar/probelang.lark.

    python scripts/generate_textmate.py [--check]

Keywords, operators and the patterns of tokens come from the grammar; here is only what a TextMate grammar must
be told besides: the scope of each terminal, and which regions stand for the states of the parser. A terminal that
has no scope here is an error, and a test fails where the committed file is not what this writes.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

from generate_parser import load_grammar
from lark.lexer import PatternStr

ROOT = Path(__file__).resolve().parent.parent
SYNTAX = ROOT / "vscode-extension" / "syntaxes" / "probelang.tmLanguage.json"

KINDS = ("KPROBE", "FPROBE", "TPROBE", "EPROBE", "UPROBE", "USDT")
ACCESSES = ("READ_WRITE", "READ", "WRITE", "EXECUTE")
TAGS = ("STRUCT", "UNION", "ENUM")

SCOPES = {
    "COMMENT": "comment.line",
    "GROUP CONST ARGS": "storage.type.declaration",
    " ".join((*KINDS, "WATCH", "MONITOR")): "storage.type.kind",
    "WITH IF USE LEN EVERY": "keyword.control",
    " ".join(ACCESSES): "storage.modifier.access",
    "IN": "keyword.operator.word",
    " ".join(TAGS): "storage.type.c",
    "CONTAINER_OF": "support.function",
    "EQUAL": "keyword.operator.assignment",
    "CHOICE": "keyword.operator.choice",
    "LOGICAL_OR LOGICAL_AND BANG": "keyword.operator.logical",
    "EQUAL_TO NOT_EQUAL_TO LESS LESS_EQUAL GREATER GREATER_EQUAL": "keyword.operator.comparison",
    "PIPE CARET AMPERSAND SHIFT_LEFT SHIFT_RIGHT TILDE": "keyword.operator.bitwise",
    "PLUS MINUS STAR SLASH PERCENT": "keyword.operator.arithmetic",
    "DOT_DOT": "keyword.operator.range",
    "ARROW DOT": "punctuation.accessor",
    "COMMA": "punctuation.separator.comma",
    "COLON": "punctuation.separator.type",
    "LPAR RPAR CAST_LPAR": "punctuation.section.parens",
    "LBRACKET RBRACKET": "punctuation.section.brackets",
    "LBRACE RBRACE": "punctuation.section.braces",
    "NUMBER": "constant.numeric",
    "STRING": "string.quoted.double",
    "CHARACTER": "string.quoted.single",
    "VARIABLE ALL_ARGS": "variable.language",
    "SYMBOL": "variable.other.symbol",
    "REGISTER": "variable.language.register",
    "DEREF": "keyword.operator.dereference",
    "POINT": "entity.name.function.point",
    "FETCH_TYPE": "support.type",
    # by what it names
    "NAME": "",
}
"""The scope of each terminal, without the language's name at its end."""

BRACKETS = {"LPAR": "RPAR", "LBRACKET": "RBRACKET", "LBRACE": "RBRACE"}
UNSEEN = {"NEWLINE", "BLANK"}

Rule = dict[str, Any]


class Terminals:
    """The terminals of the grammar: their patterns in Oniguruma's syntax, and their scopes."""

    def __init__(self) -> None:
        lark = load_grammar()
        self._patterns = {terminal.name: terminal.pattern for terminal in lark.terminals}
        self._scopes = {name: scope for names, scope in SCOPES.items() for name in names.split()}
        if wrong := self._scopes.keys() ^ (self._patterns.keys() - UNSEEN):
            raise SystemExit(f"terminals without a scope, or scopes without a terminal: {sorted(wrong)}")

    def words(self, *names: str) -> str:
        """A pattern for keywords."""
        return rf"\b({'|'.join(self._patterns[name].value for name in names)})\b"

    def text(self, name: str) -> str:
        """The pattern of a terminal that has a text of its own, as a group."""
        pattern = self._patterns[name]
        return f"({re.escape(pattern.value) if isinstance(pattern, PatternStr) else pattern.value})"

    def scope(self, name: str) -> str:
        return f"{self._scopes[name]}.probelang"

    def brackets(self, before: str, scopes: tuple[str, ...], opening: str, *rules: Rule | str) -> Rule:
        """A rule for `before` and what is in the brackets after it.

        Brackets that nobody closed end at a line that can only begin a statement.
        """
        opened, closed = self.text(opening), self.text(BRACKETS[opening])
        name, probe = self.text("NAME"), self.words(*KINDS, "WATCH", "MONITOR", "GROUP", "CONST", "ARGS")
        statement = rf"(?=^\s*(?:{name}\s*(?:/\s*{name}\s*)?=\s*)?{probe}\s+[^\s=,:}}])"
        return region(
            before + opened,
            (*scopes, self.scope(opening)),
            f"{closed}|{statement}",
            (self.scope(opening),),
            "comment",
            *rules,
        )

    def operators(self) -> list[Rule]:
        """A rule for each operator and mark, the longer ones first."""
        marks = {
            name: pattern.value
            for name, pattern in self._patterns.items()
            if isinstance(pattern, PatternStr) and not re.search(r"[\w\s()\[\]{}]", pattern.value)
        }
        order = sorted(marks, key=lambda name: (-len(marks[name]), name))
        return [match(re.escape(marks[name]), self.scope(name)) for name in order]


def captures(*scopes: str) -> Rule:
    """The scopes of a pattern's groups, none for an empty one."""
    return {str(number): {"name": scope} for number, scope in enumerate(scopes, 1) if scope}


def match(pattern: str, scope: str) -> Rule:
    """A rule for text within one line."""
    return {"match": pattern, "name": scope}


def parts(pattern: str, *scopes: str) -> Rule:
    """A rule for text within one line, with a scope for each group of its pattern."""
    return {"match": pattern, "captures": captures(*scopes)}


def region(begin: str, scopes: tuple[str, ...], end: str, ends: tuple[str, ...], *rules: Rule | str) -> Rule:
    """A rule for what lies between two patterns: the scopes of their groups, and the rules in between."""
    return {
        "begin": begin,
        "beginCaptures": captures(*scopes),
        "end": end,
        "endCaptures": captures(*ends),
        "patterns": [{"include": f"#{rule}"} if isinstance(rule, str) else rule for rule in rules],
    }


def statements(of: Terminals) -> list[Rule]:
    """What stands outside of braces, but for expressions."""
    name, point, number = of.text("NAME"), of.text("POINT"), of.text("NUMBER")
    kind, control, declaration = of.scope("KPROBE"), of.scope("IF"), of.scope("GROUP")
    event = "entity.name.function.event.probelang"
    equal = r"(=)(?!=)"
    points: tuple[Rule | str, ...] = (
        "comment",
        parts(r"(\?\?)(?=\s)\s*", of.scope("CHOICE")),
        {"match": point, "name": of.scope("POINT"), "captures": {"1": {"patterns": point_parts()}}},
    )
    return [
        parts(rf"{of.words('GROUP')}\s+{name}(?!\s*[=/])", declaration, "entity.name.namespace.probelang"),
        parts(
            rf"{of.words('CONST')}\s+{name}\s*{equal}",
            declaration,
            "variable.other.constant.probelang",
            of.scope("EQUAL"),
        ),
        of.brackets(
            rf"{of.words('ARGS')}\s+{name}\s*",
            (declaration, "entity.name.function.args.probelang"),
            "LPAR",
            parts(rf"{name}\s*(:)", "variable.parameter.probelang", of.scope("COLON")),
            "c_type",
            match(",", of.scope("COMMA")),
        ),
        parts(rf"{name}\s*(/)\s*{name}\s*{equal}", "entity.name.namespace.probelang", "punctuation.separator.group.probelang", event, of.scope("EQUAL")),
        parts(rf"{name}\s*{equal}", event, of.scope("EQUAL")),
        parts(rf"{of.words('MONITOR')}\s+{of.words('EVERY')}\s+{number}", kind, control, of.scope("NUMBER")),
        # a point ends before white space, unless `??` follows
        region(
            rf"{of.words(*KINDS)}(?=\s)\s*",
            (kind,),
            r"(?<=\S)(?=\s+(?!\?\?\s)|\s*$|[{}])",
            (),
            *points,
        ),
        region(
            rf"{of.words('WATCH')}(?=\s)\s*",
            (kind,),
            rf"(?<=\s){of.words(*ACCESSES)}(?:\s+{of.words('LEN')})?|$|(?=\{{)",
            (of.scope("READ"), control),
            *points,
        ),
        region(
            rf"{of.words('WITH')}\s*",
            (control,),
            r"(?=[^\s\w,=.#/])|(?<=\w)(?=\s*$|\s+[^\s,=])",
            (),
            "comment",
            parts(rf"{name}\s*{equal}\s*{number}", "entity.other.attribute-name.option.probelang", of.scope("EQUAL"), of.scope("NUMBER")),
            match(name, "entity.other.attribute-name.option.probelang"),
            match(",", of.scope("COMMA")),
        ),
        match(of.words("IF"), control),
        of.brackets("", (), "LBRACE", "fetch_arg", "expression"),
    ]  # fmt: skip


def point_parts() -> list[Rule]:
    """What has a meaning within a point."""
    return [
        match(r"%return\b", "keyword.other.return.probelang"),
        match(r"(?<=[+:])(?:0x[0-9A-Fa-f]+|[0-9]+)\b|^0x[0-9A-Fa-f]+", "constant.numeric.probelang"),
        match(r"[*?{},]", "keyword.operator.wildcard.probelang"),
        match(r":", "punctuation.separator.point.probelang"),
    ]


def fetch_args(of: Terminals) -> list[Rule]:
    """What stands in the braces of a probe, but for expressions."""
    name = of.text("NAME")
    return [
        match(of.text("ALL_ARGS"), of.scope("ALL_ARGS")),
        of.brackets(
            rf"{of.words('USE')}\s+{name}\s*",
            (of.scope("USE"), "entity.name.function.args.probelang"),
            "LPAR",
            "expression",
        ),
        parts(rf"{name}\s*(=)(?!=)", "variable.other.fetch-arg.probelang", of.scope("EQUAL")),
        parts(rf"(:)\s*{of.text('FETCH_TYPE')}", of.scope("COLON"), of.scope("FETCH_TYPE")),
    ]


def expressions(of: Terminals) -> list[Rule]:
    """Values; what is contextual for the parser is told by the character before it."""
    name, paren = of.text("NAME"), of.scope("LPAR")
    escape = {"patterns": [match(r"\\(?:[0-7]{1,3}|x[0-9A-Fa-f]+|.)", "constant.character.escape.probelang")]}
    operand_expected = r"(?:(?<=[=,(\[{!&|+\-*/<>~?])|^)\s*"
    strings = [
        {"match": of.text(terminal), "name": of.scope(terminal), "captures": {"1": escape}}
        for terminal in ("STRING", "CHARACTER")
    ]
    return [
        *strings,
        match(of.text("VARIABLE"), of.scope("VARIABLE")),
        match(of.text("SYMBOL"), of.scope("SYMBOL")),
        parts(rf"{operand_expected}{of.text('REGISTER')}", of.scope("REGISTER")),
        parts(rf"{operand_expected}{of.text('DEREF')}", of.scope("DEREF")),
        region(
            rf"(?<![\w)\]])(?={of.text('CAST_LPAR')})(\()",
            ("", of.scope("CAST_LPAR")),
            rf"(\))\s*(?:{of.text('REGISTER')}|{of.text('DEREF')})?",
            (paren, of.scope("REGISTER"), of.scope("DEREF")),
            "c_type",
        ),
        of.brackets(
            rf"{of.words('CONTAINER_OF')}\s*", (of.scope("CONTAINER_OF"),), "LPAR", "tagged_type", "expression"
        ),
        of.brackets(
            rf"(?<=[\w)\]\"'\s]){of.words('IN')}\s*", (of.scope("IN"),), "LBRACE", "expression"
        ),
        parts(rf"(?<=[\w)\]\"'])\s+{of.words('IN')}(?=\s*[\w\"'$@(+*&~!-])", of.scope("IN")),
        parts(rf"(->|\.)\s*{name}", of.scope("ARROW"), "variable.other.member.probelang"),
        of.brackets(rf"{name}\s*", ("support.function.probelang",), "LPAR", "expression"),
        of.brackets("", (), "LPAR", "expression"),
        of.brackets("", (), "LBRACKET", "expression"),
        match(r"\b[A-Z_][A-Z0-9_]+\b", "variable.other.constant.probelang"),
        match(name, "variable.other.readwrite.probelang"),
        # C's own range: `1..2` is no fraction
        match(r"[0-9][0-9A-Za-z_]*(?=\.\.)", of.scope("NUMBER")),
        match(of.text("NUMBER"), of.scope("NUMBER")),
        *of.operators(),
    ]  # fmt: skip


def render() -> str:
    """The text of the TextMate grammar."""
    of = Terminals()
    name = of.text("NAME")
    tagged = parts(rf"{of.words(*TAGS)}\s+{name}", of.scope("STRUCT"), "entity.name.type.probelang")
    rules = {
        "comment": [match(of.text("COMMENT"), of.scope("COMMENT"))],
        "statement": statements(of),
        "fetch_arg": fetch_args(of),
        "tagged_type": [tagged],
        "c_type": [tagged, match(name, "support.type.c.probelang"), match(r"\*", of.scope("STAR"))],
        "expression": expressions(of),
    }
    grammar = {
        "information_for_contributors": "made by scripts/generate_textmate.py; do not edit",
        "name": "probelang",
        "scopeName": "source.probelang",
        "patterns": [{"include": f"#{rule}"} for rule in ("comment", "statement", "expression")],
        "repository": {rule: {"patterns": patterns} for rule, patterns in rules.items()},
    }
    return json.dumps(grammar, indent=2, ensure_ascii=False) + "\n"


def main() -> int:
    text = render()
    if "--check" in sys.argv[1:]:
        if not SYNTAX.is_file() or SYNTAX.read_text() != text:
            print(
                f"{SYNTAX.relative_to(ROOT)} is not what the grammar says: run scripts/generate_textmate.py"
            )
            return 1
        return 0
    SYNTAX.parent.mkdir(exist_ok=True)
    SYNTAX.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
