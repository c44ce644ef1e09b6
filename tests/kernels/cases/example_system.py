"""The files of `examples/` about CPUs, memory, disks and the network, each with work that makes its events happen."""

from __future__ import annotations

from collections.abc import Callable

from tests.kernels.cases.common import equal, first
from tests.kernels.lab.case import Case, at_least, ending, every, fact, none, one, shown, some
from tests.kernels.lab.suite import Run
from tests.kernels.lab.trace import Value

_NOT_ON_61 = {"6.1": r"error\[PRB401\]"}
_COUNTS = b"""
sleep 0.02
while read name value; do
    case $name in voluntary_ctxt_switches:) voluntary=$value ;; esac
done </proc/$$/status
echo $voluntary
"""
_BUSY = b"""
read before rest </proc/$$/schedstat
i=0; while [ $i -lt 20000 ]; do i=$((i + 1)); done
read later rest </proc/$$/schedstat
echo $before $later
"""


def _starts(text: str) -> Callable[[Value], bool]:
    return lambda value: isinstance(value, str) and value.startswith(text)


def _holds(text: str) -> Callable[[Value], bool]:
    return lambda value: isinstance(value, str) and text in value


def _number(value: Value) -> int:
    assert isinstance(value, int), f"{value!r} is no number"
    return value


def _asleep(state: Value) -> bool:
    """TASK_INTERRUPTIBLE, perhaps with flags (TASK_FREEZABLE) that later kernels add."""
    return isinstance(state, int) and state & 3 == 1


def _ran_between(run: Run) -> None:
    """Some time at which the busy shell lost its CPU is between the two that it read in /proc/self/schedstat."""
    low, high = int(run.facts["before"]), int(run.facts["later"])
    times = [
        _number(hit.values["runtime"])
        for hit in run.hits
        if hit.event == "switch" and hit.values["from_tid"] == int(run.facts["busy"])
    ]
    assert any(low <= time <= high for time in times), f"no run time of {times} is in {low}..{high}"
    equal(times, sorted(times))


def _same_port(run: Run) -> None:
    """The port that the connection has when the SYN goes out is the one it has when it is up."""
    up = [hit.values for hit in run.hits if hit.event == "established" and hit.values["dport"] == 7777]
    equal([values["sport"] for values in up], [first(run, "connect")["sport"]])


def _waited(run: Run) -> None:
    """The sleeper became runnable before it got the CPU."""
    sleeper = int(run.facts["sleeper"])
    queued = [hit.time for hit in run.hits if hit.event == "runnable" and hit.values["tid"] == sleeper]
    served = [hit.time for hit in run.hits if hit.event == "switch" and hit.values["to_tid"] == sleeper]
    assert queued and any(0 <= time - queued[-1] < 1 for time in served), f"{queued} {served}"


def _took(run: Run) -> None:
    """The requests took the 200 ms for which the driver was set, by the clock that both times are of."""
    done = [hit for hit in run.hits if hit.event == "done"]
    assert done, "no request"
    for hit in done:
        took = hit.time - _number(hit.values["queued"]) / 1e9
        assert 0.19 < took < 20.0, f"a request took {took} s"


CASES = [
    Case(
        "example-wakeups",
        example="examples/wakeups.pl",
        do="""
        mkfifo pipe
        echo x >f
        known reader cat pipe >/dev/null &
        sleep 0.1
        known writer dd if=f of=pipe 2>/dev/null
        wait
        known sleeper sleep 0.05
        """,
        expect=[
            some(
                "wakeup",
                tid_=fact("writer"),
                waker="dd",
                comm="cat",
                tid=fact("reader"),
                prio=120,
                target_cpu=0,
            ),
            some("wakeup", comm="sleep", tid=fact("sleeper"), waker=lambda name: name != "sleep"),
            one("first_run", parent="sh", tid=fact("sleeper"), target_cpu=0),
            none("wakeup", comm=_starts("kworker")),
        ],
    ),
    Case(
        "example-runqueue",
        example="examples/runqueue.pl",
        files={"counts": _COUNTS, "busy": _BUSY},
        do="""
        known sleeper sleep 0.05
        known counter sh $LAB/counts >out
        fact voluntary $(cat out)
        sh $LAB/busy >/dev/null &
        known busy sh $LAB/busy >out
        wait
        read before later <out
        fact before $before
        fact later $later
        """,
        refused=_NOT_ON_61,
        seconds=60,
        expect=[
            some(
                "switch", tid_=fact("sleeper"), **{"from": "sleep"}, from_tid=fact("sleeper"), state=_asleep
            ),
            some("runnable", who="sleep", tid=fact("sleeper"), cpu=0, waker=lambda name: name != "sleep"),
            some("switch", from_tid=fact("counter"), nvcsw=fact("voluntary")),
            some("switch", from_tid=fact("busy"), state=0),
            _ran_between,
            _waited,
        ],
    ),
    Case(
        "example-tcp",
        example="examples/tcp.pl",
        modules=["dummy"],
        setup="""
        (nc -l -p 7777 127.0.0.1 >/dev/null &)
        ip link add d0 type dummy
        ip addr add 10.9.9.1/24 dev d0
        ip link set d0 up
        sleep 0.3
        """,
        do="""
        known client nc 127.0.0.1 7777 </dev/null
        known lost timeout 2 nc 10.9.9.2 80 </dev/null
        """,
        expect=[
            one(
                "connect",
                tid_=fact("client"),
                saddr=[127, 0, 0, 1],
                daddr=[127, 0, 0, 1],
                dport=0x611E,
                comm="nc",
            ),
            one("connect", saddr=[10, 9, 9, 1], daddr=[10, 9, 9, 2], dport=0x5000),
            some(
                "retransmit", saddr=[10, 9, 9, 1], daddr=[10, 9, 9, 2], dport=shown("0x5000"), state=2, segs=1
            ),
            every("retransmit", daddr=[10, 9, 9, 2]),
            one("established", dport=7777, oldstate=2),
            _same_port,
        ],
    ),
    Case(
        "example-block",
        example="examples/block.pl",
        modules=["null_blk"],
        setup="""
        rmmod null_blk
        insmod $LAB/null_blk.ko nr_devices=0
        mount -t configfs configfs /sys/kernel/config
        cd /sys/kernel/config/nullb
        mkdir slow
        cd slow
        echo 2 >irqmode
        echo 200000000 >completion_nsec
        echo 64 >size
        echo +800-900 >badblocks
        echo 1 >power
        fact disk $(basename $(ls -d /sys/block/nullb0 /sys/block/slow 2>/dev/null))
        cd /dev
        fact number $(($(stat -c '0x%t << 20 | 0x%T' $(cat /run/facts | sed -n 's/^disk //p'))))
        echo mono >$T/trace_clock
        """,
        do="""
        read name disk </run/facts
        known writer dd if=/dev/zero of=/dev/$disk bs=8192 seek=3 count=1 conv=fsync 2>/dev/null
        known unlucky dd if=/dev/zero of=/dev/$disk bs=4096 seek=101 count=1 conv=fsync 2>/dev/null
        """,
        expect=[
            one("done", disk=fact("disk"), sector=48, bytes=8192),
            _took,
            one("failed", dev=fact("number"), sector=808, nr_sector=8, error=shown("-5")),
            every("failed", dev=fact("number")),
        ],
    ),
    Case(
        "example-faults",
        example="examples/faults.pl",
        programs=["faults", "mapped"],
        setup="mkdir ram; mount -t ramfs ramfs ram; head -c 40000 /dev/zero >ram/data.bin",
        do="""
        $LAB/faults >out; while read name value; do fact $name $value; done <out
        fact ino $(stat -c %i ram/data.bin)
        fact mapper $($LAB/mapped ram/data.bin)
        """,
        expect=[
            one("write_fault", address=fact("first"), comm="faults"),
            one("write_fault", address=fact("last"), comm="faults"),
            one("file_fault", tid_=fact("mapper"), name="data.bin", ino=fact("ino"), page=3, comm="mapped"),
        ],
    ),
    Case(
        "example-slab",
        example="examples/slab.pl",
        programs=["message"],
        do="known sender $LAB/message 3001",
        expect=[
            some(
                "alloc",
                tid_=fact("sender"),
                bytes_req=3049,
                ptr=at_least(1 << 63),
                caller=_holds("msg"),
                comm="message",
            ),
        ],
    ),
    Case(
        "example-slab-caches",
        example="examples/slab.pl",
        # The names of files are in slots of 4096 bytes; later kernels have smaller ones for short names.
        do="known reader cat /proc/version",
        expect=[some("cache_alloc", tid_=fact("reader"), caller=_holds("getname"), ptr=at_least(1 << 63))],
        on=("6.1", "6.12"),
    ),
    Case(
        "example-oom",
        example="examples/oom.pl",
        setup="""
        sh -c 'echo 1000 >/proc/self/oom_score_adj; exec sleep 20' &
        fact victim $!
        sleep 0.2
        read pages rest </proc/$!/statm
        fact pages $pages
        """,
        do="echo f >/proc/sysrq-trigger; sleep 0.3",
        expect=[
            one(
                "oom_kill",
                victim="sleep",
                pid=fact("victim"),
                adj=1000,
                pages=fact("pages"),
                why=ending("emory"),
            )
        ],
    ),
    Case(
        "example-drops",
        example="examples/drops.pl",
        do="known client nc 127.0.0.1 9 </dev/null 2>/dev/null",
        expect=[
            one(
                "no_socket",
                tid_=fact("client"),
                where=_starts("tcp_v4_rcv"),
                protocol=shown("0x800"),
                comm="nc",
            )
        ],
    ),
]
