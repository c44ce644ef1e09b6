"""Modules that points name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.answers import Found, NotFound
from probelang.check.report import rename, suggest
from probelang.check.rules import points
from probelang.diagnostics import Edit, Fix
from probelang.source import Span

if TYPE_CHECKING:
    from probelang.check.report import Report
    from probelang.kernel.interface import Kernel
    from probelang.syntax import tree


def named_module(kernel: Kernel, report: Report, ident: tree.Ident) -> str | None:
    """The module that a point names, as the kernel spells it; `vmlinux` is the kernel itself. None after an error."""
    name = ident.name.replace("-", "_")
    if any(char in name for char in "*?{},"):
        report.add(
            points.UNKNOWN_MODULE, ident.span, "a module's name is no pattern: only its functions can be one"
        )
        return None
    answer = kernel.find_module(name) if name != "vmlinux" else None
    if not isinstance(answer, NotFound):
        return name
    files = kernel.sources.module_files()
    if files is not None and files.is_builtin(name):
        message = f"`{name}` is built into {kernel.title}, and no module"
        fix = Fix(f"leave out `{ident.name}:`", (Edit(Span(ident.span.start, ident.span.end + 1), ""),))
        report.add(points.UNKNOWN_MODULE, ident.span, message, fix=fix)
    else:
        report.add(
            points.UNKNOWN_MODULE,
            ident.span,
            f"{kernel.title} has no module `{name}`",
            label=suggest(answer.near),
            fix=rename(ident.span, answer.near),
        )
    return None


def owner(kernel: Kernel, module: str | None) -> str:
    """Whose functions and tracepoints are looked for: the words of a message."""
    return kernel.title if module in (None, "vmlinux") else f"the module `{module}`"


def beside(kernel: Kernel, name: str, module: str) -> str | None:
    """Where a function is that its module, or the kernel, does not have: the end of a diagnostic."""
    table = (
        kernel.modules.functions(module)
        if module != "vmlinux" and not kernel.modules.is_loaded(module)
        else None
    )
    if table is not None and name in table:
        return f"it runs while `{module}` is loaded, and is gone then"
    answer = kernel.find_function(name)
    if not isinstance(answer, Found):
        return None
    home = answer.value.module
    return (
        f"the module `{home}` has it: `{home}:{name}`"
        if home
        else f"it is the kernel's own: `{name}` without a module"
    )


def home_names(kernel: Kernel, name: str) -> list[str]:
    """The modules that have a function of a name, "" for the kernel itself, as far as the kernel's lists tell."""
    from probelang.kernel.functions import symbol_homes

    homes = symbol_homes(kernel, "symbols.text", name, None)
    if homes is None:
        table = kernel.table("functions")
        homes = dict.fromkeys(table.find_all(name), 1) if table is not None else {}
    return sorted(homes)
