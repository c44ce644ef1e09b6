"""Specs that a linter has nothing to say about: those of the generator, but for what a person would not write.

What is left out is told by the text alone, without the linter's own tables, so that the two can disagree.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator

from probelang.analysis import analyse
from probelang.answers import Found
from probelang.check.spec import check
from probelang.kernel.interface import Kernel
from probelang.linter.subject import field_of
from probelang.probes import Duration, FunctionTarget, comparisons
from probelang.source import Source
from probelang.syntax.parse import parse
from tests.properties.generator import Generator

_OF_PROGRAMS = re.compile(
    r"user|sys_|read|write|recv|send|sock|addr|futex|iov|msg|name|path|stat|time|poll|select|memdup|copy|mem_|fault|xattr|accept|open|access|chmod|chown|syslog|sched_setsched|wait4|environ"
)

#: Whole families of functions, of which the linter names some, at most.
_FREEING = re.compile(
    r"free|put|release|destroy|drop|evict|kill|consume|unregister|deactivate|endio|log_end|close"
)
_WAITING = re.compile(
    r"read|write|recv|send|accept|connect|wait|sleep|poll|select|futex|lock|sched|down|sync|splice|signal|sem|msg|suspend|open|events|freez"
)
_BUSY = re.compile(
    r"sched|wake|lock|rcu|alloc|free|slab|timer|tick|ktime|irq|softirq|queue|page|folio|put|fget|fd|permission|rq|fair|syscall|fault|lookup|step|up_|down|load|net_rx|memcg|lruvec|node|switch|object|interrupt|times|verify"
)


def good_specs(generator: Generator, seed: int) -> Iterator[str]:
    """Specs of one probe, without an end."""
    rng = random.Random(seed)
    while True:
        text = generator.spec(rng)
        if (
            is_good(text)
            and sees_every_call(text, generator.kernel)
            and compares_plain_numbers(text, generator.kernel)
            and reads_once(text, generator.kernel)
        ):
            yield text


def is_good(text: str) -> bool:
    """Whether a spec of one probe is what somebody who knows better would write too."""
    head = next(line for line in text.splitlines() if re.search(r"\b[kfte]probe ", line))
    point = head.partition("probe ")[2].split(" with ")[0].split(" if ")[0]
    condition = head.partition(" if ")[2]
    returns = "%return" in point
    written = re.findall(r"^    (?:\w+ = )?(.*?)(?:: [\w@/\[\]%]+)?$", text, re.MULTILINE)
    # a cast of a register or a parameter is the same address
    values = [re.sub(r"^\(?\([\w ]+\*+\)([%$\w]+)\)?$", r"\1", value) for value in written]
    return not (
        # an fprobe would do the same
        ("kprobe " in head and "+" not in point and "0x" not in point)
        # a probe of everything
        or not condition
        and _BUSY.search(point)
        or returns
        and (_FREEING.search(point) or _WAITING.search(point) and "maxactive" not in head)
        # whose memory it is was drawn by lot
        or re.search(r"\buser\(|[+-]u\d|ustring", text)
        or _OF_PROGRAMS.search(point)
        # one and the same value
        or len(values) != len(set(values))
        or re.search(r"\$tid|\$cpu|\$stack(?!\d)", " ".join(values))
        # of comparisons made at random, two may contradict each other
        or re.search(r"&&|\|\||in \{(\d+), \1\}|in (?:0\.\.1\b|\{0, 1\})", condition)
        # a number that has a name
        or re.search(r"(?:==|!=|in \{.*) ?-?\d{1,3}\b", condition)
        # a pattern compared by `==`, or one that says what `==` says
        or re.search(r'[=!]= "[^"]*[*?\[]', condition)
        or re.search(r'~ "[^"*?\[]*"', condition)
    )


def compares_plain_numbers(text: str, kernel: Kernel) -> bool:
    """Whether no number is compared with what has another order of bytes, names for its values, or a unit."""
    for probe in check(source := Source("good.pl", text), parse(source)[0], kernel).probes:
        if probe.condition is None:
            continue
        for compare in comparisons(probe.condition):
            field = field_of(probe, compare)
            if field is None or not isinstance(compare.value, int):
                continue
            if field.c_type.startswith(("__be", "const __be")) or "enum " in field.c_type:
                return False
            if isinstance(field.access.base, Duration):
                return False
    return True


def reads_once(text: str, kernel: Kernel) -> bool:
    """Whether no two fetch args are one to the kernel, however they are spelt."""
    for event in analyse(Source("good.pl", text), kernel).events:
        for command in event.commands:
            read = [word.partition("=")[2] for word in command.split() if "=" in word]
            if len(set(read)) < len(read):
                return False
    return True


def sees_every_call(text: str, kernel: Kernel) -> bool:
    """Whether no function of a probe was split by the compiler."""
    probes = check(source := Source("good.pl", text), parse(source)[0], kernel).probes
    targets = [site.target for probe in probes for site in probe.sites]
    names = [target.function for target in targets if isinstance(target, FunctionTarget)]
    return not any(isinstance(kernel.has_symbol(f"{name}.part.0"), Found) for name in names)
