"""Probes of programs of every kind on real kernels: what they record is what the programs say of themselves.

Programs of C, C++, Go and Rust are built here and run in the guest with the loader and the libraries of this machine. All
of a kernel's run in one boot.
"""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from probelang.analysis import analyse
from probelang.backends import tracefs
from probelang.kernel.interface import Kernel
from probelang.program.program import Program
from probelang.source import Source
from tests.kernels.lab.boot import Job, Outcome, run_jobs
from tests.kernels.lab.by_kernel import ByKernel
from tests.kernels.lab.fetch import KERNELS, fetch_kernel
from tests.kernels.lab.target import target_kernel
from tests.kernels.lab.trace import Hit, Value, parse_trace, parse_value

pytestmark = pytest.mark.kernels

SOURCES = Path(__file__).parent / "programs" / "probed"
Facts = dict[str, list[dict[str, Value]]]
Hits = dict[str, list[dict[str, Value]]]


# ------------------------------------------------------------------------------------------------- programs


def build(folder: Path, name: str, source: str, *options: str) -> str:
    """The path of a program or library made of a file of SOURCES by the compiler for its language."""
    path = folder / name
    text = SOURCES / source
    environment = dict(os.environ)
    match text.suffix:
        case ".go":
            environment |= {"GO111MODULE": "off", "CGO_ENABLED": "0", "GOCACHE": str(folder / "go")}
            command = ["go", "build", *options, "-o", str(path), str(text)]
        case ".rs":
            command = ["rustc", "-g", *options, "-o", str(path), str(text)]
        case ".cc":
            command = ["g++", "-g", "-O1", *options, "-o", str(path), str(text)]
        case _:
            command = ["gcc", "-g", "-O2", "-w", "-o", str(path), str(text), *options]
    if shutil.which(command[0]) is None:
        message = f"NOT TESTED: needs {command[0]}, which is not installed"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return str(path)


def libraries_of(path: str) -> list[str]:
    """The loader and the libraries that a program wants, by the paths it finds them at."""
    listed = subprocess.run(["ldd", path], capture_output=True, text=True, check=False).stdout
    return [word for line in listed.splitlines() for word in line.split() if word.startswith("/")]


def split_debug(path: str) -> None:
    """Move the debugging information to a file of its own, which the program names."""
    home = Path(path).parent
    (home / ".debug").mkdir(exist_ok=True)
    debug = home / ".debug" / (Path(path).name + ".debug")
    for command in (
        ["objcopy", "--only-keep-debug", path, str(debug)],
        ["strip", path],
        ["objcopy", f"--add-gnu-debuglink={debug}", path],
    ):
        subprocess.run(command, check=True)


# ---------------------------------------------------------------------------------------------------- cases


@dataclass(frozen=True)
class Case:
    """A spec, with the paths of programs for words in capitals, and what its hits must be.

    `make` gives those paths, `run` are the commands that the guest runs, with the same words; `expect` compares.
    """

    make: Callable[[Path], dict[str, str]]
    spec: str
    run: Sequence[str]
    expect: Callable[[Hits, Facts], None]
    refused: Mapping[str, Sequence[str]] | None = None
    """Codes of diagnostics, by kernels, where the spec must fail."""


VARIABLES = """
at = uprobe PROGRAM:work {
    n, @counter, @below, zeroed = @zeroed[3], @shape.sides, @shape.name, @shape.flag, @text, @buffer
    through = @pointer->sides
    same = @+OFFSET: s32
    given = given->sides
}
back = uprobe PROGRAM:work%return {
    n, $retval, sides = entry(given->sides), was = entry(@counter), took = $duration
}
"""
AFTER = "after = uprobe PROGRAM:work%return { @counter, zeroed = @zeroed[3], @shape.name, through = @pointer->sides }\n"
SEEN_BEFORE = ("n", "counter", "below", "zeroed", "sides", "name", "flag", "buffer", "through")
TEXT = "read-only"
"""Up to the first space: facts are words."""


def variables(*options: str, split: bool = False) -> Callable[[Path], dict[str, str]]:
    def make(folder: Path) -> dict[str, str]:
        path = build(folder, "variables", "variables.c", *options)
        known = Program(path)
        address = next(symbol for symbol in [known.find_symbol("counter")]).value.address  # type: ignore[union-attr]
        offset = known.elf.offset_of(address)
        if split:
            split_debug(path)
        return {"PROGRAM": path, "OFFSET": f"{offset:#x}"}

    return make


def see_variables(hits: Hits, facts: Facts) -> None:
    before = [{name: fact[name] for name in SEEN_BEFORE} for fact in facts["before"]]
    assert len(before) == 3
    for hit, fact in zip(hits["at"], before, strict=True):
        assert str(hit.pop("buffer")).startswith(str(fact.pop("buffer")))
        assert str(hit.pop("text")).startswith(TEXT)
        assert hit.pop("same") == hit["counter"]
        assert hit.pop("given") == hit["sides"]
        assert hit == fact
    returned = [
        {"n": one["n"], "retval": one["returned"], "sides": fact["sides"], "was": fact["counter"]}
        for one, fact in zip(facts["returned"], before, strict=True)
    ]
    assert all(int(str(hit.pop("took"))) > 0 for hit in hits["back"])
    assert hits["back"] == returned
    if "after" in hits:
        names = ("counter", "zeroed", "name", "through")
        assert hits["after"] == [{name: fact[name] for name in names} for fact in facts["after"]]


def make_user(folder: Path) -> dict[str, str]:
    linked = build(folder, "libwork.so", "library.c", "-shared", "-fPIC")
    opened = build(folder, "libopened.so", "library.c", "-shared", "-fPIC")
    program = build(folder, "user", "user.c", "-fPIE", "-pie", linked, f"-Wl,-rpath,{folder}", "-ldl")
    libc = next(path for path in libraries_of(program) if "libc.so" in path)
    return {"PROGRAM": program, "LINKED": linked, "OPENED": opened, "CLIB": libc}


def see_user(hits: Hits, facts: Facts) -> None:
    (linked,) = facts["linked"]
    assert hits["linked"] == [{"n": 7, "word": linked["word"], "in_library": 100}]
    assert hits["linked_back"] == [{"retval": linked["returned"], "word": "seven", "n": 7}]
    assert hits["looked_up"] == [{"small": 200, "large": -3}]
    assert [hit["retval"] for hit in hits["looked_up_back"]] == [facts["looked_up"][0]["returned"]]
    assert [hit["path"] for hit in hits["old"]] == [fact["path"] for fact in facts["old"]]
    # the old version is a wrapper of the new one
    assert [hit["path"] for hit in hits["new"]] == [fact["path"] for fact in facts["old"] + facts["new"]]
    assert facts["old"][0]["returned"] == "/proc"


def make_shapes(folder: Path) -> dict[str, str]:
    program = build(folder, "shapes", "shapes.cc")
    library = next(path for path in libraries_of(program) if "libstdc++" in path)
    return {"PROGRAM": program, "CXXLIB": library}


def see_shapes(hits: Hits, facts: Facts) -> None:
    assert hits["area"] == [{"sides": 4, "scale": 10, "drawn": 3}]
    assert [hit["retval"] for hit in hits["area_back"]] == [facts["area"][0]["returned"]]
    assert hits["unit"] == [{"sides": 3}]
    assert hits["less"] == [{"sides": 3, "other": 4}]
    assert hits["twice"] == [{"value": 21}]
    caught = [fact["at"] for fact in facts["caught"]]
    assert [hit["object"] for hit in hits["throw"]] == caught
    assert [hit["object"] for hit in hits["catch"]] == caught
    assert hits["throw"][0]["type"] == hits["throw"][1]["type"] != 0
    assert hits["fail"] == [{"code": fact["code"]} for fact in facts["caught"]]


def make_go(folder: Path) -> dict[str, str]:
    plain = build(folder, "plain", "words.go", "-gcflags=all=-N -l")
    return {"OPTIMISED": build(folder, "optimised", "words.go"), "PLAIN": plain}


def see_go(hits: Hits, facts: Facts) -> None:
    # both programs say the same
    said = [{name: fact[name] for name in ("n", "small", "x", "y", "total")} for fact in facts["work"]]
    assert len(said) == 6
    assert hits["optimised"] == said[:3]
    assert hits["plain"] == said[3:]
    assert hits["line"] == [{"n": fact["n"]} for fact in said[:3]]


def make_rust(folder: Path) -> dict[str, str]:
    return {
        "DEFAULT": build(folder, "usual", "words.rs", "-Copt-level=1"),
        "NEW": build(folder, "new", "words.rs", "-Copt-level=1", "-Csymbol-mangling-version=v0"),
        "BARE": build(folder, "bare", "words.rs", "-Copt-level=1", "-Cstrip=debuginfo"),
    }


def see_rust(hits: Hits, facts: Facts) -> None:
    said = [{name: fact[name] for name in ("n", "small", "x", "y")} for fact in facts["work"][:3]]
    assert hits["usual"] == hits["new"] == said
    assert hits["bare"] == [{"n": fact["n"]} for fact in said]
    assert [hit["retval"] for hit in hits["back"]] == [fact["returned"] for fact in facts["work"][:3]]


def make_sites(folder: Path) -> dict[str, str]:
    return {"PROGRAM": build(folder, "sites", "sites.c", "-O2")}


def see_sites(hits: Hits, facts: Facts) -> None:
    assert hits["step"] == [
        {"n": sign * n, "word": word, "tiny": -3}
        for n in (1, 2)
        for sign, word in ((1, "first"), (-1, "second"))
    ]
    assert hits["guarded"] == [{"large": 1 << 40 | n, "half": -2, "wide": 4000000000} for n in (1, 2)]
    assert [fact["value"] for fact in facts["armed"]] == [1, 1]


CASES: dict[str, Case] = {
    "static": Case(variables("-static"), VARIABLES + AFTER, ["PROGRAM"], see_variables),
    "fixed": Case(variables("-no-pie", "-fno-pie"), VARIABLES + AFTER, ["PROGRAM"], see_variables),
    "pie": Case(variables("-fPIE", "-pie"), VARIABLES, ["PROGRAM"], see_variables),
    "static-pie": Case(variables("-static-pie"), VARIABLES, ["PROGRAM"], see_variables),
    "stripped": Case(variables("-fPIE", "-pie", split=True), VARIABLES, ["PROGRAM"], see_variables),
    "after": Case(
        variables("-fPIE", "-pie"),
        VARIABLES + AFTER,
        ["PROGRAM"],
        see_variables,
        refused={kernel: ["PRB401"] * 4 for kernel in KERNELS if kernel != "7.3"},
    ),
    "library": Case(
        make_user,
        """
        linked = uprobe LINKED:linked { n, word, @in_library }
        linked_back = uprobe LINKED:linked%return { $retval, word, n }
        looked_up = uprobe OPENED:looked_up { small, large }
        looked_up_back = uprobe OPENED:looked_up%return { $retval }
        old = uprobe CLIB:realpath@GLIBC_2.2.5 { path = $arg1: string }
        new = uprobe CLIB:realpath@@GLIBC_2.3 { path = $arg1: string }
        """,
        ["PROGRAM OPENED"],
        see_user,
    ),
    "c++": Case(
        make_shapes,
        """
        area = uprobe PROGRAM:"geometry::Shape::area(int) const" { this->sides, scale, drawn = @_ZN8geometry5drawnE }
        area_back = uprobe PROGRAM:_ZNK8geometry5Shape4areaEi%return { $retval }
        unit = uprobe PROGRAM:"geometry::Shape::area(std::__cxx11::basic_string<char, std::char_traits<char>, std::allocator<char> > const&) const" { this->sides }
        less = uprobe PROGRAM:"geometry::Shape::operator<" { this->sides, other = other->sides }
        twice = uprobe PROGRAM:geometry::twice<long> { value }
        fail = uprobe PROGRAM:fail { code }
        throw = usdt CXXLIB:libstdcxx:throw { object = $arg1, type = $arg2 }
        catch = usdt CXXLIB:libstdcxx:catch { object = $arg1 }
        """,
        ["PROGRAM"],
        see_shapes,
    ),
    "go": Case(
        make_go,
        """
        optimised = uprobe OPTIMISED:main.Work { n, small, x = p->X, y = p->Y, total = @main.Total }
        plain = uprobe PLAIN:main.Work { n, small, x = p->X, y = p->Y, total = @main.Total }
        line = uprobe OPTIMISED:words.go:15 { n }
        """,
        ["OPTIMISED", "PLAIN"],
        see_go,
    ),
    "rust": Case(
        make_rust,
        """
        usual = uprobe DEFAULT:words::inner::work { n, small, p->x, p->y }
        new = uprobe NEW:words::inner::work { n, small, p->x, p->y }
        bare = uprobe BARE:words::inner::work { n = $arg2: s32 }
        back = uprobe NEW:words::inner::work%return { $retval }
        """,
        ["DEFAULT", "NEW", "BARE"],
        see_rust,
    ),
    "sites": Case(
        make_sites,
        """
        step = usdt PROGRAM:site:step { n = $arg1, word = $arg2: string, tiny = $arg3 }
        guarded = usdt PROGRAM:site:guarded { large = $arg1, half = $arg2, wide = $arg3 }
        """,
        ["PROGRAM"],
        see_sites,
    ),
}


# ------------------------------------------------------------------------------------------------- the guest


def said_of(text: str, words: Mapping[str, str]) -> str:
    for word in sorted(words, key=len, reverse=True):
        text = text.replace(word, words[word])
    return text


def job_of(case: Case, words: Mapping[str, str], known: Kernel) -> Job | list[str]:
    """What the guest has to do, or the codes of the errors."""
    analysis = analyse(Source("app.pl", "group app\n" + said_of(case.spec, words)), known)
    if analysis.failed:
        return [f"{found.rule.code} {found.message}" for found in analysis.diagnostics]
    script = tracefs.render(analysis.events, "script", ["app.pl"], known).text
    programs = [path for path in words.values() if path.startswith("/")]
    wanted = dict.fromkeys([*programs, *[library for path in programs for library in libraries_of(path)]])
    files = {f"file{number}": Path(path).read_bytes() for number, path in enumerate(wanted)}
    lines = ["lab=$PWD"]
    for number, path in enumerate(wanted):
        lines.append(f"mkdir -p {Path(path).parent}; cp $lab/file{number} {path}; chmod 755 {path}")
    lines += ["sh $lab/script >&2 || exit 1"]
    lines += [f"{said_of(command, words)} || echo failed: $?" for command in case.run]
    lines += ["grep -v '^#' /sys/kernel/tracing/trace", "sh $lab/script stop || exit 2"]
    lines += ["cat /sys/kernel/tracing/dynamic_events"]
    return Job("\n".join(lines) + "\n", {**files, "script": script.encode()}, seconds=90)


@functools.cache
def made(name: str, folder: Path) -> dict[str, str]:
    place = folder / name
    place.mkdir(exist_ok=True)
    return CASES[name].make(place)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("programs")


Outcomes = dict[str, Outcome | list[str]]


@pytest.fixture(scope="module")
def ran(home: Path) -> ByKernel[Outcomes]:
    """What became of the cases on each kernel."""
    # not side by side: what is compiled for all kernels is compiled once
    return ByKernel((), lambda kernel: run_all(kernel, home))


def run_all(kernel: str, home: Path) -> Outcomes:
    answers: Outcomes = {}
    jobs: dict[str, Job] = {}
    for name, case in CASES.items():
        try:
            job = job_of(case, made(name, home), target_kernel(fetch_kernel(kernel)))
        except (pytest.skip.Exception, pytest.fail.Exception, AssertionError):
            continue  # which the case itself will say
        if isinstance(job, list):
            answers[name] = job
        else:
            jobs[name] = job
    outcomes = run_jobs(fetch_kernel(kernel), list(jobs.values()))
    return answers | dict(zip(jobs, outcomes, strict=True))


def facts_of(output: str) -> Facts:
    """What the programs said: lines of a word, and `name=value` words."""
    facts: Facts = {}
    for line in output.splitlines():
        first, _, rest = line.partition(" ")
        pairs = [word.split("=", 1) for word in rest.split() if "=" in word]
        if pairs and first.isidentifier():
            facts.setdefault(first, []).append({name: parse_value(value) for name, value in pairs})
    return facts


def hits_of(found: Sequence[Hit]) -> Hits:
    hits: Hits = {}
    for hit in found:
        hits.setdefault(hit.event, []).append(hit.values)
    return hits


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("kernel", KERNELS)
def test_programs_of_every_kind(
    kernel: str, name: str, home: Path, ran: ByKernel[Outcomes], again: bool
) -> None:
    case = CASES[name]
    made(name, home)  # skips where a compiler is missing
    outcome = (ran.anew(kernel) if again else ran[kernel])[name]
    refused = (case.refused or {}).get(kernel)
    if isinstance(outcome, list):
        assert [line.split()[0] for line in outcome] == refused, outcome
        return
    assert refused is None
    assert outcome.status == 0, outcome.output
    assert "failed: " not in outcome.output
    assert "app/" not in outcome.output, "the probes are still there"
    case.expect(hits_of(parse_trace(outcome.output)), facts_of(outcome.output))
