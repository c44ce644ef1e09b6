"""Digests of texts, for what is kept and found again."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def digest(parts: Iterable[str | bytes], size: int = 16) -> str:
    """A hex digest of `size` bytes; other parts give another one, and so do the same parts cut elsewhere."""
    try:
        # `hashlib` loads OpenSSL, which takes longer than all that is hashed here
        from _blake2 import blake2b
    except ImportError:
        from hashlib import blake2b
    made = blake2b(digest_size=size)
    for part in parts:
        data = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        made.update(b"%d:" % len(data))
        made.update(data)
    return made.hexdigest()
