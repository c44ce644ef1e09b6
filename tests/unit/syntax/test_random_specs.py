"""Random valid specs: they parse to the tree they were printed from, and every span is the text of its node."""

from __future__ import annotations

from hypothesis import given, settings

from probelang.syntax import tree
from tests.unit.syntax.dump import dump, nodes
from tests.unit.syntax.examples import PRODUCTIONS, SAMPLE
from tests.unit.syntax.specs import Printer, files
from tests.unit.syntax.texts import parse_expression, parse_item, parse_statement, parse_valid


@given(files())
@settings(max_examples=200)
def test_a_printed_tree_parses_to_itself(spec: Printer) -> None:
    file = parse_valid(spec.text)
    assert dump(file.statements) == dump(spec.node), spec.text


@given(files())
@settings(max_examples=100)
def test_spans_of_random_specs(spec: Printer) -> None:
    check_spans(spec.text)


def test_spans_of_the_examples() -> None:
    check_spans(SAMPLE)
    for text in PRODUCTIONS:
        check_spans(text + "\n")


def check_spans(text: str) -> None:
    """The text of each node's span parses to that node again, and nodes lie within their parents, in order."""
    file = parse_valid(text)
    for node in nodes(file.statements):
        piece = text[node.span.start : node.span.end]
        again: tree.Node
        base = 0
        if isinstance(node, tree.Expr):
            again, base = parse_expression(piece), len("const X = ")
        elif isinstance(node, tree.FetchArg | tree.Use | tree.AllArgs):
            again, base = parse_item(piece), len("kprobe f {\n")
        elif isinstance(node, tree.Group | tree.Const | tree.Args | tree.Probe):
            again = parse_statement(piece)
        elif isinstance(node, tree.Ident):
            assert node.name == piece or not piece.isidentifier()
            continue
        else:
            continue
        assert dump(again, base) == dump(node, node.span.start), piece
    for node in nodes(file.statements):
        children = [child for name in type(node).__match_args__ for child in direct(getattr(node, name))]
        for child in children:
            assert node.span.start <= child.span.start <= child.span.end <= node.span.end, (node, child)
    for comment in file.comments:
        assert text[comment.span.start : comment.span.end].startswith(("#", "//"))


def direct(value: object) -> list[tree.Node]:
    if isinstance(value, tree.Node):
        return [value]
    return [node for item in value for node in direct(item)] if isinstance(value, tuple) else []
