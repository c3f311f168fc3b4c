"""Upgrade of a live system by its boot medium: files on it give way to those of the set.

For dracut's, live-boot's, casper's, kiwi's and archiso's media that are mounted and can be
written. The new files are written beside the old ones, which stay as ``NAME.old``; names change
when all is there, and the host reboots. The file in use keeps a name all the while.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from console.actions import booting, upgrade_network
from console.actions.ground import mount_at
from console.actions.tools import inexact, lacking
from console.blast import rebooting
from console.clean import Clean, clean
from console.images.staged import StagedFile, StagedImage
from console.model import Host, LoopDevice, Mount, Style
from console.mounts import holding
from console.operations import Operation
from console.parse.amount import shown
from console.parse.cmdline import parameters
from console.plan import Check, Method, Obstacle, Plan, Step, Tier, Wish
from console.survey import Found, Survey, SurveyRequest

MEDIA = {
    Style.LIVE_BOOT: ("/run/live/medium", "/lib/live/mount/medium"),
    Style.CASPER: ("/cdrom",),
    Style.ARCHISO: ("/run/archiso/bootmnt",),
    Style.DRACUT_DM: ("/run/initramfs/live",),
    Style.DRACUT_OVERLAY: ("/run/initramfs/live",),
    Style.KIWI: ("/run/initramfs/live",),
}
"""Where the initramfs of each has mounted what it boots from."""
_KERNELS = {
    "kernel": (
        *("live/vmlinuz", "casper/vmlinuz", "arch/boot/x86_64/vmlinuz-linux"),
        *("images/pxeboot/vmlinuz", "isolinux/vmlinuz", "syslinux/vmlinuz"),
        *("boot/x86_64/loader/linux", "LiveOS/vmlinuz"),
    ),
    "initrd": (
        *("live/initrd.img", "live/initrd", "casper/initrd", "casper/initrd.lz"),
        *("arch/boot/x86_64/initramfs-linux.img", "images/pxeboot/initrd.img"),
        *("isolinux/initrd.img", "syslinux/initrd.img", "boot/x86_64/loader/initrd"),
        "LiveOS/initrd.img",
    ),
}
"""Where those who make such media put what their boot loaders read."""
_WRITABLE = frozenset({"vfat", "exfat", "ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs"})
_IN_MEMORY = frozenset({"tmpfs", "ramfs", "rootfs", "overlay"})
_TOOLS = ("flock", "mount", "sha256sum", "stat", "cp", "rm", "sync", "sleep", "sed")
_ASKING = frozenset({Style.LIVE_BOOT, Style.CASPER})
"""Those whose last act may be to ask for the medium to be taken out, unless told ``noprompt``."""


@dataclass(frozen=True, slots=True)
class _Medium:
    """What the host has booted from, and what is changed there."""

    mount: Mount
    pairs: tuple[tuple[StagedFile, Clean], ...]
    """Each new file, and the old one that it takes the place of."""

    @property
    def words(self) -> tuple[str, str]:
        """As operations take it: where it is mounted, and how it is to be afterwards."""
        return self.mount.point, "ro" if self.mount.read_only else "rw"

    @property
    def needed(self) -> int:
        """Bytes that the new files take beside the old ones."""
        return sum(file.size for file, _ in self.pairs)


def asked(host: Host, wish: Wish, request: SurveyRequest) -> SurveyRequest:
    """Return what has to be looked at before: the medium, and what its boot loader may read."""
    paths = [
        clean(f"{root}/{name}", 4096)
        for root in _roots(host)
        for names in (_named(host, role) + _KERNELS[role] for role in _KERNELS)
        for name in names
    ]
    staged = (file.path for file in wish.image.files) if wish.image else ()
    return replace(request, extra=(*request.extra, *paths, *staged), stores=True)


def plan(host: Host, wish: Wish, survey: Survey) -> Plan:
    """Return what writes the set to the medium and reboots the host."""
    found = _medium(host, wish, survey)
    told = tuple(_obstacles(host, wish, survey, found))
    image = wish.image
    ready = found if isinstance(found, _Medium) and image and not told else None
    return Plan(
        verb=wish.verb,
        host=host.name,
        subhost=wish.subhost,
        tier=Tier.LOSES,
        boot_id=survey.boot_id,
        checks=tuple(_checks(image, ready)) if ready and image else (),
        steps=(*_steps(ready), *upgrade_network.leaving(host, survey)) if ready else (),
        consequences=rebooting(host, survey),
        notes=tuple(_notes(host, ready)) if ready else (),
        obstacles=told,
        image=image,
        method=Method.MEDIUM,
    )


def hindrance(host: Host, name: Clean) -> Obstacle | None:
    """Return why it is of no use on that host."""
    if not _roots(host):
        style = host.boot.style if host.boot else Style.UNKNOWN
        return Obstacle(clean(f"{host.name} boots no live medium: its style is {style}"))
    return None


def _roots(host: Host) -> tuple[str, ...]:
    return MEDIA.get(host.boot.style, ()) if host.boot else ()


def _medium(host: Host, wish: Wish, survey: Survey) -> _Medium | Obstacle:
    if survey.stores is None or wish.image is None:
        return Obstacle(Clean("nothing is known of the medium"))
    loop = _loop(host, survey)
    if isinstance(loop, Obstacle):
        return loop
    mount = holding(loop.backing, survey.stores.mounts)
    if mount is None:
        return _gone(loop)
    if why := _unfit(loop, mount, survey):
        return why
    squashfs = wish.image.file("squashfs")
    pairs = [] if squashfs is None else [(squashfs, loop.backing)]
    for role in _KERNELS:
        file = wish.image.file(role)
        if file is None:
            continue
        place = _place(host, survey, mount, role)
        if isinstance(place, Obstacle):
            return place
        pairs.append((file, place))
    return _Medium(mount, tuple(pairs))


def _loop(host: Host, survey: Survey) -> LoopDevice | Obstacle:
    """Return what shows the squashfs in use."""
    image = host.boot.image if host.boot else None
    name = (image.device or "").removeprefix("/dev/") if image else ""
    loops = survey.stores.loops if survey.stores else ()
    loop = next((each for each in loops if each.name == name), None)
    if loop is None:
        return Obstacle(Clean("it is not seen which file of the medium it runs from"))
    return loop


def _gone(loop: LoopDevice) -> Obstacle:
    return Obstacle(
        clean(f"it runs from {loop.backing}, and that is not on a medium any more", 1000),
        Clean("boot it without toram, or upgrade it with --method kexec"),
    )


def _unfit(loop: LoopDevice, mount: Mount, survey: Survey) -> Obstacle | None:
    """Return why the medium is not to be written."""
    if mount.fstype in _IN_MEMORY:
        return _gone(loop)
    if loop.deleted or loop.backing.endswith(".old"):
        name = loop.backing.removesuffix(".old")
        return Obstacle(
            clean(f"another image is on the medium already, in the place of {name}", 1000),
            Clean("reboot into that first"),
        )
    if mount.fstype not in _WRITABLE:
        return Obstacle(
            clean(f"its medium at {mount.point} is {mount.fstype}, which nobody can write"),
            Clean("write a new medium, or upgrade it with --method kexec"),
        )
    others = [
        each.backing
        for each in (survey.stores.loops if survey.stores else ())
        if each is not loop and each.backing.startswith(f"{mount.point}/")
    ]
    if others:
        told = f"it runs from several images of its medium, {others[0]} among them"
        return Obstacle(clean(told, 1000), Clean("write a new medium"))
    return None


def _named(host: Host, role: str) -> tuple[str, ...]:
    """Return what the boot loader says that it has read, below whatever it calls the medium."""
    words = dict(parameters((host.boot.cmdline if host.boot else None) or ""))
    said = words.get("BOOT_IMAGE" if role == "kernel" else "initrd") or ""
    path = said.rpartition(")")[2].lstrip("/")
    parts = path.split("/")
    fit = path and ":" not in path and not {"", ".", ".."} & set(parts)
    return (path,) if fit else ()


def _place(host: Host, survey: Survey, mount: Mount, role: str) -> Clean | Obstacle:
    """Return the file on the medium that its boot loader reads."""

    def there(names: tuple[str, ...]) -> list[Clean]:
        paths = (clean(f"{mount.point}/{name}", 4096) for name in names)
        facts = ((path, survey.paths.get(path)) for path in paths)
        return [path for path, fact in facts if fact and fact.found is Found.FILE]

    found = there(_named(host, role)) or there(_KERNELS[role])
    if len(found) == 1:
        return found[0]
    told = f"it may be any of {', '.join(found)}" if found else "none is where one usually is"
    return Obstacle(
        clean(f"which {role} of its medium is booted is not known: {told}", 1000),
        Clean("name a set that has but a squashfs for the kernel it runs"),
    )


def _obstacles(
    host: Host, wish: Wish, survey: Survey, found: _Medium | Obstacle
) -> Iterator[Obstacle]:
    yield from booting.unfit(wish, survey)
    yield from lacking(survey, *_TOOLS, *upgrade_network.program(host, survey)[:1])
    if wish.image is None:
        return
    if wish.image.file("squashfs") is None:
        yield Obstacle(
            Clean(f"{wish.image.title} has no squashfs"), Clean("name a set that has one")
        )
    if len([each for each in wish.image.files if each.role == "initrd"]) > 1:
        yield Obstacle(clean(f"{wish.image.title} has several initrds"), Clean("make them one"))
    if isinstance(found, Obstacle):
        yield found
        return
    yield from inexact(*(old for _, old in found.pairs))
    for _, old in found.pairs:
        fact = survey.paths.get(old)
        if fact is not None and fact.real not in {None, old}:
            yield Obstacle(clean(f"{old} is a way to {fact.real}"), Clean("write a new medium"))
    if mount_at(survey.stores.mounts if survey.stores else (), found.mount.point) is None:
        yield Obstacle(clean(f"its medium is covered by another mount at {found.mount.point}"))


def _checks(image: StagedImage, medium: _Medium) -> Iterator[Check]:
    yield from booting.staged(image)
    squashfs, old = medium.pairs[0]
    for operation, refusal in (
        (("is_squashfs", squashfs.path, str(squashfs.size)), f"{squashfs.path} is no squashfs"),
        (("is_squashfs", old, str(1 << 50)), f"{old} is no squashfs any more"),
        (
            ("has_room", medium.mount.point, str(medium.needed)),
            f"{medium.mount.point} has less than {shown(medium.needed)} left for the new files: "
            f"delete {old}.old, if it is there",
        ),
        (("can_write", medium.mount.point), f"{medium.mount.point} is write-protected"),
    ):
        yield Check(Operation(operation), clean(refusal, 1000))


def _steps(medium: _Medium) -> Iterator[Step]:
    point, was = medium.words
    for file, old in medium.pairs:
        yield Step(
            clean(f"write the new {file.role} to the medium, as {old}.new", 1000),
            (Operation(("stock", file.path, f"{old}.new", file.sha256, point, was)),),
            (Operation(("unstock", f"{old}.new", point, was)),),
        )
    names = [old for _, old in medium.pairs]
    yield Step(
        clean(
            f"have the next boot read {'it' if len(names) == 1 else 'them'}, the old kept", 1000
        ),
        (Operation(("switch_medium", point, was, *names)),),
        (Operation(("switch_medium_back", point, was, *names)),),
    )


def _notes(host: Host, medium: _Medium) -> Iterator[Clean]:
    kept = ", ".join(f"{old}.old" for _, old in medium.pairs)
    yield clean(f"the old stays as {kept}: renamed back, it is booted again", 1000)
    if len(medium.pairs) == 1:
        yield Clean("kernel and initrd stay as they are: the new image must fit them")
    words = dict(parameters((host.boot.cmdline if host.boot else None) or ""))
    if host.boot and host.boot.style in _ASKING and "noprompt" not in words:
        yield Clean(
            "at its end it may ask for the medium to be taken out, and wait for a key: "
            "noprompt on its command line keeps it from that"
        )
