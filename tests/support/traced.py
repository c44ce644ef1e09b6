"""Events as a run has them, and hits that nobody's kernel raised."""

from __future__ import annotations

import random
from functools import cache

from probelang.analysis import analyse
from probelang.kernel.load import load_kernel
from probelang.source import Source
from probelang.tracing.hits import Column, Hit, Traced, Value

SPEC = """group io
read = fprobe vfs_read%return if $retval > 0 {
    count
    took = $duration
    name = file->f_path.dentry->d_name.name
    file
}
missing = fprobe do_sys_openat2%return if $retval < 0 { error = $retval }
quiet = kprobe vfs_write
"""


@cache
def traced(spec: str = SPEC, name: str = "reads.pl") -> tuple[Traced, ...]:
    """The events of a spec, for Linux 6.12."""
    analysis = analyse(Source(name, spec), load_kernel("6.12"))
    assert not analysis.failed, analysis.diagnostics
    events = []
    for event in analysis.events:
        probe = event.probe
        columns = tuple(Column(field.name, field.fetch.text) for field in probe.fields if not field.auto)
        events.append(Traced(probe, f"run1_{probe.group}/{probe.event}", columns))
    return tuple(events)


def made_hits(number: int, seed: int = 1) -> list[Hit]:
    """Hits of the events of `SPEC`, as a busy machine might raise them: one to twelve seconds, in bursts."""
    read, missing, _ = traced()
    chance = random.Random(seed)
    time = 5 * 10**12
    hits = []
    for place in range(number):
        busy = 1 + 8 * (place * 7 // number % 2)
        time += int(chance.expovariate(1) * 10**10 / number / busy)
        task = chance.choices(("dd", "cat", "postgres", "kworker/u8:3"), (5, 3, 9, 1))[0]
        tid = 1000 + len(task)
        values: tuple[Value, ...]
        if chance.random() < 0.8:
            count = chance.choice((4096, 4096, 65536, 131072, 100, chance.randrange(1, 300000)))
            took = (
                int(chance.lognormvariate(9.2, 1.1))
                if chance.random() < 0.8
                else int(chance.lognormvariate(14, 0.5))
            )
            name = chance.choice(("data", "passwd", f"file{int(chance.expovariate(0.02))}"))
            values = (count, took, name, 0xFFFF888000000000 + 64 * chance.randrange(50))
            hits.append(Hit(read, time, chance.randrange(4), tid, task, values))
        else:
            values = (chance.choices((-2, -13, -17), (12, 3, 1))[0],)
            hits.append(Hit(missing, time, chance.randrange(4), tid, task, values))
    return hits
