"""Runs cases of the suite with the real bpftrace: what they say of the trace must hold of its output too.

Starting bpftrace takes seconds in a guest, so one script has the probes of many cases. Each case's events bear its number there, and its hits
are those between the times at which its work began and ended.
"""

from __future__ import annotations

import functools
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from probelang.analysis import Analysis, analyse
from probelang.backends import Settings, bpftrace
from probelang.backends.bpftrace.script import symbols
from probelang.kernel.interface import Kernel
from probelang.kernel.load import load_kernel
from probelang.render.text import render_concise
from probelang.source import Source
from tests.kernels.lab.boot import Job, Machine, Outcome, run_jobs
from tests.kernels.lab.case import Case, Expected
from tests.kernels.lab.fetch import KernelFiles, fetch_kernel
from tests.kernels.lab.programs import build_program
from tests.kernels.lab.suite import (
    ROOT,
    Compiled,
    Run,
    find_modules,
    read_module,
    target_of,
)
from tests.kernels.lab.target import target_name
from tests.kernels.lab.trace import Hit, parse_trace

BATCHES = (16, 4, 1)
"""How many cases share a script, at most: what does not hold is run again with fewer beside it, and alone in the end."""

MOST_TRACED = 32
"""How many programs of fentry and fexit a script has on one function; the kernel takes 38."""

_PARAMETER = re.compile(r"^(watchpoint|kprobe|kretprobe):\$(\d+)", re.MULTILINE)

_READY = 'BEGIN\n{\n\tprintf("ready\\n");\n}\n'


@dataclass(frozen=True)
class Told:
    """What became of a case: what the compiler said, and the run, None where there was nothing to run."""

    case: Case
    analysis: Analysis
    diagnostics: str
    run: Run | None
    output: str = ""

    @property
    def unsupported(self) -> bool:
        return any(found.rule.code == "PRB501" for found in self.analysis.diagnostics)

    def verify(self) -> None:
        """Raises `Expected` where something is not as the case says."""
        if self.run is None:
            raise Expected("it did not run")
        for expectation in self.case.expect:
            if callable(expectation):
                expectation(self.run)
            else:
                expectation.verify(self.run)

    def problem(self) -> str:
        """What is not as the case says, if anything."""
        try:
            self.verify()
        except Expected as error:
            return str(error)
        except (AssertionError, LookupError, StopIteration, ValueError) as error:
            return f"{type(error).__name__}: {error}"
        return ""


@dataclass(frozen=True)
class _Running:
    """A case that compiles, and what it was compiled for."""

    case: Case
    analysis: Analysis
    known: Kernel


def can_run(case: Case) -> bool:
    """Whether a case is about what is recorded, and not about the script for tracefs."""
    return not (case.by_hand or case.script)


def run_with_bpftrace(kernel: str, cases: Sequence[Case], settings: Settings, tools: str) -> dict[str, Told]:
    """Runs `cases` on one kernel; raises `LabError` where the lab itself cannot work.

    A case that does not hold in a script with others may fail because of these, and is run again.
    """
    files = fetch_kernel(kernel)
    target = target_name(files)
    told: dict[str, Told] = {}
    running: list[_Running] = []
    for case in cases:
        known = _known(target_of(case, files, target))
        analysis = _analyse(case, known, settings)
        said = render_concise(analysis.source, analysis.diagnostics)
        told[case.name] = Told(case, analysis, said, None)
        if not analysis.failed:
            running.append(_Running(case, analysis, known))
    for most in BATCHES:
        _run_batches(_batches(running, most), kernel, files, settings, tools, told)
        running = [one for one in running if told[one.case.name].problem()]
    return told


def _batches(running: Sequence[_Running], most: int) -> list[list[_Running]]:
    """Cases to run together; apart those that load modules, for the others are not to see them."""
    batches: list[list[_Running]] = []
    for one in sorted(running, key=lambda one: bool(one.case.modules)):
        last = batches[-1] if batches else []
        together = [*last, one]
        traced = Counter(point for each in together for point in _points(each) if point.startswith("f"))
        if (
            last
            and len(together) <= most
            and max(traced.values(), default=0) <= MOST_TRACED
            and bool(last[0].case.modules) == bool(one.case.modules)
        ):
            last.append(one)
        else:
            batches.append([one])
    return batches


def _points(one: _Running) -> list[str]:
    points = [clause.point for event in one.analysis.events for clause in event.clauses]
    return [re.sub("^(fentry|fexit|kfunc|kretfunc):", "f:", point) for point in points]


def _run_batches(
    batches: Sequence[Sequence[_Running]],
    kernel: str,
    files: KernelFiles,
    settings: Settings,
    tools: str,
    told: dict[str, Told],
) -> None:
    jobs = [_job(batch, files, settings) for batch in batches]
    for batch, outcome in zip(batches, run_jobs(files, jobs, Machine(tools=tools)), strict=True):
        _read_batch(batch, kernel, outcome, told)


@functools.cache
def _known(target: str) -> Kernel:
    return load_kernel(target)


def _analyse(case: Case, kernel: Kernel, settings: Settings) -> Analysis:
    if case.example:
        return analyse(Source(case.example, (ROOT / case.example).read_text()), kernel, "bpftrace", settings)
    name = f"{case.name.replace('-', '_')}.probe"
    return analyse(Source(name, case.source()), kernel, "bpftrace", settings)


def _job(batch: Sequence[_Running], files: KernelFiles, settings: Settings) -> Job:
    brought: dict[str, bytes] = {"guest.sh": Path(__file__).with_name("guest.sh").read_bytes()}
    modules: list[str] = []
    scripts, works, setups = [], [], []
    for number, one in enumerate(batch):
        case, analysis = one.case, one.analysis
        text = bpftrace.render(analysis.events, "script", [case.name], one.known, settings).text
        scripts.append(_numbered(text, analysis, number))
        brought |= case.files
        brought |= {name: build_program(name) for name in case.programs}
        for path in find_modules(files, case.modules):
            name = path.name.removesuffix(".xz")
            brought[name] = read_module(path)
            if name not in modules:
                modules.append(name)
        setups.append(
            f"mkdir -p /tmp/cases/{number}\nln -sfn /tmp/cases/{number} /tmp/work\ncd /tmp/work\n: >/run/facts\n{case.setup}\nmv /run/facts /run/facts.{number}\n"
        )
        works.append(_work(number, case))
    brought["probe.bt"] = _one_script(scripts).encode()
    wanted = [symbol for one in batch for symbol in symbols(one.analysis.events)]
    addresses = " ".join(f"$(address {symbol.replace('+', ' ')})" for symbol in wanted)
    unsafe = "--unsafe" if any(event.unsafe for one in batch for event in one.analysis.events) else ""
    script = f"""\
. ./guest.sh
rm -rf /tmp/*
address() {{
    grep " $1$" /proc/kallsyms | {{ read address rest; printf '0x%x ' $((0x$address + ${{2-0}})); }}
}}
now() {{
    cut -d' ' -f1 /proc/uptime
}}
modules {" ".join(modules)}
{"".join(setups)}
cd /tmp
# not a child of this shell, whose cases may wait for theirs
(bpftrace -B none {unsafe} $LAB/probe.bt {addresses} >/tmp/hits 2>/tmp/said & echo $! >/tmp/tracer)
tracer=$(cat /tmp/tracer)
tries=0
until grep -q ready /tmp/hits 2>/dev/null; do
    sleep 0.1
    tries=$((tries + 1))
    if [ $tries -gt 600 ] || ! kill -0 $tracer; then
        cat /tmp/said /tmp/hits
        exit 1
    fi
done
sleep 0.5
{"".join(works)}
sleep 0.3
kill -INT $tracer
for try in $(seq 150); do
    kill -0 $tracer || break
    sleep 0.1
done 2>/dev/null
kill -KILL $tracer 2>/dev/null
echo '%%section said'
cat /tmp/said
echo '%%section hits'
cat /tmp/hits
echo '%%section done'
"""
    seconds = 90.0 + 2 * len(batch)
    return Job(script, brought, seconds)


def _work(number: int, case: Case) -> str:
    return f"""
cp /run/facts.{number} /run/facts
ln -sfn /tmp/cases/{number} /tmp/work
cd /tmp/work
echo '%%section do {number}'
echo '%%from' $(now)
sleep 0.015
{case.do}
sleep 0.05
echo '%%until' $(now)
echo '%%section facts {number}'
cat /run/facts
"""


def _numbered(script: str, analysis: Analysis, number: int) -> str:
    """A script whose events and maps bear a number."""
    for event in analysis.events:
        script = script.replace(f": {event.probe.event}: (", f": c{number}__{event.probe.event}: (")
        for map in event.maps:
            script = re.sub(rf"{re.escape(map)}\b", f"@c{number}_{map[1:]}", script)
    return script


def _one_script(scripts: Sequence[str]) -> str:
    """Many scripts as one: the settings once, and the parameters counted through."""
    out: list[str] = []
    parameters = 0
    for number, script in enumerate(scripts):
        config = re.search(r"^config = \{\n.*?^\}\n", script, re.MULTILINE | re.DOTALL)
        if config is not None:
            script = script.replace(config[0], "")
            if number == 0:
                out.append(config[0])
        if number == 0:
            out.append(_READY)
        highest = max((int(found[2]) for found in _PARAMETER.finditer(script)), default=0)
        script = _PARAMETER.sub(
            lambda found, before=parameters: f"{found[1]}:${int(found[2]) + before}",  # type: ignore[misc]
            script,
        )
        parameters += highest
        out.append(re.sub(r"^#!.*\n", "", script))
    return "".join(out)


def _read_batch(batch: Sequence[_Running], kernel: str, outcome: Outcome, told: dict[str, Told]) -> None:
    sections: dict[str, str] = {}
    for part in re.split(r"^%%section ", outcome.output, flags=re.MULTILINE)[1:]:
        name, _, text = part.partition("\n")
        sections[name] = text
    hits = parse_trace(_as_trace(sections.get("hits", "")))
    for number, case in enumerate(one.case for one in batch):
        lines = sections.get(f"facts {number}", "").splitlines()
        facts = {name: value for name, _, value in (line.partition(" ") for line in lines)}
        work = sections.get(f"do {number}", "")
        times = [float(found) for found in re.findall(r"^%%(?:from|until) ([\d.]+)$", work, re.MULTILINE)]
        run = None
        if len(times) == 2 and "done" in sections:
            own = [hit for hit in hits if times[0] <= hit.time <= times[1] + 0.01]
            run = Run(case, kernel, Compiled(0, "", ""), outcome, {"do": work}, facts, _of_case(own, number))
        output = "\n".join((sections.get("said", outcome.output), work, sections.get("hits", "")[-3000:]))
        told[case.name] = replace(told[case.name], run=run, output=output)


def _as_trace(text: str) -> str:
    """bpftrace's stacks as the trace shows them."""
    return re.sub(r"^ {8}(\S+)$", r" => \1", text, flags=re.MULTILINE)


def _of_case(hits: Sequence[Hit], number: int) -> list[Hit]:
    start = f"c{number}__"
    return [replace(hit, event=hit.event.removeprefix(start)) for hit in hits if hit.event.startswith(start)]
