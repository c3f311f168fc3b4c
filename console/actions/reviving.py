"""What becomes of a filesystem whose store was full, once that takes writes again.

The kernel refuses to mount an ext4 anew for writing that has aborted its journal, also after its
device was checked: it forgets that only when it is unmounted (``__ext4_remount`` of fs/ext4).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from console.clean import Clean, clean
from console.operations import Operation
from console.plan import Step

_CHECKS = {"ext2": "e2fsck -f", "ext3": "e2fsck -f", "ext4": "e2fsck -f", "xfs": "xfs_repair"}
"""What checks a filesystem that is not mounted."""


@dataclass(frozen=True, slots=True)
class Revived:
    """A filesystem on a store that was full."""

    mount: Clean
    fstype: str
    device: Clean
    """Name of the mapped device."""
    forgotten: bool
    """Whether a reboot forgets what is in the store."""

    @property
    def remedy(self) -> str:
        """What it takes where the filesystem has given up for good."""
        if self.mount != "/":
            check = _CHECKS.get(self.fstype, "fsck")
            return f"umount {self.mount}, {check} /dev/mapper/{self.device}, and mount it again"
        gone = ", which forgets all changes" if self.forgotten else ""
        return (
            f"a root is unmounted only by a reboot{gone}: copy off first what matters, which can "
            "be read"
        )

    @property
    def step(self) -> Step:
        """Return what has it written again, or tells what that takes."""
        why = f"have {self.mount} written again, where its filesystem has not given up for good"
        return Step(clean(why), (Operation(("write_again", self.mount, self.remedy)),))

    @property
    def consequences(self) -> Iterator[Clean]:
        """Yield what is lost, and what may be left to do."""
        yield Clean(
            "what was written since it was full, and not kept, is lost: see to the files in use"
        )
        yield clean(
            f"the filesystem at {self.mount} may have given up for good when it could not write, "
            "as an ext4 does that aborts its journal: it stays read-only then, whatever it is "
            f"told; {self.remedy}",
            1000,
        )
        yield Clean("else the filesystem should be checked by fsck when it is mounted next")
