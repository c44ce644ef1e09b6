"""`probelang run`, `load`, `unload` and `status` on booted kernels: however they end, what was there before is there, and nothing else."""

from __future__ import annotations

import json
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
ended {signal}
"""

SCENES = [
    Scene("signals", "".join(_END_BY.format(signal=name) for name in ("INT", "TERM", "HUP", "QUIT"))),
    Scene(
        "killed",
        """
        begin dead --raw $SHARED/two.pl
        work
        kill -KILL $pid
        wait_for test -s dead.status
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
        probelang status
        work
        wait_for sh -c '[ $(grep -c count=4321 one.out) -ge 8 ]'
        wait_for sh -c '[ $(grep -c count=4321 two.out) -ge 8 ]'
        kill -INT $one
        ended one
        work
        wait_for sh -c '[ $(grep -c count=4321 two.out) -ge 16 ]'
        kill -INT $pid
        ended two
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
        ended pid
        """,
    ),
    Scene(
        "in-use",
        """
        begin used --raw $SHARED/two.pl
        instance=$(ls $T/instances)
        # somebody else switches everything on, and reads the pipe
        for file in $T/events/pair_*/enable; do echo 1 >$file; done
        sleep 100 <$T/instances/$instance/trace &
        sleeper=$!
        kill -INT $pid
        ended used
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
        sort $T/dynamic_events >after; sort before | cmp - after; fact restored $?
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


def facts_of(scene: str, kernel: str) -> dict[str, str]:
    return dict(told(kernel)[scene].facts)


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("scene", [scene.name for scene in SCENES])
def test_nothing_is_left(scene: str, kernel: str) -> None:
    one = told(kernel)[scene]
    assert one.complete, one.outcome.output[-3000:] + one.outcome.console[-1000:]
    assert one.left == "", one.left + one.output
    assert "Traceback" not in one.output and "waited in vain" not in one.output, one.output


@pytest.mark.parametrize("kernel", KERNELS)
def test_signals_end_a_run_as_it_should(kernel: str) -> None:
    facts = facts_of("signals", kernel)
    for signal in ("INT", "TERM", "HUP", "QUIT"):
        assert (facts[f"{signal}.status"], facts[f"{signal}.hits"]) == ("0", str(2 * EACH)), facts


@pytest.mark.parametrize("kernel", KERNELS)
def test_next_start_clears_what_a_killed_run_left(kernel: str) -> None:
    facts, said = facts_of("killed", kernel), told(kernel)["killed"].output
    assert facts == {"events": "5", "kept": "1", "status": "0", "events_after": "0"}, said
    assert "note: cleared what was left of a run of two.pl that was killed" in said


@pytest.mark.parametrize("kernel", KERNELS)
def test_pipes(kernel: str) -> None:
    """One that is closed ends a run, and one that nobody reads does not keep it from its end."""
    assert facts_of("closed-pipe", kernel) == {"status": "0", "early": "0", "lines": "1"}
    assert facts_of("held-pipe", kernel) == {"ended": "yes"}


@pytest.mark.parametrize("kernel", KERNELS)
def test_what_the_kernel_refuses_is_shown_in_the_spec(kernel: str) -> None:
    said = told(kernel)["refused"].output
    assert facts_of("refused", kernel) == {"status": "1"}
    assert "error[PRB201]: the kernel refused this" in said and "refused.pl:4:17" in said, said


@pytest.mark.parametrize("kernel", KERNELS)
def test_two_runs_of_one_spec_do_not_know_of_each_other(kernel: str) -> None:
    facts, said = facts_of("two-at-once", kernel), told(kernel)["two-at-once"].output
    assert (facts["one.hits"], facts["two.hits"]) == (str(2 * EACH), str(4 * EACH)), facts
    assert said.count("running: ") == 2, said


@pytest.mark.parametrize("kernel", KERNELS)
def test_options(kernel: str) -> None:
    facts = facts_of("options", kernel)
    assert facts == {
        "duration": "0",
        "command": "0",
        "command.hits": str(2 * EACH),
        "child": "3",
        "child.hits": str(2 * EACH),
        "by_signal": "143",
        "stopped": "0",
        "sleepers": "0",
        "no_program": "2",
        "no_process": "2",
        "pid.status": "0",
        "pid.hits": str(2 * EACH),
    }


@pytest.mark.parametrize("kernel", KERNELS)
def test_what_is_in_use_is_said_and_cleared_later(kernel: str) -> None:
    facts, said = facts_of("in-use", kernel), told(kernel)["in-use"].output
    assert (facts["used.status"], facts["kept"]) == ("1", "1"), said
    # an eprobe that two folders had on holds its event in the one that had it off first, until that folder is gone
    assert "probelang: cannot remove " in said and "instances/probelang-" in said, said
    assert "note: cleared what was left" in said, said


@pytest.mark.parametrize("kernel", KERNELS)
def test_files_of_a_state_that_is_not_ours_are_not_believed(kernel: str) -> None:
    facts, said = facts_of("strange-files", kernel), told(kernel)["strange-files"].output
    assert facts == {"status": "0", "specs": "2", "link": "2", "foreign": "2", "foreign_load": "2"}, said
    for name in "abcde":
        assert f"run-{name * 6}.json is not as probelang writes it" in said, said


@pytest.mark.parametrize("kernel", KERNELS)
def test_load(kernel: str) -> None:
    facts, said = facts_of("load", kernel), told(kernel)["load"].output
    wanted = {"load": "0", "again": "0", "same": "0", "hits": str(2 * EACH), "changed": "0", "refused": "1"}
    wanted |= {"restored": "0", "unload": "0", "unload_again": "1", "all": "0"}
    assert facts == wanted, said
    for line in (
        "two.pl: 4 added",
        "two.pl: nothing to change, 4 events as before",
        "two.pl: has changed since: `probelang load` it again",
        "two.pl: 1 changed, 1 removed, 2 events as before",
        "two.pl: 2 changed, 1 event as before",
        "probelang: nothing was changed",
        "two.pl: is gone, or cannot be read",
        "two.pl: 3 removed",
        "nothing is loaded",
    ):
        assert f"{line}\n" in said, f"{line}\n\n{said}"
    status = json.loads(said[said.index("{\n") : said.index("\n}\n") + 3])
    (spec,) = status["specs"]
    events = {event["event"]: event for event in spec["events"]}
    assert spec["spec"] == "same" and [event["condition"] for event in events.values()] == ["on"] * 3
    assert events["pair/third"]["hits"] >= 2 and events["pair/third"]["misses"] == 0
    assert events["pair/first"]["hits"] is None


@pytest.mark.parametrize("kernel", KERNELS)
def test_a_load_that_was_killed_is_cleared(kernel: str) -> None:
    facts, said = facts_of("load-killed", kernel), told(kernel)["load-killed"].output
    assert int(facts["defined"]) > 0 and (facts["after"], facts["others"]) == ("0", "5"), said
    assert "of a `probelang load` that was killed" in said


@pytest.mark.parametrize("kernel", KERNELS)
def test_names_of_others_are_theirs(kernel: str) -> None:
    said = told(kernel)["names-of-others"].output
    assert facts_of("names-of-others", kernel) == {"status": "1"}
    assert "there is an event pair/third already, which probelang did not load; nothing was changed" in said
