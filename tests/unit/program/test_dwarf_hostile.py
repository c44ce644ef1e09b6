"""Damaged debugging information: an error of one line or an answer, soon; never anything else."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from probelang.ctypes import CArray, CPointer, CStruct, TypeRef
from probelang.program.dwarf import Dwarf, DwarfError

from .dwarf_files import build, dwarf_of, sections_of, symbols_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from probelang.program.dwarf import DwarfFunction

T = TypeVar("T")

SOURCE = """\
#include <stdio.h>
namespace n { struct Base { int b; }; struct Class : Base { int c:3; Class *next; char name[4][5]; int (*call)(Class); }; }
static inline __attribute__((always_inline)) int inlined(n::Class *p, int k) { return p->c + k; }
__attribute__((noinline)) int work(n::Class *p, int count) { int r = inlined(p, count); puts("a"); return r + count; }
int main(int argc, char **argv) { n::Class c = {}; return work(&c, argc); }
"""
VARIANTS = [
    "-O2 -gdwarf-5",
    "-O2 -gdwarf-4 -fdebug-types-section",
    "-O0 -gdwarf-3",
    "-O2 -gdwarf-5 -fdebug-types-section",
]
TOUCHED = (".debug", ".eh_frame")
LONGEST = 10.0
"""Seconds for all questions about one file of some kilobytes, on a machine that is busy with other things."""

Files = list[tuple[dict[str, tuple[bytes, int]], dict[str, int]]]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    found: Files = []
    for options in VARIANTS:
        path: Path = build(
            tmp_path_factory.mktemp("hostile"), {"h.cc": SOURCE}, *options.split(), compiler="g++"
        )
        sections = {
            name: (bytes(data), address)
            for name, (data, address) in sections_of(path).items()
            if name.startswith(TOUCHED)
        }
        found.append((sections, symbols_of(path)))
    return found


class Questions:
    """Asks, and counts what was answered."""

    def __init__(self) -> None:
        self.answered = 0

    def ask(self, question: Callable[..., T], *arguments: object) -> T | None:
        try:
            answer = question(*arguments)
        except DwarfError as error:
            assert str(error).isprintable()
            assert str(error)
            return None
        self.answered += 1
        return answer

    def everything(self, dwarf: Dwarf, symbols: dict[str, int]) -> None:
        functions: list[DwarfFunction] = []
        for name in ("work", "main", "inlined", "_Z4workPN1n5ClassEi"):
            functions += self.ask(dwarf.find_function, name) or []
        for name in ("main", "_Z4workPN1n5ClassEi"):
            functions += self.ask(dwarf.functions_at, symbols[name] + 1) or []
            functions += self.ask(dwarf.find_function, "", symbols[name]) or []
            self.ask(dwarf.line_at, symbols[name])
        for function in functions[:12]:
            self.function(dwarf, function)
        for line in (3, 4, 90):
            self.ask(dwarf.addresses_of_line, "h.cc", line)
        self.ask(dwarf.addresses_of_line, "stdio.h", 5)
        for kind, name in (("struct", "Class"), ("int", "int"), ("enum", "none")):
            type = self.ask(dwarf.find_type, kind, name)
            if type is not None:
                self.type(type, 3)
        self.ask(dwarf.find_variable, "stdout")
        self.ask(dwarf.find_enumerator, "X")

    def function(self, dwarf: Dwarf, function: DwarfFunction) -> None:
        self.ask(lambda: (function.decl_file, function.decl_line, function.has_more_params))
        self.ask(lambda: function.returns)
        self.ask(function.places_at_entry)
        self.ask(dwarf.prologue_end, function)
        self.ask(dwarf.addresses_of_function_line, function, 0)
        self.ask(dwarf.addresses_of_function_line, function, 1)
        variables = list(self.ask(function.variables_at, function.low) or [])
        variables += self.ask(lambda: function.params) or ()
        for variable in variables[:8]:
            for address in (function.low, function.low + 9, function.high - 1):
                self.ask(variable.location_at, address)
            self.ask(variable.alive_ranges)
            type = self.ask(getattr, variable, "type")
            if isinstance(type, TypeRef):
                self.type(type, 3)

    def type(self, type: TypeRef, depth: int) -> None:
        self.ask(getattr, type, "text")
        assert type.size() >= 0
        self.ask(type.is_text)
        described = self.ask(type.describe)
        if depth == 0:
            return
        match described:
            case CPointer(target) if target is not None:
                self.type(target, depth - 1)
            case CArray(element):
                self.type(element, depth - 1)
            case CStruct(ref):
                for name in (self.ask(ref.member_names) or [])[:6]:
                    found = self.ask(ref.find_member, name)
                    if found is not None:
                        self.type(found.type, depth - 1)


def ask_everything(dwarf: Dwarf, symbols: dict[str, int]) -> int:
    """All questions; how many were answered."""
    questions = Questions()
    questions.everything(dwarf, symbols)
    return questions.answered


def test_undamaged_files_answer(files: Files) -> None:
    for sections, symbols in files:
        assert ask_everything(dwarf_of(sections), symbols) > 50


@settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_damaged_bytes_are_errors_or_answers(files: Files, data: st.DataObject) -> None:
    sections, symbols = data.draw(st.sampled_from(files))
    damaged = dict(sections)
    for _ in range(data.draw(st.integers(1, 4))):
        name = data.draw(st.sampled_from(sorted(name for name in sections if sections[name][0])))
        raw = bytearray(damaged[name][0])
        at = data.draw(st.integers(0, max(0, len(raw) - 1)))
        match data.draw(st.sampled_from(["bytes", "cut", "repeat", "gone"])):
            case "bytes":
                new = data.draw(
                    st.binary(min_size=1, max_size=8) | st.sampled_from([b"\xff" * 8, bytes(8), b"\x80" * 12])
                )
                raw[at : at + len(new)] = new
            case "cut":
                del raw[at:]
            case "repeat":
                raw[at:at] = raw[at : at + 64] * 8
            case "gone":
                raw = bytearray()
        damaged[name] = bytes(raw), damaged[name][1]
    start = time.monotonic()
    ask_everything(dwarf_of(damaged), symbols)
    assert time.monotonic() - start < LONGEST


@settings(max_examples=30)
@given(
    st.dictionaries(
        st.sampled_from(
            [".debug_info", ".debug_abbrev", ".debug_line", ".debug_str", ".debug_aranges", ".eh_frame"]
        ),
        st.binary(max_size=200),
    )
)
def test_any_bytes_are_errors_or_answers(contents: dict[str, bytes]) -> None:
    sections = {name: (raw, 0x1000) for name, raw in contents.items()}
    ask_everything(dwarf_of(sections), {"main": 0x1100, "_Z4workPN1n5ClassEi": 0x1200})


def test_nothing_at_all() -> None:
    dwarf = dwarf_of({})
    assert not dwarf.is_there()
    assert dwarf.function_at(0x1000) is None
    assert dwarf.find_function("main") == []
