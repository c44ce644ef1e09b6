"""A module made by hand, `toy.ko`, for any kernel: its BTF continues that kernel's, its symbols are as a build leaves them."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from probelang.btf import wire
from probelang.btf.blob import Btf
from probelang.btf.names import Space
from probelang.kernel.folder import MemoryTree
from probelang.kernel.interface import Kernel
from probelang.kernel.modules import ModuleFiles
from probelang.kernel.tables import Table, build_table
from tests.unit.btf.writer import Writer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from probelang.kernel.sources import Sources

RELEASE = "6.12.3-test"
FUNCTIONS = {"toy_open": ".text", "toy_hidden": ".text", "toy_start": ".init.text", "shared_name": ".text"}
"""The functions of `toy`, and the sections that they are in; ftrace can trace all but `toy_hidden`."""


def toy_btf(base: Btf) -> bytes:
    """The blob of `toy` on a kernel's own."""
    strings = wire.read_sections(base.data, split=False).strings
    w = Writer(first_id=len(base), strings_start=len(strings))

    def of_base(space: Space, name: str) -> int:
        id = base.find(space, name)
        assert id is not None, name
        return id

    integer = of_base(Space.INT, "int")
    name = w.ptr(w.const(of_base(Space.INT, "char")))
    level = w.enum("toy_level", {"TOY_LOW": 3, "TOY_HIGH": 17})
    toy = w.struct(
        "toy",
        24,
        [
            ("size", integer, 0),
            ("level", level, 32),
            ("name", name, 64),
            ("odd", of_base(Space.INT, "unsigned int"), 128, 3),
        ],
    )
    open_proto = w.proto(integer, ("toy", w.ptr(toy)), ("mode", integer))
    for function in FUNCTIONS:
        w.func(function, open_proto)
    w.typedef("btf_trace_toy_opened", w.ptr(w.proto(0, ("", w.ptr(0)), ("", w.ptr(toy)), ("", integer))))
    stub = w.proto(0, ("__data", w.ptr(0)), ("toy", w.ptr(toy)), ("mode", integer))
    w.func("__probestub_toy_opened", stub)
    return w.blob()


def module_elf(sections: Mapping[str, bytes], functions: Mapping[str, str] = FUNCTIONS) -> bytes:
    """A relocatable ELF file with these sections besides code, symbols, and the table of ftrace's calls."""
    code = [".text", ".init.text"]
    contents: dict[str, bytes] = {"": b"", **dict.fromkeys(code, bytes(256)), **sections}
    order = [*contents, "__mcount_loc", ".rela__mcount_loc", ".symtab", ".strtab", ".shstrtab"]
    strings, symbols, calls = bytearray(b"\0"), bytearray(24), bytearray()
    for at, (name, section) in enumerate(functions.items()):
        for symbol, info in ((f"__pfx_{name}", 0), (name, 2)):
            symbols += struct.pack("<IBBHQQ", len(strings), info, 0, order.index(section), at * 16, 16)
            strings += symbol.encode() + b"\0"
        if "hidden" not in name:
            # by the symbol itself, or four bytes on, behind endbr64
            calls += struct.pack("<QQq", len(calls) // 3, (2 * at + 2) << 32 | 1, at % 2 * 4)
    contents["__mcount_loc"] = bytes(len(calls) // 3)
    contents[".rela__mcount_loc"], contents[".symtab"] = bytes(calls), bytes(symbols)
    contents[".strtab"] = bytes(strings)
    names = b"".join(name.encode() + b"\0" for name in order)
    contents[".shstrtab"] = names
    kinds = {
        ".rela__mcount_loc": (4, 0, ".symtab", order.index("__mcount_loc"), 24),
        ".symtab": (2, 0, ".strtab", 1, 24),
    }
    at, body, headers = 64, b"", b""
    for name in order:
        kind, flags, link, info, size = kinds.get(
            name, (3 if "str" in name else 1, 6 if name in code else 0, "", 0, 0)
        )
        where = names.index(b"\0" + name.encode() + b"\0") + 1 if name else 0
        linked = order.index(link) if link else 0
        headers += struct.pack(
            "<IIQQQQIIQQ",
            where,
            kind if name else 0,
            flags,
            0,
            at + len(body),
            len(contents[name]),
            linked,
            info,
            1,
            size,
        )
        body += contents[name]
    ident = b"\x7fELF\2\1\1" + bytes(9)
    head = struct.pack(
        "<HHIQQQIHHHHHH", 1, 62, 1, 0, 0, at + len(body), 0, 64, 0, 0, 64, len(order), len(order) - 1
    )
    return ident + head + body + headers


def toy_file(base: Btf, release: str = RELEASE) -> bytes:
    """`toy.ko` for a kernel."""
    info = b"name=toy\0vermagic=" + release.encode() + b" SMP preempt mod_unload \0"
    return module_elf({".modinfo": info, ".BTF": toy_btf(base)})


class _WithToys:
    """A kernel's sources, with `toy` among the files and, where `loaded`, `toy` and `twin` among what is loaded."""

    def __init__(self, sources: Sources, base: Btf, loaded: bool) -> None:
        self._sources = sources
        self._loaded = loaded
        self._blob = toy_btf(base)
        folder = f"lib/modules/{RELEASE}"
        lists = {"modules.order": b"kernel/drivers/toy.o\n", "modules.builtin": b"kernel/fs/built-in.ko\n"}
        files = {f"{folder}/{name}": data for name, data in lists.items()}
        files[f"{folder}/kernel/drivers/toy.ko"] = toy_file(base)
        self._files = ModuleFiles(MemoryTree(files), folder, RELEASE)

    def __getattr__(self, name: str) -> object:
        return getattr(self._sources, name)

    def section(self, name: str) -> bytes | memoryview | None:
        return self._blob if self._loaded and name == "btf:toy" else self._sources.section(name)

    def modules(self) -> tuple[str, ...]:
        return ("toy",) if self._loaded else ()

    def module_files(self) -> ModuleFiles:
        return self._files

    def table(self, name: str) -> Table | None:
        table = self._sources.table(name)
        if table is None or not self._loaded or name != "functions":
            return table
        own = ["toy_open\ttoy", "shared_name\ttoy", "shared_name\ttwin", "__probestub_toy_opened\ttoy"]
        return Table(build_table([*table.data.decode().split("\n")[1:-1], *own]))


def with_toys(kernel: Kernel, *, loaded: bool) -> Kernel:
    """A kernel that has the modules, loaded or not."""
    assert kernel.btf is not None
    sources = _WithToys(kernel.sources, kernel.btf, loaded)
    return Kernel(kernel.name, kernel.title, sources)  # type: ignore[arg-type]
