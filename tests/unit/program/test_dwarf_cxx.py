"""Classes of C++: base classes looked through, overloads told apart by their mangled names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from probelang.check.fetch_types import natural_fetch
from probelang.ctypes import CInt, CPointer

from .dwarf_files import build, open_dwarf, symbols_of

if TYPE_CHECKING:
    from pathlib import Path

    from probelang.ctypes import TypeRef

CXX = """\
#include <cstddef>
namespace space {
struct Base { int in_base; static int shared; long shadowed; };
int Base::shared = 3;
class Second { public: short in_second; };
enum class Color : unsigned char { RED, GREEN };
template <typename T> class Derived : public Base, private Second {
    T own;
  public:
    long shadowed;
    Color color;
    int &reference;
    int (Base::*method)(int);
    Derived(T t, int &r) : own(t), reference(r) {}
    virtual ~Derived() {}
    int call(int x, Second &&moved) const;
};
template <typename T> __attribute__((noinline)) int Derived<T>::call(int x, Second &&moved) const { return x + in_base; }
struct Virtual : virtual Base { int mine; };
}
using space::Derived;
__attribute__((noinline)) int take(const Derived<long> &d, space::Virtual *v) { return d.call(3, {}) + v->mine; }
__attribute__((noinline)) int take(int other) { return other; }
int main(int argc, char **argv) { int x = 0; Derived<long> d(argc, x); space::Virtual v; return take(d, &v) + take(1); }
"""


def member_type(type: TypeRef, name: str) -> TypeRef:
    found = type.find_member(name)
    assert found is not None, name
    return found.type


@pytest.mark.parametrize("options", ["-O0 -g", "-O2 -gdwarf-4", "-O2 -g -fdebug-types-section"])
def test_classes_of_cxx(tmp_path: Path, options: str) -> None:
    program = build(tmp_path, {"classes.cc": CXX}, *options.split(), compiler="g++")
    dwarf, symbols = open_dwarf(program), symbols_of(program)
    overloads = dwarf.find_function("take")
    assert sorted(len(each.params) for each in overloads if not each.inlined) == [1, 2]
    (take,) = dwarf.find_function("_Z4takeRKN5space7DerivedIlEEPNS_7VirtualE")
    assert take.low == symbols["_Z4takeRKN5space7DerivedIlEEPNS_7VirtualE"]
    assert [param.type.text for param in take.params] == ["const Derived<long int> &", "Virtual *"]
    reference = take.params[0].type.describe()
    assert isinstance(reference, CPointer)
    assert reference.target is not None
    derived = reference.target
    assert derived.member_names() == [
        "own",
        "shadowed",
        "color",
        "reference",
        "method",
        "in_base",
        "in_second",
    ] or derived.member_names() == ["_vptr.Derived", *derived.member_names()[1:]]
    # A table of virtual functions, then the first base class.
    found = {name: derived.find_member(name) for name in ("in_base", "shadowed", "in_second", "color")}
    assert {name: each.bit_offset // 8 for name, each in found.items() if each is not None} == {
        "in_base": 8,
        "shadowed": 40,
        "in_second": 24,
        "color": 48,
    }
    assert natural_fetch(member_type(derived, "color").describe()) == natural_fetch(CInt(1, False))
    assert member_type(derived, "reference").text == "int &"
    pointer = take.params[1].type.describe()
    assert isinstance(pointer, CPointer)
    assert pointer.target is not None
    assert "mine" in pointer.target.member_names()
    # Where a virtual base class lies only the object itself tells.
    assert "in_base" not in pointer.target.member_names()
    (call,) = [each for each in dwarf.find_function("call") if not each.inlined]
    assert [param.name for param in call.params] == ["this", "x", "moved"]
    assert call.params[2].type.text == "Second &&"
    assert call.linkage_name == "_ZNK5space7DerivedIlE4callEiONS_6SecondE"
