"""Layouts against a C compiler: what it says of random structs, and of the kernel's own as we declare them."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from probelang.btf.blob import Btf, Space
from probelang.btf.c import declaration, type_name
from probelang.btf.layout import find_member, member_names, members_of, size_of
from probelang.btf.types import Struct

from .compiler import Leaf, ask_layout, compile_object, require
from .dwarf import btf_of
from .header import Header
from .structs import PRELUDE, Drawn, structs

KERNEL = Path("/sys/kernel/btf/vmlinux")
BATCH = 12
# Shrinking runs the compiler for minutes, and a failure shows the one struct that fails anyway.
quick = settings(
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)


@st.composite
def batches(draw: st.DrawFn) -> list[Drawn]:
    """Structs enough to make starting the compiler worth while."""
    return [draw(structs(f"s{number}")) for number in range(BATCH)]


def find_path(btf: Btf, id: int, path: str) -> Leaf:
    offset = bits = 0
    for name in path.split("."):
        place = find_member(btf, id, name)
        assert place, name
        offset, bits, id = offset + place.bit_offset, place.bit_size, place.type
    return Leaf(offset, bits, 0 if bits else size_of(btf, id))


def expected(drawn: list[Drawn], source: str, folder: Path) -> dict[tuple[int, str], Leaf]:
    leaves = [
        (number, path, bits)
        for number, struct in enumerate(drawn)
        for path, bits in [("", False), *struct.leaves]
    ]
    keywords = [struct.text.split()[0] for struct in drawn]
    answers = ask_layout(source, [(f"{keywords[n]} s{n}", path, bits) for n, path, bits in leaves], folder)
    return {(number, path): answer for (number, path, _), answer in zip(leaves, answers, strict=True)}


def check(btf: Btf, drawn: list[Drawn], truth: dict[tuple[int, str], Leaf]) -> None:
    for number, struct in enumerate(drawn):
        space = Space.UNION if struct.text.startswith("union") else Space.STRUCT
        id = btf.find(space, f"s{number}")
        assert id is not None
        assert size_of(btf, id) == truth[number, ""].size
        for path, _ in struct.leaves:
            assert find_path(btf, id, path) == truth[number, path], f"{path} of\n{struct.text}"
        outer = [path.partition(".")[0] for path, _ in struct.leaves]
        assert member_names(btf, id) == list(dict.fromkeys(outer))


@settings(quick, max_examples=15)
@given(batches())
def test_random_structs_lie_as_the_compiler_lays_them(drawn: list[Drawn]) -> None:
    source = PRELUDE + "".join(struct.text for struct in drawn)
    with TemporaryDirectory() as name:
        folder = Path(name)
        truth = expected(drawn, source, folder)
        variables = "\n".join(
            f"{struct.text.split()[0]} s{number} v{number};" for number, struct in enumerate(drawn)
        )
        object = compile_object(
            f"{source}\n{variables}", folder, "-c", "-gdwarf-5", "-fno-eliminate-unused-debug-types"
        )
        btf = Btf.from_bytes(btf_of(object))
        check(btf, drawn, truth)
        # And back: the compiler reads our declaration as it read the first.
        declared = Header(btf, padding=True)
        for number, struct in enumerate(drawn):
            declared.add(
                btf.find(Space.UNION if struct.text.startswith("union") else Space.STRUCT, f"s{number}")
            )
        assert expected(drawn, declared.text(), folder) == truth, declared.text()


@settings(quick, max_examples=5)
@given(batches())
def test_random_structs_by_pahole(drawn: list[Drawn]) -> None:
    """The encoder that the kernel's build runs."""
    pahole = require("pahole")
    source = PRELUDE + "".join(struct.text for struct in drawn)
    with TemporaryDirectory() as name:
        folder = Path(name)
        truth = expected(drawn, source, folder)
        variables = "\n".join(
            f"{struct.text.split()[0]} s{number} v{number};" for number, struct in enumerate(drawn)
        )
        object = compile_object(f"{source}\n{variables}", folder, "-c", "-gdwarf-5")
        blob = folder / "blob"
        subprocess.run(
            [pahole, f"--btf_encode_detached={blob}", "--btf_gen_floats", str(object)], check=True, timeout=60
        )
        check(Btf.from_bytes(blob.read_bytes()), drawn, truth)


def test_split_btf_by_pahole(tmp_path: Path) -> None:
    """A module's, on top of its kernel's: what both have is stored once."""
    pahole = require("pahole")
    shared = "enum mode { OFF, ON = 3 };\nstruct shared { long a; enum mode mode; };\n"
    own = "struct own { struct shared *where; char mark; struct { int deep; }; enum { LOCAL = 7 } kind; };\n"
    (tmp_path / "kernel").mkdir()
    (tmp_path / "module").mkdir()
    kernel = compile_object(f"{shared}struct shared s;", tmp_path / "kernel", "-c", "-g")
    module = compile_object(f"{shared}{own}struct own o;", tmp_path / "module", "-c", "-g")
    blobs = [tmp_path / "kernel.btf", tmp_path / "module.btf"]
    subprocess.run([pahole, f"--btf_encode_detached={blobs[0]}", str(kernel)], check=True, timeout=60)
    command = [pahole, f"--btf_base={blobs[0]}", f"--btf_encode_detached={blobs[1]}", str(module)]
    subprocess.run(command, check=True, timeout=60)
    base = Btf.from_bytes(blobs[0].read_bytes())
    split = Btf.from_bytes(blobs[1].read_bytes(), base=base, name="module")
    id = split.find(Space.STRUCT, "own")
    assert id is not None and id >= len(base)
    assert base.find(Space.STRUCT, "own") is None
    assert member_names(split, id) == ["where", "mark", "deep", "kind"]
    assert size_of(split, id) == 24
    where = find_member(split, id, "where")
    assert where and type_name(split, where.type) == "struct shared *"
    assert split.find_all(Space.STRUCT, "shared") == base.find_all(Space.STRUCT, "shared")
    assert [value for value, _ in split.find_enumerator("ON")] == [3]
    assert [value for value, enum in split.find_enumerator("LOCAL") if enum >= len(base)] == [7]


# Every n-th struct of the kernel in a plain run; 1 takes a quarter of a minute.
STEP = int(os.environ.get("PROBELANG_STRUCT_STEP", "16"))


def test_the_kernels_structs_as_we_declare_them() -> None:
    if not KERNEL.exists():
        pytest.skip(f"NOT TESTED: needs {KERNEL}, which this kernel does not show")
    require("gcc")
    btf = Btf.from_bytes(KERNEL.read_bytes())
    header = Header(btf, padding=True)
    wanted = [*btf.names(Space.STRUCT)][::STEP] + [
        "task_struct",
        "file",
        "sk_buff",
        "sock",
        "net_device",
        "bio",
    ]
    added = [name for name in wanted if header.add(btf.find(Space.STRUCT, name))]
    assert len(added) > len(wanted) * 0.9
    questions, ours = [], []
    for name in added:
        id = btf.find(Space.STRUCT, name)
        assert id is not None
        questions.append((f"struct {name}", "", False))
        ours.append(Leaf(0, 0, size_of(btf, id)))
        for place in members_of(btf, id):
            questions.append((f"struct {name}", place.path[-1], bool(place.bit_size)))
            ours.append(
                Leaf(place.bit_offset, place.bit_size, 0 if place.bit_size else size_of(btf, place.type))
            )
    with TemporaryDirectory() as folder:
        theirs = ask_layout(header.text(), questions, Path(folder))
    wrong = [(q, o, t) for q, o, t in zip(questions, ours, theirs, strict=True) if o != t]
    assert not wrong, wrong[:20]


def test_comments_of_a_declaration_tell_the_offsets() -> None:
    if not KERNEL.exists():
        pytest.skip(f"NOT TESTED: needs {KERNEL}, which this kernel does not show")
    btf = Btf.from_bytes(KERNEL.read_bytes())
    id = btf.find(Space.STRUCT, "task_struct")
    assert id is not None
    text = declaration(btf, id)
    comm = find_member(btf, id, "comm")
    struct = btf.type(id)
    assert comm and isinstance(struct, Struct)
    assert re.search(rf"\tchar comm\[16\]; /\* +{comm.bit_offset // 8} +16 \*/\n", text)
    assert text.endswith(f"}}; /* size: {struct.size} */")
