"""The dialog that accepts the unknown key of one host, after one more look at it.

It opens on Cancel; nothing but the host's name, typed out, accepts (``yes`` does where the host is
not protected). For a key that changed there is no such dialog.
"""

from __future__ import annotations

from console.clean import Clean, clean, clean_path
from console.contact import Contact
from console.errors import UntrustedKey
from screens.confirm import Confirm
from screens.consent import Consent
from screens.marks import Glyphs
from screens.page import Line, Tone, Words, sentence
from screens.pages.contact import key_type


class AcceptKey(Confirm):
    """Asks whether the key that a host offered is its own; ``True`` says so."""

    def __init__(self, contact: Contact, key: UntrustedKey, glyphs: Glyphs) -> None:
        super().__init__(glyphs)
        title = Words(f"Is this the key of {contact.name}?", Tone.HEAD)
        self.say(Line((title,)), question(contact, key))
        words = (contact.name,) if contact.protected else (contact.name, "yes")
        self.ask(Consent("accepts", words, "nothing was accepted"))


def question(contact: Contact, key: UntrustedKey) -> tuple[Line, ...]:
    """Return what is to be known before a key is accepted, all of it as the inventory names it."""
    facts = (
        ("host", contact.name),
        ("address", contact.address or contact.name),
        ("key", key_type(key)),
        ("fingerprint", clean(key.fingerprint)),
        ("file", clean_path(key.file)),
        ("line", clean_path(key.line)),
    )
    return (
        *(_fact(what, text) for what, text in facts),
        Line(()),
        sentence("Compare the fingerprint with one from its own console, or from who set it up."),
        sentence("Once accepted, whoever has this key is taken for that host.", Tone.WATCH),
    )


def _fact(what: str, text: Clean | str) -> Line:
    tone = Tone.ACCENT if what in {"host", "fingerprint"} else Tone.PLAIN
    return Line((Words(f"{what:<13}", Tone.DIM), Words(text, tone)))
