"""Hardware breakpoints: what they may watch, and the events they are on a kernel that has them."""

from __future__ import annotations

import pytest

from probelang.analysis import Analysis, analyse
from probelang.kernel.interface import Kernel
from probelang.kernel.load import load_kernel
from probelang.probes import WatchTarget
from probelang.source import Source
from tests.support.specs import run


@pytest.fixture(scope="module")
def wprobes() -> Kernel:
    """A kernel as it will be: no release has wprobe events yet."""
    kernel = load_kernel("7.3")
    kernel.features.__dict__["watchpoint"] = True
    return kernel


def on(kernel: Kernel, spec: str) -> Analysis:
    return analyse(Source("w.pl", spec), kernel)


@pytest.mark.parametrize(
    ("spec", "command", "filter"),
    [
        ("x = watch jiffies_64 w", "w:w/x w@jiffies_64:8", None),
        ("x = watch vm_swappiness rw { now = @vm_swappiness }", "w:w/x rw@vm_swappiness:4 now=@vm_swappiness:s32", None),
        ("x = watch init_task+8 w len 4", "w:w/x w@init_task+8:4", None),
        ("x = watch 0xffffffff81000010 w len 2", "w:w/x w@0xffffffff81000010:2", None),
        ('watch jiffies w if $comm == "cat" && $tid > 4 { $comm }', "w:w/jiffies w@jiffies:8", 'COMM == "cat" && common_pid > 4'),
        ("watch jiffies+4 w len 1 { $tid }", "w:w/jiffies_0x4 w@jiffies+4:1", None),
    ],
)  # fmt: skip
def test_a_watch_is_a_wprobe(wprobes: Kernel, spec: str, command: str, filter: str | None) -> None:
    (event,) = on(wprobes, spec).events
    assert (event.commands, event.filter) == ((command,), filter)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("watch vfs_read x", "does not see execution"),
        ("watch jiffies w { %ax }", "neither registers nor tasks"),
        ("watch jiffies w { $stack }", "neither registers nor tasks"),
        ("watch jiffies w { $current->pid }", "neither registers nor tasks"),
        ("watch jiffies w { x = this_cpu_read(@runqueues.nr_running) }", "neither registers nor tasks"),
    ],
)
def test_what_a_wprobe_cannot_do(wprobes: Kernel, spec: str, message: str) -> None:
    said = on(wprobes, spec).diagnostics
    assert [found.rule.code for found in said] == ["PRB501"]
    assert message in said[0].message
    assert "bpftrace" in (said[0].help or "") or "kprobe" in (said[0].help or "")


def test_the_length_is_the_variables_own(wprobes: Kernel) -> None:
    events = on(wprobes, "a = watch nr_threads w\nb = watch jiffies w\nc = watch jiffies_64 w len 4").events
    targets = [event.probe.sites[0].target for event in events]
    assert [target.length for target in targets if isinstance(target, WatchTarget)] == [4, 8, 4]


def test_more_than_the_hardware_has(wprobes: Kernel) -> None:
    five = "\n".join(f"w{number} = watch 0xffffffff8100000{number} w len 1" for number in range(5))
    (found,) = on(wprobes, five).diagnostics
    assert found.rule.code == "PRB220" and "4 debug registers" in found.message
    assert not on(wprobes, five.replace("len 1", "len 1 with disabled", 1)).diagnostics


@pytest.mark.parametrize("kernel", ["6.1", "6.12", "7.3"])
def test_kernels_of_today_name_who_can(kernel: str) -> None:
    said = run("watch jiffies_64 w { $comm }\nmonitor every 1s { n = @nr_threads }", kernel).diagnostics
    assert [found.rule.code for found in said] == ["PRB401", "PRB501"]
    assert all("`--target bpftrace` can" in str(found.help) for found in said)
