"""Bytes of DWARF: the sections of a file, the numbers in them, and how much work a question may cost.

Nothing here knows of ELF: whoever opens the file gives its sections by name, decompressed and relocated, which may be
a program's, a library's, a module's or a kernel's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, overload

from probelang.program import ProgramFileError

if TYPE_CHECKING:
    from collections.abc import Callable

LONGEST_STRING = 1 << 16
"""Of a name; those of C++ templates reach some ten thousand characters."""
_LEAST_WORK = 2_000_000
WINDOW = 1 << 14
_MOST_WINDOWS = 1 << 10
_LONGEST_LEB = 10


class DwarfError(ProgramFileError):
    """The debugging information is damaged, or of a kind that is not read; one line for the user."""


class Pieces:
    """The bytes of a section that is not read as a whole: `read` gives those at an offset, `read_all` all of them.

    Sliced like bytes. What is small is taken out of windows that are kept, because entries are read byte by byte.
    """

    __slots__ = ("_read", "_size", "_windows", "read_all")

    def __init__(
        self,
        size: int,
        read: Callable[[int, int], bytes],
        read_all: Callable[[], memoryview | bytes] | None = None,
    ) -> None:
        self._size = size
        self._read = read
        self.read_all = read_all or (lambda: read(0, size))
        self._windows: dict[int, bytes] = {}

    def __len__(self) -> int:
        return self._size

    @overload
    def __getitem__(self, key: int) -> int: ...

    @overload
    def __getitem__(self, key: slice) -> bytes: ...

    def __getitem__(self, key: int | slice) -> int | bytes:
        if isinstance(key, int):
            if not 0 <= key < self._size:
                raise IndexError(key)
            return self._window(key // WINDOW)[key % WINDOW]
        start, stop, _ = key.indices(self._size)
        if start >= stop:
            return b""
        number = start // WINDOW
        if stop - 1 < (number + 1) * WINDOW:
            return self._window(number)[start - number * WINDOW : stop - number * WINDOW]
        return self._read(start, stop - start)

    def _window(self, number: int) -> bytes:
        found = self._windows.get(number)
        if found is None:
            if len(self._windows) >= _MOST_WINDOWS:
                del self._windows[next(iter(self._windows))]
            start = number * WINDOW
            found = self._windows[number] = self._read(start, min(WINDOW, self._size - start))
        return found


class Sections:
    """The sections of one file, and the work that the question being answered may still do.

    `find` answers with a section's bytes, or where the file would have too many, with pieces of them; None for one that is
    not there. `address_of` tells where a section is loaded (only that of `.eh_frame` is asked). `machine` is `x86_64`,
    `i386` or `aarch64`.
    """

    __slots__ = (
        *("_address_of", "_find", "_known", "_whole", "_work"),
        *("address_size", "alternate", "machine", "order"),
    )

    def __init__(
        self,
        find: Callable[[str], memoryview | bytes | Pieces | None],
        machine: str,
        address_size: int,
        little_endian: bool,
        address_of: Callable[[str], int | None] | None,
    ) -> None:
        self._find = find
        self._known: dict[str, memoryview | Pieces] = {}
        self._whole: dict[str, memoryview] = {}
        self._address_of = address_of
        self._work = 0
        self.alternate: Sections | None = None
        """Those of the file that what several share was moved to."""
        self.machine = machine
        self.address_size = address_size
        self.order: Literal["little", "big"] = "little" if little_endian else "big"

    def view(self, name: str) -> memoryview | Pieces:
        """A section, to be read where it is needed; of one that is not there, no bytes."""
        known = self._known.get(name)
        if known is None:
            found = self._find(name)
            if not isinstance(found, Pieces):
                found = memoryview(b"" if found is None else found).cast("B")
            known = self._known[name] = found
        return known

    def get(self, name: str) -> memoryview:
        """All of a section's bytes; none of one that is not there."""
        known = self._whole.get(name)
        if known is None:
            view = self.view(name)
            known = view if isinstance(view, memoryview) else memoryview(view.read_all())
            self._whole[name] = self._known[name] = known
        return known

    def address_of(self, name: str) -> int | None:
        return self._address_of(name) if self._address_of is not None else None

    def renew_work(self) -> None:
        """Start counting anew: a question from outside may look at everything once, and not much more."""
        self._work = _LEAST_WORK + len(self.view(".debug_info")) + len(self.view(".debug_line"))
        if self.alternate is not None:
            self.alternate.renew_work()

    def spend(self, steps: int) -> None:
        """Raises DwarfError when a question has cost more than a sound file's would."""
        self._work -= steps
        if self._work < 0:
            raise DwarfError("the debugging information leads in circles, or is too large to search")

    def number(self, name: str, offset: int, size: int) -> int:
        """An unsigned number of `size` bytes. Raises DwarfError where the section ends before it."""
        data = self.view(name)
        if offset < 0 or offset + size > len(data):
            raise DwarfError(f"{name} ends before offset {offset:#x}")
        return int.from_bytes(data[offset : offset + size], self.order)

    def string(self, name: str, offset: int) -> bytes:
        """What stands there up to a NUL. Raises DwarfError where there is no end of it."""
        data = self.view(name)
        if not 0 <= offset < len(data):
            raise DwarfError(f"{name} has no string at offset {offset:#x}")
        for size in (64, 1024, LONGEST_STRING):
            piece = bytes(data[offset : offset + size])
            end = piece.find(0)
            if end >= 0:
                return piece[:end]
        raise DwarfError(f"the string at offset {offset:#x} of {name} has no end")


def read_uleb(data: bytes | memoryview | Pieces, at: int) -> tuple[int, int]:
    """An unsigned LEB128 and the offset behind it. Raises DwarfError where it is cut off or too long."""
    value = shift = 0
    try:
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value, at
            shift += 7
            if shift > 7 * _LONGEST_LEB:
                raise DwarfError("a LEB128 number is too long")
    except IndexError:
        raise DwarfError("a LEB128 number is cut off") from None


def read_sleb(data: bytes | memoryview | Pieces, at: int) -> tuple[int, int]:
    """A signed LEB128 and the offset behind it. Raises DwarfError where it is cut off or too long."""
    start = at
    value, at = read_uleb(data, at)
    bits = 7 * (at - start)
    if data[at - 1] & 0x40:
        value -= 1 << bits
    return value, at


def write_uleb(number: int) -> bytes:
    """The shortest unsigned LEB128, which compilers write."""
    raw = bytearray()
    while number >= 0x80:
        raw.append(number & 0x7F | 0x80)
        number >>= 7
    raw.append(number)
    return bytes(raw)


def read_string(data: bytes, at: int) -> tuple[bytes, int]:
    """A NUL-terminated string and the offset behind it. Raises DwarfError where it has no end."""
    end = data.find(0, at, at + LONGEST_STRING)
    if end < 0:
        raise DwarfError("a string has no end")
    return data[at:end], end + 1


def to_text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")


def read_number(data: bytes | memoryview, at: int, size: int, order: Literal["little", "big"]) -> int:
    """An unsigned number of `size` bytes. Raises DwarfError where the data end before it."""
    if at < 0 or at + size > len(data):
        raise DwarfError("a number is cut off")
    return int.from_bytes(data[at : at + size], order)
