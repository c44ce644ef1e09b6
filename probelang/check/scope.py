"""What names mean at a probe's place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.record import record

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from probelang.btf.blob import Btf
    from probelang.check.values import Value
    from probelang.ctypes import TypeRef
    from probelang.probes import Base, Target
    from probelang.program.dwarf import Dwarf
    from probelang.program.program import Program
    from probelang.syntax.tree import Kind

    Lacks = Callable[[Base, Kind], str | None]
    """The feature of the kernel (a name of FEATURES) that a backend takes for a value that begins so, and has not; None where it has all."""


@record
class ProgramMemory:
    """What `@` names at a place in a program: `address` is the place as symbols have it, `offset` in the file.

    `at_return` where what is read then is read when the function returns, not at its entry.
    """

    program: Program
    address: int | None
    offset: int
    at_return: bool = False


@record
class Scope:
    """A place, and what its expressions may name.

    `names` holds parameters, arguments or fields. `what` says what they are ("parameter", "argument", "field") and
    `owner` of what ("`vfs_read`"). `no_names` says why there are none, where there could be. `returns` is the type
    that `$retval` has at a return, None elsewhere or where it is not known, and `returns_nothing` of a function without a
    value; `arguments` are the slots of `$argN`. `lost` are names that are not there at this place, and why ("is …");
    `dwarf` knows the types of a program, `btf` those of a module and of the kernel below it, and `memory` is the program's.
    `at_entry` is what may be named within `entry(e)` where that is not the same. `parameters` are the names that `$arg*`
    stands for, where there are others too.
    """

    kind: Kind
    names: dict[str, Value]
    what: str
    owner: str
    at_return: bool = False
    returns: TypeRef | None = None
    arguments: tuple[Value, ...] = ()
    no_names: str | None = None
    returns_nothing: bool = False
    lost: Mapping[str, str] = {}
    dwarf: Dwarf | None = None
    btf: Btf | None = None
    memory: ProgramMemory | None = None
    at_entry: Scope | None = None
    parameters: tuple[str, ...] | None = None


@record
class Place:
    """One place that a point means, the name that an event there would have, and what may be named there.

    `part` marks one of several places that are the same point, as those of a line: they make one event.
    """

    target: Target
    name: str
    scope: Scope
    part: bool = False
