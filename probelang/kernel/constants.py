"""Well-known `#define`s of the kernel, which BTF lacks: `ENOENT`, `O_CREAT`, `AF_INET6`, `S_IFDIR`, `SIGKILL`.

The table beside this module is made by scripts/generate_constants.py out of the kernel's user-API headers and a
few of its own (include/linux/errno.h, socket.h, sched.h …), of several releases. A name whose value is not the same
in all of them, or in all headers that define it, is ambiguous. The values are those of x86-64; most are the same
everywhere.

The table is a text of lines `NAME<tab>VALUE<tab>HEADER`, sorted by name. It is mapped once somebody asks and searched
as it is, which takes some ten microseconds; no object is made for any of its thirty thousand names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.record import record

if TYPE_CHECKING:
    from mmap import mmap

_TABLE_NAME = "constants_table.txt"
_ERRNO_HEADERS = ("uapi/asm-generic/errno-base.h", "uapi/asm-generic/errno.h", "linux/errno.h")

_FIRST_NAME = b"A"  # what sorts before it are the comments at the top

_mapped: mmap | None = None


@record
class Constant:
    """A macro with one integer value, which fits in 64 bits, signed or unsigned.

    `header` is a path as in `#include` within the kernel, `uapi/linux/fcntl.h`; the choices of an ambiguous name may
    say more: `uapi/linux/bpf.h of Linux 6.1`.
    """

    name: str
    value: int
    header: str


@record
class Ambiguous:
    """A macro with several values, by the header or by the release of the kernel."""

    name: str
    choices: tuple[Constant, ...]


def find_constant(name: str) -> Constant | Ambiguous | None:
    """What a macro's name stands for."""
    if not name.isidentifier():
        return None
    table = _table()
    key = name.encode() + b"\t"
    found = []
    start = _lower_bound(table, key)
    while table[start : start + len(key)] == key:
        found.append(_constant_at(table, start))
        start = table.find(b"\n", start) + 1
    if len(found) > 1:
        return Ambiguous(name, tuple(found))
    return found[0] if found else None


def near_constants(name: str) -> tuple[str, ...]:
    """At most three names that somebody who wrote `name` may have meant, the likeliest first."""
    from probelang.near import find_near_in_text

    upper = name.upper()
    if upper != name and find_constant(upper) is not None:
        return (upper,)
    text = _table()[:].decode("ascii")
    return find_near_in_text(name, text) or find_near_in_text(upper, text)


def constants_with_prefix(prefix: str, limit: int) -> list[str]:
    """The first `limit` names that begin with `prefix`, sorted."""
    table = _table()
    key = prefix.encode()
    names: list[str] = []
    start = _lower_bound(table, max(key, _FIRST_NAME))
    while start < len(table) and len(names) < limit and table[start : start + len(key)] == key:
        name = table[start : table.find(b"\t", start)].decode()
        if not names or names[-1] != name:
            names.append(name)
        start = table.find(b"\n", start) + 1
    return names


def constants_with_value(value: int, prefix: str) -> list[str]:
    """The unambiguous names that begin with `prefix` and have a value, sorted: 9 with `SIG` is `SIGKILL`."""
    return [constant.name for constant in _with_value(value, prefix)]


def errno_name(error: int) -> str | None:
    """The name of an error number, `ENOENT` for 2 and for -2; of two the first (`EAGAIN`, not `EWOULDBLOCK`)."""
    names = (constant.name for constant in _with_value(abs(error), "E") if constant.header in _ERRNO_HEADERS)
    return next(names, None)


def _with_value(value: int, prefix: str) -> list[Constant]:
    table = _table()
    low = _lower_bound(table, prefix.encode())
    high = _lower_bound(table, prefix.encode() + b"\x7f")
    wanted = b"\t%d\t" % value
    found = []
    position = table.find(wanted, low, high)
    while position >= 0:
        constant = _constant_at(table, table.rfind(b"\n", 0, position) + 1)
        if isinstance(find_constant(constant.name), Constant):
            found.append(constant)
        position = table.find(wanted, position + 1, high)
    return found


def _constant_at(table: mmap, start: int) -> Constant:
    name, value, header = table[start : table.find(b"\n", start)].decode("ascii").split("\t")
    return Constant(name, int(value), header)


def _lower_bound(table: mmap, key: bytes) -> int:
    """Where the first line that is not less than `key` begins; the end of the table if there is none."""
    low, high = 0, len(table)
    while low < high:
        middle = (low + high) // 2
        start = max(table.rfind(b"\n", low, middle) + 1, low)
        end = table.find(b"\n", start) + 1
        if table[start:end] < key:
            low = end
        else:
            high = start
    return low


def _table() -> mmap:
    global _mapped
    if _mapped is None:
        import mmap
        import os

        with open(os.path.join(os.path.dirname(__file__), _TABLE_NAME), "rb") as file:
            _mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    return _mapped
