"""Functions, symbols, variables and enumerators of a kernel: the answers behind `Kernel`'s methods."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.btf.names import Space
from probelang.btf.types import Enum, Func, FuncProto, Var
from probelang.kernel.answers import Answer, Found, NotFound, Unknown
from probelang.kernel.declared import declared_type
from probelang.kernel.facts import Function, Variable
from probelang.kernel.near import find_near_in_text
from probelang.kernel.tables import literal_prefix

if TYPE_CHECKING:
    import re

    from probelang.btf.blob import Btf
    from probelang.kernel.interface import Kernel


def find_function(kernel: Kernel, name: str, module: str | None) -> Answer[Function]:
    """See `Kernel.find_function`."""
    wanted = None if module is None else "" if module == "vmlinux" else module
    table = kernel.table("functions")
    traceable = None if table is None else [home for home in table.find_all(name) if wanted in (None, home)]
    home = wanted if wanted is not None else min(traceable) if traceable else ""
    proto, reason, btf = _prototype(kernel, name, home)
    if not traceable and btf is None:
        symbols = symbol_homes(kernel, "symbols.text", name, wanted)
        if not symbols:
            return _no_function(kernel, name, wanted)
        home = min(symbols)
        if home and wanted is None:
            proto, reason, btf = _prototype(kernel, name, home)
    blacklist = kernel.table("blacklist")

    def count() -> int | None:
        homes = symbol_homes(kernel, "symbols.text", name, wanted)
        return sum(homes.values()) if homes is not None else None

    return Found(
        Function(
            name,
            module=home or None,
            proto=proto,
            proto_reason=reason,
            btf=btf,
            traceable=None if traceable is None else bool(traceable),
            blacklisted=None if blacklist is None else name in blacklist,
            symbols=count,
        )
    )


def symbol_homes(kernel: Kernel, table_name: str, name: str, wanted: str | None) -> dict[str, int] | None:
    """How many symbols bear a name, by module ("": the kernel); None where symbols are not known.

    A traceable function has a symbol; snapshots leave out the symbols that go without saying.
    """
    table = kernel.table(table_name)
    if table is None:
        return None
    homes: dict[str, int] = {}
    for value in table.find_all(name):
        count, _, home = value.partition("\t")
        homes[home] = homes.get(home, 0) + (int(count) if count.isdecimal() and len(count) < 10 else 1)
    functions = kernel.table("functions") if table_name == "symbols.text" else None
    if functions is not None:
        for home in functions.find_all(name):
            homes.setdefault(home, 1)
    return {home: count for home, count in homes.items() if wanted in (None, home)}


def _prototype(kernel: Kernel, name: str, home: str) -> tuple[int | None, str, Btf | None]:
    """The prototype, why there is none, and the BTF that has the function (None: no BTF at hand has it)."""
    btf = kernel.module_btf(home) if home else kernel.btf
    if btf is None:
        return None, f"the BTF of module {home} is not at hand" if home else kernel.why_missing("btf"), None
    functions = [btf.type(id) for id in btf.find_all(Space.FUNC, name)]
    protos = {function.proto for function in functions if isinstance(function, Func)}
    if not all(isinstance(btf.type(proto), FuncProto) for proto in protos):
        return None, "its record in BTF is damaged", btf
    if len(protos) == 1:
        return protos.pop(), "", btf
    if protos:
        return None, f"{len(protos)} functions of that name differ in their parameters", btf
    return None, "BTF leaves this function out", None


def _no_function(kernel: Kernel, name: str, wanted: str | None) -> Answer[Function]:
    if wanted and not _knows_module(kernel, wanted):
        return Unknown(f"nothing is known of the functions of module {wanted}")
    near = near_functions(kernel, name)
    functions = kernel.table("functions")
    if kernel.table("symbols.text") is not None or (functions is not None and kernel.btf is not None):
        return NotFound(near)
    if functions is None and kernel.btf is None:
        return Unknown(kernel.why_missing("functions"), near)
    source = "BTF" if functions is None else "the list of traceable functions"
    return Unknown(f"functions are known from {source} alone, which leaves some out", near)


def _knows_module(kernel: Kernel, module: str) -> bool:
    if module in kernel.sources.modules():
        return True
    suffix = f"\t{module}\n".encode("utf-8", "replace")
    tables = (kernel.table("functions"), kernel.table("symbols.text"))
    return any(table is not None and suffix in table.data for table in tables)


def near_functions(kernel: Kernel, name: str) -> tuple[str, ...]:
    """Names of functions near to `name`: traceable ones where they are known."""
    if not kernel.may_suggest():
        return ()
    table = kernel.table("functions") or kernel.table("symbols.text")
    if table is not None:
        return find_near_in_text(name, table.data.decode("latin-1"))
    btf = kernel.btf
    if btf is None:
        return ()
    return find_near_in_text(name, btf_strings(btf), lambda near: btf.find(Space.FUNC, near) is not None)


def btf_strings(btf: Btf) -> str:
    """Every name in a blob as one text, a line each: far sooner made than a list of the names of one kind."""
    from probelang.btf.wire import read_sections

    strings = read_sections(btf.data, split=btf.base is not None).strings
    return "\n" + bytes(strings).replace(b"\0", b"\n").decode("latin-1")


def functions_matching(kernel: Kernel, pattern: re.Pattern[str]) -> Answer[list[str]]:
    """See `Kernel.functions_matching`."""
    table = kernel.table("functions")
    if table is not None:
        return Found(table.matching(pattern))
    if kernel.btf is None:
        return Unknown(kernel.why_missing("functions"))
    return Found(names_matching(kernel.btf, Space.FUNC, "", pattern))


def names_matching(btf: Btf, space: Space, prefix: str, pattern: re.Pattern[str]) -> list[str]:
    """Names of a space that begin with `prefix` and whose rest `pattern` matches as a whole: the rests, sorted."""
    match, skip = pattern.fullmatch, len(prefix)
    names = (name[skip:] for name in btf.names(space, prefix + literal_prefix(pattern)))
    return sorted({name for name in names if match(name)})


def has_symbol(kernel: Kernel, name: str) -> Answer[int]:
    """See `Kernel.has_symbol`."""
    counts = {table: symbol_homes(kernel, table, name, None) for table in ("symbols.text", "symbols.data")}
    total = sum(sum(homes.values()) for homes in counts.values() if homes is not None)
    if total:
        return Found(total)
    for table, homes in counts.items():
        if homes is None:
            return Unknown(kernel.why_missing(table))
    return NotFound(near_functions(kernel, name))


def find_variable(kernel: Kernel, name: str) -> Answer[Variable]:
    """See `Kernel.find_variable`."""
    homes = symbol_homes(kernel, "symbols.data", name, None)
    symbols = sum(homes.values()) if homes is not None else None
    btf = kernel.btf
    id = btf.find(Space.VAR, name) if btf is not None else None
    var = btf.type(id) if btf is not None and id is not None else None
    if btf is not None and isinstance(var, Var):
        return Found(Variable(name, var.type, btf, id in kernel.percpu_variables(), symbols))
    if symbols:
        declared = declared_type(btf, name) if btf is not None else None
        known = btf if declared is not None else None
        return Found(Variable(name, declared, known, False if known is not None else None, symbols))
    table = kernel.table("symbols.data")
    if table is None:
        return Unknown(kernel.why_missing("symbols.data"))
    # Where addresses were hidden, the letters of kallsyms may have put a variable among the code.
    code = symbol_homes(kernel, "symbols.text", name, None)
    if code:
        return Found(Variable(name, None, None, None, sum(code.values())))
    if not kernel.may_suggest():
        return NotFound()
    return NotFound(find_near_in_text(name, table.data.decode("latin-1")))


def find_enumerator(kernel: Kernel, name: str) -> Answer[tuple[int, str]]:
    """See `Kernel.find_enumerator`."""
    btf = kernel.btf
    if btf is None:
        return Unknown(kernel.why_missing("btf"))
    enums = [(value, btf.type(id)) for value, id in btf.find_enumerator(name)]
    named = [(value, enum.name) for value, enum in enums if isinstance(enum, Enum)]
    if not named:
        if not kernel.may_suggest():
            return NotFound()
        near = find_near_in_text(name, btf_strings(btf), lambda near: bool(btf.find_enumerator(near)))
        return NotFound(near)
    values = sorted({value for value, _ in named})
    if len(values) > 1:
        shown = ", ".join(str(value) for value in values[:4])
        return Unknown(f"several enums have an enumerator {name}, with different values ({shown})")
    return Found(max(named, key=lambda pair: pair[1] != ""))
