from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from console.parse.modules_dep import builtin, modules, spelled

DEP = """\
kernel/drivers/net/virtio_net.ko: kernel/drivers/net/net_failover.ko kernel/net/core/failover.ko
kernel/net/core/failover.ko:
kernel/drivers/md/dm-mod.ko.xz:
updates/odd
"""


def test_a_module_is_found_by_its_name_with_all_it_needs() -> None:
    found = modules(DEP)
    assert found["virtio_net"] == (
        "kernel/drivers/net/virtio_net.ko",
        "kernel/drivers/net/net_failover.ko",
        "kernel/net/core/failover.ko",
    )
    assert found["dm_mod"] == ("kernel/drivers/md/dm-mod.ko.xz",)
    assert len(found) == 3
    assert spelled(["dm-mod", "loop"]) == ("dm_mod", "loop")
    assert builtin("kernel/fs/ext4/ext4.ko\n\nkernel/drivers/dm-mod.ko\n") == {"ext4", "dm_mod"}


@given(st.text())
def test_any_text_is_read(text: str) -> None:
    assert all(files for files in modules(text).values())
    assert "" not in builtin(text)
