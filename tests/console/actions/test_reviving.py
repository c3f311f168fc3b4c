"""Of a filesystem that has given up is told exactly what it takes."""

from __future__ import annotations

import pytest

from console.actions.reviving import Revived
from console.clean import Clean


@pytest.mark.parametrize(
    ("mount", "fstype", "forgotten", "remedy"),
    [
        ("/srv", "ext4", True, "umount /srv, e2fsck -f /dev/mapper/cow, and mount it again"),
        ("/srv", "xfs", False, "umount /srv, xfs_repair /dev/mapper/cow, and mount it again"),
        ("/srv", "f2fs", False, "umount /srv, fsck /dev/mapper/cow, and mount it again"),
        ("/", "ext4", False, "by a reboot: copy off first"),
        ("/", "ext4", True, "by a reboot, which forgets all changes: copy off first"),
    ],
)
def test_what_it_takes(mount: str, fstype: str, forgotten: bool, remedy: str) -> None:
    revived = Revived(Clean(mount), fstype, Clean("cow"), forgotten)
    assert remedy in revived.remedy
    assert any(remedy in each for each in revived.consequences)
    assert revived.step.operations[0].argv == ("write_again", mount, revived.remedy)
