"""Generated commands imported as one spec, compiled again, and both written to a kernel: it must list the same events."""

from __future__ import annotations

import collections
import random
import re
from dataclasses import dataclass, field

from probelang.analysis import analyse
from probelang.commands.importing import Importer
from probelang.commands.judge import Judge
from probelang.commands.lines import Command
from probelang.commands.meaning import meaning_of
from probelang.source import Source
from tests.commands.asked import Asked
from tests.commands.generator import CommandGenerator
from tests.commands.opinions import FILES, encode, guest_file
from tests.commands.vocabulary import vocabulary
from tests.kernels.lab.boot import Job, run_jobs

_SCRIPT = r"""
./write commands >told
if grep -a -v ' 0 0$' told | grep -q -a .; then grep -a -v ' 0 0$' told; exit 1; fi
cd /sys/kernel/tracing
cat dynamic_events
echo '%%formats'
sed 's/^.[0-9]*:\([^ \t]*\).*/\1/' dynamic_events | sort -u >/tmp/names
cat /tmp/names
echo '%%'
sed 's|.*|events/&/format|' /tmp/names | xargs cat
"""


_MORE_POINTS = 0.03


@dataclass
class Listed:
    """What a kernel shows of one event: the lines of `dynamic_events`, what they mean, and its `format` without the id."""

    lines: list[str] = field(default_factory=list)
    meanings: list[object] = field(default_factory=list)
    format: str = ""


@dataclass
class Imports:
    """What a kernel's accepted commands came to. `wrong` are events of which it lists something else, before and after."""

    imported: int
    """Commands that became part of the spec."""
    events: int
    """Events of the spec."""
    points: int
    """Probes that are one more point of an event."""
    left: collections.Counter[str] = field(default_factory=collections.Counter)
    """Accepted commands that stayed behind, by the reason."""
    wrong: list[tuple[str, Listed, Listed]] = field(default_factory=list)

    def __str__(self) -> str:
        left = sum(self.left.values())
        return (
            f"{self.imported} accepted commands are {self.events} events of a spec ({self.points} further points), "
            f"{left} stayed behind; {len(self.wrong)} differ"
        )


def compare_imports(kernel: Asked, seed: int, count: int) -> Imports:
    """Import so many generated commands of those that the kernel takes, and compare what it makes of both."""
    words = vocabulary(kernel.kernel, seed)
    generator = CommandGenerator(words, seed)
    draw = random.Random(seed)
    importer = Importer(kernel.kernel, guest_file)
    before: list[tuple[str, str]] = []
    made: list[tuple[str, str]] = []
    outcome = Imports(0, 0, 0)
    behind: set[str] = set()
    for _ in range(60 * count):
        if outcome.imported >= count:
            break
        file, text = generator.command()
        if file in ("t", "f"):
            continue
        if text[:1] in "-!" and len(text.split()) > 1:
            # an event whose first probe goes and whose others stay has freed memory for names in its `format`: seen on 6.1
            continue
        if made and draw.random() < _MORE_POINTS:
            # the same once more, somewhere else
            file, earlier = draw.choice(made[-100:])
            parts = earlier.split()
            text = " ".join([parts[0], draw.choice(words.functions), *parts[2:]])
        why = importer.add(Command(text, FILES[file], 0, text))
        if why.startswith(("the kernel refuses", "it is not known")):
            continue
        before.append((file, text))
        if why:
            outcome.left.update([_short(why)])
            behind.add("/".join(importer.latest))
        elif text.partition("#")[0].strip() and text[:1] not in "-!":
            outcome.imported += 1
            if text[:1] in "prft" and "/bin/" not in text:
                made.append((file, text))
    spec = importer.result()
    analysis = analyse(Source("imported.probe", spec.text), kernel.kernel)
    assert not analysis.failed, [said.message for said in analysis.diagnostics]
    after = [("d", command) for event in analysis.events for command in event.commands]
    outcome.events = len(analysis.events)
    outcome.points = len(after) - len(analysis.events)
    listed, again = list_events(kernel, before), list_events(kernel, after)
    for name in {**listed, **again}:
        one, other = listed.get(name, Listed()), again.get(name, Listed())
        if not _same(one, other, name in behind):
            outcome.wrong.append((name, one, other))
    return outcome


def _short(why: str) -> str:
    """A reason without what it is about."""
    return re.sub(r"`[^`]*`|\d+", "…", why)


def list_events(kernel: Asked, commands: list[tuple[str, str]]) -> dict[str, Listed]:
    """How a freshly booted kernel lists the events of commands."""
    job = Job(_SCRIPT, {"write": kernel.writer, "commands": encode(commands)}, seconds=1800)
    outcome = run_jobs(kernel.files, [job])[0]
    assert outcome.status == 0, outcome.output[-2000:] + outcome.console[-1000:]
    lines, _, rest = outcome.data.decode("latin-1").partition("%%formats\n")
    names, _, formats = rest.partition("%%\n")
    events: dict[str, Listed] = {}
    judge = Judge(kernel.kernel, guest_file)
    for line in lines.split("\n"):
        if line:
            event = events.setdefault(re.sub(r"^.\d*:", "", line.split()[0]), Listed())
            event.lines.append(line)
            event.meanings.append(meaning(line, judge))
    texts = re.split(r"^name: .*\n", formats, flags=re.MULTILINE)[1:]
    for name, text in zip(names.split(), texts, strict=True):
        events[name].format = re.sub(r"^ID: .*\n", "", text, flags=re.MULTILINE)
    return events


def meaning(line: str, judge: Judge) -> object:
    """What a line of `dynamic_events` means, as a command after those before it."""
    if line[0] == "s":
        assert judge.judge(re.sub(r"^s:synthetic/", "s:", line)).taken is not False, line
        return line
    # uprobes' offsets have leading zeros, and what is written with those is octal
    verdict = judge.judge(re.sub(r"^([pr]\d*:\S+ )0x0*([0-9a-f]+ )", r"\g<1>0x\2", line))
    probe = judge.latest
    if not verdict.taken or probe is None:
        # a name that the kernel gave by itself, and would not take
        return line
    return (
        probe.kind,
        probe.name,
        probe.is_return,
        probe.place,
        [meaning_of(arg, probe) for arg in probe.args],
    )


def _same(one: Listed, other: Listed, partly: bool) -> bool:
    """Whether an event's probes are at the same places, and fetch the same; `partly` where some of it stayed behind."""
    left = list(one.meanings)
    for found in other.meanings:
        if found not in left:
            return False
        left.remove(found)
    if partly:
        return not other.lines or one.format == other.format
    return not left and one.format == other.format
