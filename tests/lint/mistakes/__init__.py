"""Mistakes that people made with probes, each as they would make it in a spec, with what is to be said of it.

A file of them is a theme:

    # Its title

    What they have in common.

    ## What somebody did

    Why it is a mistake here.

    source: where it was seen
    seen: what happened there

        fprobe vfs_raed { count }
               ^^^^^^^^

    PRB201 unknown-function: words of what is said there

    fix:

        fprobe vfs_read { count }

Carets mark the characters in question in the line above them. `fix:` is what the fix makes of it, and compiles; `cure:` is a spec that does,
where there is no fix. `kernel:` and `target:` choose others than 6.12 and tracefs. `./hello` is built from `hello.c`, and `./stripped` is the same
without symbols.
"""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from tests.unit.program.build import compile_c, run

HERE = Path(__file__).parent
#: In this order they are shown.
THEMES = ("other_tools", "values", "functions", "types", "conditions", "programs")
#: What a page says instead of the folder that the programs were built in.
FOLDER = "/srv"


@dataclass(frozen=True)
class Mistake:
    title: str
    why: str
    source: str
    seen: str
    kernel: str
    target: str
    spec: str
    start: int
    end: int
    code: str
    slug: str
    words: str
    #: Whether a fix makes the cure.
    fixed: bool
    cure: str


@dataclass(frozen=True)
class Theme:
    title: str
    intro: str
    mistakes: tuple[Mistake, ...]


def read_theme(name: str) -> Theme:
    head, *sections = re.split(r"^## ", (HERE / f"{name}.txt").read_text(), flags=re.MULTILINE)
    title, intro = head.removeprefix("# ").strip().split("\n\n", 1)
    return Theme(title, intro, tuple(_read(section) for section in sections))


def _read(section: str) -> Mistake:
    title, _, rest = section.partition("\n")
    blocks = re.findall(r"(?:^    .*\n|^\n)+", rest, re.MULTILINE)
    settings = dict(re.findall(r"^(source|seen|kernel|target): (.*)$", rest, re.MULTILINE))
    said = re.search(r"^(PRB\d+) ([a-z-]+): (.*)$", rest, re.MULTILINE)
    assert said is not None, title
    code, slug, words = said.groups()
    specs = [_unindent(block) for block in blocks if block.strip()]
    spec, start, end = _read_marks(specs[0])
    return Mistake(
        title,
        rest.strip().partition("\n\n")[0],
        settings["source"],
        settings["seen"],
        settings.get("kernel", "6.12"),
        settings.get("target", "tracefs"),
        spec,
        start,
        end,
        code,
        slug,
        words,
        "\nfix:\n" in rest,
        specs[1],
    )


def _unindent(block: str) -> str:
    return "\n".join(line[4:] for line in block.strip("\n").splitlines()) + "\n"


def _read_marks(marked: str) -> tuple[str, int, int]:
    """A spec without the line of carets, and the characters that they are under; a lone `|` is the place before one."""
    lines: list[str] = []
    start = end = -1
    for line in marked.splitlines():
        if re.fullmatch(r" *(?:\^+|\|)", line) and lines:
            begin = sum(len(one) + 1 for one in lines[:-1])
            start = begin + len(line) - len(line.lstrip())
            end = begin + len(line.replace("|", ""))
        else:
            lines.append(line)
    return "\n".join(lines) + "\n", start, max(start, end)


def build_programs(folder: Path) -> None:
    """The two programs."""
    compile_c(folder, "hello", (HERE / "hello.c").read_text(), "-nostdlib", "-static", "-no-pie")
    shutil.copy(folder / "hello", folder / "stripped")
    run("strip", "-s", folder / "stripped")
