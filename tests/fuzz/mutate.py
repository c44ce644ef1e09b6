"""Ways to spoil bytes and specs."""

from __future__ import annotations

import random
import re
import struct
from collections.abc import Sequence

_INTERESTING = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x100, 0x7FFF, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
_TOKEN = re.compile(r"[A-Za-z_]\w*|\d\w*|\"[^\"\n]*\"|->|\.\.|\?\?|&&|\|\||[<>=!]=|<<|>>|\s+|.", re.ASCII)

#: What the grammar has terminals for, and what it has none for.
_WORDS = (
    "group const args kprobe fprobe tprobe eprobe uprobe usdt watch monitor with if in use r w rw x len every "
    "struct union enum container_of entry user $retval $comm $stack $stack3 $arg1 $arg* $current $tid $pid $cpu "
    "$duration %ax %di @jiffies @jiffies+8 @0xffffffff81000000 +8( -8( +u8( = , : . -> .. ?? || && | ^ & == != < <= > >= "
    "<< >> + - * / % ~ ! ( ) [ ] { } u8 s64 x32 string ustring symbol symstr char %pd %pD b4@2/8 u8[4] string[3] [ "
    "0 1 -1 0xffffffffffffffff 18446744073709551616 0o17 0b1 1_000 10ms 1.5s 'a' '\\n' \"\" \"x\" \"\\x00\" \"\\\"\" "
    "vfs_read vfs_* vfs_{read,write} sched_switch sched:sched_switch *:* file file->f_inode->i_ino count pos prev->comm "
    "maxactive=4 stacktrace disabled max=5 # // \\ ` @ $ % ' \" \n \t \r \x0b \x00 \x1b \u2028 \u202e \ufeff \ud800 é 漢 "
    "%return +0x10 vfs_read%return /bin/sh:main :12 O_CREAT -ENOENT NULL true"
)  # fmt: skip
WORDS = tuple(_WORDS.split(" "))


def random_bytes(rng: random.Random, most: int = 400) -> bytes:
    """Any bytes, or any of a few."""
    size = rng.randrange(most)
    if rng.random() < 0.5:
        return rng.randbytes(size)
    some = rng.randbytes(rng.randrange(1, 6))
    return bytes(rng.choice(some) for _ in range(size))


def mutate_bytes(rng: random.Random, data: bytes, seeds: Sequence[bytes] = ()) -> bytes:
    """One to eight changes: bits, bytes, words, pieces cut, doubled, moved, taken from elsewhere."""
    out = bytearray(data)
    for _ in range(1 << rng.randrange(4)):
        size = len(out)
        at = rng.randrange(size + 1)
        kind = rng.randrange(9)
        if kind == 0 and size:
            out[at % size] ^= 1 << rng.randrange(8)
        elif kind == 1 and size:
            out[at % size] = rng.choice(_INTERESTING) & 0xFF
        elif kind == 2 and size >= 4:
            place = at % (size - 3) // 4 * 4
            struct.pack_into(rng.choice("<>") + "I", out, place, rng.choice(_INTERESTING))
        elif kind == 3 and size >= 4:
            place = at % (size - 3) // 4 * 4
            (value,) = struct.unpack_from("<I", out, place)
            struct.pack_into("<I", out, place, (value + rng.randint(-8, 8)) & 0xFFFFFFFF)
        elif kind == 4:
            del out[at:]
        elif kind == 5:
            del out[at : at + rng.randrange(1, 64)]
        elif kind == 6:
            out[at:at] = rng.randbytes(rng.randrange(1, 16))
        elif kind == 7:
            piece = out[at : at + rng.randrange(1, 200)]
            out[at:at] = piece * rng.randrange(1, 4)
        elif seeds:
            other = rng.choice(seeds)
            start = rng.randrange(len(other) + 1)
            out[at : at + rng.randrange(64)] = other[start : start + rng.randrange(200)]
    return bytes(out)


def mutate_tokens(rng: random.Random, text: str, seeds: Sequence[str]) -> str:
    """One to sixteen changes by tokens."""
    tokens = _TOKEN.findall(text)
    for _ in range(1 << rng.randrange(5)):
        at = rng.randrange(len(tokens) + 1)
        kind = rng.randrange(7)
        if kind == 0:
            del tokens[at : at + 1]
        elif kind == 1:
            tokens[at:at] = [rng.choice(WORDS)]
        elif kind == 2:
            tokens[at : at + 1] = [rng.choice(WORDS)]
        elif kind == 3 and tokens:
            other = rng.randrange(len(tokens))
            here = min(at, len(tokens) - 1)
            tokens[here], tokens[other] = tokens[other], tokens[here]
        elif kind == 4:
            tokens[at:at] = tokens[at : at + rng.randrange(1, 12)]
        elif kind == 5:
            del tokens[at : at + rng.randrange(1, 12)]
        else:
            other_tokens = _TOKEN.findall(rng.choice(seeds))
            start = rng.randrange(len(other_tokens) + 1)
            tokens[at : at + rng.randrange(6)] = other_tokens[start : start + rng.randrange(1, 40)]
    return "".join(tokens)


def random_tokens(rng: random.Random) -> str:
    """Words of the language in any order."""
    blanks = (" ", " ", "", "\n")
    return "".join(rng.choice(WORDS) + rng.choice(blanks) for _ in range(rng.randrange(80)))


def nesting(rng: random.Random) -> str:
    """What goes deep, or on and on."""
    many = rng.choice((10, 199, 201, 1000, 20_000))
    inner = rng.choice(("count", "file->f_inode->i_ino", "1", "$retval", ""))
    shapes = (
        lambda: "(" * many + inner + ")" * many,
        lambda: "(" * many + inner,
        lambda: "*" * many + "pos",
        lambda: "-" * many + "1",
        lambda: "!" * many + "count",
        lambda: "&" * many + "file",
        lambda: "file" + "->f_inode" * many,
        lambda: "file" + "[0]" * many,
        lambda: "[" * many,
        lambda: "{" * many,
        lambda: "+8(" * many + "%di" + ")" * many,
        lambda: "entry(" * many + "count" + ")" * many,
        lambda: "user(" * many + "file" + ")" * many,
        lambda: "(struct file *)" * many + "file",
        lambda: "container_of(" * many + "file, struct file, f_path)" * many,
        lambda: " ?? ".join(["count"] * many),
        lambda: " && ".join(["count"] * many),
        lambda: "1 + " * many + "1",
        lambda: "count in {" + "1, " * many + "}",
        lambda: "1 << " * many + "1",
        lambda: '"' + "\\x41" * many + '"',
        lambda: "9" * many,
        lambda: "a" * many,
        lambda: "0x" + "f" * many,
    )
    made = rng.choice(shapes)()
    point = rng.choice(
        (
            "vfs_read",
            "vfs_read%return",
            "{" + "a," * min(many, 1000) + "}",
            "*" * many,
            "{a,b}" * min(many, 60),
        )
    )
    return rng.choice(
        (
            f"x = fprobe vfs_read {{ v = {made} }}\n",
            f"x = fprobe vfs_read if {made} {{ count }}\n",
            f"const A = {made}\nx = fprobe vfs_read {{ count }}\n",
            f"x = fprobe {point} {{ count }}\n",
            f"x = fprobe vfs_read {{ {'count' + chr(10)} }}\n" * min(many, 2000),
            "fprobe vfs_read {\n" + "count\n" * many + "}\n",
            f"args a(f: struct file {'*' * many}) {{ f }}\nx = fprobe vfs_read {{ use a(file) }}\n",
            "".join(f"args a{n}() {{ use a{n + 1}() }}\n" for n in range(min(many, 300)))
            + "fprobe vfs_read { use a0() }\n",
            "".join(f"const C{n} = C{n + 1} + 1\n" for n in range(min(many, 2000))),
            "".join(f"const C{n + 1} = C{n} * C{n}\n" for n in range(min(many, 2000))) + "const C0 = 3\n",
            "const C0 = 3\n" + "".join(f"const C{n + 1} = C{n} * C{n}\n" for n in range(min(many, 2000))),
            made,
        )
    )
