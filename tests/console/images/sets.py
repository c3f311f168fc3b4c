"""Made-up sets of boot files, and hosts that run them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256

from console.clean import Clean, clean
from console.images.drift import Identity, Known
from console.images.manifest import Entry, Manifest, Role, rendered
from console.images.signature import Signature, Vouched
from console.images.staged import StagedFile, StagedImage
from console.model import Boot, Host, Image, Style
from console.parse.bzimage import build
from tests.console.hosts import memory

RELEASE = "6.1.0-56-cloud-amd64"
BANNER = f"{RELEASE} (kernel@example) #1 SMP PREEMPT_DYNAMIC Debian 6.1.192-2 (2026-11-16)"
RUNNING = f"Linux version {RELEASE} (kernel@example) (gcc-12) {BANNER[BANNER.index('#1') :]}"
MADE = 1_700_000_000
MIB = 1 << 20
SIGNED = Signature(Vouched.SIGNED, Clean("release@example"), Clean("SHA256:x"))


def entry(role: Role, path: str, content: bytes = b"x") -> Entry:
    return Entry(role, Clean(path), len(content), Clean(sha256(content).hexdigest()))


FILES = (
    entry(Role.KERNEL, "vmlinuz", b"kernel"),
    entry(Role.INITRD, "initrd.img", b"initrd"),
    entry(Role.SQUASHFS, "live/root.squashfs", b"squashfs"),
    entry(Role.CMDLINE, "cmdline", b"quiet boot=live"),
)
LIVE = Manifest(
    name=Clean("web"),
    version=Clean("2024.2"),
    built=MADE,
    kernel=Clean(RELEASE),
    arch=Clean("x86_64"),
    styles=(Style.CASPER, Style.LIVE_BOOT),
    ram=512 * MIB,
    files=FILES,
)
IDENTITY = Identity(
    kernel=build(BANNER),
    squashfs=((MADE, 4000),),
    cmdline=(Clean("quiet"), Clean("boot=live")),
)


def known(
    of: Manifest = LIVE,
    identity: Identity = IDENTITY,
    *,
    store: str = "main",
    signature: Signature = SIGNED,
    pointers: Sequence[str] = (),
) -> Known:
    digest = Clean(sha256(rendered(of)).hexdigest())
    return Known(Clean(store), of, digest, signature, identity, frozenset(pointers))


def version(number: str, built: int = MADE, of: Manifest = LIVE) -> Manifest:
    """Return the same set in another version."""
    files = tuple(
        replace(each, sha256=Clean(sha256(number.encode()).hexdigest())) for each in of.files
    )
    return replace(of, version=Clean(number), built=built, files=files)


def token(of: Manifest) -> str:
    """Return what a kernel's command line has that was booted with this set."""
    files = tuple(StagedFile(clean(e.role), e.path, e.size, e.sha256) for e in of.files)
    return f"subdeck.image={StagedImage(of.name, of.version, files).token}"


def host(
    name: str = "web1",
    *,
    image: Image | None = None,
    style: Style = Style.LIVE_BOOT,
    cmdline: str = "quiet boot=live fetch=http://boot/x",
    banner: str | None = RUNNING,
    kernel: str = RELEASE,
) -> Host:
    """Return a host that runs ``LIVE`` unless it is told otherwise."""
    if image is None:
        image = Image(None, None, Clean("/x"), built=MADE, size=4000)
    boot = Boot(
        style=style,
        kernel=Clean(kernel),
        version=Clean(banner) if banner else None,
        cmdline=Clean(cmdline),
        uptime=1.0,
        boot_id=None,
        image=image,
    )
    return Host(
        Clean(name), boot, memory(1 << 29, total=1 << 30), (), (), (), (), (), (), 0.0, 0.0
    )
