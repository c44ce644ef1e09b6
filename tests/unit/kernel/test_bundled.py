"""The kernels that come along, against what their own format files, lists and types say."""

from __future__ import annotations

import re

import pytest

from probelang.answers import Found, NotFound
from probelang.btf.names import Space
from probelang.kernel.btf_facts import event_fields
from probelang.kernel.interface import Function, Kernel
from probelang.kernel.load import bundled_kernels, load_kernel

NAMES = ["6.1", "6.12", "7.3"]


@pytest.fixture(scope="module", params=NAMES)
def kernel(request: pytest.FixtureRequest) -> Kernel:
    return load_kernel(request.param)


def test_they_are_listed_by_age() -> None:
    assert bundled_kernels() == NAMES


def test_the_title_is_the_release(kernel: Kernel) -> None:
    assert kernel.title.startswith(f"Linux {kernel.name}.")
    assert kernel.notes == ()


def test_vfs_read_is_all_that_a_function_can_be(kernel: Kernel) -> None:
    answer = kernel.find_function("vfs_read")
    assert isinstance(answer, Found)
    function: Function = answer.value
    assert (function.traceable, function.blacklisted, function.symbols, function.module) == (
        True,
        False,
        1,
        None,
    )
    assert function.proto is not None


def test_a_function_out_of_ftraces_reach_and_one_out_of_kprobes_too(kernel: Kernel) -> None:
    answer = kernel.find_function("do_syscall_64")
    assert isinstance(answer, Found)
    assert answer.value.traceable is False
    assert answer.value.blacklisted is True


@pytest.mark.parametrize("name", ["6.1", "6.12", "7.3"])
def test_a_piece_is_as_forbidden_as_its_function(name: str) -> None:
    for function, expected in (
        ("nmi_handle.part.0", True),
        ("io_check_error.part.0", True),
        ("vfs_read", False),
    ):
        answer = load_kernel(name).find_function(function)
        assert isinstance(answer, Found) and answer.value.blacklisted is expected


def test_several_symbols_of_one_name_are_counted(kernel: Kernel) -> None:
    answer = kernel.has_symbol("cleanup_module")
    assert answer == NotFound() or isinstance(answer, Found | NotFound)
    several = [
        name for name in ("copy_overflow", "__list_add", "type_show", "name_show", "init_once")
        if isinstance(found := kernel.has_symbol(name), Found) and found.value > 1
    ]  # fmt: skip
    assert "type_show" in several
    assert "name_show" in several


def test_tracepoints_have_named_parameters(kernel: Kernel) -> None:
    answer = kernel.find_tracepoint("sched_switch")
    assert isinstance(answer, Found)
    assert [param.name for param in answer.value.params] == ["preempt", "prev", "next", "prev_state"]
    names = kernel.tracepoints_matching(re.compile(".*"))
    assert isinstance(names, Found)
    tracepoints = [kernel.find_tracepoint(name) for name in names.value]
    named = [
        all(param.name for param in tracepoint.value.params)
        for tracepoint in tracepoints
        if isinstance(tracepoint, Found)
    ]
    assert len(named) == len(names.value) > 600
    assert named.count(True) > 0.98 * len(named)


def test_what_btf_says_of_an_event_is_what_its_format_file_says(kernel: Kernel) -> None:
    """BTF alone must never be wrong about an event: every place, size and sign is compared with the real file."""
    assert kernel.btf is not None
    compared = 0
    names = kernel.sources.event_names()
    assert names is not None
    for system, name in names:
        exact = kernel.sources.event(system, name)
        fields = event_fields(kernel.btf, name)
        assert exact is not None
        if fields is None or kernel.btf.find(Space.TYPEDEF, f"btf_trace_{name}") is None:
            continue
        compared += 1
        by_name = {field.name: field for field in fields}
        for field in exact:
            guess = by_name.pop(field.name)
            assert (guess.offset, guess.size) == (field.offset, field.size), (system, name, field)
            if field.kind == "int":
                assert guess.kind in ("int", "array"), (system, name, field, guess)
                assert guess.kind == "array" or guess.signed == field.signed, (system, name, field, guess)
            elif not field.kind.startswith("dynamic"):
                assert guess.kind == field.kind, (system, name, field, guess)
            else:
                assert guess.kind in (field.kind, "dynamic"), (system, name, field, guess)
        assert not by_name, (system, name)
    assert compared > 350


def test_formats_are_those_of_the_files(kernel: Kernel) -> None:
    answer = kernel.find_event("syscalls", "sys_enter_openat")
    assert isinstance(answer, Found)
    shown = [(field.name, field.type, field.size) for field in answer.value.fields if not field.common]
    assert shown[:3] == [("__syscall_nr", "int", 4), ("dfd", "int", 8), ("filename", "const char *", 8)]
    assert answer.value.fields[3].name == "common_pid"
    answer = kernel.find_event("sched", "sched_wakeup")
    assert isinstance(answer, Found)
    comm = answer.value.find_field("comm")
    assert comm is not None
    assert (comm.type, comm.kind) == ("char[16]", "string")


def test_enumerators_and_variables(kernel: Kernel) -> None:
    assert kernel.find_enumerator("TCP_ESTABLISHED") == Found((1, ""))
    runqueues = kernel.find_variable("runqueues")
    assert isinstance(runqueues, Found)
    assert runqueues.value.percpu is True
    assert runqueues.value.type is not None
    jiffies = kernel.find_variable("jiffies_64")
    assert isinstance(jiffies, Found)


def test_patterns(kernel: Kernel) -> None:
    functions = kernel.functions_matching(re.compile("vfs_(read|write)"))
    assert functions == Found(["vfs_read", "vfs_write"])
    events = kernel.events_matching(re.compile("sched"), re.compile("sched_wak(eup.*|ing)"))
    assert events == Found(
        [("sched", "sched_wakeup"), ("sched", "sched_wakeup_new"), ("sched", "sched_waking")]
    )


def test_variants_that_the_compiler_made_are_seen(kernel: Kernel) -> None:
    answer = kernel.functions_matching(re.compile(r".*\.(isra|constprop|part)\.\d+"))
    assert isinstance(answer, Found)
    assert answer.value
