"""What holds for every spec: the good ones compile, and no spec at all breaks anything."""

from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from probelang.analysis import analyse
from probelang.source import Source
from tests.fuzz import mutate
from tests.fuzz.checks import check_main, check_spec
from tests.fuzz.targets import KERNELS, kernel_of
from tests.properties.strategies import generator, good_specs, spoilt_specs
from tests.support.specs import bundled

RELAXED = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]


@pytest.mark.parametrize("kernel", KERNELS)
def test_good_specs_compile(kernel: str) -> None:
    @settings(max_examples=150, suppress_health_check=RELAXED)
    @given(good_specs(kernel))
    def compiles(text: str) -> None:
        analysis = check_spec(text.encode(), bundled(kernel))
        assert not analysis.failed, [found.message for found in analysis.diagnostics]
        assert analysis.events

    compiles()


@settings(max_examples=400, suppress_health_check=RELAXED)
@given(spoilt_specs(), st.integers(0, len(KERNELS) + 1))
def test_no_spec_breaks_anything(data: bytes, number: int) -> None:
    check_spec(data, kernel_of(number))


@settings(max_examples=40, suppress_health_check=RELAXED)
@given(spoilt_specs(), st.sampled_from(["text", "concise", "json"]))
def test_no_spec_breaks_the_command_line(data: bytes, format: str) -> None:
    linted = check_main(["lint", "--kernel", "6.12", "--format", format, "-"], data)
    compiled = check_main(["compile", "--kernel", "6.12", "-"], data)
    assert compiled.status <= linted.status
    assert compiled.status == 0 or not compiled.out


@pytest.mark.parametrize("seed", range(40))
def test_what_goes_deep_or_on_and_on(seed: int) -> None:
    check_spec(mutate.nesting(random.Random(seed)).encode(), bundled("6.12"))


@pytest.mark.parametrize("seed", range(5))
def test_a_shell_reads_every_script(seed: int) -> None:
    text = generator("6.12").spec(random.Random(seed), 8) if seed else ODD_TEXTS
    assert check_spec(text.encode(), bundled("6.12"), shell=True).events


ODD_TEXTS = r"""
a = fprobe vfs_read if name == "it's $(x) `y` \\" { name = file->f_path.dentry->d_name.name }
b = fprobe vfs_read if name ~ "*\"; rm -rf /*" { name = file->f_path.dentry->d_name.name, text = "'$'" }
c = fprobe vfs_read with stacktrace if name != "# é" { name = file->f_path.dentry->d_name.name }
"""


def test_the_odd_texts_compile() -> None:
    assert len(analyse(Source("odd.probe", ODD_TEXTS), bundled("6.12")).events) == 3
