"""Whether a host is the one it was: its key is a match, unknown, changed or revoked.

``trust.judge(shown, ...)`` alone decides; no library is asked. What is stricter here than in
OpenSSH: a key of another type than the known ones counts as changed, not as new.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase

from console.parse.known_hosts import Known, KnownHosts, Marker
from console.parse.krl import Revocations
from console.parse.ssh_keys import Certificate, Key, is_certified, key_type


class Verdict(StrEnum):
    """The four words."""

    MATCH = "match"
    UNKNOWN = "unknown"
    CHANGED = "changed"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class Names:
    """What one host is called in the files."""

    name: str
    """Its HostKeyAlias, else its name, as ``[name]:port`` off port 22."""
    principal: str
    """What a certificate must name."""
    bare: str | None = None
    """Its name alone where ``name`` has a port: a key that matches there is good as well."""
    address: str | None = None
    """Its address, where ``CheckHostIP`` wants that one compared too."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict on a key, and what it rests on."""

    verdict: Verdict
    key: Key
    known: Known | None = None
    """The line that matches it, revokes it, or has another key."""
    why_not: str = ""
    """Why its certificate does not count."""


@dataclass(frozen=True, slots=True)
class Trust:
    """What the operator's files say about one host."""

    names: Names
    lines: Sequence[Known]
    bare: Sequence[Known] = ()
    address: Sequence[Known] = ()
    revocations: Revocations = field(default_factory=Revocations)
    bad: tuple[str, ...] = ()
    """Lines that could not be read and were passed over, each as ``FILE:LINE: why``."""

    def judge(self, shown: Key | Certificate, now: float, signatures: Iterable[str]) -> Judgement:
        """Return the verdict on what the host shows.

        ``now`` is in seconds since 1970; ``signatures`` are the algorithms that an authority may
        have signed with.
        """
        if (revoked := self._revoked(shown)) is not None:
            return revoked
        if isinstance(shown, Key):
            return self._plain(shown, "")
        authority = _find((*self.lines, *self.bare), Marker.AUTHORITY, shown.authority)
        if authority is None:
            return self._plain(shown.key, "")
        if why_not := _wrong(shown, self.names.principal, now, signatures):
            return self._plain(shown.key, why_not)
        return Judgement(Verdict.MATCH, shown.key, authority)

    def preferred(self, algorithms: Sequence[str]) -> tuple[str, ...]:
        """Return the algorithms, those first by which a known key can be shown.

        Certificates are asked for only where an authority is known: OpenSSH servers that have one
        would else show it rather than the key.
        """
        lines = (*self.lines, *self.bare)
        known = _types(self.lines) or _types(self.bare)
        certified = any(line.marker is Marker.AUTHORITY for line in lines)

        def rank(algorithm: str) -> tuple[bool, bool]:
            return key_type(algorithm) not in known, not is_certified(algorithm)

        asked = [each for each in algorithms if certified or not is_certified(each)]
        return tuple(sorted(asked, key=rank))

    def _revoked(self, shown: Key | Certificate) -> Judgement | None:
        keys = (shown,) if isinstance(shown, Key) else (shown.key, shown.authority)
        lines = (*self.lines, *self.bare, *self.address)
        for key in keys:
            if line := _find(lines, Marker.REVOKED, key):
                return Judgement(Verdict.REVOKED, keys[0], line)
        if self.revocations.revoke(shown):
            return Judgement(Verdict.REVOKED, keys[0])
        return None

    def _plain(self, key: Key, why_not: str) -> Judgement:
        if line := _find(self.lines, Marker.KEY, key):
            other = _other(self.address, key)
            verdict = Verdict.CHANGED if other else Verdict.MATCH
            return Judgement(verdict, key, other or line, why_not)
        if other := _other(self.lines, key) or _other(self.address, key):
            return Judgement(Verdict.CHANGED, key, other, why_not)
        if line := _find(self.bare, Marker.KEY, key):
            return Judgement(Verdict.MATCH, key, line, why_not)
        return Judgement(Verdict.UNKNOWN, key, None, why_not)


def trust(names: Names, files: Sequence[KnownHosts], revocations: Revocations) -> Trust:
    """Collect what the files say, the operator's own before the system's."""

    def lines(name: str | None) -> tuple[Known, ...]:
        return tuple(line for file in files for line in file.of(name)) if name else ()

    return Trust(
        names,
        lines(names.name),
        lines(names.bare),
        lines(names.address),
        revocations,
        tuple(line for file in files for line in file.bad),
    )


def _types(lines: Sequence[Known]) -> set[str]:
    return {line.key.type for line in lines if line.marker is Marker.KEY}


def _find(lines: Sequence[Known], marker: Marker, key: Key) -> Known | None:
    return next((line for line in lines if line.marker is marker and line.key == key), None)


def _other(lines: Sequence[Known], key: Key) -> Known | None:
    """Return the line of another key where none has this one; one of its type if there is."""
    keys = [line for line in lines if line.marker is Marker.KEY]
    if any(line.key == key for line in keys):
        return None
    return min(keys, key=lambda line: line.key.type != key.type, default=None)


def _wrong(shown: Certificate, principal: str, now: float, signatures: Iterable[str]) -> str:
    """Return why a certificate does not vouch for the host; empty when it does."""
    if not shown.host:
        return "its certificate is a user's, not a host's"
    if now < shown.after:
        return "its certificate is not valid yet"
    if now >= shown.before:
        return "its certificate has expired"
    if shown.principals and not any(_named(principal, each) for each in shown.principals):
        return f"its certificate is for {', '.join(shown.principals[:3])}, not {principal}"
    if shown.critical:
        return "its certificate has conditions that nobody knows"
    if shown.algorithm not in signatures:
        return f"its certificate is signed with {shown.algorithm}, which is not allowed"
    return ""


def _named(principal: str, pattern: str) -> bool:
    return fnmatchcase(principal, pattern.replace("[", "[[]"))
