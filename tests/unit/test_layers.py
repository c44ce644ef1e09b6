"""Packages stand on each other as CONTRIBUTING.md says: no import goes down or sideways, so there is no circle."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
PACKAGE = ROOT / "probelang"


def layers() -> dict[str, int]:
    """The line of each package and module in the list."""
    text = (ROOT / "CONTRIBUTING.md").read_text()
    found = re.search(r"^```text layers\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert found is not None, "CONTRIBUTING.md has no list of layers"
    return {name: number for number, line in enumerate(found[1].splitlines()) for name in line.split()}


def part_of(path: Path) -> str:
    """The package of a file, or the module where it is in none."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """The lines and the packages of ours that a file imports from, wherever in the file."""
    for node in ast.walk(ast.parse(path.read_text(), path.name)):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module is not None and node.level == 0:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        for name in names:
            if name.startswith("probelang.") and name != "probelang.__version__":
                yield node.lineno, name.split(".")[1]  # type: ignore[attr-defined]


def test_imports_go_up_the_list() -> None:
    order = layers()
    wrong = []
    for path in sorted(PACKAGE.rglob("*.py")):
        part = part_of(path)
        if part in ("__init__", "__main__"):
            # the front door, which nothing below imports
            continue
        assert part in order, f"`{part}` has no place in the layers of CONTRIBUTING.md"
        for line, other in imports(path):
            assert other in order, f"`{other}` has no place in the layers of CONTRIBUTING.md"
            if other != part and order[other] >= order[part]:
                wrong.append(f"{path.relative_to(ROOT)}:{line}: `{part}` is not above `{other}`")
    assert not wrong, "\n".join(wrong)


def test_the_list_has_nothing_that_is_gone() -> None:
    there = {part_of(path) for path in PACKAGE.rglob("*.py")}
    assert set(layers()) <= there
