"""A whole spec: from its tree and the facts of one kernel to typed probes."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from probelang.answers import KernelError
from probelang.btf.types import BtfError
from probelang.check.conditions import Conditions, operands_of
from probelang.check.constants import Constants
from probelang.check.event_names import EventNames
from probelang.check.items import Item, Items, check_names
from probelang.check.naming import MAX_ARG_NAME, free_name, group_of_file, name_of
from probelang.check.options import Options, read_options
from probelang.check.points import MAX_POINTS, Points
from probelang.check.report import Report, in_source_order
from probelang.check.rules import facts, names, points
from probelang.check.scope import Place
from probelang.check.watches import MAX_WATCHES
from probelang.diagnostics import Label, Severity
from probelang.probes import Condition, Field, Probe, Site
from probelang.program import ProgramFileError
from probelang.record import record, replace
from probelang.source import Source, Span
from probelang.syntax import tree
from probelang.syntax.tree import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from probelang.check.memory import Memory
    from probelang.check.scope import Lacks
    from probelang.diagnostics import Diagnostic
    from probelang.kernel.interface import Kernel


@record
class Statement:
    """One probe of a spec, and its events; none where its point could not be resolved.

    `finished` is whether they are all that the spec says of them, with nothing wrong in it.
    """

    tree: tree.Probe
    events: tuple[Probe, ...]
    finished: bool


def without_errors(
    statements: Iterable[Statement], diagnostics: Iterable[Diagnostic]
) -> tuple[Statement, ...]:
    """The statements, and those with an error in them as unfinished: what a backend refuses is no more to be judged either."""
    wrong = [found.label.span.start for found in diagnostics if found.severity is Severity.ERROR]
    if not wrong:
        return tuple(statements)
    return tuple(
        replace(one, finished=False)
        if one.finished and any(one.tree.span.start <= at < one.tree.span.end for at in wrong)
        else one
        for one in statements
    )


@record
class Checked:
    """What became of a spec: the probes without errors, and everything there is to say, in source order.

    `unfinished` is what is left of the others, so that a backend can say at once what it has to say about them.
    `statements` are the spec's probes as they were written, with the events of each.
    """

    probes: tuple[Probe, ...]
    unfinished: tuple[Probe, ...]
    diagnostics: tuple[Diagnostic, ...]
    statements: tuple[Statement, ...]


def check(source: Source, file: tree.File, kernel: Kernel, lacks: Lacks | None = None) -> Checked:
    """Check a spec against what is known of a kernel. Never raises on what a spec or a kernel's files hold.

    `lacks` tells, for a choice by `??`, what a backend cannot have there.
    """
    checker = Checker(source, file, kernel, lacks)
    checker.run()
    return Checked(
        tuple(checker.probes),
        tuple(checker.unfinished),
        tuple(in_source_order(checker.report.diagnostics)),
        tuple(checker.statements),
    )


class Checker:
    """Checks a spec, statement by statement; with a memory, only those for which something has changed."""

    def __init__(
        self,
        source: Source,
        file: tree.File,
        kernel: Kernel,
        lacks: Lacks | None = None,
        memory: Memory | None = None,
    ) -> None:
        self.source = source
        self.file = file
        self.kernel = kernel
        self.report = Report()
        self.constants = Constants(kernel, self.report)
        self.constants.source = source.text
        self.lists: dict[str, tree.Args] = {}
        self.items = Items(kernel, self.constants, self.report, self.lists, lacks)
        self.group = group_of_file(source.name)
        self.names = EventNames(kernel, self.report)
        #: The constants that were evaluated.
        self.seen: dict[str, tree.Ident] = {}
        self.probes: list[Probe] = []
        self.unfinished: list[Probe] = []
        self.statements: list[Statement] = []
        self.defined: dict[tuple[str, str], Probe] = {}
        #: The events that are declared by this statement or further down.
        self.behind: dict[tuple[str, str], bool] = {}
        self.memory = memory
        if memory is not None:
            self._share(memory)

    def _share(self, memory: Memory) -> None:
        """Let statements share the tables of a memory, which knows who looked for what."""
        self.constants.own, self.constants.later = memory.own, memory.later
        self.lists = self.items.lists = memory.lists
        self.items.used = memory.used
        event_names = self.names
        event_names.events, event_names.declared = memory.events, memory.declared
        event_names.offered, event_names.numbers = memory.offered, memory.numbers
        self.seen, self.defined = memory.seen, memory.defined
        self.behind = memory.behind

    def run(self) -> None:
        """Check all of the spec; the answers are in `probes`, `unfinished`, `statements` and `report`."""
        if self.memory is not None:
            self.memory.begin()
        self._declarations()
        self._declare_events()
        last = {key: span for key, span in self.names.declared.items()}
        for statement in self.file.statements:
            if isinstance(statement, tree.Probe):
                self._do("probe", statement, partial(self._check_probe, statement))
                key = self._declared_name(statement)
                if key is not None and last[key] == statement.span:
                    self.behind.pop(key)
        self._count_watches()
        for name, args in self.lists.items():
            if name not in self.items.used:
                self._do("unused", args, partial(self._check_unused, args))
        if self.memory is not None:
            self.memory.end()

    def _do(self, what: str, statement: tree.Statement, work: Callable[[], None]) -> None:
        if self.memory is None:
            work()
            return
        results: tuple[list[Any], ...] = (self.probes, self.unfinished, self.statements)
        self.kernel.suggest_anew()
        self.memory.do(what, statement, self.group, self.report.diagnostics, results, work)

    def _check_probe(self, statement: tree.Probe) -> None:
        try:
            self._probe(statement)
        except (BtfError, KernelError) as error:
            self.report.add(facts.BAD_FACTS, statement.kind_span, f"{self.kernel.title}: {error}")
        except ProgramFileError as error:
            # types are read when an expression comes to them
            message = f"what this probe names cannot be looked up: {error}"
            self.report.add(facts.MISSING_FACT, statement.points[0].span, message)

    def _check_unused(self, args: tree.Args) -> None:
        self.constants.module = None
        try:
            self.items.check_unused(args)
        except (BtfError, KernelError) as error:
            self.report.add(facts.BAD_FACTS, args.name.span, f"{self.kernel.title}: {error}")

    def _count_watches(self) -> None:
        made = [probe for probe in (*self.probes, *self.unfinished) if probe.kind is Kind.WATCH]
        enabled = sorted(
            (probe.point_span for probe in made if not probe.disabled),
            key=lambda span: self.source.position(span.start),
        )
        if len(enabled) > MAX_WATCHES:
            self.report.add(
                points.BAD_WATCH,
                enabled[MAX_WATCHES],
                f"{len(enabled)} places cannot be watched at a time: x86-64 has {MAX_WATCHES} debug registers",
                help="`with disabled` defines a probe without switching it on",
            )

    # -------------------------------------------------------------------------------------- declarations

    def _declarations(self) -> None:
        for statement in self.file.statements:
            if isinstance(statement, tree.Const):
                self.constants.later.setdefault(statement.name.name, statement.name.span)
        group: tree.Ident | None = None
        for statement in self.file.statements:
            match statement:
                case tree.Group(span, name):
                    if group is not None:
                        self.report.add(
                            names.SECOND_GROUP,
                            span,
                            "a spec has one group",
                            others=(Label(group.span, "the first"),),
                            help=f"a single event says it with its name: `{name.name}/event = …`",
                        )
                        continue
                    group = name
                    self.group = name.name
                    self.names.check(name, "group")
                case tree.BrokenStatement(_, tree.Ident(_, broken)):
                    # what it was to define is not known, and what uses it need not be told so once more
                    self.constants.own[broken] = None
                case tree.Const(_, name, value):
                    self._do("const", statement, partial(self._const, name, value))
                case tree.Args(_, name):
                    if name.name in self.lists:
                        first = self.lists[name.name].name.span
                        self._say_clash(name, f"two `args` are called `{name.name}`", first)
                    else:
                        self.lists[name.name] = statement
                        self._check_params(statement)

    def _declare_events(self) -> None:
        """What events the spec defines by name: for the eprobes that sit on them, and so that no other gets such a name."""
        for statement in self.file.statements:
            key = self._declared_name(statement)
            if key is not None:
                self.names.declared[key] = statement.span
                self.behind[key] = True

    def _declared_name(self, statement: tree.Statement) -> tuple[str, str] | None:
        if not isinstance(statement, tree.Probe) or statement.name is None:
            return None
        return statement.group.name if statement.group is not None else self.group, statement.name.name

    def _const(self, name: tree.Ident, value: tree.Expr) -> None:
        seen = self.seen
        if name.name in seen:
            self._say_clash(name, f"two constants are called `{name.name}`", seen[name.name].span)
            return
        seen[name.name] = name
        self.constants.later.pop(name.name, None)
        try:
            self.constants.own[name.name] = self.constants.evaluate(value)
        except (BtfError, KernelError) as error:
            self.report.add(facts.BAD_FACTS, value.span, f"{self.kernel.title}: {error}")
            self.constants.own[name.name] = None

    def _check_params(self, args: tree.Args) -> None:
        seen: dict[str, Span] = {}
        for param in args.params:
            if param.name.name in seen:
                self._say_clash(
                    param.name, f"two parameters are called `{param.name.name}`", seen[param.name.name]
                )
            seen.setdefault(param.name.name, param.name.span)

    def _say_clash(self, name: tree.Ident, message: str, first: Span) -> None:
        self.report.add(
            names.NAME_CLASH, name.span, message, others=(Label(first, "the first"),), kernel_error=None
        )

    # -------------------------------------------------------------------------------------------- probes

    def _probe(self, probe: tree.Probe) -> None:
        mark = self.report.mark()
        options = read_options(self.report, probe)
        limit = options.max or MAX_POINTS
        places = Points(
            self.kernel, self.report, probe, limit, self.defined, self.behind, self.names.declared
        ).resolve()
        if not places:
            self.statements.append(Statement(probe, (), False))
            return
        groups = [places] if probe.name is not None else _by_point(places)
        made = []
        start = self.report.mark()
        for group in groups:
            since = self.report.mark()
            made.append(self._event(probe, group, options))
            self.report.say_once(start, since)
        self.report.note_repeats(start)
        failed = self.report.has_errors(mark)
        for event, finished in made:
            if failed or not finished:
                self.unfinished.append(event)
            else:
                self.probes.append(event)
                self.defined[event.group, event.event] = event
        whole = not failed and not probe.flawed and all(finished for _, finished in made)
        self.statements.append(Statement(probe, tuple(event for event, _ in made), whole))

    def _event(self, probe: tree.Probe, places: list[Place], options: Options) -> tuple[Probe, bool]:
        """An event, and whether it is all that the spec says of it."""
        group, event = self.names.of(probe, places[0], self.group)
        scope = places[0].scope
        self.constants.module = scope.btf
        items = self.items.listed(probe.items or (), scope)
        items = check_names(self.report, items)
        compared = self._compared(probe.condition, items, places[0])
        added = {item.name: item for item in compared.values() if item.auto}
        wanted = [*items, *added.values()]
        start = self.report.mark()
        sites = []
        for place in places:
            mark = self.report.mark()
            resolved = [self.items.resolve(item, place.scope) for item in wanted]
            sites.append(Site(place.target, tuple(field for field in resolved if field is not None)))
            self.report.say_once(start, mark)
        if any(len(site.fields) != len(wanted) for site in sites):
            # something was wrong with a field, and was said; the condition is checked as far as it goes
            self._condition(probe, compared, sites[0], places[0])
            sites, condition, finished = sites[:1], None, False
        else:
            condition = self._condition(probe, compared, sites[0], places[0])
            finished = condition is not None or probe.condition is None
            if not self._alike(places, sites):
                sites, finished = sites[:1], False
        made = Probe(
            group,
            event,
            probe.kind,
            tuple(sites),
            condition,
            probe.condition.span if probe.condition is not None else None,
            options.maxactive,
            options.stacktrace,
            options.disabled,
            self.source,
            probe.span,
            probe.points[0].span,
        )
        return made, finished

    def _compared(self, condition: tree.Expr | None, items: list[Item], place: Place) -> dict[Span, Item]:
        """For each expression that the condition compares, the fetch arg that holds it, new ones marked `auto`."""
        if condition is None:
            return {}
        by_name = {item.name: item for item in items if item.name is not None}
        by_text = {self._text_of(item.expr): item for item in items if item.type is None and not item.uses}
        taken = set(by_name)
        compared: dict[Span, Item] = {}
        for expr in operands_of(condition):
            if isinstance(expr, tree.Name) and expr.name in by_name:
                compared[expr.span] = by_name[expr.name]
                continue
            if not (
                isinstance(expr, tree.Name) and expr.name in place.scope.names
            ) and self.constants.is_constant(expr):
                continue
            text = self._text_of(expr)
            item = by_text.get(text)
            if item is None:
                wanted = (name_of(expr) or "value")[:MAX_ARG_NAME]
                name = wanted if wanted not in taken else free_name(wanted, taken, MAX_ARG_NAME)
                taken.add(name)
                item = by_text[text] = Item(name, expr.span, expr, None, (), auto=True)
            compared[expr.span] = item
        return compared

    def _text_of(self, expr: tree.Expr) -> str:
        return "".join(self.source.slice(expr.span).split())

    def _condition(
        self, probe: tree.Probe, compared: dict[Span, Item], site: Site, place: Place
    ) -> Condition | None:
        if probe.condition is None:
            return None
        by_name = {field.name: field for field in site.fields}
        fields: dict[Span, Field | None] = {
            span: by_name.get(item.name) if item.name is not None else None for span, item in compared.items()
        }
        values = frozenset((*by_name, *place.scope.names))
        return Conditions(self.report, self.constants, self.source, fields, values).resolve(probe.condition)

    def _alike(self, places: list[Place], sites: list[Site]) -> bool:
        """Whether every point of one event records the same."""
        first = [(field.name, field.fetch) for field in sites[0].fields]
        for place, site in zip(places[1:], sites[1:], strict=True):
            for field, (name, fetch) in zip(site.fields, first, strict=True):
                if (field.name, field.fetch) != (name, fetch):
                    self.report.add(
                        points.SITES_DIFFER,
                        field.span,
                        f"`{field.name}` would be `{fetch.text}` at {places[0].scope.owner} "
                        f"and `{field.fetch.text}` at {place.scope.owner}",
                        help="a fetch-arg type makes them alike; without a name, each point is an event of its own",
                    )
                    return False
        return True


def _by_point(places: list[Place]) -> list[list[Place]]:
    """The places of each event of a probe without a name: each its own, but for those that are parts of one point."""
    groups: list[list[Place]] = []
    for place in places:
        if place.part and groups and groups[-1][0].part and groups[-1][0].name == place.name:
            groups[-1].append(place)
        else:
            groups.append([place])
    return groups
