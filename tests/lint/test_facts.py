"""The linter's tables of functions: each name is one that a kernel has, with the parameter that is meant."""

from __future__ import annotations

import pytest

from probelang.answers import Found
from probelang.btf.names import Space
from probelang.btf.types import FuncProto, Ptr, Qualifier, Typedef
from probelang.kernel.facts import Function
from probelang.linter.facts.freeing import FREED, FREES, PUTS, does_to
from probelang.linter.facts.hot import HOT
from probelang.linter.facts.user_memory import KERNEL_ONLY, USER
from probelang.linter.facts.waiting import WAITING
from tests.support.specs import KERNELS, bundled

#: Inlined by today's compilers; older kernels have it.
OLDER = {"kfree_skb"}


def found(name: str) -> list[tuple[str, Function]]:
    answers = [(kernel, bundled(kernel).find_function(name)) for kernel in KERNELS]
    return [(kernel, answer.value) for kernel, answer in answers if isinstance(answer, Found)]


@pytest.mark.parametrize("table", [FREED, WAITING, HOT, USER], ids=["freed", "waiting", "hot", "user"])
def test_some_kernel_can_probe_each(table: dict[str, object] | frozenset[str]) -> None:
    lost = {name for name in table if not any(function.traceable for _, function in found(name))}
    assert lost <= OLDER


def test_the_parameters_are_pointers() -> None:
    places = [(name, slot) for name, (slot, _) in FREED.items()]
    places += [(name, slot) for name, slots in USER.items() for slot in slots]
    for name, slot in places:
        for kernel, function in found(name):
            if function.proto is None:
                continue
            btf = bundled(kernel).btf
            assert btf is not None
            proto = btf.type(function.proto)
            assert isinstance(proto, FuncProto)
            type = btf.type(proto.params[slot - 1].type)
            while isinstance(type, Typedef | Qualifier):
                type = btf.type(type.target)
            assert isinstance(type, Ptr), (kernel, name, slot)


def test_structs_of_the_kernel() -> None:
    lost = {
        struct
        for struct in KERNEL_ONLY
        if not any(
            (btf := bundled(kernel).btf) is not None and btf.find(Space.STRUCT, struct) is not None
            for kernel in KERNELS
        )
    }
    assert not lost


@pytest.mark.parametrize(
    ("function", "thing", "does"),
    [
        ("free_task", "task", FREES),
        ("bio_free", "bio", FREES),
        ("__bio_free.constprop.0", "bio", FREES),
        ("bpf_link_put", "bpf_link", PUTS),
        ("put_timespec64", "timespec64", None),
        ("dev_pm_qos_constraints_free", "dev", None),
        ("free_pages", "page", None),
        ("bio_free", "", None),
        ("free", "", None),
    ],
)
def test_what_a_name_says(function: str, thing: str, does: str | None) -> None:
    assert does_to(function, thing) == does
