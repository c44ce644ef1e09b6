"""Probes of modules; what is said of them is in tests/golden."""

from __future__ import annotations

from probelang.backends.tracefs import render
from tests.support.modules import with_toys
from tests.support.specs import bundled, commands, only, run


def test_a_kernel_without_tprobes_of_modules_says_which_has_them() -> None:
    kernel = with_toys(bundled("6.12"), loaded=False)
    kernel.features.module_tracepoints = False
    found = only("tprobe toy:toy_opened { mode }", kernel)
    assert found.message.endswith(
        "has no tprobe events on tracepoints of modules: they take Linux 6.12 and later"
    )
    assert found.help is not None and "eprobe" in found.help
    assert commands("tprobe sched_switch", kernel) == ["t:t/sched_switch sched_switch"]


def test_an_fprobe_whose_name_others_bear_is_a_kprobe() -> None:
    kernel = with_toys(bundled("6.12"), loaded=True)
    assert commands("fprobe toy:shared_name%return { $retval }", kernel) == [
        "r:t/shared_name_return toy:shared_name retval=$retval:s32"
    ]


def test_a_module_about_which_nothing_is_known_is_no_error() -> None:
    assert commands("kprobe xfs:xfs_file_open { %di }") == ["p:t/xfs_file_open xfs:xfs_file_open di=%di:x64"]
    found = only("kprobe xfs:xfs_file_open { inode }")
    assert "neither its BTF nor its file (xfs.ko) is at hand" in found.message


def test_a_script_asks_for_its_modules_first() -> None:
    kernel = with_toys(bundled("6.12"), loaded=False)
    analysis = run("a = kprobe toy:toy_open\nb = tprobe toy:toy_opened\nc = fprobe vfs_read", kernel)
    script = render(analysis.events, "script", ["t.pl"], kernel).text
    assert script.count("\tloaded 'toy'\n") == 1
    assert script.index("loaded 'toy'") < script.index("define 't/a'")
    assert "loaded" not in render(analysis.events[2:], "script", ["t.pl"], kernel).text
    assert "/proc/modules" not in render(analysis.events[2:], "script", ["t.pl"], kernel).text


def test_patterns_of_the_kernel_take_in_loaded_modules() -> None:
    kernel = with_toys(bundled("6.12"), loaded=True)
    assert commands("fprobe toy_o*", kernel) == ["f:t/toy_open toy_open"]
    assert commands("kprobe toy_o* { mode }", kernel) == ["p:t/toy_open toy:toy_open mode=$arg2:s32"]
