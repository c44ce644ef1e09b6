"""Functions and tracepoints of modules: compiled by the modules' files, which lie in `lib/modules` beside what the kernel tells."""

from __future__ import annotations

from tests.kernels.lab.case import Case, every, exactly, fact, one, some
from tests.kernels.lab.suite import Run

_DEVICE = """
mount -t configfs none /sys/kernel/config
cd /sys/kernel/config/nullb
mkdir made
echo 4096 >made/blocksize; echo 24 >made/size
[ ! -e made/zoned ] || [ -z "$ZONED" ] || { echo 1 >made/zoned; echo 4 >made/zone_size; }
known maker sh -c 'echo 1 >made/power'
fact power $(cat made/power)
fact blocksize $(cat made/blocksize); fact size $(cat made/size)
fact index $(cat made/index)
fact name $(cd /sys/block && ls -d made)
rmdir made
cd /; umount /sys/kernel/config
"""
"""Makes a device of null_blk, with `made/size` in MiB, by the module's own files, and tells what these say."""

_NONE = ("null_blk",)
_NO_TPROBES = {"6.1": r"error\[PRB401\][^\n]*tprobe"}


def _only(run: Run, event: str, module: str) -> None:
    """Every hit of an event is in a module."""
    places = [hit.place for hit in run.hits if hit.event == event]
    assert places and all(f"[{module}]" in place for place in places), places


CASES = [
    Case(
        "module-kprobe",
        module_files=True,
        spec="""
        add    = kprobe null_blk:null_add_dev { dev->blocksize, dev->size, dev->memory_backed, dev->index }
        added  = kprobe null_blk:null_add_dev%return { $retval }
        inside = kprobe null_blk:null_add_dev+5 { $comm, first = %di: x64 }
        """,
        do=_DEVICE,
        modules=_NONE,
        expect=[
            one("add", tid_=fact("maker"), blocksize=fact("blocksize"), size=fact("size"), memory_backed=0),
            one("added", tid_=fact("maker"), retval=0),
            one("inside", tid_=fact("maker"), comm="sh"),
            lambda run: _only(run, "add", "null_blk"),
        ],
    ),
    Case(
        "module-fprobe",
        module_files=True,
        spec="""
        add   = fprobe null_blk:null_add_dev if dev->blocksize == 4096 { dev->blocksize, dev->size }
        added = fprobe null-blk:null_add_dev%return { $retval, before = entry(dev->size), took = $duration }
        plain = fprobe null_blk:no_such_function ?? null_blk:null_add_dev { dev->size }
        """,
        do=_DEVICE,
        modules=_NONE,
        expect=[
            one("add", tid_=fact("maker"), blocksize=4096, size=fact("size")),
            one(
                "added",
                tid_=fact("maker"),
                retval=0,
                before=fact("size"),
                took=lambda value: int(str(value)) > 0,
            ),
            one("plain", tid_=fact("maker"), size=fact("size")),
        ],
    ),
    Case(
        "module-parameter-at-return",
        module_files=True,
        spec="done = fprobe null_blk:null_add_dev%return { $retval, dev, index = dev->index }",
        do=_DEVICE,
        modules=_NONE,
        refused={"6.1": r"error\[PRB401\][^\n]*return"},
        expect=[one("done", tid_=fact("maker"), retval=0, index=fact("index"))],
    ),
    Case(
        "module-kprobe-parameter-at-return",
        module_files=True,
        spec="done = kprobe null_blk:null_add_dev%return { $retval, index = dev->index }",
        do=_DEVICE,
        modules=_NONE,
        refused={"6.1": r"error\[PRB401\][^\n]*return"},
        expect=[one("done", tid_=fact("maker"), retval=0, index=fact("index"))],
    ),
    Case(
        "module-pattern",
        module_files=True,
        spec="many = kprobe null_blk:null_add_d* { $comm }",
        do=_DEVICE,
        modules=_NONE,
        expect=[some("many", tid_=fact("maker"), comm="sh")],
    ),
    Case(
        "module-tprobe",
        module_files=True,
        spec="""
        zones = tprobe null_blk:nullb_report_zones if nr_zones == 6 { nr_zones, disk = nullb->disk->disk_name }
        """,
        do="ZONED=yes\n" + _DEVICE,
        modules=_NONE,
        refused=_NO_TPROBES,
        expect=[some("zones", tid_=fact("maker"), nr_zones=6), every("zones", nr_zones=6, disk=fact("name"))],
    ),
    Case(
        "module-eprobe",
        spec="zones = eprobe nullb:nullb_report_zones if nr_zones == 6 { nr_zones }",
        do="ZONED=yes\n" + _DEVICE,
        modules=_NONE,
        loaded=_NONE,
        expect=[some("zones", tid_=fact("maker"), nr_zones=6)],
    ),
    Case(
        "module-found-by-the-lists",
        spec="""
        add  = kprobe null_add_dev { dev->blocksize, dev->size }
        also = fprobe null_add_dev { dev->size }
        """,
        do=_DEVICE,
        modules=_NONE,
        loaded=_NONE,
        expect=[
            one("add", tid_=fact("maker"), blocksize=4096, size=fact("size")),
            one("also", tid_=fact("maker"), size=fact("size")),
        ],
    ),
    Case(
        "module-of-several",
        module_files=True,
        spec="""
        group several
        own    = fprobe nlmon:always_on { name = dev->name }
        other  = kprobe vsockmon:always_on%return { $retval }
        """,
        setup="ip link add mon type nlmon; ip link add sock type vsockmon; ip link set mon up; ip link set sock up",
        do="""
        known one $LAB/link mon
        known two $LAB/link sock
        ip link del mon; ip link del sock
        """,
        programs=["link"],
        modules=("nlmon", "vsockmon"),
        expect=[
            exactly(1, "own", name="mon", tid_=fact("one")),
            exactly(1, "other", retval=1, tid_=fact("two")),
            lambda run: _only(run, "own", "nlmon"),
            every("own", name="mon"),
        ],
    ),
    Case(
        "module-not-loaded",
        module_files=True,
        spec="add = kprobe null_blk:null_add_dev",
        by_hand=True,
        setup="rmmod null_blk 2>/dev/null",
        do="""
        sh $PROBE start 2>said; fact status $?
        fact says $(grep -c 'the module null_blk is not loaded (modprobe null_blk loads it)' said)
        """,
        expect=[lambda run: _equal((run.facts["status"], run.facts["says"]), ("1", "1"))],
    ),
]


def _equal(value: object, wanted: object) -> None:
    assert value == wanted, f"{value!r} is not {wanted!r}"
