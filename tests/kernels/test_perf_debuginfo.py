"""Probes in terms of C, as `--debuginfo` has them, with the real perf and the kernel's own debugging information, on this machine.

What perf makes of them must be what stands there without: registers and offsets of BTF.
"""

from __future__ import annotations

import os
import random
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from probelang.analysis import analyse
from probelang.backends import Settings
from probelang.backends.perf.model import Definition
from probelang.kernel.interface import Kernel
from probelang.source import Source
from tests.kernels.cases import ALL
from tests.kernels.lab.fetch import fetch_debug, fetch_kernel
from tests.kernels.lab.suite import ROOT
from tests.kernels.lab.target import target_kernel
from tests.kernels.lab.tools import tool_here
from tests.properties.generator import Generator

pytestmark = pytest.mark.kernels

ALL_OF_THEM = os.environ.get("PROBELANG_TEST_ALL", "") == "1"
GENERATED = 200 if ALL_OF_THEM else 20
#: perf reads all of a kernel's debugging information at each start, which takes it seconds.
EVERY = 1 if ALL_OF_THEM else 5
SEED = int(os.environ.get("PROBELANG_TEST_SEED", "7"))
AT_ONCE = 8

#: What perf says where it cannot know better: the type is only declared where the function is, or the function is also inlined.
_UNKNOWN_TO_PERF = re.compile(
    r"has no member \w+\.|Probe point '[\w.]+' not found|^\s*$|^\s*Error: Failed to add events\.\s*$"
)


@pytest.mark.parametrize("kernel", ["6.12", "7.3"])
def test_perf_finds_by_names_what_we_know_by_offsets(kernel: str) -> None:
    files = fetch_kernel(kernel)
    known = target_kernel(files)
    perf = [*tool_here("current", "perf"), "probe", "--no-inlines", "-k", str(fetch_debug(files))]
    pairs = list(_definitions(kernel, known))[::EVERY]
    assert len(pairs) * EVERY > GENERATED // 2
    wrong: list[str] = []
    refused = 0
    for start in range(0, len(pairs), AT_ONCE):
        chunk = pairs[start : start + AT_ONCE]
        told = _ask(perf, [named for named, _ in chunk])
        if told is None:
            # one refusal takes the others with it
            answers = [_ask(perf, [named]) for named, _ in chunk]
        else:
            answers = [[line] for line in told]
        for (named, plain), answer in zip(chunk, answers, strict=True):
            if answer is None:
                refused += 1
                continue
            (line,) = answer
            if line.split(" ", 2)[2:] != plain.arguments.strip().split(" ", 0)[:1]:
                wrong.append(f"{named.text}\n  perf: {line}\n  here: {plain.text}")
    assert not wrong, "\n".join([f"seed {SEED}", *wrong])
    assert refused <= len(pairs) // 20, f"{refused} of {len(pairs)} refused"


def _ask(perf: list[str], definitions: list[Definition]) -> list[str] | None:
    """What perf would define, a line each; None where it refuses one for a reason that it may have."""
    words = [word for definition in definitions for word in ("-D", definition.text)]
    run = subprocess.run([*perf, *words], capture_output=True, text=True, errors="replace", check=False)
    if run.returncode:
        if len(definitions) == 1:
            odd = [line for line in run.stderr.splitlines() if not _UNKNOWN_TO_PERF.search(line)]
            assert not odd, f"{definitions[0].text}: {run.stderr}"
        return None
    return [line for line in run.stdout.splitlines() if line]


def _definitions(kernel: str, known: Kernel) -> Iterator[tuple[Definition, Definition]]:
    """Each probe that has something in terms of C, and the same without."""
    generator = Generator(known, joined=0)
    rng = random.Random(SEED)
    specs = [generator.spec(rng, first=number) for number in range(GENERATED)]
    for case in ALL:
        if kernel in case.on and not (case.modules or case.loaded or case.compiled_for or case.script):
            specs.append(Path(ROOT, case.example).read_text() if case.example else case.source())
    for spec in specs:
        plain, named = (
            analyse(Source("made.probe", spec), known, "perf", Settings(debuginfo=debuginfo))
            for debuginfo in (False, True)
        )
        if plain.failed or named.failed:
            continue
        for offsets, names in zip(plain.events, named.events, strict=True):
            for one, other in zip(offsets.definitions, names.definitions, strict=True):
                if one.arguments != other.arguments and other.program is None:
                    yield other, one
