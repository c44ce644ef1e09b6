"""What each backend makes of each construct: a text, or an error that names the backend that can.

`support.txt` beside this file holds the answers, `docs/support.md` the table for people; `pytest --update-goldens` writes
both anew, and the difference is reviewed as the product that it is.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from probelang.analysis import Analysis, analyse
from probelang.backends import BACKENDS, get_backend
from probelang.diagnostics import Severity
from probelang.source import Source
from tests.backends.constructs import AREAS, Construct
from tests.docs.blocks import ROOT
from tests.support.programs import build_programs
from tests.support.specs import bundled

GOLDEN = Path(__file__).with_name("support.txt")
PAGE = ROOT / "docs" / "support.md"
HEAD = """\
# What each backend can do

One row a construct, compiled for Linux 7.3 unless it says otherwise; written by `pytest tests/backends --update-goldens`, which compiles
them all. *no* is an error at the words that ask for it, which names what can. Kernels differ, too: [kernels](kernels.md).

"""
#: The rules by which a backend, or what the target kernel has for it, says no.
NO = ("PRB401", "PRB501", "PRB407")


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    try:
        return build_programs(tmp_path_factory.mktemp("programs"))
    except FileNotFoundError:
        pytest.skip("NO PROGRAM IS PROBED: no C compiler on this machine")


def answers(construct: Construct, programs: dict[str, str]) -> dict[str, Analysis]:
    spec = construct.spec
    for name, word in (("debug", "PROGRAM"), ("static_probe", "STATIC")):
        spec = spec.replace(word, programs[name])
    source = Source("constructs.pl", f"group constructs\n{spec}\n")
    return {target: analyse(source, bundled(construct.kernel), target) for target in BACKENDS}


def test_support(programs: dict[str, str], request: pytest.FixtureRequest) -> None:
    folder = str(Path(programs["debug"]).parent)
    golden, page = [], [HEAD]
    for area in AREAS:
        page.append(f"## {area.title}\n\n| | {' | '.join(BACKENDS)} |\n|{'---|' * (len(BACKENDS) + 1)}\n")
        for construct in area.constructs:
            golden.append(f"== {construct.title}\n{construct.spec}\n")
            cells = []
            for target, analysis in answers(construct, programs).items():
                text = told(target, analysis).replace(folder, "…")
                if text.count("…"):
                    # where a compiler puts things is its own business
                    text = re.sub(r"0x[0-9a-f]+|(?<=[+-])\d+(?=\()", "N", text)
                golden.append(f"-- {target}\n{text}")
                cells.append(cell(analysis))
            title = construct.title.replace("|", "\\|")
            page.append(f"| {title} | {' | '.join(cells)} |\n")
        page.append("\n")
    texts = {GOLDEN: "".join(golden), PAGE: "".join(page).rstrip("\n") + "\n"}
    for path, text in texts.items():
        if request.config.getoption("--update-goldens"):
            path.write_text(text)
        assert path.read_text() == text, "pytest tests/backends --update-goldens writes it anew"


def told(target: str, analysis: Analysis) -> str:
    """What is said, then what is emitted: the bare lines where a backend has them, else the script without comments."""
    said = [f"{found.severity.label}[{found.rule.code}]: {found.message}" for found in analysis.diagnostics]
    said += [f"  help: {found.help}" for found in analysis.diagnostics if found.help]
    lines: list[str] = []
    if not analysis.failed:
        backend = get_backend(target)
        format = "commands" if "commands" in backend.FORMATS else backend.FORMATS[0]
        output = backend.render(analysis.events, format, ["constructs.pl"], bundled("7.3"))
        lines = [*output.text.splitlines(), *(f"note: {note}" for note in output.notes)]
    return "".join(f"    {line}\n" for line in [*said, *lines] if line and not line.startswith(("#", "//")))


def cell(analysis: Analysis) -> str:
    errors = [found for found in analysis.diagnostics if found.severity is Severity.ERROR]
    if not errors:
        return "yes"
    assert {found.rule.code for found in errors} <= set(NO), [found.message for found in errors]
    return "no"


def test_an_answer_of_no_names_who_can(programs: dict[str, str]) -> None:
    for area in AREAS:
        for construct in area.constructs:
            runs = answers(construct, programs)
            can = [target for target, analysis in runs.items() if not analysis.failed]
            for analysis in runs.values():
                for found in analysis.diagnostics:
                    if found.rule.code == "PRB501" and can:
                        text = f"{found.message} {found.help or ''}"
                        named = [target for target in can if target in text]
                        assert named or "`" in (found.help or ""), (
                            construct.title,
                            found.message,
                            found.help,
                        )
