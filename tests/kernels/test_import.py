"""Raw commands imported and compiled again: the kernel must list the same events, at the same places, that fetch the same."""

from __future__ import annotations

import os
import re

import pytest

from probelang.analysis import analyse
from probelang.commands.importing import Importer
from probelang.commands.judge import Judge
from probelang.commands.lines import Command
from probelang.source import Source
from tests.commands.asked import Asked
from tests.commands.generator import CommandGenerator
from tests.commands.opinions import FILES, encode, guest_file
from tests.commands.vocabulary import vocabulary
from tests.kernels.lab.boot import Job, run_jobs

pytestmark = pytest.mark.kernels

WANTED = int(os.environ.get("PROBELANG_TEST_IMPORTS", "60"))
SEED = int(os.environ.get("PROBELANG_TEST_SEED", "7"))


def test_what_is_imported_means_the_same(kernel: Asked) -> None:
    generator = CommandGenerator(vocabulary(kernel.kernel, SEED), SEED)
    importer = Importer(kernel.kernel, guest_file)
    before: list[tuple[str, str]] = []
    after: list[tuple[str, str]] = []
    for _ in range(40 * WANTED):
        if len(before) >= WANTED:
            break
        file, text = generator.command()
        if text[:1] in "-!":
            continue
        spec, _ = importer.add(Command(text, FILES[file], 0, text))
        if spec:
            (event,) = analyse(Source("made.probe", spec), kernel.kernel).events
            before.append((file, text))
            after.append(("d", event.commands[0]))
    assert len(before) == WANTED
    listed, again = (list_events(kernel, commands) for commands in (before, after))
    assert len(listed) == len(again) == WANTED
    wrong = [(one, other) for one, other in zip(listed, again, strict=True) if not same(one, other, kernel)]
    assert not wrong, f"PROBELANG_TEST_SEED={SEED}: {len(wrong)} of {WANTED}, first {wrong[:3]}"


def list_events(kernel: Asked, commands: list[tuple[str, str]]) -> list[tuple[str, list[str]]]:
    """How the kernel lists events: a line each, and what it says of their fetch args, if it does."""
    script = "./write commands >told; grep -v ' 0 0$' told | grep .; cat /sys/kernel/tracing/dynamic_events"
    job = Job(script, {"write": kernel.writer, "commands": encode(commands)}, seconds=900)
    outcome = run_jobs(kernel.files, [job])[0]
    assert outcome.status == 0, outcome.console[-1000:]
    listed: list[tuple[str, list[str]]] = []
    for line in outcome.data.decode("latin-1").splitlines():
        if line.startswith("#"):
            listed[-1][1].append(re.sub(r"\s+", " ", line))
        elif line:
            listed.append((line, []))
    return listed


def same(one: tuple[str, list[str]], other: tuple[str, list[str]], kernel: Asked) -> bool:
    """Whether two listed events are at the same place, and fetch the same: by the kernel's own words where it has them."""
    if one[1] or other[1]:
        return one[1] == other[1] and one[0].split()[:2] == other[0].split()[:2]
    return meaning(one[0], kernel) == meaning(other[0], kernel)


def meaning(line: str, kernel: Asked) -> object:
    judge = Judge(kernel.kernel, guest_file)
    assert judge.judge(re.sub(r"^([pr]\d*:\S+ )0x0*([0-9a-f]+ )", r"\g<1>0x\2", line)).taken, line
    probe = judge.latest
    assert probe is not None
    args = [(arg.name, arg.type, arg.count, arg.ops) for arg in probe.args]
    return probe.kind, probe.name, probe.is_return, probe.place, args
