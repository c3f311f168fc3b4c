"""Signatures of sets, by the ``ssh-keygen`` of this machine: ``-Y sign`` and ``-Y verify``.

Only keys in the store's file of allowed signers count, and only what was signed in the namespace
``boot-image``. See ssh-keygen(1), ALLOWED SIGNERS.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path, PurePath
from typing import Final

from backends.run import Ended, Run
from backends.runner import PATH
from backends.threads import Threads
from console.clean import Clean, clean
from console.errors import ConsoleError
from console.images.signature import NAMESPACE, Signature, Vouched
from console.parse.ssh_signature import LARGEST, Signed, signed

_VERIFYING: Final = 10.0
_SIGNING: Final = 60.0
"""Seconds that a key on a token may take to be touched."""
_AT_ONCE: Final = 4
_PROGRAM: Final = "ssh-keygen"
_PASSED: Final = ("SSH_AUTH_SOCK", "HOME")
_LATE: Final = re.compile(rb"(?:key|certificate) (?:has expired|is not yet valid)[^\n]*")

_Words = Sequence[str | PurePath]


class Signing:
    """Signs, and finds out what signatures are worth."""

    def __init__(self) -> None:
        self._threads = Threads(_PROGRAM, _AT_ONCE)

    async def sign(self, manifest: bytes, key: Path) -> bytes:
        """Return a signature made with a private key, or with the agent's where it is a .pub one.

        Raises ``ConsoleError``; a key whose passphrase no agent knows is none that can be used.
        """
        ended = await self._run(("sign", "-n", NAMESPACE, "-f", key), manifest, _SIGNING)
        if ended.status or not ended.said:
            raise ConsoleError(
                f"{clean(str(key), 4096)}: cannot sign: {_last(ended)}",
                "a key with a passphrase is used by way of ssh-agent: name its .pub file",
            )
        return ended.said

    async def worth(
        self,
        manifest: bytes,
        signature: bytes | None,
        allowed: PurePath | None,
        revoked: PurePath | None = None,
    ) -> Signature:
        """Return what a signature of a manifest is worth."""
        if signature is None:
            return Signature(Vouched.UNSIGNED)
        try:
            if len(signature) > LARGEST:
                raise ValueError("is too long for a signature")
            said = signed(signature)
        except ValueError as error:
            return Signature(Vouched.ALTERED, why=clean(f"its signature {error}"))
        key = clean(said.key.fingerprint)
        if said.namespace != NAMESPACE:
            why = clean(f"it is signed as {said.namespace!r}, not as {NAMESPACE!r}")
            return Signature(Vouched.FOREIGN, key=key, why=why)
        with tempfile.NamedTemporaryFile(prefix="subdeck-") as file:
            file.write(signature)
            file.flush()
            try:
                return await self._judged(manifest, Path(file.name), said, allowed, revoked)
            except ConsoleError as error:
                return Signature(Vouched.UNKNOWN, key=key, why=clean(str(error)))

    async def _judged(
        self,
        manifest: bytes,
        signature: Path,
        said: Signed,
        allowed: PurePath | None,
        revoked: PurePath | None,
    ) -> Signature:
        key = clean(said.key.fingerprint)
        by = ("-s", signature)
        ended = await self._run(("check-novalidate", "-n", NAMESPACE, *by), manifest)
        if ended.status:
            why = Clean("the manifest is not what was signed")
            return Signature(Vouched.ALTERED, key=key, why=why)
        if allowed is None:
            why = Clean("the store has no allowed_signers, so nobody is trusted")
            return Signature(Vouched.STRANGER, key=key, why=why)
        _refuse_the_missing(allowed, revoked)
        ended = await self._run(("find-principals", "-f", allowed, *by))
        principal = re.split(rb"[\n,]", ended.said)[0].decode("utf-8", "replace")
        if ended.status or not principal:
            if late := _LATE.search(ended.trouble):
                return Signature(Vouched.EXPIRED, key=key, why=clean(late[0], 160))
            why = Clean(f"{allowed} does not name its key")
            return Signature(Vouched.STRANGER, key=key, why=why)
        given = ("verify", "-n", NAMESPACE, "-f", allowed, "-I", principal, *by)
        ended = await self._run(given, manifest)
        if ended.status:
            why = clean(f"{principal} may not sign boot images by this key: {_last(ended)}")
            return Signature(Vouched.STRANGER, key=key, why=why)
        if revoked is not None:
            ended = await self._run((*given, "-r", revoked), manifest)
            if ended.status:
                why = Clean(f"its key is revoked by {revoked}")
                return Signature(Vouched.REVOKED, clean(principal), key, why)
        return Signature(Vouched.SIGNED, clean(principal), key)

    async def _run(self, words: _Words, stdin: bytes = b"", seconds: float = _VERIFYING) -> Ended:
        agent = {name: os.environ[name] for name in _PASSED if name in os.environ}
        argv = (_PROGRAM, "-Y", *map(str, words))
        run = Run(argv, stdin, {"PATH": PATH, "LC_ALL": "C", **agent})
        try:
            ended = await (await self._threads.start(partial(run.end, seconds)))
        except OSError as error:
            raise ConsoleError(
                f"{_PROGRAM}: {error.strerror or error}", "install OpenSSH's client"
            ) from error
        finally:
            run.kill()
        if ended is None:
            raise ConsoleError(f"{_PROGRAM} did not end in {seconds:.0f} s")
        return ended


def _refuse_the_missing(*files: PurePath | None) -> None:
    for file in files:
        if file is not None and not Path(file).is_file():
            raise ConsoleError(f"{file}: no such file")


def _last(ended: Ended) -> str:
    lines = ended.trouble.strip().splitlines()
    return clean(lines[-1], 160) if lines else f"it ended with status {ended.status}"
