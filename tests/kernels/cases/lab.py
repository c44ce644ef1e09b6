"""The lab itself, with scripts written by hand: does it see what happens, and notice what is left behind?"""

from __future__ import annotations

from tests.kernels.lab.case import Case, at_least, every, exactly, fact, none, shown, some

_SCRIPT = """
T=/sys/kernel/tracing
case ${1:-start} in
start)
    echo 'p:lab_self/read vfs_read count=%dx:u64 comm=$comm' >>$T/dynamic_events || exit 1
    echo 'count > 1000' >$T/events/lab_self/read/filter || exit 1
    echo 1 >$T/events/lab_self/read/enable || exit 1
    ;;
stop)
    echo 0 >$T/events/lab_self/read/enable
    STOP
    ;;
esac
"""
_WORK = """
head -c 5000 /dev/zero >f
known reader dd if=f of=/dev/null bs=4321 2>/dev/null
dd if=f of=/dev/null bs=999 2>/dev/null
"""

CASES = [
    Case(
        "lab-sees-values",
        script=_SCRIPT.replace("STOP", "echo '-:lab_self/read' >>$T/dynamic_events"),
        do=_WORK,
        expect=[
            exactly(3, "read", comm_="dd", count=4321, comm="dd"),
            exactly(3, "read", comm_="dd", count=shown("4321")),
            none("read", count=999),
            every("read", count=at_least(1001)),
            exactly(3, "read", tid_=fact("reader"), count=4321),
        ],
    ),
    Case(
        "lab-notices-what-is-left",
        script=_SCRIPT.replace("STOP", ":"),
        do=_WORK,
        expect=[some("read", comm_="dd", count=4321)],
        leaves=True,
    ),
    Case(
        "lab-loads-modules",
        script=":",
        modules=["dummy"],
        do="ip link add d0 type dummy && fact name $(cat /sys/class/net/d0/uevent | sed -n s/INTERFACE=//p)",
        expect=[lambda run: _equal(run.facts["name"], "d0")],
    ),
]


def _equal(left: str, right: str) -> None:
    assert left == right, f"{left!r} is not {right!r}"
