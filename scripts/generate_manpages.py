"""Make the manual pages in share/man out of the parser of the command line, and the texts here.

    python scripts/generate_manpages.py [--check]

A page for `probelang`, and one for each command. Options and their help are the parser's; what a command is for, its
examples and what to read besides stand here. The wheel installs them.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

from generate_completions import full_parser

from probelang import __version__

ROOT = Path(__file__).resolve().parent.parent
FOLDER = "share/man/man1"
DATE = "2026-11-25"
"""Of the texts below."""

SPEC = """\
# the large reads, and the files that are not there
big     = fprobe vfs_read if count > 64 * 1024 { count, name = file->f_path.dentry->d_name.name }
missing = fprobe do_sys_openat2%return if $retval == -ENOENT { path = filename, $comm }
"""
MAIN = """\
`probelang` turns a spec of probes into what a Linux kernel understands. A spec says where to look
in a kernel or a program, what to record there, and when; it is checked against the types of the
kernel that it is for. What that kernel would refuse, and what it would take and record wrongly, is
said at the characters in question.
"""

_LONGEST = 78


@dataclass(frozen=True)
class Text:
    """What a page has besides the options. What stands between backticks is set in bold."""

    about: str
    """Paragraphs, with empty lines between them."""
    examples: dict[str, str]
    """Commands, each after what it is for; the tests run those that need no root in a folder with the examples."""


TEXTS = {
    "compile": Text(
        """\
Checks specs and writes a shell script that defines, filters and enables their events in tracefs,
all or none; called with `stop` it removes them. For `--target perf` it is a script around `perf
probe` and `perf record`, for `--target bpftrace` a script of bpftrace. Several specs become one
script. Diagnostics go to standard error; with errors nothing is written.

The script fits the kernel it was compiled for. It needs root and a shell to run, and nothing of
probelang.
""",
        {
            "A script for Linux 6.12": "probelang compile --kernel 6.12 -o reads.sh examples/reads.pl",
            "The bare lines for dynamic_events": "probelang compile --kernel 6.1 --format commands examples/reads.pl",
            "One script of bpftrace": "probelang compile --kernel 7.3 --target bpftrace examples/reads.pl",
        },
    ),
    "run": Text(
        """\
Compiles specs for the running kernel, defines their events in a tracing instance of its own, prints
each hit as it comes, and removes everything when it ends, however that is. What a killed run left
behind is removed by the next one; probes of others stay as they are. Lost events are counted and
said. It needs root.
""",
        {
            "For five seconds": "probelang run --duration 5s examples/reads.pl",
            "What one command does, as JSON": "probelang run --command 'ls -l' --format json examples/opens.pl",
            "A live summary": "probelang run --top --by comm examples/reads.pl",
            "A page about a minute": "probelang run --duration 1m --report reads.html examples/reads.pl",
        },
    ),
    "report": Text(
        """\
Shows hits that `probelang run --format json` wrote: a summary of each event's rate and of what its
fields held, or, with `-o`, the same as a page or as pictures. It needs no root, and no kernel; what a
field counts (bytes, nanoseconds) only `probelang run --top` and `--report` know.
""",
        {
            "What was kept, later": "probelang report hits.jsonl --by comm",
            "A page": "probelang report hits.jsonl -o hits.html",
        },
    ),
    "load": Text(
        """\
Has the events of specs in the running kernel, where they stay until they are unloaded or the machine
is restarted, and says what changed. What is there already as it should be is left alone. It needs
root.
""",
        {"What should stay": "probelang load examples/reads.pl"},
    ),
    "unload": Text(
        """\
Removes the events of specs that were loaded, and says which; the files need not exist any more. It
needs root.
""",
        {"One spec": "probelang unload examples/reads.pl", "All of them": "probelang unload --all"},
    ),
    "status": Text(
        """\
Says what is loaded: each event, with its hits and misses as the kernel counts them, and whether its
spec has changed since. It needs root.
""",
        {"For a program": "probelang status --format json"},
    ),
    "lint": Text(
        """\
Says what is wrong with specs, on one kernel or several, and what a kernel would take and record
otherwise than it looks. One cause is one diagnostic, which says on which kernels it holds. Raw
commands of the kernel (`*.tracefs`, `kprobe_events`, `uprobe_events`, `dynamic_events`) are read as
they are.

Settings are those of the nearest `probelang.toml`, or of `[tool.probelang]` in `pyproject.toml`;
what is given on the command line comes first. A comment `# probelang: ignore[RULE]` ignores a line.
""",
        {
            "For three kernels": "probelang lint --kernel 6.1 --kernel 6.12 --kernel 7.3 examples/reads.pl",
            "A folder, a line for each diagnostic": "probelang lint --kernel 6.12 --format concise examples",
            "What would be mended": "probelang lint --kernel 6.12 --diff --unsafe-fixes examples/reads.pl",
        },
    ),
    "explain-log": Text(
        """\
Finds the places in specs that the kernel's `error_log` means: what it refused, and where its caret
stands.
""",
        {
            "What this kernel said of a script": "probelang explain-log --kernel 6.12 --log /dev/null examples/reads.pl",
        },
    ),
    "import": Text(
        """\
Turns raw commands of the kernel, `perf probe` lines and scripts of bpftrace into a spec, with names for offsets. Each is compiled again for the
same kernel, and taken only if the kernel would fetch the very same; what the language has no words
for stays behind as a comment with the reason.
""",
        {
            "One command": "echo 'p:io/rd vfs_read n=$arg3:u64' | probelang import --kernel 6.12 -",
        },
    ),
    "fmt": Text(
        """\
Gives specs their one layout. Comments and all tokens stay; a file is replaced in one step, and one
with syntax errors is left as it is. The names of files that were changed go to standard output.
""",
        {
            "Which files would change": "probelang fmt --check examples",
        },
    ),
    "rule": Text(
        """\
Says what a diagnostic means, with a spec that gives it; without a rule it lists all.
""",
        {
            "One rule, by its slug": "probelang rule narrowing",
            "All of the linter's": "probelang rule PRB6",
        },
    ),
    "kernel": Text(
        """\
`show` says what is known of a kernel and what it can do. `snapshot` writes all that is known of it
into one file, for `--kernel` on other machines.
""",
        {
            "What Linux 6.1 can do": "probelang kernel show --kernel 6.1",
            "All that is known of a kernel": "probelang kernel snapshot --kernel 6.12 -o db.kernel",
        },
    ),
    "lsp": Text(
        """\
Answers an editor in the Language Server Protocol, on standard input and output. Editors start it.
""",
        {
            "As an editor does": "probelang lsp --stdio </dev/null",
        },
    ),
}

STATUS = {
    "0": "There is nothing to say.",
    "1": "There are errors; for `lint` warnings too, for `fmt --check` and `--diff` changes.",
    "2": "The usage is wrong, or a file cannot be read or written.",
}
ENVIRONMENT = {
    "PROBELANG_CACHE_DIR": "where results and debugging information are kept; `~/.cache/probelang` by default",
    "NO_COLOR": "no colours, where `--color` does not say otherwise",
}


def commands() -> dict[str, tuple[str, argparse.ArgumentParser]]:
    """Each command's help, and its parser."""
    action = _choices(full_parser())
    assert action is not None
    helps = {choice.dest: choice.help or "" for choice in action._choices_actions}
    return {name: (helps[name], parser) for name, parser in action.choices.items()}


def _choices(parser: argparse.ArgumentParser) -> argparse._SubParsersAction[argparse.ArgumentParser] | None:
    return next((one for one in parser._actions if isinstance(one, argparse._SubParsersAction)), None)


def render() -> dict[str, str]:
    """The pages, by their names."""
    known = commands()
    pages = {"probelang": _main(known)}
    for name, (help, parser) in known.items():
        pages[f"probelang-{name}"] = _command(name, help, parser, [one for one in known if one != name])
    return {f"{name}.1": text for name, text in pages.items()}


def _main(known: dict[str, tuple[str, argparse.ArgumentParser]]) -> str:
    out = [_head("probelang", "check and compile probes for Linux kernels")]
    out.append(".SH SYNOPSIS\n.B probelang\n.I COMMAND\n[\\fIOPTION\\fR ...] [\\fIFILE\\fR ...]\n")
    out.append(_section("DESCRIPTION", MAIN) + ".PP\nA spec:\n.PP\n" + _example(SPEC))
    out.append(".SH COMMANDS\n")
    out += [f".TP\n.BR probelang\\-{_plain(name)} (1)\n{_plain(help)}\n" for name, (help, _) in known.items()]
    out.append(".SH OPTIONS\n" + _options(full_parser()))
    out.append(_table("EXIT STATUS", STATUS) + _table("ENVIRONMENT", ENVIRONMENT))
    out.append(_see(list(known)))
    return "".join(out)


def _command(name: str, help: str, parser: argparse.ArgumentParser, others: list[str]) -> str:
    text = TEXTS.get(name, Text("", {}))
    out = [_head(f"probelang-{name}", help), ".SH SYNOPSIS\n"]
    inner = _choices(parser)
    for words, one in inner.choices.items() if inner else {"": parser}.items():
        out.append((".br\n" if len(out) > 2 else "") + _synopsis(f"probelang {name} {words}".strip(), one))
    first = f"{help[0].upper()}{help[1:]}."
    out.append(_section("DESCRIPTION", text.about or first))
    if inner:
        for words, one in inner.choices.items():
            out.append(f".SH OPTIONS OF {_plain(words.upper())}\n" + _options(one))
    else:
        out.append(".SH OPTIONS\n" + _options(parser))
    out.append(_table("EXIT STATUS", STATUS))
    if text.examples:
        out.append(".SH EXAMPLES\n")
        out += [f".TP\n{_plain(what)}\n{_example(command)}" for what, command in text.examples.items()]
    out.append(_see(["", *others]))
    return "".join(out)


def _head(name: str, what: str) -> str:
    title = f'.TH "{_plain(name.upper())}" "1" "{DATE}" "probelang {__version__}" "User Commands"\n'
    line = f"{_plain(name)} \\- {_words(what)}"
    return f"{title}.SH NAME\n{_fill(line)}\n"


def _section(title: str, text: str) -> str:
    paragraphs = [" ".join(one.split()) for one in text.split("\n\n")]
    return f".SH {title}\n" + ".PP\n".join(f"{_text(one)}\n" for one in paragraphs)


def _table(title: str, rows: dict[str, str]) -> str:
    return f".SH {title}\n" + "".join(
        f".TP\n.B {_plain(key)}\n{_text(value)}\n" for key, value in rows.items()
    )


def _see(names: list[str]) -> str:
    pages = sorted(f"probelang-{name}" if name else "probelang" for name in names)
    last = len(pages) - 1
    lines = [f".BR {_plain(page)} (1){',' if number < last else ''}\n" for number, page in enumerate(pages)]
    return ".SH SEE ALSO\n" + "".join(lines)


def _synopsis(command: str, parser: argparse.ArgumentParser) -> str:
    line = "[\\fIOPTION\\fR ...]"
    for action in parser._actions:
        if not action.option_strings and _is_word(action):
            word = f"\\fI{_plain(_value(action))}\\fR"
            several = f"{word} ..." if action.nargs in ("+", "*") else word
            line += f" [{several}]" if action.nargs in ("*", "?") else f" {several}"
    return f".B {_plain(command)}\n{line}\n"


def _is_word(action: argparse.Action) -> bool:
    return not isinstance(action, argparse._SubParsersAction)


def _options(parser: argparse.ArgumentParser) -> str:
    """All that a parser takes, group by group."""
    out = []
    for group in parser._action_groups:
        actions = [one for one in group._group_actions if _is_word(one) and one.help != argparse.SUPPRESS]
        if not actions:
            continue
        if group.title not in ("options", "positional arguments", "optional arguments"):
            out.append(f".SS {_plain(group.title or '').capitalize()}\n")
            out.append(f"{_text(group.description)}\n" if group.description else "")
        for action in actions:
            out.append(f".TP\n{_names(action)}\n{_text(action.help or '')}\n")
    return "".join(out)


def _names(action: argparse.Action) -> str:
    value = _value(action)
    if not action.option_strings:
        return f"\\fI{_plain(value)}\\fR"
    takes = "" if action.nargs == 0 else f" \\fI{_plain(value)}\\fR"
    return ", ".join(f"\\fB{_plain(option)}\\fR" for option in action.option_strings) + takes


def _value(action: argparse.Action) -> str:
    if action.metavar is not None:
        return action.metavar if isinstance(action.metavar, str) else " ".join(action.metavar)
    if action.choices is not None:
        return "|".join(map(str, action.choices))
    return action.dest.upper()


def _plain(text: str) -> str:
    """Text for roff: a hyphen that is typed is one, and nothing is a request."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("~", "\\(ti").replace("^", "\\(ha")
    return f"\\&{text}" if text.startswith((".", "'")) else text


def _text(text: str) -> str:
    """A paragraph, in which what stands between backticks is bold."""
    parts = text.split("`")
    bold = [f"\\fB{_plain(part)}\\fR" if number % 2 else _words(part) for number, part in enumerate(parts)]
    return _fill("".join(bold))


def _fill(text: str) -> str:
    """Lines as roff likes them, none of which is a request."""
    lines = [""]
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}" if lines[-1] else word
        if len(longer) > _LONGEST:
            lines.append(word)
        else:
            lines[-1] = longer
    return "\n".join(f"\\&{line}" if line.startswith((".", "'")) else line for line in lines)


def _words(text: str) -> str:
    return " ".join(_plain(word) if word.startswith("-") else _plain(word).replace("\\-", "-") for word in text.split(" "))  # fmt: skip


def _example(text: str) -> str:
    lines = "\n".join(_plain(line) for line in text.rstrip("\n").split("\n"))
    return f".nf\n{lines}\n.fi\n"


def main() -> int:
    stale = 0
    pages = render()
    folder = ROOT / FOLDER
    old = {path.name for path in folder.glob("*.1")} - set(pages)
    for name, text in pages.items():
        path = folder / name
        if "--check" in sys.argv[1:]:
            if old or not path.is_file() or path.read_text() != text:
                print(f"{FOLDER}/{name} is not what the parser says: run scripts/generate_manpages.py")
                stale = 1
            continue
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    if "--check" not in sys.argv[1:]:
        for name in old:
            (folder / name).unlink()
    return stale


if __name__ == "__main__":
    sys.exit(main())
