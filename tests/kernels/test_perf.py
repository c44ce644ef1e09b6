"""Cases of the booted suite through perf: what it records is what tracefs records, or the compiler says that it cannot."""

from __future__ import annotations

import os
import random
import re
from pathlib import Path

import pytest

from probelang.analysis import analyse
from probelang.backends import Settings
from probelang.backends import perf as backend
from probelang.backends.perf.model import Event
from probelang.diagnostics import Severity
from probelang.kernel.load import load_kernel
from probelang.source import Source
from tests.kernels.cases import ALL
from tests.kernels.lab import perf
from tests.kernels.lab.boot import Job, Machine, run_jobs
from tests.kernels.lab.by_kernel import ByKernel, selected_cases
from tests.kernels.lab.case import Case, Expected
from tests.kernels.lab.fetch import fetch_kernel
from tests.kernels.lab.suite import Run
from tests.kernels.lab.target import target_kernel
from tests.properties.generator import Generator
from tests.support.programs import build_programs

pytestmark = pytest.mark.kernels

KERNELS = ("6.12", "7.3")

#: What depends on which task the clock interrupts: with perf that is perf.
BY_CHANCE = ("eprobe-whose-name",)

Runs = ByKernel[dict[str, Run]]


def _cases(kernel: str) -> list[Case]:
    """Those that are about a spec, and not about the script of tracefs."""
    return [
        case
        for case in ALL
        if kernel in case.on
        and not (case.by_hand or case.script or case.compiled_for or case.leaves)
        and case.name not in BY_CHANCE
    ]


def _parameters() -> list[object]:
    pairs = [(kernel, case) for kernel in KERNELS for case in _cases(kernel)]
    return [pytest.param(kernel, case, id=f"{kernel}-{case.name}") for kernel, case in pairs]


@pytest.fixture(scope="session")
def perf_runs(request: pytest.FixtureRequest) -> Runs:
    """What became of the selected cases."""
    wanted = selected_cases(request, __file__)
    return ByKernel(wanted, lambda kernel: perf.run_cases(kernel, wanted[kernel]))


@pytest.mark.parametrize(("kernel", "case"), _parameters())
def test_case_through_perf(kernel: str, case: Case, perf_runs: Runs, again: bool) -> None:
    run = (perf.run_cases(kernel, [case]) if again else perf_runs[kernel])[case.name]
    if run.compiled.status == 1:
        said = run.compiled.diagnostics
        codes = {line.partition(":")[0] for line in said.splitlines()}
        assert codes == {"PRB501"} or kernel in case.refused, said
        return
    wrong = ""
    try:
        run.verify()
    except (AssertionError, LookupError, StopIteration, ValueError) as error:
        wrong = f"{error}" if isinstance(error, Expected) else f"{type(error).__name__}: {error}"
    if wrong:
        pytest.fail(f"{wrong}\n{run.explain()}", pytrace=False)


PROBES = 200
SEED = int(os.environ.get("PROBELANG_TEST_SEED", "7"))

_DEFINE = """
sh ./probe record -q -N -o /run/perf.data true || exit 1
grep -v '^#' /sys/kernel/tracing/dynamic_events || true
"""


@pytest.mark.parametrize("kernel", KERNELS)
def test_perf_takes_every_generated_probe(kernel: str) -> None:
    """Each is defined by perf, and recorded with its filter; what is not for perf is left out."""
    files = fetch_kernel(kernel)
    known = target_kernel(files)
    # a join is nothing for perf
    generator = Generator(known, joined=0)
    rng = random.Random(SEED)
    specs: list[str] = []
    events: list[Event] = []
    recorded: set[str] = set()
    while len(specs) < PROBES:
        spec = generator.spec(rng, first=len(specs))
        analysis = analyse(Source("made.probe", spec), known, "perf")
        codes = {found.rule.code for found in analysis.diagnostics if found.severity is Severity.ERROR}
        assert codes <= {"PRB501"}, f"seed {SEED}: {codes}\n{spec}"
        existing = {
            one.event for event in analysis.events for one in event.selections if not event.definitions
        }
        if codes or existing & recorded:
            continue
        recorded |= existing
        specs.append(spec)
        events += analysis.events
    script = backend.render(events, "script", ["made.probe"], known).text
    job = Job(_DEFINE, {"probe": script.encode()}, seconds=120)
    outcome = run_jobs(files, [job], Machine(tools="current"))[0]
    assert (outcome.status, outcome.output) == (0, ""), f"seed {SEED}: {outcome.output}"


_PROGRAMS = """
group app
w     = uprobe OPTIMISED:work if n >= 11 { n, x = p->x, y = p->y, who = p->name, flag = p->flag, what, small }
plain = uprobe DEBUG:work { n, who = p->name, what, small }
back  = uprobe OPTIMISED:work%return if $retval < 0 { $retval }
line  = uprobe DEBUG:debug.c:8 if n == 12 { n }
bare  = uprobe BARE:work { n = $arg2: s32, what = $arg3: string, x = +0($arg1): s32 }
"""
_RUN_PROGRAMS = """
lab=$PWD
mkdir -p {folder}
for name in {names}; do cp $lab/$name {folder}/; done
for name in {names}; do echo {folder}/$name; done >all
sh ./probe record -q -N -o /run/perf.data -- sh all || exit 1
perf script -i /run/perf.data -F comm,tid,cpu,time,event,trace
grep -v '^#' /sys/kernel/tracing/dynamic_events || true
"""


@pytest.mark.parametrize("kernel", KERNELS)
def test_programs_through_perf(kernel: str, tmp_path: Path) -> None:
    """By offsets, and in C's terms, of which perf finds out itself where they are."""
    programs = {
        name: path
        for name, path in build_programs(tmp_path).items()
        if name in ("optimised", "debug", "bare")
    }
    spec = _PROGRAMS
    for name, path in programs.items():
        spec = re.sub(rf"\b{name.upper()}\b", path, spec)
    known = load_kernel(kernel)
    jobs = []
    for debuginfo in (False, True):
        wanted = Settings(debuginfo=debuginfo)
        analysis = analyse(Source("app.pl", spec), known, "perf", wanted)
        assert not analysis.diagnostics
        script = backend.render(analysis.events, "script", ["app.pl"], known, wanted).text
        assert ("app:plain=work n=n:s32 who=p->name:string" in script) == debuginfo
        files = {name: Path(path).read_bytes() for name, path in programs.items()}
        text = _RUN_PROGRAMS.format(folder=tmp_path, names=" ".join(programs))
        jobs.append(Job(text, {**files, "probe": script.encode()}, seconds=90))
    outcomes = run_jobs(fetch_kernel(kernel), jobs, Machine(tools="current"))
    same = {"x": 7, "y": 9, "who": "seven", "flag": 5, "what": "hello", "small": 200}
    both = {"who": "seven", "what": "hello", "small": 200}
    for outcome in outcomes:
        assert outcome.status == 0, outcome.output
        assert "app/" not in outcome.output, "the probes are still there"
        hits: dict[str, list[dict[str, object]]] = {}
        for hit, _ in perf.parse_script(outcome.output):
            hits.setdefault(hit.event, []).append(dict(hit.values))
        assert hits["app:w"] == [{"n": 11, **same}, {"n": 12, **same}], outcome.output
        assert hits["app:back__return"] == [{"retval": -85}]
        assert hits["app:plain"] == [{"n": n, **both} for n in (10, 11, 12)]
        assert hits["app:line"] == [{"n": 12}] * 12
        assert hits["app:bare"] == [{"n": n, "what": "hello", "x": 7} for n in (10, 11, 12)]
