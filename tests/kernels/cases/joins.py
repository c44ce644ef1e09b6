"""Values of the entry and durations, which the kernel joins into one event at the return."""

from __future__ import annotations

from tests.kernels.cases.common import equal
from tests.kernels.lab.case import Case, at_least, every, exactly, fact, none, one, some
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


_SEEK = """
head -c 20000 /dev/zero >f
exec 5<f
dd of=/dev/null bs=4321 count=1 <&5 2>/dev/null
known seeker dd of=/dev/null bs=1000 skip=3 count=2 <&5 2>/dev/null
fact end $(sed -n 's/^pos:[^0-9]*//p' /proc/$$/fdinfo/5)
exec 5<&-
"""
"""`dd` finds the file at 4321, seeks 3000 further, and reads 2000."""


def _took_as_seen(run: Run, event: str) -> None:
    """The duration is what the guest's clock says, to the hundredth of a second that `/proc/uptime` tells."""
    took = next(int(str(hit.values["took"])) for hit in run.hits if hit.event == event) / 1e9
    seen = (int(run.facts["end"]) - int(run.facts["start"])) / 100
    assert 0.2 < took < seen + 0.02 and seen < took + 0.5, f"{took} s, seen from outside {seen} s"


def _within_the_call(run: Run) -> None:
    """`$duration` is what the kernel's own events at both ends of the system call allow."""
    seeker = int(run.facts["seeker"])
    hit = next(hit for hit in run.hits if hit.event == "moved" and hit.tid == seeker)
    before = [one.time for one in run.hits if one.event == "enter" and one.time <= hit.time]
    after = [one.time for one in run.hits if one.event == "exit" and one.time >= hit.time]
    took = int(str(hit.values["took"]))
    assert 0 < took <= (min(after) - max(before) + 2e-6) * 1e9, f"{took} ns, {before[-1:]} {after[:1]}"


def _nested(run: Run) -> None:
    """Each inner call is within its outer one, and both have their own values."""
    (outer,) = (hit.values for hit in run.hits if hit.event == "outer")
    (inner,) = (hit.values for hit in run.hits if hit.event == "inner")
    assert 0 < int(str(inner["took"])) < int(str(outer["took"])), (inner, outer)
    equal((outer["asked"], inner["asked"], inner["name"]), (4321, 4321, "f"))


def _none_of_the_dead(run: Run) -> None:
    """Threads that die in the call leave nothing to those that come after on their stacks."""
    of_survivor = [
        hit.values for hit in run.hits if hit.event == "sig" and hit.tid == int(run.facts["survivor"])
    ]
    assert of_survivor, "the survivor got its signal"
    for values in (hit.values for hit in run.hits if hit.event == "sig"):
        assert 0 < int(str(values["took"])) < 500_000_000, values


CASES = [
    Case(
        "position-before-and-after",
        spec="""
        group join
        moved = fprobe shmem_file_llseek%return if offset == 3000 && asked == 3000 {
            before = entry(file->f_pos)
            after  = file->f_pos
            took   = $duration
            asked  = entry(offset)
            offset
            $retval
            name   = file->f_path.dentry->d_name.name
            $comm
        }
        enter = eprobe syscalls:sys_enter_lseek { fd }
        exit  = eprobe syscalls:sys_exit_lseek { ret }
        """,
        do=_SEEK,
        expect=[
            one(
                "moved",
                tid_=fact("seeker"),
                before=4321,
                after=7321,
                retval=7321,
                took=at_least(1),
                name="f",
                comm="dd",
            ),
            exactly(1, "moved"),
            one("moved", after=fact("end", -2000)),
            _within_the_call,
        ],
    ),
    Case(
        "position-and-clock",
        # A pipe's read takes as long as the writer makes it wait.
        spec="""
        group join
        rd = fprobe vfs_read%return if count == 4322 && $retval > 0 {
            before = entry(file->f_pos)
            after = file->f_pos
            took = $duration
            $retval
            count
            fs = file->f_inode->i_sb->s_id
        }
        """,
        do="""
        mkfifo p
        (sleep 0.3; echo hello) >p &
        fact start $(cut -d' ' -f1 /proc/uptime | tr -d .)
        known reader dd if=p of=/dev/null bs=4322 count=1 2>/dev/null
        fact end $(cut -d' ' -f1 /proc/uptime | tr -d .)
        """,
        expect=[
            one("rd", tid_=fact("reader"), before=0, after=0, retval=6, count=4322, fs="tmpfs"),
            lambda run: _took_as_seen(run, "rd"),
        ],
    ),
    Case(
        "many-values-read-at-return",
        spec="""
        group join
        rd = kprobe vfs_{read,write}%return if $retval == 4321 {
            $retval
            before = entry(*pos)
            after  = *pos
            size   = file->f_inode->i_size
            mode   = file->f_inode->i_mode
            id     = file->f_inode->i_sb->s_id
            ino    = entry(file->f_inode->i_ino)
        }
        """,
        do=_READS
        + "known writer dd if=/dev/zero of=g bs=4321 count=2 2>/dev/null; fact other $(stat -c %i g)",
        expect=[
            one("rd", tid_=fact("reader"), before=8642, after=12963, ino=fact("ino"), size=20000, id="tmpfs"),
            one("rd", tid_=fact("writer"), before=0, after=4321, ino=fact("other"), size=4321),
            one("rd", tid_=fact("writer"), before=4321, after=8642, ino=fact("other"), size=8642),
            every("rd", retval=4321),
        ],
    ),
    Case(
        "nested-calls",
        spec="""
        group join
        outer = fprobe ksys_read%return if asked == 4321 { asked = entry(count), took = $duration }
        inner = fprobe vfs_read%return if asked == 4321 {
            asked = entry(count)
            took = $duration
            name = entry(file->f_path.dentry->d_name.name)
        }
        """,
        do="head -c 9000 /dev/zero >f\ndd if=f of=/dev/null bs=4321 count=1 2>/dev/null",
        expect=[_nested],
    ),
    Case(
        "recursion",
        # notify_change() of an overlay calls itself for the file system below.
        spec="""
        group join
        change = fprobe notify_change%return if $retval == 0 && $comm == "chmod" {
            on   = entry(dentry->d_sb->s_type->name)
            took = $duration
            $retval
            $comm
        }
        call = fprobe notify_change if $comm == "chmod" { on = dentry->d_sb->s_type->name, $comm }
        """,
        modules=["overlay"],
        setup="mkdir -p low up work over; mount -t overlay -o lowerdir=low,upperdir=up,workdir=work o over; echo x >over/f",
        do="known one chmod 600 over/f; umount over; known two chmod 600 up/f",
        expect=[
            one("call", tid_=fact("one"), on="overlay"),
            one("call", tid_=fact("one"), on="tmpfs"),
            one("change", tid_=fact("one"), on="tmpfs"),
            none("change", on="overlay"),
            one("change", tid_=fact("two"), on="tmpfs"),
        ],
    ),
    Case(
        "thread-that-dies-in-between",
        # get_signal() does not return where the signal kills.
        spec="group join\nsig = fprobe get_signal%return { took = $duration, at = entry(ksig) }",
        do="""
        for i in 1 2 3 4 5 6 7 8; do sleep 5 & kill -9 $!; done
        usleep 600000
        known survivor sh -c 'trap "exit 0" USR1; kill -USR1 $$; sleep 1'
        for i in 1 2 3 4 5 6 7 8; do sh -c 'trap : USR1; kill -USR1 $$'; done
        """,
        expect=[_none_of_the_dead, some("sig", tid_=fact("survivor"), at=at_least(1 << 63))],
    ),
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
