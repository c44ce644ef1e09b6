"""Types as C spells them."""

from __future__ import annotations

import pytest

from probelang.btf.blob import Btf
from probelang.btf.c import declaration, declarator, type_name

from .writer import CHAR, SIGNED, Writer, every_kind


class Types:
    """Types to name, by the name they should get."""

    def __init__(self) -> None:
        w = Writer()
        char = w.integer("char", 1, SIGNED | CHAR)
        integer = w.integer("int", 4, SIGNED)
        file = w.struct("file", 0, [])
        file_ptr = w.ptr(file)
        nameless = w.struct("", 0, [], union=True)
        choice = w.enum("choice", {})
        anonymous_enum = w.enum("", {})
        fwd = w.fwd("later")
        u64 = w.typedef("u64", integer)
        proto = w.proto(integer, ("file", file_ptr), ("size", u64))
        variadic = w.proto(0, ("fmt", w.ptr(w.const(char))), ("", 0))
        returns_handler = w.proto(w.ptr(proto), ("how", integer))
        takes_handler = w.proto(0, ("handler", w.ptr(proto)))
        self.ids = {
            "void": 0,
            "int": integer,
            "u64": u64,
            "struct file": file,
            "struct file *": file_ptr,
            "struct file **": w.ptr(file_ptr),
            "union {...}": nameless,
            "enum choice": choice,
            "enum {...}": anonymous_enum,
            "struct later *": w.ptr(fwd),
            "void *": w.ptr(0),
            "const void *": w.ptr(w.const(0)),
            "const char *": w.ptr(w.const(char)),
            "char *const": w.const(w.ptr(char)),
            "const char *const": w.const(w.ptr(w.const(char))),
            "const volatile int": w.const(w.volatile(integer)),
            "volatile const int": w.volatile(w.const(integer)),
            "char *restrict": w.restrict(w.ptr(char)),
            "char __user *": w.ptr(w.type_tag("user", char)),
            "const char __user *": w.ptr(w.const(w.type_tag("user", char))),
            "int *": w.ptr(w.type_tag("address_space(1)", integer, attribute=True)),
            "char [16]": w.array(char, 16),
            "char [2][16]": w.array(w.array(char, 16), 2),
            "const char [4]": w.const(w.array(char, 4)),
            "char *[4]": w.array(w.ptr(char), 4),
            "char (*)[4]": w.ptr(w.array(char, 4)),
            "const char (*)[4]": w.ptr(w.array(w.const(char), 4)),
            "int (struct file *, u64)": proto,
            "int (*)(struct file *, u64)": w.ptr(proto),
            "int (*const)(struct file *, u64)": w.const(w.ptr(proto)),
            "int (*[3])(struct file *, u64)": w.array(w.ptr(proto), 3),
            "void (*)(const char *, ...)": w.ptr(variadic),
            "int (*(*)(int))(struct file *, u64)": w.ptr(returns_handler),
            "void (*)(int (*)(struct file *, u64))": w.ptr(takes_handler),
            "void (*)(void)": w.ptr(w.proto(0)),
        }
        self.btf = Btf.from_bytes(w.blob())


TYPES = Types()


@pytest.mark.parametrize("name", TYPES.ids)
def test_type_names(name: str) -> None:
    assert type_name(TYPES.btf, TYPES.ids[name]) == name


@pytest.mark.parametrize(
    ("type", "expected"),
    [
        ("char [16]", "char x[16]"),
        ("char (*)[4]", "char (*x)[4]"),
        ("char *[4]", "char *x[4]"),
        ("char *const", "char *const x"),
        ("char __user *", "char __user *x"),
        ("int (*const)(struct file *, u64)", "int (*const x)(struct file *, u64)"),
        ("int (*(*)(int))(struct file *, u64)", "int (*(*x)(int))(struct file *, u64)"),
        ("u64", "u64 x"),
    ],
)
def test_declarators(type: str, expected: str) -> None:
    assert declarator(TYPES.btf, TYPES.ids[type], "x") == expected


def test_declarations() -> None:
    writer = Writer()
    ids = every_kind(writer)
    btf = Btf.from_bytes(writer.blob())
    assert declaration(btf, ids["task"]).splitlines() == [
        "struct task {",
        "\tint pid; /*     0     4 */",
        "\tchar comm[16]; /*     4    16 */",
        "\tunion {",
        "\t\tstruct {",
        "\t\t\tconst char *left; /*    24     8 */",
        "\t\t\tconst char *right; /*    32     8 */",
        "\t\t}; /*    24    16 */",
        "\t\tlong unsigned int word; /*    24     8 */",
        "\t}; /*    24    16 */",
        "\tstruct flags f; /*    40     4 */",
        "}; /* size: 64 */",
    ]
    assert declaration(btf, ids["flags"]).splitlines()[1:3] == [
        "\tint a:3; /*     0: 0  3 */",
        "\tint b:7; /*     0: 3  7 */",
    ]
    assert declaration(btf, ids["func"]) == "int do_task(struct task *task, const char *fmt, ...);"
    assert declaration(btf, ids["reset"]) == "void reset(void);"
    assert declaration(btf, ids["task_t"]) == "typedef struct task task_t;"
    assert declaration(btf, ids["var"]) == "struct task init_task;"
    assert declaration(btf, ids["opaque_union"]) == "union opaque;"
    assert declaration(btf, ids["string"]) == "const char *"
    assert declaration(btf, ids["state"]).splitlines() == [
        "enum state {",
        "\tRUNNING = 0,",
        "\tDEAD = -1,",
        f"\tHALF = {1 << 30},",
        "};",
    ]
