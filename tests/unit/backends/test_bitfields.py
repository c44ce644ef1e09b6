"""Every bitfield of some large structs: what is emitted takes just the bits that BTF says."""

from __future__ import annotations

import re

import pytest

from probelang.btf import types
from probelang.btf.blob import Btf
from probelang.btf.names import Space
from tests.support.specs import KERNELS, bundled, run

BITFIELD = re.compile(r"m(\d+)=\+(\d+)\((?:sk|\$arg1)\):b(\d+)@(\d+)/(\d+)")


def bitfields(btf: Btf, id: int, base: int = 0) -> list[tuple[str, int, int]]:
    """Name, first bit and width of each bitfield, those of anonymous structs and unions too."""
    struct = btf.type(id)
    assert isinstance(struct, types.Struct)
    found: list[tuple[str, int, int]] = []
    for member in struct.members:
        if member.bit_size and member.name:
            found.append((member.name, base + member.bit_offset, member.bit_size))
        elif not member.name:
            inner = member.type
            while isinstance(core := btf.type(inner), types.Qualifier | types.Typedef):
                inner = core.target
            if isinstance(core, types.Struct):
                found += bitfields(btf, inner, base + member.bit_offset)
    return found


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize(
    "struct",
    ["tcp_sock", "sk_buff", "task_struct", "sock", "net_device", "inet_sock", "tcphdr", "iphdr", "page"],
)
def test_the_bits_are_those_of_the_layout(struct: str, kernel: str) -> None:
    btf = bundled(kernel).btf
    assert btf is not None
    id = btf.find(Space.STRUCT, struct)
    assert id is not None
    fields = bitfields(btf, id)
    if not fields:
        pytest.skip("no bitfields")
    for begin in range(0, len(fields), 50):
        part = dict(enumerate(fields[begin : begin + 50]))
        items = "\n".join(
            f"m{index} = ((struct {struct} *)sk)->{name}" for index, (name, _, _) in part.items()
        )
        analysis = run(f"fprobe tcp_v4_connect {{\n{items}\n}}", kernel)
        assert not analysis.failed, [found.message for found in analysis.diagnostics]
        ((command,),) = [event.commands for event in analysis.events]
        emitted = [tuple(int(part) for part in found) for found in BITFIELD.findall(command)]
        assert len(emitted) == len(part)
        for index, offset, width, shift, container in emitted:
            name, first, size = part[index]
            assert (width, 8 * offset + shift) == (size, first), name
            assert shift + width <= container and container in (8, 16, 32, 64), name
