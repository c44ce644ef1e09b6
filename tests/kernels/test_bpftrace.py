"""The same cases with the real bpftrace: on 6.12 and 7.3 the current one, on 6.1 that of Debian bookworm.

A case either holds, or the backend itself says that it cannot; those that are about something else than what is recorded are named here.
"""

from __future__ import annotations

import os
import random
import re
from pathlib import Path

import pytest

from probelang.analysis import analyse
from probelang.backends import Settings, bpftrace
from probelang.backends.bpftrace.events import Event
from probelang.backends.bpftrace.script import symbols
from probelang.diagnostics import Severity
from probelang.kernel.interface import Kernel
from probelang.source import Source
from tests.kernels.cases import ALL
from tests.kernels.lab.boot import Job, Machine, Outcome, run_jobs
from tests.kernels.lab.by_kernel import ByKernel, selected_cases
from tests.kernels.lab.case import Case
from tests.kernels.lab.fetch import fetch_kernel
from tests.kernels.lab.target import target_kernel
from tests.kernels.lab.with_bpftrace import Told, can_run, run_with_bpftrace
from tests.kernels.test_programs import check_hits, spec_for
from tests.properties.generator import Generator
from tests.support.programs import build_programs

pytestmark = pytest.mark.kernels

KERNELS = {
    "6.1": (Settings(bpftrace=(0, 17)), "bookworm"),
    "6.12": (Settings(bpftrace=(0, 27)), "current"),
    "7.3": (Settings(bpftrace=(0, 27)), "current"),
}

ABOUT_SOMETHING_ELSE = {
    "module-kprobe": "bpftrace tells a symbol without its module",
    "module-of-several": "bpftrace tells a symbol without its module",
    "disabled": "it looks at what tracefs has enabled",
    "example-oom": "a guest with bpftrace has too much memory to run out of it",
    "symbol-types": "bpftrace tells a symbol without the offset",
    "symstr": "bpftrace tells a symbol without the offset",
}

#: Cases of 6.1: what is written in other words for the old release.
OLD_RELEASE = (
    "fprobe-large-reads", "kprobe-parameters", "kprobe-return", "fprobe-return", "return-is-signed",
    "entry-values", "before-and-after", "long-chain", "bitfields", "integer-array", "cast", "tcp-connect",
    "eprobe-string-field", "eprobe-dynamic-string", "condition-not", "condition-set", "condition-string", "tprobe-switch",
)  # fmt: skip

#: Cases of 7.3: each kind of probe and of value once more, and the examples. The rest is the same script as on 6.12, but for offsets.
NEWEST = (
    "example-", "eprobe-", "tprobe-", "module-", "fprobe-", "kprobe-", "per-cpu-",
    "parameter-at-return", "return-is-signed", "many-points", "stack-of-a-hit", "entry-values", "before-and-after", "long-chain",
    "bitfields", "strings", "integer-array", "dentry-name", "cast", "user-pointer", "variables-by-their-headers", "tcp-connect", "page-faults",
    "condition-set", "condition-strings", "choices", "running-task",
)  # fmt: skip

ALL_OF_THEM = os.environ.get("PROBELANG_TEST_ALL", "") == "1"

PROBES = 500
A_SPEC = 50
A_SCRIPT = 250
SEED = int(os.environ.get("PROBELANG_TEST_SEED", "7"))


def _pairs() -> list[object]:
    found: list[object] = []
    for kernel in KERNELS:
        for case in ALL:
            if not can_run(case) or kernel not in case.on or case.name in ABOUT_SOMETHING_ELSE:
                continue
            if ALL_OF_THEM or _is_chosen(kernel, case):
                found.append(pytest.param(kernel, case, id=f"{kernel}-{case.name}"))
    return found


def _is_chosen(kernel: str, case: Case) -> bool:
    match kernel:
        case "6.1":
            return case.name in OLD_RELEASE
        case "7.3":
            return "6.12" not in case.on or any(
                case.name == name or (name.endswith("-") and case.name.startswith(name)) for name in NEWEST
            )
    return True


@pytest.fixture(scope="session")
def told(request: pytest.FixtureRequest) -> ByKernel[dict[str, Told]]:
    """What became of the selected cases."""
    wanted = selected_cases(request, __file__)
    # the one with most to do begins
    longest_first = sorted(wanted, key=lambda kernel: -len(wanted[kernel]))
    return ByKernel(longest_first, lambda kernel: run_with_bpftrace(kernel, wanted[kernel], *KERNELS[kernel]))


@pytest.mark.parametrize(("kernel", "case"), _pairs())
def test_case(kernel: str, case: Case, told: ByKernel[dict[str, Told]], again: bool) -> None:
    result = (run_with_bpftrace(kernel, [case], *KERNELS[kernel]) if again else told[kernel])[case.name]
    if result.analysis.failed:
        codes = {found.rule.code for found in result.analysis.diagnostics if found.severity is Severity.ERROR}
        assert codes == {"PRB501"} or kernel in case.refused, result.diagnostics
        return
    wrong = result.problem()
    if wrong:
        pytest.fail(f"{wrong}\n{case.source()}\n{result.output}", pytrace=False)


@pytest.fixture(scope="module")
def taken() -> ByKernel[tuple[dict[str, str], list[Outcome]]]:
    """What was written of generated probes, by name, and what bpftrace says to the scripts."""
    return ByKernel(("6.12", "7.3"), _compile_there)


@pytest.mark.parametrize("kernel", ["6.12", "7.3"])
def test_bpftrace_takes_every_generated_probe(
    kernel: str, taken: ByKernel[tuple[dict[str, str], list[Outcome]]], again: bool
) -> None:
    """`--mode codegen` of the real bpftrace, for the kernel that it runs on."""
    specs, outcomes = taken.anew(kernel) if again else taken[kernel]
    refused = [outcome.output for outcome in outcomes if outcome.status != 0 or "ERROR" in outcome.output]
    names = {found for text in refused for found in re.findall(r"made_(p\d+)|: (p\d+): \(", text)}
    wrong = [specs[first or second] for first, second in names if (first or second) in specs]
    if refused:
        pytest.fail("\n".join([f"seed {SEED}", *wrong, *(text[-3000:] for text in refused)]), pytrace=False)


#: bpftrace reads all symbols of the kernel for each one that a script names, which would take most of the time: it is given those lines of the guest's own.
_CODEGEN = """
grep -w -F -f names /proc/kallsyms >/tmp/symbols
mount --bind /tmp/symbols /proc/kallsyms
bpftrace --unsafe --mode codegen probe.bt {addresses}
status=$?
umount /proc/kallsyms
exit $status
"""


def _compile_there(kernel: str) -> tuple[dict[str, str], list[Outcome]]:
    files = fetch_kernel(kernel)
    known = target_kernel(files)
    events, specs = _generated(known)
    jobs = []
    for start in range(0, len(events), A_SCRIPT):
        chunk = events[start : start + A_SCRIPT]
        text = bpftrace.render(chunk, "script", ["made.probe"], known).text
        brought = {"probe.bt": text, "names": "\n".join(re.findall(r'kaddr\("([^"]+)"\)', text))}
        addresses = " ".join("0xffffffff81000000" for _ in symbols(chunk))
        script = _CODEGEN.format(addresses=addresses)
        jobs.append(Job(script, {name: text.encode() for name, text in brought.items()}, seconds=400))
    return specs, run_jobs(files, jobs, Machine(tools="current"))


def _generated(known: Kernel) -> tuple[list[Event], dict[str, str]]:
    """The events of PROBES generated probes that bpftrace can have, and what was written of each probe.

    A spec is analysed as a whole, for probes sit on the events of others; then once more without those that the backend refuses, until there are none.
    """
    rng = random.Random(SEED)
    generators = [Generator(known), Generator(known, joined=True)]
    specs: dict[str, str] = {}
    events: list[Event] = []
    while len(events) < PROBES:
        generator = generators[len(specs) // A_SPEC % 3 == 0]
        generator.start_anew()
        parts = {f"p{number}": "" for number in range(len(specs), len(specs) + A_SPEC)}
        parts = {name: generator.probe(rng, name) for name in parts}
        specs |= parts
        first = True
        while True:
            text = "group made\n"
            begins = {}
            for name, part in parts.items():
                begins[len(text)] = name
                text += part
            analysis = analyse(Source("made.probe", text), known, "bpftrace")
            errors = [one for one in analysis.diagnostics if one.severity is Severity.ERROR]
            if not errors:
                break
            refused = {begins[max(at for at in begins if at <= one.label.span.start)] for one in errors}
            odd = [one.message for one in errors if first and one.rule.code != "PRB501"]
            assert not odd, [*odd, *(parts[name] for name in refused)]
            parts = {name: part for name, part in parts.items() if name not in refused}
            first = False
        events += analysis.events
    return events[:PROBES], specs


_PROGRAMS = """
lab=$PWD
mkdir -p {folder}
for name in {names}; do cp $lab/$name {folder}/; done
(bpftrace -B none $lab/script >/tmp/hits 2>/tmp/said & echo $! >/tmp/tracer)
for try in $(seq 300); do
    grep -q Attach /tmp/hits /tmp/said && break
    sleep 0.2
done
sleep 3
for name in {names}; do {folder}/$name; done
sleep 0.5
kill -INT $(cat /tmp/tracer)
while kill -0 $(cat /tmp/tracer); do sleep 0.1; done 2>/dev/null
cat /tmp/hits /tmp/said
"""


@pytest.mark.parametrize("kernel", ["6.1", "7.3"])
def test_programs(kernel: str, tmp_path: Path) -> None:
    """uprobes and static probes, the semaphore of one included."""
    settings, tools = KERNELS[kernel]
    programs = build_programs(tmp_path)
    files = fetch_kernel(kernel)
    known = target_kernel(files)
    spec = spec_for(programs)
    inside = settings.bpftrace != (0, 17)
    if not inside:
        refused = analyse(Source("app.pl", spec), known, "bpftrace", settings).diagnostics
        assert [found.rule.code for found in refused] == ["PRB501"], refused
        spec = re.sub(r"^line .*\n", "", spec, flags=re.MULTILINE)
    analysis = analyse(Source("app.pl", spec), known, "bpftrace", settings)
    assert not analysis.diagnostics, [found.message for found in analysis.diagnostics]
    text = bpftrace.render(analysis.events, "script", ["app.pl"], known, settings).text
    brought = {name: Path(path).read_bytes() for name, path in programs.items()} | {"script": text.encode()}
    job = Job(_PROGRAMS.format(folder=tmp_path, names=" ".join(programs)), brought, seconds=120)
    (outcome,) = run_jobs(files, [job], Machine(tools=tools))
    # a string of the old release has at most 63 bytes
    check_hits(outcome.output, programs, inside=inside, longest=None if inside else 63)
