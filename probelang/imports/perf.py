"""Definitions of `perf probe`, on lines of a shell or bare, as a spec.

What perf would give the kernel as it stands (registers, dereferences, `$retval`) is imported like any command; names and lines are
the language's too.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from probelang.commands.files import DYNAMIC
from probelang.commands.importing import Imported, Importer, any_file, formatted, left_behind
from probelang.commands.lines import Command
from probelang.imports.drafts import MAX_PROBES, Beyond, Draft, Item, settle
from probelang.imports.shell import shell_words
from probelang.record import record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from probelang.kernel.interface import Kernel
    from probelang.source import Source

_MAX_LINE = 1 << 16
_WITH_VALUE = {"x": "exec", "m": "module", "a": "add", "k": "vmlinux", "s": "source", "d": "del", "L": "line", "V": "vars", "D": "definition"}  # fmt: skip
_LONG = {**{name: name for name in _WITH_VALUE.values()}, **{name: name for name in ("filter", "max-probes", "target-ns", "symfs", "outdir")}}  # fmt: skip
_LIST = {"l": "list", "F": "funcs", "n": "dry-run"}
_NOT_DEFINING = {
    "del": "it removes probes", "line": "it lists lines", "vars": "it lists variables", "definition": "it shows a definition",
    "list": "it lists probes", "funcs": "it lists functions", "dry-run": "it defines nothing: `--dry-run`",
}  # fmt: skip
_EVENT = re.compile(r"(?:(?:([A-Za-z_]\w*):)?([A-Za-z_]\w*)=)?(.+)", re.ASCII | re.DOTALL)
_NUMBER = r"(?:0[xX][0-9a-fA-F]+|\d+)"
_POINT = re.compile(
    rf"(?P<name>0x[0-9a-fA-F]+|[\w.*?$]+)(?:@(?P<file>[\w./+-]+))?"
    rf"(?::(?P<line>\d+)|\+(?P<offset>{_NUMBER})|(?P<returns>%return)|(?P<pattern>;.*))?",
    re.ASCII | re.DOTALL,
)
_SOURCE = re.compile(r"(?P<file>[\w./+-]+\.[chS]):(?P<line>\d+)", re.ASCII)
_SDT = re.compile(r"%(?:(?P<provider>\w+):)?(?P<name>\w+)", re.ASCII)
_ARG = re.compile(r"(?:([A-Za-z_]\w*)=)?([^:\s]+|\\\"[^\"]*\")(?::(\S+))?", re.ASCII)
_VARIABLE = re.compile(r"[A-Za-z_]\w*(?:(?:->|\.)[A-Za-z_]\w*|\[\d+\])*", re.ASCII)
_OWN_GROUP = re.compile(r"^probe/(?=\w+ = )", re.MULTILINE)
#: What perf passes on to the kernel as it stands.
_RAW = re.compile(r"[$%+@\\-].*", re.DOTALL)


@record
class Definition:
    """One definition: its text, and the program and module that were named with it."""

    text: str
    program: str = ""
    module: str = ""


def import_perf(source: Source, kernel: Kernel) -> Imported:
    """The spec of a file of definitions."""
    importer = _Importer(kernel)
    for line in _lines(source.text):
        if importer.is_full:
            importer.leave("", f"there are more than {MAX_PROBES} lines: what is behind them is left out")
            break
        importer.add(line)
    return importer.result()


def _lines(text: str) -> Iterator[str]:
    """The lines of a shell; one that ends with a backslash goes on."""
    parts: list[str] = []
    size = 0
    for line in text.split("\n"):
        parts.append(line)
        size += len(line)
        if line.endswith("\\") and size < _MAX_LINE:
            parts[-1] = line[:-1] + " "
            continue
        whole = "".join(parts).strip()
        parts, size = [], 0
        if whole and whole[0] != "#":
            yield whole
    if parts and "".join(parts).strip():
        yield "".join(parts).strip()


class _Importer:
    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._texts: list[str] = []
        self._left: list[tuple[str, str]] = []
        self._names: set[str] = set()

    def result(self) -> Imported:
        texts = self._texts
        if any(_OWN_GROUP.search(text) for text in texts):
            texts = ["group probe\n", *(_OWN_GROUP.sub("", text, 1) for text in texts)]
        return Imported(formatted("\n".join(texts)), len(self._texts) - len(self._left), tuple(self._left))

    def add(self, line: str) -> None:
        try:
            definitions = read_line(line)
        except Beyond as beyond:
            self.leave(line, str(beyond))
            return
        for definition in definitions:
            try:
                self._texts.append(self._define(definition))
            except Beyond as beyond:
                self.leave(line if len(definitions) == 1 else definition.text, str(beyond))

    @property
    def is_full(self) -> bool:
        return len(self._texts) > MAX_PROBES

    def leave(self, text: str, why: str) -> None:
        """What no probe comes of."""
        self._texts.append(left_behind(text, why))
        self._left.append((text, why))

    # -------------------------------------------------------------------------------------------- one definition

    def _define(self, definition: Definition) -> str:
        words = definition.text.split()
        match = _EVENT.fullmatch(words[0])
        assert match is not None
        group, event, point = match.groups()
        args = [_arg(word) for word in words[1:]]
        sdt = _SDT.fullmatch(point)
        if sdt is not None:
            return self._static(definition, group, event, sdt, args)
        place, name, returns = _place(point, definition)
        if definition.program:
            group = group or f"probe_{_of_program(definition.program)}"
        name = self._free(group or "probe", event or f"{name}{'__return' if returns else ''}")
        if not definition.program and args and all(_RAW.fullmatch(value) for _, value, _ in args):
            raw = self._raw("r" if returns else "p", name, place, words[1:])
            if raw is not None:
                return raw
        kind = "uprobe" if definition.program else "kprobe"
        path = f"{definition.program}:" if definition.program else ""
        return self._settle(Draft(name, f"{kind} {path}{place}{returns}", items=_items(args)))

    def _static(
        self,
        definition: Definition,
        group: str | None,
        event: str | None,
        sdt: re.Match[str],
        args: list[Arg],
    ) -> str:
        provider, name = sdt["provider"], sdt["name"]
        if not definition.program:
            raise Beyond("it is not said which program has the static probe (`-x PATH`)")
        if provider is None:
            raise Beyond("the provider of the static probe is not said: `usdt PATH:PROVIDER:NAME`")
        provider = provider.removeprefix("sdt_")
        known = self._free(group or f"sdt_{provider}", event or name)
        return self._settle(Draft(known, f"usdt {definition.program}:{provider}:{name}", items=_items(args)))

    def _settle(self, draft: Draft) -> str:
        settled = settle(draft, self._kernel)
        self._names.add(draft.event)
        return settled.text

    def _raw(self, letter: str, name: str, place: str, args: list[str]) -> str | None:
        """What perf gives to the kernel as it stands; None where that is not known to be taken."""
        text = " ".join([f"{letter}:{name}", place, *args])
        importer = Importer(self._kernel, any_file)
        octets = text.encode("utf-8", "surrogateescape").decode("latin-1")
        if importer.add(Command(octets, DYNAMIC, 0, text)):
            return None
        self._names.add(name)
        return importer.result().text

    def _free(self, group: str, event: str) -> str:
        """The name of an event as perf makes it where there is one already."""
        name, number = f"{group}/{event}", 1
        while name in self._names:
            name, number = f"{group}/{event}_{number}", number + 1
        return name


def _of_program(path: str) -> str:
    """The part of a program's name that perf makes a group of."""
    match = re.match(r"\w+", os.path.basename(path).lstrip("."), re.ASCII)
    return match[0] if match else "exec"


def _place(point: str, definition: Definition) -> tuple[str, str, str]:
    """The point of a kprobe or uprobe, the name that perf gives it, and `%return` where it is one. Raises `Beyond`."""
    at_source = _SOURCE.fullmatch(point)
    if at_source is not None:
        base = re.sub(r"\W", "_", os.path.basename(at_source["file"]), flags=re.ASCII)
        return f"{at_source['file']}:{at_source['line']}", f"{base}_{at_source['line']}", ""
    match = _POINT.fullmatch(point)
    if match is None:
        raise Beyond("this is no point of `perf probe` that the language has")
    if match["pattern"] is not None or ";" in point:
        raise Beyond("a line by what stands in it has no words: a spec says its number")
    name = match["name"]
    address = name.startswith("0x")
    place = name if address or not definition.module else f"{_module(definition.module)}:{name}"
    if match["line"] is not None:
        place += f":{match['line']}"
    elif match["offset"] is not None:
        place += f"+{match['offset']}"
    plain = f"abs_{name[2:]}" if address else re.sub(r"\W+", "_", name, flags=re.ASCII)
    return place, plain, match["returns"] or ""


def _module(text: str) -> str:
    return re.sub(r"\.ko(?:\.\w+)?$", "", os.path.basename(text)).replace("-", "_")


Arg = tuple[str, str, str]


def _arg(word: str) -> Arg:
    """Name, value and type of an arg, "" for what is not said. Raises `Beyond`."""
    match = _ARG.fullmatch(word)
    if match is None:
        raise Beyond(f"`{word[:60]}` is no arg of `perf probe`")
    name, value, type = match.groups()
    if value == "$vars":
        raise Beyond("`$vars` is all variables that there are: a spec names them")
    value, at, space = value.partition("@") if value[0] != "@" else (value, "", "")
    if at:
        if space != "user":
            raise Beyond(f"`{word[:60]}` is no arg of `perf probe`")
        value = f"user({value})"
    elif not _VARIABLE.fullmatch(value) and not _RAW.fullmatch(value):
        raise Beyond(f"`{word[:60]}` is no arg of `perf probe`")
    return name or "", value, type or ""


def _items(args: list[Arg]) -> tuple[Item, ...]:
    items = []
    for name, value, type in args:
        if value == "$params":
            items.append(Item(("$arg*",), "", "array"))
            continue
        wanted = "text" if type in ("string", "ustring") else type or "number"
        spelled = value[1:] if value[:1] == "\\" else value
        items.append(Item((spelled,), name, wanted))
    return tuple(items)


# --------------------------------------------------------------------------------------------------- the shell


def read_line(line: str) -> list[Definition]:
    """The definitions of a line: of `perf probe`, or a bare one. Raises `Beyond`."""
    if len(line) > _MAX_LINE:
        raise Beyond("the line is too long")
    try:
        words = shell_words(line)
    except ValueError:
        raise Beyond("its quotes are not closed") from None
    while words and (
        words[0] in ("$", "#", "%", "sudo") or re.fullmatch(r"\w+=\S*", words[0]) and "perf" in words[1:2]
    ):
        words.pop(0)
    if not words:
        return []
    if os.path.basename(words[0]) != "perf":
        bare = " ".join(words)
        if not bare.strip() or re.match(r"(?:\S*/|[A-Za-z-]+\s+-)", bare):
            raise Beyond("it defines no probe")
        return [Definition(bare)]
    if words[1:2] != ["probe"]:
        raise Beyond("it defines no probe")
    return _read_options(words[2:])


def _read_options(words: list[str]) -> list[Definition]:
    values: dict[str, list[str]] = {}
    plain: list[str] = []
    at = 0
    while at < len(words):
        word = words[at]
        at += 1
        if word in (">", ">>", "2>", "|", "||", "&&", ";", "&") or re.match(r"\d?>", word):
            break
        if word.startswith("--"):
            name, equals, value = word[2:].partition("=")
            if name in _LONG and not equals and at < len(words):
                value, at = words[at], at + 1
            values.setdefault(name, []).append(value)
        elif word[:1] == "-" and len(word) > 1 and not word.startswith(("-0", "-1")):
            rest = word[1:]
            while rest:
                letter, rest = rest[0], rest[1:]
                if letter in _WITH_VALUE:
                    value, rest = rest, ""
                    if not value and at < len(words):
                        value, at = words[at], at + 1
                    values.setdefault(_WITH_VALUE[letter], []).append(value)
                else:
                    values.setdefault(_LIST.get(letter, letter), []).append("")
        else:
            plain.append(word)
    for name, why in _NOT_DEFINING.items():
        if name in values:
            raise Beyond(why)
    texts = [*values.get("add", ()), *([" ".join(plain)] if plain else ())]
    if not any(text.strip() for text in texts):
        raise Beyond("it defines no probe")
    program = values.get("exec", [""])[-1]
    module = values.get("module", [""])[-1]
    if program and "/" not in program:
        raise Beyond(f"where `{program[:60]}` is depends on the machine: give its path")
    return [Definition(text.strip(), program, module) for text in texts if text.strip()]
