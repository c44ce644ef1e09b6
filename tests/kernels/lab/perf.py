"""Runs cases through perf: many of them are one script, one `perf record`, and one `perf script` that is read.

Which hits belong to which case is told by marks: before each case's work a program is run that is named after it, and perf
records that too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from probelang.analysis import analyse
from probelang.backends import perf
from probelang.backends.perf.model import Event, spell_names
from probelang.diagnostics import Severity
from probelang.kernel.interface import Kernel
from probelang.kernel.load import load_kernel
from probelang.probes import FunctionTarget
from probelang.source import Source
from tests.kernels.lab.boot import Job, Machine, Outcome, run_jobs
from tests.kernels.lab.case import Case
from tests.kernels.lab.fetch import KernelFiles, LabError, fetch_kernel
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
from tests.kernels.lab.trace import ARGUMENT, Hit, parse_place

_LINE = re.compile(
    r"^\s*(?P<comm>.*?)\s+(?P<tid>-?\d+)\s+\[(?P<cpu>\d+)\]\s+(?P<time>[\d.]+):\s+(?P<event>[\w:?]+): ?(?P<rest>.*)$"
)
_MARK = re.compile(r"filename=/run/mark/(\S+)")
ALONE = "example-oom"
"""Where memory is short, the one to be killed is perf."""

SECONDS = 240.0
"""For all the cases of one batch together."""


@dataclass(frozen=True)
class Prepared:
    """A case with what the compiler made of it."""

    case: Case
    events: Sequence[Event]
    failed: bool
    said: str

    def keys(self) -> set[str]:
        """What no other case of its batch may have: the events it records that it does not define."""
        return ({"memory"} if self.case.name == ALONE else set()) | {
            selection.event
            for event in self.events
            for selection in event.selections
            if not event.definitions
        }


def run_cases(kernel: str, cases: Sequence[Case]) -> dict[str, Run]:
    """Runs `cases` through perf on one kernel; what the compiler refuses is not run. Raises `LabError`."""
    files = fetch_kernel(kernel)
    target = target_name(files)
    known = {
        name: load_kernel(name) for name in {target, *(target_of(case, files, target) for case in cases)}
    }
    prepared = [_prepare(case, known[target_of(case, files, target)]) for case in cases]
    runs = {one.case.name: _not_run(one, kernel) for one in prepared if one.failed}
    batches = _batches(one for one in prepared if not one.failed)
    while batches:
        batches = [_spelled(batch) for batch in batches]
        scripts = [_script(batch, known[target]) for batch in batches]
        jobs = [_job(batch, script, files) for batch, script in zip(batches, scripts, strict=True)]
        outcomes = run_jobs(files, jobs, Machine(tools="current"))
        again: list[Sequence[Prepared]] = []
        for batch, script, outcome in zip(batches, scripts, outcomes, strict=True):
            sections = _sections(outcome)
            if len(batch) > 1 and not _recorded(sections):
                # one case takes all others with it: halves find it
                again += [batch[: len(batch) // 2], batch[len(batch) // 2 :]]
            else:
                runs.update(_read(batch, kernel, script, outcome, sections))
        batches = again
    return runs


def _recorded(sections: Mapping[str, str]) -> bool:
    return "done" in sections and sections.get("start-status", "").strip() == "0"


def _prepare(case: Case, kernel: Kernel) -> Prepared:
    if case.example:
        source = Source(case.example, (ROOT / case.example).read_text())
    else:
        source = Source(f"{case.name.replace('-', '_')}.probe", case.source())
    analysis = analyse(source, kernel, "perf")
    said = "\n".join(
        f"{found.rule.code}: {found.message}"
        for found in analysis.diagnostics
        if found.severity is Severity.ERROR
    )
    if not analysis.failed:
        # what is refused for tracefs, and not for perf
        case = replace(case, refused={})
    return Prepared(case, analysis.events, analysis.failed, said)


def _not_run(one: Prepared, kernel: str) -> Run:
    return Run(one.case, kernel, Compiled(1, "", one.said), None, {}, {}, [])


def _batches(prepared: Iterable[Prepared]) -> list[Sequence[Prepared]]:
    """As few as it takes for no two cases of a batch to record the same event."""
    batches: list[tuple[set[str], list[Prepared]]] = []
    for one in prepared:
        for keys, batch in batches:
            if not keys & one.keys() and "memory" not in keys | one.keys():
                keys |= one.keys()
                batch.append(one)
                break
        else:
            batches.append((one.keys(), [one]))
    return [batch for _, batch in batches]


def _spelled(batch: Sequence[Prepared]) -> Sequence[Prepared]:
    """With the names that their events have in one script."""
    events = iter(spell_names([event for one in batch for event in one.events]))
    return [replace(one, events=[next(events) for _ in one.events]) for one in batch]


def _script(batch: Sequence[Prepared], kernel: Kernel) -> str:
    events = [event for one in batch for event in one.events]
    return perf.render(events, "script", [one.case.name for one in batch], kernel).text


def _job(batch: Sequence[Prepared], script: str, kernel: KernelFiles) -> Job:
    files = {
        "guest.sh": Path(__file__).with_name("guest.sh").read_bytes(),
        "probe": script.encode(),
    }
    modules = find_modules(kernel, [name for one in batch for name in one.case.modules])
    files |= {path.name.removesuffix(".xz"): read_module(path) for path in modules}
    names = " ".join(path.name.removesuffix(".xz") for path in modules)
    setup: list[str] = []
    work = ["cd $LAB", ". ./guest.sh"]
    for number, one in enumerate(batch):
        case = one.case
        files |= case.files
        files |= {name: build_program(name) for name in case.programs}
        files[f"do-{number}.sh"] = f"cd $LAB\n. ./guest.sh\ncd /tmp/work\n{case.do}\n".encode()
        first = f"cd $LAB\n. ./guest.sh\ncd /tmp/work\n{case.setup}\n"
        files[f"setup-{number}.sh"] = first.encode()
        # what a case prepares in tracefs is there before `left` takes stock
        (setup if "$T" in case.setup else work).append(f"sh $LAB/setup-{number}.sh")
        work += [
            f"/run/mark/{number}",
            f"timeout -s KILL {case.seconds:.0f} sh $LAB/do-{number}.sh",
            "/run/mark/none",
            f"mv /run/facts /run/facts-{number}",
            "touch /run/facts; rm -rf /tmp/work/*",
        ]
        if "$T" in case.setup:
            setup.append(f"mv /run/facts /run/facts-of-{number}; touch /run/facts")
            work.insert(-5, f"cat /run/facts-of-{number} >/run/facts")
    files["work.sh"] = "\n".join([*work, "exit 0", ""]).encode()
    stacks = any(event.probe.stacktrace for one in batch for event in one.events)
    job = f"""\
. ./guest.sh
prepare
modules {names}
# perf looks there for the symbols of a module
mkdir -p /lib/modules/$(uname -r)/kernel /run/mark
for file in {names}; do ln -sf $LAB/$file /lib/modules/$(uname -r)/kernel/; done
for name in $(seq 0 {len(batch) - 1}) none; do printf '#!/bin/true\\n' >/run/mark/$name; chmod +x /run/mark/$name; done
{chr(10).join(setup)}
cd /tmp/work
before
section start
sh $PROBE record -q -N -k mono -o /run/perf.data -e sched:sched_process_exec --filter 'filename ~ "/run/mark/*"' -- sh $LAB/work.sh
status=$?
section start-status
echo $status
section error-log
cat $T/error_log
section left
after
section trace
perf script -i /run/perf.data -F comm,tid,cpu,time,event,trace 2>&1
section json
perf data convert --to-json /run/json --force -i /run/perf.data >/dev/null 2>&1; cat /run/json
section stacks
{"perf script -i /run/perf.data -F comm,tid,cpu,time,event,ip,sym 2>&1" if stacks else ":"}
{chr(10).join(f"section facts-{number}; cat /run/facts-{number}" for number in range(len(batch)))}
section done
"""
    return Job(job, files, SECONDS)


def _sections(outcome: Outcome) -> dict[str, str]:
    sections: dict[str, str] = {}
    for part in re.split(r"^%%section ", outcome.output, flags=re.MULTILINE)[1:]:
        name, _, text = part.partition("\n")
        sections[name] = text
    sections["stop-status"] = "0"
    return sections


def _read(
    batch: Sequence[Prepared], kernel: str, script: str, outcome: Outcome, sections: dict[str, str]
) -> dict[str, Run]:
    shown = parse_script(sections.get("trace", ""), sections.get("stacks", ""))
    raw = parse_json(sections.get("json", ""))
    if len(raw) != len(shown):
        raise LabError(f"perf script shows {len(shown)} hits, and perf data convert {len(raw)}")
    marked = _split(
        (hit, replace(hit, shown=values), rest) for (hit, rest), values in zip(shown, raw, strict=True)
    )
    runs = {}
    for number, one in enumerate(batch):
        lines = sections.get(f"facts-{number}", "").splitlines()
        facts = {name: value for name, _, value in (line.partition(" ") for line in lines)}
        hits = _hits_of(one, marked.get(str(number), []))
        compiled = Compiled(0, script, one.said)
        runs[one.case.name] = Run(one.case, kernel, compiled, outcome, sections, facts, hits)
    return runs


def parse_script(text: str, stacks: str = "") -> list[tuple[Hit, str]]:
    """The hits that `perf script` shows, oldest first, each with the text behind its event's name."""
    found = []
    for line in text.splitlines():
        match = _LINE.match(line)
        if match is None:
            continue
        place, rest = parse_place(match["rest"])
        shown = {argument["name"]: argument["value"] for argument in ARGUMENT.finditer(rest)}
        hit = Hit(
            match["event"],
            match["comm"],
            int(match["tid"]),
            int(match["cpu"]),
            float(match["time"]),
            place,
            shown,
        )
        found.append((hit, match["rest"]))
    by_time = {(hit.time, hit.event): hit for hit, _ in found}
    current: Hit | None = None
    for line in stacks.splitlines():
        match = _LINE.match(line)
        if match is not None:
            current = by_time.get((float(match["time"]), match["event"]))
        elif line.startswith("\t") and current is not None:
            current.stack.append(line.split(None, 1)[-1])
    return found


def parse_json(text: str) -> list[dict[str, str]]:
    """The fields of each hit, as `perf data convert --to-json` tells them: without the formats of their events."""
    samples = json.loads(text)["samples"] if text.strip() else []
    return [{name: value for name, value in sample.items() if isinstance(value, str)} for sample in samples]


def _split(hits: Iterable[tuple[Hit, Hit, str]]) -> dict[str, list[tuple[Hit, Hit]]]:
    """The hits behind each mark."""
    cases: dict[str, list[tuple[Hit, Hit]]] = {}
    current: list[tuple[Hit, Hit]] = []
    for hit, raw, rest in hits:
        mark = _MARK.search(rest) if hit.event == "sched:sched_process_exec" else None
        if mark is None:
            current.append((hit, raw))
        else:
            current = cases.setdefault(mark[1], [])
    return cases


def _hits_of(one: Prepared, hits: Sequence[tuple[Hit, Hit]]) -> list[Hit]:
    """The hits of a case's events, by the spec's names; those of trace events with the values, which they show otherwise."""
    owners: dict[str, tuple[Event, str]] = {}
    for event in one.events:
        for definition, site in zip(event.definitions, event.probe.sites, strict=False):
            place = ""
            if isinstance(site.target, FunctionTarget):
                place = site.target.function
                place += f" [{site.target.module}]" if site.target.module is not None else ""
            owners[definition.name.replace("/", ":")] = event, place
        if not event.definitions:
            owners |= {one.event.replace("/", ":"): (event, "") for one in event.selections}
            owners[f"{event.probe.group}:{event.probe.event}"] = event, ""
    found = []
    for hit, raw in hits:
        if hit.event not in owners:
            continue
        event, place = owners[hit.event]
        own = {**hit.shown, "": f'"{hit.comm}"'}
        if not event.definitions:
            own |= _as_recorded(event, raw)
        shown = {name: own[there] for name, there in event.shown if there in own}
        found.append(
            Hit(event.probe.event, hit.comm, hit.tid, hit.cpu, hit.time, place or hit.place, shown, hit.stack)
        )
    return found


def _as_recorded(event: Event, raw: Hit) -> dict[str, str]:
    """The values of a trace event's fields that its format may show otherwise, or not at all."""
    found = {}
    for field, (_, there) in zip(event.probe.fields, event.shown, strict=True):
        text = raw.shown.get(there, "")
        if field.fetch.is_string:
            found[there] = f'"{text}"'
        elif field.fetch.name != "symbol" and re.fullmatch(r"-?\d+|0x[0-9a-f]+", text):
            value = int(text, 0)
            if field.fetch.signed and value >= 1 << field.fetch.bits - 1:
                value -= 1 << field.fetch.bits
            found[there] = str(value)
    found.pop("", None)
    return found
