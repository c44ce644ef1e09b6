"""What names mean at a probe's place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.record import record

if TYPE_CHECKING:
    from probelang.check.ctypes import TypeRef
    from probelang.check.values import Value
    from probelang.syntax.tree import Kind


@record
class Scope:
    """A place, and what its expressions may name.

    `names` holds parameters, arguments or fields. `what` says what they are ("parameter", "argument", "field") and
    `owner` of what ("`vfs_read`"). `no_names` says why there are none, where there could be. `returns` is the type
    that `$retval` has at a return, None elsewhere or where it is not known; `arguments` are the slots of `$argN`.
    """

    kind: Kind
    names: dict[str, Value]
    what: str
    owner: str
    at_return: bool = False
    returns: TypeRef | None = None
    arguments: tuple[Value, ...] = ()
    no_names: str | None = None
    inner: bool = False
