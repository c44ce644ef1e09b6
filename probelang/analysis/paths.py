"""Completion of points in programs: paths, functions and static probes; and of modules of the kernel."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from probelang.analysis.replies import Completion, Completions, Sort
from probelang.analysis.search import MOST
from probelang.answers import Found
from probelang.program.elf import ProgramError
from probelang.program.load import load_program
from probelang.source import Span
from probelang.syntax.tree import Kind

if TYPE_CHECKING:
    from probelang.kernel.interface import Kernel

#: How many entries of a folder are looked at.
MOST_ENTRIES = 10_000


def complete_program(kind: Kind, before: str, start: int, end: int) -> Completions:
    """What may stand in the point of a uprobe or usdt, of which `before` is there, from `start`; the word ends at `end`."""
    path, colon, rest = before.partition(":")
    if not colon:
        return _paths(path, start, end)
    at = start + len(path) + 1
    try:
        program = load_program(os.path.abspath(path))
        if kind is Kind.USDT:
            names = sorted({f"{site.provider}:{site.name}" for site in program.usdt_probes()})
            found = [name for name in names if name.startswith(rest)]
        else:
            found = program.symbols_matching(re.compile(re.escape(rest) + ".*", re.DOTALL))
    except (ProgramError, ValueError):
        return Completions(())
    return Completions(
        tuple(
            Completion(name, Sort.SYMBOL, Span(at, end), name, rank=rank)
            for rank, name in enumerate(found[:MOST])
        ),
        len(found) <= MOST,
    )


def _paths(before: str, start: int, end: int) -> Completions:
    folder, slash, name = before.rpartition("/")
    at = start + len(folder) + len(slash)
    found = []
    try:
        with os.scandir(folder + slash if slash else ".") as entries:
            for number, entry in enumerate(entries):
                if number >= MOST_ENTRIES:
                    break
                if (
                    entry.name.startswith(name)
                    and entry.name.isprintable()
                    and not set(entry.name) & set(" #:")
                ):
                    found.append((entry.name, entry.is_dir()))
    except (OSError, ValueError):
        return Completions(())
    found.sort()
    return Completions(
        tuple(
            Completion(
                entry + ("/" if is_folder else ""),
                Sort.FOLDER if is_folder else Sort.FILE,
                Span(at, end),
                entry + ("/" if is_folder else ":"),
                rank=rank,
            )
            for rank, (entry, is_folder) in enumerate(found[:MOST])
        ),
        len(found) <= MOST,
    )


def functions_of_module(kernel: Kernel, module: str, query: str, span: Span) -> Completions:
    """The functions of a module that begin with a query."""
    answer = kernel.functions_matching(re.compile(re.escape(query) + ".*"), module)
    names = answer.value if isinstance(answer, Found) else []
    return Completions(
        tuple(
            Completion(name, Sort.FUNCTION, span, name, rank=rank) for rank, name in enumerate(names[:MOST])
        ),
        len(names) <= MOST,
    )
