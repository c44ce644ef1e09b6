"""C structs as a property test draws them: nested, anonymous, packed, aligned, with bitfields, arrays and enums."""

from __future__ import annotations

from typing import NamedTuple

from hypothesis import strategies as st

SCALARS = {
    "char": 8,
    "signed char": 8,
    "unsigned char": 8,
    "_Bool": 1,
    "short": 16,
    "unsigned short": 16,
    "int": 32,
    "unsigned int": 32,
    "long": 64,
    "unsigned long": 64,
    "long long": 64,
    "u32": 32,
    "enum colour": 32,
    "enum tiny": 8,
    "enum huge": 64,
}
OTHERS = ["float", "double", "unsigned __int128", "void *", "const char *", "struct ready", "int (*)(void)"]
PRELUDE = """
typedef unsigned int u32;
enum colour { RED, GREEN = -5, BLUE = 1000 };
enum __attribute__((mode(QI))) tiny { SMALL = 1, SMALLER = 100 };
enum huge { HUGE_LOW, HUGE_HIGH = 1L << 40 };
struct ready { char a; long b; short c; };
"""


class Drawn(NamedTuple):
    """One struct: its C text, and its members as (path, is bitfield)."""

    text: str
    leaves: list[tuple[str, bool]]


@st.composite
def structs(draw: st.DrawFn, name: str) -> Drawn:
    leaves: list[tuple[str, bool]] = []
    numbers = iter(range(10_000))
    body = _body(draw, leaves, "", numbers, 0)
    keyword = draw(st.sampled_from(["struct", "struct", "struct", "union"]))
    return Drawn(f"{keyword} {name} {{\n{body}}}{draw(_attributes)};\n", leaves)


_attributes = st.sampled_from(["", "", "", " __attribute__((packed))", " __attribute__((aligned(32)))"])
_aligned = st.sampled_from(["", "", "", "", "", " __attribute__((aligned(16)))", " __attribute__((packed))"])


def _body(draw: st.DrawFn, leaves: list[tuple[str, bool]], path: str, numbers, depth: int) -> str:  # type: ignore[no-untyped-def]
    text = ""
    for _ in range(draw(st.integers(1, 7))):
        name = f"m{next(numbers)}"
        shape = draw(
            st.sampled_from(["plain", "plain", "bits", "bits", "gap", "array", "inner", "anonymous"])
        )
        if shape in ("inner", "anonymous") and depth < 3:
            keyword = draw(st.sampled_from(["struct", "union"]))
            inner = "" if shape == "anonymous" else name
            if inner:
                leaves.append((path + name, False))
            below = path if shape == "anonymous" else f"{path}{name}."
            body = _body(draw, leaves, below, numbers, depth + 1)
            text += f"{keyword} {{\n{body}}}{draw(_attributes)} {inner};\n"
        elif shape == "bits":
            type = draw(st.sampled_from([*SCALARS]))
            # An enum in a field of all its bits but one could not hold its values; the compiler would warn only.
            width = draw(st.integers(1, SCALARS[type]))
            text += f"{type} {name}:{width};\n"
            leaves.append((path + name, True))
        elif shape == "gap":
            type = draw(st.sampled_from(["int", "long", "char"]))
            text += f"{type} :{draw(st.integers(0, 8))};\n"
        elif shape == "array":
            type = draw(st.sampled_from([*SCALARS, *OTHERS[:-1]]))
            dimensions = "".join(f"[{draw(st.integers(1, 5))}]" for _ in range(draw(st.integers(1, 2))))
            text += f"{type} {name}{dimensions}{draw(_aligned)};\n"
            leaves.append((path + name, False))
        else:
            type = draw(st.sampled_from([*SCALARS, *OTHERS]))
            declared = type.replace("(*)", f"(*{name})") if "(*)" in type else f"{type} {name}"
            text += f"{declared}{draw(_aligned)};\n"
            leaves.append((path + name, False))
    return text
