"""Names for the numbers in a record: of functions, from `/proc/kallsyms`, and of tasks, from `saved_cmdlines`."""

from __future__ import annotations

import os
import time
from bisect import bisect_right
from operator import itemgetter
from pathlib import Path

_address_of = itemgetter(slice(16))

FAR = 1 << 20
"""A symbol does not reach farther than so many bytes; beyond is nothing that has a name."""

_TRAMPOLINE = 0x7FFFFFFF
"""What a stack holds in place of an address that lies in a trampoline of ftrace (seen in the kernel's own texts)."""

STALE = 0.5
"""Seconds after which a task that `saved_cmdlines` does not know is asked for its name again."""

INITIAL_PIDS = "pid:[4026531836]"
"""The namespace of process ids that the kernel's own are of; in another one `/proc` has other numbers."""


class Symbols:
    """Names of kernel addresses. The table is read when the first is asked for: it takes a tenth of a second."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lines: list[bytes] | None = None
        self._known: dict[int, str] = {}

    def name(self, address: int) -> str:
        """`vfs_read+0x4`, with ` [module]` behind where it is in one, or the address in hex where nothing is known."""
        known = self._known.get(address)
        if known is None:
            found = self._find(address)
            known = f"{address:#x}" if found is None else f"{found[0]}+{found[1]:#x}{found[2]}"
            self._remember(address, known)
        return known

    def frame(self, address: int) -> str:
        """The same of an address in a stack."""
        return "[FTRACE TRAMPOLINE]" if address == _TRAMPOLINE else self.name(address)

    def function(self, address: int) -> str:
        """The name alone, of an address where a probe is; empty where nothing is known."""
        found = self._find(address)
        return found[0] if found else ""

    def _remember(self, address: int, name: str) -> None:
        if len(self._known) > 1 << 16:
            self._known.clear()
        self._known[address] = name

    def _find(self, address: int) -> tuple[str, int, str] | None:
        if self._lines is None:
            self._lines = self._read()
        lines = self._lines
        wanted = b"%016x" % (address & ((1 << 64) - 1))
        at = bisect_right(lines, wanted, key=_address_of) - 1
        if at < 0:
            return None
        # of several names for one place the kernel takes the first
        start = _address_of(lines[at])
        while at and _address_of(lines[at - 1]) == start:
            at -= 1
        offset = int(wanted, 16) - int(start, 16)
        if offset >= FAR:
            return None
        name, _, module = lines[at][19:].partition(b"\t")
        return name.decode(errors="replace"), offset, f" {module.decode(errors='replace')}" if module else ""

    def _read(self) -> list[bytes]:
        """The lines of what lies in the kernel's half of the addresses, in their order."""
        try:
            lines = self._path.read_bytes().splitlines()
        except OSError:
            return []
        # lines with less are no symbols; zeros are what somebody sees who may not know, and offsets of per-CPU variables are low
        kept = [line for line in lines if line[:1] >= b"8" and len(line) > 19 and line[16:17] == b" "]
        kept.sort(key=_address_of)
        return kept


class Tasks(dict[int, str]):
    """Names of threads by their id. A look-up always answers: `<...>` of one that is gone and was not noted."""

    def __init__(self, path: Path, proc: Path) -> None:
        super().__init__()
        self._path = path
        self._proc = proc if _has_initial_pids(proc) else None
        self._seen = b""
        self._noted: dict[int, str] = {}
        self._next = 0.0
        self._asked: dict[int, tuple[str, float]] = {}
        self.refresh()

    def refresh(self) -> None:
        """Take what the kernel noted since, because a thread's name changes when it runs another program.

        That takes a twentieth of the time at most: somebody may have made the list very long (`saved_cmdlines_size`).
        """
        began = time.monotonic()
        if began < self._next:
            return
        try:
            seen = self._path.read_bytes()
        except OSError:
            seen = b""
        self.clear()
        if seen != self._seen:
            self._seen = seen
            self._noted = parse_cmdlines(seen)
        self.update(self._noted)
        ended = time.monotonic()
        self._next = ended + 20 * (ended - began)
        self._asked = {tid: asked for tid, asked in self._asked.items() if ended - asked[1] < STALE}

    def __missing__(self, tid: int) -> str:
        if tid == 0:
            name = "<idle>"
        else:
            self.refresh()
            name = self._noted.get(tid) or self._living(tid)
        self[tid] = name
        return name

    def _living(self, tid: int) -> str:
        asked = self._asked.get(tid)
        if asked is None:
            asked = self._asked[tid] = (self._ask(tid), time.monotonic())
        return asked[0]

    def _ask(self, tid: int) -> str:
        if self._proc is not None and tid > 0:
            try:
                return decode((self._proc / str(tid) / "comm").read_bytes().removesuffix(b"\n"))
            except OSError:
                pass
        return "<...>"


def parse_cmdlines(data: bytes) -> dict[int, str]:
    """Names by thread of `saved_cmdlines`; a thread that is there twice, which a name with a line feed can feign, is left out."""
    found: dict[int, str] = {}
    twice = set()
    for line in data.split(b"\n"):
        number, space, name = line.partition(b" ")
        if space and len(name) <= 15 and number.isdigit() and len(number) <= 10:
            tid = int(number)
            if tid in found and found[tid] != decode(name):
                twice.add(tid)
            found[tid] = decode(name)
    for tid in twice:
        del found[tid]
    return found


def decode(data: bytes) -> str:
    """The kernel's bytes as text, from which they can be had again (`surrogateescape`)."""
    return data.decode("utf-8", "surrogateescape")


def _has_initial_pids(proc: Path) -> bool:
    """Whether the numbers in a `/proc` are the kernel's."""
    try:
        return os.readlink(proc / "self" / "ns" / "pid") == INITIAL_PIDS
    except OSError:
        return False
