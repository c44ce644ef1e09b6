"""Where the running kernel has what a symbol stands for, which differs from boot to boot."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class UnknownAddress(Exception):
    """A symbol's address is not to be had; the message is one line."""


def find_addresses(symbols: Sequence[str]) -> list[int]:
    """The address of each `SYMBOL` or `SYMBOL+OFFSET`, by `/proc/kallsyms`, which tells it to root. Raises UnknownAddress."""
    wanted = [re.fullmatch(r"(.+?)([+-](?:0x[0-9a-f]+|\d+))?", symbol) for symbol in symbols]
    parts = [(match[1], int(match[2] or "0", 0)) for match in wanted if match is not None]
    places: dict[str, int] = {}
    if parts:
        names = {name for name, _ in parts}
        try:
            with open("/proc/kallsyms", encoding="utf-8", errors="replace") as file:
                for line in file:
                    address, _, rest = line.partition(" ")
                    name = rest[2:].split("\t", 1)[0].rstrip("\n")
                    if name in names:
                        places.setdefault(name, int(address, 16))
        except (OSError, ValueError) as error:
            raise UnknownAddress(f"cannot read /proc/kallsyms: {error}") from None
    for name, _ in parts:
        if not places.get(name):
            raise UnknownAddress(f"/proc/kallsyms does not tell where {name} is")
    return [places[name] + offset for name, offset in parts]
