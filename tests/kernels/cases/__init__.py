"""The cases, by area; a new module needs a line here."""

from __future__ import annotations

from tests.kernels.cases import lab
from tests.kernels.lab.case import Case

ALL: list[Case] = [*lab.CASES]
