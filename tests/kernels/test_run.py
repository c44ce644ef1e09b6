"""`probelang run`, `load`, `unload` and `status` on booted kernels: however they end, what was there before is there, and nothing else."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from probelang.kernel.identity import BUNDLED_FOLDER
from tests.kernels.lab.inside import Scene, Told, run_scenes

pytestmark = pytest.mark.kernels

KERNELS = ("6.12", "7.3")
#: Facts of a kernel that has other functions than the one that is booted.
OTHER = {"6.12": "7.3", "7.3": "6.12"}

SPEC = b"""
group pair
first = fprobe vfs_read with stacktrace if count == 4321 { count }
slow  = fprobe vfs_read%return if took > 1 && count == 4321 {
    took   = $duration
    before = entry(file->f_pos)
    count
}
on    = eprobe pair:first { count }
third = kprobe vfs_read if count == 4321 { count }
"""
REFUSED = b"""
group refused
first  = fprobe vfs_read if count == 4321 { count }
second = kprobe do_unlinkat ?? filename_unlinkat { $comm }
"""
#: Hits of one read of 4321 bytes.
EACH = 4

_END_BY = """
begin {signal} --raw $SHARED/two.pl
work
kill -{signal} $pid
ended {signal} $pid
"""

SCENES = [
    Scene("signals", "".join(_END_BY.format(signal=name) for name in ("INT", "TERM", "HUP", "QUIT"))),
    Scene(
        "killed",
        """
        begin dead --raw $SHARED/two.pl
        work
        kill -KILL $pid
        wait $pid
        fact events $(grep -c pair_ $T/dynamic_events)
        fact kept $(ls /run/probelang | wc -l)
        probelang run --raw --max-hits 1 --command "dd if=/tmp/work/f of=/dev/null bs=4321 count=2" $SHARED/two.pl >next.out 2>next.err
        fact status $?
        fact events_after $(grep -c pair_ $T/dynamic_events)
        cat next.err
        """,
    ),
    Scene(
        "closed-pipe",
        """
        { probelang run --raw $SHARED/two.pl 2>pipe.err; fact status $?; } | head -n 1 >pipe.out &
        wait_for grep 'probelang: tracing' pipe.err
        work
        wait
        fact lines $(wc -l <pipe.out)
        # one that is closed before there is anything to write
        { probelang run --raw $SHARED/two.pl 2>early.err; fact early $?; } | :
        cat pipe.err early.err
        """,
    ),
    Scene(
        "held-pipe",
        """
        mkfifo held
        sleep 60 <held &
        sleeper=$!
        (exec probelang run --raw $SHARED/all.pl >held 2>held.err) &
        pid=$!
        wait_for grep 'probelang: tracing' held.err
        # more than a pipe takes
        dd if=/dev/zero of=/dev/null bs=1 count=3000 2>/dev/null
        kill -TERM $pid
        wait_for sh -c "! kill -0 $pid"
        fact ended $(kill -0 $pid 2>/dev/null && echo no || echo yes)
        kill $sleeper
        cat held.err
        """,
    ),
    Scene(
        "refused",
        "probelang run --raw --kernel $SHARED/other.kernel $SHARED/refused.pl; fact status $?",
    ),
    Scene(
        "two-at-once",
        """
        begin one --raw $SHARED/two.pl
        one=$pid
        begin two --raw $SHARED/two.pl
        two=$pid
        probelang status
        work
        wait_for sh -c '[ $(grep -c count=4321 one.out) -ge 8 ]'
        wait_for sh -c '[ $(grep -c count=4321 two.out) -ge 8 ]'
        kill -INT $one
        ended one $one
        work
        wait_for sh -c '[ $(grep -c count=4321 two.out) -ge 16 ]'
        kill -INT $two
        ended two $two
        """,
    ),
    Scene(
        "options",
        """
        head -c 8642 /dev/zero >f
        probelang run --raw --duration 300ms $SHARED/two.pl >out; fact duration $?
        probelang run --raw --command "dd if=f of=/dev/null bs=4321 count=2" $SHARED/two.pl >command.out; fact command $?
        fact command.hits $(grep -c count=4321 command.out)
        probelang run --raw --command 'sh -c "dd if=f of=/dev/null bs=4321 count=2; exit 3"' $SHARED/two.pl >child.out; fact child $?
        fact child.hits $(grep -c count=4321 child.out)
        probelang run --raw --command 'kill -TERM $$' $SHARED/two.pl; fact by_signal $?
        probelang run --raw --command 'sleep 100' --duration 200ms $SHARED/two.pl; fact stopped $?
        fact sleepers "$(ps | grep -c '[s]leep 100')"
        probelang run --command /no/such/program $SHARED/two.pl; fact no_program $?
        probelang run --pid 123456 $SHARED/two.pl; fact no_process $?
        sh -c 'while ! [ -f go ]; do sleep 0.1; done; dd if=f of=/dev/null bs=4321 count=2 2>/dev/null; sleep 0.2' &
        begin pid --raw --pid $! $SHARED/two.pl
        work
        touch go
        ended pid $pid
        """,
    ),
    Scene(
        "in-use",
        """
        begin used --raw $SHARED/two.pl
        instance=$(ls $T/instances)
        # somebody else switches everything on, and reads the pipe
        for file in $T/events/pair_*/enable; do echo 1 >$file; done
        sleep 100 <$T/instances/$instance/trace_pipe &
        sleeper=$!
        kill -INT $pid
        ended used $pid
        fact kept $(ls /run/probelang | wc -l)
        kill $sleeper
        wait $sleeper
        probelang status
        """,
    ),
    Scene(
        "strange-files",
        """
        mkdir -m 700 /run/probelang
        cd /run/probelang
        echo '{"pid": 1, "files": [], "events": [["bystanders/idle", ":bystanders/idle"]], "triggers": []}' >run-aaaaaa.json
        echo 'no json' >run-bbbbbb.json
        ln -s /etc/passwd run-cccccc.json
        mkfifo run-dddddd.json
        echo '{"pid": 1, "files": [], "events": [], "triggers": []}' >run-eeeeee.json
        chown nobody run-eeeeee.json
        chmod 600 run-*[abe].json
        touch loaded.json.new
        probelang status; fact status $?
        ls
        rm run-*
        echo '{"boot": 3}' >loaded.json; chmod 600 loaded.json
        probelang status
        echo "{\\"boot\\": \\"$(cat /proc/sys/kernel/random/boot_id)\\", \\"specs\\": 7}" >loaded.json
        probelang status; fact specs $?
        cd /tmp/work; rm -r /run/probelang
        ln -s /tmp /run/probelang
        probelang run $SHARED/two.pl; fact link $?
        rm /run/probelang
        mkdir /run/probelang; chown nobody /run/probelang
        probelang status; fact foreign $?
        probelang load $SHARED/two.pl; fact foreign_load $?
        rmdir /run/probelang
        """,
    ),
    Scene(
        "load",
        """
        cp $SHARED/two.pl two.pl
        probelang load two.pl; fact load $?
        cat $T/dynamic_events >one; probelang load two.pl; fact again $?
        cat $T/dynamic_events | cmp - one; fact same $?
        echo >$T/trace; work; fact hits $(grep -c count=4321 $T/trace)
        probelang status
        sed -i 's/^third.*/third = kprobe vfs_read { count }/; s/^on .*//' two.pl
        probelang status
        probelang load two.pl; fact changed $?
        work; probelang status --format json >status.json; cat status.json
        echo 0 >$T/events/pair/third/enable; echo 'count == 1' >$T/events/pair/first/filter
        probelang status
        probelang load two.pl
        # a refused one leaves all as it was
        cat $T/dynamic_events >before; cp $SHARED/refused.pl two.pl
        probelang load --kernel $SHARED/other.kernel two.pl; fact refused $?
        cat $T/dynamic_events | cmp - before; fact restored $?
        grep . $T/events/pair/*/filter $T/events/pair/*/enable
        rm two.pl; probelang status
        probelang unload two.pl; fact unload $?
        probelang unload two.pl; fact unload_again $?
        probelang unload --all; fact all $?
        """,
    ),
    Scene(
        "load-killed",
        """
        probelang load $SHARED/two.pl
        probelang load $SHARED/many.pl &
        pid=$!
        wait_for grep many/e5 $T/dynamic_events
        kill -KILL $pid
        wait $pid
        fact defined $(grep -c many/ $T/dynamic_events)
        probelang status
        fact after $(grep -c many/ $T/dynamic_events)
        fact others $(grep -c pair/ $T/dynamic_events)
        probelang unload --all
        """,
    ),
    Scene(
        "names-of-others",
        """
        echo 'p:pair/third do_nanosleep' >>$T/dynamic_events
        probelang load $SHARED/two.pl; fact status $?
        grep -c . $T/dynamic_events
        echo '-:pair/third' >>$T/dynamic_events
        """,
    ),
]


@cache
def told(kernel: str) -> dict[str, Told]:
    other = Path(BUNDLED_FOLDER, f"{OTHER[kernel]}.kernel").read_bytes()
    many = "group many\n" + "".join(f"e{number} = kprobe vfs_read {{ count }}\n" for number in range(200))
    files = {
        "two.pl": SPEC,
        "all.pl": b"group all\nread = kprobe vfs_read { count }\n",
        "many.pl": many.encode(),
        "refused.pl": REFUSED,
        "other.kernel": other,
    }
    return run_scenes(kernel, SCENES, files)


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("scene", [scene.name for scene in SCENES])
def test_nothing_is_left(scene: str, kernel: str) -> None:
    one = told(kernel)[scene]
    assert one.complete, one.outcome.output[-3000:] + one.outcome.console[-1000:]
    assert one.left == "", one.left + one.output
    assert "Traceback" not in one.output
