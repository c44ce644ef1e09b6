"""Raw commands at random: valid ones, nearly valid ones, and damaged ones, of every kind and in sequence."""

from __future__ import annotations

import random

from tests.commands.damage import damage
from tests.commands.examples import example
from tests.commands.sound import SoundCommands
from tests.commands.triggers import TriggerGenerator
from tests.commands.vocabulary import Vocabulary, path
from tests.commands.words import ARRAYS, NUMBERS, REGISTERS, SOUND, TYPES


class CommandGenerator:
    """Commands for one kernel, each with `d`, `k` or `u` for the file it goes to; `t` and `f` as `TriggerGenerator` has them.

    About half are sound, a fifth of those with one slip; others are made of parts that are often wrong.
    """

    def __init__(self, words: Vocabulary, seed: int) -> None:
        self.words = words
        self.draw = random.Random(seed)
        self.made: list[str] = []
        self.events: list[tuple[str, str, str]] = []
        self.number = 0
        #: What is left of an example of several lines, and of a join.
        self.left: list[str] = []
        self.joined: list[tuple[str, str]] = []
        self.sound = SoundCommands(words, self.draw)
        self.triggers = TriggerGenerator(seed)
        fprobes = words.target.has_fprobes
        #: By the letters of `_fresh`; few of what the kernel does not have.
        self.weights = (24, 12, 20 if fprobes else 1, 10 if fprobes else 1, 14, 4, 8, 1, 4)

    def commands(self, count: int) -> list[tuple[str, str]]:
        return [self.command() for _ in range(count)]

    def command(self) -> tuple[str, str]:
        draw = self.draw
        if self.joined:
            return self.joined.pop(0)
        if not self.left and self._chance(0.03):
            self.number += 1
            self.left = example(draw, self.number)
        elif not self.left and self._chance(0.012):
            self.joined = self.triggers.commands(4)
            return self.joined.pop(0)
        if self.left:
            text = self.left.pop(0)
            return "d", damage(self.draw, text, self.made) if len(text) < 1000 and self._chance(0.2) else text
        if self._chance(0.5):
            return self._sound()
        kind = draw.choices("prftesuU-", self.weights)[0]
        text = self._fresh(kind)
        if self.made and draw.random() < 0.08:
            text = self._variant()
        if draw.random() < 0.22:
            text = damage(self.draw, text, self.made)
        text = text.replace("\n", " ").replace("\0", "0")
        if self.words.is_wide(text):
            return self.command()
        self._keep(text)
        if draw.random() < 0.88:
            return "d", text
        return draw.choice("kku"), text

    def _sound(self) -> tuple[str, str]:
        file, text = self.sound.command()
        if self._chance(0.2):
            damaged = damage(self.draw, text, self.made).replace("\n", " ").replace("\0", "0")
            text = text if self.words.is_wide(damaged) else damaged
        self._keep(text)
        return file, text

    def _keep(self, text: str) -> None:
        self.made.append(text)
        del self.made[:-200]

    # ----------------------------------------------------------------------------------------------------- parts

    def _fresh(self, kind: str) -> str:
        match kind:
            case "p" | "r":
                return self._kprobe(kind)
            case "f":
                return self._fprobe()
            case "t":
                return self._tprobe()
            case "e":
                return self._eprobe()
            case "s":
                return self._synthetic()
            case "u":
                return self._uprobe()
            case "-":
                return self._removal()
        return self._join("u" + self._name("p"), "vfs_read", [])

    def _chance(self, share: float) -> bool:
        return self.draw.random() < share

    def _name(self, kind: str) -> str:
        draw = self.draw
        if self._chance(0.03):
            return ""
        self.number += 1
        group, event = f"g{self.number % 7}", f"e{self.number}"
        choice = draw.random()
        if choice < 0.04 and self.events:
            _, group, event = draw.choice(self.events[-30:])
        elif choice < 0.05:
            group, event = draw.choice(self.words.events)
        elif choice < 0.08:
            event = draw.choice(("x" * 63, "x" * 64, "9x", "a-b", "a b", "", "a.b", "é", "_"))
            group = draw.choice(("y" * 63, "y" * 64, "y" * 62, "a-b", "-", "9", "", group, "a.b"))
            return f":{group}{draw.choice('/.')}{event}"
        elif choice < 0.1:
            return draw.choice(
                (f":{event}", ":", f":{group}/", f"x:{group}/{event}", f"5:{group}/{event}", f":/{event}")
            )
        self.events.append((kind, group, event))
        return f":{group}{'/' if self._chance(0.9) else '.'}{event}"

    def _join(self, head: str, point: str, args: list[str]) -> str:
        space = " " if self._chance(0.95) else self.draw.choice(("  ", "\t", " \r "))
        return space.join((head, point, *args))

    def _function(self) -> str:
        draw, words = self.draw, self.words
        choice = draw.random()
        if choice < 0.72:
            return draw.choice(words.functions)
        if choice < 0.73 and words.aliases:
            return draw.choice(words.aliases)
        if choice < 0.76:
            return draw.choice(words.untraceable)
        if choice < 0.79:
            return draw.choice(words.blacklisted)
        if choice < 0.83 and words.ambiguous:
            return draw.choice(words.ambiguous)
        if choice < 0.86:
            return draw.choice(words.data)
        if choice < 0.9:
            return draw.choice(("nomod:", "vmlinux:", ":", "ext4:")) + draw.choice(words.functions)
        if choice < 0.92:
            return draw.choice(words.functions) + draw.choice(
                NUMBERS + ["+0", "+x", "-4", "+0x0", "+", "-0", "+3", "+10", "+1", "+6%return", "+2"]
            )
        if choice < 0.94:
            return draw.choice(
                ("0", "0x0", "1", "0x1000", "vfs_*", "vfs_rea?", "vfs_[r]ead", "vfs_[!w-z]ead")
            )
        return draw.choice(words.functions)[:-1] + "x"

    def _args(self, value: object, most: int = 4) -> list[str]:
        assert callable(value)
        count = self.draw.choices(range(most + 1), [3, 8, 4, 2, 1][: most + 1])[0]
        if self._chance(0.006):
            count = self.draw.choice((127, 128, 129, 130))
        return [self._arg(value) for _ in range(count)]

    def _arg(self, value: object) -> str:
        assert callable(value)
        draw = self.draw
        text: str = value()
        if self._chance(0.4):
            text += ":" + (draw.choice(SOUND) if self._chance(0.7) else draw.choice(TYPES))
            if self._chance(0.12):
                text += draw.choice(ARRAYS)
        elif self._chance(0.02):
            text += draw.choice(ARRAYS)
        if self._chance(0.4):
            name = f"n{draw.randrange(200)}"
            if self._chance(0.08):
                name = draw.choice(
                    ("", "9", "a-b", "common_pid", "__probe_ip", "z" * 32, "z" * 33, "é", "a" * 31)
                )
            text = f"{name}={text}"
        return text

    def _deref(self, inner: str) -> str:
        draw = self.draw
        offset = draw.choice(NUMBERS) if self._chance(0.15) else str(draw.choice((0, 8, 16, 24, 100)))
        close = ")" if self._chance(0.97) else draw.choice(("", "))", ")x"))
        return f"{draw.choice('++-')}{'u' if self._chance(0.15) else ''}{offset}({inner}{close}"

    def _nest(self, value: str) -> str:
        draw = self.draw
        depth = draw.choices((0, 1, 2, 3, 8, 9, 12, 13, 14, 15), (55, 22, 10, 5, 1, 1, 1, 1, 1, 1))[0]
        for _ in range(depth):
            value = self._deref(value) if depth < 6 or self._chance(0.2) else f"+0({value})"
        return value

    def _common(self) -> str:
        draw = self.draw
        if self._chance(0.5):
            return draw.choice(
                (
                    "$comm",
                    "$stack",
                    "$stack0",
                    "$stack3",
                    "%ax",
                    "%di",
                    "@jiffies",
                    "@init_task+8",
                    "\\4",
                    '\\"text"',
                    "$arg1",
                    "$arg2",
                    "$retval",
                )
            )
        return draw.choice(
            (
                lambda: draw.choice(
                    ("$comm", "$COMM", "$stack", "$stack0", "$stack12", "$stack2048", "$stack2049", "$stackx")
                ),
                lambda: "$stack" + draw.choice(NUMBERS),
                lambda: "$retval" + draw.choice(("", "", "", "x", "->x", "_", "->i_ino")),
                lambda: (
                    f"$arg{draw.choice((1, 2, 3, 4, 5, 6, 7, 0, 2048, 2049, '', 'x', '*', '*', '01', '1x'))}"
                ),
                lambda: "%" + draw.choice(REGISTERS),
                lambda: "@" + draw.choice(self.words.data),
                lambda: "@" + draw.choice(self.words.data) + draw.choice(("+8", "-8", "+x", "+0x10", "+")),
                lambda: "@" + draw.choice(NUMBERS),
                lambda: "@+" + draw.choice(NUMBERS),
                lambda: "@" + draw.choice(("no_such_thing", "nomod:thing", "vfs_read", "ext4:x")),
                lambda: "\\" + draw.choice(NUMBERS),
                lambda: (
                    "\\" + draw.choice(('"text"', '"', '"text', '""', '"a:b"', '"a=b"', "+4", "-4", "--4"))
                ),
                lambda: draw.choice(
                    (
                        "$current",
                        "$current->pid",
                        "$current->mm->mmap_base",
                        "$currentx",
                        "$foo",
                        "$",
                        "$current.pid",
                    )
                ),
                lambda: (
                    f"this_cpu_{draw.choice(('read', 'ptr', 'x'))}({draw.choice(('@runqueues', '@jiffies', '%di', '$arg1', '', '+0(@x)'))}{draw.choice((')', ')', ''))}"
                ),
                lambda: draw.choice(("", "x", "1", "()", "*", "(", ")", "-", "+", "->", "!")),
            )
        )()

    def _named(self, owner: str) -> str:
        """A value by name, as far as the function has a prototype."""
        draw = self.draw
        proto = self.words.protos.get(owner)
        if proto is None or not proto.params:
            return draw.choice(("count", "file->f_inode->i_ino", "$arg1"))
        param = draw.choice(proto.params)
        text = path(proto, param, draw, draw.choice((0, 0, 1, 1, 2, 3, 5, 9)))
        if self._chance(0.06):
            text = draw.choice(
                (
                    text + ".x",
                    text + "->",
                    text + "->x",
                    text + "-x",
                    text[:-1],
                    text.replace("->", "."),
                    text + ".",
                )
            )
        if self._chance(0.08):
            text = self._cast(text)
        return text

    def _cast(self, text: str) -> str:
        draw = self.draw
        struct = draw.choice(self.words.structs)
        if self._chance(0.3):
            struct += "," + draw.choice(
                ("f_path", "f_path.dentry", "x", "pid", "se.run_node", "se->x", "i_rcu")
            )
        if self._chance(0.5):
            text = f"({text})"
        member = draw.choice(
            ("f_inode", "pid", "i_ino", "f_path.dentry", "x", "comm", "f_inode->i_sb->s_id", "")
        )
        return f"({struct}{draw.choice((')', ')', ')', ''))}{text}{draw.choice(('->', '->', '->', '.', '', '-'))}{member}"

    def _value(self, owner: str, named: float) -> str:
        if self._chance(named):
            return self._nest(self._named(owner)) if self._chance(0.3) else self._named(owner)
        if self._chance(0.03):
            return self._cast(self._nest(self._common()))
        return self._nest(self._common())

    # ----------------------------------------------------------------------------------------------------- kinds

    def _kprobe(self, kind: str) -> str:
        function = self._function()
        head = kind
        if self._chance(0.06):
            head += self.draw.choice(("1", "0", "4096", "4097", "x", "10x", "99999999999", "9" * 64, "-1"))
        head += self._name(kind)
        point = function
        if self._chance(0.1):
            point += self.draw.choice(("%return", "%return", "%return", "%ret", "%", "%returnx"))
        return self._join(head, point, self._args(lambda: self._value(function, 0.3)))

    def _fprobe(self) -> str:
        function = self._function()
        head = "f"
        if self._chance(0.05):
            head += self.draw.choice(("1", "0", "4096", "4097", "x", "8x"))
        head += self._name("f")
        point = function + (
            "%return" if self._chance(0.3) else self.draw.choice(("%", "%x")) if self._chance(0.03) else ""
        )
        return self._join(head, point, self._args(lambda: self._value(function, 0.55)))

    def _tprobe(self) -> str:
        draw = self.draw
        name = draw.choice(self.words.tracepoints)
        owner = f"t {name}"
        if self._chance(0.12):
            name = draw.choice(("no_such_tp", "vfs_read", "9tp", "a-b", "sched:x", "x%return"))
            owner = name
        return self._join("t" + self._name("t"), name, self._args(lambda: self._value(owner, 0.6)))

    def _eprobe(self) -> str:
        draw = self.draw
        system, event = draw.choice(self.words.events)
        fields = self.words.fields.get((system, event), ())
        if self._chance(0.05) and self.events:
            _, system, event = draw.choice(self.events[-40:])
        point = (
            f"{system}{draw.choice('././x')}{event}"
            if self._chance(0.95)
            else draw.choice((system, event, f"{system}.", f".{event}", f"{system}.x", ""))
        )

        def value() -> str:
            choice = draw.random()
            if choice < 0.6 and fields:
                text = f"${draw.choice(fields).name}"
            elif choice < 0.66 and fields:
                text = draw.choice(fields).name
            elif choice < 0.72:
                text = draw.choice(("$common_pid", "$comm", "$COMM", "$nothing", "$stack", "$retval"))
            elif choice < 0.8 and fields:
                text = self._cast(
                    draw.choice(fields).name if self._chance(0.5) else f"${draw.choice(fields).name}"
                )
            else:
                text = self._common()
            return self._nest(text)

        args = self._args(value)
        if self._chance(0.25):
            args += ["if", *([self._filter([field.name for field in fields])] if self._chance(0.95) else [])]
        return self._join("e" + self._name("e"), point, args)

    def _filter(self, fields: list[str]) -> str:
        draw = self.draw
        parts = []
        for _ in range(draw.choice((1, 1, 1, 2, 3))):
            field = (
                draw.choice(fields)
                if fields and self._chance(0.8)
                else draw.choice(("common_pid", "CPU", "COMM", "comm", "nothing", "cpu"))
            )
            operator = draw.choice(("==", "!=", "<", ">", "<=", ">=", "&", "~", "=", "!~", ""))
            value = draw.choice(
                (*NUMBERS, '"x*"', "'x'", '"x', "x", "CPUS{0}", "0x1f", "12345678901234567890123", "-1")
            )
            part = f"{field}{draw.choice((' ', ''))}{operator}{draw.choice((' ', ''))}{value}"
            if self._chance(0.15):
                part = draw.choice((f"({part})", f"!({part})", f"({part}", f"{part})", f"!{part}"))
            parts.append(part)
        return draw.choice((" && ", " || ", "&&", " & ", " ")).join(parts)

    def _synthetic(self) -> str:
        draw = self.draw
        self.number += 1
        name = (
            f"s{self.number}"
            if self._chance(0.8)
            else draw.choice(("9", "a-b", "", "s1", "sched_switch", "common"))
        )
        if self._chance(0.7):
            self.events.append(("s", "synthetic", name))
        prefix = draw.choice(("", "", "synthetic/", "other/"))
        types = (
            "u64",
            "s32",
            "int",
            "unsigned int",
            "char",
            "pid_t",
            "gfp_t",
            "bool",
            "x",
            "long",
            "unsigned long",
            "char[16]",
            "unsigned",
            "u64;",
        )
        names = ("a", "b", "c", "d[16]", "e[]", "f[256]", "g[257]", "h[x]", "i[999]", "9j", "k[1]x", "")
        fields = [f"{draw.choice(types)} {draw.choice(names)}" for _ in range(draw.choice((0, 1, 1, 2, 3)))]
        if self._chance(0.02):
            fields = [f"u64 f{number}" for number in range(draw.choice((64, 65)))]
        return f"s{':' if self._chance(0.97) else ''}{prefix}{name} " + draw.choice(("; ", ";", " ")).join(
            fields
        )

    def _uprobe(self) -> str:
        draw = self.draw
        file = draw.choice(
            (
                "/bin/busybox",
                "/bin/busybox",
                "/bin/sh",
                "/no/such",
                "/bin",
                "/bin/busybox:x",
                "bin/busybox",
                "./run",
            )
        )
        place = draw.choice(
            (
                "0x1000",
                "0x1000",
                "0x1004",
                "4096",
                "0",
                "x",
                "0x",
                "0x1000x",
                "",
                "0x1000(0x10)",
                "0x1000(0x20)",
                "0x1008(0x10",
                "0x1008(0x10)x",
                "0x1008(x)",
                "0x1000()",
            )
        )
        if self._chance(0.15):
            place += draw.choice(("%return", "%return", "%ret", "%"))
        point = (
            f"{file}:{place}" if self._chance(0.95) else draw.choice((file, f"{file}:", f"{file}/{place}"))
        )
        return self._join(draw.choice("ppr") + self._name("u"), point, self._args(self._value_of_user))

    def _value_of_user(self) -> str:
        return self._nest(self._common())

    def _removal(self) -> str:
        draw = self.draw
        if not self.events or self._chance(0.2):
            return draw.choice(
                ("-", "-:", "-:x", "-x", "-:no/such", "!", "!p:no/such", "-:nogroup/", "- :x/y")
            )
        _, group, event = draw.choice(self.events[-40:])
        text = draw.choice(
            (
                f"-:{group}/{event}",
                f"-:{group}/{event}",
                f"-:{event}",
                f"-:{group}.{event}",
                f"!p:{group}/{event}",
            )
        )
        if self.made and self._chance(0.3):
            words = draw.choice(self.made[-40:]).split()
            text = " ".join([text, *words[1 : 1 + draw.randrange(4)]])
        return text

    # ---------------------------------------------------------------------------------------------------- damage

    def _variant(self) -> str:
        """An earlier command once more, or with other args, or as another kind, under its old name."""
        draw = self.draw
        words = draw.choice(self.made[-60:]).split(" ")
        choice = draw.random()
        if choice < 0.4 and len(words) > 2:
            words = words[:2] + [
                self._arg(self._value_of_user) if self._chance(0.3) else word for word in words[2:]
            ]
        elif choice < 0.55 and len(words) > 1:
            words[1] = self._function()
        elif choice < 0.65 and words[0]:
            words[0] = draw.choice("prft") + words[0][1:]
        elif choice < 0.75:
            words.append(self._arg(self._value_of_user))
        return " ".join(words)
