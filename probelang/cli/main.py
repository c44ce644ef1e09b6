"""The command line: it reads arguments and files, asks the packages below, and prints."""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING, Any

from probelang import __version__
from probelang.cli.common import FAILED, UsageError, say, terminal_width

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

#: What each command is for, and the module of this package that has its options and runs it (`add_options`, `run`).
COMMANDS = {
    "compile": ("turn specs into what defines their probes", "compile"),
    "run": ("trace specs, and print each hit as it comes", "run"),
    "report": ("a summary, a page or a picture of hits that run wrote as JSON", "report"),
    "load": ("define the events of specs in the running kernel, where they stay", "load"),
    "unload": ("remove events that were loaded", "unload"),
    "status": ("what is loaded, and how it does", "status"),
    "lint": ("check specs", "lint"),
    "explain-log": ("show the kernel's error_log at the places of specs", "explain_log"),
    "import": ("turn raw commands of the kernel, perf probes and bpftrace into a spec", "import_"),
    "fmt": ("give specs their one layout", "fmt"),
    "rule": ("explain diagnostics by their codes", "rule"),
    "kernel": ("what is known of a kernel", "kernel"),
    "lsp": ("answer an editor (Language Server Protocol, standard input and output)", "lsp"),
}
#: What commands are called elsewhere.
_OTHER_WORDS = {
    **dict.fromkeys(("explain", "why", "rules", "errors"), "rule"),
    **dict.fromkeys(("check", "verify", "validate"), "lint"),
    **dict.fromkeys(("format", "tidy"), "fmt"),
    **dict.fromkeys(("build", "translate", "emit"), "compile"),
    **dict.fromkeys(("trace", "record", "exec"), "run"),
    **dict.fromkeys(("start", "enable", "install", "add"), "load"),
    **dict.fromkeys(("stop", "disable", "remove", "delete", "del"), "unload"),
    **dict.fromkeys(("list", "ls", "ps"), "status"),
    **dict.fromkeys(("convert", "from"), "import"),
    **dict.fromkeys(("show", "info", "features"), "kernel show"),
    **dict.fromkeys(("snapshot", "capture"), "kernel snapshot"),
    "help": "--help",
    "version": "--version",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the answer is the exit status: 0, 1 with diagnostics, 2 for wrong usage or unreadable files."""
    if arguments is None:
        import gc

        # the process is ours, and over before there is anything worth collecting
        gc.disable()
    _open_closed()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    given = sys.argv[1:] if arguments is None else list(arguments)
    if given and given[0][:1] != "-" and given[0] not in COMMANDS:
        say(_no_command(given[0]))
        return FAILED
    if not given:
        parser = build_parser()
        parser.exit(FAILED, parser.format_help())
    parser = build_parser(given)
    options, rest = parser.parse_known_args(given)
    if rest:
        # by the command itself, whose usage it is
        parser.commands.get(given[0], parser).error(f"unrecognized arguments: {' '.join(rest)}")
    from probelang.answers import KernelError

    try:
        status: int = options.run(options)
        sys.stdout.flush()
        return status
    except (UsageError, KernelError) as error:
        say(str(error))
        return FAILED
    except BrokenPipeError:
        # whoever read our output has seen enough; Python would complain once more when it flushes at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except KeyboardInterrupt:
        return 130
    except OSError as error:
        if error.filename is not None:
            say(f"cannot use {os.fsdecode(error.filename)}: {error.strerror}")
        elif isinstance(error, FileNotFoundError):
            say("the current folder is gone")
        else:
            say(f"cannot write the output: {error.strerror}")
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED


def _no_command(word: str) -> str:
    import difflib

    near = [_OTHER_WORDS[word]] if word in _OTHER_WORDS else difflib.get_close_matches(word, COMMANDS, n=1)
    what = f"did you mean `{near[0]}`?" if near else f"there are {', '.join(COMMANDS)}"
    shown = word if word.isprintable() and len(word) <= 60 else "that"
    return (
        f"there is no command {shown!r}; {what}" if shown != "that" else f"there is no such command; {what}"
    )


def _open_closed() -> None:
    """Let nothing that is opened later be taken for a standard stream which the caller has closed."""
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:
            descriptor = os.open(os.devnull, os.O_RDWR)
            if name != "stdin":
                setattr(sys, name, os.fdopen(descriptor, "w"))


class _Parser(argparse.ArgumentParser):
    """One that knows how wide to write: to find it out, argparse imports shutil and all that can unpack archives."""

    def __init__(self, **options: Any) -> None:
        super().__init__(formatter_class=_formatter, allow_abbrev=False, **options)
        #: The parsers of commands, by their names.
        self.commands: dict[str, argparse.ArgumentParser] = {}


def _formatter(prog: str) -> argparse.HelpFormatter:
    return argparse.HelpFormatter(prog, width=max(terminal_width(), 20) - 2)


def build_parser(given: Sequence[str] = ()) -> _Parser:
    """The parser; of commands that are not among the words given it knows only the names."""
    parser = _Parser(prog="probelang", description="Check and compile probes for Linux kernels.")
    parser.add_argument("--version", action="version", version=f"probelang {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, (help, _) in COMMANDS.items():
        command = parser.commands[name] = commands.add_parser(name, help=help)
        if name in given:
            module = _load(name)
            module.add_options(command)
            command.set_defaults(run=module.run)
    return parser


def _load(command: str) -> ModuleType:
    import importlib

    return importlib.import_module(f"probelang.cli.{COMMANDS[command][1]}")


if __name__ == "__main__":
    sys.exit(main())
