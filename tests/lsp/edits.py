"""Edits of every kind, and after each whether an open document knows what it would know if it were opened anew.

`python -m tests.lsp.edits --edits 100000` goes on for so many; each is printed with what it takes to see it again if
something differs or is raised. The plain suite does some of each kind.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from probelang import analysis
from probelang.analysis.actions import actions_at
from probelang.analysis.completion import complete, describe
from probelang.analysis.definition import find_definition, find_type_definition
from probelang.analysis.document import Document
from probelang.analysis.hints import hints_of, lenses_of
from probelang.analysis.hover import hover
from probelang.analysis.names import named_at, occurrences
from probelang.analysis.outline import folds, outline, selections
from probelang.analysis.signature import find_signature
from probelang.formatter.spec import format_range
from probelang.kernel.interface import Kernel
from probelang.kernel.load import load_kernel
from probelang.source import Source, Span

ROOT = Path(__file__).parent.parent.parent
NAME = "typed.probe"

#: What people type, paste and take away, and what nobody should.
BITS = (
    *("\n", "\n\n", "\r\n", "\r", " ", "\t", "{", "}", "(", ")", "[", "]", '"', "'", "#", "//", "=", ",", ":", "??"),
    *("->", ".", "$", "%", "@", "~", "&&", "||", " in {1, 2}", " in 1..9", "*", "?"),
    *("fprobe ", "kprobe vfs_read", "eprobe sched:sched_switch\n", "tprobe sched_switch", "group x\n", "const A = 1\n"),
    *("args f(a: u64) { a }\n", "use f(count)", " with max=3", " if count > A", "vfs_wri*", "a = fprobe vfs_read\n"),
    *("\0", "\ufeff", "\U0001f600", "é", "\u2028", "\x0b", "\x85", "\udc80", "\u200b", "“"),
    *("# probelang: ignore[unused-definition]\n", "  # probelang: ignore[narrowing]", "x" * 200, "(" * 250),
)  # fmt: skip


class Differs(AssertionError):
    """A document that was edited knows something else than one that was opened; the message has all it takes to see it."""


def specs() -> list[str]:
    """Good and broken specs to begin with."""
    paths = [*sorted(ROOT.glob("examples/*.pl")), *sorted(ROOT.glob("tests/golden/*/*.pl"))]
    return [path.read_text("utf-8", "surrogateescape") for path in paths]


def compare(document: Document, kernels: Sequence[Kernel]) -> None:
    """Raises Differs if a document does not know just what a fresh one, or the command line, would."""
    for kernel in kernels:
        known = list(document.state(kernel).diagnostics)
        fresh = list(analysis.lint(Source(NAME, document.text), kernel))
        if known != fresh:
            only = [found for found in known if found not in fresh]
            missing = [found for found in fresh if found not in known]
            raise Differs(f"only when edited: {only}\nonly when opened: {missing}\nof {document.text!r}")


def same_state(document: Document, kernel: Kernel) -> None:
    """Raises Differs if events and declarations are not those of a document that is opened anew."""
    known, fresh = document.state(kernel), Document(NAME, document.text).state(kernel)
    for what, one, other in (
        ("events", [event.names for event in known.events], [event.names for event in fresh.events]),
        ("commands", [event.commands for event in known.events], [event.commands for event in fresh.events]),
        ("constants", dict(known.context.constants.own), dict(fresh.context.constants.own)),
        ("lists", list(known.context.lists), list(fresh.context.lists)),
    ):
        if one != other:
            raise Differs(f"{what}: {one} and {other} of {document.text!r}")


def ask_everything(document: Document, kernel: Kernel, offset: int) -> None:
    """Every question there is, about one place; none may raise."""
    state = document.state(kernel)
    context = state.context
    piece = document.piece_at(offset)
    text = document.text[piece.start : piece.end]
    for item in complete(context, text, offset - piece.start).items[:3]:
        describe(context, item.key)
    find_signature(context, text, offset - piece.start)
    statement, stored = document.statement_at(offset)
    if statement is not None:
        hover([state], statement, stored)
        find_definition(state, statement, stored)
        find_type_definition(state, statement, stored)
        named = named_at(state, statement, stored)
        if named is not None:
            occurrences(state, named[0])
        selections(statement, stored)
        document.tokens(state, statement)
        hints_of(state, [statement])
    lenses_of([state])
    outline(document.pieces.store, state.tree.statements)
    folds(state.tree, document.pieces.store)
    end = min(offset + 40, len(document.text))
    actions_at(document, state, document.diagnostics([kernel]), Span(offset, end))
    format_range(document.source, Span(offset, end))


def random_edit(text: str, made: random.Random, corpus: Sequence[str]) -> tuple[int, int, str]:
    """What is replaced, and by what."""
    start = made.randrange(len(text) + 1)
    end = min(len(text), start + made.choice((0, 0, 0, 1, 1, 2, 10, 50, 400)))
    kind = made.randrange(4)
    if kind == 0:
        return start, end, ""
    if kind == 1:
        return start, end, made.choice(BITS)
    source = made.choice(corpus)
    begin = made.randrange(len(source) + 1)
    return start, end, source[begin : begin + made.choice((1, 1, 2, 5, 20, 80, 300))]


def edit_at_random(seed: int, kernels: Sequence[Kernel], edits: int = 40, most: int = 3000) -> int:
    """So many edits of one spec, each followed by a comparison and all questions; the answer is how many."""
    made = random.Random(seed)
    corpus = specs()
    document = Document(NAME, made.choice(corpus)[:most])
    for _ in range(edits):
        before = document.text
        edit = random_edit(before, made, corpus)
        document.edit(*edit)
        try:
            compare(document, kernels)
            same_state(document, kernels[0])
            ask_everything(document, kernels[0], made.randrange(len(document.text) + 1))
        except Exception as error:
            raise Differs(f"seed {seed}: {before!r} edited by {edit!r}: {error!r}") from error
    return edits


def type_out(text: str, kernels: Sequence[Kernel], every: int = 1) -> Iterator[int]:
    """A text typed letter by letter at the end of an empty file; each `every`-th time it is compared."""
    document = Document(NAME, "")
    for number, letter in enumerate(text):
        end = len(document.text)
        document.edit(end, end, letter)
        document.state(kernels[0])
        if number % every == 0 or number == len(text) - 1:
            compare(document, kernels)
            same_state(document, kernels[0])
            ask_everything(document, kernels[0], len(document.text))
        yield number


def main() -> int:
    """Edit until it is enough."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--edits", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    kernels = [load_kernel("6.12"), load_kernel("6.1")]
    start, done, wrong = time.monotonic(), 0, 0
    for path in sorted(ROOT.glob("examples/*.pl")):
        for _ in type_out(path.read_text(), kernels[:1]):
            done += 1
        print(f"{done} edits: {path.name} typed ({time.monotonic() - start:.0f} s)", flush=True)
        if done >= options.edits:
            break
    seed = options.seed
    while done < options.edits:
        try:
            done += edit_at_random(seed, kernels[: 1 + (seed % 4 == 0)])
        except Differs as error:
            wrong += 1
            print(error, flush=True)
        seed += 1
        if seed % 50 == 0:
            print(f"{done} edits, {wrong} wrong ({time.monotonic() - start:.0f} s)", flush=True)
    print(f"{done} edits, {wrong} wrong ({time.monotonic() - start:.0f} s)")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
