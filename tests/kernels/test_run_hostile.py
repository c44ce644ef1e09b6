"""`probelang run` where everything is against it: a full disk, CPUs that come and go, a tracefs that is elsewhere, a kernel that is locked down."""

from __future__ import annotations

from functools import cache

import pytest

from tests.kernels.lab.boot import Machine
from tests.kernels.lab.inside import Scene, Told, run_scenes

pytestmark = pytest.mark.kernels

KERNEL = "6.12"
TWO_CPUS = Machine(tools="python", cores=2)

SPEC = b"""
group pair
first = fprobe vfs_read if count == 4321 { count }
slow  = fprobe vfs_read%return if took > 1 && count == 4321 {
    took   = $duration
    before = entry(file->f_pos)
    count
}
"""

_START = """
head -c 8642 /dev/zero >f
cp $SHARED/pair.pl .
pair='--command "dd if=f of=/dev/null bs=4321 count=2" pair.pl'
"""

SCENES = [
    Scene(
        "output",
        _START
        + """
        for how in text json raw top; do
            option="--format $how"
            case $how in raw | top) option=--$how ;; esac
            eval probelang run $option $pair >/dev/full; fact full.$how $?
        done
        eval probelang run $pair >&-; fact closed $?
        eval probelang run $pair <&- >&- 2>&-; fact all_closed $?
        """,
    ),
    Scene(
        "commands",
        _START
        + """
        printf '\\0\\0garbage' >no-program; chmod +x no-program
        probelang run --command ./no-program pair.pl; fact no_program $?
        probelang run --command 'sh -c "setsid sleep 5 & exit 4"' pair.pl; fact leaves_a_daemon $?
        probelang run --duration 300ms --command 'sh -c "trap : TERM; echo \\$\\$ >stubborn; while :; do sleep 0.2; done"' pair.pl; fact stubborn $?
        kill -KILL $(cat stubborn)
        probelang run --buffer-size 16G pair.pl; fact too_large $?
        probelang run pair.pl ./pair.pl; fact twice $?
        """,
    ),
    Scene(
        "spec-that-goes",
        _START
        + """
        begin gone --raw pair.pl
        echo nonsense >pair.pl
        rm pair.pl
        work
        wait_for sh -c '[ $(grep -c count=4321 gone.out) -ge 4 ]'
        kill -INT $pid
        ended gone
        """,
    ),
    Scene(
        "cpus",
        _START
        + """
        on_second() { taskset 2 dd if=f of=/dev/null bs=4321 count=1 2>/dev/null; }
        online=/sys/devices/system/cpu/cpu1/online
        begin goes --format json pair.pl
        on_second
        echo 0 >$online
        dd if=f of=/dev/null bs=4321 count=1 2>/dev/null
        echo 1 >$online
        on_second
        wait_for sh -c '[ $(grep -c 4321 goes.out) -ge 6 ]'
        kill -INT $pid
        ended goes
        fact on_second $(grep -c '"cpu": 1' goes.out)
        echo 0 >$online
        begin comes --format json pair.pl
        dd if=f of=/dev/null bs=4321 count=1 2>/dev/null
        echo 1 >$online
        on_second
        wait_for sh -c '[ $(grep -c 4321 comes.out) -ge 4 ]'
        kill -INT $pid
        ended comes
        """,
    ),
    Scene(
        "tracefs",
        _START
        + """
        mount -o remount,ro $T
        probelang run pair.pl; fact read_only $?
        mount -o remount,rw $T
        umount $T
        eval probelang run $pair >out; fact elsewhere $?
        fact elsewhere.hits $(grep -c count=4321 out)
        umount /sys/kernel/debug/tracing
        umount /sys/kernel/debug
        probelang run pair.pl; fact nowhere $?
        mount -t debugfs nodev /sys/kernel/debug
        mount -t tracefs nodev $T
        """,
    ),
    # nothing undoes that, so it is the last
    Scene(
        "locked-down",
        _START
        + """
        mount -t securityfs nodev /sys/kernel/security
        begin locked pair.pl
        echo confidentiality >/sys/kernel/security/lockdown
        kill -INT $pid
        ended locked
        fact kept $(ls /run/probelang | wc -l)
        probelang run pair.pl; fact afterwards $?
        """,
    ),
]


@cache
def told() -> dict[str, Told]:
    return run_scenes(KERNEL, SCENES, {"pair.pl": SPEC}, TWO_CPUS)


def scene(name: str) -> tuple[dict[str, str], str]:
    """The facts and the output of a scene that has come to its end, and left nothing."""
    one = told()[name]
    assert one.complete, one.outcome.output[-3000:] + one.outcome.console[-1000:]
    assert one.left == "" or name == "locked-down", one.left + one.output
    assert "Traceback" not in one.output and "waited in vain" not in one.output, one.output
    return dict(one.facts), one.output


def test_output_that_goes_nowhere() -> None:
    facts, said = scene("output")
    full = {f"full.{how}": "2" for how in ("text", "json", "raw", "top")}
    assert facts == {**full, "closed": "0", "all_closed": "0"}, said
    assert said.count("probelang: cannot write the output: No space left on device\n") == 4, said


def test_commands_that_do_not_behave() -> None:
    facts, said = scene("commands")
    wanted = {"no_program": "127", "leaves_a_daemon": "4", "stubborn": "0", "too_large": "2", "twice": "2"}
    assert facts == wanted, said
    for line in (
        "cannot run ./no-program: Exec format error\n",
        "the command goes on, as process ",
        "the kernel cannot make buffers of 16G for 2 CPUs: Cannot allocate memory (a smaller --buffer-size?)\n",
        "both define the event pair/first: give one of them a `group`\n",
    ):
        assert f"probelang: {line}" in said or line.startswith("both") and line in said, f"{line}\n\n{said}"


def test_a_spec_that_is_gone_meanwhile() -> None:
    facts, said = scene("spec-that-goes")
    assert facts == {"gone.status": "0", "gone.hits": "4"}, said


def test_cpus_come_and_go() -> None:
    facts, said = scene("cpus")
    assert facts["goes.status"] == facts["comes.status"] == "0", said
    assert facts["on_second"] == "4", said
    assert "6 hits" in said and "4 hits" in said and said.count(", none lost\n") == 2, said


def test_tracefs_is_not_where_it_is_wanted() -> None:
    facts, said = scene("tracefs")
    assert facts == {"read_only": "2", "elsewhere": "0", "elsewhere.hits": "4", "nowhere": "2"}, said
    assert "cannot write /sys/kernel/tracing/dynamic_events: Read-only file system\n" in said, said
    assert "no tracefs is mounted (mount -t tracefs nodev /sys/kernel/tracing)\n" in said, said


def test_a_kernel_that_is_locked_down_meanwhile() -> None:
    facts, said = scene("locked-down")
    assert (facts["locked.status"], facts["kept"], facts["afterwards"]) == ("1", "1", "2"), said
    assert "Operation not permitted (locked down meanwhile?); the next run tries again\n" in said, said
    assert "Operation not permitted (is this kernel locked down, or this a container?)\n" in said, said
