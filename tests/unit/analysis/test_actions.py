"""What can be done about each thing that is said, in every broken spec there is: done, it is not said any more."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from probelang.analysis.actions import Action, actions_at
from probelang.analysis.document import Document
from probelang.diagnostics import Diagnostic, Severity
from probelang.kernel.interface import Kernel
from probelang.kernel.load import load_kernel
from tests.lsp.edits import NAME, ROOT, compare

SPECS = sorted([*ROOT.glob("tests/golden/err/*.pl"), *ROOT.glob("tests/lint/rules/*.pl")])


@cache
def kernel() -> Kernel:
    return load_kernel("6.12")


def opened(path: Path) -> Document:
    return Document(NAME, path.read_text("utf-8", "surrogateescape"))


def done(path: Path, action: Action) -> Document:
    """The document after an action, as an editor would have it: with one edit after the other, from the last."""
    document = opened(path)
    document.state(kernel())
    for edit in sorted(action.edits, key=lambda edit: (edit.span.start, edit.span.end), reverse=True):
        document.edit(edit.span.start, edit.span.end, edit.text)
    return document


def times(document: Document, found: Diagnostic) -> int:
    """How often a thing is said."""
    said = document.diagnostics([kernel()])
    return sum(one.rule is found.rule and one.message == found.message for one in said)


def offered(document: Document, found: Diagnostic) -> list[Action]:
    state = document.state(kernel())
    return actions_at(document, state, document.diagnostics([kernel()]), found.label.span)


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_every_fix_can_be_asked_for_and_mends(path: Path) -> None:
    document = opened(path)
    for found in document.diagnostics([kernel()]):
        if found.fix is None:
            continue
        (action,) = [
            action
            for action in offered(document, found)
            if action.cures == found and action.edits == found.fix.edits
        ]
        assert (action.title, action.sort, action.preferred) == (found.fix.title, "quickfix", found.fix.safe)
        after = done(path, action)
        compare(after, [kernel()])
        assert times(after, found) < times(document, found), (found.message, after.text)


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_what_is_no_error_can_be_ignored(path: Path) -> None:
    document = opened(path)
    for found in document.diagnostics([kernel()]):
        if found.severity is Severity.ERROR or found.rule.slug.endswith("-ignore"):
            continue
        title = f"ignore `{found.rule.slug}` here"
        action = next(
            action for action in offered(document, found) if action.title == title and action.cures == found
        )
        after = done(path, action)
        assert times(after, found) < times(document, found), (found.message, after.text)
        slugs = [
            one.rule.slug for one in document.diagnostics([kernel()]) if one.rule.slug.endswith("-ignore")
        ]
        more = [one.rule.slug for one in after.diagnostics([kernel()]) if one.rule.slug.endswith("-ignore")]
        assert sorted(more) == sorted(slugs), after.text


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_all_that_is_safe_is_done_at_once(path: Path) -> None:
    document = opened(path)
    said = document.diagnostics([kernel()])
    for found in said:
        every = [action for action in offered(document, found) if action.sort == "source.fixAll"]
        assert len(every) == any(one.fix is not None and one.fix.safe for one in said)
        if every:
            after = done(path, every[0])
            compare(after, [kernel()])
            left = after.diagnostics([kernel()])
            assert len(left) < len(said), after.text
        break
