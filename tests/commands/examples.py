"""The examples of the kernel's errors, each for an event of its own: what has so many parts that chance does not make it."""

from __future__ import annotations

import random

from probelang.commands.advice import ADVICE, SILENT

EXAMPLES = [advice.example for advice in (*ADVICE.values(), *SILENT.values()) if advice.example]


def example(draw: random.Random, number: int) -> list[str]:
    """The lines of one of them."""
    text = draw.choice(EXAMPLES)
    own = f"x{number}"
    for old, new in (
        (":a/", f":{own}/"),
        ("-a/", f"-{own}/"),
        ("s:a ", f"s:{own} "),
        ("synthetic.a", f"synthetic.{own}"),
        ("synthetic/a", f"synthetic/{own}"),
    ):
        text = text.replace(old, new)
    return text.split("\n")
