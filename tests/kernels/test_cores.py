"""Entry and return joined: threads that run on two processors and move between them in the middle of a call, and more than there is room for."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.kernels.lab.boot import Job, Machine, run_jobs
from tests.kernels.lab.fetch import fetch_kernel
from tests.kernels.lab.inside import ENVIRONMENT, unpack_job

pytestmark = pytest.mark.kernels

READERS, READS, ROUNDS = 4, 300, 25
#: Of the sleeping readers, which are moved while they wait: nanoseconds that they wait at least.
WAIT = 10_000_000

SPEC = f"""
group cores
read = fprobe vfs_read%return if count in 4001..{4000 + READERS} {{
    count, before = entry(*pos), after = *pos, got = $retval, took = $duration
}}
moved = fprobe vfs_read%return if count in 5001..{5000 + READERS} {{
    count, got = $retval, took = $duration
}}
"""

WORK = f"""
import os, time
def read(number):
    file = os.open("/bin/busybox", os.O_RDONLY)
    for turn in range({READS}):
        if turn % 16 == number:
            os.sched_setaffinity(0, {{turn // 16 & 1}})
        if len(os.read(file, 4001 + number)) < 4001 + number:
            os.lseek(file, 0, 0)
def wait(number, pipe):
    for turn in range({ROUNDS}):
        os.read(pipe, 5001 + number)
children, pipes = [], []
for number in range({READERS}):
    end, begin = os.pipe()
    for work in (lambda: read(number), lambda: wait(number, end)):
        child = os.fork()
        if not child:
            work()
            os._exit(0)
        children.append(child)
    pipes.append((child, begin))
for turn in range({ROUNDS}):
    for child, _ in pipes:
        os.sched_setaffinity(child, {{turn & 1}})
    time.sleep({WAIT / 1e9})
    for number, (child, begin) in enumerate(pipes):
        os.sched_setaffinity(child, {{~turn & 1}})
        os.write(begin, b"x" * (number + 1))
    # until they wait again, on the processor that they were moved to
    for child, _ in pipes:
        for _ in range(2000):
            if open(f"/proc/{{child}}/stat").read().rpartition(")")[2].split()[0] != "R":
                break
            time.sleep(0.001)
for child in children:
    os.waitpid(child, 0)
"""

MANY, ROOM = 300, 128
CROWD = f"""
import os, threading
file = os.open("/bin/busybox", os.O_RDONLY)
done = threading.Barrier({MANY + 1})
def work():
    os.pread(file, 6001, 0)
    done.wait()
    done.wait()
threading.stack_size(1 << 16)
threads = [threading.Thread(target=work, daemon=True) for _ in range({MANY})]
for thread in threads:
    thread.start()
done.wait()
os._exit(0)
"""
CROWD_SPEC = """
group crowd
read = fprobe vfs_read%return if count == 6001 { before = entry(*pos), $retval }
"""
SMALL = f"""
import sys
from probelang.backends.tracefs import join
from probelang.cli.main import main
join.MAP_SIZE = {ROOM}
sys.exit(main())
"""

JOB = f"""
{ENVIRONMENT}
set -- KERNEL
grep -c ^processor /proc/cpuinfo
probelang run --buffer-size 4M --format json --command "python3.13 $PWD/work.py" spec.pl >hits.json
echo "status $?"
python3.13 small.py run --format json --command "python3.13 $PWD/crowd.py" crowd.pl >crowd.json
[ $1 = 6.12 ] && probelang load crowd.pl && python3.13 crowd.py && probelang status && probelang unload --all
echo "crowd $(grep -c before crowd.json)"
echo "%%"
cat hits.json
"""


@pytest.mark.parametrize("kernel", ["6.1", "6.12", "7.3"])
def test_calls_of_threads(kernel: str) -> None:
    texts = {"spec.pl": SPEC, "work.py": WORK, "crowd.pl": CROWD_SPEC, "crowd.py": CROWD, "small.py": SMALL}
    files = {name: text.encode() for name, text in texts.items()}
    jobs = [unpack_job(), Job(JOB.replace("KERNEL", kernel), files, seconds=240)]
    outcome = run_jobs(fetch_kernel(kernel), jobs, Machine(tools="python", cores=2))[1]
    said, _, lines = outcome.output.partition("\n%%\n")
    assert outcome.status == 0 and "status 0" in said, outcome.output[:3000]
    assert said.startswith("2\n")
    told: list[dict[str, Any]] = [json.loads(line) for line in lines.splitlines()]
    hits = [one for one in told if "event" in one]
    assert not [one for one in told if "lost" in one], said
    assert [hit["time"] for hit in hits] == sorted(hit["time"] for hit in hits)
    for number in range(READERS):
        calls = [hit["fields"] for hit in hits if hit["fields"]["count"] == 4001 + number]
        assert len(calls) == READS
        at = 0
        for call in calls:
            assert call["before"] == at and call["after"] == at + call["got"], call
            assert call["took"] > 0
            at = call["after"] if call["got"] == 4001 + number else 0
        waits = [hit["fields"] for hit in hits if hit["fields"]["count"] == 5001 + number]
        assert [call["got"] for call in waits] == [number + 1] * ROUNDS
        # now and then one comes late to its read, and finds what it waits for
        assert sum(call["took"] >= WAIT for call in waits) >= ROUNDS * 3 // 4, waits
    assert {hit["cpu"] for hit in hits} == {0, 1}
    # what there was no room for is counted and said
    crowd = re.search(r"(\d+) hits in .*, none lost, (\d+) calls not joined with their entries", said)
    assert crowd and int(crowd[1]) <= ROOM and int(crowd[1]) + int(crowd[2]) >= MANY, said
    assert f"crowd {crowd[1]}" in said
    if kernel == "6.12":
        loaded = re.search(r"crowd/read +on +(\d+) calls, 0 missed", said)
        assert loaded and int(loaded[1]) >= MANY, said
