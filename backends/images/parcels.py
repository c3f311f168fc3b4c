"""Sets that are to be published: a folder with a manifest, or files of which one is made."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final

from backends.images.folder import CHUNK
from backends.images.publish import Parcel
from backends.images.reader import Summing, Whole
from backends.threads import Threads
from console.clean import Clean, clean
from console.errors import ConsoleError
from console.images.draft import Draft, drafted
from console.images.heads import Head, head
from console.images.manifest import LARGEST, NAME, SIGNATURE, Entry, Role, manifest
from console.parse import ssh_signature

_HUGE: Final = 1 << 50


class Parcels:
    """Makes them."""

    def __init__(self) -> None:
        self._threads = Threads("images", 1)

    async def of_folder(self, folder: Path) -> Parcel:
        """Return the set in a folder, and its signature. Raises ``ConsoleError``."""
        text = await self._read(folder / NAME, LARGEST)
        if text is None:
            raise ConsoleError(
                f"{clean(str(folder), 4096)}: has no {NAME}",
                "name the files of the set instead: kernel=vmlinuz squashfs=root.squashfs",
            )
        of = manifest(text, clean(str(folder / NAME), 4096))
        signature = await self._read(folder / SIGNATURE, ssh_signature.LARGEST)
        return Parcel(of, signature, {each.path: folder / each.path for each in of.files})

    async def of_files(
        self, draft: Draft, files: Sequence[tuple[Role, Path]], now: float
    ) -> Parcel:
        """Return a set of these files, each called as it is here. Raises ``ConsoleError``."""
        wholes = [await self._whole(path) for _, path in files]
        entries = [
            Entry(role, clean(path.name), whole.size, whole.sha256)
            for (role, path), whole in zip(files, wholes, strict=True)
        ]
        both = zip(entries, wholes, strict=True)
        heads: dict[str, Head] = {each.path: head(whole.head) for each, whole in both}
        of = drafted(draft, entries, heads, now)
        return Parcel(of, None, {path.name: path for _, path in files})

    async def _read(self, path: Path, most: int) -> bytes | None:
        def read() -> bytes:
            with path.open("rb") as file:
                return file.read(most + 1)

        try:
            return await (await self._threads.start(read))
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _unreadable(path, error) from error

    async def _whole(self, path: Path) -> Whole:
        try:
            return await (await self._threads.start(partial(_measured, path)))
        except OSError as error:
            raise _unreadable(path, error) from error


def _measured(path: Path) -> Whole:
    summing = Summing(str(path), _HUGE)
    with path.open("rb", buffering=0) as file:
        while data := file.read(CHUNK):
            summing.add(data)
    return summing.whole


def _unreadable(path: Path, error: OSError) -> ConsoleError:
    return ConsoleError(f"{clean(str(path), 4096)}: {Clean(error.strerror or str(error))}")
