"""Probes of programs on real kernels: uprobes with and without DWARF, and static probes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from probelang.analysis import analyse
from probelang.backends import tracefs
from probelang.source import Source
from tests.kernels.lab.boot import Job, run_jobs
from tests.kernels.lab.fetch import KERNELS, fetch_kernel
from tests.kernels.lab.target import target_kernel
from tests.kernels.lab.trace import parse_trace
from tests.support.programs import build_programs

pytestmark = pytest.mark.kernels

_SPEC = """
group app
w     = uprobe OPTIMISED:work if n >= 11 {{ n, x = p->x, y = p->y, who = p->name, flag = p->flag, what, small }}
back  = uprobe OPTIMISED:work%return if $retval < 0 {{ $retval, took = $duration }}
plain = uprobe DEBUG:work {{ n, who = p->name, what, small }}
line  = uprobe DEBUG:debug.c:8 if n == 12 {{ n }}
bare  = uprobe BARE:work {{ n = $arg2: s32, what = $arg3: string, x = +0($arg1): s32 }}
step  = usdt STATIC_PROBE:app:step if n > 40 {{ n = $arg1, s = $arg2: string, big = $arg3, seven = $arg4 }}
"""

_JOB = """
lab=$PWD
mkdir -p {folder}
for name in {names}; do cp $lab/$name {folder}/; done
sh $lab/script >&2 || exit 1
for name in {names}; do {folder}/$name; done
grep -v '^#' /sys/kernel/tracing/trace
sh $lab/script stop || exit 2
cat /sys/kernel/tracing/dynamic_events
"""


def spec_for(programs: Mapping[str, str]) -> str:
    """Probes of all programs."""
    spec = _SPEC.replace("{{", "{").replace("}}", "}")
    for name, path in programs.items():
        spec = re.sub(rf"\b{name.upper()}\b", path, spec)
    return spec


@pytest.mark.parametrize("kernel", KERNELS)
def test_programs(kernel: str, tmp_path: Path) -> None:
    programs = build_programs(tmp_path)
    spec = spec_for(programs)
    booted = fetch_kernel(kernel)
    known = target_kernel(booted)
    analysis = analyse(Source("app.pl", spec), known)
    assert not analysis.diagnostics, [found.message for found in analysis.diagnostics]
    script = tracefs.render(analysis.events, "script", ["app.pl"], known).text
    files = {name: Path(path).read_bytes() for name, path in programs.items()}
    job = Job(
        _JOB.format(folder=tmp_path, names=" ".join(programs)),
        {**files, "script": script.encode()},
        seconds=60,
    )
    (outcome,) = run_jobs(booted, [job])
    assert outcome.status == 0, outcome.output
    assert "app/" not in outcome.output, "the probes are still there"
    check_hits(outcome.output, programs)


def check_hits(
    output: str, programs: Mapping[str, str], *, inside: bool = True, longest: int | None = None
) -> None:
    """What the programs' probes must have recorded; `inside`: the one inside of a function too, strings up to `longest`."""
    hits: dict[str, list[dict[str, object]]] = {}
    for hit in parse_trace(output):
        hits.setdefault(hit.event, []).append(dict(hit.values))
    same = {"x": 7, "y": 9, "who": "seven", "flag": 5, "what": "hello", "small": 200}
    assert hits["w"] == [{"n": 11, **same}, {"n": 12, **same}]
    assert [hit["retval"] for hit in hits["back"]] == [-85]
    assert all(int(str(hit["took"])) > 0 for hit in hits["back"])
    both = {"who": "seven", "what": "hello", "small": 200}
    assert hits["plain"] == [{"n": n, **both} for n in (10, 11, 12)]
    assert not inside or hits["line"] == [{"n": 12}] * 12
    assert hits["bare"] == [{"n": n, "what": "hello", "x": 7} for n in (10, 11, 12)]
    name = programs["static_probe"][:longest]
    assert hits["step"] == [{"n": 40 + i, "s": name, "big": -5 - i, "seven": 7} for i in (1, 2)]
    assert output.count("armed\n") == 3
