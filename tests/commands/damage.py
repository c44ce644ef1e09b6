"""Slips in a command: characters and words that are left out, twice, moved, or somebody else's."""

from __future__ import annotations

import random
from collections.abc import Sequence

from tests.commands.words import GARBAGE


def damage(draw: random.Random, text: str, made: Sequence[str]) -> str:
    """The text with one to three slips; `made` are earlier commands."""
    for _ in range(draw.choice((1, 1, 1, 2, 3))):
        at = draw.randrange(len(text) + 1)
        match draw.randrange(6):
            case 0:
                text = text[:at] + text[at + 1 :]
            case 1:
                text = text[:at] + draw.choice(GARBAGE) + text[at:]
            case 2:
                text = text[:at] + draw.choice(GARBAGE) + text[at + 1 :]
            case 3:
                words = text.split(" ")
                draw.shuffle(words) if draw.random() < 0.2 else words.insert(
                    draw.randrange(len(words) + 1), draw.choice(words)
                )
                text = " ".join(words)
            case 4:
                text = text[:at]
            case _:
                other = draw.choice(made) if made else text
                cut = draw.randrange(len(other) + 1)
                text = text[:at] + other[cut : cut + draw.randrange(12)] + text[at:]
    return text
