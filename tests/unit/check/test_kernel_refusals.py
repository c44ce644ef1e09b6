"""What real kernels refused of generated probes (tests/kernels/test_generated.py), foreseen."""

from __future__ import annotations

import pytest

from probelang.analysis import Analysis
from tests.support.specs import run


def codes(analysis: Analysis) -> list[str]:
    return [found.rule.code for found in analysis.diagnostics if found.severity.label == "error"]


def test_the_dots_of_a_variadic_function_are_no_parameter() -> None:
    assert codes(run("x = fprobe _printk { fmt }")) == []
    assert codes(run("x = fprobe _printk { $arg2 }")) == ["PRB312"]


def test_a_tprobe_needs_a_stub_that_ftrace_can_trace() -> None:
    analysis = run("x = tprobe cpu_idle { state }")
    assert codes(analysis) == ["PRB204"]
    assert "eprobe power:cpu_idle" in str(analysis.diagnostics[0].help)


def test_one_tprobe_on_a_tracepoint_before_linux_6_16() -> None:
    spec = "a = tprobe sched_switch { prev->pid }\nb = tprobe sched_switch { next->pid }"
    assert codes(run(spec, "6.12")) == ["PRB401"]
    assert codes(run(spec, "7.3")) == []


@pytest.mark.parametrize("point", ["ftrace:print", "ftrace:function", "*:bputs"])
def test_records_of_tracers_are_no_events(point: str) -> None:
    assert len(codes(run(f"x = eprobe {point} {{ $comm }}"))) == 1


@pytest.mark.parametrize(
    ("point", "value", "taken"),
    [
        ("vfs_read", "file", True),
        ("vfs_read%return", "file", False),
        ("vfs_read%return", "$retval", True),
        ("vfs_read%return", "x = file->f_op", True),
    ],
)
def test_symstr_of_what_is_read_or_in_a_register(point: str, value: str, taken: bool) -> None:
    assert (codes(run(f"x = fprobe {point} {{ {value}: symstr }}")) == []) == taken


def test_a_variable_makes_the_name_of_a_kprobe_ambiguous() -> None:
    assert codes(run("x = kprobe verbose { $comm }", "6.12")) == ["PRB208"]
    assert codes(run("x = fprobe verbose { $comm }", "6.12")) == []
    assert codes(run("x = fprobe verbose { $comm }", "6.1")) == ["PRB208"]


def test_a_string_of_the_entry_is_read_at_entry() -> None:
    (event,) = run("x = fprobe do_unlinkat%return { $retval, path = entry(name->name) }").events
    (other,) = run("x = fprobe filename_lookup%return { $retval, ok = entry(flags) }").events
    assert len(event.definitions) > 1 and len(other.definitions) == 1
    (bare,) = run("x = fprobe kern_path%return { $retval, path = entry(name) }").events
    assert any("__entry kern_path " in line and "name:string" in line for line in bare.commands), (
        bare.commands
    )


def test_a_system_call_without_parameters_has_several_names() -> None:
    """ftrace lists one of them, and kprobes sit on each; before Linux 6.16 fprobes go by the list."""
    assert codes(run("x = kprobe __x64_sys_getppid { $comm }", "6.1")) == []
    assert codes(run("x = fprobe __x64_sys_getppid { $comm }", "6.12")) == ["PRB204"]
    assert codes(run("x = fprobe __x64_sys_getppid { $comm }", "7.3")) == []
    assert codes(run("x = kprobe __x64_sys_getppit { $comm }")) == ["PRB201"]


def test_thousands_of_clashes_take_no_time() -> None:
    names = run("x = fprobe vfs_read { count }\n" * 3000)
    assert len(names.diagnostics) == 2999
    args = run("fprobe vfs_read {\n" + "count\n" * 5000 + "}")
    assert len(args.diagnostics) == 4999
