"""Raw commands at random that a kernel should take: every kind and fetch form as far as the kernel has it, and more of the same in sequence."""

from __future__ import annotations

import random
from collections.abc import Callable

from probelang.commands.target import Proto
from tests.commands.vocabulary import Vocabulary, path, struct_of
from tests.commands.words import SOUND_REGISTERS

_NUMBERS = ("u8", "u16", "u32", "u64", "s8", "s16", "s32", "s64", "x8", "x16", "x32", "x64")
_BITS = ("b1@0/8", "b3@4/32", "b12@52/64", "b8@0/8", "b16@0/16", "b64@0/64")
_DATA = ("jiffies", "init_task", "nr_cpu_ids", "saved_command_line")
_OPERATORS = ("==", "!=", "<", "<=", ">", ">=", "&")


class SoundCommands:
    """Each with `d`, `k` or `u` for the file it goes to."""

    def __init__(self, words: Vocabulary, draw: random.Random) -> None:
        self.words = words
        self.target = words.target
        self.draw = draw
        self.number = 0
        #: What was made: letter, name, point, args.
        self.made: list[tuple[str, str, str, list[str]]] = []
        self.synthetic: list[str] = []
        self._unique = [name for name in words.functions if words.target.count_symbols(name) == 1]

    def command(self) -> tuple[str, str]:
        draw, target = self.draw, self.target
        kinds: list[tuple[Callable[[], tuple[str, str, list[str]]], int]] = [
            (self._kprobe, 20),
            (self._kretprobe, 12),
            (self._uprobe, 12),
        ]
        if target.has_fprobes:
            kinds += [(self._fprobe, 20), (self._fprobe_return, 8), (self._tprobe, 10)]
        if target.has_eprobes:
            kinds.append((self._eprobe, 16))
        choice = draw.random()
        if choice < 0.1 and self.made:
            return self._again()
        if choice < 0.15:
            return self._synthetic()
        if choice < 0.21 and self.made:
            return self._removal()
        make = draw.choices([kind for kind, _ in kinds], [weight for _, weight in kinds])[0]
        letter, point, args = make()
        self.number += 1
        name = f"h{self.number % 5}/v{self.number}"
        self.made.append((letter, name, point, args))
        del self.made[:-60]
        return self._file(letter, point), " ".join((f"{letter}:{name}", point, *args))

    def _chance(self, share: float) -> bool:
        return self.draw.random() < share

    def _file(self, letter: str, point: str) -> str:
        if letter[0] not in "pr" or self._chance(0.75):
            return "d"
        return "u" if "/" in point else "k"

    # ------------------------------------------------------------------------------------------------- sequences

    def _again(self) -> tuple[str, str]:
        """One more probe of an event, at another place."""
        letter, name, point, args = self.draw.choice(self.made)
        if letter[0] in "pr" and "/" in point:
            point = f"{point.partition(':')[0]}:{self.draw.randrange(1 << 16):#x}{'%return' if '%' in point else ''}"
        elif letter[0] in "prf":
            point = self.draw.choice(self._unique) + ("%return" if "%" in point else "")
        elif letter == "t":
            point = self.draw.choice(self.words.tracepoints)
        return "d", " ".join((f"{letter}:{name}", point, *args))

    def _removal(self) -> tuple[str, str]:
        draw = self.draw
        letter, name, point, args = self.made.pop(draw.randrange(len(self.made)))
        choice = draw.random()
        if choice < 0.5 or not args:
            return "d", f"-:{name}"
        if choice < 0.7:
            return "d", f"-:{name.partition('/')[2]}"
        if choice < 0.8:
            return "d", f"!{letter[0]}:{name}"
        return self._file(letter, point), f"-:{name} {point}"

    def _synthetic(self) -> tuple[str, str]:
        draw = self.draw
        self.number += 1
        name = f"made{self.number}"
        types = ("u64", "s32", "int", "unsigned int", "unsigned long", "char", "pid_t", "bool", "s8", "u16")
        fields = []
        for number in range(draw.choice((1, 1, 2, 3, 5))):
            array = draw.choice(("[16]", "[]", "[256]", "[1]"))
            fields.append(
                f"char f{number}{array}" if self._chance(0.2) else f"{draw.choice(types)} f{number}"
            )
        self.synthetic.append(name)
        return (
            "d",
            f"s:{draw.choice(('', '', 'synthetic/'))}{name} {draw.choice(('; ', ';'))[:2].join(fields)}",
        )

    # ----------------------------------------------------------------------------------------------------- kinds

    def _kprobe(self) -> tuple[str, str, list[str]]:
        function = self.draw.choice(self._unique)
        if self._chance(0.05):
            return "p", f"{function}+{self.draw.choice(('0', '0x0'))}", self._args(None, "kernel")
        return "p", function, self._args(self.words.protos.get(function), "kernel")

    def _kretprobe(self) -> tuple[str, str, list[str]]:
        function = self.draw.choice(self._unique)
        args = self._args(self.words.protos.get(function), "return")
        if self._chance(0.3):
            return "p", f"{function}%return", args
        return f"r{self.draw.choice(('', '', '', '1', '16', '4096'))}", function, args

    def _fprobe(self) -> tuple[str, str, list[str]]:
        if self._chance(0.02) and self.target.members:
            # as many reads as a fetch arg has room for, and one more
            steps = "->d_parent" * self.draw.choice((4, 11, 12, 13, 14))
            return "f", "vfs_read", [f"a=file->f_path.dentry{steps}:u64"]
        function = self.draw.choice(self.words.functions)
        return "f", function, self._args(self.words.protos.get(function), "fprobe")

    def _fprobe_return(self) -> tuple[str, str, list[str]]:
        function = self.draw.choice(self.words.functions)
        return "f", f"{function}%return", self._args(self.words.protos.get(function), "freturn")

    def _tprobe(self) -> tuple[str, str, list[str]]:
        name = self.draw.choice(self.words.tracepoints)
        return "t", name, self._args(self.words.protos.get(f"t {name}"), "fprobe")

    def _uprobe(self) -> tuple[str, str, list[str]]:
        offset = self.draw.randrange(0x10000)
        place = f"{offset:#x}" if self._chance(0.8) else str(max(1, offset))
        # each place has a semaphore of its own, as static probes have
        if self._chance(0.25):
            place = f"{offset | 0x100000:#x}({(offset & ~7) | 0x200000:#x})"
            return "p", f"/bin/busybox:{place}", self._args(None, "user")
        if self._chance(0.3):
            return "p", f"/bin/busybox:{place}%return", self._args(None, "ureturn")
        if self._chance(0.3):
            return "r", f"/bin/busybox:{place}", self._args(None, "ureturn")
        return (
            "p",
            f"{self.draw.choice(('/bin/busybox', '/bin/sh', '/bin//sh'))}:{place}",
            self._args(None, "user"),
        )

    def _eprobe(self) -> tuple[str, str, list[str]]:
        draw = self.draw
        system, event = draw.choice([pair for pair in self.words.events if pair[0] != "ftrace"])
        fields = self.words.fields[system, event]
        args = []
        for _ in range(draw.choice((0, 1, 1, 2, 3))):
            choice = draw.random()
            if choice < 0.6 and fields:
                field = draw.choice(fields)
                value = f"${field.name}"
                if self._chance(0.3):
                    value = self._nest(value)
                    args.append(self._typed(value, memory=True))
                else:
                    args.append(self._typed(value, memory=False))
            elif choice < 0.7 and fields and (self.target.loop or self.target.event_casts):
                args.append(self._cast("" if self.target.event_casts else "$", draw.choice(fields).name))
            else:
                args.append(self._plain("event"))
        named = [self._name(arg, number, always=False) for number, arg in enumerate(args)]
        if self._chance(0.4):
            named += ["if", self._condition([(field.name, field.kind, field.signed) for field in fields])]
        return "e", f"{system}{draw.choice('./')}{event}", named

    def _condition(self, fields: list[tuple[str, str, bool]]) -> str:
        draw = self.draw
        parts = []
        for _ in range(draw.choice((1, 1, 2, 3))):
            name, kind, signed = draw.choice(
                [*fields, ("common_pid", "int", True), ("CPU", "cpu", True), ("COMM", "comm", True)]
            )
            if kind in ("string", "comm"):
                part = f"{name} {draw.choice(('==', '!=', '~'))} {draw.choice((chr(34) + 'x*' + chr(34), chr(39) + 'sh' + chr(39)))}"
            elif kind == "cpu" and self.target.names and self._chance(0.3):
                part = f"{name} & CPUS{{0}}"
            else:
                number = draw.choice(("0", "1", "0x1f", "010", "4095", *(("-1", "-0x10") if signed else ())))
                part = (
                    f"{name}{draw.choice((' ', ''))}{draw.choice(_OPERATORS)}{draw.choice((' ', ''))}{number}"
                )
            parts.append(draw.choice((part, part, part, f"({part})", f"!({part})", f"!{part}")))
        text = parts[0]
        for part in parts[1:]:
            text = f"{text} {draw.choice(('&&', '||'))} {part}"
            if self._chance(0.2):
                text = f"({text})"
        return text

    # ---------------------------------------------------------------------------------------------------- values

    def _args(self, proto: Proto | None, place: str) -> list[str]:
        draw = self.draw
        count = draw.choices((0, 1, 2, 3, 5, 9), (10, 40, 25, 12, 4, 1))[0]
        if self._chance(0.004):
            return [f"a{number}=$stack" for number in range(draw.choice((126, 127, 128)))]
        args = [self._arg(proto, place, number) for number in range(count)]
        entry = place in ("kernel", "fprobe") and proto is not None and proto.params
        if entry and self.target.names and self._chance(0.05):
            args = [arg for arg in args if "=" in arg]
            args.insert(draw.randrange(len(args) + 1), "$arg*")
        return args

    def _arg(self, proto: Proto | None, place: str, number: int) -> str:
        draw, target = self.draw, self.target
        if proto is not None and proto.params and target.names and place in ("kernel", "fprobe", "freturn"):
            choice = draw.random()
            if (place != "freturn" or target.entry_data) and choice < 0.45:
                return self._name(self._of_param(proto), number, always=self._chance(0.7))
            if target.loop and choice < 0.52:
                return self._name(self._cast("", draw.choice(proto.params)[0]), number)
        # what returns nothing is told by names alone
        returns = proto is None or proto.returns or not target.names
        if place in ("return", "freturn") and returns and self._chance(0.4):
            return self._name(self._typed("$retval", memory=False), number)
        return self._name(self._plain(place), number, always=False)

    def _of_param(self, proto: Proto) -> str:
        draw = self.draw
        param = draw.choice(proto.params)
        found = path(proto, param, draw, draw.choice((0, 1, 1, 2, 3, 5)) if self.target.members else 0)
        if self._chance(0.3):
            return f"{self._nest(found)}:{draw.choice(_NUMBERS)}"
        if self._chance(0.05) and self.target.dentries:
            return f"{param[0]}:{draw.choice(('%pd', '%pD'))}"
        if self._chance(0.5):
            return f"{found}:{draw.choice(_NUMBERS)}"
        return found

    def _cast(self, before: str, name: str) -> str:
        draw = self.draw
        struct = draw.choice(self.words.structs)
        member = struct_of(self.target, struct, draw)
        if not member:
            struct, member = (
                "task_struct",
                draw.choice(("pid", "comm", "mm->pgd", "se.vruntime", "parent->pid")),
            )
        between = ""
        if self.target.loop and self._chance(0.3):
            inner = struct_of(self.target, struct, draw)
            between = f",{inner}" if inner and ">" not in inner else ""
        text = f"{before}{name}"
        if self.target.loop and self._chance(0.3):
            text = draw.choice((f"({text})", f"+8({text})", f"(+0x10({text}))"))
        found = f"({struct}{between}){text}->{member}"
        return found + (f":{draw.choice(_NUMBERS)}" if self._chance(0.5) else "")

    def _plain(self, place: str) -> str:
        """A value without names."""
        draw, target = self.draw, self.target
        kernel = place != "user" and place != "ureturn"
        registers = place in ("kernel", "return", "user", "ureturn")
        values = ["$stack", f"$stack{draw.randrange(20)}", f"$stack{draw.choice((0, 2047, 2048))}"]
        if place == "event":
            values = ["$comm", "$COMM"]
        if registers:
            values += ["%" + draw.choice(SOUND_REGISTERS)] * 3
        if kernel:
            symbol = draw.choice((*_DATA, *self.words.data)) if self._chance(0.3) else draw.choice(_DATA)
            values += [f"@{symbol}", f"@{symbol}{draw.choice(('+8', '-8', '+0x10', '+0'))}"]
            values.append(f"@{draw.choice(('0xffffffff81000000', '0x10', '8'))}")
        else:
            values.append(f"@{draw.choice(('+0', '+0x10', '+4096', '0x1000'))}")
        if place in ("kernel", "fprobe") and not target.names:
            values += [f"$arg{draw.randrange(1, 7)}", f"$arg{draw.choice((1, 2048))}"]
        if place == "ureturn":
            values += ["$retval"] * 3
        if target.current and kernel:
            values += [
                "$current",
                draw.choice(("$current->pid", "$current->mm->pgd", "(task_struct)$current->parent->pid")),
            ]
        if target.percpu and kernel and place != "event":
            values += [f"this_cpu_{draw.choice(('read', 'ptr'))}(@{draw.choice(_DATA)})"]
        value = draw.choice(values)
        if self._chance(0.45):
            return self._typed(self._nest(value), memory=True)
        if self._chance(0.15):
            return draw.choice((f"\\{draw.choice(('4', '-4', '0x10', '010', '+4'))}", '\\"text"', '\\"a"'))
        if self._chance(0.1):
            return draw.choice(("$comm", "$comm:string", "$COMM"))
        if "->" in value:
            return value
        return self._typed(value, memory=value[:1] == "@")

    def _nest(self, value: str) -> str:
        draw = self.draw
        most = 8 if self.target.loop else 12
        for _ in range(draw.choices((1, 2, 3, 5, most - 1, most), (60, 20, 10, 5, 1, 1))[0]):
            offset = draw.choice(("0", "8", "16", "0x20", "100", "010"))
            read = f"{draw.choice('+++-')}{'u' if self._chance(0.15) else ''}{offset}({value})"
            if len(read) > self.target.max_text - 20:
                break
            value = read
        return value

    def _typed(self, value: str, memory: bool) -> str:
        draw = self.draw
        if value in ("$comm", "$COMM") or value[:2] == '\\"':
            return value + draw.choice(("", ":string"))
        if self._chance(0.3):
            return value
        types = [*_NUMBERS, *_BITS, "symbol"]
        if self.target.symstr:
            types.append("char")
        type = draw.choice(types)
        if memory and self._chance(0.3):
            type = draw.choice(("string", "string", "ustring", *(("symstr",) if self.target.symstr else ())))
        if memory and type[0] not in "b" and self._chance(0.2):
            type += f"[{draw.choice(('1', '3', '8', '64'))}]"
        return f"{value}:{type}"

    def _name(self, value: str, number: int, always: bool = True) -> str:
        if not always and not self._chance(0.6) and value[:1] in "$%@\\":
            return value
        return f"{self.draw.choice(('a', 'b', '_c'))}{number}={value}"
