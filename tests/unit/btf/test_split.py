"""Split BTF: whether a module's fits its base, and modules that bring a base of their own."""

from __future__ import annotations

import random
import struct

import pytest

from probelang.btf import layout
from probelang.btf.blob import Btf
from probelang.btf.names import Space
from probelang.btf.split import check_fit, relocate
from probelang.btf.types import BtfError, FuncProto, Ptr, Struct
from tests.fuzz import mutate

from .writer import CHAR, SIGNED, Writer


def base_blob(*, extra: str = "") -> bytes:
    w = Writer()
    if extra:
        w.integer(extra, 2)
    integer = w.integer("int", 4, SIGNED)
    w.integer("char", 1, SIGNED | CHAR)
    w.struct("file", 16, [("position", integer, 0), ("flags", integer, 32)])
    w.struct("odd", 8, [("position", integer, 0)])
    w.enum("mode", {"READ": 1})
    w.fwd("far")
    return w.blob()


def module_blob(base: bytes, *, file: int = 3) -> bytes:
    """`int open_it(struct file *file, int flags)`, and `struct mine { struct odd odd; struct file *file; }`."""
    btf = Btf.from_bytes(base)
    strings = base[struct.unpack_from("<I", base, 16)[0] + 24 :]
    w = Writer(first_id=len(btf), strings_start=len(strings))
    pointer = w.ptr(file)
    proto = w.proto(btf.find(Space.INT, "int") or 0, ("file", pointer), ("amount", 1))
    w.func("open_it", proto)
    w.struct("mine", 16, [("odd", btf.find(Space.STRUCT, "odd") or 0, 0), ("file", pointer, 64)])
    return w.blob()


def distilled() -> bytes:
    """The types of the kernel that `module_blob` uses, as pahole distils them: no members."""
    w = Writer()
    w.integer("int", 4, SIGNED)
    w.fwd("file")
    w.struct("odd", 8, [])
    return w.blob()


def test_a_module_fits_the_base_that_it_was_built_on() -> None:
    base = Btf.from_bytes(base_blob())
    check_fit(Btf.from_bytes(module_blob(base_blob()), base=base))


def test_names_in_the_middle_of_names_are_of_another_base() -> None:
    w = Writer(first_id=len(Btf.from_bytes(base_blob())), strings_start=1000)
    w.types = w.words(3, 8 << 24, 1)  # a typedef whose name is at 3
    with pytest.raises(
        BtfError, match="built for another kernel than this one: a name of it is in the middle"
    ):
        check_fit(Btf.from_bytes(w.blob(), base=Btf.from_bytes(base_blob())))


@pytest.mark.parametrize(
    ("words", "message"), [((1, 8 << 24, 9999), "a type 9999 of"), ((70_000, 8 << 24, 1), "is at 70000")]
)
def test_what_is_out_of_range_is_of_another_base(words: tuple[int, ...], message: str) -> None:
    w = Writer(strings_start=1)
    w.types = w.words(*words)
    with pytest.raises(BtfError, match=message):
        check_fit(Btf.from_bytes(w.blob(), base=Btf.from_bytes(base_blob())))


def test_a_distilled_base_is_turned_into_the_kernels() -> None:
    for extra in ("", "another"):
        base = Btf.from_bytes(base_blob(extra=extra))
        module = module_blob(distilled(), file=2)
        made = Btf.from_bytes(relocate(module, distilled(), base), base=base, name="mine")
        check_fit(made)
        mine = made.find(Space.STRUCT, "mine")
        assert mine is not None
        assert layout.find_member(made, mine, "odd") is not None
        struct_ = made.type(mine)
        assert isinstance(struct_, Struct)
        assert struct_.members[0].type == base.find(Space.STRUCT, "odd")
        pointer = made.type(struct_.members[1].type)
        assert isinstance(pointer, Ptr) and pointer.target == base.find(Space.STRUCT, "file")
        protos = [made.type(id) for id in range(len(base), len(made))]
        (proto,) = [one for one in protos if isinstance(one, FuncProto)]
        assert [param.name for param in proto.params] == ["file", "amount"]
        assert proto.returns == base.find(Space.INT, "int")


def test_a_distilled_base_of_another_kernel() -> None:
    w = Writer()
    w.integer("int", 4, SIGNED)
    w.fwd("file")
    w.struct("odd", 24, [])
    with pytest.raises(BtfError, match="built for a kernel with another `struct odd`"):
        relocate(module_blob(distilled(), file=2), w.blob(), Btf.from_bytes(base_blob()))


def test_spoilt_blobs_are_errors() -> None:
    rng = random.Random(5)
    base = Btf.from_bytes(base_blob())
    module, small = module_blob(distilled(), file=2), distilled()
    for _ in range(600):
        one = mutate.mutate_bytes(rng, module, [small]) if rng.random() < 0.7 else module
        other = mutate.mutate_bytes(rng, small, [module]) if rng.random() < 0.5 else small
        try:
            check_fit(Btf.from_bytes(relocate(one, other, base), base=base))
        except BtfError as error:
            assert "\n" not in str(error)
