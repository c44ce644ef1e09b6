"""Hist triggers at random, of the sort that joins take: right ones, nearly right ones, and damaged ones, each on events of their own."""

from __future__ import annotations

import random

from tests.commands.words import GARBAGE

KEYS = (
    ("common_pid", "stack.buckets=16384", "stack.buckets=16384", "a", "s", "a,b", "common_pid,s")
    + (
        "stack.bucket=0x10",
        "stack.buckets=0",
        "stack.buckts=3",
        "nothing",
        "$v0",
        "a+b",
        "stacktrace",
        "a.hex",
        "a.nothing",
    )
    + (
        "a,b,stack",
        "a,b,c,stack",
        "common_timestamp",
        "cpu",
        "",
        "arr",
        "common_cpu",
        "io.e1.a",
        "COMM",
        "common_pid.execname",
    )
)
VALUES = (
    "a",
    "b",
    "s",
    "c",
    "stack",
    "common_timestamp",
    "common_timestamp.usecs",
    "common_pid",
    "common_cpu",
    "arr",
    "9",
    "9z",
) + (
    "nothing",
    "",
    "a+b",
    "a-1",
    "s+1",
    "1+2",
    "a+b+c",
    "a+b+c+a",
    "a+b+c+a+b",
    "a-",
    "+a",
    "common_pid.execname",
    "a.log2",
)
REFERENCES = (
    "$v0",
    "$v1",
    "$ts",
    "$x",
    "$v0",
    "common_timestamp-$ts",
    "common_timestamp.usecs-$ts",
    "$v0+$v1",
    "$",
    "a-$v0",
    "$s",
)
CONDITIONS = (
    " if common_pid != 0",
    " if a == 3",
    " if nothing == 3",
    " if a = 3",
    " if",
    " if ",
    " iff a == 3",
    ' if s == "x"',
)
SIZES = (":size=8192", ":size=100", ":size=10", ":size=1000000", ":size=x", ":size=", ":sizes=3")
ARGS = "stack=$stack:x64 a=$stack0:u64 b=$stack1:s32 c=$stack2:u8 s=+0($stack):string arr=+0($stack):u8[3] aa=$stack3:u64 cc=$stack4:u8 ss=+8($stack):string"
#: Fields of a synthetic event, what they are made of, and a condition on them.
JOINS = (
    ("u64 p", "$w0", "p > 100"),
    ("u64 p", "$took", "p > 1000 && common_pid != 0"),
    ("u64 p; s32 q", "$w0,$w1", "q == -2 || p >= 0x10"),
    ("u64 p; u64 q", "$w0,$took", "!(p == q)"),
    ("s32 p; u64 q; u8 r", "$w1,$w0,cc", "r & 1"),
    ("u64 p; char q[]", "$took,ss", 'q ~ "a*"'),
    ("u64 p; char q[16]", "aa,ss", 'q == "x" && p != 0'),
)
SOUND_CONDITIONS = (
    "common_pid != 0",
    "a == 3",
    "b < -3 && c & 0x10",
    's == "x" || s ~ "*y"',
    "!(a > 0xff)",
    "COMM != 'sh'",
    "CPU == 0",
    "(a == 1 || b == 2) && !c == 3",
)


class TriggerGenerator:
    """Lines as `CommandGenerator` makes them; `t EVENT TEXT` goes to the event's trigger, `f EVENT TEXT` to its filter."""

    def __init__(self, seed: int) -> None:
        self.draw = random.Random(seed)
        self.number = 0

    def commands(self, count: int) -> list[tuple[str, str]]:
        """So many triggers and conditions, each pair of events with what defines them before."""
        made: list[tuple[str, str]] = []
        for _ in range(count // 4):
            made += self._events()
        return made

    def _chance(self, share: float) -> bool:
        return self.draw.random() < share

    def _events(self) -> list[tuple[str, str]]:
        draw = self.draw
        self.number += 1
        name = str(self.number)
        if self._chance(0.4):
            return self._join(name)
        args = ARGS
        fields = draw.choice(
            ("u64 p; s32 q", "u64 p", "u64 p; u64 q", "u64 p; char q[]", "char p[16]", "s32 p; u64 q; u8 r")
        )
        made = [
            *self._defined(name, args, fields),
            ("t", f"io/e{name} {self._first()}"),
            ("t", f"io/r{name} {self._second(name)}"),
            ("t", f"io/r{name} {self._second(name)}"),
        ]
        if self._chance(0.3):
            made.append(
                ("f", f"io/e{name} {draw.choice(CONDITIONS).strip().removeprefix('if').strip() or 'a'}")
            )
        if self._chance(0.1):
            made.append(draw.choice(made[3:]))
        if self._chance(0.1):
            made.append(("t", f"io/e{name} stacktrace{draw.choice(CONDITIONS)}"))
        return made

    def _defined(self, name: str, args: str, fields: str) -> list[tuple[str, str]]:
        return [
            ("d", f"p:io/e{name} vfs_fsync {args}"),
            ("d", f"r:io/r{name} vfs_fsync {args}"),
            ("d", f"s:s{name} {fields}"),
        ]

    def _join(self, name: str) -> list[tuple[str, str]]:
        """A join as it should be, and once more, and with a condition, and a condition on what it makes."""
        draw = self.draw
        key = draw.choice(("common_pid", "a", "common_pid,a", "a,b", "stack.buckets=16384"))
        fields, params, condition = draw.choice(JOINS)
        kept = draw.sample(("v0=a", "v1=b", "ts=common_timestamp"), 3)
        size = draw.choice(("", ":size=8192", ":size=1024"))
        first = f"hist:keys={key}:{','.join(kept)}{size}"
        second = f"hist:keys={key}:w0=$v0,w1=$v1,took=common_timestamp-$ts:onmatch(io.e{name}).trace(s{name},{params}){size}"
        made = [
            *self._defined(name, ARGS, fields),
            ("t", f"io/e{name} {first}"),
            ("t", f"io/r{name} {second}"),
        ]
        made.append(draw.choice(made[3:]))
        made.append(("f", f"synthetic/s{name} {condition}"))
        made.append(("f", f"io/e{name} {draw.choice(SOUND_CONDITIONS)}"))
        made.append(("t", f"io/e{name} {self._table()}"))
        other = draw.choice(
            ("hist:keys=b", "hist:keys=common_pid,c", "hist:keys=a.hex", "stacktrace", "hist:keys=arr")
        )
        made.append(("t", f"io/r{name} {other} if {draw.choice(SOUND_CONDITIONS)}"))
        return made

    def _table(self) -> str:
        """A histogram with values, sorted; a third of them are wrong somewhere."""
        draw = self.draw
        sound = self._chance(0.65)
        keys = draw.choice(
            ("common_pid", "aa,cc", "aa.hex", "a,b,c", "ss", "common_pid.execname,b", "stack.log2")
        )
        values = ["aa", "cc", "hitcount", "common_pid", "stack.hex", "common_timestamp.usecs"]
        sorts = [part.partition(".")[0] for part in keys.split(",")] + ["hitcount"]
        ways = ["", "", ".descending", ".ascending"]
        if not sound:
            values += ["ss", "nothing", "", "aa.log2", "aa+cc", "7", "stack.sym", "aa.buckets=3", "cc.x"]
            sorts += ["junk", "", "aa", "stack", "b"]
            ways += [".junk", ".", ".descending.x"]
        text = f"hist:keys={keys}"
        if self._chance(0.7):
            text += f":{draw.choice(('vals', 'val', 'values'))}={','.join(draw.choices(values, k=draw.choice((1, 1, 2, 2 if sound else 4))))}"
        if self._chance(0.8):
            count = draw.choice((1, 1, 2, 2 if sound else 3))
            text += f":sort={','.join(draw.choice(sorts) + draw.choice(ways) for _ in range(count))}"
        return text

    def _assignments(self, values: tuple[str, ...], names: tuple[str, ...], most: int) -> str:
        draw = self.draw
        parts = [f"{draw.choice(names)}={draw.choice(values)}" for _ in range(draw.randrange(most))]
        if self._chance(0.03):
            parts.append(draw.choice(("x", "=", "x=a=b", *(f"y{number}=a" for number in range(17)))))
        return ",".join(parts)

    def _first(self) -> str:
        draw = self.draw
        text = f"hist:keys={draw.choice(KEYS[:4]) if self._chance(0.8) else draw.choice(KEYS)}"
        kept = ["v0=a", "v1=b", "ts=common_timestamp", "s0=s"]
        chosen = ",".join(kept[: draw.randrange(5)])
        if self._chance(0.3):
            chosen = self._assignments(VALUES, ("v0", "v1", "ts", "x", "a"), 5)
        return self._end(text + (f":{chosen}" if chosen else ""))

    def _second(self, name: str) -> str:
        draw = self.draw
        text = f"hist:keys={draw.choice(KEYS[:4]) if self._chance(0.8) else draw.choice(KEYS)}"
        if self._chance(0.7):
            chosen = self._assignments((*REFERENCES, *VALUES[:4]), ("w0", "w1", "took", "z", "v0"), 4)
            text += f":{chosen}" if chosen else ""
        if self._chance(0.8):
            matched = (
                f"io.e{name}"
                if self._chance(0.9)
                else draw.choice(("io.nothing", "ioe", "", "sched.sched_switch"))
            )
            how = (
                f"trace({'s' + name},"
                if self._chance(0.8)
                else draw.choice((f"s{name}(", "trace(nothing,", "trace(", "save(", "("))
            )
            words = (
                "$w0",
                "$w1",
                "$took",
                "$v0",
                "aa",
                "cc",
                "ss",
                "a",
                "$v1",
                "x",
                "nothing",
                "$nothing",
                "$s0",
            )
            params = ",".join(draw.choice(words) for _ in range(draw.choice((0, 1, 1, 2, 2, 2, 3))))
            text += f":onmatch({matched}){'.' if self._chance(0.97) else ''}{how}{params}{')' if self._chance(0.95) else ''}"
        return self._end(text)

    def _end(self, text: str) -> str:
        draw = self.draw
        if self._chance(0.4):
            text += draw.choice(SIZES) if self._chance(0.4) else SIZES[0]
        if self._chance(0.3):
            text += draw.choice(CONDITIONS)
        if self._chance(0.12):
            at = draw.randrange(len(text))
            text = text[:at] + draw.choice((draw.choice(GARBAGE), "")) + text[at + draw.randrange(2) :]
        return text.replace("\n", " ").replace("\xe9", "e")
