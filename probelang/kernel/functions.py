"""Functions, symbols, variables and enumerators of a kernel: the answers behind `Kernel`'s methods."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.answers import Answer, Found, NotFound, Unknown
from probelang.btf.names import Space
from probelang.btf.types import Enum, Func, FuncProto, Var
from probelang.kernel.declared import declared_type
from probelang.kernel.facts import Function, Variable
from probelang.kernel.tables import literal_prefix
from probelang.near import find_near_in_text

if TYPE_CHECKING:
    import re

    from probelang.btf.blob import Btf
    from probelang.kernel.interface import Kernel
    from probelang.kernel.tables import Table


def find_function(kernel: Kernel, name: str, module: str | None) -> Answer[Function]:
    """See `Kernel.find_function`."""
    wanted = None if module is None else "" if module == "vmlinux" else module
    if wanted and not kernel.modules.is_loaded(wanted):
        return _in_file(kernel, name, wanted)
    table = kernel.table("functions")
    traceable = None if table is None else [home for home in table.find_all(name) if wanted in (None, home)]
    home = wanted if wanted is not None else min(traceable) if traceable else ""
    proto, reason, btf = _prototype(kernel, name, home)
    if not traceable and btf is None:
        symbols = symbol_homes(kernel, "symbols.text", name, wanted)
        home = min(symbols) if symbols else _home_by_btf(kernel, name, wanted)
        if home and wanted is None:
            proto, reason, btf = _prototype(kernel, name, home)
        if not symbols and btf is None:
            return _no_function(kernel, name, wanted)
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
            # a piece that the compiler split off is as forbidden as the function (`within_kprobe_blacklist`, kernel/kprobes.c)
            blacklisted=None
            if blacklist is None
            else name in blacklist or name.partition(".")[0] in blacklist,
            symbols=count,
        )
    )


def is_forbidden(blacklist: Table, name: str) -> bool:
    """Whether kprobes are forbidden on a function.

    A piece that the compiler split off is as forbidden as its function (`within_kprobe_blacklist`, kernel/kprobes.c).
    """
    return name in blacklist or name.partition(".")[0] in blacklist


def _home_by_btf(kernel: Kernel, name: str, wanted: str | None) -> str:
    """The module whose BTF at hand has the function, where no list tells; "" if none has."""
    if wanted is not None or not kernel.sources.modules() or kernel.table("symbols.text") is not None:
        return ""
    from probelang.kernel.modules import modules_naming

    for module in modules_naming(kernel, name):
        if _prototype(kernel, name, module)[2] is not None:
            return module
    return ""


def _in_file(kernel: Kernel, name: str, module: str) -> Answer[Function]:
    """A function of a module that was not loaded, by its file."""
    table = kernel.modules.functions(module)
    if table is None:
        return Unknown(kernel.modules.reason(module))
    values = [value.split() for value in table.find_all(name)]
    lasting = [words for words in values if "init" not in words]
    if not lasting:
        near = find_near_in_text(name, table.data.decode("latin-1")) if kernel.may_suggest() else ()
        return NotFound(near)
    proto, reason, btf = _prototype(kernel, name, module)
    file = kernel.modules.file(module)
    known = file is not None and file.knows_traced
    traced = any("traced" in words for words in lasting) if known else None
    return Found(Function(name, module, proto, reason, btf, traced, None, len(lasting)))


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


def is_alias(kernel: Kernel, name: str) -> bool:
    """Whether a function is at the address of a traceable one: ftrace reaches it, and lists it under the other name.

    Where addresses are hidden it is one if its name says so (SYSCALL_DEFINE0).
    """
    aliases = kernel.table("aliases")
    if aliases is not None:
        return name in aliases
    functions = kernel.table("functions")
    for prefix in ("__x64_", "__ia32_") if functions is not None else ():
        if (
            functions is not None
            and name.startswith(prefix)
            and f"__do_{name.removeprefix(prefix)}" in functions
        ):
            return True
    return False


def _prototype(kernel: Kernel, name: str, home: str) -> tuple[int | None, str, Btf | None]:
    """The prototype, why there is none, and the BTF that has the function (None: no BTF at hand has it)."""
    btf = kernel.module_btf(home) if home else kernel.btf
    if btf is None:
        return None, kernel.modules.reason(home) if home else kernel.why_missing("btf"), None
    ids = btf.find_all(Space.FUNC, name)
    if btf.base is not None:
        # What is just as in the kernel, of the same name and prototype, is in the kernel's blob alone.
        ids = [id for id in ids if id >= len(btf.base)] or ids
    functions = [btf.type(id) for id in ids]
    protos = {function.proto for function in functions if isinstance(function, Func)}
    if not all(isinstance(btf.type(proto), FuncProto) for proto in protos):
        return None, "its record in BTF is damaged", btf
    if len(protos) == 1:
        return protos.pop(), "", btf
    if protos:
        return None, f"{len(protos)} functions of that name differ in their parameters", btf
    return None, "BTF leaves this function out", None


def _no_function(kernel: Kernel, name: str, wanted: str | None) -> Answer[Function]:
    if wanted and not _lists_module(kernel, wanted):
        return Unknown(f"nothing is known of the functions of module {wanted}")
    near = near_functions(kernel, name)
    functions = kernel.table("functions")
    if kernel.table("symbols.text") is not None or (functions is not None and kernel.btf is not None):
        return NotFound(near)
    if functions is None and kernel.btf is None:
        return Unknown(kernel.why_missing("functions"), near)
    source = "BTF" if functions is None else "the list of traceable functions"
    return Unknown(f"functions are known from {source} alone, which leaves some out", near)


def _lists_module(kernel: Kernel, module: str) -> bool:
    tables = (kernel.table("functions"), kernel.table("symbols.text"))
    return any(table is not None and table.has_module(module) for table in tables)


def near_functions(kernel: Kernel, name: str) -> tuple[str, ...]:
    """Names of functions near to `name`: traceable ones where they are known."""
    if name not in kernel.near:
        kernel.near[name] = _find_near_functions(kernel, name) if kernel.may_suggest() else ()
    return kernel.near[name]


def _find_near_functions(kernel: Kernel, name: str) -> tuple[str, ...]:
    table = kernel.table("functions") or kernel.table("symbols.text")
    if table is not None:
        return kernel.names("functions", lambda: table.data.decode("latin-1")).find_near(name)
    btf = kernel.btf
    if btf is None:
        return ()
    known = kernel.names("btf", lambda: btf_strings(btf))
    return known.find_near(name, lambda near: btf.find(Space.FUNC, near) is not None)


def btf_strings(btf: Btf) -> str:
    """Every name in a blob as one text, a line each: far sooner made than a list of the names of one kind."""
    from probelang.btf.wire import read_sections

    strings = read_sections(btf.data, split=btf.base is not None).strings
    return "\n" + bytes(strings).replace(b"\0", b"\n").decode("latin-1")


def functions_matching(kernel: Kernel, pattern: re.Pattern[str], module: str | None) -> Answer[list[str]]:
    """See `Kernel.functions_matching`."""
    if module is not None and module != "vmlinux":
        return _matching_in_module(kernel, pattern, module)
    table = kernel.table("functions")
    if table is not None:
        return Found(table.matching(pattern, None if module is None else ""))
    if kernel.btf is None:
        return Unknown(kernel.why_missing("functions"))
    return Found(names_matching(kernel.btf, Space.FUNC, "", pattern))


def _matching_in_module(kernel: Kernel, pattern: re.Pattern[str], module: str) -> Answer[list[str]]:
    for name in ("functions", "symbols.text"):
        table = kernel.table(name)
        if table is not None and table.has_module(module):
            return Found(table.matching(pattern, module))
    in_file = kernel.modules.functions(module)
    if in_file is not None:
        file = kernel.modules.file(module)
        needed = "traced" if file is not None and file.knows_traced else ""
        words = {name: " ".join(in_file.find_all(name)) for name in in_file.matching(pattern)}
        return Found([name for name, text in words.items() if "init" not in text and needed in text])
    btf = kernel.module_btf(module)
    if btf is None:
        return Unknown(kernel.modules.reason(module))
    return Found(names_matching(btf, Space.FUNC, "", pattern, own=True))


def names_matching(
    btf: Btf, space: Space, prefix: str, pattern: re.Pattern[str], *, own: bool = False
) -> list[str]:
    """Names of a space that begin with `prefix` and whose rest `pattern` matches as a whole: the rests, sorted.

    `own` leaves out those of a module's base.
    """
    match, skip = pattern.fullmatch, len(prefix)
    names = (name[skip:] for name in btf.names(space, prefix + literal_prefix(pattern), own=own))
    return sorted({name for name in names if match(name)})


def parts_of(kernel: Kernel, name: str) -> tuple[str, ...]:
    """See `Kernel.parts_of`."""
    found: set[str] = set()
    for table in ("functions", "symbols.text"):
        known = kernel.table(table)
        if known is not None:
            found.update(key for key in known.keys_from(name + ".") if _is_piece(key[len(name) :]))
    return tuple(sorted(found))


def _is_piece(suffix: str) -> bool:
    import re

    return re.fullmatch(r"(\.(part|isra|constprop|llvm)(\.\d+)?)+", suffix) is not None


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
    return NotFound(kernel.names("variables", lambda: table.data.decode("latin-1")).find_near(name))


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
        known = kernel.names("btf", lambda: btf_strings(btf))
        return NotFound(known.find_near(name, lambda near: bool(btf.find_enumerator(near))))
    values = sorted({value for value, _ in named})
    if len(values) > 1:
        shown = ", ".join(str(value) for value in values[:4])
        return Unknown(f"several enums have an enumerator {name}, with different values ({shown})")
    return Found(max(named, key=lambda pair: pair[1] != ""))
