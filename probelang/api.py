"""The functions for other programs, as `import probelang` shows them: what the command line does, with values instead of output.

A spec is a text, or a path (`pathlib.Path`, anything that `os.fspath` takes): a string is always a text. Nothing here prints,
ends the process, or changes a file.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from probelang.kernel.interface import Kernel
from probelang.kernel.load import bundled_kernels as _bundled_kernels
from probelang.kernel.load import load_kernel as _load_kernel
from probelang.source import MAX_SIZE, Source

if TYPE_CHECKING:
    from probelang import diagnostics
    from probelang.backends import Settings
    from probelang.config import FileSettings
    from probelang.source import Span

Spec = str | os.PathLike[str]
Target = Literal["tracefs", "perf", "bpftrace"]
Format = Literal["script", "commands", "json"]

NAME = "spec.probe"
"""What a text is called that has no name."""


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace what is between two places by `text`; lines and columns count from 1, the end is behind the last character."""

    line: int
    column: int
    end_line: int
    end_column: int
    text: str


@dataclass(frozen=True, slots=True)
class Fix:
    """Edits that cure a diagnostic; `safe` where they cannot change what a correct spec means."""

    title: str
    edits: tuple[Edit, ...]
    safe: bool


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """Something to say about a spec, at its place.

    `severity` is `error`, `warning` or `info`; `code` (`PRB301`) and `slug` (`unknown-member`) are of the rule, as in
    `probelang rule PRB301`. `kernels` are the names of those that it holds on. `notes` say where the knowledge comes from, `help` is the
    next step. `kernel_error` is what the kernel itself would say (`NO_BTF_FIELD`), None where it says nothing or that is not known.
    """

    file: str
    line: int
    column: int
    end_line: int
    end_column: int
    severity: str
    code: str
    slug: str
    message: str
    label: str
    notes: tuple[str, ...]
    help: str | None
    fix: Fix | None
    kernels: tuple[str, ...]
    kernel_error: str | None

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.severity}[{self.code}]: {self.message}"


@dataclass(frozen=True, slots=True)
class Field:
    """One value that an event records: its name, the kernel's type of it (`u64`, `string`), and C's, "" where that is not known."""

    name: str
    type: str
    c_type: str


@dataclass(frozen=True, slots=True)
class Event:
    """One event of a spec: its name (`io/big_read`), its kind (`fprobe`), the line of its probe, and what it records."""

    name: str
    kind: str
    line: int
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Compiled:
    """What a spec became: the output, what its reader must know besides, what there is to say that is no error, and the events."""

    text: str
    notes: tuple[str, ...]
    diagnostics: tuple[Diagnostic, ...]
    events: tuple[Event, ...]

    def __str__(self) -> str:
        return self.text


class SpecError(ValueError):
    """A spec has errors: `diagnostics` are all there is to say of it; `str` is the errors, a line each."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__("\n".join(str(found) for found in self.diagnostics if found.severity == "error"))


def bundled_kernels() -> list[str]:
    """The names of the kernels that come along, the oldest first.

    >>> bundled_kernels()
    ['6.1', '6.12', '7.3']
    """
    return _bundled_kernels()


def load_kernel(name: str | os.PathLike[str] | None = None) -> Kernel:
    """A kernel, as `--kernel` takes it: a name of one that comes along, a path to a BTF file, an image, a snapshot or a folder laid out like `/`; None is
    the running one. Its `name` is for messages, its `title` says what it is, `notes` what is to be known of the choice.

    Load it once to ask it for many specs: what it is asked is kept. Raises `KernelError`.

    >>> load_kernel("6.12").title
    'Linux 6.12.107+deb13-cloud-amd64'
    """
    return _load_kernel(None if name is None else os.fspath(name))


def compile(
    spec: Spec,
    kernel: str | os.PathLike[str] | Kernel | None = None,
    target: Target = "tracefs",
    format: Format = "script",
    *,
    name: str | None = None,
    bpftrace_version: str | None = None,
    debuginfo: bool = False,
) -> Compiled:
    """What `probelang compile` writes.

    `kernel` is one, or a name for `load_kernel`. `name` is what a text is called in messages, and what its group is called without a `group`.
    Raises `SpecError` where the spec has errors, `KernelError` where there is no such kernel, `OSError` where a file cannot be read, and
    `ValueError` for a target, a format or a release that there is not, and for a spec of more than 16 MiB.

    >>> made = compile("fprobe vfs_read { count }", kernel="6.12", format="commands")
    >>> print(made.text, end="")
    f:spec/vfs_read vfs_read count=count:u64
    >>> made.events[0].fields
    (Field(name='count', type='u64', c_type='size_t'),)
    """
    from probelang.backends import get_backend
    from probelang.pipeline import analyse

    backend = get_backend(_one_of("target", target, _targets()))
    _one_of("format", format, backend.FORMATS)
    settings = _settings(target, bpftrace_version, debuginfo)
    source = _read(spec, name)
    chosen = _kernel(kernel)
    analysis = analyse(source, chosen, target, settings)
    said = tuple(_public(source, found) for found in analysis.diagnostics)
    if analysis.failed:
        raise SpecError(said)
    output = backend.render(analysis.events, format, [source.name], chosen, settings)
    return Compiled(output.text, output.notes, said, tuple(_event(one) for one in analysis.events))


def lint(
    spec: Spec,
    kernels: str | os.PathLike[str] | Kernel | Iterable[str | os.PathLike[str] | Kernel] | None = None,
    target: Target | None = None,
    *,
    name: str | None = None,
    select: Iterable[str] | None = None,
    ignore: Iterable[str] = (),
    bpftrace_version: str | None = None,
    debuginfo: bool | None = None,
    isolated: bool = False,
) -> list[Diagnostic]:
    """What `probelang lint` says of a spec, in source order: one diagnostic for one cause, whichever of the kernels it holds on.

    A file has the settings of its project (the nearest `probelang.toml` or `pyproject.toml`) for what is not given here, if it is not `isolated`; a text has
    none. Without either the kernel is the running one. `select` and `ignore` are rules: codes, beginnings of codes, or slugs. Files of raw
    commands (`*.tracefs`, `kprobe_events`, …) are known by their names, a text by `name`.
    Raises `KernelError`, `ConfigError`, `OSError`, and `ValueError` for a target, a rule or a release that there is not.

    >>> for found in lint("fprobe vfs_read { file->f_inod }", kernels=["6.12", "7.3"]):
    ...     print(found)
    spec.probe:1:25: error[PRB301]: `struct file` has no member `f_inod`
    >>> found.slug, found.kernels, found.fix.edits[0].text
    ('unknown-member', ('6.12', '7.3'), 'f_inode')
    """
    from probelang.commands.files import is_command_file
    from probelang.project import lint as ask
    from probelang.selection import Choice
    from probelang.selectors import SelectorError, check_selector

    source = _read(spec, name)
    said = _project_settings(spec, isolated)
    chosen: str = said.target if target is None else _one_of("target", target, _targets())
    own = said.backend_settings
    if debuginfo is None:
        debuginfo = own.debuginfo and chosen == "perf"
    settings = _settings(chosen, bpftrace_version, debuginfo, own.bpftrace)
    loaded = [_kernel(one) for one in _listed(said.kernels if kernels is None else kernels)]
    try:
        chosen_rules = None if select is None else tuple(check_selector(word) for word in select)
        choice = Choice(chosen_rules, ignore=tuple(check_selector(word) for word in ignore))
    except SelectorError as error:
        raise ValueError(str(error)) from None
    selection = said.selection(choice)
    if is_command_file(source.name):
        from probelang.project import lint_commands as ask_commands

        found = ask_commands(source, loaded, selection)
    else:
        found = ask(source, loaded, chosen, settings, selection)
    return [_public(source, one) for one in found]


def format(spec: Spec, *, name: str | None = None) -> str:
    """The text of a spec in its one layout, as `probelang fmt` writes it; of one that has it, the same text.

    Raises `SpecError` where there are syntax errors, and `OSError` where a file cannot be read.

    >>> format("fprobe vfs_read{count,ino=file->f_inode->i_ino}")
    'fprobe vfs_read { count, ino = file->f_inode->i_ino }\\n'
    """
    from probelang.formatter.spec import format_spec

    source = _read(spec, name)
    made = format_spec(source)
    if made.diagnostics:
        raise SpecError(_public(source, found) for found in made.diagnostics)
    return made.text


# ----------------------------------------------------------------------------------------------- what is given


def _read(spec: Spec, name: str | None) -> Source:
    if isinstance(spec, str):
        if len(spec.encode("utf-8", "surrogatepass")) > MAX_SIZE:
            raise ValueError(f"the spec is larger than {MAX_SIZE >> 20} MiB")
        return Source(NAME if name is None else name, spec)
    path = os.fspath(spec)
    with open(path, "rb") as file:
        data = file.read(MAX_SIZE + 1)
    if len(data) > MAX_SIZE:
        raise ValueError(f"{path} is larger than {MAX_SIZE >> 20} MiB")
    return Source(path if name is None else name, data.decode("utf-8", "surrogateescape"))


def _listed(
    kernels: str | os.PathLike[str] | Kernel | Iterable[str | os.PathLike[str] | Kernel],
) -> list[str | os.PathLike[str] | Kernel | None]:
    if isinstance(kernels, (str, os.PathLike, Kernel)):
        return [kernels]
    return [*kernels] or [None]


def _kernel(kernel: str | os.PathLike[str] | Kernel | None) -> Kernel:
    return kernel if isinstance(kernel, Kernel) else load_kernel(kernel)


def _project_settings(spec: Spec, isolated: bool) -> FileSettings:
    from probelang.config import NO_CONFIG
    from probelang.configs import Configs

    if isolated or isinstance(spec, str):
        return NO_CONFIG.settings(NAME)
    path = os.fspath(spec)
    return Configs().find(path).settings(path)


def _targets() -> tuple[str, ...]:
    from probelang.backends import BACKENDS

    return BACKENDS


def _one_of(what: str, word: str, known: Iterable[str]) -> str:
    known = tuple(known)
    if word not in known:
        raise ValueError(f"{what} {word!r} is none of {', '.join(map(repr, known))}")
    return word


def _settings(
    target: str, version: str | None, debuginfo: bool, otherwise: tuple[int, int] | None = None
) -> Settings:
    from probelang.backends import BPFTRACE_VERSIONS, DEFAULT_SETTINGS, Settings

    if debuginfo and target != "perf":
        raise ValueError(f"debuginfo is for the target 'perf', and the target is {target!r}")
    if version is None:
        return Settings(otherwise or DEFAULT_SETTINGS.bpftrace, debuginfo)
    return Settings(BPFTRACE_VERSIONS[_one_of("bpftrace_version", version, BPFTRACE_VERSIONS)], debuginfo)


# ------------------------------------------------------------------------------------------- what is answered


def _place(source: Source, span: Span) -> tuple[int, int, int, int]:
    return *source.position(span.start), *source.position(span.end)


def _public(source: Source, found: diagnostics.Diagnostic) -> Diagnostic:
    fix = None
    if found.fix is not None:
        edits = tuple(Edit(*_place(source, edit.span), edit.text) for edit in found.fix.edits)
        fix = Fix(found.fix.title, edits, found.fix.safe)
    return Diagnostic(
        source.name,
        *_place(source, found.label.span),
        severity=found.severity.label,
        code=found.rule.code,
        slug=found.rule.slug,
        message=found.message,
        label=found.label.text,
        notes=found.notes,
        help=found.help,
        fix=fix,
        kernels=found.kernels,
        kernel_error=found.kernel_error,
    )


def _event(event: object) -> Event:
    probe = event.probe  # type: ignore[attr-defined]
    fields = tuple(Field(one.name, one.fetch.text, one.c_type) for one in probe.fields if not one.auto)
    line, _ = probe.source.position(probe.span.start)
    return Event(f"{probe.group}/{probe.event}", probe.kind.value, line, fields)
