"""The linter's small tables against the kernels that come along."""

from __future__ import annotations

import pytest

from probelang.answers import Found
from probelang.check.constants import Constants
from probelang.check.report import Report
from probelang.linter import named_numbers
from tests.support.specs import KERNELS, bundled

_WORDS = {
    *named_numbers._MEMBERS.values(),
    *named_numbers._PARAMETERS.values(),
    *named_numbers._FIELDS.values(),
}


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("words", sorted(_WORDS), ids=lambda words: words.split()[0])
def test_names_have_one_number_each(words: str, kernel: str) -> None:
    known = Constants(bundled(kernel), Report())
    values = [known.values_of(name) for name in words.split()]
    assert all(len(value) == 1 for value in values), dict(zip(words.split(), values, strict=True))
    assert len(set(values)) == len(values)


@pytest.mark.parametrize(("system", "start", "field"), list(named_numbers._FIELDS))
def test_events_have_the_fields(system: str, start: str, field: str) -> None:
    kernel = bundled("6.12")
    names = [name for owner, name in kernel.sources.event_names() or () if owner == system]
    events = [kernel.find_event(system, name) for name in names if name.startswith(start)]
    assert any(isinstance(event, Found) and event.value.find_field(field) for event in events)


@pytest.mark.parametrize(("function", "path"), list(named_numbers._PARAMETERS))
def test_functions_have_the_parameters(function: str, path: str) -> None:
    wanted = path.partition("->")[0]
    for name in KERNELS:
        answer = bundled(name).find_function(function)
        if isinstance(answer, Found) and answer.value.proto is not None and answer.value.btf is not None:
            proto = answer.value.btf.type(answer.value.proto)
            if wanted in [param.name for param in getattr(proto, "params", ())]:
                return
    raise AssertionError(f"no kernel has {function}({wanted})")


def test_pieces_of_functions() -> None:
    kernel = bundled("6.12")
    assert kernel.parts_of("getname_flags") == ("getname_flags.part.0",)
    assert kernel.parts_of("cookie_hash") == ("cookie_hash.isra.0",)
    # what is seldom run is reached from inside alone, and a longer name is another function
    assert kernel.parts_of("vfs_read") == ()
    assert kernel.parts_of("getname") == ()
