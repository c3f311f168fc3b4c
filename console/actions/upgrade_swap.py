"""Upgrade an Autoserver host while it runs: another squashfs takes the place of the one in use.

Both images hold an empty folder ``_upgrade``. The new one is mounted in that of the running one,
``pivot_root`` exchanges the two in one call of the kernel, services are begun anew one by one, and
the old one ends with its last user. Until it is let go, the way back is the same call; after that
its file is mounted again. What the next boot reads is changed last, where the boot disk can be
written.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from console.actions.booting import staged
from console.actions.ground import loop_of, mount_at
from console.actions.pivoting import Swap, services, stragglers
from console.actions.tools import inexact, lacking
from console.clean import Clean, clean
from console.images.staged import StagedFile
from console.listed import listed
from console.model import Host, LoopDevice, Mount, Style
from console.operations import Operation
from console.parse.amount import shown
from console.parse.cmdline import parameters
from console.plan import Check, Method, Obstacle, Plan, Tier, Wish
from console.survey import Found, Survey, SurveyRequest

PLACE = Clean("/rofs_root")
"""Where the image is that an Autoserver host runs."""
BOOT_DISK = Clean("/boot_disk")
LIBRARIES = Clean("/lib64")
"""Where boot has put copies of the libraries that every program begins with."""

_UPGRADE = Clean(f"{PLACE}/_upgrade")
_TOOLS = (
    *("flock", "mount", "umount", "losetup", "chroot", "pivot_root", "unshare", "sha256sum"),
    *("stat", "sed", "grep", "cp", "rm", "sync", "timeout", "sleep"),
)
_WRITABLE = frozenset({"vfat", "exfat", "ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs"})
"""Filesystems of boot disks that can be written, mounted for reading as they are."""
_SECTOR = 512


def asked(host: Host, wish: Wish, request: SurveyRequest) -> SurveyRequest:
    """Return what has to be looked at before: besides paths, who uses the image."""
    file = wish.image.file("squashfs") if wish.image else None
    paths = (_UPGRADE, LIBRARIES, _boot_file(host), *((file.path,) if file else ()))
    return replace(request, extra=(*request.extra, *paths), stores=True, users_of=PLACE)


def plan(host: Host, wish: Wish, survey: Survey) -> Plan:
    """Return what swaps the image of the host for the one that is staged there."""
    told = tuple(_obstacles(host, wish, survey))
    swap = None if told else _swap(host, wish, survey)
    return Plan(
        verb=wish.verb,
        host=host.name,
        subhost=wish.subhost,
        tier=Tier.INTERRUPTS,
        boot_id=survey.boot_id,
        checks=(*staged(wish.image), *_checks(swap)) if swap and wish.image else (),
        steps=swap.steps if swap else (),
        consequences=tuple(_consequences(host, swap, survey)) if swap else (),
        notes=tuple(_notes(swap, wish)) if swap else (),
        obstacles=told,
        image=wish.image,
        method=Method.SWAP,
    )


def hindrance(host: Host, subhost: Clean) -> Obstacle | None:
    """Return why nothing can be swapped there, as far as the host alone tells."""
    if subhost:
        return Obstacle(Clean(f"{subhost} runs from a lower layer, not from an image of its own"))
    if host.boot is None or host.boot.style is not Style.AUTOSERVER:
        return Obstacle(Clean(f"{host.name} is no Autoserver host: {PLACE} is what is swapped"))
    return None


def _boot_file(host: Host) -> Clean:
    """Return what the next boot reads, as Autoserver's initramfs finds it."""
    words = dict(parameters((host.boot.cmdline if host.boot else None) or ""))
    return Clean(f"{BOOT_DISK}/{words.get('autoserver_dir') or 'autosvr'}/system.img")


def _swap(host: Host, wish: Wish, survey: Survey) -> Swap | None:
    file = wish.image.file("squashfs") if wish.image else None
    mount, loop = _running(survey)
    if file is None or mount is None or loop is None or survey.stores is None:
        return None
    folder, there = survey.paths.get(LIBRARIES), survey.paths.get(file.path)
    boot, disk = _boot_file(host), mount_at(survey.stores.mounts, BOOT_DISK)
    fact = survey.paths.get(boot)
    writable = disk is not None and disk.fstype in _WRITABLE
    known = fact is not None and fact.found is Found.FILE and fact.real == boot
    above = (mount_at(survey.stores.mounts, point) for point in (Clean("/"), PLACE))
    return Swap(
        # Loop devices tell it by that.
        file=replace(file, path=there.real) if there and there.real else file,
        place=mount,
        loop=loop,
        shared=tuple(each.point for each in above if each and _is_shared(each)),
        libraries=folder is not None and folder.found is Found.FOLDER,
        boot=boot if writable and known else None,
        disk=disk,
        services=tuple(services(survey.users)),
    )


def _running(survey: Survey) -> tuple[Mount | None, LoopDevice | None]:
    if survey.stores is None:
        return None, None
    mount = mount_at(survey.stores.mounts, PLACE)
    return mount, loop_of(survey.stores, "{}:{}".format(*mount.device)) if mount else None


def _is_shared(mount: Mount) -> bool:
    return any(tag.startswith("shared:") for tag in mount.tags)


def _obstacles(host: Host, wish: Wish, survey: Survey) -> Iterator[Obstacle]:
    if found := hindrance(host, wish.subhost):
        yield found
        return
    yield from lacking(survey, *_TOOLS)
    file = wish.image.file("squashfs") if wish.image else None
    if file is None:
        what = wish.image.title if wish.image else "nothing"
        yield Obstacle(Clean(f"{what} has no squashfs"), Clean("name a set that has one"))
    else:
        yield from _of_file(file, survey)
    yield from _of_place(survey)


def _of_file(file: StagedFile, survey: Survey) -> Iterator[Obstacle]:
    fact = survey.paths.get(file.path)
    _, loop = _running(survey)
    if fact is None or fact.found is Found.MISSING:
        pass  # it is to be brought there before this begins, which looks at it
    elif fact.found is not Found.FILE:
        yield Obstacle(clean(f"{file.path} is no regular file"), Clean("stage the image again"))
    elif fact.foreign:
        yield Obstacle(
            clean(f"others than root may write {fact.foreign}, where the image lies"),
            clean(f"chown root {fact.foreign} && chmod go-w {fact.foreign}"),
        )
    elif loop is not None and loop.backing == fact.real:
        yield Obstacle(clean(f"{PLACE} runs from {file.path} already"))
    if file.size % _SECTOR:
        yield Obstacle(
            clean(f"{file.path} does not end with a whole sector, as no loop device can show it"),
            Clean("make it by mksquashfs without -nopad"),
        )
    yield from inexact(file.path, fact.real if fact else None)


def _of_place(survey: Survey) -> Iterator[Obstacle]:
    mount, loop = _running(survey)
    folder = survey.paths.get(_UPGRADE)
    if mount is None or mount.fstype != "squashfs" or loop is None:
        yield Obstacle(Clean(f"{PLACE} is no squashfs on a loop device"), Clean("look again"))
    elif survey.stores and mount_at(survey.stores.mounts, _UPGRADE):
        yield Obstacle(
            Clean(f"{_UPGRADE} is in use by another swap"),
            Clean("finish that job or roll it back; with no such job, umount it"),
        )
    elif folder is None or folder.found is not Found.FOLDER:
        yield Obstacle(
            Clean("the running image has no folder _upgrade"),
            Clean("reboot into one that has: only those can be swapped"),
        )


def _checks(swap: Swap) -> Iterator[Check]:
    path = swap.file.path
    held = (
        (("has_at", PLACE, swap.device), f"{PLACE} is another than when this was planned"),
        (("is_squashfs", path, str(swap.file.size)), f"{path} is no whole squashfs"),
        (("has_spare_loop",), "there is no free loop device"),
    )
    for words, refusal in held:
        yield Check(Operation(words), clean(refusal, 1000))
    if swap.boot:
        needed = swap.file.size + swap.kept
        yield Check(
            Operation(("has_room", BOOT_DISK, str(needed))),
            Clean(f"{BOOT_DISK} has less than {shown(needed)} left for the new image"),
        )


def _consequences(host: Host, swap: Swap, survey: Survey) -> Iterator[Clean]:
    left = stragglers(survey.users, swap.services)
    if left:
        names = [f"{each.process.name} ({each.process.pid})" for each in left]
        yield clean(f"run from the old image until they end: {listed(names, 12)}", 1000)
    for guest in host.subhosts:
        lower = guest.overlay.lower if guest.overlay else ()
        if guest.pid is not None and any(f"{each}/".startswith(f"{PLACE}/") for each in lower):
            yield Clean(f"{guest.name} runs on the old image until it is restarted")
    for mount in survey.stores.mounts if survey.stores else ():
        lower = mount.overlay.lower if mount.overlay else ()
        if any(f"{each}/".startswith(f"{PLACE}/") for each in lower):
            yield clean(f"the overlay at {mount.point} stays on the old image")


def _notes(swap: Swap, wish: Wish) -> Iterator[Clean]:
    if swap.boot:
        yield clean(f"the next boot reads the new image, the old one is kept as {swap.boot}.old")
    else:
        why = f"is {swap.disk.fstype} and is not written" if swap.disk else "is not mounted"
        yield clean(f"the next boot brings back the old image: {BOOT_DISK} {why}")
        yield clean(f"{swap.file.path} must stay: the host runs from it until then")
    if wish.image and any(each.role in {"kernel", "initrd"} for each in wish.image.files):
        yield Clean("kernel and initrd stay as they are until a reboot")
    if swap.loop.deleted:
        yield clean(f"{swap.loop.backing} has no name any more: once let go, it is gone", 1000)
