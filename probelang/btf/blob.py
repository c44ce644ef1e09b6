"""A BTF blob: types by id, and ids by name.

Nothing is built for a type before somebody asks for it. Opening walks once over the records, for their offsets alone;
with a saved index (`probelang.btf.index`) it does not even do that.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from probelang.btf import wire
from probelang.btf.names import KINDS, BuiltTable, SavedTable, Space, damaged
from probelang.btf.strings import Strings, printable
from probelang.btf.types import BtfError, Int, Void

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from probelang.btf.names import Table
    from probelang.btf.types import Type

__all__ = ["Btf", "Space"]

MOST_TYPES = 1 << 20
"""What the kernel takes (BTF_MAX_TYPE); one of Debian has 120,000."""
MOST_ENUMERATORS = 1 << 20
"""Debian's kernels have 20,000."""


class Btf:
    """The types of a kernel, or of one of its modules on top of the kernel's (`base`).

    Ids are 0 (void) to `len(btf) - 1`; those of a module continue its base's.
    """

    __slots__ = (
        "_by_kind", "_memo", "_offsets", "_pointer_size", "_saved", "_start", "_strings", "_tables", "_words",
        "base", "byteorder", "data", "name",
    )  # fmt: skip

    def __init__(self, data: memoryview, sections: wire.Sections, base: Btf | None, name: str) -> None:
        self.data = data
        self.base = base
        self.name = name
        self.byteorder = sections.byteorder
        self._words = sections.words
        self._strings: Strings = Strings(sections.strings, base._strings if base else None)
        self._start = len(base) - 1 if base else 0
        self._offsets: Sequence[int] = ()
        self._saved: tuple[memoryview, ...] = ()
        self._tables: dict[int, Table] = {}
        self._by_kind: dict[int, list[int]] | None = None
        self._memo: dict[int, Type] = {0: Void()}
        self._pointer_size = 0

    @classmethod
    def from_bytes(
        cls,
        data: bytes | memoryview,
        *,
        base: Btf | None = None,
        index: memoryview | bytes | None = None,
        name: str = "vmlinux",
    ) -> Btf:
        """Open a raw blob. `base` is the kernel's when this is a module's; `index` what `build_index` made of it.

        Raises BtfError where the blob is not BTF or cut off, BtfIndexError where the index is not usable.
        """
        view = memoryview(data)
        if view.format != "B" or not view.c_contiguous:
            view = memoryview(bytes(view))
        sections = wire.read_sections(view, split=base is not None)
        if base and base.byteorder != sections.byteorder:
            raise BtfError("BTF of a module in another byte order than its kernel's")
        btf = cls(view, sections, base, name)
        if index is not None:
            from probelang.btf.index import read_index

            btf._offsets, btf._saved = read_index(memoryview(index), view, base)
        else:
            btf._offsets = wire.read_offsets(btf._words, sections.layout)
        if len(btf) > MOST_TYPES:
            raise BtfError(f"BTF of {len(btf)} types is too large")
        return btf

    def __len__(self) -> int:
        return self._start + len(self._offsets)

    @property
    def offsets(self) -> Sequence[int]:
        """Where each record starts, in 32-bit words of the type section; entry 0 means nothing."""
        return self._offsets

    def __repr__(self) -> str:
        return f"<Btf {self.name}: {len(self)} types>"

    def type(self, id: int) -> Type:
        """The type of an id. Raises BtfError where there is none or its record makes no sense."""
        known = self._memo.get(id)
        if known is None:
            known = self._memo[id] = self._read(id)
        return known

    def _read(self, id: int) -> Type:
        position = id - self._start
        if position <= 0:
            if self.base and id >= 0:
                return self.base.type(id)
            raise BtfError(f"no BTF type {id}")
        if position >= len(self._offsets):
            raise BtfError(f"no BTF type {id}: there are {len(self)}")
        try:
            return wire.read_record(self._words, self._offsets[position], self._strings.text)
        except IndexError:
            raise BtfError(f"BTF type {id} is cut off") from None
        except ValueError:
            raise BtfError(f"BTF type {id} makes no sense") from None

    def find(self, space: Space, name: str) -> int | None:
        """The id of the first type of that name: of this blob, or else of its base. Raises BtfError."""
        if wanted := _bytes(name):
            at = self._table(space).first(wanted)
            if at is not None:
                return self._id_at(at, space)
        return self.base.find(space, name) if self.base else None

    def find_all(self, space: Space, name: str) -> list[int]:
        """The ids of all types of that name, this blob's own before its base's. Raises BtfError."""
        found = [self._id_at(at, space) for at in self._all(space, name)]
        return found + self.base.find_all(space, name) if self.base else found

    def find_enumerator(self, name: str) -> list[tuple[int, int]]:
        """Value and enum (its id) of all enumerators of that name, this blob's before its base's. Raises BtfError."""
        found = []
        for at in self._all(Space.ENUMERATOR, name):
            id = self._id_at(at, Space.ENUMERATOR)
            found.append((self._enumerator_value(at, id), id))
        return found + self.base.find_enumerator(name) if self.base else found

    def names(self, space: Space, prefix: str = "", *, own: bool = False) -> Iterator[str]:
        """All names of a space that begin with `prefix`: sorted, this blob's own before its base's, or `own` ones alone.

        Raises BtfError.
        """
        for name in self._table(space).names(prefix.encode("utf-8", "surrogatepass")):
            yield name if name.isascii() and name.isprintable() else printable(name.encode("latin-1"))
        if self.base and not own:
            yield from self.base.names(space, prefix)

    @property
    def pointer_size(self) -> int:
        """In bytes: that of `long`, 8 where the blob has none. Raises BtfError."""
        if not self._pointer_size:
            self._pointer_size = 8
            for name in ("long unsigned int", "long int", "unsigned long", "long"):
                found = self.find(Space.INT, name)
                if found is not None and isinstance(long := self.type(found), Int) and long.size in (4, 8):
                    self._pointer_size = long.size
                    break
        return self._pointer_size

    def _all(self, space: Space, name: str) -> Sequence[int]:
        wanted = _bytes(name)
        return self._table(space).all(wanted) if wanted else ()

    def _table(self, space: Space) -> Table:
        table = self._tables.get(space)
        if table is None:
            if self._saved:
                table = SavedTable(self._saved[space], self._words, self._strings)
            else:
                table = self.build_table(space)
            self._tables[space] = table
        return table

    def build_table(self, space: Space) -> BuiltTable:
        """The names of a space, out of the records. Raises BtfError."""
        try:
            if self._by_kind is None:
                self._by_kind = self._group()
            records = sorted([at for kind in KINDS[space] for at in self._by_kind[kind]])
            if space == Space.ENUMERATOR:
                records = self._enumerators(records)
            return BuiltTable(records, self._words, self._strings)
        except IndexError:
            raise damaged() from None

    def _group(self) -> dict[int, list[int]]:
        """The words of the records that have a name, or enumerators, by kind."""
        groups: dict[int, list[int]] = {kind: [] for kinds in KINDS for kind in kinds}
        ignored: list[int] = []
        appenders = [groups.get(kind, ignored).append for kind in range(128)]
        words = self._words
        offsets = iter(self._offsets)
        next(offsets)
        for at in offsets:
            appenders[words[at + 1] >> 24 & 0x7F](at)
        return groups

    def _enumerators(self, records: list[int]) -> list[int]:
        found: list[int] = []
        words = self._words
        for at in records:
            info = words[at + 1]
            width = 2 if wire.kind_of(info) == wire.ENUM else 3
            if len(found) + wire.count_of(info) > MOST_ENUMERATORS:
                raise BtfError("the BTF has too many enumerators")
            found.extend(range(at + 3, at + 3 + width * wire.count_of(info), width))
        return found

    def _id_at(self, at: int, space: Space) -> int:
        """The id of the record that starts, or for an enumerator lies, at a word."""
        position = bisect_right(self._offsets, at, lo=1) - 1
        try:
            if position >= 1 and wire.kind_of(self._words[self._offsets[position] + 1]) in KINDS[space]:
                return self._start + position
        except IndexError:
            pass
        raise damaged()

    def _enumerator_value(self, at: int, id: int) -> int:
        words = self._words
        info = words[self._offsets[id - self._start] + 1]
        try:
            if wire.kind_of(info) == wire.ENUM:
                return wire.enumerator_value(words[at + 1], 0, bool(info >> 31), 32)
            return wire.enumerator_value(words[at + 1], words[at + 2], bool(info >> 31), 64)
        except IndexError:
            raise damaged() from None


def _bytes(name: str) -> bytes:
    """A name as the blob spells it; nothing where no blob can have it."""
    return b"" if "\0" in name else name.encode("utf-8", "surrogatepass")
