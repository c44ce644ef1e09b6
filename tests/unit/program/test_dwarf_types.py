"""Types: spelled as C spells them, laid out as the compiler lays them out, described as the checker asks."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest

from probelang.check.fetch_types import natural_fetch
from probelang.ctypes import CArray, CInt, COther, CPointer, CStruct, CVoid, TypeRef
from probelang.program.dwarf_places import AtAddress
from tests.unit.btf.compiler import ask_layout

from .dwarf_files import build, open_dwarf, symbols_of

if TYPE_CHECKING:
    from pathlib import Path

    from probelang.program.dwarf import Dwarf

C = """\
typedef unsigned char u8;
typedef int number;
typedef number again;
enum plain { ZERO, ONE };
enum signed_one { MINUS = -1, PLUS = 1 };
struct inner { int a; struct { long anonymous; union { char in_union; short other; }; }; };
struct declared;
struct first {
    char c;
    int low:3, high:7;
    unsigned wide:20;
    unsigned long long longer:40;
    u8 bytes[6];
    char name[16];
    const char *text;
    int table[3][5];
    struct inner in;
    struct first *next;
    struct declared *unknown;
    void *raw;
    int (*call)(struct first *, int);
    _Bool yes;
    enum plain plain;
    enum signed_one sign;
    again count;
    double floating;
    volatile const int *restrict both;
    short flexible[];
} __attribute__((aligned(16)));
struct packed { char c; long l; short s:5; long t:33; } __attribute__((packed));
extern struct first global;
extern int elsewhere, from_header;
struct first global;
int from_header = 3;
static struct packed hidden[4];
int use(struct first *f, struct packed *p) { return f->c + p->c + global.c + hidden[f->c].c + elsewhere; }
__asm__(".data; .globl elsewhere; elsewhere: .long 7; .text");
int main(void) { return 0; }
"""


@pytest.fixture(scope="module", params=["-gdwarf-3", "-gdwarf-4", "-gdwarf-5", "-g -fdebug-types-section"])
def program(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("types"), {"types.c": C}, *request.param.split(), "-O0")


@pytest.fixture
def dwarf(program: Path) -> Dwarf:
    return open_dwarf(program)


def struct(dwarf: Dwarf, name: str) -> TypeRef:
    found = dwarf.find_type("struct", name)
    assert found is not None
    return found


def member(type: TypeRef, name: str) -> TypeRef:
    found = type.find_member(name)
    assert found is not None, name
    return found.type


def test_layouts_are_the_compilers(dwarf: Dwarf, tmp_path: Path) -> None:
    leaves: list[tuple[str, str, bool]] = []
    ours: list[tuple[int, int, int]] = []
    for name in ("first", "packed", "inner"):
        type = struct(dwarf, name)
        leaves.append((f"struct {name}", "", False))
        ours.append((0, 0, type.size()))
        for each in type.member_names():
            found = type.find_member(each)
            assert found is not None
            if each == "flexible":
                continue
            leaves.append((f"struct {name}", each, bool(found.bit_size)))
            ours.append((found.bit_offset, found.bit_size, found.type.size()))
    source = C[: C.index("extern struct first global")]
    for place, leaf, (text, name, _) in zip(ours, ask_layout(source, leaves, tmp_path), leaves, strict=True):
        assert place[:2] == (leaf.offset, leaf.bits), (text, name)
        if not leaf.bits:
            assert place[2] == leaf.size, (text, name)


def test_anonymous_members_are_looked_through(dwarf: Dwarf) -> None:
    inner = struct(dwarf, "inner")
    assert inner.member_names() == ["a", "anonymous", "in_union", "other"]
    found = inner.find_member("other")
    assert found is not None
    assert (found.bit_offset, found.type.text) == (128, "short int")
    assert inner.find_member("nothing") is None


def test_types_are_spelled_as_in_c(dwarf: Dwarf) -> None:
    first = struct(dwarf, "first")
    assert {name: member(first, name).text for name in first.member_names()} == {
        "c": "char",
        "low": "int",
        "high": "int",
        "wide": "unsigned int",
        "longer": "long long unsigned int",
        "bytes": "u8 [6]",
        "name": "char [16]",
        "text": "const char *",
        "table": "int [3][5]",
        "in": "struct inner",
        "next": "struct first *",
        "unknown": "struct declared *",
        "raw": "void *",
        "call": "int (*)(struct first *, int)",
        "yes": "_Bool",
        "plain": "enum plain",
        "sign": "enum signed_one",
        "count": "again",
        "floating": "double",
        "both": member(first, "both").text,
        "flexible": "short int [0]",
    }
    assert member(first, "both").text in (
        "const volatile int * restrict",
        "volatile const int * restrict",
        "const volatile int *restrict",
        "volatile const int *restrict",
    )


def test_types_are_described_one_level_at_a_time(dwarf: Dwarf) -> None:
    first = struct(dwarf, "first")
    match member(first, "count").describe():
        case CInt(4, True, "int", ref):
            assert ref is not None
            assert ref.text == "int"
        case other:
            pytest.fail(repr(other))
    for name, expected in {
        "c": (1, True, "char"),
        "yes": (1, False, "bool"),
        "plain": (4, False, "enum"),
        "sign": (4, True, "enum"),
        "longer": (8, False, "int"),
    }.items():
        described = member(first, name).describe()
        assert isinstance(described, CInt)
        assert (described.size, described.signed, described.what) == expected, name
    table = member(first, "table").describe()
    assert isinstance(table, CArray)
    assert table.count == 3
    row = table.element.describe()
    assert (table.element.text, table.element.size()) == ("int [5]", 20)
    assert isinstance(row, CArray)
    assert (row.count, row.element.text) == (5, "int")
    raw = member(first, "raw").describe()
    assert isinstance(raw, CPointer)
    assert raw.target is not None
    assert isinstance(raw.target.describe(), CVoid)
    unknown = member(first, "unknown").describe()
    assert isinstance(unknown, CPointer)
    assert unknown.target is not None
    described = unknown.target.describe()
    assert isinstance(described, CStruct)
    assert (described.name, described.defined) == ("declared", False)
    assert unknown.target.member_names() == []
    call = member(first, "call").describe()
    assert isinstance(call, CPointer)
    assert call.target is not None
    assert isinstance(call.target.describe(), COther)
    assert isinstance(member(first, "floating").describe(), COther)


def test_values_are_recorded_as_their_types_say(dwarf: Dwarf) -> None:
    first = struct(dwarf, "first")
    fetched = {}
    for name in (
        "c",
        "bytes",
        "name",
        "text",
        "table",
        "next",
        "yes",
        "sign",
        "plain",
        "count",
        "in",
        "floating",
    ):
        fetch = natural_fetch(member(first, name).describe())
        fetched[name] = None if fetch is None else (fetch.name, fetch.count)
    assert fetched == {
        "c": ("s8", None),
        "bytes": ("u8", 6),
        "name": ("string", None),
        "text": ("string", None),
        "table": None,
        "next": ("x64", None),
        "yes": ("u8", None),
        "sign": ("s32", None),
        "plain": ("u32", None),
        "count": ("s32", None),
        "in": None,
        "floating": None,
    }


def test_variables_and_enumerators_by_name(program: Path) -> None:
    dwarf, symbols = open_dwarf(program), symbols_of(program)
    for name, text in (("global", "struct first"), ("hidden", "struct packed [4]"), ("from_header", "int")):
        (variable,) = dwarf.find_variable(name)
        assert variable.location_at(0) == AtAddress(symbols[name])
        assert variable.type.text == text
    assert dwarf.find_variable("elsewhere") == []
    declared = dwarf.find_declaration("elsewhere")
    assert declared is not None
    assert declared.type.text == "int"
    assert dwarf.find_declaration("hidden") is None
    assert dwarf.find_enumerator("MINUS") == -1
    assert dwarf.find_enumerator("ONE") == 1
    assert dwarf.find_enumerator("NONE") is None
    assert dwarf.find_variable("use") == []
    assert dwarf.find_type("union", "first") is None
    assert dwarf.find_type("struct", "declared") is None
    found = dwarf.find_type("typedef", "again")
    assert found is not None
    assert found.size() == 4
    assert dwarf.find_type("int", "char") is not None


def test_what_one_file_only_declares_is_completed_from_another(tmp_path: Path) -> None:
    files = {
        "a.c": "struct hidden; int look(struct hidden *h); int main(void) { return look(0); }\n"
        "int pass(struct hidden *h) { return look(h); }",
        "b.c": "struct hidden { int before; long wanted; }; int look(struct hidden *h) { return h->wanted; }",
    }
    dwarf = open_dwarf(build(tmp_path, files, "-g"))
    (function,) = dwarf.find_function("pass")
    pointer = function.params[0].type.describe()
    assert isinstance(pointer, CPointer)
    assert pointer.target is not None
    described = pointer.target.describe()
    assert isinstance(described, CStruct)
    assert described.defined
    found = described.ref.find_member("wanted")
    assert found is not None
    assert found.bit_offset == 64
    assert pointer.target.find_member("wanted") is not None


def test_a_name_that_many_others_end_in(tmp_path: Path) -> None:
    """Linkers keep it once, as the end of one of them."""
    others = "".join(
        f"int {letters}_counted = 2;\n" for letters in itertools.chain("abcdefghij", ("zz", "yz"))
    )
    longer = "".join(f"int a{number}_ends_counted = 3;\n" for number in range(40))
    source = f"{others}{longer}int counted = 1;\nint main(void) {{ return 0; }}\n"
    path = build(tmp_path, {"ends.c": source}, "-g", "-Wl,-O2", "-fno-ipa-icf")
    (found,) = open_dwarf(path).find_variable("counted")
    assert found.location_at(0) == AtAddress(symbols_of(path)["counted"])
