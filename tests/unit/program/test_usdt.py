"""Static probes: notes as <sys/sdt.h> leaves them, in programs of every kind, and those of libraries on the machine."""

from __future__ import annotations

import os
import re
import struct
from typing import TYPE_CHECKING

import pytest

from probelang.answers import Found, NotFound
from probelang.program.operands import Constant, Memory, Register
from probelang.program.program import Program

from .build import STATIC_PROBES, compile_c, run

if TYPE_CHECKING:
    from pathlib import Path

    from probelang.program.usdt import UsdtSite

SOURCE = (
    STATIC_PROBES
    + r"""
SEMAPHORE(shop_order_semaphore); SEMAPHORE(shop_other_semaphore);
long counter = 7;
__attribute__((noinline)) int order(int number, long price, unsigned char kind) {
    if (__builtin_expect(shop_order_semaphore, 0))
        __asm__ volatile(NOTE("shop", "order", "shop_order_semaphore", "-4@%0 8@%1 1@%b2 -4@$-3 8@counter(%%rip)")
            :: "r"(number), "r"(price), "r"(kind));
    __asm__ volatile(NOTE("shop", "plain", "0", ""));
    return number;
}
int main(int argc, char **argv) {
    __asm__ volatile(NOTE("shop", "order", "shop_order_semaphore", "-4@%0 8@$1 1@$2 -4@$-3 8@$4") :: "m"(argc));
    __asm__ volatile(NOTE("market", "plain", "0", ""));
    return order(argc, 5, 'x') + shop_other_semaphore;
}
"""
)
KINDS = {
    "pie": (["-pie", "-fPIE"], False),
    "fixed": (["-no-pie", "-fno-pie"], False),
    "static": (["-static", "-no-pie"], False),
    "library": (["-shared", "-fPIC"], False),
    "stripped": (["-pie", "-fPIE"], True),
}


@pytest.fixture(scope="module", params=KINDS)
def built(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """A program, and the same before it was stripped."""
    options, strip = KINDS[request.param]
    path = compile_c(tmp_path_factory.mktemp("usdt"), "it", SOURCE, *options)
    if strip:
        run("strip", "-o", path + ".stripped", path)
    return path + (".stripped" if strip else ""), path


def sites(program: Program, provider: str, name: str) -> tuple[UsdtSite, ...]:
    answer = program.find_usdt(provider, name)
    assert isinstance(answer, Found), answer
    return answer.value


def test_sites_semaphores_and_arguments(built: tuple[str, str]) -> None:
    path, whole = built
    program = Program(path)
    order = sites(program, "shop", "order")
    assert len(order) == 2
    assert sorted(site.name for site in program.usdt_probes() if site.provider != "libc") == [
        "order",
        "order",
        "plain",
        "plain",
    ]
    with open(path, "rb") as file:
        data = file.read()
    semaphore = Program(whole).find_symbol("shop_order_semaphore").value  # type: ignore[union-attr]
    for site in (*order, *sites(program, "shop", "plain"), *sites(program, "market", "plain")):
        assert data[site.file_offset] == 0x90, "not a nop"
        assert program.address(site.file_offset) == site.address
        assert site.semaphore_offset == (semaphore.file_offset if site.name == "order" else None)
    homes = {site.address: Program(whole).function_at(site.address) for site in order}
    in_order, in_main = sorted(order, key=lambda site: getattr(homes[site.address], "name", ""), reverse=True)
    assert [getattr(home, "name", "") for home in homes.values()] in (["order", "main"], ["main", "order"])
    assert [(a.size, a.signed) for a in in_order.arguments] == [
        (4, True),
        (8, False),
        (1, False),
        (4, True),
        (8, False),
    ]
    first, second, third, fourth, fifth = [argument.operand for argument in in_order.arguments]
    assert isinstance(first, Register)
    assert isinstance(second, Register)
    assert isinstance(third, Register)
    assert (first.bits, second.bits, third.bits) == (32, 64, 8)
    assert fourth == Constant(-3)
    assert fifth == Memory(Register("rip", "ip", 64), symbol="counter")
    assert isinstance(in_main.arguments[0].operand, Memory)


def test_notes_are_what_readelf_prints(built: tuple[str, str]) -> None:
    path, _ = built
    printed = re.findall(
        r"Provider: (\S+)\s+Name: (\S+)\s+Location: 0x(\w+), Base: 0x\w+, Semaphore: 0x(\w+)\s+Arguments: ?(.*)",
        run("readelf", "-nW", path),
    )
    ours = [
        (site.provider, site.name, site.address, bool(site.semaphore_offset), site.arguments_text.strip())
        for site in Program(path).usdt_probes()
    ]
    assert ours == [(p, n, int(a, 16), bool(int(s, 16)), text.strip()) for p, n, a, s, text in printed]


def test_addresses_follow_the_base_when_the_program_was_moved(tmp_path: Path) -> None:
    """As prelink did: everything a page higher, and the notes not told."""
    path = compile_c(tmp_path, "it", SOURCE, "-pie", "-fPIE")
    before = Program(path).usdt_probes()
    with open(path, "r+b") as file:
        data = bytearray(file.read())
        section = Program(path).elf.find_section(".note.stapsdt")
        assert section is not None
        at = section.offset
        while at < section.offset + section.size:
            names, size, _ = struct.unpack_from("<III", data, at)
            place = at + 12 + (names + 3 & ~3)
            fields = struct.unpack_from("<QQQ", data, place)
            moved = [value - 0x1000 if value else 0 for value in fields]
            struct.pack_into("<QQQ", data, place, *moved)
            at = place + (size + 3 & ~3)
        file.seek(0)
        file.write(data)
    assert Program(path).usdt_probes() == before


def test_a_wrong_name_gets_near_ones(tmp_path: Path) -> None:
    program = Program(compile_c(tmp_path, "it", SOURCE))
    assert program.find_usdt("shop", "ordr") == NotFound(("shop:order",))
    assert program.find_usdt("markt", "plain") == NotFound(("market:plain", "shop:plain"))
    assert program.find_usdt("", "") == NotFound(())
    without = Program(compile_c(tmp_path, "without", "int main(void) { return 0; }", "-shared"))
    assert without.usdt_probes() == []
    assert without.find_usdt("shop", "order") == NotFound(())


@pytest.mark.parametrize("name", ["libc.so.6", "libstdc++.so.6", "libpython3.11.so.1.0"])
def test_libraries_of_the_machine(name: str) -> None:
    path = f"/lib/x86_64-linux-gnu/{name}"
    if not os.path.exists(path):
        pytest.skip(f"NOT TESTED: no {path}")
    printed = run("readelf", "-nW", path).count("stapsdt ")
    probes = Program(path).usdt_probes()
    assert len(probes) == printed
    if not printed:
        pytest.skip(f"NOT TESTED: {path} is built without static probes")
    for site in probes:
        for argument in site.arguments:
            assert isinstance(argument.operand, (Register, Memory, Constant)), argument
