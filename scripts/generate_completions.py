"""Make what bash, zsh and fish complete, in share/, out of the parser of the command line.

    python scripts/generate_completions.py [--check]

shtab writes them; here is only what it must be told besides: which words are files, kernels and rules. All words are in
the files, so that no TAB waits for Python. The wheel installs them where the shells look for them.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import shtab

from probelang.cli.main import COMMANDS, build_parser
from probelang.kernel.load import bundled_kernels
from probelang.rules import RULES

ROOT = Path(__file__).resolve().parent.parent
PLACES = {
    "bash": "share/bash-completion/completions/probelang",
    "zsh": "share/zsh/site-functions/_probelang",
    "fish": "share/fish/vendor_completions.d/probelang.fish",
}

FILES = ("FILE", "OUT", "LOG", "TOML", "JSON")
WORDS = {
    "KERNELS": ["running", *sorted(bundled_kernels())],
    "RULES": [word for rule in RULES for word in (rule.code, rule.slug)],
}
#: By the name that an argument has in the help.
COMPLETERS: dict[str, Any] = {
    **dict.fromkeys(FILES, shtab.FILE),
    "K": {"bash": "_probelang_kernel", "zsh": "_probelang_kernel", "fish": "(_probelang_kernel)"},
    "RULE": {"bash": "_probelang_rule", "zsh": "_probelang_rule", "fish": "(_probelang_rule)"},
    "RULES": {"bash": "_probelang_rules", "zsh": "_probelang_rules", "fish": "(_probelang_rules)"},
}

PREAMBLE = {
    "bash": """\
_probelang_rule_words="{RULES}"

_probelang_kernel() {{
  compgen -W "{KERNELS}" -- "$1"
  compgen -f -- "$1"
}}

_probelang_rule() {{
  compgen -W "$_probelang_rule_words" -- "$1"
}}

# several, with commas
_probelang_rules() {{
  local before=""
  [[ $1 == *,* ]] && before="${{1%,*}},"
  compgen -P "$before" -W "ALL $_probelang_rule_words" -- "${{1##*,}}"
}}
""",
    "zsh": """\
_probelang_rule_words=({RULES})

_probelang_kernel() {{
  local -a names=({KERNELS})
  _alternative 'kernels:kernel:compadd -a names' 'files:file:_files'
}}

_probelang_rule() {{
  compadd -a _probelang_rule_words
}}

# several, with commas
_probelang_rules() {{
  local -a words_of_rules=(ALL $_probelang_rule_words)
  compset -P '*,'
  compadd -q -S ',' -a words_of_rules
}}
""",
    "fish": """\
set -g _probelang_rule_words {RULES}

function _probelang_kernel
  printf '%s\\n' {KERNELS}
  __fish_complete_path (commandline -ct)
end

function _probelang_rule
  printf '%s\\n' $_probelang_rule_words
end

# several, with commas
function _probelang_rules
  set -l before (string match -r '^.*,' -- (commandline -ct))
  printf '%s\\n' "$before"ALL "$before"$_probelang_rule_words
end
""",
}


def parsers(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """A parser and those of its commands."""
    yield parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for command in action.choices.values():
                yield from parsers(command)


def full_parser() -> argparse.ArgumentParser:
    """The parser with the options of all commands."""
    return build_parser(tuple(COMMANDS))


def render() -> dict[str, str]:
    """The text of each shell's file."""
    main = full_parser()
    for parser in parsers(main):
        for action in parser._actions:
            if isinstance(action.metavar, str) and action.metavar in COMPLETERS:
                told: Any = action
                told.complete = COMPLETERS[action.metavar]
    words = {name: " ".join(values) for name, values in WORDS.items()}
    return {
        shell: shtab.complete(main, shell=shell, preamble=PREAMBLE[shell].format(**words)).rstrip("\n") + "\n"
        for shell in PLACES
    }


def main() -> int:
    stale = 0
    for shell, text in render().items():
        path = ROOT / PLACES[shell]
        if "--check" in sys.argv[1:]:
            if not path.is_file() or path.read_text() != text:
                print(f"{PLACES[shell]} is not what the parser says: run scripts/generate_completions.py")
                stale = 1
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return stale


if __name__ == "__main__":
    sys.exit(main())
