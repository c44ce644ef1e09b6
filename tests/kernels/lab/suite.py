"""Runs cases: compiles each for its kernel, runs all of one kernel in one boot, reads what came out."""

from __future__ import annotations

import lzma
import re
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.kernels.lab.boot import Job, Outcome, run_jobs
from tests.kernels.lab.capture import captured_folder, folder_with_modules
from tests.kernels.lab.case import Case, Expected
from tests.kernels.lab.compiling import Compiler
from tests.kernels.lab.fetch import KernelFiles, LabError, fetch_kernel
from tests.kernels.lab.programs import build_program
from tests.kernels.lab.target import target_name
from tests.kernels.lab.trace import Hit, parse_trace

ROOT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True)
class Compiled:
    """What the compiler said to a spec."""

    status: int
    script: str
    diagnostics: str


@dataclass(frozen=True)
class Run:
    """What became of a case on a kernel."""

    case: Case
    kernel: str
    compiled: Compiled
    outcome: Outcome | None
    """None if there was no script to run."""
    sections: dict[str, str]
    facts: dict[str, str]
    hits: list[Hit]

    @property
    def start_status(self) -> int:
        return int(self.sections.get("start-status", "-1"))

    @property
    def stop_status(self) -> int:
        return int(self.sections.get("stop-status", "-1"))

    def verify(self) -> None:
        """Raises `Expected` where something is not as the case says."""
        pattern = self.case.refused.get(self.kernel)
        if pattern is not None:
            if self.compiled.status != 1:
                raise Expected(
                    f"compiles (exit {self.compiled.status}), but should be refused with /{pattern}/"
                )
            if not re.search(pattern, self.compiled.diagnostics):
                raise Expected(f"is refused, but not with /{pattern}/")
            return
        if self.compiled.status != 0:
            raise Expected(f"does not compile: exit {self.compiled.status}")
        if self.outcome is None or self.outcome.status is None:
            raise Expected("the guest died")
        if self.outcome.status != 0 or "done" not in self.sections:
            raise Expected(
                "took too long" if self.outcome.timed_out else f"exit {self.outcome.status} in the guest"
            )
        if not self.case.by_hand:
            if self.start_status != 0:
                raise Expected(f"`start` exits with {self.start_status}")
            if self.stop_status != 0:
                raise Expected(f"`stop` exits with {self.stop_status}")
        if bool(self.sections["left"]) != self.case.leaves:
            raise Expected("`stop` leaves nothing behind" if self.case.leaves else "something is left behind")
        for expectation in self.case.expect:
            if callable(expectation):
                expectation(self)
            else:
                expectation.verify(self)

    def explain(self) -> str:
        """All there is to know about the run, for a failed test."""
        parts = [f"-- {self.case.name} on {self.kernel}", self.case.source(), self.compiled.diagnostics]
        parts += ["-- kernel commands", *re.findall(r"^\t\w+ '.*", self.compiled.script, re.MULTILINE)]
        if self.outcome is not None:
            if self.outcome.status is None:
                parts += ["-- console", self.outcome.console[-4000:]]
            before = set(self.sections.get("before", "").splitlines())
            after = self.sections.get("after", "").splitlines()
            parts += ["-- left behind", *(line for line in after if line not in before)]
            for name, text in self.sections.items():
                if name not in ("before", "after"):
                    parts += [
                        f"-- {name}",
                        text if len(text) < 6000 else text[:3000] + "\n…\n" + text[-3000:],
                    ]
        return "\n".join([*parts, "-- script", self.compiled.script])


def compile_spec(case: Case, target: str, compiler: Compiler) -> Compiled:
    """Compiles the spec of `case` by the command line, for what `--kernel` calls `target`."""
    if case.script:
        return Compiled(0, case.script, "")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{case.name.replace('-', '_')}.probe"
        path.write_text(case.source())
        file = str(ROOT / case.example) if case.example else str(path)
        said = compiler.ask(["compile", "--kernel", target, "--format", "script", file])
    if said.status < 0:
        return Compiled(-1, "", f"the compiler took too long, or was killed: {said.complaints}")
    return Compiled(said.status, said.output, said.complaints)


def run_cases(kernel: str, cases: Sequence[Case]) -> dict[str, Run]:
    """Runs `cases` on one kernel; raises `LabError` where the lab itself cannot work."""
    files = fetch_kernel(kernel)
    target = target_name(files) if any(not case.script for case in cases) else ""
    with Compiler() as compiler:
        compiled = {case.name: compile_spec(case, target_of(case, files, target), compiler) for case in cases}
    running = [case for case in cases if compiled[case.name].status == 0 and kernel not in case.refused]
    jobs = [make_job(case, compiled[case.name].script, files) for case in running]
    outcomes = dict(zip((case.name for case in running), _run_twice(files, jobs), strict=True))
    return {case.name: read_run(case, kernel, compiled[case.name], outcomes.get(case.name)) for case in cases}


def target_of(case: Case, files: KernelFiles, target: str) -> str:
    """What to compile a case for: where it names modules, what knows of them."""
    if case.compiled_for:
        return case.compiled_for
    if case.loaded:
        paths = find_modules(files, case.loaded)
        return str(
            captured_folder(files, {path.name.removesuffix(".xz"): read_module(path) for path in paths})
        )
    return str(folder_with_modules(files)) if case.module_files else target


def _run_twice(kernel: KernelFiles, jobs: Sequence[Job]) -> list[Outcome]:
    """Runs `jobs`; those that took too long get a second chance, because an emulated guest stalls now and then."""
    outcomes = run_jobs(kernel, jobs)
    late = [number for number, outcome in enumerate(outcomes) if outcome.timed_out]
    again = run_jobs(kernel, [jobs[number] for number in late])
    for number, outcome in zip(late, again, strict=True):
        outcomes[number] = outcome
    return outcomes


def make_job(case: Case, script: str, kernel: KernelFiles) -> Job:
    files = {
        "guest.sh": Path(__file__).with_name("guest.sh").read_bytes(),
        "probe": script.encode(),
        **case.files,
    }
    files |= {name: build_program(name) for name in case.programs}
    modules = find_modules(kernel, case.modules)
    files |= {path.name.removesuffix(".xz"): read_module(path) for path in modules}
    names = " ".join(path.name.removesuffix(".xz") for path in modules)
    start = (
        ""
        if case.by_hand
        else "section start\nsh $PROBE start\nstatus=$?\nsection start-status\necho $status\n"
    )
    stop = (
        "" if case.by_hand else "section stop\nsh $PROBE stop\nstatus=$?\nsection stop-status\necho $status\n"
    )
    before = "before" if case.setup or names else ""
    job = f"""\
. ./guest.sh
prepare
cd /tmp/work
section setup
modules {names}
{case.setup}
cd /tmp/work
{before}
{start}echo >$T/trace
section do
{case.do}
section trace
cat $T/trace
{stop}section error-log
cat $T/error_log
section left
after
section facts
cat /run/facts
section done
"""
    return Job(job, files, case.seconds)


def read_run(case: Case, kernel: str, compiled: Compiled, outcome: Outcome | None) -> Run:
    sections: dict[str, str] = {}
    if outcome is not None:
        for part in re.split(r"^%%section ", outcome.output, flags=re.MULTILINE)[1:]:
            name, _, text = part.partition("\n")
            sections[name] = text
    lines = sections.get("facts", "").splitlines()
    facts = {name: value for name, _, value in (line.partition(" ") for line in lines)}
    return Run(case, kernel, compiled, outcome, sections, facts, parse_trace(sections.get("trace", "")))


def find_modules(kernel: KernelFiles, names: Iterable[str]) -> list[Path]:
    """The files of modules and of all they depend on, in the order to load them; what is built in is left out."""
    if not names:
        return []
    builtin = {
        _module_name(Path(line).name)
        for line in (kernel.modules / "modules.builtin").read_text().splitlines()
    }
    files = {_module_name(path.name): path for path in kernel.modules.rglob("*.ko*")}
    order: list[Path] = []

    def add(name: str) -> None:
        name = name.replace("-", "_")
        if name in builtin:
            return
        if name not in files:
            raise LabError(f"Linux {kernel.release} has no module `{name}`")
        for line in re.findall(rb"\0depends=([^\0]*)", read_module(files[name])):
            for needed in filter(None, line.decode().split(",")):
                add(needed)
        if files[name] not in order:
            order.append(files[name])

    for name in names:
        add(name)
    return order


def _module_name(file: str) -> str:
    return file.partition(".ko")[0].replace("-", "_")


def read_module(path: Path) -> bytes:
    data = path.read_bytes()
    return lzma.decompress(data) if path.suffix == ".xz" else data
