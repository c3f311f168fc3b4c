"""The steps of one swap, and which services they begin anew, each by its own way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from console.clean import Clean, clean
from console.images.staged import StagedFile
from console.model import LoopDevice, Mount
from console.operations import Operation
from console.parse.amount import shown
from console.plan import Step
from console.survey import User

_SUPERVISORS = frozenset({"runsv", "s6-supervise", "supervise"})
"""Programs that start anew what ends beneath them."""
_LINKING = frozenset({"ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs"})
"""Filesystems where a file can have two names."""
_SECONDS = "30"
"""Within which a service must run from the new image."""


@dataclass(frozen=True, slots=True)
class Service:
    """A process that is begun anew, and by what."""

    user: User
    way: tuple[str, ...]
    told: Clean
    """``restart sshd (312), by a HUP``."""


@dataclass(frozen=True, slots=True)
class Swap:
    """What is swapped for what."""

    file: StagedFile
    """The new image."""
    place: Mount
    loop: LoopDevice
    """What the old one is on."""
    shared: tuple[Clean, ...]
    """Mount points whose mounts others get too, which pivot_root refuses."""
    libraries: bool
    """Whether the root holds copies of libraries."""
    boot: Clean | None
    """What the next boot reads; ``None``: it cannot be written."""
    disk: Mount | None
    """What holds that."""
    services: tuple[Service, ...]

    @property
    def device(self) -> str:
        """``7:0``."""
        return "{}:{}".format(*self.place.device)

    @property
    def kept(self) -> int:
        """Bytes that it takes to keep the old image besides."""
        return 0 if self.disk is None or self.disk.fstype in _LINKING else self.loop.size

    @property
    def steps(self) -> tuple[Step, ...]:
        """Return all of it, in order."""
        return (
            *self._private(),
            *self._stocked(),
            self._beside(),
            *self._fitting(),
            self._swapped(),
            *(_renewed(each) for each in self.services),
            self._detached(),
            *self._shared_again(),
            self._seen(),
            *self._switched(),
        )

    @property
    def _source(self) -> str:
        """The file that the host is to run from."""
        return f"{self.boot}.new" if self.boot else self.file.path

    @property
    def _folder(self) -> str:
        """Where the copies of its libraries go."""
        return f"/lib64-{self.file.sha256[:16]}" if self.libraries else ""

    @property
    def _disk_words(self) -> tuple[str, ...]:
        if self.disk is None:
            return ()
        return (self.disk.point, *(("ro",) if self.disk.read_only else ()))

    def _private(self) -> Iterator[Step]:
        for point in self.shared:
            yield Step(
                clean(f"keep what is mounted under {point} from other mount namespaces meanwhile"),
                (Operation(("mount", "--make-private", point)),),
                (Operation(("mount", "--make-shared", point)),),
            )

    def _stocked(self) -> Iterator[Step]:
        if self.boot is None:
            return
        new = f"{self.boot}.new"
        yield Step(
            clean(f"write the new image to the boot disk, as {new}", 1000),
            (Operation(("stock", self.file.path, new, self.file.sha256, *self._disk_words)),),
            (Operation(("unstock", new, *self._disk_words)),),
        )

    def _beside(self) -> Step:
        file = self.file
        words = (self._source, str(file.size), file.sha256, self.place.point)
        return Step(
            clean(f"mount it at {self.place.point}/_upgrade, its {shown(file.size)} hashed again"),
            (Operation(("mount_beside", *words, self.loop.name, self.device)),),
            (Operation(("unmount_beside", self._source, self.place.point)),),
        )

    def _fitting(self) -> Iterator[Step]:
        place, folder = self.place.point, self._folder
        yield Step(
            Clean("see that it can take the place of the old one, and is for this architecture"),
            (Operation(("may_follow", place)),),
        )
        if folder:
            yield Step(
                clean(f"copy to {folder} what /lib64 holds copies of"),
                (Operation(("copy_libraries", place, folder)),),
                (Operation(("drop_libraries", folder)),),
            )
        sshd = "sshd" if any(each.way[0] == "by_hup" for each in self.services) else ""
        yield Step(
            Clean("rehearse it where nobody else sees it: what is needed must run from it"),
            (Operation(("rehearse", place, self.device, folder, sshd)),),
        )

    def _swapped(self) -> Step:
        place, folder = self.place.point, self._folder
        back = (Operation(("renew_back", place, _SECONDS, *each.way)) for each in self.services)
        return Step(
            clean(f"swap the two by pivot_root: from now on {place} is the new one"),
            (Operation(("pivot", place, folder)),),
            (Operation(("pivot_back", place, folder)), *back),
        )

    def _detached(self) -> Step:
        place = self.place.point
        return Step(
            Clean("let go of the old image, which ends with its last user"),
            (Operation(("detach", place, self.loop.name)),),
            (Operation(("attach", place, self.loop.backing)),),
        )

    def _shared_again(self) -> Iterator[Step]:
        for point in self.shared:
            yield Step(
                clean(f"share what is mounted under {point} again"),
                (Operation(("mount", "--make-shared", point)),),
                (Operation(("mount", "--make-private", point)),),
            )

    def _seen(self) -> Step:
        return Step(
            clean(f"see that {self.place.point} is the new one, and who runs from the old one"),
            (Operation(("swapped", self.place.point, self._source)), Operation(("stragglers",))),
        )

    def _switched(self) -> Iterator[Step]:
        if self.boot is None:
            return
        words = (self.boot, *self._disk_words)
        yield Step(
            clean(f"have the next boot read it, the old one kept as {self.boot}.old", 1000),
            (Operation(("switch_file", *words)),),
            (Operation(("switch_file_back", *words)),),
        )


def services(users: Sequence[User]) -> Iterator[Service]:
    """Yield those of the users that can be begun anew; by which the operator came in last."""
    found = {service.way: service for user in users if (service := _service(user))}
    yield from sorted(found.values(), key=lambda each: each.way[0] == "by_hup")


def stragglers(users: Sequence[User], known: Sequence[Service]) -> tuple[User, ...]:
    """Return the users that are no service, nor end with one."""
    ended = {each.user.process.pid for each in known}
    ending = {each.user.process.pid for each in known if each.way[0] != "by_hup"}
    parents = {each.process.pid: each.parent for each in users}
    return tuple(
        each
        for each in users
        if each.process.pid not in ended and not ending & {*_above(each.process.pid, parents)}
    )


def _above(pid: int, parents: dict[int, int]) -> Iterator[int]:
    seen: set[int] = set()
    while pid in parents and pid not in seen:
        seen.add(pid)
        pid = parents[pid]
        yield pid


def _service(user: User) -> Service | None:
    process = user.process
    named = f"{process.name} ({process.pid})"
    if user.script and user.pid_file:
        told = clean(f"restart {named}, by {user.script}", 1000)
        return Service(user, ("by_script", user.script, user.pid_file), told)
    if user.parent_name in _SUPERVISORS:
        told = clean(f"end {named}, which {user.parent_name} starts anew")
        return Service(user, ("by_supervisor", str(user.parent), str(user.parent_started)), told)
    if process.name == "sshd" and user.parent_name != "sshd":
        told = clean(f"have {named} begin anew, by HUP: sessions stay as they are")
        return Service(user, ("by_hup", str(process.pid), str(process.started)), told)
    return None


def _renewed(service: Service) -> Step:
    return Step(service.told, (Operation(("renew", _SECONDS, *service.way)),))
