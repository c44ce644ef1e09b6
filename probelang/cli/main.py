"""The command line: it reads arguments and files, asks the packages below, and prints."""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING, Any

from probelang import __version__
from probelang.cli.common import (
    FAILED,
    FOUND,
    OK,
    UsageError,
    load_kernel,
    read,
    read_all,
    say,
    settings_of,
    wants_color,
)
from probelang.cli.options import add_common, add_kernel, add_project, add_target

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

#: Notes that one file of `import` gets, one for each part; of more only the number is said.
MAX_NOTES = 20


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
    if given and given[0][:1] != "-" and given[0] not in _COMMANDS:
        say(_no_command(given[0]))
        return FAILED
    if not given:
        parser = _parser()
        parser.exit(FAILED, parser.format_help())
    parser = _parser(given)
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


def _no_command(word: str) -> str:
    import difflib

    near = [_OTHER_WORDS[word]] if word in _OTHER_WORDS else difflib.get_close_matches(word, _COMMANDS, n=1)
    what = f"did you mean `{near[0]}`?" if near else f"there are {', '.join(_COMMANDS)}"
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
    return argparse.HelpFormatter(prog, width=max(_width(), 20) - 2)


def _width() -> int:
    columns = os.environ.get("COLUMNS", "")
    try:
        return int(columns) if columns.isdecimal() else os.get_terminal_size().columns
    except (OSError, ValueError):
        return 80


def _parser(given: Sequence[str] = ()) -> _Parser:
    """The parser; of commands that are not among the words given it knows only the names."""
    parser = _Parser(prog="probelang", description="Check and compile probes for Linux kernels.")
    parser.add_argument("--version", action="version", version=f"probelang {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, (help, complete) in _COMMANDS.items():
        command = parser.commands[name] = commands.add_parser(name, help=help)
        if name in given:
            complete(command)
    return parser


def _compile_options(parser: argparse.ArgumentParser) -> None:
    add_target(parser)
    add_kernel(parser, "store")
    parser.add_argument(
        "--format",
        choices=("script", "commands", "json"),
        default="script",
        help="a script (default), the bare lines for dynamic_events (perf: the commands), or JSON",
    )
    parser.add_argument("-o", dest="output", metavar="OUT", help="write there instead of to standard output")
    add_common(parser)
    parser.set_defaults(run=_compile)


def _run_options(parser: argparse.ArgumentParser) -> None:
    from probelang.cli.run_options import add_run

    add_run(parser)
    parser.set_defaults(run=_run)


def _report_options(parser: argparse.ArgumentParser) -> None:
    from probelang.cli.run_report import add_report

    add_report(parser)
    parser.set_defaults(run=_report)


def _load_options(parser: argparse.ArgumentParser) -> None:
    from probelang.cli.run_options import add_load

    add_load(parser)
    parser.set_defaults(run=_load)


def _unload_options(parser: argparse.ArgumentParser) -> None:
    from probelang.cli.run_options import add_unload

    add_unload(parser)
    parser.set_defaults(run=_unload)


def _status_options(parser: argparse.ArgumentParser) -> None:
    from probelang.cli.run_options import add_status

    add_status(parser)
    parser.set_defaults(run=_status)


def _import_options(parser: argparse.ArgumentParser) -> None:
    add_kernel(parser, "store")
    parser.add_argument("-o", dest="output", metavar="OUT", help="write there instead of to standard output")
    parser.add_argument(
        "--from",
        dest="origin",
        choices=("tracefs", "perf", "bpftrace"),
        help="what the files hold: raw commands of the kernel, definitions for `perf probe`, or scripts of bpftrace; "
        "told by the name or the contents of each otherwise",
    )
    parser.add_argument(
        "files",
        nargs="+",
        metavar="FILE",
        help="lines for dynamic_events, kprobe_events or uprobe_events, `perf probe` lines, or a script of bpftrace",
    )
    parser.set_defaults(run=_import, format="spec")


def _explain_log_options(parser: argparse.ArgumentParser) -> None:
    add_kernel(parser, "store")
    parser.add_argument(
        "--log",
        metavar="LOG",
        default="/sys/kernel/tracing/error_log",
        help="a copy of the kernel's error_log, or - for standard input; the one of this machine by default",
    )
    add_common(parser)
    parser.set_defaults(run=_explain_log)


def _lint_options(parser: argparse.ArgumentParser) -> None:
    from probelang.cli.options import add_lint

    add_lint(parser)
    parser.set_defaults(run=_lint)


def _fmt_options(parser: argparse.ArgumentParser) -> None:
    how = parser.add_mutually_exclusive_group()
    how.add_argument(
        "--check", action="store_true", help="write nothing: say which files would change; exit with 1 if any"
    )
    how.add_argument(
        "--diff", action="store_true", help="write nothing: show what would change; exit with 1 if any does"
    )
    add_common(parser, folders=True)
    add_project(parser)
    parser.set_defaults(run=_fmt)


def _rule_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "rules",
        metavar="RULE",
        nargs="*",
        help="a code, the beginning of one, or a slug; without, all are listed",
    )
    parser.add_argument(
        "--format", choices=("text", "json", "markdown"), default="text", help="how they are shown"
    )
    parser.set_defaults(run=_rule)


def _lsp_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--stdio", action="store_true", help="what editors say, and the only way there is")
    parser.add_argument(
        "--log", metavar="FILE", help="write there what goes wrong, instead of to standard error"
    )
    parser.set_defaults(run=_lsp)


def _kernel_options(parser: argparse.ArgumentParser) -> None:
    questions = parser.add_subparsers(required=True, metavar="QUESTION")
    show = questions.add_parser("show", help="say what a kernel can do")
    add_kernel(show, "store")
    show.set_defaults(run=_kernel_show)
    snapshot = questions.add_parser("snapshot", help="write all that is known of a kernel into one file")
    add_kernel(snapshot, "store")
    snapshot.add_argument(
        "-o", dest="output", metavar="OUT", required=True, help="the file, for --kernel elsewhere"
    )
    snapshot.set_defaults(run=_kernel_snapshot)


_COMMANDS: dict[str, tuple[str, Callable[[argparse.ArgumentParser], None]]] = {
    "compile": ("turn specs into what defines their probes", _compile_options),
    "run": ("trace specs, and print each hit as it comes", _run_options),
    "report": ("a summary, a page or a picture of hits that run wrote as JSON", _report_options),
    "load": ("define the events of specs in the running kernel, where they stay", _load_options),
    "unload": ("remove events that were loaded", _unload_options),
    "status": ("what is loaded, and how it does", _status_options),
    "lint": ("check specs", _lint_options),
    "explain-log": ("show the kernel's error_log at the places of specs", _explain_log_options),
    "import": ("turn raw commands of the kernel, perf probes and bpftrace into a spec", _import_options),
    "fmt": ("give specs their one layout", _fmt_options),
    "rule": ("explain diagnostics by their codes", _rule_options),
    "kernel": ("what is known of a kernel", _kernel_options),
    "lsp": ("answer an editor (Language Server Protocol, standard input and output)", _lsp_options),
}


def _run(options: argparse.Namespace) -> int:
    from probelang.cli.run import run

    return run(options)


def _report(options: argparse.Namespace) -> int:
    from probelang.cli.run_report import report

    return report(options)


def _load(options: argparse.Namespace) -> int:
    from probelang.cli.load import load

    return load(options)


def _unload(options: argparse.Namespace) -> int:
    from probelang.cli.load import unload

    return unload(options)


def _status(options: argparse.Namespace) -> int:
    from probelang.cli.load import status

    return status(options)


def _explain_log(options: argparse.Namespace) -> int:
    from probelang.commands.explain import explain, read_log
    from probelang.pipeline import analyse
    from probelang.render.text import render_text

    if options.log == "-" and "-" in options.files:
        raise UsageError("standard input is either the log or a spec")
    kernel = load_kernel(options.kernel)
    sources, status = read_all(options.files)
    analyses = [analyse(source, kernel) for source in sources]
    log = read(options.log)
    entries = list(read_log(log.text))
    if not entries and log.text.strip():
        say(f"note: {log.name} has no entries as the kernel's error_log has them")
    found, strange = explain(entries, [event for one in analyses for event in one.events])
    color = wants_color(options, sys.stdout)
    for source, said in found:
        sys.stdout.write(render_text(source, [said], color=color))
    for entry in strange:
        say(f"note: of no event of these specs: {entry.text}: {entry.command}")
    if status:
        return status
    return FOUND if found else OK


def _import(options: argparse.Namespace) -> int:
    from probelang.imports import import_source
    from probelang.imports.origin import BPFTRACE, NOUNS, origin_of

    kernel = load_kernel(options.kernel)
    sources, status = read_all(options.files)
    texts = []
    for source in sources:
        origin = options.origin or origin_of(source.name, source.text)
        made = import_source(source, kernel, origin)
        texts.append(made.text)
        count = len(made.left)
        if origin == BPFTRACE:
            for place, why in made.left[:MAX_NOTES]:
                say(f"note: {source.name}: {place} stays a comment: {why}")
        if count > (MAX_NOTES if origin == BPFTRACE else 0):
            what = NOUNS[origin][count > 1]
            say(f"note: {count} {what} of {source.name} stayed behind: see the comments")
        if made.removed:
            what = "event that it removes" if made.removed == 1 else "events that it removes"
            say(f"note: {made.removed} {what} again itself: not in the spec ({source.name})")
    _write(options, "\n".join(texts))
    return status


def _compile(options: argparse.Namespace) -> int:
    from probelang.backends import get_backend
    from probelang.cli.compiling import compile_files

    backend = get_backend(options.target)
    if options.format not in backend.FORMATS:
        known = ", ".join(backend.FORMATS)
        raise UsageError(f"--target {options.target} has no format {options.format}, only {known}")
    settings = settings_of(options)
    made = compile_files(options, options.target, settings)
    if made.status:
        return made.status
    output = backend.render(
        made.events, options.format, [source.name for source in made.sources], made.kernel, settings
    )
    for note in output.notes:
        say(f"note: {note}")
    _write(options, output.text)
    return OK


def _write(options: argparse.Namespace, text: str) -> None:
    if options.output is None or options.output == "-":
        if hasattr(sys.stdout, "reconfigure"):
            # the kernel compares bytes: whatever the terminal speaks, they are those of the spec
            sys.stdout.reconfigure(encoding="utf-8", errors="surrogateescape")
        sys.stdout.write(text)
        return
    try:
        with open(options.output, "w", encoding="utf-8", errors="surrogateescape") as file:
            file.write(text)
        if options.format == "script" and os.path.isfile(options.output):
            mode = os.stat(options.output).st_mode
            # who may read it may run it
            os.chmod(options.output, mode | (mode & 0o444) >> 2)
    except OSError as error:
        raise UsageError(f"cannot write {options.output}: {error.strerror}") from None


def _lint(options: argparse.Namespace) -> int:
    from probelang.cli.lint import lint

    return lint(options)


def _fmt(options: argparse.Namespace) -> int:
    from probelang.cli.files import find_specs, project_of
    from probelang.cli.fmt import Run

    color, color_errors = wants_color(options, sys.stdout), wants_color(options, sys.stderr)
    run = Run(options.check, options.diff, color, color_errors)
    names, status = find_specs(options.files, project_of(options), options.force_exclude)
    for name in names:
        try:
            run.format(name, read(name))
        except UsageError as error:
            run.failed.append(str(error))
    for line in run.failed:
        say(line)
    if run.failed or status:
        return FAILED
    return FOUND if run.changed and (run.check or run.diff) else OK


def _rule(options: argparse.Namespace) -> int:
    from probelang.cli.rule import rule

    options.width = _width()
    return rule(options)


def _lsp(options: argparse.Namespace) -> int:
    import gc

    from probelang.lsp.server import serve

    gc.enable()
    return serve(options.log)


def _kernel_snapshot(options: argparse.Namespace) -> int:
    from probelang.kernel.snapshot import build_snapshot

    data = build_snapshot(load_kernel(options.kernel).sources)
    try:
        with open(options.output, "wb") as file:
            file.write(data)
    except OSError as error:
        raise UsageError(f"cannot write {options.output}: {error.strerror}") from None
    return OK


def _kernel_show(options: argparse.Namespace) -> int:
    from probelang.render.kernel import render_kernel

    sys.stdout.write(render_kernel(load_kernel(options.kernel)))
    return OK


if __name__ == "__main__":
    sys.exit(main())
