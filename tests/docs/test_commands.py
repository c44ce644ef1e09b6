"""`docs/commands.md`: the table of the kernel's errors is what the checker says of its examples, on the kernels that come along."""

from __future__ import annotations

import pytest

from probelang.commands.advice import ADVICE, SILENT, Advice
from probelang.commands.judge import Judge
from probelang.commands.trigger_advice import BEFORE, HIST_ADVICE
from probelang.commands.verdict import DOUBTS
from probelang.kernel.errors import HIST_TEXTS, TEXTS, kernel_text
from probelang.kernel.load import bundled_kernels, load_kernel
from tests.commands.opinions import written
from tests.docs.blocks import ROOT

PAGE = ROOT / "docs" / "commands.md"
MARK = "<!-- from here on written by `pytest tests/docs --update-goldens` -->\n"
KERNELS = sorted(bundled_kernels(), key=lambda name: [int(part) for part in name.split(".")])


def files(path: str) -> str | None:
    return {"/bin/sh": "sh", "/": ""}.get(path)


def judged(example: str, kernel: str) -> tuple[str, ...]:
    """What the last line of an example is refused with; nothing where those before it are not taken."""
    judge = Judge(load_kernel(kernel), files)
    lines = example.split("\n")
    for line in lines[:-1]:
        if not judge.judge(line).taken:
            return ()
    verdict = judge.judge(lines[-1])
    return tuple(entry.name for entry in verdict.log) or (verdict.silence,)


def kernels_of(name: str, advice: Advice) -> list[str]:
    return [kernel for kernel in KERNELS if advice.example and name in judged(advice.example, kernel)]


def test_page(request: pytest.FixtureRequest) -> None:
    head = PAGE.read_text().partition(MARK)[0]
    text = head + MARK + "\n" + _tables()
    if request.config.getoption("--update-goldens"):
        PAGE.write_text(text)
    assert PAGE.read_text() == text, "pytest tests/docs --update-goldens writes it anew"


def test_every_error_of_every_kernel_is_foreseen_or_has_a_reason() -> None:
    for kernel in KERNELS:
        btf = load_kernel(kernel).btf
        assert btf is not None
        (_, enum), *_ = btf.find_enumerator("TP_ERR_FILE_NOT_FOUND")
        for name, _ in btf.type(enum).values:  # type: ignore[union-attr]
            advice = ADVICE[name.removeprefix("TP_ERR_")]
            assert advice.never or advice.example, name


@pytest.mark.parametrize("name", ADVICE)
def test_examples(name: str) -> None:
    advice = ADVICE[name]
    assert bool(advice.never) != bool(kernels_of(name, advice)), name


def test_every_text_has_advice() -> None:
    assert set(TEXTS) <= set(ADVICE)


@pytest.mark.parametrize("kernel", KERNELS)
def test_triggers(kernel: str) -> None:
    """Every error of the kernel's parser is in the table, and the examples meet theirs."""
    known = load_kernel(kernel)
    assert known.btf is not None
    (_, enum), *_ = known.btf.find_enumerator("HIST_ERR_DUPLICATE_VAR")
    names = {name.removeprefix("HIST_ERR_") for name, _ in known.btf.type(enum).values}  # type: ignore[union-attr]
    # of a value that is not counted, of which there are none in ours
    assert names - {"NONE", "NEED_NOHC_VAL"} <= set(HIST_ADVICE)
    assert {f"HIST_{name}" for name in HIST_ADVICE} == set(HIST_TEXTS)
    for name, trigger in HIST_ADVICE.items():
        if trigger.example:
            judge = Judge(known, files)
            for file, line in BEFORE:
                assert judge.judge(*written(file, line)).taken
            verdict = judge.judge(trigger.example, "events/io/r/trigger")
            assert f"HIST_{name}" in [entry.name for entry in verdict.log], name


def _tables() -> str:
    judge = Judge(load_kernel(KERNELS[-1]))
    out = [
        "## The kernel's errors\n\n",
        f"By the kernel's names, with what it says of them; the example is refused so by Linux {', '.join(KERNELS[:-1])} or {KERNELS[-1]}.\n\n",
        "| error | the kernel says | rule | example | on |\n|---|---|---|---|---|\n",
    ]
    for name, advice in ADVICE.items():
        said = kernel_text(name, judge.target)
        out.append(_row(f"`{name}`<br>{_cell(said)}", name, advice).replace("<br>", " | ", 1))
    out.append("\n## Refused without a word\n\n| | rule | example | on |\n|---|---|---|---|\n")
    for name, advice in SILENT.items():
        out.append(_row(_cell(advice.message[0].upper() + advice.message[1:]), name, advice))
    out.append("\n## The kernel's errors, for triggers\n\n")
    out.append(
        "`HIST_ERR_…` in the kernel; the example is written to `events/io/r/trigger` after these lines:\n\n```text\n"
    )
    for file, line in BEFORE:
        out.append(
            f"{line}\n"
            if file == "d"
            else f"{line.partition(' ')[2]}  (events/{line.partition(' ')[0]}/trigger)\n"
        )
    out.append("```\n\n| error | the kernel says | ours | example |\n|---|---|---|---|\n")
    for name, trigger in HIST_ADVICE.items():
        shown = f"<code>{_cell(trigger.example)}</code>" if trigger.example else ""
        out.append(f"| `{name}` | {_cell(HIST_TEXTS[f'HIST_{name}'])} | {_cell(trigger.ours)} | {shown} |\n")
    out.append("\n## What cannot be known\n\n")
    out.append(
        "Of these the checker says nothing, but for a warning where a condition ends in the middle. The booted tests count them.\n\n"
        "| | |\n|---|---|\n"
    )
    out += [f"| {name} | {reason} |\n" for name, reason in DOUBTS.items()]
    return "".join(out)


def _row(first: str, name: str, advice: Advice) -> str:
    if advice.never:
        return f"| {first} | `{advice.rule.code}` | {_cell(advice.never)} | |\n"
    lines = [
        line if len(line) <= 72 else f"{line[:44]} … {line[-20:]}" for line in advice.example.split("\n")
    ]
    shown = "<br>".join(f"<code>{_cell(line)}</code>" for line in lines if line)
    return f"| {first} | `{advice.rule.code}` | {shown} | {', '.join(kernels_of(name, advice))} |\n"


def _cell(text: str) -> str:
    for char, entity in (("&", "&amp;"), ("<", "&lt;"), ("|", "&#124;"), ("*", "&#42;")):
        text = text.replace(char, entity)
    return text
