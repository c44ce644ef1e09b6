"""The fetch args of a probe: `use` expanded, values resolved and named, what the condition needs recorded too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.check.casts import find_type
from probelang.check.expressions import Expressions
from probelang.check.fetch import record_value
from probelang.check.naming import MAX_ARG_NAME, RESERVED, free_name, name_of
from probelang.check.report import Report, near_names, rename, suggest
from probelang.check.rules import names as rules
from probelang.check.scope import Scope
from probelang.check.values import Value, load
from probelang.ctypes import CInt, CPointer, CStruct
from probelang.diagnostics import Edit, Fix, Label
from probelang.probes import Access, EntryValue, Field
from probelang.record import record, replace
from probelang.source import Span
from probelang.syntax import tree

if TYPE_CHECKING:
    from collections.abc import Mapping

    from probelang.check.constants import Constants
    from probelang.check.scope import Lacks
    from probelang.kernel.interface import Kernel

MAX_USE_DEPTH = 16
MAX_ITEMS = 5000


@record
class Item:
    """One fetch arg to be, and the `use`s that led to it, outermost first; `listed` is one that `$arg*` stands for."""

    name: str | None
    name_span: Span
    expr: tree.Expr
    type: tree.FetchType | None
    uses: tuple[tuple[tree.Use, tree.Args], ...] = ()
    auto: bool = False
    listed: bool = False


class Items:
    """Lists the fetch args of one probe, and resolves them at a place."""

    def __init__(
        self,
        kernel: Kernel,
        constants: Constants,
        report: Report,
        lists: Mapping[str, tree.Args],
        lacks: Lacks | None,
    ) -> None:
        self.kernel = kernel
        self.constants = constants
        self.report = report
        self.lists = lists
        self.used: dict[str, bool] = {}
        self.lacks = lacks

    # ------------------------------------------------------------------------------------------- listing

    def listed(self, items: tuple[tree.FetchItem, ...], scope: Scope) -> list[Item]:
        """Every fetch arg, with `use` and `$arg*` written out; `scope` tells what `$arg*` stands for."""
        found: list[Item] = []
        self._list(items, scope, (), found)
        return found

    def _list(
        self,
        items: tuple[tree.FetchItem, ...],
        scope: Scope,
        uses: tuple[tuple[tree.Use, tree.Args], ...],
        found: list[Item],
    ) -> None:
        for item in items:
            if len(found) >= MAX_ITEMS:
                # no kernel takes a tenth of them, which is what will be said
                return
            match item:
                case tree.FetchArg(span, name, expr, type):
                    written = name.name if name is not None else name_of(expr)
                    found.append(Item(written, name.span if name else span, expr, type, uses))
                case tree.Use():
                    self._list_use(item, scope, uses, found)
                case tree.AllArgs(span):
                    listed = scope.parameters if scope.parameters is not None else tuple(scope.names)
                    if scope.no_names is not None or not listed:
                        why = scope.no_names or f"{scope.owner} has none"
                        self.report.add(
                            rules.UNKNOWN_NAME, span, f"`$arg*` stands for the parameters, and {why}"
                        )
                    found.extend(
                        Item(name, span, tree.Name(span, name), None, uses, listed=True) for name in listed
                    )
                case tree.BrokenItem():
                    pass

    def _say_nameless(self, item: Item) -> None:
        self.report.add(
            rules.MISSING_NAME,
            item.expr.span,
            "this fetch arg needs a name",
            help="a member, a parameter or a variable gives its own name; a constant or an address has none",
            fix=Fix(
                "name it `value`",
                (Edit(Span(item.name_span.start, item.name_span.start), "value = "),),
                safe=False,
            ),
        )

    def _list_use(
        self,
        use: tree.Use,
        scope: Scope,
        uses: tuple[tuple[tree.Use, tree.Args], ...],
        found: list[Item],
    ) -> None:
        args = self.lists.get(use.name.name)
        if args is None:
            near = near_names(use.name.name, self.lists)
            self.report.add(
                rules.UNKNOWN_ARGS,
                use.name.span,
                f"no `args {use.name.name}(…)` in this spec",
                label=suggest(near),
                fix=rename(use.name.span, near),
            )
            return
        self.used[args.name.name] = True
        if any(args is outer for _, outer in uses) or len(uses) >= MAX_USE_DEPTH:
            self.report.add(rules.RECURSIVE_ARGS, use.span, f"`{args.name.name}` uses itself")
            return
        if len(use.arguments) != len(args.params):
            self.report.add(
                rules.ARGS_MISMATCH,
                use.span,
                f"`{args.name.name}` takes {_arguments(len(args.params))}, and gets {len(use.arguments)}",
                others=(Label(args.name.span, "defined here"),),
            )
            return
        self._list(args.items, scope, (*uses, (use, args)), found)

    def check_unused(self, args: tree.Args) -> None:
        """Check an `args` list that no probe uses, by the types its parameters are declared with."""
        from probelang.probes import Parameter

        values = {}
        checker = Expressions(
            self.kernel, self.constants, self.report, Scope(tree.Kind.KPROBE, {}, "parameter", "this")
        )
        for param in args.params:
            target = find_type(checker, param.type)
            if target is None:
                continue
            type = target.describe() if param.type.pointers == 0 else CPointer(target)
            values[param.name.name] = Value(
                Access(Parameter(1, None)), type, target if param.type.pointers == 0 else None
            )
        owner = f"`args {args.name.name}`"
        scope = Scope(tree.Kind.KPROBE, values, "parameter", owner, at_return=True)
        for item in self.listed(args.items, scope):
            if not item.uses and len(values) == len(args.params):
                self.resolve(item, scope)

    # ----------------------------------------------------------------------------------------- resolving

    def resolve(self, item: Item, scope: Scope) -> Field | None:
        """The field that a fetch arg is at a place; None after an error."""
        for use, args in item.uses:
            inner = self._bind(use, args, scope)
            if inner is None:
                return None
            scope = inner
        checker = Expressions(self.kernel, self.constants, self.report, scope, self.lacks)
        if isinstance(item.expr, tree.Call) and item.expr.function.name in self.lists:
            self._say_use(item.expr)
            return None
        value = checker.resolve(item.expr)
        if value is None:
            return None
        recorded = record_value(self.report, value, item.type, item.expr.span)
        if recorded is None:
            return None
        if item.name is None:
            self._say_nameless(item)
            return None
        access, fetch = recorded
        # a parameter itself is kept anyway; what a string or an array reads through it is to be read at entry as well
        if value.entry or (access.derefs and _is_entry(item.expr)):
            access = Access(EntryValue(access))
        text = value.text if value.typed else ""
        type = value.type if value.typed else None
        return Field(item.name, access, fetch, text, item.expr.span, item.auto, item.expr, item.type, type)

    def _say_use(self, call: tree.Call) -> None:
        """Report `of_file(file)`, which is the name of a list."""
        name = call.function
        self.used[name.name] = True
        self.report.add(
            rules.UNKNOWN_ARGS,
            name.span,
            f"`{name.name}` is a list of fetch args, and is put in by `use`",
            others=(Label(self.lists[name.name].name.span, "defined here"),),
            fix=Fix("write `use`", (Edit(Span(name.span.start, name.span.start), "use "),)),
        )

    def _bind(self, use: tree.Use, args: tree.Args, scope: Scope) -> Scope | None:
        """The scope inside an `args` list: its parameters, with the values of this use."""
        checker = Expressions(self.kernel, self.constants, self.report, scope, self.lacks)
        values: dict[str, Value] = {}
        for param, argument in zip(args.params, use.arguments, strict=True):
            value = checker.resolve(argument)
            target = find_type(checker, param.type)
            if value is None or target is None:
                return None
            pointers = param.type.pointers
            declared = f"{target.text}{' ' if pointers else ''}{'*' * pointers}"
            if not _accepts(target.describe(), pointers, value):
                self.report.add(
                    rules.ARGS_MISMATCH,
                    argument.span,
                    f"`{args.name.name}` takes `{declared}`, and this is `{value.text}`",
                    others=(Label(param.span, "declared here"),),
                )
                return None
            if pointers == 1 and not _same_target(value, target.describe()):
                user = isinstance(value.type, CPointer) and value.type.user
                value = replace(load(value), type=CPointer(target, user), ref=None, names=None, typed=True)
            values[param.name.name] = value
        return replace(scope, names=values, what="parameter", owner=f"`args {args.name.name}`", no_names=None)


def _arguments(count: int) -> str:
    return f"{count} argument{'s' if count != 1 else ''}"


def _is_entry(expr: tree.Expr) -> bool:
    return isinstance(expr, tree.Call) and expr.function.name == "entry"


def _accepts(declared: object, pointers: int, value: Value) -> bool:
    if pointers == 0:
        if isinstance(declared, CStruct):
            return isinstance(value.type, CStruct) and value.type.name == declared.name
        return isinstance(value.type, CInt | CPointer)
    if not isinstance(value.type, CPointer):
        return False
    target = value.type.target.describe() if value.type.target is not None else None
    if isinstance(target, CStruct) and isinstance(declared, CStruct) and pointers == 1:
        return target.name == declared.name
    return True


def _same_target(value: Value, declared: object) -> bool:
    target = value.type.target if isinstance(value.type, CPointer) else None
    return target is not None and isinstance(declared, CStruct) and isinstance(target.describe(), CStruct)


def check_names(report: Report, items: list[Item]) -> list[Item]:
    """Names within the kernel's limits and each borne once; those that are not are reported and left out."""
    taken: dict[str, Item] = {}
    numbers: dict[str, int] = {}
    all_names = {item.name for item in items if item.name is not None}
    good = []
    for item in items:
        name = item.name
        if name is None or item.auto:
            good.append(item)
            continue
        if name in RESERVED:
            free = free_name(name.removeprefix("common_").strip("_"), all_names, MAX_ARG_NAME).removesuffix(
                "_2"
            )
            report.add(
                rules.RESERVED_NAME,
                item.name_span,
                f"`{name}` is a name that every trace event uses for itself",
                fix=_naming(item, free),
            )
        elif len(name) > MAX_ARG_NAME:
            report.add(
                rules.NAME_TOO_LONG,
                item.name_span,
                f"a fetch arg's name may have {MAX_ARG_NAME} characters, and `{name}` has {len(name)}",
                fix=_naming(item, name[:MAX_ARG_NAME]) if name[:MAX_ARG_NAME] not in all_names else None,
                kernel_error="ARG_NAME_TOO_LONG",
            )
        elif name in taken:
            free = free_name(name, all_names, MAX_ARG_NAME, numbers)
            all_names.add(free)
            report.add(
                rules.NAME_CLASH,
                _clash_place(item, taken[name]),
                f"two fetch args are called `{name}`",
                others=(Label(_clash_place(taken[name], item), "the first"),),
                fix=_naming(item, free),
            )
        else:
            taken[name] = item
            good.append(item)
    return good


def _clash_place(item: Item, other: Item) -> Span:
    """The `use` that brings an item, unless what it clashes with comes by the same one."""
    if item.uses and (not other.uses or other.uses[0][0] is not item.uses[0][0]):
        return item.uses[0][0].span
    return item.name_span


def _naming(item: Item, name: str) -> Fix | None:
    """Name a fetch arg, or name it otherwise."""
    if item.uses or item.listed:
        return None
    named = item.name_span.end <= item.expr.span.start
    edit = (
        Edit(item.name_span, name)
        if named
        else Edit(Span(item.name_span.start, item.name_span.start), f"{name} = ")
    )
    return Fix(f"call it `{name}`", (edit,), safe=False)
