"""The BPF Type Format's types as values, one class a kind.

Types refer to each other by id, a number that only the blob they came from can resolve; id 0 is `void`. What each
field means is laid down in the kernel's Documentation/bpf/btf.rst and include/uapi/linux/btf.h.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.record import record

if TYPE_CHECKING:
    from typing import TypeAlias


class BtfError(Exception):
    """Something is wrong with a blob, or with the file it should come from; the message is one line."""


class BtfIndexError(BtfError):
    """A saved index is damaged, of another version, or of another blob: build it anew."""


@record
class Void:
    """Type id 0: no type, or what `void *` points to."""


@record
class Int:
    """An integer; `size` in bytes.

    `bits` is less than the whole size, and `bit_offset` other than 0, only where an old encoder made a type of its
    own for a bitfield.
    """

    name: str
    size: int
    bits: int
    signed: bool
    is_char: bool
    is_bool: bool
    bit_offset: int = 0


@record
class Ptr:
    """A pointer."""

    target: int


@record
class Array:
    """An array of `count` elements; 0 for a flexible one."""

    element: int
    count: int


@record
class Member:
    """A member of a struct or union; `bit_size` is 0 but for a bitfield, `name` empty where C gives none.

    On a big-endian kernel the bits of a bitfield are counted from the most significant one.
    """

    name: str
    type: int
    bit_offset: int
    bit_size: int


@record
class Struct:
    """A struct or union; `size` in bytes."""

    name: str
    size: int
    members: tuple[Member, ...]
    is_union: bool


@record
class Enum:
    """An enum of any size (in bytes), its enumerators in the order of their declaration."""

    name: str
    size: int
    signed: bool
    values: tuple[tuple[str, int], ...]


@record
class Fwd:
    """A struct or union that is declared and never defined."""

    name: str
    is_union: bool


@record
class Typedef:
    name: str
    target: int


@record
class Qualifier:
    """`kind` is `const`, `volatile` or `restrict`."""

    kind: str
    target: int


@record
class TypeTag:
    """`btf_type_tag("name")`, `user` or `percpu` for instance; any other attribute where `is_attribute`."""

    name: str
    target: int
    is_attribute: bool = False


@record
class Func:
    """A function; `linkage` 0 static, 1 global, 2 extern."""

    name: str
    proto: int
    linkage: int


@record
class Param:
    name: str
    type: int


@record
class FuncProto:
    """Return type and parameters; `...` is a last parameter without a name and of type 0."""

    returns: int
    params: tuple[Param, ...]

    @property
    def is_variadic(self) -> bool:
        return bool(self.params) and self.params[-1].type == 0


@record
class Var:
    """A variable; `linkage` 0 static, 1 global, 2 extern."""

    name: str
    type: int
    linkage: int


@record
class DataSec:
    """A section and its variables: type id of the `Var`, offset and size in bytes."""

    name: str
    size: int
    vars: tuple[tuple[int, int, int], ...]


@record
class Float:
    name: str
    size: int


@record
class DeclTag:
    """`btf_decl_tag("name")` on `target`, or on its member or parameter number `component` (-1: on itself).

    Any other attribute where `is_attribute`.
    """

    name: str
    target: int
    component: int
    is_attribute: bool = False


@record
class Unknown:
    """A kind of the future, which the blob's own layout section let us step over."""

    kind: int
    name: str


if TYPE_CHECKING:
    Type: TypeAlias = (
        Void
        | Int
        | Ptr
        | Array
        | Struct
        | Enum
        | Fwd
        | Typedef
        | Qualifier
        | TypeTag
        | Func
        | FuncProto
        | Var
        | DataSec
        | Float
        | DeclTag
        | Unknown
    )
