"""What the operator's own OpenSSH would do for a host: the answer of ``ssh -G``.

``settings(answer, defaults, Here(...)).hostname`` is where it would connect. What cannot be
honoured here is named with its effect, one line each; nothing in it can weaken a check.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from sys import intern

from console.clean import clean

_FILES = re.compile(r" (?=[/~]|none$)")
_TOKEN = re.compile(r"%(.)|\$\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Here:
    """What OpenSSH puts in for ``~``, ``%d``, ``%u``, ``%i``, ``%l`` and ``${NAME}``."""

    home: str
    user: str
    uid: int
    hostname: str
    environ: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Algorithms:
    """Names by preference; ``None``: the operator said nothing, so the choice is ours."""

    ciphers: tuple[str, ...] | None = None
    kex: tuple[str, ...] | None = None
    macs: tuple[str, ...] | None = None
    public_keys: tuple[str, ...] | None = None
    """By which we may log in."""
    host_keys: tuple[str, ...] = ()
    authorities: tuple[str, ...] = ()
    """By which an authority may have signed a host's certificate."""


@dataclass(frozen=True, slots=True)
class HostKeys:
    """Where host keys are known from, and how strictly they are taken."""

    alias: str | None = None
    user_files: tuple[str, ...] = ()
    global_files: tuple[str, ...] = ()
    revoked: str | None = None
    check_address: bool = False
    hash_names: bool = False
    never_add: bool = False
    """``StrictHostKeyChecking yes``: the operator adds lines by hand or not at all."""


@dataclass(frozen=True, slots=True)
class Identities:
    """What may log in."""

    files: tuple[str, ...] = ()
    certificates: tuple[str, ...] = ()
    only: bool = False
    """Of the agent's keys only those that are named in ``files``."""
    agent: str | None = "SSH_AUTH_SOCK"
    """Its socket, or the variable that has it; ``None``: no agent."""
    keys_allowed: bool = True
    """Whether ``PubkeyAuthentication`` and ``PreferredAuthentications`` let keys in at all."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How to reach one host."""

    hostname: str
    user: str
    port: int = 22
    jumps: str | None = None
    """As of ``ssh -J``."""
    proxy_command: str | None = None
    family: str = "any"
    """``any``, ``inet`` or ``inet6``."""
    bind_address: str | None = None
    connect_timeout: float | None = None
    host_keys: HostKeys = HostKeys()
    identities: Identities = Identities()
    algorithms: Algorithms = Algorithms()
    unhonoured: tuple[str, ...] = ()
    """What is set and does not hold here, each with its effect."""


def settings(answer: str, defaults: str, here: Here, name: str) -> Settings:
    """Read the answer of ``ssh -G`` about ``name``.

    ``defaults`` is its answer without any configuration: what differs from it, somebody wished.
    Raises ``ValueError`` for an answer without a host name or with a port that is none.
    """
    said, usual = _options(answer), _options(defaults)
    if not said.one("hostname"):
        raise ValueError("ssh -G told no host name")
    host, user, port = said.one("hostname"), said.one("user") or here.user, said.one("port")
    tokens = {"%": "%", "d": here.home, "u": here.user, "i": str(here.uid), "l": here.hostname}
    tokens |= {"L": here.hostname.partition(".")[0], "h": host, "n": name, "p": port, "r": user}
    tokens |= {"k": said.one("hostkeyalias") or name, "j": said.one("proxyjump")}

    def path(text: str) -> str:
        return _expanded(text, tokens, here)

    timeout = said.one("connecttimeout")
    return Settings(
        hostname=host,
        user=user,
        port=int(port or 22),
        jumps=said.some("proxyjump"),
        proxy_command=said.some("proxycommand"),
        family=said.one("addressfamily") or "any",
        bind_address=said.some("bindaddress"),
        connect_timeout=float(timeout) if timeout.isdigit() else None,
        host_keys=_host_keys(said, path),
        identities=_identities(said, path),
        algorithms=_algorithms(said, usual),
        unhonoured=tuple(_unhonoured(said)),
    )


class _Options:
    def __init__(self, lines: Mapping[str, list[str]]) -> None:
        self._lines = lines

    def all(self, key: str) -> list[str]:
        return self._lines.get(key.lower(), [])

    def one(self, key: str) -> str:
        """Return the value of an option, empty where there is none."""
        return next(iter(self.all(key)), "")

    def some(self, key: str) -> str | None:
        """Return a value that is neither missing nor ``none``."""
        value = self.one(key)
        return value if value.lower() not in ("", "none") else None

    def on(self, key: str) -> bool:
        return self.one(key).lower() in ("yes", "true")


def _options(answer: str) -> _Options:
    lines: dict[str, list[str]] = {}
    for line in answer.splitlines():
        key, _, value = line.partition(" ")
        lines.setdefault(key.lower(), []).append(value.strip())
    return _Options(lines)


def _expanded(text: str, tokens: Mapping[str, str], here: Here) -> str:
    """Put in what stands for something, as OpenSSH does it; the unknown stays as it is."""
    if text == "~" or text.startswith("~/"):
        text = here.home + text[1:]

    def put(match: re.Match[str]) -> str:
        if match[1]:
            return tokens.get(match[1], match[0])
        return here.environ.get(match[2], match[0])

    return _TOKEN.sub(put, text)


def _files(said: _Options, key: str, path: Callable[[str], str]) -> tuple[str, ...]:
    """Split a list of paths; one with a blank in it goes on where no new path begins."""
    words = [word.strip() for word in _FILES.split(said.one(key)) if word.strip()]
    return tuple(path(word) for word in words if word != "none")


def _host_keys(said: _Options, path: Callable[[str], str]) -> HostKeys:
    revoked = said.some("revokedhostkeys")
    return HostKeys(
        alias=said.some("hostkeyalias"),
        user_files=_files(said, "userknownhostsfile", path),
        global_files=_files(said, "globalknownhostsfile", path),
        revoked=path(revoked) if revoked else None,
        check_address=said.on("checkhostip"),
        hash_names=said.on("hashknownhosts"),
        never_add=said.one("stricthostkeychecking") in ("yes", "true"),
    )


def _identities(said: _Options, path: Callable[[str], str]) -> Identities:
    agent = said.one("identityagent") or "SSH_AUTH_SOCK"
    methods = said.one("preferredauthentications") or "publickey"
    return Identities(
        files=tuple(path(each) for each in said.all("identityfile") if each != "none"),
        certificates=tuple(path(each) for each in said.all("certificatefile") if each != "none"),
        only=said.on("identitiesonly"),
        agent=None if agent == "none" else agent if agent == "SSH_AUTH_SOCK" else path(agent),
        keys_allowed=said.one("pubkeyauthentication") not in ("no", "false")
        and "publickey" in methods.split(","),
    )


def _algorithms(said: _Options, usual: _Options) -> Algorithms:
    def named(key: str) -> tuple[str, ...]:
        return tuple(intern(each) for each in said.one(key).split(",") if each)

    def wished(key: str) -> tuple[str, ...] | None:
        return None if said.one(key) == usual.one(key) else named(key)

    return Algorithms(
        ciphers=wished("ciphers"),
        kex=wished("kexalgorithms"),
        macs=wished("macs"),
        public_keys=wished("pubkeyacceptedalgorithms"),
        host_keys=named("hostkeyalgorithms"),
        authorities=named("casignaturealgorithms"),
    )


_NOT_HERE = {
    "ForwardAgent": "the agent is never forwarded",
    "ForwardX11": "X11 is never forwarded",
    "ControlMaster": "connections are not shared with ssh: each host gets one of our own",
    "HostbasedAuthentication": "only keys and certificates log in here",
    "VerifyHostKeyDNS": "fingerprints in DNS are not asked for",
    "NoHostAuthenticationForLocalhost": "host keys are checked on loopback too",
    "PKCS11Provider": "not loaded: put its keys into the agent, ssh-add -s LIBRARY",
    "KnownHostsCommand": "not run: only files of known hosts count",
    "RemoteCommand": "not run",
    "LocalCommand": "not run",
    "BindInterface": "the routes say by which way connections leave; BindAddress holds",
}
_NO_FILE = ("none", "/dev/null")


def _unhonoured(said: _Options) -> list[str]:
    found = [
        f"{key} {clean(said.one(key), 60)}: {effect}"
        for key, effect in _NOT_HERE.items()
        if said.one(key).lower() not in ("", "no", "false", "none")
    ]
    strict = said.one("stricthostkeychecking")
    if strict in ("no", "false", "off", "accept-new"):
        found.append(
            f"StrictHostKeyChecking {strict}: host keys are checked all the same, and an unknown "
            "one waits for a word"
        )
    if said.one("userknownhostsfile") in _NO_FILE:
        found.append(
            f"UserKnownHostsFile {said.one('userknownhostsfile')}: no key can be kept there, so "
            "that a host stays unknown unless a system file has it"
        )
    return found
