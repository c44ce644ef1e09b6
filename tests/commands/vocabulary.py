"""What generated commands are made of: names that a kernel has, and some that it has not."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from probelang.btf.layout import resolve
from probelang.btf.names import Space
from probelang.btf.types import Ptr, Struct
from probelang.commands.target import Proto, Target, glob_pattern
from probelang.kernel.interface import Kernel
from probelang.kernel.tracefs import EventField

ALWAYS = ("vfs_read", "vfs_write", "do_sys_openat2", "schedule", "kfree", "tcp_connect", "do_exit")
SIZE = 300


@dataclass
class Vocabulary:
    """The names of one kernel, some of each sort."""

    target: Target
    functions: list[str]
    """Those that ftrace reaches."""
    traceable: list[str]
    """All of those."""
    untraceable: list[str]
    aliases: list[str]
    """Other names of those that ftrace reaches."""
    blacklisted: list[str]
    ambiguous: list[str]
    """Symbols that several things bear."""
    data: list[str]
    tracepoints: list[str]
    events: list[tuple[str, str]]
    structs: list[str]
    protos: dict[str, Proto] = field(default_factory=dict)
    fields: dict[tuple[str, str], tuple[EventField, ...]] = field(default_factory=dict)

    def is_wide(self, text: str) -> bool:
        """Whether a command is an fprobe on very many functions, which Linux 6.12 attaches one by one."""
        words = text.split()
        if text[:1] != "f" or len(words) < 2 or not any(char in words[1] for char in "*?["):
            return False
        pattern = glob_pattern(words[1].partition("%")[0])
        return sum(pattern.fullmatch(name) is not None for name in self.traceable) > 20


def vocabulary(kernel: Kernel, seed: int) -> Vocabulary:
    """Names of a kernel, chosen by `seed`."""
    draw = random.Random(seed)
    target = Target(kernel)
    functions, text, data, blacklist = (
        kernel.table(name) for name in ("functions", "symbols.text", "symbols.data", "blacklist")
    )
    assert functions is not None and text is not None and data is not None and blacklist is not None
    traceable = functions.keys()
    known = set(traceable)
    others = [name for name in text.keys() if name not in known and not name.startswith(("__pfx_", "__cfi_"))]  # noqa: SIM118
    ambiguous = [name for name in draw.sample(traceable, 6000) if target.count_symbols(name) > 1]
    aliases = kernel.table("aliases")
    btf = kernel.btf
    assert btf is not None
    events = kernel.sources.event_names() or []
    words = Vocabulary(
        target=target,
        functions=[name for name in ALWAYS if name in known] + draw.sample(traceable, SIZE),
        traceable=traceable,
        untraceable=draw.sample(others, min(60, len(others))),
        aliases=aliases.keys() if aliases is not None else [],
        blacklisted=draw.sample(blacklist.keys(), 40),
        ambiguous=ambiguous[:40],
        data=["jiffies", "init_task", *draw.sample(data.keys(), 60)],
        tracepoints=[
            "sched_switch",
            "sched_wakeup",
            *_tracepoints(kernel, draw, 60 if target.shared_tracepoints else 500),
        ],
        events=[("sched", "sched_switch"), ("syscalls", "sys_enter_openat"), *draw.sample(events, 120)],
        structs=["file", "task_struct", "inode", *draw.sample(list(btf.names(Space.STRUCT)), 40)],
    )
    for name in words.functions:
        proto = target.find_proto(name)
        if proto is not None:
            words.protos[name] = proto
    for name in words.tracepoints:
        proto = target.find_proto(f"__probestub_{name}")
        if proto is not None:
            words.protos[f"t {name}"] = Proto(proto.btf, proto.returns, proto.params[1:])
    for system, name in words.events:
        words.fields[system, name] = target.event_fields(system, name) or ()
    return words


def _tracepoints(kernel: Kernel, draw: random.Random, most: int) -> list[str]:
    btf = kernel.btf
    assert btf is not None
    prefix = "btf_trace_"
    names = [name.removeprefix(prefix) for name in btf.names(Space.TYPEDEF, prefix)]
    return draw.sample(names, min(most, len(names)))


def path(proto: Proto, param: tuple[str, int], draw: random.Random, steps: int) -> str:
    """A walk over members, at random, from a parameter."""
    text, id = param[0], resolve(proto.btf, param[1])
    arrow = "->"
    for _ in range(steps):
        found = proto.btf.type(id)
        if isinstance(found, Ptr):
            id, arrow = resolve(proto.btf, found.target), "->"
            found = proto.btf.type(id)
        elif text == param[0]:
            break
        if not isinstance(found, Struct) or not found.members:
            break
        member = draw.choice(found.members)
        if member.name:
            text += f"{arrow}{member.name}"
            arrow = "."
        id = resolve(proto.btf, member.type)
    return text


def struct_of(target: Target, name: str, draw: random.Random) -> str:
    """A walk over the members of a struct, at random; "" where it has none by name."""
    found = target.find_struct(name)
    if found is None:
        return ""
    btf, id = found
    kind = btf.type(id)
    members = [member for member in kind.members if member.name] if isinstance(kind, Struct) else []
    if not members:
        return ""
    member = draw.choice(members)
    proto = Proto(btf, 0, ((member.name, member.type),))
    return path(proto, proto.params[0], draw, draw.choice((0, 0, 1, 2)))
