"""Secrets taken out of what leaves this console: ``password=hunter2``: ``password=[redacted]``.

``Redactor.words`` takes texts that stand together (an argv, a log, one line alone) and returns as
many. A secret that was found once is also found where nothing around it tells what it is: so let
it see everything first, then write what it returns. Rather too much is taken out than too little.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Final

MARK: Final = "[redacted]"
"""Stands where a secret stood."""

_SHORTEST: Final = 4
"""Characters of a secret that is looked for by itself."""
_ANYWHERE: Final = 6
"""Characters of one that is looked for within words too."""
_MOST: Final = 500
"""Secrets remembered."""
_REMEMBERED: Final = 65_536
"""Texts whose result is kept."""

_VALUE = r"""(?:"[^"]*"?|'[^']*'?|[^\s"'])+"""
_ASSIGNED = re.compile(
    r"(?<![\w.-])[.-]*(?P<name>\w[\w.-]{0,255})[\"']?[ \t]*(?P<sign>:=|=>|[=:])[ \t]*"
    rf"(?P<value>{_VALUE})"
)
_OPTION = re.compile(rf"(?<!\S)--?(?P<name>[A-Za-z][\w.-]{{0,99}})[ \t]+(?P<value>(?!-){_VALUE})")
_SEVERAL = re.compile(r"(?i)(?:authorization|cookie)[\"']?[ \t]*[=:][ \t]*(?P<value>[^\"']+)")
"""Headers, whose value is more than a word."""
_SHAPES: Final = (
    re.compile(r"(?i)\b[a-z][a-z0-9+.-]{0,19}://[^\s/?#\"':@]*:(?P<value>[^\s/?#\"']*)@"),
    re.compile(r"(?i)\bhttps?://(?P<value>[^\s/?#\"':@]{16,})@"),
    re.compile(r"(?<![\w./:@-])[\w.-]{1,64}:(?P<value>[^\s:@/\"']{1,256})@(?=[\w\[])"),
    re.compile(r"(?i)\b(?:bearer|basic|digest)[ \t]+(?P<value>(?=[a-z]*[\d=+/_.~-])\S{8,})"),
    re.compile(
        r"(?P<value>\$(?:[1567y]|2[abxy]|gy|argon2\w*|scrypt|pbkdf2[\w-]*)\$[^\s:\"']{8,})"
    ),
    re.compile(r"\b(?P<value>eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)*)"),
    re.compile(
        r"\b(?P<value>(?:gh[oprsu]_|github_pat_|glpat-|xox[abeprs]-|sk-|hv[bs]\.)[\w-]{12,})"
    ),
    re.compile(r"\b(?P<value>(?:AKIA|ASIA)[A-Z0-9]{16}|AGE-SECRET-KEY-1[A-Z0-9]{20,})"),
)
"""What is a secret by its own look: in a URL, a crypt(3) hash, a token of a well-known maker."""
_BEGUN = re.compile(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY[A-Z ]{0,20}-----")
_ENDED = re.compile(r"-----END [A-Z0-9 ]{0,40}PRIVATE KEY[A-Z ]{0,20}-----")

_PARTS = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z0-9]+")
_TELLING = re.compile(
    r"pass(?:wor[dt]|wd|phrase|code)|secret|token|credential|bearer|authorization|cookie"
    r"|(?:api|access|private|auth|encryption|master|signing)key"
)
_WORDS: Final = frozenset({"pass", "pw", "pwd", "pin", "psk", "creds"})
_AMBIGUOUS: Final = frozenset({"key", "keys", "auth", "session", "community", "signature", "sig"})
"""Names that mean a secret where a value is assigned, not where a sentence goes on after them."""
_PLAIN: Final = frozenset(
    {"true", "false", "none", "null", "auto", "default", "enabled", "disabled", "required"}
    | {"optional", "prompt", "public", "private", "file"}
)
"""Values that are never a secret of somebody's."""
_PROGRAMS: Final = {
    "curl": ("-u", "-U", "-b"),
    "ipmitool": ("-P",),
    "ldapsearch": ("-w",),
    "mariadb": ("-p",),
    "mosquitto_pub": ("-P",),
    "mosquitto_sub": ("-P",),
    "mysql": ("-p",),
    "mysqldump": ("-p",),
    "openssl": ("-k", "-K"),
    "redis-cli": ("-a",),
    "smbclient": ("-U",),
    "snmpwalk": ("-c", "-A", "-X"),
    "sshpass": ("-p",),
}
"""Options without a telling name that take a secret, also glued to it."""

_CUT = re.compile(r"[…~]")
"""Where a screen has no room for the rest."""
_SIDE: Final = 64
"""Characters looked at on both sides of that."""

Span = tuple[int, int]


class Redactor:
    """Takes secrets out, and remembers them."""

    def __init__(self) -> None:
        self._secrets: dict[str, None] = {}
        self._done: dict[tuple[str, ...], tuple[str, ...]] = {}

    def words(self, texts: tuple[str, ...]) -> tuple[str, ...]:
        """Return texts that stand together without their secrets."""
        done = self._done.get(texts)
        if done is None:
            spans = self.spans(texts)
            if len(self._done) >= _REMEMBERED:
                self._done.clear()
            done = tuple(_without(*each) for each in zip(texts, spans, strict=True))
            self._done[texts] = done
        return done

    def text(self, text: str) -> str:
        """Return a text of any number of lines without its secrets."""
        return "\n".join(self.words(tuple(text.split("\n"))))

    def spans(self, texts: Sequence[str]) -> list[list[Span]]:
        """Return where the secrets of each text are, in order, none overlapping another."""
        found = [[*_shown(text)] for text in texts]
        for at, span in (*_blocks(texts), *_followed(texts)):
            found[at].append(span)
        for text, spans in zip(texts, found, strict=True):
            for begin, end in spans:
                self._learn(text[begin:end])
        return [
            _merged([*spans, *self._known(text)]) for text, spans in zip(texts, found, strict=True)
        ]

    def _learn(self, secret: str) -> None:
        secret = secret.strip("\"'")
        plain = len(secret) < _SHORTEST or secret.lower() in _PLAIN or secret.isspace()
        if plain or secret[0] in "/[" or len(self._secrets) >= _MOST:
            return
        if secret not in self._secrets:
            self._secrets[secret] = None
            self._done.clear()

    def _known(self, text: str) -> Iterator[Span]:
        """Yield where a secret stands that was found elsewhere."""
        for secret in self._secrets:
            at = text.find(secret)
            while at >= 0:
                end = at + len(secret)
                if len(secret) >= _ANYWHERE or _alone(text, at, end):
                    yield at, end
                at = text.find(secret, end)
        for cut in _CUT.finditer(text) if self._secrets else ():
            yield from self._beside(text, *cut.span())

    def _beside(self, text: str, begin: int, end: int) -> Iterator[Span]:
        """Yield what is left of a secret on both sides of where a text was cut."""
        for secret in self._secrets:
            for size in range(min(len(secret), _SIDE), _SHORTEST - 1, -1):
                if text.endswith(secret[:size], 0, begin):
                    yield begin - size, begin
                if text.startswith(secret[-size:], end):
                    yield end, end + size


def _shown(text: str) -> Iterator[Span]:
    """Yield where a text by itself tells that there is a secret."""
    for match in _ASSIGNED.finditer(text):
        if _telling(match["name"], ambiguous=match["sign"] != ":"):
            yield match.span("value")
        elif match["value"]:
            # a value may itself be an assignment: systemd.set_credential=a:b, -o password=c
            yield from (
                (match.start("value") + begin, match.start("value") + end)
                for begin, end in _nested(match["value"])
            )
    for match in _OPTION.finditer(text):
        if _telling(match["name"]):
            yield match.span("value")
    for shape in (_SEVERAL, *_SHAPES):
        yield from (match.span("value") for match in shape.finditer(text))


_INNER = re.compile(r"[\w.-]{1,100}[=:]")


def _nested(value: str) -> Iterator[Span]:
    for match in _INNER.finditer(value):
        if _telling(match[0][:-1], ambiguous=match[0][-1] == "="):
            yield match.end(), len(value)
            return


def _telling(name: str, *, ambiguous: bool = True) -> bool:
    """Whether what is called so is a secret."""
    parts = {part.lower() for part in _PARTS.findall(name)}
    joined = re.sub(r"[_.-]", "", name).lower()
    if parts & _WORDS or _TELLING.search(joined):
        return True
    return ambiguous and (bool(parts & _AMBIGUOUS) or joined.endswith(("key", "keys")))


def _blocks(texts: Sequence[str]) -> Iterator[tuple[int, Span]]:
    """Yield where private keys are, whose lines are texts of their own or one text."""
    within = False
    for at, text in enumerate(texts):
        begin = _BEGUN.search(text)
        end = _ENDED.search(text)
        if end is not None and begin is None and not within:
            yield from ((before, (0, len(texts[before]))) for before in range(at))
        if begin is not None or end is not None or within:
            first = begin.start() if begin is not None and not within else 0
            yield at, (first, len(text))
        within = (within or begin is not None) and end is None


def _followed(texts: Sequence[str]) -> Iterator[tuple[int, Span]]:
    """Yield what follows an option that takes a secret, in an argv."""
    program = texts[0].rpartition("/")[2] if texts else ""
    options = _PROGRAMS.get(program, ())
    for at, (word, after) in enumerate(pairwise(texts), 1):
        name = word.strip('",: ')  # as a line of JSON has it
        bare = name.lstrip("-")
        option = name.startswith("-") and "=" not in name and _telling(bare)
        if name in options or (option and not after.startswith("-")):
            yield at, _core(after)
        for each in options:
            if after.startswith(each) and len(after) > len(each) and not each.startswith("--"):
                yield at, (len(each), len(after))


def _core(text: str) -> Span:
    """Return where a word is on its line, without what JSON puts around it."""
    bare = text.strip('", ')
    begin = text.find(bare) if bare else 0
    return begin, begin + len(bare)


def _alone(text: str, begin: int, end: int) -> bool:
    before, after = text[begin - 1 : begin], text[end : end + 1]
    return not (before.isalnum() or after.isalnum())


def _merged(spans: Iterable[Span]) -> list[Span]:
    found: list[Span] = []
    for begin, end in sorted(span for span in spans if span[0] < span[1]):
        if found and begin <= found[-1][1]:
            found[-1] = found[-1][0], max(end, found[-1][1])
        else:
            found.append((begin, end))
    return found


def _without(text: str, spans: Sequence[Span]) -> str:
    kept, at = [], 0
    for begin, end in spans:
        kept += [text[at:begin], MARK]
        at = end
    return "".join((*kept, text[at:]))
