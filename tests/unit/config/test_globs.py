from __future__ import annotations

import time

import pytest

from probelang.globs import matches


@pytest.mark.parametrize(
    ("pattern", "path", "fits"),
    [
        ("*.pl", "a.pl", True),
        ("*.pl", "x/y/a.pl", True),
        ("build", "x/build/a.pl", True),
        ("build/", "build/a.pl", True),
        ("x/*.pl", "x/a.pl", True),
        ("x/*.pl", "x/y/a.pl", False),
        ("x/*.pl", "y/x/a.pl", False),
        ("x/**/*.pl", "x/a.pl", True),
        ("x/**/*.pl", "x/y/z/a.pl", True),
        ("**/a.pl", "a.pl", True),
        ("x/y", "x/y/z/a.pl", True),
        ("x/**", "x/a.pl", True),
        ("./x/[ab].pl", "x/b.pl", True),
        ("*.PL", "a.pl", False),
        ("/", "a", False),
        ("a?c", "abc", True),
    ],
)
def test_matches(pattern: str, path: str, fits: bool) -> None:
    assert matches(pattern, path) is fits


def test_time_is_bounded() -> None:
    began = time.process_time()
    assert not matches("*a" * 200 + "b", "a" * 4000)
    assert not matches("**/" * 300 + "b", "a/" * 2000 + "c")
    assert time.process_time() - began < 5
