"""Hypothesis strategies: good specs out of a kernel's real types, and spoilt ones."""

from __future__ import annotations

import functools
import itertools
import random
from typing import TYPE_CHECKING

import hypothesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.fuzz import mutate
from tests.fuzz.targets import spec_seeds
from tests.properties.generator import Generator
from tests.support.specs import bundled

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy


@functools.cache
def generator(kernel: str) -> Generator:
    return Generator(bundled(kernel))


def good_specs(kernel: str, most: int = 3) -> SearchStrategy[str]:
    """Specs that the checker must pass, and that kernel take: see `tests.properties.generator`."""
    randoms = st.randoms(use_true_random=False)
    return st.builds(lambda rng, count: generator(kernel).spec(rng, count), randoms, st.integers(1, most))


def specs_side_by_side(generator: Generator, probes: int) -> SearchStrategy[str]:
    """Good specs of so many probes, each of which can be defined beside all those drawn before it."""
    first = itertools.count(0, probes)

    def make(seed: int) -> str:
        return generator.spec(random.Random(seed), probes, first=next(first))

    return st.integers(0, (1 << 48) - 1).map(make)


def drawn(strategy: SearchStrategy[str], count: int, seed: int) -> list[str]:
    """So many different examples of a strategy; the same for the same seed."""
    examples: list[str] = []

    @hypothesis.seed(seed)
    @settings(
        max_examples=count,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def draw(example: str) -> None:
        examples.append(example)

    draw()
    return examples


def spoilt_specs() -> SearchStrategy[bytes]:
    """Good specs of the repository with tokens or bytes changed, words of the language at random, any bytes."""
    randoms = st.randoms(use_true_random=False)
    seeds = st.sampled_from(spec_seeds())
    texts = st.one_of(
        st.builds(lambda rng, seed: mutate.mutate_tokens(rng, seed, spec_seeds()), randoms, seeds),
        st.builds(mutate.random_tokens, randoms),
        seeds,
    )
    return st.one_of(
        texts.map(lambda text: text.encode("utf-8", "surrogatepass")),
        st.builds(lambda rng, seed: mutate.mutate_bytes(rng, seed.encode()), randoms, seeds),
        st.binary(max_size=200),
    )
