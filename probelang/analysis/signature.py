"""Signature help: the parameters of a probed function while its fetch args are written, and those of an `args` list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.analysis import caret as carets
from probelang.analysis.hover import written_type
from probelang.probes import EventTarget, FunctionTarget, TracepointTarget
from probelang.record import record
from probelang.syntax import tree

if TYPE_CHECKING:
    from probelang.analysis.context import Context


@record
class Signature:
    """A declaration, where in it each parameter stands, and which one is being written (None: none of them)."""

    label: str
    parameters: tuple[tuple[int, int], ...]
    active: int | None
    doc: str = ""


def find_signature(context: Context, text: str, offset: int) -> Signature | None:
    """What a statement, of which `text` is all, takes at `offset`."""
    caret = carets.caret_at(text, offset)
    if carets.in_comment(caret):
        return None
    found = carets.marked(caret)
    if found is None:
        return None
    statement, path = found
    for node in reversed(path):
        if isinstance(node, tree.Use):
            args = context.lists.get(node.name.name)
            if args is None or node.name is path[-1]:
                continue
            active = next(
                (
                    number
                    for number, argument in enumerate(node.arguments)
                    if argument.span.start <= caret.start <= argument.span.end
                ),
                None,
            )
            params = [f"{param.name.name}: {written_type(param.type)}" for param in args.params]
            return _made(f"{args.name.name}(", params, ")", active)
    if not isinstance(statement, tree.Probe):
        return None
    places = context.places_of(statement)
    if not places:
        return None
    scope = places[0].scope
    names = list(scope.names)
    params = [
        f"{value.text}{'' if value.text.endswith('*') else ' '}{name}" for name, value in scope.names.items()
    ]
    word = caret.text[caret.start : caret.end]
    active = names.index(word) if word in names else None
    match places[0].target:
        case FunctionTarget(function):
            returns = f"{scope.returns.text} " if scope.returns is not None else ""
            return _made(f"{returns}{function}(", params, ")", active, context.kernel.title)
        case TracepointTarget(tracepoint):
            return _made(f"{tracepoint}(", params, ")", active, context.kernel.title)
        case EventTarget(system, event):
            return _made(f"{system}:{event} {{ ", params, " }", active, context.kernel.title, "; ")
    return None


def _made(
    head: str, params: list[str], tail: str, active: int | None, doc: str = "", between: str = ", "
) -> Signature:
    places = []
    label = head
    for index, param in enumerate(params):
        if index:
            label += between
        places.append((len(label), len(label) + len(param)))
        label += param
    return Signature(label + tail, tuple(places), active, doc)
