"""What the events of tracepoints record of their arguments: each row of the table by which perf has tprobes, hit and compared.

A tprobe reads the arguments, an eprobe the fields of the event; both see every hit, so what they tell must be the same, hit for hit.
"""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from probelang.analysis import analyse
from probelang.answers import Found
from probelang.backends import tracefs
from probelang.backends.perf.tracepoints import COMM, EVENTS
from probelang.kernel.interface import Kernel
from probelang.source import Source
from tests.kernels.lab.boot import Job, run_jobs
from tests.kernels.lab.fetch import fetch_kernel
from tests.kernels.lab.target import target_kernel
from tests.kernels.lab.trace import Hit, parse_trace

pytestmark = pytest.mark.kernels

_RUN = r"""
lab=$PWD; T=/sys/kernel/tracing
ip link set lo up 2>/dev/null
echo 20000 >$T/buffer_size_kb; echo 0 >$T/tracing_on
sh $lab/probe start || exit 1
echo 1 >$T/tracing_on
sh -c 'trap : USR1; kill -USR1 $$; sleep 0.05'
sleep 5 & kill $!; wait 2>/dev/null
echo >/dev/ttyS0
ping -c 2 -i 0.2 127.0.0.1 >/dev/null
nc -l -p 4321 127.0.0.1 >/dev/null & sleep 0.1; echo x | nc 127.0.0.1 4321; wait
sleep 0.5
echo 0 >$T/tracing_on
grep -v '^#' $T/trace
sh $lab/probe stop
"""


@pytest.mark.parametrize("kernel", ["6.12", "7.2", "7.3"])
def test_events_record_the_arguments_of_their_tracepoints(kernel: str) -> None:
    files = fetch_kernel(kernel)
    known = target_kernel(files)
    spec = _spec(known)
    analysis = analyse(Source("both.pl", spec), known)
    assert not analysis.failed, [found.message for found in analysis.diagnostics]
    script = tracefs.render(analysis.events, "script", ["both.pl"], known).text
    (outcome,) = run_jobs(files, [Job(_RUN, {"probe": script.encode()}, seconds=60)])
    hits: dict[str, list[Hit]] = {}
    for hit in parse_trace(outcome.output):
        hits.setdefault(hit.event, []).append(hit)
    for name in EVENTS:
        arguments, fields = ([hit.shown for hit in hits.get(f"{kind}_{name}", [])] for kind in "ae")
        assert arguments, f"{name} was not hit\n{outcome.output[:2000]}"
        # where the trace is switched on or off one of the two may have come too late
        assert _same(arguments, fields), (name, arguments[:5], fields[:5], len(arguments), len(fields))


def _spec(known: Kernel) -> str:
    lines = ["group both"]
    for name, (system, rows) in EVENTS.items():
        event = known.find_event(system, name)
        assert isinstance(event, Found)
        has = {field.name for field in event.value.fields}
        pairs = [(argument, field) for argument, field in rows.items() if field in has and argument != COMM]
        assert len(pairs) >= len(rows) - 1, (name, has)
        arguments = ", ".join(f"v{number} = {argument}" for number, (argument, _) in enumerate(pairs))
        fields = ", ".join(f"v{number} = {field}" for number, (_, field) in enumerate(pairs))
        lines += [
            f"a_{name} = tprobe {name} {{ {arguments} }}",
            f"e_{name} = eprobe {system}:{name} {{ {fields} }}",
        ]
    return "\n".join(lines) + "\n"


def _same(arguments: list[Mapping[str, str]], fields: list[Mapping[str, str]]) -> bool:
    return any(
        arguments[skipped : len(arguments) - left] == fields[missed : len(fields) - lost]
        for skipped, missed in ((0, 0), (1, 0), (0, 1))
        for left, lost in ((0, 0), (1, 0), (0, 1))
    )
