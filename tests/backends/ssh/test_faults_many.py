"""Many hosts, some of them dead or hostile: the others never notice."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from backends.ssh.resolver import Resolver
from console.clean import Clean
from console.contact import ContactState
from console.errors import Problem
from console.inventory import Entry
from tests.lab.farm import farm
from tests.lab.liar import liar
from tests.lab.link import NEEDS_LINK, island
from tests.lab.sshd import sshd
from tests.lab.staged import disguised
from tests.lab.watching import failed, named, told, up, watching
from tests.lab.world import World

pytestmark = [*NEEDS_LINK, pytest.mark.needs("sshd", "ssh", "ssh-keygen", "setpriv")]

FEW = "MaxStartups 10:30:100"
"""What servers come with: of more than ten that log in at once, some are dropped."""
MOST = 8 << 20
"""Bytes that a host may cost at most, whatever it sends."""


@pytest.fixture
def world() -> Iterator[World]:
    with World() as world:
        yield world


async def test_sixty_hosts_behind_one_jump_host(world: World) -> None:
    with ExitStack() as stack:
        it = stack.enter_context(farm(world, 60, stores=1))
        place = world.place() / "jump"
        jump = stack.enter_context(disguised(place, alias="jump", lines=[FEW]))
        it.config.write_text(jump.stanza + it.config.read_text())
        behind = [replace(entry, jump="jump") for entry in it.entries]
        async with watching(it.config, behind, 2.0) as watch:
            await watch.until(lambda contact: contact.host is not None or failed(contact))
            assert [told(each) for each in watch.fleet.view.contacts if each.failed] == []
            assert "MaxStartups" not in jump.log
            assert jump.log.count("Accepted publickey") == 1
            jump.stop()
            lost = await watch.until(failed)
            assert "via jump" in (lost.trouble or "") or lost.problem is Problem.LOST
            assert len(watch.fleet.view.events) == 1  # one alarm, not sixty


async def test_sixty_names_of_one_server(world: World) -> None:
    with island(world), disguised(world.place() / "server", lines=[FEW]) as server:
        names = [named(server.entry, f"n{number}") for number in range(60)]
        async with watching(server.config, names, 5.0) as watch:
            await watch.until(lambda contact: contact.host is not None or failed(contact))
            troubles = {each.problem for each in watch.fleet.view.contacts if each.failed}
            assert troubles <= {Problem.LIMIT}
            await watch.until(up)


async def test_the_living_do_not_notice_the_dead_and_the_hostile(
    world: World, tmp_path: Path
) -> None:
    floods = ("endless", "oneline", "random", "slow", "angry", "mute")
    interval = 1.0
    with farm(world, 20, holes=10, stores=4) as it, liar(tmp_path) as evil:
        it.config.write_text(evil.config.read_text() + it.config.read_text())
        entries = [*it.entries, *map(evil.entry, floods)]
        living = [host.alias for host in it.hosts]
        async with watching(it.config, entries, interval) as watch:
            await watch.until(lambda contact: bool(contact.host or contact.failed))
            await watch.until(up, *living)
            before = psutil.Process().memory_info().rss
            evil.strike()
            ages = await watch.ages(living, 6)
            assert max(ages.values()) < 2.5 * interval, ages
            assert psutil.Process().memory_info().rss - before < MOST * len(floods)
            for name in it.holes:
                dead = watch.contact(name)
                assert (dead.failed, dead.host) == (ContactState.UNREACHABLE, None)
            for lie in ("endless", "oneline", "random"):
                assert failed(watch.contact(f"liar-{lie}"))


async def test_a_dead_name_service_holds_up_no_numbers(tmp_path: Path) -> None:
    over = threading.Event()

    def lookup(name: str, family: int) -> list[str]:
        over.wait()
        raise OSError

    with sshd(tmp_path / "server") as server:
        config = tmp_path / "ssh_config"
        config.write_text(f"{server.stanza}Host *\n  IdentityFile {server.identity}\n")
        names = [f"w{number}.example" for number in range(40)]
        entries = [*(Entry(Clean(name), name) for name in names), server.entry]
        try:
            async with watching(config, entries, resolver=Resolver(lookup)) as watch:
                await watch.until(up, "server")
                assert not any(map(failed, map(watch.contact, names)))
                unknown = await watch.until(failed, *names)
                assert unknown.problem is Problem.TIMEOUT
                assert "DNS" in (unknown.trouble or "")
                assert up(watch.contact("server"))
        finally:
            over.set()
