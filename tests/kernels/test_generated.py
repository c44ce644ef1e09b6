"""Probes made at random, each defined on a real kernel: what the checker passes, the kernel must take."""

from __future__ import annotations

import os
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from probelang.analysis import analyse
from probelang.backends import tracefs
from probelang.backends.tracefs.events import Event
from probelang.diagnostics import Severity
from probelang.kernel.interface import Kernel
from probelang.source import Source
from tests.kernels.lab.boot import Job, Outcome, run_jobs
from tests.kernels.lab.by_kernel import ByKernel
from tests.kernels.lab.code import insides
from tests.kernels.lab.fetch import KERNELS, KernelFiles, fetch_kernel
from tests.kernels.lab.target import target_kernel
from tests.properties.generator import Generator
from tests.properties.strategies import drawn, specs_side_by_side

pytestmark = pytest.mark.kernels

PROBES = 2000
IN_SPEC = 50
SCRIPTS = 3
SECONDS = 90
"""For one job, which takes about 5; longer than that only where the machine is busy."""
SEED = int(os.environ.get("PROBELANG_TEST_SEED", "7"))

# What the kernel thinks of each event: its definitions, the filter, the triggers, and to be switched on. All is switched
# off in the end and stays defined, because it takes a tenth of a second to remove a probe and none to power off.
_ASK = r"""
steps=$PWD/steps
cd /sys/kernel/tracing
refuse() {
	printf 'REFUSED %s %s %s\n' "$probe" "$1" "$text"
	tail -n 3 error_log
	echo
	bad=$probe
}
bad= filtered=
touch "$steps.wanted"
while IFS='	' read -r what probe name text; do
	[ "$probe" = "$bad" ] && continue
	case $what in
	define) printf '%s\n' "$text" >>dynamic_events || refuse event ;;
	filter)
		printf '%s\n' "$text" >events/$name/filter || refuse filter
		filtered="$filtered events/$name/filter"
		printf '%s\n' "$text" >>"$steps.wanted"
		;;
	trigger) printf '%s\n' "$text" >>events/$name/trigger || refuse trigger ;;
	enable) echo 1 >events/$name/enable || refuse enable ;;
	disable) echo 0 >events/$name/enable || refuse disable ;;
	esac
done <"$steps"
# a filter that was refused is kept, with what is wrong below it
cat /dev/null $filtered >"$steps.got"
cmp -s "$steps.wanted" "$steps.got" || { echo "REFUSED a/filter"; diff "$steps.wanted" "$steps.got"; }
echo >trace
echo done
"""
_RUN_SCRIPT = r"""
sh ./script start && sh ./script stop
printf 'left %s\n' "$(grep -vc '^#' /sys/kernel/tracing/dynamic_events)"
"""


@dataclass(frozen=True)
class Asked:
    """What one kernel was asked, and what it answered."""

    specs: list[str]
    outcomes: list[Outcome]

    def output(self) -> str:
        return "".join(outcome.output for outcome in self.outcomes)

    def source(self, probe: str) -> str:
        """What was written of a probe, which is known by its name or by its point."""
        parts = [part for spec in self.specs for part in spec.split("}\n")]
        return "\n".join(part.strip() + " }" for part in parts if re.search(rf"\b{re.escape(probe)}\b", part))


@pytest.fixture(scope="module")
def asked() -> ByKernel[Asked]:
    return ByKernel(KERNELS, _ask)


@pytest.mark.parametrize("kernel", KERNELS)
def test_the_kernel_takes_every_generated_probe(kernel: str, asked: ByKernel[Asked], again: bool) -> None:
    answer = asked.anew(kernel) if again else asked[kernel]
    output = answer.output()
    names = dict.fromkeys(re.findall(r"^REFUSED \w+/(\w+)", output, re.MULTILINE))
    if names:
        wrong = "\n".join(answer.source(name) for name in names)
        pytest.fail(
            f"Linux {kernel} refuses {len(names)} of {PROBES} (PROBELANG_TEST_SEED={SEED}):\n{output}\n{wrong}",
            pytrace=False,
        )
    assert [outcome.status for outcome in answer.outcomes] == [0] * len(answer.outcomes), output
    assert output == "left 0\n" * SCRIPTS + "done\n" * (PROBES // IN_SPEC)
    print(f"Linux {kernel} takes {PROBES} probes (PROBELANG_TEST_SEED={SEED})")


def _ask(name: str) -> Asked:
    files = fetch_kernel(name)
    kernel = target_kernel(files)
    jobs = []
    joiner = Generator(kernel, joined=0.9)
    for number in range(SCRIPTS):
        spec = joiner.spec(random.Random(SEED + number), 12, f"script{number}")
        script = tracefs.render(_compile(spec, kernel), "script", ["made.probe"], kernel).text
        jobs.append(Job(_RUN_SCRIPT, {"script": script.encode()}, seconds=SECONDS))
    generator = Generator(kernel, insides=insides(files))
    specs = drawn(specs_side_by_side(generator, IN_SPEC), PROBES // IN_SPEC, SEED)
    assert len(specs) == PROBES // IN_SPEC
    for spec in specs:
        steps = "".join(map(_steps, _compile(spec, kernel)))
        jobs.append(Job(_ASK, {"steps": steps.encode()}, seconds=SECONDS))
    return Asked(specs, _run(files, jobs))


def _run(files: KernelFiles, jobs: Sequence[Job]) -> list[Outcome]:
    """The outcomes; a job without an answer is run again, for emulated guests stumble now and then."""
    outcomes = run_jobs(files, jobs)
    for number, outcome in enumerate(outcomes):
        if outcome.status != 0 and "REFUSED" not in outcome.output:
            outcomes[number] = run_jobs(files, [jobs[number]])[0]
    return outcomes


def _compile(spec: str, kernel: Kernel) -> list[Event]:
    analysis = analyse(Source("made.probe", spec), kernel)
    errors = [found.message for found in analysis.diagnostics if found.severity is Severity.ERROR]
    assert not errors, errors
    assert len(analysis.events) >= len(re.findall(r"^(?:\S+ = )?[fkte]probe ", spec, re.MULTILINE))
    return list(analysis.events)


def _steps(event: Event) -> str:
    """An event as lines for the guest to read."""
    steps = [("define", one.name, command) for one in event.definitions for command in one.commands]
    if event.filter is not None:
        steps.append(("filter", event.name, event.filter))
    steps += [("trigger", name, text) for name, text in event.triggers]
    if not event.probe.disabled:
        steps += [("enable", event.name, "-"), ("disable", event.name, "-")]
    steps += [("trigger", name, f"!{text}") for name, text in reversed(event.triggers)]
    return "".join(f"{what}\t{event.name}\t{name}\t{text}\n" for what, name, text in steps)
