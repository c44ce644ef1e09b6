"""Values of the entry and durations, which the kernel joins into one event at the return."""

from __future__ import annotations

from tests.kernels.cases.common import equal
from tests.kernels.lab.case import Case, at_least, every, exactly, fact, one
from tests.kernels.lab.suite import Run

_READS = """
head -c 20000 /dev/zero >f
fact ino $(stat -c %i f)
known reader dd if=f of=/dev/null bs=4321 skip=2 count=2 2>/dev/null
known small dd if=f of=/dev/null bs=777 count=1 2>/dev/null
"""


def _as_long_as_asked(run: Run) -> None:
    """Each sleep took as long as it was asked for, and belongs to the thread that asked."""
    sleeps = [hit.values for hit in run.hits if hit.event == "sleep"]
    asked = sorted(int(str(sleep["asked"])) for sleep in sleeps)
    equal(asked, [20_000_000, 120_000_000, 220_000_000])
    for sleep in sleeps:
        took, wanted = int(str(sleep["took"])), int(str(sleep["asked"]))
        assert wanted <= took < wanted + 90_000_000, sleep


CASES = [
    Case(
        "entry-values",
        spec="""
        group join
        rd = fprobe vfs_read%return if $retval == 4321 {
            $retval
            count
            before = entry(*pos)
            ino    = entry(file->f_inode->i_ino)
            name   = entry(file->f_path.dentry->d_name.name)
            took   = $duration
        }
        """,
        do=_READS,
        expect=[
            exactly(2, "rd", retval=4321, count=4321, ino=fact("ino"), name="f", took=at_least(1000)),
            one("rd", tid_=fact("reader"), before=2 * 4321),
            one("rd", tid_=fact("reader"), before=3 * 4321),
            every("rd", retval=4321),
        ],
    ),
    Case(
        "before-and-after",
        spec="""
        group join
        rd = fprobe vfs_read%return if $retval == 4321 { before = entry(*pos), after = *pos }
        """,
        do=_READS,
        expect=[one("rd", tid_=fact("reader"), before=2 * 4321, after=3 * 4321)],
        refused={"6.1": r"PRB401.*parameters at a function's return"},
    ),
    Case(
        "parameter-at-return-joined",
        spec="rd = kprobe vfs_read%return if count == 777 && $retval == 777 { group_count = count }",
        do=_READS,
        expect=[
            lambda run: equal([hit.values["group_count"] for hit in run.hits if "rd" in hit.event], [777])
        ],
    ),
    Case(
        "durations-of-threads",
        spec="""
        group join
        sleep = fprobe hrtimer_nanosleep%return with maxactive=8 if asked in {20000000, 120000000, 220000000} {
            asked = entry(rqtp)
            took  = $duration
        }
        """,
        do="usleep 220000 & usleep 120000 & usleep 20000; wait",
        expect=[_as_long_as_asked],
    ),
    Case(
        "names-of-joined-events",
        spec="""
        group join
        rd__entry = fprobe vfs_read if count == 4321 { count }
        rd = fprobe vfs_read%return if $retval == 4321 { took = $duration }
        again = eprobe join:rd { took }
        """,
        do=_READS,
        expect=[
            exactly(2, "rd__entry", count=4321),
            exactly(2, "rd", took=at_least(1000)),
            exactly(2, "again", took=at_least(1000)),
        ],
    ),
]
