"""What takes long to make and is shared by the tests of a file, until one of them fails and is run once more."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from typing import Generic, TypeVar

T = TypeVar("T")


class Shared(Generic[T]):
    """The value of a context that is entered when the first test asks; `anew` leaves it and enters another."""

    def __init__(self, make: Callable[[], AbstractContextManager[T]]) -> None:
        self._make = make
        self._stack = ExitStack()
        self._values: list[T] = []

    def get(self, anew: bool = False) -> T:
        """The value; with `anew` one that no other test has had."""
        if anew:
            # what is left may be broken, which is why another is wanted
            with contextlib.suppress(Exception):
                self.close()
        if not self._values:
            self._values.append(self._stack.enter_context(self._make()))
        return self._values[0]

    def close(self) -> None:
        """Leave the context, if one was entered."""
        self._values.clear()
        stack, self._stack = self._stack, ExitStack()
        stack.close()
