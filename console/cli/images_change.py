"""``subdeck images publish``, ``assign``, ``unassign``, ``delete``: told, asked, noted, done."""

from __future__ import annotations

import asyncio
import secrets
import sys
import time
from argparse import Namespace
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

from backends.images.parcels import Parcels
from backends.images.publish import Parcel
from backends.images.signing import Signing
from console.audit import Record
from console.clean import Clean, clean
from console.cli.confirm import answered, is_terminal
from console.cli.images_seen import seen
from console.cli.saying import say
from console.cli.setup import audit, operator, settings, wanted
from console.cli.shelves import Shelves, shelves
from console.config import Config
from console.errors import ConsoleError
from console.images.assigned import named
from console.images.catalogue import CURRENT, Known, keepers
from console.images.draft import Draft
from console.images.manifest import Role, rendered
from console.inventory import LOCAL
from screens import marks

_PLAIN: Final = frozenset(("y", "Y", "yes"))


def run(arguments: Namespace) -> int:
    """Do what is asked; return 0 where all of it is done, else 1."""
    if not (arguments.yes or arguments.dry_run or is_terminal()):
        raise ConsoleError(
            f"images {arguments.deed} asks before it does anything, and here is no terminal",
            "--yes does not ask, --dry-run does nothing",
        )
    return asyncio.run(_changed(arguments, settings(arguments)))


async def _changed(arguments: Namespace, config: Config) -> int:
    async with shelves(arguments, config) as opened:
        change = _Change(arguments, config, opened)
        match arguments.deed:
            case "publish":
                return await change.publish()
            case "assign" | "unassign":
                return await change.assign()
            case _:
                return await change.delete()


class _Change:
    """One command that changes a store of this machine, or what is assigned."""

    def __init__(self, arguments: Namespace, config: Config, opened: Shelves) -> None:
        self._arguments = arguments
        self._config = config
        self._shelves = opened
        self._audit = audit()

    async def publish(self) -> int:
        """Put a set into a store."""
        asked = self._arguments
        publisher = self._shelves.publisher(asked.store)
        parcel = await _parcel(asked)
        if asked.sign is not None:
            signature = await Signing().sign(rendered(parcel.manifest), asked.sign)
            parcel = replace(parcel, signature=signature)
        of = parcel.manifest
        title = Clean(f"{asked.store}:{of.title}")
        place = self._shelves.store(asked.store).place
        text = rendered(of)
        worth = await Signing().worth(text, parcel.signature, place.allowed_signers, place.revoked)
        self._tell(f"publish {title} into {place.where}, {worth.told}:")
        for entry in of.files:
            self._tell(f"  {entry.role:9} {entry.path}  {marks.size(entry.size)}  {entry.sha256}")
        if asked.current:
            self._tell(f"and let {asked.store}:{of.name} mean it")
        if not await self._agreed("Do it? [y/N] ", _PLAIN):
            return int(not asked.dry_run)

        async def do() -> str:
            fresh = await publisher.publish(parcel)
            if asked.current:
                await publisher.point(of.name, CURRENT, of.version)
            return f"{title}: published" if fresh else f"{title}: was there already"

        return await self._do(Clean(LOCAL), title, do)

    async def assign(self) -> int:
        """Say what hosts are to boot, or say it no more."""
        asked = self._arguments
        before = await self._shelves.assigned.read()
        image: Clean | None = None
        if asked.deed == "assign":
            known = (await self._shelves.catalogue()).find(asked.image)
            image = clean(asked.image)
            self._tell(f"{image} is {known.title}, {known.signature.told}")
        targets = list(dict.fromkeys(map(self._target, asked.targets)))
        for target in targets:
            self._tell(f"{target}: {before.get(target, 'nothing')} → {image or 'nothing'}")
        if not await self._agreed("Do it? [y/N] ", _PLAIN):
            return int(not asked.dry_run)
        failed = 0
        for target in targets:

            async def do(target: Clean = target) -> str:
                await self._shelves.assigned.change(target, image)
                return f"{target}: is to boot {image or 'nothing in particular'}"

            failed |= await self._do(target, image or before.get(target, Clean("")), do)
        return failed

    async def delete(self) -> int:
        """Take sets out of a store."""
        asked = self._arguments
        for word in asked.images:
            if named(word).version is None:
                raise ConsoleError(f"{word}: which version of it?", "subdeck images list")
        found = await seen(asked, self._config, self._shelves)
        sets = [found.catalogue.find(word) for word in asked.images]
        unseen = [] if asked.reason else [name for name, _ in found.silent]
        kept = [
            why for known in sets for why in keepers(found.catalogue, known, found.hosts, unseen)
        ]
        for why in kept:
            say(why)
        if kept:
            return 1
        for known in sets:
            self._tell(f"delete {known.title}, {marks.size(known.manifest.size)}")
        titles = " ".join(known.title for known in sets)
        if not await self._agreed(f"Type {titles} to do it: ", {titles}):
            return int(not asked.dry_run)
        failed = 0
        for known in sets:
            failed |= await self._do(Clean(LOCAL), known.title, self._deletion(known))
        return failed

    def _deletion(self, known: Known) -> Callable[[], Awaitable[str]]:
        publisher = self._shelves.publisher(known.store)

        async def do() -> str:
            await publisher.delete(known.manifest.title)
            return f"{known.title}: deleted"

        return do

    def _target(self, word: str) -> Clean:
        """Return a host or tag there is, as it is assigned by. Raises ``ConsoleError``."""
        if word.startswith("@"):
            wanted(_asking(self._arguments, word), self._config)
            return clean(word)
        if "/" in word:
            raise ConsoleError(f"{word}: images are assigned to hosts, not to subhosts")
        (entry, *more) = wanted(_asking(self._arguments, word), self._config).entries
        if more:
            raise ConsoleError(f"{word}: means several hosts", "name one, or a tag of theirs")
        return entry.name

    async def _agreed(self, question: str, answers: set[str] | frozenset[str]) -> bool:
        if self._arguments.dry_run:
            return False
        if self._arguments.yes or await answered(question, answers):
            return True
        say("nothing was done")
        return False

    async def _do(self, host: Clean, image: Clean, do: Callable[[], Awaitable[str]]) -> int:
        """Do one thing, written down before and after; return 1 where it failed."""
        reason = clean(vars(self._arguments).get("reason") or "") or None
        record = Record(
            time=time.time(),
            id=clean(f"{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}-{secrets.token_hex(3)}"),
            who=operator(),
            host=host,
            subhost=Clean(""),
            verb=clean(self._arguments.deed),
            reason=reason,
            image=image,
        )
        await self._audit.note(record)
        try:
            outcome = await do()
        except ConsoleError as error:
            await self._ended(record, "failed", clean(str(error)))
            say(f"{image}: {error.whole}")
            return 1
        await self._ended(record, "done", None)
        self._tell(outcome)
        return 0

    async def _ended(self, record: Record, outcome: str, why: Clean | None) -> None:
        ended = replace(record, time=time.time(), outcome=Clean(outcome), told=why)
        await self._audit.note(ended)

    def _tell(self, text: str) -> None:
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()


async def _parcel(asked: Namespace) -> Parcel:
    """Return what is to be published. Raises ``ConsoleError``."""
    parts: list[str] = asked.parts
    if len(parts) == 1 and "=" not in parts[0]:
        return await Parcels().of_folder(Path(parts[0]))
    files: list[tuple[Role, Path]] = []
    for part in parts:
        role, equals, path = part.partition("=")
        if role not in list(Role) or not equals or not path:
            raise ConsoleError(
                f"{part}: is neither a folder alone nor ROLE=FILE", f"roles: {', '.join(Role)}"
            )
        files.append((Role(role), Path(path)))
    for option in ("name", "version", "styles", "ram"):
        if vars(asked)[option] is None:
            word = "style" if option == "styles" else option
            raise ConsoleError(f"files without a manifest need --{word}")
    draft = Draft(
        name=asked.name,
        version=asked.version,
        styles=asked.styles,
        ram=asked.ram,
        arch=asked.arch,
        kernel=asked.kernel_release,
        built=None,
    )
    return await Parcels().of_files(draft, files, time.time())


def _asking(arguments: Namespace, word: str) -> Namespace:
    return Namespace(**{**vars(arguments), "targets": [word]})
