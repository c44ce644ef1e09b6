"""Good specs, made at random out of what a real kernel has: the checker must pass them, and that kernel take them.

The types are walked record by record here, without the checker's own modules, so that the two can disagree.
"""

from __future__ import annotations

import fnmatch
import functools
import os
import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from probelang.answers import Found
from probelang.btf import types
from probelang.btf.blob import Btf
from probelang.btf.names import Space
from probelang.kernel.facts import Function
from probelang.kernel.interface import Kernel
from probelang.kernel.tables import Table
from tests.properties.event_sources import EventSources
from tests.properties.recorded import Conditions, FetchArgs, Recorded, string
from tests.properties.walks import Spot, Walks

MOST_ARGS = 6

REGISTERS = ("ax", "bx", "cx", "dx", "si", "di", "bp", "sp", "r8", "r9", "r10", "r11", "r12", "ip", "flags")
KINDS = ("fprobe", "fprobe", "fprobe", "kprobe", "kprobe", "kprobe", "eprobe", "eprobe", "tprobe", "tprobe")


@dataclass
class Draft:
    """A probe on its way: where it sits, and what it can record."""

    kind: str
    point: str
    spots: list[Spot] = field(default_factory=list)
    texts: list[Recorded] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    """Lines of the body besides."""
    ahead: str = ""
    """Statements before the probe."""
    options: list[str] = field(default_factory=list)
    event: str = ""
    """The names of its events, if it has none of its own."""
    joined: bool = False


class Generator:
    """Makes probes for one kernel; the same seed makes the same ones."""

    def __init__(
        self,
        kernel: Kernel,
        *,
        joined: float = 0.2,
        insides: Callable[[str], Sequence[int]] = lambda function: (),
    ) -> None:
        """`joined`: how many of the probes at returns have `entry(e)` and `$duration`, which take events of their own.

        `insides`: where instructions begin inside of a function, behind its entry.
        """
        self.joined = joined
        self.insides = insides
        btf = kernel.btf
        assert btf is not None
        self.kernel = kernel
        self.btf: Btf = btf
        table = kernel.table("functions")
        assert table is not None
        self.functions = table.keys()
        data = kernel.table("symbols.data")
        names = data.keys() if data is not None else []
        self.variables = [
            name for name in names if len(name) < 40 and name.isidentifier() and _is_one(data, name)
        ]
        long = kernel.features.long_args is True
        self.walks = Walks(btf, max_text=255 if long else 63, max_steps=8 if long else 14)
        self.args = FetchArgs(kernel, self.walks)
        self.conditions = Conditions(self.walks)
        self.sources = EventSources(kernel, self.walks)
        self.kinds = [kind for kind in KINDS if kind != "tprobe" or kernel.features.tprobe]
        self.start_anew()

    def start_anew(self) -> None:
        """Forgets the probes made so far: those to come need not live beside them."""
        self.sources.claimed.clear()
        self._start_spec()

    def _start_spec(self) -> None:
        self.unnamed: set[str] = set()
        self.bases: list[tuple[str, list[str]]] = []

    # ------------------------------------------------------------------------------------------------ probes

    def spec(
        self, rng: random.Random, probes: int = 1, group: str = "made", *, first: int | None = None
    ) -> str:
        """A whole spec of so many probes; with `first`, the number of the first, beside those made before."""
        if first is None:
            self.start_anew()
        self._start_spec()
        made = [self.probe(rng, f"p{number + (first or 0)}", group) for number in range(probes)]
        return f"group {group}\n\n" + "\n".join(made)

    def probe(self, rng: random.Random, name: str, group: str = "made") -> str:
        """One probe called `name`, and the statements that it needs."""
        draft = self._draft(rng, rng.choice(self.kinds), name, group)
        args = [*draft.texts, *(arg for spot in draft.spots if (arg := self.args.of(rng, spot)) is not None)]
        if draft.joined:
            args = [arg for arg in args if arg.kind != "array"]
        rng.shuffle(args)
        args = [self._or_else(rng, arg, draft) for arg in args[:MOST_ARGS]]
        names = [f"a{number}" for number in range(len(args))]
        lines = [f"    {name} = {arg.text}" for name, arg in zip(names, args, strict=True)]
        lines += [f"    {line}" for line in draft.lines]
        constants, condition = self.conditions.of(rng, args, names, name)
        self._add_options(rng, draft)
        options = f" with {', '.join(draft.options)}" if draft.options else ""
        head = f"{name} = "
        if draft.event:
            head = ""
        elif rng.random() < 0.03:
            head = f"{group}_other/{name} = "
        elif draft.kind in ("fprobe", "tprobe") and not condition and not draft.joined:
            numbers = [name for name, arg in zip(names, args, strict=True) if arg.kind == "int"]
            self.bases.append((name, numbers))
        body = "\n".join(lines)
        return (
            f"{draft.ahead}{constants}{head}{draft.kind} {draft.point}{options}{condition} {{\n{body}\n}}\n"
        )

    def _draft(self, rng: random.Random, kind: str, name: str, group: str) -> Draft:
        match kind:
            case "eprobe":
                if self.bases and self.kernel.features.fprobe and rng.random() < 0.1:
                    base, numbers = rng.choice(self.bases)
                    return Draft(kind, f"{group}:{base}", texts=[Recorded(one, "other") for one in numbers])
                return self._eprobe(rng)
            case "tprobe":
                return self._tprobe(rng, name)
            case "kprobe" if rng.random() < 0.2:
                return self._inside(rng) or self._at_function(rng, kind, name)
        return self._at_function(rng, kind, name)

    def _or_else(self, rng: random.Random, arg: Recorded, draft: Draft) -> Recorded:
        """The same, as the second choice after one that no kernel has."""
        if not arg.plain or rng.random() > 0.05:
            return arg
        absent = ["@no_such_variable_here", "((struct no_such_struct *)1)->x"]
        if "+" not in draft.point:
            absent += ["no_such_name->x", "(*no_such)[2]"]
        first = rng.choice(absent)
        return replace(arg, text=f"{first} ?? {arg.text}", plain=False)

    def _add_options(self, rng: random.Random, draft: Draft) -> None:
        if rng.random() < 0.04:
            draft.options.append("stacktrace")
        if rng.random() < 0.03:
            draft.options.append("disabled")
        if rng.random() < 0.02:
            draft.options.append(f"max={rng.randrange(20, 200)}")

    # --------------------------------------------------------------------------------------------- functions

    def _at_function(self, rng: random.Random, kind: str, name: str) -> Draft:
        function = self._function(rng)
        assert function.proto is not None
        proto = self.btf.type(function.proto)
        assert isinstance(proto, types.FuncProto)
        returns = rng.random() < 0.35
        joined = returns and rng.random() < self.joined
        draft = Draft(kind, self._function_pattern(rng, function))
        params = [param for param in proto.params if param.name or param.type]
        starts: list[Spot] = []
        before = self._param_spots(rng, params)
        if not returns or self.kernel.features.entry_data or joined:
            starts += before
            if not joined:  # with these there would be more values of the entry than can be joined
                self._add_all_arguments(rng, draft, proto.params, 0.1)
                self._add_list(rng, draft, name, before)
        core = self.walks.core(proto.returns)
        if returns and core is not None and not isinstance(core, types.Void):
            starts += [Spot("$retval", proto.returns, "$retval")] * 3
        starts += self._anywhere(rng)
        draft.texts = self._texts(rng)
        if joined:
            draft.texts = [Recorded("$duration", "int", plain=True), *draft.texts]
            args = [self.args.of(rng, spot) for spot in self.walks.walks(rng, before)]
            draft.texts += [self._at_entry(arg) for arg in args if arg is not None]
        draft.joined = joined
        if kind == "kprobe":
            draft.texts += self._registers(rng, 3 if not returns else 1)
        if returns:
            draft.point = " ?? ".join(f"{one}%return" for one in draft.point.split(" ?? "))
            if rng.random() < 0.06:
                draft.options.append(f"maxactive={rng.randrange(1, 200)}")
        draft.spots = self.walks.walks(rng, starts)
        free = draft.point.isidentifier() and draft.point not in self.unnamed
        if free and not joined and rng.random() < 0.05:
            draft.event = draft.point
            self.unnamed.add(draft.point)
        return draft

    def _param_spots(self, rng: random.Random, params: list[types.Param]) -> list[Spot]:
        return [
            Spot(
                param.name if param.name and rng.random() < 0.9 else f"$arg{number}",
                param.type,
                f"$arg{number}",
            )
            for number, param in enumerate(self._in_registers(params), 1)
        ]

    def _add_all_arguments(
        self, rng: random.Random, draft: Draft, params: Sequence[types.Param], share: float
    ) -> None:
        """`$arg*`, now and then, if all can be recorded."""
        good = all(re.fullmatch(r"(?!a\d)[a-z]\w{0,30}", param.name) for param in params)
        if rng.random() >= share or not good or not 1 <= len(params) <= 6:
            return
        for param in params:
            match self.walks.core(param.type):
                case types.Int(size=1 | 2 | 4 | 8) | types.Enum(size=1 | 2 | 4 | 8) | types.Ptr():
                    pass
                case _:
                    return
        draft.lines.append("$arg*")

    def _add_list(self, rng: random.Random, draft: Draft, name: str, starts: list[Spot]) -> None:
        """`use`, of a list of fetch args about a struct that a parameter points to."""
        if rng.random() > 0.06:
            return
        for start in starts:
            pointer = self.walks.core(start.type)
            if not isinstance(pointer, types.Ptr) or self.walks.is_user(start.type):
                continue
            struct = self.walks.core(pointer.target)
            if not isinstance(struct, types.Struct) or not struct.name or struct.is_union:
                continue
            inside = [self.walks.walk(rng, replace(start, text="thing")) for _ in range(3)]
            args = [self.args.of(rng, spot) for spot in inside if spot is not None]
            lines = [
                f"    {name}_{number} = {arg.text}"
                for number, arg in enumerate(args)
                if arg is not None and arg.kind != "array"
            ]
            if lines:
                body = "\n".join(lines)
                draft.ahead += f"args list_{name}(thing: struct {struct.name} *) {{\n{body}\n}}\n"
                draft.lines.append(f"use list_{name}({start.text})")
            return

    def _inside(self, rng: random.Random) -> Draft | None:
        """Inside of a function there are registers, and no parameters."""
        for _ in range(20):
            function = self._function(rng)
            places = self.insides(function.name)
            if places:
                point = f"{function.name}+{rng.choice(places)}"
                texts = [*self._texts(rng), *self._registers(rng, 4)]
                return Draft("kprobe", point, self.walks.walks(rng, self._anywhere(rng)), texts)
        return None

    def _registers(self, rng: random.Random, most: int) -> list[Recorded]:
        made = []
        for _ in range(most):
            register = rng.choice(REGISTERS)
            struct = rng.choice(self.walks.structs)
            made.append(
                rng.choice(
                    [
                        Recorded(f"%{register}", "int", plain=True),
                        Recorded(f"{rng.choice('+-')}{rng.randrange(4096)}(%{register}): u32", "int", 32),
                        Recorded(f"(struct {struct} *)%{register}", "other"),
                        string(f"+0(+{rng.randrange(99)}(%{register})): string"),
                        Recorded(f"$stack{rng.randrange(100)}", "int"),
                        Recorded("$stack", "int"),
                    ]
                )
            )
        return made

    def _at_entry(self, arg: Recorded) -> Recorded:
        text, colon, type = arg.text.partition(": ")
        return replace(arg, text=f"entry({text}){colon}{type}")

    def _function(self, rng: random.Random) -> Function:
        """A function that any kind can sit on, and whose parameters are known."""
        while True:
            found = self._good_function(rng.choice(self.functions))
            if found is not None:
                return found

    def _good_function(self, name: str) -> Function | None:
        answer = self.kernel.find_function(name)
        if not isinstance(answer, Found):
            return None
        found = answer.value
        good = found.module is None and found.proto is not None and not found.blacklisted
        return found if good and self.kernel.has_symbol(found.name) == Found(1) else None

    @functools.cached_property
    def _families(self) -> dict[int, list[str]]:
        """Functions of one prototype, which one event can sit on together."""
        families: dict[int, list[str]] = {}
        for name in self.functions[::7]:
            found = self._good_function(name)
            if found is not None and found.proto is not None:
                families.setdefault(found.proto, []).append(name)
        return families

    def _function_pattern(self, rng: random.Random, function: Function) -> str:
        """The function, or a pattern that it fits together with others like it."""
        name = function.name
        if rng.random() < 0.04:
            return f"no_such_function_here ?? {name}"
        if rng.random() > 0.12:
            return name
        assert function.proto is not None
        family = [one for one in self._families.get(function.proto, []) if one != name]
        if family and rng.random() < 0.7:
            chosen = [name, *rng.sample(family, min(len(family), rng.randrange(1, 4)))]
            start = os.path.commonprefix(chosen)
            rest = [one[len(start) :] for one in chosen]
            if all(rest):
                return f"{start}{{{','.join(rest)}}}"
            return "{" + ",".join(chosen) + "}"
        at = rng.randrange(1, len(name))
        pattern = name[:at] + rng.choice(["?", "*"]) + name[at + 1 :]
        good = [self._good_function(one) for one in fnmatch.filter(self.functions, pattern)]
        alike = all(one is not None and one.proto == function.proto for one in good)
        return pattern if alike and len(good) <= 8 else name

    def _in_registers(self, params: list[types.Param]) -> list[types.Param]:
        """The parameters before the first that takes not one register, and at most the six that registers hold."""
        plain = []
        for param in params[:6]:
            core = self.walks.core(param.type)
            if core is None or isinstance(core, types.Struct | types.Array):
                break
            plain.append(param)
        return plain

    # ------------------------------------------------------------------------------------------------ events

    def _tprobe(self, rng: random.Random, name: str) -> Draft:
        names, all_params = self.sources.tracepoints_of(rng)
        params = self._in_registers(list(all_params))
        draft = Draft("tprobe", names[0] if len(names) == 1 else "{" + ",".join(names) + "}")
        starts = [
            Spot(param.name, param.type, f"$arg{number}")
            for number, param in enumerate(params, 1)
            if param.name
        ]
        self._add_all_arguments(rng, draft, all_params, 0.05)
        self._add_list(rng, draft, name, starts)
        draft.spots = self.walks.walks(rng, [*starts, *starts, *self._anywhere(rng)])
        draft.texts = self._texts(rng)
        return draft

    def _eprobe(self, rng: random.Random) -> Draft:
        point, spots, texts = self.sources.event_of(rng)
        return Draft("eprobe", point, spots, [*texts[:MOST_ARGS], *self._texts(rng, in_eprobe=True)])

    # ----------------------------------------------------------------------------------------------- anywhere

    def _anywhere(self, rng: random.Random) -> list[Spot]:
        """Where any probe but an eprobe may begin to read."""
        starts = []
        task = self.btf.find(Space.STRUCT, "task_struct")
        if self.kernel.features.current and task is not None and rng.random() < 0.3:
            starts.append(Spot("$current", -2 - task, "$current"))
        return starts

    def _texts(self, rng: random.Random, *, in_eprobe: bool = False) -> list[Recorded]:
        """What no walk leads to."""
        made = [
            string("$comm", 16, plain=True),
            Recorded(str(rng.randrange(1 << 40)), "int"),
            Recorded(str(-1 - rng.randrange(1 << 40)), "int", 64, True),
            string('"some-text"'),
            Recorded("O_CREAT | O_EXCL", "int"),
            Recorded("$tid", "other"),
            Recorded("$cpu", "other"),
            Recorded("$current->pid ?? 0", "other"),
            Recorded(f"@{rng.randrange(1 << 40) * 8 | 0xFFFFF << 44:#x}: u64", "int"),
        ]
        if self.kernel.features.current and not in_eprobe:
            made.append(Recorded("$pid", "int", 32, True, plain=True))
        if self.variables:
            name = rng.choice(self.variables)
            if isinstance(found := self.kernel.find_variable(name), Found) and found.value.type is None:
                made += [
                    Recorded(f"@{name}: u64", "int"),
                    Recorded(f"@{name}+{rng.randrange(1 << 12)}: x32", "int", 32),
                    Recorded(f"+{rng.randrange(64)}(@{name}+8): u8[{rng.randrange(1, 9)}]", "array"),
                    string(f"@{name}+{rng.randrange(64)}: string"),
                    Recorded(f"((struct {rng.choice(self.walks.structs)} *)@{name}+0)", "other"),
                ]
        return [text for text in made if rng.random() < 0.1]


def _is_one(data: Table | None, name: str) -> bool:
    return data is not None and len(data.find_all(name)) == 1
