"""Source lines of real kernels: every line of some functions is probed, and what is named there compared with the guest's facts.

Which lines there are differs from kernel to kernel, so none is written here: all that the debugging information has are
tried. What we let pass the kernel must take, and a name must mean the same at each line that has it.
"""

from __future__ import annotations

from functools import cache

import pytest

from probelang.analysis import Analysis, analyse
from probelang.answers import Found
from probelang.backends import tracefs
from probelang.check.rules import points
from probelang.diagnostics import Severity
from probelang.kernel.code import KernelCode
from probelang.kernel.declared import DECLARED
from probelang.kernel.interface import Kernel
from probelang.kernel.load import load_kernel
from probelang.source import Source
from tests.kernels.lab.boot import Job, run_jobs
from tests.kernels.lab.fetch import fetch_debug, fetch_kernel
from tests.kernels.lab.trace import parse_trace

pytestmark = pytest.mark.kernels

#: An old and a new kernel: what is fetched for each has some hundred megabytes.
NAMES = ("6.1", "6.12", "7.2", "7.3")
#: Functions in many shapes: with seldom-run parts, inlined into others, traced, with static branches, pieces of functions.
FUNCTIONS = (
    *("vfs_read", "path_openat", "link_path_walk", "dput", "do_exit", "shmem_file_read_iter", "copy_process"),
    *("__alloc_pages_slowpath", "handle_mm_fault", "tcp_v4_connect", "inet_create", "n_tty_read"),
    *("rw_verify_area", "fsnotify_access"),
)
#: Several bear this name, so that only a symbol from elsewhere leads to them.
AMBIGUOUS = "init_once"
LAST_LINE = 28

_DEFINE = r"""
lab=$PWD
cd /sys/kernel/tracing
while read -r command; do
	echo "$command" 2>/dev/null >>dynamic_events || { echo "refused: $command"; tail -n 3 error_log; }
done <$lab/commands
echo "defined: $(wc -l <dynamic_events)"
"""

_READ = r"""
lab=$PWD
mkdir /tmp/reading; cd /tmp/reading
head -c 100000 /dev/zero >read.data
sh $lab/script >&2 || exit 1
dd if=read.data of=/dev/null bs=4321 count=3 2>/dev/null &
reader=$!
wait $reader
grep -v '^#' /sys/kernel/tracing/trace
echo "fact $reader $(stat -c %i read.data)"
sh $lab/script stop || exit 2
cat /sys/kernel/tracing/dynamic_events
"""

#: What is recorded at each line of `vfs_read` and of what it calls for a file of a tmpfs, as far as it is there.
_WANTED = {
    "vfs_read": {
        "count": "count",
        "ino": "file->f_inode->i_ino",
        "name": "file->f_path.dentry->d_name.name",
        "pos": "*pos",
    },
    "shmem_file_read_iter": {
        "ino": "iocb->ki_filp->f_inode->i_ino",
        "name": "iocb->ki_filp->f_path.dentry->d_name.name",
        "count": "to->count",
        "pos": "iocb->ki_pos",
    },
    "rw_verify_area": {"count": "count", "ino": "file->f_inode->i_ino", "pos": "*ppos"},
}


@cache
def debug_kernel(name: str) -> Kernel:
    return load_kernel(str(fetch_debug(fetch_kernel(name))))


def compiled(kernel: Kernel, spec: str) -> Analysis:
    return analyse(Source("lines.pl", spec), kernel)


def rules_broken(analysis: Analysis) -> set[object]:
    return {found.rule for found in analysis.diagnostics if found.severity is Severity.ERROR}


def lines_of(kernel: Kernel, function: str) -> dict[str, list[str]]:
    """The commands for `function:LINE`, for each of its first lines that a kprobe may be on."""
    found = {}
    for line in range(LAST_LINE):
        point = f"{function}:{line}"
        analysis = compiled(kernel, f"{function}_L{line} = kprobe {point} with max=1000")
        broken = rules_broken(analysis)
        assert broken <= {points.UNKNOWN_LINE, points.BLACKLISTED}, (point, broken)
        if not broken:
            found[point] = commands_of(analysis)
    return found


def commands_of(analysis: Analysis) -> list[str]:
    return [command for event in analysis.events for command in event.commands]


def fields_there(kernel: Kernel, place: str, wanted: dict[str, str]) -> list[str]:
    """What of `wanted` can be had at a place."""
    fields = [f"{name} = {expr}" for name, expr in wanted.items()]
    spec = "\n".join([f"x = kprobe {place} {{", *fields, "}"])
    wrong = {
        spec.count("\n", 0, found.label.span.start) - 1
        for found in compiled(kernel, spec).diagnostics
        if found.severity is Severity.ERROR
    }
    return [field for number, field in enumerate(fields) if number not in wrong]


@pytest.mark.parametrize("name", NAMES)
def test_the_types_of_variables_that_btf_lacks_are_those_of_the_debugging_information(name: str) -> None:
    code = debug_kernel(name).code
    assert isinstance(code, Found)
    for variable, written in DECLARED.items():
        # `jiffies` is a name that the linker gives to `jiffies_64`, and no file defines it
        found = code.value.dwarf.find_declaration(variable)
        assert found is not None, variable
        assert found.type.text.removeprefix("volatile ") == written


def line_at(code: KernelCode, address: int) -> list[str]:
    """`FILE:LINE` of a place, if it is of no header: those have code everywhere."""
    place = code.dwarf.line_at(address)
    if place is None or not place[0].endswith(".c"):
        return []
    return [f"{'/'.join(place[0].split('/')[-2:])}:{place[1]}"]


def lines_apart(code: KernelCode) -> list[str]:
    """Lines in the parts of functions that are seldom run, and in functions whose name is not their own."""
    starts = [symbol.address for symbol in code.functions_named(AMBIGUOUS)]
    for function in FUNCTIONS:
        for one in code.functions_called(function):
            starts += [low for low, _ in one.ranges[1:]]
    return [place for start in starts for place in line_at(code, start)]


@pytest.mark.parametrize("name", NAMES)
def test_the_kernel_takes_every_line_that_we_do(name: str) -> None:
    kernel = debug_kernel(name)
    assert isinstance(kernel.code, Found)
    made = [own for function in FUNCTIONS for own in lines_of(kernel, function).values()]
    for number, place in enumerate(dict.fromkeys(lines_apart(kernel.code.value))):
        made.append(commands_of(compiled(kernel, f"apart{number} = kprobe {place} with max=1000")))
    several = sum(len(own) > 1 for own in made)
    commands = [command for own in made for command in own]
    assert len(commands) > 120
    assert several > 5
    assert any(".cold" in command for command in commands)
    assert any(" _text+" in command for command in commands)
    job = Job(_DEFINE, {"commands": ("\n".join(commands) + "\n").encode()}, seconds=200)
    (outcome,) = run_jobs(fetch_kernel(name), [job])
    assert outcome.status == 0, outcome.output
    assert "refused" not in outcome.output, outcome.output[:3000]
    assert f"defined: {len(commands)}" in outcome.output


@pytest.mark.parametrize("name", NAMES)
def test_names_mean_the_same_at_every_line(name: str) -> None:
    kernel = debug_kernel(name)
    probes = []
    for function, wanted in _WANTED.items():
        for place in lines_of(kernel, function):
            there = fields_there(kernel, place, wanted)
            if there:
                event = place.replace(":", "_L")
                probes.append(f'{event} = kprobe {place} if $comm == "dd" {{ {", ".join(there)} }}')
    spec = "group lines\n" + "\n".join(probes)
    analysis = compiled(kernel, spec)
    assert not rules_broken(analysis), [found.message for found in analysis.diagnostics]
    script = tracefs.render(analysis.events, "script", ["lines.pl"], kernel).text
    (outcome,) = run_jobs(fetch_kernel(name), [Job(_READ, {"script": script.encode()}, seconds=60)])
    assert outcome.status == 0, outcome.output
    _, reader, inode = next(line for line in outcome.output.splitlines() if line.startswith("fact ")).split()
    hits = [hit for hit in parse_trace(outcome.output) if hit.tid == int(reader)]
    # the shell and the loader read too, as `dd` already; of the reads of the file all is known
    reads = [hit for hit in hits if hit.values.get("ino") == int(inode)]
    for hit in reads:
        assert hit.values.get("name", "read.data") == "read.data", hit
        assert hit.values.get("count", 4321) in range(4322), hit
        assert hit.values.get("pos", 0) in range(3 * 4321 + 1), hit
    lines = {hit.event for hit in reads}
    full = {hit.event for hit in reads if hit.values.get("count") == 4321 and hit.values.get("name")}
    for function in _WANTED:
        assert sum(event.startswith(function) for event in lines) >= 3, (function, sorted(lines))
    assert len(full) >= 8, sorted(full)
    for event in lines:
        assert len([hit for hit in reads if hit.event == event]) % 3 == 0, event
