"""probelang inside of a guest: its package, and jobs that use it, several in one boot."""

from __future__ import annotations

import io
import re
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.kernels.lab.boot import Job, Machine, Outcome, run_jobs
from tests.kernels.lab.fetch import fetch_kernel

ROOT = Path(__file__).parents[3]
_LAB = Path(__file__).parent

PYTHON = Machine(tools="python")
"""A guest with a Python that probelang runs on."""

_UNPACK = r"""
mkdir -p /root/bin /root/shared && tar xf package.tar -C /root || exit 1
mv shared-* /root/shared/ 2>/dev/null
cd /root/shared
for file in shared-*; do [ -e "$file" ] && mv "$file" "${file#shared-}"; done
true
printf '#!/bin/sh\nexec python3.13 -P -m probelang "$@"\n' >/root/bin/probelang
chmod +x /root/bin/probelang
"""
ENVIRONMENT = (
    "export SHARED=/root/shared PYTHONPATH=/root PROBELANG_CACHE_DIR=/root/cache PATH=/root/bin:$PATH\n"
)
"""What a job after `unpack_job` sets to have `probelang`."""

_NOTHING_THERE = 97
"""What a scene ends with where nothing was unpacked: the guest that did it has died, and this is another."""

_BEGIN = f"""
[ -d /root/probelang ] || exit {_NOTHING_THERE}
{ENVIRONMENT}
. ./guest.sh
prepare
cd /tmp/work
section do
"""
_END = r"""
section left
after
ls -d /run/probelang 2>/dev/null
section done
"""


@dataclass(frozen=True)
class Scene:
    """A script for the guest, in `/tmp/work`, with files in `$LAB`; `guest.sh` and `run.sh` of the lab are at hand."""

    name: str
    script: str
    files: Mapping[str, bytes] = field(default_factory=dict)
    seconds: float = 240.0


@dataclass(frozen=True)
class Told:
    """What became of a scene: what it wrote, its facts (`fact NAME VALUE`), and what it left behind."""

    output: str
    facts: Mapping[str, str]
    left: str
    sections: Mapping[str, str]
    outcome: Outcome

    @property
    def complete(self) -> bool:
        """Whether it came to its end."""
        return self.outcome.status == 0 and "%%section done" in self.outcome.output


def package() -> bytes:
    """The package as a tar, without the kernels that come along."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for path in sorted((ROOT / "probelang").rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".kernel":
                tar.add(path, str(path.relative_to(ROOT)))
    return out.getvalue()


def unpack_job(shared: Mapping[str, bytes] | None = None) -> Job:
    """The first job of a boot: it unpacks the package, whose bytecode the later ones share, and `shared` files into `$SHARED`."""
    first = {f"shared-{name}": data for name, data in (shared or {}).items()}
    return Job(_UNPACK, {"package.tar": package(), **first}, seconds=60)


def run_scenes(
    kernel: str,
    scenes: Sequence[Scene],
    shared: Mapping[str, bytes] | None = None,
    machine: Machine = PYTHON,
) -> dict[str, Told]:
    """Run scenes one after the other in one boot; `shared` files are in `$SHARED`. Raises `LabError` where the lab cannot work."""
    tools = {name: (_LAB / name).read_bytes() for name in ("guest.sh", "run.sh")}
    jobs = [unpack_job(shared)]
    for scene in scenes:
        script = f"{_BEGIN}. $LAB/run.sh\n{scene.script}\nsection facts\ncat /run/facts\n{_END}"
        jobs.append(Job(script, {**tools, **scene.files}, seconds=scene.seconds))
    outcomes = run_jobs(fetch_kernel(kernel), jobs, machine)[1:]
    told = {scene.name: _read(outcome) for scene, outcome in zip(scenes, outcomes, strict=True)}
    again = [scene for scene in scenes if told[scene.name].outcome.status == _NOTHING_THERE]
    if again and len(again) < len(scenes):
        told |= run_scenes(kernel, again, shared, machine)
    return told


def _read(outcome: Outcome) -> Told:
    sections: dict[str, str] = {}
    for part in re.split(r"^%%section ", outcome.output, flags=re.MULTILINE)[1:]:
        name, _, text = part.partition("\n")
        sections[name] = text
    lines = (line.partition(" ") for line in sections.get("facts", "").splitlines())
    facts = {name: value for name, _, value in lines}
    return Told(sections.get("do", outcome.output), facts, sections.get("left", ""), sections, outcome)
