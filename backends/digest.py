"""What stands for a long text where it only matters whether the same is said again."""

from __future__ import annotations

from hashlib import blake2b


def digest(*parts: bytes) -> bytes:
    """Return 16 bytes that no other parts have."""
    found = blake2b(digest_size=16)
    for part in parts:
        found.update(b"%d:" % len(part))
        found.update(part)
    return found.digest()
