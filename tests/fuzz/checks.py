"""What holds for every input, whatever it is; anything else is an `AssertionError`, or the exception that escaped."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from collections.abc import Iterable, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass

from probelang.analysis import Analysis, analyse
from probelang.answers import KernelError
from probelang.backends import tracefs
from probelang.backends.tracefs.bounds import MAX_COMMAND
from probelang.cli.main import main
from probelang.diagnostics import Diagnostic
from probelang.formatter.spec import format_range, format_spec
from probelang.kernel.interface import Kernel
from probelang.kernel.load import load_kernel
from probelang.render.json import render_json
from probelang.render.kernel import render_kernel
from probelang.render.text import render_concise, render_text
from probelang.source import Source, Span
from probelang.syntax import tree

_COMMAND = re.compile(
    r"(p|r\d*|f\d*|t|e):[A-Za-z_]\w*/[A-Za-z_]\w* \S+( .*)?|s:(\w+/)?[A-Za-z_]\w*( [^;]+;)+", re.ASCII
)
_TRACEBACK = "Traceback (most recent call last)"


def check_spec(data: bytes, kernel: Kernel, *, shell: bool = False) -> Analysis:
    """One spec on one kernel; `shell` asks `sh` what it thinks of the script, which takes its time."""
    source = Source("fuzz.probe", data.decode("utf-8", "surrogateescape"))
    analysis = analyse(source, kernel)
    check_diagnostics(source, analysis.diagnostics)
    check_identifiers(source, analysis.tree)
    check_events(analysis, kernel, shell=shell)
    check_layout(source)
    if len(data) < 10_000:
        check_fixes(source, analysis.diagnostics, kernel)
    return analysis


def check_layout(source: Source) -> None:
    """The layout of a good spec is its own layout; a broken one stays; `FormatError`, which escapes, guards the rest."""
    formatted = format_spec(source)
    if formatted.diagnostics:
        assert not formatted.changed, "a broken spec has changed"
        format_range(source, Span(0, len(source.text)))
    elif formatted.changed:
        assert not format_spec(Source(source.name, formatted.text)).changed, "another layout the second time"


def check_diagnostics(source: Source, diagnostics: Sequence[Diagnostic]) -> None:
    """Places within the text, in its order, one for one cause; and renderings that nothing in the text can break."""
    spans = [found.label.span for found in diagnostics]
    assert spans == sorted(spans, key=lambda span: span.start), "not in source order"
    seen: set[tuple[str, Span]] = set()
    for found in diagnostics:
        key = (found.rule.code, found.label.span)
        assert key not in seen, f"{found.rule.code} twice at one place"
        seen.add(key)
        labels = [found.label, *found.others]
        edits = found.fix.edits if found.fix is not None else ()
        for span in [*(label.span for label in labels), *(edit.span for edit in edits)]:
            assert 0 <= span.start <= span.end <= len(source.text), (
                f"{found.rule.code}: {span} is outside of the text"
            )
        assert found.message and "\n" not in found.message, found.rule.code
    listed = json.loads(render_json((source, found) for found in diagnostics))
    assert len(listed) == len(diagnostics)
    for entry in listed:
        assert 1 <= entry["line"] <= entry["end_line"] and min(entry["column"], entry["end_column"]) >= 1
    _check_printable(render_text(source, diagnostics))
    concise = render_concise(source, diagnostics)
    _check_printable(concise)
    assert concise.count("\n") == len(diagnostics)


def _check_printable(text: str) -> None:
    odd = {char for char in text if not char.isprintable() and char != "\n"}
    assert not odd, f"a rendering with {sorted(odd)!r}"


def check_identifiers(source: Source, node: object, depth: int = 0) -> None:
    """A name's span covers the name; a path may be quoted there."""
    assert depth < 2000
    if isinstance(node, tuple):
        for item in node:
            check_identifiers(source, item, depth + 1)
        return
    if isinstance(node, tree.Ident) and node.name:
        written = source.slice(node.span)
        assert written == node.name or '"' in written or "\\" in written, (written, node.name)
    for name in getattr(node, "__match_args__", ()):
        check_identifiers(source, getattr(node, name), depth + 1)


def check_events(analysis: Analysis, kernel: Kernel, *, shell: bool = False) -> None:
    """What compiles is lines that the kernel can read, and a script that a shell can."""
    lines = [command for event in analysis.events for command in event.commands]
    for line in lines:
        assert line.isprintable(), f"not printable: {line!r}"
        assert len(line.encode()) <= MAX_COMMAND, "a command that is too long"
        assert _COMMAND.fullmatch(line), line
    for event in analysis.events:
        for text in (event.filter, *(text for _, text in event.triggers)):
            assert text is None or "\n" not in text, text
    if analysis.failed or not lines:
        return
    commands = tracefs.render(analysis.events, "commands", ["fuzz.probe"], kernel).text
    assert commands.splitlines() == lines
    json.loads(tracefs.render(analysis.events, "json", ["fuzz.probe"], kernel).text)
    script = tracefs.render(analysis.events, "script", ["fuzz\n.probe"], kernel).text
    assert "\0" not in script
    if shell:
        encoded = script.encode("utf-8", "surrogateescape")
        done = subprocess.run(["sh", "-n"], input=encoded, capture_output=True, check=False)
        assert done.returncode == 0 and not done.stderr, done.stderr.decode(errors="replace")


def check_fixes(source: Source, diagnostics: Iterable[Diagnostic], kernel: Kernel) -> None:
    """Fixes can be made: their edits do not overlap, and what they give can be analysed again."""
    for found in list(diagnostics)[:20]:
        if found.fix is None:
            continue
        text, before = source.text, len(source.text)
        for edit in sorted(found.fix.edits, key=lambda edit: edit.span.start, reverse=True):
            assert edit.span.end <= before, f"{found.rule.code}: edits overlap"
            before = edit.span.start
            text = text[: edit.span.start] + edit.text + text[edit.span.end :]
        assert text != source.text, f"{found.rule.code}: a fix that changes nothing"
        analyse(Source(source.name, text), kernel)


def check_kernel(path: str, specs: Sequence[str]) -> Kernel | None:
    """A file or folder as `--kernel`: one line that says what is wrong, or facts to check specs with."""
    try:
        kernel = load_kernel(path)
    except KernelError as error:
        _check_error(str(error))
        return None
    try:
        shown = render_kernel(kernel)
    except KernelError as error:
        _check_error(str(error))
    else:
        _check_printable(shown)
    for spec in specs:
        source = Source("fuzz.probe", spec)
        analysis = analyse(source, kernel)
        check_diagnostics(source, analysis.diagnostics)
        check_events(analysis, kernel)
    return kernel


def _check_error(message: str) -> None:
    assert message and message.isprintable(), repr(message)


@dataclass(frozen=True)
class Ran:
    """What the command line did."""

    status: int
    out: str
    err: str


def run_main(arguments: Sequence[str], stdin: bytes = b"") -> Ran:
    """The command line within this process."""
    import gc

    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
    before = sys.stdin
    sys.stdin = io.TextIOWrapper(io.BytesIO(stdin))
    try:
        with redirect_stdout(out), redirect_stderr(err):
            try:
                status = main(list(arguments))
            except SystemExit as leaving:
                assert isinstance(leaving.code, int), leaving.code
                status = leaving.code
    finally:
        sys.stdin = before
        gc.enable()
    texts = []
    for stream in (out, err):
        stream.flush()
        stream.seek(0)
        texts.append(stream.read())
    return Ran(status, texts[0], texts[1])


def check_main(arguments: Sequence[str], stdin: bytes = b"") -> Ran:
    """Exit status 0, 1 or 2, nothing odd on either stream, and a reason where the status is 2."""
    ran = run_main(arguments, stdin)
    assert ran.status in (0, 1, 2), ran.status
    for text in (ran.out, ran.err):
        assert _TRACEBACK not in text, text
        assert "\0" not in text and "\x1b" not in text
    assert ran.status != 2 or ran.err, "status 2 and no reason"
    return ran
