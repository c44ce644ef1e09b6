"""ELF files written byte by byte: with more symbols than a compiler makes in a test's time, or with impossible ones."""

from __future__ import annotations

import struct

SYMTAB, STRTAB, PROGBITS = 2, 3, 1


def write_elf(symbols: list[tuple[str, int, int]], text: int = 0x1000, code: int = 1 << 20) -> bytes:
    """A library of x86-64 with a .symtab of (name, address, st_info), and `code` bytes of code at `text`."""
    strings = bytearray(b"\0")
    table = bytearray(24)
    for name, address, info in symbols:
        table += struct.pack("<IBBHQQ", len(strings), info, 0, 1, address, 1)
        strings += name.encode("utf-8", "surrogateescape") + b"\0"
    names = b"\0.text\0.symtab\0.strtab\0"
    head = 64 + 56
    at_names = head + code
    at_strings = at_names + len(names)
    at_table = at_strings + len(strings) + 7 & ~7
    at_sections = at_table + len(table)
    sections = [
        (0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
        (names.index(b".text"), PROGBITS, 6, text, head, code, 0, 0, 16, 0),
        (names.index(b".symtab"), SYMTAB, 0, 0, at_table, len(table), 3, 1, 8, 24),
        (names.index(b".strtab"), STRTAB, 0, 0, at_strings, len(strings), 0, 0, 1, 0),
        (0, STRTAB, 0, 0, at_names, len(names), 0, 0, 1, 0),
    ]
    ident = b"\x7fELF\2\1\1" + bytes(9)
    header = struct.pack(
        "<HHIQQQIHHHHHH", 3, 62, 1, text, 64, at_sections, 0, 64, 56, 1, 64, len(sections), 4
    )
    segment = struct.pack("<IIQQQQQQ", 1, 5, head, text, text, code, code, 0x1000)
    body = ident + header + segment + bytes(code) + names + bytes(strings)
    body = body.ljust(at_table, b"\0") + bytes(table)
    return body + b"".join(struct.pack("<IIQQQQIIQQ", *section) for section in sections)
