"""Real stores for tests: images by mksquashfs, signatures by ssh-keygen."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path, PurePosixPath

from backends.images.parcels import Parcels
from backends.images.publish import Parcel, Publisher
from backends.images.signing import Signing
from backends.images.store import RunnerOf, Store, opened
from backends.runner import Runner
from console.clean import Clean
from console.errors import ConsoleError
from console.images.catalogue import Known
from console.images.draft import Draft
from console.images.manifest import Role, rendered
from console.images.places import StorePlace
from console.model import Style
from tests.console.images.test_heads import CPIO, bzimage
from tests.lab.sshd import keypair, public

SIGNER = "release@example"
NOW = 1_700_000_000.0


@dataclass(frozen=True)
class Workshop:
    """A folder with what sets are made of, and a store."""

    folder: Path

    @property
    def root(self) -> Path:
        """The store."""
        path = self.folder / "store"
        path.mkdir(exist_ok=True)
        return path

    @cached_property
    def key(self) -> Path:
        """Who is allowed to sign."""
        return keypair(self.folder / "key")

    @property
    def signers(self) -> Path:
        """The store's allowed signers."""
        path = self.folder / "signers"
        path.write_text(f'{SIGNER} namespaces="boot-image" {public(self.key)}\n')
        return path

    @property
    def place(self) -> StorePlace:
        """The store as the configuration has it."""
        return StorePlace(
            Clean("main"),
            path=PurePosixPath(self.root),
            allowed_signers=PurePosixPath(self.signers),
        )

    @property
    def publisher(self) -> Publisher:
        return Publisher(self.root)

    def file(self, name: str, content: bytes) -> Path:
        path = self.folder / name
        path.write_bytes(content)
        return path

    def squashfs(self, name: str, content: bytes = b"x" * 3000) -> Path:
        """Make an image with one file of this content."""
        tree = self.folder / f"{name}.tree"
        tree.mkdir(exist_ok=True)
        (tree / "content").write_bytes(content)
        path = self.folder / name
        path.unlink(missing_ok=True)
        command = ["mksquashfs", str(tree), str(path), "-quiet", "-no-progress", "-all-root"]
        subprocess.run([*command, "-mkfs-time", str(int(NOW))], check=True, capture_output=True)
        return path

    async def parcel(
        self, version: str = "1", content: bytes = b"x" * 3000, *, sign: bool = True
    ) -> Parcel:
        """Return a whole set, signed unless told otherwise."""
        files = [
            (Role.KERNEL, self.file("vmlinuz", bzimage())),
            (Role.INITRD, self.file("initrd.img", CPIO + content)),
            (Role.SQUASHFS, self.squashfs("root.squashfs", content)),
            (Role.CMDLINE, self.file("cmdline", b"quiet boot=live\n")),
        ]
        draft = Draft("web", version, [Style.LIVE_BOOT], 1 << 29)
        made = await Parcels().of_files(draft, files, NOW)
        text = rendered(made.manifest)
        signature = await Signing().sign(text, self.key) if sign else None
        return Parcel(made.manifest, signature, made.sources)

    async def published(self, version: str = "1", content: bytes = b"x" * 3000) -> Parcel:
        """Return a set that is in the store now."""
        parcel = await self.parcel(version, content)
        assert await self.publisher.publish(parcel)
        return parcel

    def store(self, place: StorePlace | None = None, runner: Runner | None = None) -> Store:
        (store,) = opened([place or self.place], reaching(runner))
        return store


def reaching(runner: Runner | None) -> RunnerOf:
    async def runner_of(host: Clean) -> Runner:
        if runner is None:
            raise ConsoleError(f"{host}: no such host")
        return runner

    return runner_of


async def only(store: Store) -> Known:
    """Return the only set of a store that has no trouble."""
    shelf = await store.shelf()
    assert shelf.troubles == ()
    (known,) = shelf.sets
    return known


def inventory(root: Path) -> dict[str, str]:
    """Return all there is below a store: paths to digests and targets."""
    return {
        str(path.relative_to(root)): str(path.readlink())
        if path.is_symlink()
        else "folder"
        if path.is_dir()
        else sha256(path.read_bytes()).hexdigest()
        for path in sorted(root.rglob("*"))
    }


async def read(store: Store, known: Known, path: str, offset: int = 0) -> bytes:
    """Return what a file of a set holds, as it is streamed."""
    (entry,) = (each for each in known.manifest.files if each.path == path)
    return b"".join([data async for data in store.stream(known, entry, offset)])


def whole(sets: Sequence[Known]) -> list[str]:
    return [str(known.title) for known in sets if not known.faults]
