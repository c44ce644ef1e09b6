"""What a question about a kernel is answered with: found, not there, or unknown and why.

"Not there" is said only where the facts at hand would show the thing. Everything else is unknown, which is never
an error: a user without root, or with nothing but a BTF file, still gets his spec checked as far as facts reach.
"""

from __future__ import annotations

from typing import Generic, TypeAlias, TypeVar, Union

from probelang.record import record

T = TypeVar("T")


class KernelError(Exception):
    """The kernel that was asked for can't be had; the message is one line for the user."""

    def __init__(self, message: str) -> None:
        # Names of files and of members of archives are somebody else's, and may hold anything.
        super().__init__(
            "".join([letter if letter.isprintable() else ascii(letter)[1:-1] for letter in message])
        )


class Found(Generic[T]):
    """The thing is there, and this is what is known of it."""

    __slots__ = ("value",)
    __match_args__ = ("value",)

    def __init__(self, value: T) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Found) and self.value == other.value

    def __hash__(self) -> int:
        return hash((Found, self.value))

    def __repr__(self) -> str:
        return f"Found({self.value!r})"


@record
class NotFound:
    """The kernel has no such thing. `near` holds at most three names that it does have, the likeliest first."""

    near: tuple[str, ...] = ()


@record
class Unknown:
    """The facts at hand can't tell; `reason` says why, as the end of a sentence ("… because *reason*").

    `near` holds likely names among those that *are* known, where the asked one is not among them.
    """

    reason: str
    near: tuple[str, ...] = ()


Answer: TypeAlias = Union[Found[T], NotFound, Unknown]  # noqa: UP007 - a generic alias, and 3.11
