"""uprobe and usdt: symbols, lines and static probes of real programs, and what is said of those that are not there."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from probelang.program.program import Program
from tests.support.programs import build_programs
from tests.support.specs import commands, run, said
from tests.unit.program.build import compile_c, read_nm


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return build_programs(tmp_path_factory.mktemp("programs"))


def args(spec: str) -> list[str]:
    (command,) = commands(spec)
    return command.split()[2:]


def test_parameters_are_where_dwarf_says(programs: dict[str, str]) -> None:
    assert args(
        f"uprobe {programs['optimised']}:work {{ n, p->x, p->y, who = p->name, p->flag, what, small }}"
    ) == [
        "n=%si:s32",
        "x=+0(%di):s32",
        "y=+4(%di):s32",
        "who=+0(+8(%di)):string",
        "flag=+16(%di):b3@0/8",
        "what=+0(%dx):string",
        "small=%cx:u8",
    ]


def test_before_the_prologue_parameters_are_where_the_caller_put_them(programs: dict[str, str]) -> None:
    assert args(f"uprobe {programs['debug']}:work {{ n, p->y }}") == ["n=%si:s32", "y=+4(%di):s32"]


def test_arguments_without_dwarf(programs: dict[str, str]) -> None:
    spec = f"uprobe {programs['bare']}:work {{ n = $arg2: s32, what = $arg3: string, x = +0($arg1): s32 }}"
    assert args(spec) == ["n=%si:s32", "what=+0(%dx):string", "x=+0(%di):s32"]
    assert said(f"uprobe {programs['bare']}:work {{ n }}") == [("missing-fact", "n")]


def test_casts_name_types_of_the_program(programs: dict[str, str]) -> None:
    spec = f"uprobe {programs['optimised']}:work {{ y = ((struct point *)what)->y }}"
    assert args(spec) == ["y=+4(%dx):s32"]
    assert said(spec.replace("point", "file")) == [("unknown-type", "struct file *")]


def test_a_return_has_a_typed_value(programs: dict[str, str]) -> None:
    (command,) = commands(f"uprobe {programs['optimised']}:work%return if $retval < 0 {{ $retval }}")
    assert command.startswith("r:t/work_return /") and command.endswith(" retval=$retval:s64")


def test_a_return_has_what_the_function_was_given(programs: dict[str, str]) -> None:
    path = programs["optimised"]
    entry, exit, joined = commands(
        f"back = uprobe {path}:work%return {{ n, x = entry(p->x), $retval, $arg2: s32 }}"
    )
    assert entry.split()[2:] == ["e0=%si:s32", "e1=+0(%di):s32", "e3=%si:s32"]
    assert exit.split()[0] == "r:t/back__return" and exit.split()[2:] == ["r2=$retval:s64"]
    assert joined == "s:back s32 n; s32 x; s64 retval; s32 arg2;"
    assert said(f"uprobe {path}:work%return {{ p->x }}") == [("entry-is-whole", "p")]
    assert said(f"uprobe {path}:work%return {{ entry(nothing) }}") == [("unknown-name", "nothing")]
    assert said(f"uprobe {path}:work%return {{ entry($retval) }}") == [("no-retval", "$retval")]


def test_lines(programs: dict[str, str]) -> None:
    path = programs["debug"]
    by_file = commands(f"uprobe {path}:debug.c:8 {{ n }}")
    by_function = commands(f"uprobe {path}:work:4 {{ n }}")
    assert by_file[0].split()[1] == by_function[0].split()[1]
    assert by_file[0].split()[2].endswith("(%bp):s32")
    assert said(f"uprobe {path}:debug.c:1") == [("unknown-line", f"{path}:debug.c:1")]
    assert said(f"uprobe {path}:nothing.c:1") == [("unknown-line", f"{path}:nothing.c:1")]


def test_what_is_not_there(programs: dict[str, str]) -> None:
    path = programs["optimised"]
    assert said(f"uprobe {path}:wrok") == [("unknown-symbol", "wrok")]
    assert said(f"uprobe {path}:not_code") == [("unknown-symbol", "not_code")]
    assert said(f"uprobe {path}:work+0x9999") == [("unknown-symbol", f"{path}:work+0x9999")]
    assert said("uprobe /nowhere/at/all:work") == [("missing-fact", "/nowhere/at/all")]
    assert said(f"uprobe {path}:no_such_*") == [("no-match", "no_such_*")]
    assert said(f"usdt {path}:app:step") == [("unknown-static-probe", f"{path}:app:step")]


def test_a_value_that_the_compiler_did_not_keep(programs: dict[str, str]) -> None:
    analysis = run(f"uprobe {programs['optimised']}:work+0x30 {{ what, small }}")
    assert [found.rule.slug for found in analysis.diagnostics] == ["optimised-out"] * len(
        analysis.diagnostics
    )


def test_an_offset_needs_no_file() -> None:
    assert commands("x = uprobe /nowhere/at/all:0x1234 { %di }") == [
        "p:t/x /nowhere/at/all:0x1234 di=%di:x64"
    ]


def test_a_path_that_no_command_can_hold(tmp_path: Path) -> None:
    assert said(f'uprobe "{tmp_path}/my program":0x10') == [("unsupported", f'"{tmp_path}/my program"')]


def test_static_probes(programs: dict[str, str]) -> None:
    (command,) = commands(
        f"usdt {programs['static_probe']}:app:step {{ n = $arg1, s = $arg2: string, big = $arg3, seven = $arg4 }}"
    )
    where, *fetched = command.split()[1:]
    assert where.endswith(")") and "(0x" in where, "the semaphore is the kernel's reference counter"
    assert [text.rpartition(":")[2] for text in fetched] == ["s32", "string", "s64", "s32"]
    assert fetched[3] == r"seven=\7:s32"
    assert said(f"usdt {programs['static_probe']}:app:step {{ $arg5 }}") == [("unknown-variable", "$arg5")]
    near = run(f"usdt {programs['static_probe']}:app:stop").diagnostics[0]
    assert "app:step" in near.label.text


DATA = """
extern int counter; extern struct shape shape;       /* as a header has them */
int counter = 41; static long below = -7; int zeroed[100]; __thread int each;
struct shape { int sides; const char *name; } shape = { 5, "five" };
__attribute__((noinline)) int work(int n) { zeroed[3] = n; counter++; below--; shape.sides++; each++; return n + zeroed[n]; }
int main(int argc, char **argv) { return work(argc) + (int)below; }
"""


@pytest.fixture(scope="module")
def pie(tmp_path_factory: pytest.TempPathFactory) -> str:
    return compile_c(tmp_path_factory.mktemp("data"), "pie", DATA, "-g", "-O2", "-fPIE", "-pie")


def test_variables_are_a_distance_from_the_instruction(pie: str) -> None:
    addresses = {line.name: line.address for line in read_nm(pie)}
    (command,) = commands(f"uprobe {pie}:work {{ @counter, @below, z = @zeroed[3], @shape.name }}")
    start = addresses["work"]
    assert command.split()[2:] == [
        f"counter=+{addresses['counter'] - start}(%ip):s32",
        f"below=+{addresses['below'] - start}(%ip):s64",
        f"z=+{addresses['zeroed'] + 12 - start}(%ip):s32",
        f"name=+0(+{addresses['shape'] + 8 - start}(%ip)):string",
    ]
    (further,) = commands(f"uprobe {pie}:work+2 {{ @counter }}")
    assert further.split()[2] == f"counter=+{addresses['counter'] - start - 2}(%ip):s32"


def test_an_offset_of_the_file_is_where_the_program_has_it(pie: str) -> None:
    addresses = {line.name: line.address for line in read_nm(pie)}
    offset = Program(pie).elf.offset_of(addresses["counter"])
    (command,) = commands(f"uprobe {pie}:work {{ x = @+{offset}: s32 }}")
    assert command.split()[2] == f"x=+{addresses['counter'] - addresses['work']}(%ip):s32"
    assert said(f"uprobe {pie}:work {{ x = @+0x999999: s32 }}") == [("unknown-variable", "@+0x999999")]


def test_variables_at_a_return(pie: str, programs: dict[str, str]) -> None:
    spec = f"uprobe {pie}:work%return {{ @counter }}"
    assert said(spec) == [("no-kernel-feature", "@counter")]
    shift = {line.name: line.address for line in read_nm(pie)}
    known = Program(pie)
    probed = known.file_offset(shift["work"])
    assert probed is not None
    (command,) = commands(spec, "7.3")
    assert command.split()[2] == f"counter=@+{shift['counter'] - shift['work'] + probed:#x}:s32"
    fixed = {line.name: line.address for line in read_nm(programs["optimised"])}
    (command,) = commands(f"uprobe {programs['optimised']}:work%return {{ @not_code }}")
    assert command.split()[2] == f"not_code=@{fixed['not_code']:#x}:s32"


def test_what_is_no_variable(pie: str) -> None:
    assert said(f"uprobe {pie}:work {{ @work }}") == [("unknown-variable", "@work")]
    assert said(f"uprobe {pie}:work {{ @each }}") == [("unsupported", "@each")]
    assert said(f"uprobe {pie}:work {{ @countr }}") == [("unknown-variable", "@countr")]
    assert said(f"uprobe {pie}:work {{ @shape }}") == [("struct-value", "@shape")]


def test_arguments_are_at_an_entry_only(pie: str) -> None:
    assert said(f"uprobe {pie}:work+2 {{ $arg1 }}") == [("optimised-out", "$arg1")]
    assert said(f"uprobe {pie}:0x1 {{ $arg1 }}") == [("optimised-out", "$arg1")]


def test_go_has_rules_of_its_own(tmp_path: Path) -> None:
    if shutil.which("go") is None:
        pytest.skip("NOT TESTED: needs go, which is not installed")
    text = tmp_path / "m.go"
    text.write_text(
        "package main\nvar Total int64 = 1\ntype T struct{ X int64 }\n//go:noinline\n"
        "func (p *T) Work(n int) int64 { Total += p.X; return Total + int64(n) }\n"
        "func main() { println((&T{7}).Work(3)) }\n"
    )
    environment = {
        **os.environ,
        "GO111MODULE": "off",
        "CGO_ENABLED": "0",
        "GOCACHE": str(tmp_path / "cache"),
    }
    for name, options in (("full", []), ("bare", ["-ldflags=-w"])):
        command = ["go", "build", *options, "-o", str(tmp_path / name), str(text)]
        subprocess.run(command, check=True, env=environment)
    full, bare = (f'{tmp_path}/{name}:"main.(*T).Work"' for name in ("full", "bare"))
    (command_,) = commands(f"w = uprobe {full} {{ n, x = p->X, total = @main.Total }}")
    assert command_.split()[2:4] == ["n=%bx:s64", "x=+0(%ax):s64"]
    assert command_.split()[4].startswith("total=@0x")
    assert (
        said(f"w = uprobe {full} {{ $arg1 }}")
        == said(f"w = uprobe {bare} {{ $arg1 }}")
        == [("optimised-out", "$arg1")]
    )
    assert [slug for slug, _ in said(f"w = uprobe {bare}%return")] == ["unsupported"]
