"""Where to log in, as ``ssh`` reads it: ``destination("root@[::1]:22")``.

Names go into an argument list and into OpenSSH's own expansions, so what OpenSSH refuses in them
is refused here; a ``ValueError`` says why.
"""

from __future__ import annotations

from dataclasses import dataclass

_UNFIT = frozenset("'\"`$\\;&<>|(){}@,/*?!")
_LONGEST = 255


@dataclass(frozen=True, slots=True)
class Destination:
    """What is ``None`` was not said."""

    address: str
    """An alias, a name or a number; IPv6 without brackets."""
    user: str | None = None
    port: int | None = None


def destination(text: str) -> Destination:
    """Read ``[user@]address[:port]``, with IPv6 in brackets if a port follows it."""
    bare = text[6:].rstrip("/") if text.startswith("ssh://") else text
    user, at, place = bare.rpartition("@")
    if at:
        user_name(user)
    if place.startswith("["):
        address, closed, rest = place[1:].partition("]")
        if not closed or (rest and not rest.startswith(":")):
            raise ValueError(f"{text!r} does not close its bracket before a :port")
        port = rest[1:] if rest else None
    elif place.count(":") == 1:
        address, _, port = place.partition(":")
    else:
        address, port = place, None
    return Destination(
        address_name(address), user if at else None, None if port is None else _port(port)
    )


def chain(text: str) -> tuple[Destination, ...]:
    """Read the jump hosts of ``ssh -J``, the one nearest to us first; ``none`` is none."""
    if text.lower() == "none":
        return ()
    return tuple(destination(hop) for hop in text.split(","))


def address_name(text: str) -> str:
    """Return an address that may be handed on."""
    return _fit(text, "an address", _UNFIT | {"[", "]"})


def user_name(text: str) -> str:
    """Return a login name that may be handed on."""
    return _fit(text, "a login name", _UNFIT - {"@", "$", "\\"} | {":"})


def _fit(text: str, what: str, unfit: frozenset[str]) -> str:
    if not text:
        raise ValueError(f"{what} is missing")
    if len(text) > _LONGEST:
        raise ValueError(f"{text[:20]!r}… is too long for {what}")
    if text.startswith("-"):
        raise ValueError(f"{text!r} begins with -, which no address or login name does")
    for character in text:
        if character.isspace() or not character.isprintable() or character in unfit:
            raise ValueError(f"{text!r} holds {character!r}, which {what} cannot")
    return text


def _port(text: str) -> int:
    if text.isascii() and text.isdigit() and len(text) <= 5 and 1 <= int(text) <= 65535:
        return int(text)
    raise ValueError(f"{text!r} is no port from 1 to 65535")
