"""Good specs, made at random out of what a real kernel has: the checker must pass them, and that kernel take them.

The types are walked record by record here, without the checker's own modules, so that the two can disagree.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

from probelang.btf import types
from probelang.btf.blob import Btf
from probelang.btf.names import Space
from probelang.kernel.answers import Found
from probelang.kernel.facts import Event, Function
from probelang.kernel.interface import Kernel
from probelang.kernel.tables import Table
from tests.properties.walks import Spot, Walks

MOST_ARGS = 6

REGISTERS = ("ax", "bx", "cx", "dx", "si", "di", "bp", "sp", "r8", "r9", "r10", "r11", "r12", "ip", "flags")


@dataclass(frozen=True)
class Recorded:
    """A fetch arg: its text behind `name =`, and how a condition can compare it."""

    text: str
    kind: str
    """`int`, `enum`, `string`, `array` or `other`"""
    bits: int = 64
    """Of an array of characters, how many it has."""
    signed: bool = False
    enumerators: tuple[tuple[str, int], ...] = ()


class Generator:
    """Makes probes for one kernel; the same seed makes the same ones."""

    def __init__(self, kernel: Kernel, *, joined: bool = False) -> None:
        """`joined`: return probes with `entry(e)` and `$duration`, which take two events of the kernel."""
        self.joined = joined
        btf = kernel.btf
        assert btf is not None
        self.kernel = kernel
        self.btf: Btf = btf
        table = kernel.table("functions")
        assert table is not None
        self.functions = table.keys()
        self.tracepoints = [
            name
            for name in (
                typedef.removeprefix("btf_trace_") for typedef in btf.names(Space.TYPEDEF, "btf_trace_")
            )
            if f"__probestub_{name}" in table
        ]
        self.events = [pair for pair in kernel.sources.event_names() or [] if pair[0] != "ftrace"]
        self.claimed: set[str] = set()
        data = kernel.table("symbols.data")
        names = data.keys() if data is not None else []
        self.variables = [
            name for name in names if len(name) < 40 and name.isidentifier() and _is_one(data, name)
        ]
        long = kernel.features.long_args is True
        self.types = Walks(btf, max_text=255 if long else 63, max_steps=8 if long else 14)

    # ------------------------------------------------------------------------------------------------ probes

    def spec(self, rng: random.Random, probes: int = 1, group: str = "made") -> str:
        """A whole spec of so many probes."""
        self.claimed = set()
        made = [self.probe(rng, f"p{number}") for number in range(probes)]
        return f"group {group}\n\n" + "\n".join(made)

    def probe(self, rng: random.Random, name: str) -> str:
        """One probe called `name`."""
        kinds = ["fprobe", "fprobe", "fprobe", "kprobe", "eprobe"]
        if self.kernel.features.tprobe:
            kinds.append("tprobe")
        kind = rng.choice(kinds)
        if kind == "eprobe":
            point, spots, texts = self._eprobe(rng)
        elif kind == "tprobe":
            point, spots, texts = self._tprobe(rng)
        else:
            point, spots, texts = self._function_probe(rng, kind)
        args = [*texts, *(arg for arg in (self._arg(rng, spot) for spot in spots) if arg is not None)]
        if self.joined:
            args = [arg for arg in args if arg.kind != "array"]
        rng.shuffle(args)
        args = args[:MOST_ARGS]
        lines = [f"    a{number} = {arg.text}" for number, arg in enumerate(args)]
        condition = self._condition(rng, args)
        body = "\n".join(lines)
        return f"{name} = {kind} {point}{condition} {{\n{body}\n}}\n"

    def _function_probe(self, rng: random.Random, kind: str) -> tuple[str, list[Spot], list[Recorded]]:
        function = self._function(rng, kind)
        assert function.proto is not None
        proto = self.btf.type(function.proto)
        assert isinstance(proto, types.FuncProto)
        returns = rng.random() < (0.9 if self.joined else 0.35)
        params = [param for param in proto.params if param.name or param.type]
        starts: list[Spot] = []
        if not returns or self.kernel.features.entry_data or self.joined:
            for number, param in enumerate(self._in_registers(params), 1):
                text = param.name if param.name and rng.random() < 0.9 else f"$arg{number}"
                starts.append(Spot(text, param.type, f"$arg{number}"))
        if (
            returns
            and self.types.core(proto.returns) is not None
            and not isinstance(self.types.core(proto.returns), types.Void)
        ):
            starts += [Spot("$retval", proto.returns, "$retval")] * 3
        starts += self._anywhere(rng)
        texts = self._texts(rng)
        if returns and self.joined:
            texts = [Recorded("$duration", "int"), *texts]
            before = [spot for spot in self.types.walks(rng, starts) if spot.base.startswith("$arg")]
            args = [self._arg(rng, spot) for spot in before]
            texts += [self._at_entry(arg) for arg in args if arg is not None]
            starts = [start for start in starts if self.kernel.features.entry_data or start.base == "$retval"]
        if kind == "kprobe" and not returns:
            texts.append(Recorded(f"%{rng.choice(REGISTERS)}", "int"))
            texts.append(
                Recorded(f"{rng.choice('+-')}{rng.randrange(4096)}(%{rng.choice(REGISTERS)}): u32", "int", 32)
            )
            texts.append(Recorded(f"$stack{rng.randrange(100)}", "int"))
        point = function.name + ("%return" if returns else "")
        return point, self.types.walks(rng, starts), texts

    def _at_entry(self, arg: Recorded) -> Recorded:
        text, colon, type = arg.text.partition(": ")
        return replace(arg, text=f"entry({text}){colon}{type}")

    def _function(self, rng: random.Random, kind: str) -> Function:
        """A function that the kind can sit on, and whose parameters are known."""
        while True:
            answer = self.kernel.find_function(rng.choice(self.functions))
            assert isinstance(answer, Found)
            found = answer.value
            if (
                found.module is None
                and found.proto is not None
                and self.kernel.has_symbol(found.name) == Found(1)
                and not found.blacklisted
            ):
                return found

    def _in_registers(self, params: list[types.Param]) -> list[types.Param]:
        """The parameters before the first that takes not one register, and at most the six that registers hold."""
        plain = []
        for param in params[:6]:
            core = self.types.core(param.type)
            if core is None or isinstance(core, types.Struct | types.Array):
                break
            plain.append(param)
        return plain

    def _tprobe(self, rng: random.Random) -> tuple[str, list[Spot], list[Recorded]]:
        while True:
            name = rng.choice(self.tracepoints)
            if name in self.claimed and self.kernel.features.shared_tracepoints is False:
                continue
            self.claimed.add(name)
            answer = self.kernel.find_tracepoint(name)
            if isinstance(answer, Found) and answer.value.module is None:
                break
        params = self._in_registers(list(answer.value.params))
        starts = [
            Spot(param.name, param.type, f"$arg{number}")
            for number, param in enumerate(params, 1)
            if param.name
        ]
        return name, self.types.walks(rng, [*starts, *starts, *self._anywhere(rng)]), self._texts(rng)

    def _eprobe(self, rng: random.Random) -> tuple[str, list[Spot], list[Recorded]]:
        while True:
            system, name = rng.choice(self.events)
            answer = self.kernel.find_event(system, name)
            if isinstance(answer, Found):
                break
        event: Event = answer.value
        starts, texts = [], []
        for field in event.fields:
            if field.common:
                continue
            if "char *" in field.type and not self.kernel.features.eprobe_pointers:
                continue
            if field.kind in ("string", "dynamic_string"):
                texts.append(Recorded(field.name, "string"))
            elif field.kind == "int" and field.size in (1, 2, 4, 8):
                texts.append(Recorded(field.name, "other"))
            pointer = self._pointer_field(system, field.type)
            if pointer is not None:
                starts.append(Spot(f"((struct {pointer[0]} *){field.name})", -1, f"${field.name}"))
        rng.shuffle(texts)
        walks = [
            self.types.walk_struct(rng, start, name_of_cast(start.text)) for start in starts for _ in range(2)
        ]
        return f"{system}:{name}", [spot for spot in walks if spot is not None], texts[:MOST_ARGS]

    def _pointer_field(self, system: str, type: str) -> tuple[str, int] | None:
        words = type.replace("*", " * ").split()
        if system == "syscalls" or words[:1] != ["struct"] or words[2:] != ["*"]:
            return None
        found = self.btf.find(Space.STRUCT, words[1])
        return (words[1], found) if found is not None else None

    def _anywhere(self, rng: random.Random) -> list[Spot]:
        """Where any probe may begin to read."""
        starts = []
        task = self.btf.find(Space.STRUCT, "task_struct")
        if self.kernel.features.current and task is not None and rng.random() < 0.3:
            starts.append(Spot("$current", -2 - task, "$current"))
        return starts

    def _texts(self, rng: random.Random) -> list[Recorded]:
        """What no walk leads to."""
        made = [
            Recorded("$comm", "string"),
            Recorded(str(rng.randrange(1 << 40)), "int"),
            Recorded('"some-text"', "string"),
            Recorded("O_CREAT | O_EXCL", "int"),
            Recorded("$tid", "other"),
            Recorded("$cpu", "other"),
        ]
        if self.kernel.features.current:
            made.append(Recorded("$pid", "int", 32, True))
        if self.variables:
            name = rng.choice(self.variables)
            if isinstance(found := self.kernel.find_variable(name), Found) and not found.value.percpu:
                made.append(
                    Recorded(f"@{name}: u64" if found.value.type is None else f"@{name}+0: u64", "int")
                )
                made.append(Recorded(f"@{name}+{rng.randrange(1 << 12)}: x32", "int", 32))
        return [text for text in made if rng.random() < 0.1]

    # ------------------------------------------------------------------------------------ fetch args, conditions

    def _arg(self, rng: random.Random, spot: Spot) -> Recorded | None:
        if not self.types.is_good(spot):
            return None
        core = self.types.core(spot.type)
        plain = rng.random() < 0.7
        match core:
            case types.Int(signed=signed) if spot.bits is not None:
                return Recorded(spot.text, "int", spot.bits[1], signed)
            case types.Int(size=size, signed=signed, is_bool=is_bool):
                bits = size * 8
                if plain or is_bool:
                    return Recorded(spot.text, "int", 1 if is_bool else bits, signed)
                letter = rng.choice(["x", "s" if signed else "u"])
                return Recorded(f"{spot.text}: {letter}{bits}", "int", bits, signed and letter == "s")
            case types.Enum(values=values, size=size, signed=signed) if spot.bits is None:
                return Recorded(spot.text, "enum", size * 8, signed, values)
            case types.Ptr(target=target):
                return self._pointer_arg(rng, spot, target, plain)
            case types.Array(element=element, count=count):
                return Recorded(spot.text, "string" if self.types.is_char(element) else "array", count)
        return Recorded(spot.text, "other")

    def _pointer_arg(self, rng: random.Random, spot: Spot, target: int, plain: bool) -> Recorded:
        text, core = spot.text, self.types.core(target)
        if self.types.is_char(target):
            return Recorded(text if plain else f"user({text})", "string")
        if plain:
            return Recorded(text, "int")
        forms = [
            f"{text}: symbol",
            f"{text}: x64",
            f"+{rng.randrange(512)}({text}): {rng.choice(['u8', 's32', 'x64'])}",
        ]
        forms += [
            f"{text}: u8[{rng.randrange(1, 65)}]",
            f"(unsigned long){text}",
            f"(struct {rng.choice(self.types.structs)} *){text}",
        ]
        if self.kernel.features.symstr and spot.steps:
            forms.append(f"{text}: symstr")
        if isinstance(core, types.Struct) and core.name == "dentry":
            return Recorded(f"{text}: %pd", "string")
        if isinstance(core, types.Struct) and core.name == "file":
            return Recorded(f"{text}: %pD", "string")
        form = rng.choice(forms)
        return Recorded(form, "array" if form.endswith("]") else "other")

    def _condition(self, rng: random.Random, args: list[Recorded]) -> str:
        """` if …` over some fetch args, by their names or written out again."""
        usable = [(number, arg) for number, arg in enumerate(args) if arg.kind not in ("array", "other")]
        if not usable or rng.random() < 0.3:
            return ""
        terms = [self._term(rng, *rng.choice(usable)) for _ in range(rng.randrange(1, 4))]
        text = terms[0]
        for term in terms[1:]:
            text = f"({text}) {rng.choice(['&&', '||'])} {term}"
        return f" if {text}" if rng.random() < 0.8 else f" if !({text})"

    def _term(self, rng: random.Random, number: int, arg: Recorded) -> str:
        left = f"a{number}"
        if arg.kind == "string":
            pattern = rng.choice(["bash", "*a*", "k?x*", "it's", "[ab]*", "x y"])[: arg.bits - 1]
            return f'{left} {rng.choice(["==", "!=", "~"])} "{pattern}"'
        low, high = (
            (-(1 << arg.bits - 1), (1 << arg.bits - 1) - 1) if arg.signed else (0, (1 << arg.bits) - 1)
        )
        fitting = [name for name, value in arg.enumerators if low <= value <= high and value != 0]
        if fitting:
            names = [name for name in fitting if len(self.btf.find_enumerator(name)) == 1]
            if names:
                return f"{left} {rng.choice(['==', '!='])} {rng.choice(names)}"
        values = [
            rng.choice([rng.randint(low, high), rng.randint(max(low, -9), min(high, 9))]) for _ in range(2)
        ]
        values.sort()
        shape = rng.randrange(5)
        if shape == 0 and values[0] > 0:
            return f"{left} & {values[1]:#x}"
        if shape == 1:
            return f"{left} in {{{values[0]}, {values[1]}}}"
        if shape == 2:
            return f"{left} in {values[0]}..{values[1]}"
        if shape == 3:
            return f"{left} < {values[1]}" if values[1] > low else left
        if low < values[0] < high:
            return f"{left} {rng.choice(['==', '!=', '>=', '>', '<='])} {values[0]}"
        return f"{left} {rng.choice(['==', '!='])} {values[0]}"


def _is_one(data: Table | None, name: str) -> bool:
    return data is not None and len(data.find_all(name)) == 1


def name_of_cast(text: str) -> str:
    """The struct in `((struct NAME *)field)`."""
    return text.split()[1]
