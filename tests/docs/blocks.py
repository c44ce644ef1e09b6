"""The code blocks of the documents, and what they promise.

    ```console
    $ probelang lint --kernel 6.12 reads.pl     run here, in a folder of the document's own (with `examples/`)
    no problems in 1 file                       standard output and error, as they come
    ```
    ```console 6.1 6.12
    # cat /proc/version                         run as root in a booted guest of each of these kernels
    Linux version …                             `…` stands for any text, on a line of its own for any lines
    ```
    ```console 7.3 tools                        in one that has bpftrace and perf
    ```console 6.12 probelang                   in one that has Python and probelang
    ```sh 7.3 tools                             lines that succeed there, in tracefs; a program of bpftrace is compiled
    ```c shop.c                                 kept as a file; a document with such blocks takes a C compiler
    ```probe reads.pl                           compiles for every kernel that comes along; kept as a file if named
    ```
    <!-- PRB401 on 6.1, PRB501 -->              before a `probe` block: the codes that it gives instead

Other blocks (`sh`, `text`) promise nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
TOOLS = {"tools": "current", "probelang": "python"}
KERNELS = ("6.1", "6.12", "7.3")

_FENCE = re.compile(
    r"(?:^<!-- (?P<mark>[^\n]*?) -->\n)?^```(?P<kind>\w+)(?P<info>[^\n]*)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
_MARK = re.compile(r"(PRB\d+)(?: on ([\d.]+))?")


@dataclass(frozen=True)
class Block:
    document: Path
    line: int
    """Of the opening fence, from 1."""
    kind: str
    info: list[str]
    text: str
    mark: str
    start: int
    """Where `text` is in the document."""

    def __str__(self) -> str:
        return f"{self.document.relative_to(ROOT)}:{self.line}"

    @property
    def kernels(self) -> list[str]:
        """The kernels of a block for guests; none if it is run here."""
        return [word for word in self.info if word not in TOOLS] if self.kind in ("console", "sh") else []

    @property
    def tools(self) -> str:
        """What the guest has besides: the name of a set of the lab's tools."""
        return next((TOOLS[word] for word in self.info if word in TOOLS), "")

    def codes(self, kernel: str) -> set[str]:
        """The codes that a spec is expected to give for `kernel`."""
        return {code for code, only in _MARK.findall(self.mark) if only in ("", kernel)}


@dataclass(frozen=True)
class Command:
    text: str
    expected: str


def read_blocks(document: Path) -> Iterator[Block]:
    text = document.read_text()
    for match in _FENCE.finditer(text):
        yield Block(
            document,
            text.count("\n", 0, match.start("kind")) + 1,
            match["kind"],
            match["info"].split(),
            match["text"],
            match["mark"] or "",
            match.start("text"),
        )


def read_commands(block: Block) -> list[Command]:
    """The commands of a `console` block, each with the output after it; `>` continues a command.

    Those of a `sh` block are its lines, but for comments and SystemTap's, which nothing here can run.
    """
    if block.kind == "sh":
        lines = block.text.splitlines()
        return [Command(line, "") for line in lines if line and not line.startswith(("#", "stap "))]
    prompt = "# " if block.kernels else "$ "
    commands: list[tuple[str, list[str]]] = []
    for line in block.text.splitlines():
        if line.startswith(prompt):
            commands.append((line[2:], []))
        elif line.startswith("> ") and commands and not commands[-1][1]:
            commands[-1] = (commands[-1][0] + "\n" + line[2:], [])
        else:
            assert commands, f"{block}: the first line is no command: {line!r}"
            commands[-1][1].append(line)
    return [Command(text, "".join(f"{line}\n" for line in output)) for text, output in commands]


def render_commands(block: Block, answers: list[str]) -> str:
    """The block's text with other answers; one that fits what is there leaves it as it is."""
    prompt = "# " if block.kernels else "$ "
    out = []
    for command, answer in zip(read_commands(block), answers, strict=True):
        out.append(prompt + command.text.replace("\n", "\n> ") + "\n")
        out.append(command.expected if fits(command.expected, answer) else answer)
    return "".join(out)


def fits(expected: str, answer: str) -> bool:
    """Whether an answer is as expected, where `…` stands for any text and a line of nothing else for any lines."""
    parts = [re.escape(part) for part in re.split(r"^…\n", expected, flags=re.MULTILINE)]
    pattern = "(?:.*\n)*?".join(part.replace("…", ".*?") for part in parts)
    return re.fullmatch(pattern, answer) is not None


def replace_blocks(document: Path, texts: dict[int, str]) -> None:
    """Writes a document with other texts in the blocks that start there."""
    old = document.read_text()
    blocks = {block.start: block for block in read_blocks(document)}
    for start in sorted(texts, reverse=True):
        old = old[:start] + texts[start] + old[start + len(blocks[start].text) :]
    document.write_text(old)
