"""The emitted script: all or nothing, leaves other people's probes alone, can be started and stopped at any time."""

from __future__ import annotations

from tests.kernels.cases.common import READ, equal
from tests.kernels.lab.case import Case, exactly, fact, none, one

_TWO = """
group pair
first  = fprobe vfs_read if count == 4321 { count }
second = fprobe vfs_write if count == 4321 { count }
"""
_EVENTS = "fact events $(grep -c pair/ $T/dynamic_events)"

CASES = [
    Case(
        "start-is-the-default",
        spec=_TWO,
        do="sh $PROBE; fact status $?\n" + READ + "sh $PROBE stop; fact stopped $?\n",
        by_hand=True,
        expect=[lambda run: equal((run.facts["status"], run.facts["stopped"]), ("0", "0"))],
    ),
    Case(
        "start-twice",
        spec=_TWO,
        do=f"sh $PROBE start; fact one $?; sh $PROBE start; fact two $?; {_EVENTS}\n"
        + READ
        + "fact hits $(grep -c count=4321 $T/trace)\nsh $PROBE stop; fact stopped $?",
        by_hand=True,
        expect=[
            lambda run: equal(run.facts["one"], "0"),
            lambda run: equal(run.facts["events"], "2"),
            lambda run: equal(run.facts["hits"], "2"),
            lambda run: equal(run.facts["stopped"], "0"),
        ],
    ),
    Case(
        "stop-without-start",
        spec=_TWO,
        do="sh $PROBE stop; fact status $?; sh $PROBE stop",
        by_hand=True,
        expect=[lambda run: equal(run.facts["status"], "0")],
    ),
    Case(
        "all-or-nothing-when-a-name-is-taken",
        spec=_TWO,
        setup="echo 'p:pair/second do_nanosleep mode=%si:u32' >>$T/dynamic_events",
        do="sh $PROBE start >said 2>&1; fact status $?; fact said $(wc -c <said); cat said",
        by_hand=True,
        expect=[
            lambda run: equal(run.facts["status"] != "0", True),
            lambda run: equal(run.facts["said"] != "0", True),
            none("first"),
        ],
    ),
    Case(
        "all-or-nothing-when-a-filter-is-refused",
        # What the compiler never emits, but another kernel than the one it was compiled for may do: refuse a filter.
        spec=_TWO,
        do="sed 's/count == 4321/nonsense == 4321/' $PROBE >changed\nsh changed start; fact status $?\n"
        + READ,
        by_hand=True,
        expect=[lambda run: equal(run.facts["status"] != "0", True), none("first"), none("second")],
    ),
    Case(
        "all-or-nothing-when-a-probe-is-refused",
        spec=_TWO,
        do="sed 's/vfs_write/no_such_function/g' $PROBE >changed\nsh changed start; fact status $?\n" + READ,
        by_hand=True,
        expect=[lambda run: equal(run.facts["status"] != "0", True), none("first")],
    ),
    Case(
        "refused-on-another-kernel",
        spec="""
        group other_kernel
        rd = fprobe vfs_read if count == 4321 { count }
        gone = tprobe sched_wakeup { p->pid }
        """,
        compiled_for="7.3",
        do="sh $PROBE start; fact status $?",
        by_hand=True,
        on=("6.1",),
        expect=[lambda run: equal(run.facts["status"] != "0", True)],
    ),
    Case(
        "same-group-as-somebody-else",
        spec=_TWO,
        setup="echo 'p:pair/third do_nanosleep mode=%si:u32' >>$T/dynamic_events; echo 'mode == 3' >$T/events/pair/third/filter",
        do=READ,
        expect=[one("first", tid_=fact("reader"))],
    ),
    Case(
        "trigger-of-somebody-else",
        spec="sw = eprobe sched:sched_process_exec { pid }",
        setup="echo 'hist:keys=pid' >$T/events/sched/sched_process_exec/trigger",
        do="known one /bin/true",
        expect=[one("sw", tid_=fact("one"), pid=fact("one"))],
    ),
    Case(
        "not-root",
        spec=_TWO,
        do="cp $PROBE /tmp/work/p; chmod 755 /tmp /tmp/work p; su nobody -s /bin/sh -c 'sh /tmp/work/p start' >said 2>&1; fact status $?; fact lines $(wc -l <said); cat said",
        by_hand=True,
        expect=[
            lambda run: equal(run.facts["status"] != "0", True),
            lambda run: equal(1 <= int(run.facts["lines"]) <= 3, True),
        ],
    ),
    Case(
        "tracing-file-system-elsewhere",
        spec=_TWO,
        do="""
        umount $T && mount -t debugfs debugfs /sys/kernel/debug 2>/dev/null
        sh $PROBE start; fact status $?
        mount -t tracefs tracefs $T
        """
        + READ
        + "fact hits $(grep -c count=4321 $T/trace)\nsh $PROBE stop; fact stopped $?",
        by_hand=True,
        expect=[
            lambda run: equal(
                (run.facts["status"], run.facts["hits"], run.facts["stopped"]), ("0", "2", "0")
            ),
        ],
    ),
    Case(
        "forty-probes",
        spec="group forty\n"
        + "".join(
            f"p{number} = fprobe vfs_read if count == {4300 + number} {{ count }}\n" for number in range(40)
        ),
        do=READ,
        expect=[one("p21", tid_=fact("reader"), count=4321), exactly(0, "p22")],
        seconds=60,
    ),
]
