"""Who vouches for a set: the word for each way in which a signature can be good or bad."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from console.clean import Clean

NAMESPACE: Final = "boot-image"
"""What signatures of sets are made for, and no others (``ssh-keygen -n``)."""


class Vouched(StrEnum):
    """What a signature is worth."""

    SIGNED = "signed"
    UNSIGNED = "unsigned"
    ALTERED = "altered"
    """The set, or its signature, is not what was signed."""
    STRANGER = "wrong signer"
    """Signed whole, by a key that the store's allowed signers do not name."""
    EXPIRED = "expired signer"
    """Its key may sign, but not now."""
    REVOKED = "revoked signer"
    FOREIGN = "wrong namespace"
    """Signed as something else than a boot image."""
    UNKNOWN = "unknown"
    """It could not be found out."""


@dataclass(frozen=True, slots=True)
class Signature:
    """What the signature of one set is worth."""

    word: Vouched
    signer: Clean | None = None
    """As the allowed signers call whose key it is."""
    key: Clean | None = None
    """Fingerprint of that key, ``SHA256:…``."""
    why: Clean | None = None
    """What stands against it, in a line; ``None``: nothing does."""

    @property
    def good(self) -> bool:
        """Whether a set may be used without giving a reason."""
        return self.word is Vouched.SIGNED

    @property
    def told(self) -> str:
        """``signed by release@example``, ``wrong signer SHA256:…``, ``unsigned``."""
        if self.good:
            return f"signed by {self.signer}"
        return f"{self.word} {self.key}" if self.key else str(self.word)
