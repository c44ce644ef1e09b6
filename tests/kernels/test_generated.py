"""Probes made at random, each defined on a real kernel: what the checker passes, the kernel must take."""

from __future__ import annotations

import os
import random
import re
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from probelang.analysis import analyse
from probelang.backends import tracefs
from probelang.backends.tracefs.events import Event
from probelang.diagnostics import Severity
from probelang.kernel.interface import Kernel
from probelang.source import Source
from tests.kernels.lab.boot import GUESTS_AT_ONCE, Job, Outcome, run_jobs
from tests.kernels.lab.fetch import KERNELS, LabError, fetch_kernel
from tests.kernels.lab.target import target_kernel
from tests.properties.generator import Generator

pytestmark = pytest.mark.kernels

PROBES = 240
CHUNK = 60
SCRIPTS = 3
SECONDS = 30
"""For one job, which takes about 8; all of them together are the patience with a guest that hangs."""
SEED = int(os.environ.get("PROBELANG_TEST_SEED", "7"))

# What the kernel thinks of each event: it is defined by its lines, filtered, switched on and off, and all are removed.
_ASK = r"""
events=$PWD/events
cd /sys/kernel/tracing
refuse() {
	printf 'REFUSED %s %s\n' "$1" "$2"
	tail -n 3 error_log
	echo
}
event=
while IFS='	' read -r what name text; do
	case $what in
	define)
		event=$name
		printf '%s\n' "$text" >>dynamic_events || { refuse "$name" "$text"; event=; }
		;;
	filter)
		[ "$event" ] || continue
		printf '%s\n' "$text" >events/$name/filter && [ "$(cat events/$name/filter)" = "$text" ] || refuse "$name" "filter $text"
		;;
	enable)
		[ "$event" ] || continue
		echo 1 >events/$name/enable || refuse "$name" "to be enabled"
		echo 0 >events/$name/enable
		;;
	esac
done <"$events"
echo >dynamic_events
printf 'LEFT %s\n' "$(grep -vc '^#' dynamic_events)"
"""
_RUN_SCRIPT = r"""
sh ./script start && sh ./script stop
printf 'LEFT %s\n' "$(grep -vc '^#' /sys/kernel/tracing/dynamic_events)"
"""


@dataclass(frozen=True)
class Asked:
    """What one kernel was asked, and what it answered."""

    specs: dict[str, str]
    outcomes: list[Outcome]

    def output(self) -> str:
        return "".join(outcome.output for outcome in self.outcomes)


@pytest.fixture(scope="module")
def asked() -> dict[str, Future[Asked]]:
    pool = ThreadPoolExecutor(GUESTS_AT_ONCE)
    started = {kernel: pool.submit(_ask, kernel) for kernel in KERNELS}
    pool.shutdown(wait=False)
    return started


@pytest.mark.parametrize("kernel", KERNELS)
def test_the_kernel_takes_every_generated_probe(kernel: str, asked: dict[str, Future[Asked]]) -> None:
    try:
        answer = asked[kernel].result()
    except LabError as error:
        if os.environ.get("CI"):
            pytest.fail(f"the lab cannot work: {error}")
        pytest.skip(f"NO REAL KERNEL WAS ASKED: {error}")
    output = answer.output()
    names = re.findall(r"^REFUSED made/(\w+)", output, re.MULTILINE)
    if names:
        wrong = "\n".join(dict.fromkeys(answer.specs[name] for name in names))
        pytest.fail(
            f"Linux {kernel} refuses {len(names)} of {len(answer.specs)} (seed {SEED}):\n{output}\n{wrong}",
            pytrace=False,
        )
    assert [outcome.status for outcome in answer.outcomes] == [0] * len(answer.outcomes), output
    assert output == "LEFT 0\n" * len(answer.outcomes)


def _ask(name: str) -> Asked:
    kernel = target_kernel(fetch_kernel(name))
    generator = Generator(kernel)
    rng = random.Random(SEED)
    specs = {f"p{number}": generator.probe(rng, f"p{number}") for number in range(PROBES)}
    events = _compile("".join(specs.values()), kernel)
    assert len(events) == PROBES
    jobs = []
    for start in range(0, PROBES, CHUNK):
        steps = "".join(map(_steps, events[start : start + CHUNK]))
        jobs.append(Job(_ASK, {"events": steps.encode()}, seconds=SECONDS))
    joiner = Generator(kernel, joined=True)
    for number in range(SCRIPTS):
        chosen = _compile(joiner.spec(rng, 12, f"script{number}").partition("\n")[2], kernel)
        script = tracefs.render(chosen, "script", ["made.probe"], kernel).text
        jobs.append(Job(_RUN_SCRIPT, {"script": script.encode()}, seconds=SECONDS))
    return Asked(specs, _run(name, jobs))


def _run(name: str, jobs: Sequence[Job]) -> list[Outcome]:
    """The outcomes; a job without an answer is run again, for emulated guests stumble now and then."""
    files = fetch_kernel(name)
    outcomes = run_jobs(files, jobs)
    for number, outcome in enumerate(outcomes):
        if outcome.status != 0 and "REFUSED" not in outcome.output:
            outcomes[number] = run_jobs(files, [jobs[number]])[0]
    return outcomes


def _compile(probes: str, kernel: Kernel) -> list[Event]:
    analysis = analyse(Source("made.probe", "group made\n" + probes), kernel)
    errors = [found.message for found in analysis.diagnostics if found.severity is Severity.ERROR]
    assert not errors, errors
    return list(analysis.events)


def _steps(event: Event) -> str:
    """An event as lines for the guest to read."""
    steps = [f"define\t{event.name}\t{command}\n" for command in event.commands]
    if event.filter is not None:
        steps.append(f"filter\t{event.name}\t{event.filter}\n")
    return "".join([*steps, f"enable\t{event.name}\t\n"])
