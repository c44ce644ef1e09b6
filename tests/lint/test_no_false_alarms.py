"""Nothing is said of specs that are as they should be: those of `examples/`, and generated ones."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from probelang.analysis import lint
from probelang.backends import BACKENDS
from probelang.diagnostics import Severity
from probelang.linter.rules import RULES
from probelang.source import Source
from tests.lint.good import good_specs
from tests.properties.strategies import generator
from tests.support.specs import KERNELS, bundled

EXAMPLES = sorted((Path(__file__).resolve().parents[2] / "examples").glob("*.pl"))
SPECS = 200


def findings(source: Source, kernel: str, target: str = "tracefs", errors: bool = False) -> list[str]:
    """What the linter says, and with `errors` those of any kind."""
    return [
        f"{said.rule.slug}: {said.message}\n{source.text}"
        for said in lint(source, bundled(kernel), target)
        if said.rule in RULES or errors and said.severity is Severity.ERROR
    ]


@pytest.mark.parametrize("target", BACKENDS)
@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_examples(path: Path, kernel: str, target: str) -> None:
    assert not findings(Source(path.name, path.read_text()), kernel, target)


@pytest.mark.parametrize("kernel", KERNELS)
def test_generated_specs(kernel: str) -> None:
    for text in itertools.islice(good_specs(generator(kernel), seed=5), SPECS):
        assert not findings(Source("good.pl", text), kernel, errors=True)
