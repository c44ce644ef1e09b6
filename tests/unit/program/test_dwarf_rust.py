"""Rust's debugging information, as LLVM writes it: no siblings, addresses and names by number, frames by registers."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from probelang.ctypes import CPointer, CStruct
from probelang.program.dwarf import LineFound
from probelang.program.dwarf_places import InMemory, Unavailable
from tests.unit.btf.compiler import require

from .dwarf_files import open_dwarf, symbols_of

if TYPE_CHECKING:
    from pathlib import Path

SOURCE = """\
pub struct Counter { pub count: i32, pub name: String, pub pair: (u8, u64) }
impl Counter {
    #[inline(never)]
    pub fn advance(&mut self, by: i32, text: &str) -> i32 {
        self.count += by;
        if text.len() > 3 { self.name.push_str(text); }
        self.count
    }
}
fn main() {
    let mut counter = Counter { count: 1, name: String::new(), pair: (1, 2) };
    println!("{} {}", counter.advance(2, "hello"), counter.pair.1);
}
"""


@pytest.mark.parametrize("version", [4, 5])
def test_a_method_of_rust(tmp_path: Path, version: int) -> None:
    tool = require("rustc")
    (tmp_path / "counter.rs").write_text(SOURCE)
    options = ["-g", f"-Cdwarf-version={version}", "-Ccodegen-units=1", "-o", "program"]
    done = subprocess.run(
        [tool, *options, "counter.rs"], cwd=tmp_path, capture_output=True, timeout=200, check=False
    )
    if done.returncode and b"dwarf-version" in done.stderr:
        pytest.skip("NOT TESTED: this rustc writes one version of DWARF only")
    assert done.returncode == 0, done.stderr[:2000]
    program = tmp_path / "program"
    dwarf = open_dwarf(program)
    ((symbol, address),) = [(name, at) for name, at in symbols_of(program).items() if "7advance17h" in name]
    (function,) = dwarf.find_function(symbol, address)
    assert (function.name, function.linkage_name, function.low) == ("advance", symbol, address)
    assert [each.low for each in dwarf.find_function(symbol)] == [address]
    assert [(param.name, param.type.text) for param in function.params] == [
        ("self", "&mut counter::Counter"),
        ("by", "i32"),
        ("text", "&str"),
    ]
    pointer = function.params[0].type.describe()
    assert isinstance(pointer, CPointer)
    assert pointer.target is not None
    described = pointer.target.describe()
    assert isinstance(described, CStruct)
    assert set(described.ref.member_names()) == {"count", "name", "pair"}
    end = dwarf.prologue_end(function)
    assert end is not None
    by = function.params[1]
    # By what register the frame is counted is decided by the prologue, so nothing is told before its end.
    assert isinstance(by.location_at(address), Unavailable)
    assert function.places_at_entry()[1] == by.location_at(address)
    slot = by.location_at(end)
    assert isinstance(slot, InMemory)
    assert slot.register == "sp"
    line = dwarf.addresses_of_line("counter.rs", 5)
    assert isinstance(line, LineFound)
    assert all(at in function for at in line.addresses)
