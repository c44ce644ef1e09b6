"""Conditions of eprobes as trees: in the language's words, and which of them are the same."""

from __future__ import annotations

import random

import pytest

from probelang.commands.conditions import NoWords, parse_condition, render_condition, same_condition

FIELDS = {"pid": True, "flags": False, "name": False}


def same(one: str, other: str) -> bool:
    return same_condition(parse_condition(one, FIELDS), parse_condition(other, FIELDS))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("pid==3", "pid == 3"),
        ("pid == -0x10", "pid == -16"),
        ("flags & 010||pid<2 && pid>=0", "flags & 8 || (pid < 2 && pid >= 0)"),
        ("(pid == 1 || pid == 2) && !(flags == 0)", "(pid == 1 || pid == 2) && !(flags == 0)"),
        ("name ~ \"x*\" && name != 'a\"b'", r'name ~ "x*" && name != "a\"b"'),
        ('name ~ "!x*"', '!(name ~ "x*")'),
        ('name ~ "7*"', 'name == "7*"'),
        (r'name ~ "\!x*"', 'name ~ "!x*"'),
        ("common_pid == 4 && CPU != 0 && COMM == \"x\"", '$tid == 4 && $cpu != 0 && $comm == "x"'),
    ],
)  # fmt: skip
def test_in_the_languages_words(text: str, expected: str) -> None:
    assert render_condition(parse_condition(text, FIELDS)) == expected


@pytest.mark.parametrize("text", ["CPU & CPUS{0-3}", "pid.function == vfs_read", "name.ustring == \"x\"", "stack == 1", "common_type == 5"])  # fmt: skip
def test_what_has_no_words(text: str) -> None:
    with pytest.raises(NoWords):
        parse_condition(text, FIELDS)


def test_the_same_in_other_words() -> None:
    assert same("pid != 3", "!(pid == 3)")
    assert same("pid >= 3 && flags & 1", "flags & 1 && !(pid < 3)")
    assert same("!(pid == 1 || pid == 2)", "pid != 1 && pid != 2")
    assert same("pid == 0x10", "pid == 16")
    assert not same("pid == 1 || pid == 2 && flags == 1", "(pid == 1 || pid == 2) && flags == 1")
    assert not same("pid > 3", "pid >= 3")
    assert not same('name == "a*"', 'name ~ "a*"')


def test_hostile() -> None:
    draw = random.Random(5)
    pieces = [
        "pid",
        " ",
        "==",
        "3",
        "(",
        ")",
        "!",
        "&&",
        "||",
        '"',
        "x",
        "~",
        "é",
        "\0",
        "&",
        "CPUS{",
        "-",
        "'",
    ]
    for _ in range(3000):
        text = "".join(draw.choices(pieces, k=draw.randrange(1, 30)))
        try:
            tree = parse_condition(text, FIELDS)
        except NoWords:
            continue
        assert same_condition(tree, tree)
        render_condition(tree)
    with pytest.raises(NoWords):
        parse_condition("(" * 5000 + "pid == 1" + ")" * 5000, FIELDS)
    many = " && ".join(f"pid != {number}" for number in range(500))
    assert same(many, many)
