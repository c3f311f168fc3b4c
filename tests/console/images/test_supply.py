from __future__ import annotations

from collections.abc import AsyncIterator

from console.clean import Clean
from console.images.staged import StagedFile, StagedImage
from console.images.supply import HOME, Staging, Supply

FILES = tuple(
    StagedFile(Clean(role), Clean(path), 1, Clean(f"{at}" * 64))
    for at, (role, path) in enumerate((("kernel", "boot/vmlinuz"), ("squashfs", "root.squashfs")))
)
SET = StagedImage(Clean("edge"), Clean("10"), FILES)


async def read(file: StagedFile, offset: int) -> AsyncIterator[bytes]:
    yield b""


def test_a_host_gets_what_it_needs_under_a_name_that_tells_what_it_is_made_of() -> None:
    supply = Supply(SET, read)
    home = supply.home({"kernel"})
    digest = SET.token.rpartition(":")[2]
    assert home.folder == f"/var/lib/subdeck/images/edge/10-{digest[:12]}"
    assert [file.path for file in home.files] == [f"{home.folder}/boot/vmlinuz"]
    assert home.token == SET.token
    other = StagedImage(Clean("edge"), Clean("10"), FILES[:1])
    assert Supply(other, read).home({"kernel"}).folder != home.folder


def test_a_boot_server_has_all_of_it_below_what_decides_what_it_hands_out() -> None:
    image = Supply(SET, read).beside(Clean("/srv/boot/boot.ipxe"))
    assert image.folder == "/srv/boot/edge/10"
    assert image.files[0].path == "/srv/boot/edge/10/boot/vmlinuz"
    nameless = Supply(StagedImage(Clean("vmlinuz"), Clean(""), FILES), read)
    assert nameless.beside(Clean("/srv/current")).folder.startswith("/srv/vmlinuz-")


def test_each_host_has_its_folder_unless_one_is_given_for_all() -> None:
    web, mail = Clean("web1"), Clean("mail1")
    staging = Staging(own={web: Clean("/data/images")})
    assert [staging.folder(web), staging.folder(mail)] == ["/data/images", HOME]
    assert Staging(Clean("/mnt"), staging.own).folder(web) == "/mnt"
    assert staging.roots(web) == ("/data/images", HOME)
    assert Staging(Clean("/mnt"), staging.own).roots(web) == ("/mnt",)
    assert Supply(SET, read).home({"kernel"}, "/data/").folder.startswith("/data/edge/10-")
