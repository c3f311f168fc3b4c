"""Through jump hosts: real ones, shared, dead, distrusted, and those that run in a circle."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from backends.ssh import attempt, jumps
from console.clean import Clean
from console.errors import Denied, Problem, Unreachable, UntrustedKey
from console.inventory import Entry
from console.turnstile import Turnstile
from tests.backends.ssh.bastions import bastion, black_hole, let_in, listening, refusal
from tests.lab.inventory import until
from tests.lab.sshd import PATIENCE, Sshd, keypair, sshd

pytestmark = pytest.mark.needs("sshd", "ssh", "ssh-keygen", "setpriv")


@dataclass
class Site:
    """A gate, and a host behind it."""

    folder: Path
    gate: Sshd
    host: Sshd

    @property
    def config(self) -> Path:
        return self.folder / "ssh_config"

    @property
    def entry(self) -> Entry:
        return self.host.entry

    def configure(self, *lines: str, gate: str = "gate") -> None:
        """Let the host be reached through the gate, after these lines."""
        way = f"Host {self.host.alias}\n  ProxyJump {gate}\n"
        self.config.write_text("\n".join((*lines, way, self.gate.stanza, self.host.stanza)))


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with ExitStack() as stack:
        gate = stack.enter_context(sshd(tmp_path / "gate", alias="gate"))
        host = stack.enter_context(sshd(tmp_path / "host", "MaxStartups 200", alias="host"))
        found = Site(tmp_path, gate, host)
        found.configure()
        yield found


def logins(server: Sshd) -> int:
    return server.log.count("Accepted publickey")


async def test_a_host_behind_a_gate(site: Site) -> None:
    async with bastion(site.config) as out:
        connected = await out.connect(site.entry)
        ran = await connected.connection.run("echo $SSH_CONNECTION")
        assert str(ran.stdout).split()[3:] == [f"{site.host.port}\\n'"]
        assert connected.address == site.host.address
        connected.release()
        steps = {step.check: step.found for step in await out.steps(site.entry)}
        assert steps["route"] == "via gate"
        assert site.host.fingerprint in steps["host key"]


async def test_the_last_who_leaves_closes_the_door(site: Site) -> None:
    async with bastion(site.config) as out:
        one, two = await out.connect(site.entry), await out.connect(site.entry)
        assert logins(site.gate) == 1
        one.release()
        await two.connection.run("true")
        assert len(site.gate.processes()) > 1
        two.release()
        await two.connection.wait_closed()
        until(lambda: len(site.gate.processes()) == 1, PATIENCE, "the gate to have noticed")
        await let_in(out, site.entry)
    assert logins(site.gate) == 2


async def test_sixty_at_once_and_none_is_turned_away(site: Site) -> None:
    """Each by a connection of its own, MaxStartups 10:30:100 would drop a third of them."""
    async with bastion(site.config, Turnstile(64)) as out:
        attempts = [out.connect(site.entry) for _ in range(60)]
        found = await asyncio.gather(*attempts, return_exceptions=True)
        for each in found:
            if not isinstance(each, BaseException):
                each.release()
        assert [each for each in found if isinstance(each, BaseException)] == []
    assert logins(site.gate) == 1


async def test_two_gates_in_a_row(site: Site, tmp_path: Path) -> None:
    with sshd(tmp_path / "outer", alias="outer") as outer:
        site.configure(outer.stanza, gate="outer,gate")
        async with bastion(site.config) as out:
            await let_in(out, site.entry)
        assert (logins(outer), logins(site.gate), logins(site.host)) == (1, 1, 1)
        site.configure("Host gate\n  ProxyJump outer\n", outer.stanza)
        async with bastion(site.config) as out:
            await let_in(out, site.entry)
        assert (logins(outer), logins(site.gate), logins(site.host)) == (2, 2, 2)


async def test_a_gate_of_our_own_configuration(site: Site) -> None:
    site.config.write_text(site.gate.stanza + site.host.stanza)
    entry = Entry(Clean("mine"), site.host.alias, jump="gate")
    async with bastion(site.config) as out:
        await let_in(out, entry)
    assert logins(site.gate) == 1


@pytest.mark.parametrize("gate", ["gate", "other,gate"])
async def test_gates_in_a_circle(site: Site, gate: str) -> None:
    identity = f"  IdentityFile {site.host.identity}\n"
    site.configure(f"Host gate other\n  ProxyJump gate\n{identity}", gate=gate)
    async with bastion(site.config) as out, asyncio.timeout(PATIENCE):
        error = await refusal(out, site.entry)
    assert isinstance(error, Unreachable)
    assert error.problem is Problem.CONFIG
    assert "circle" in str(error)
    assert str(error).count("unreachable") == 1


async def test_a_dead_gate_is_asked_once_for_all_behind_it(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attempt, "TCP", 0.5)
    monkeypatch.setattr(jumps, "DEAD_FOR", 1.0)
    port = site.gate.port
    site.gate.stop()
    async with bastion(site.config) as out:
        for error in await asyncio.gather(*(refusal(out, site.entry) for _ in range(10))):
            assert isinstance(error, Unreachable)
            assert error.problem is Problem.REFUSED
            assert str(error) == "unreachable via gate: connection refused"
        site.gate.start()
        assert site.gate.port == port
        assert "connection refused" in str(await refusal(out, site.entry)), "remembered"
        out.refresh()
        await let_in(out, site.entry)


async def test_a_gate_that_swallows_everything(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attempt, "TCP", 0.5)
    with black_hole() as port:
        site.gate.stop()
        site.gate.port = port
        site.configure()
        async with bastion(site.config) as out, asyncio.timeout(PATIENCE):
            error = await refusal(out, site.entry)
    assert str(error).startswith("unreachable via gate: no answer from 127.0.0.1")


async def test_a_gate_that_turns_us_away_is_not_asked_again(site: Site) -> None:
    keypair(site.folder / "wrong")
    lines = f"Host gate\n  IdentityFile {site.folder}/wrong\n"
    stanza = site.gate.stanza.replace(f"  IdentityFile {site.gate.identity}\n", "")
    way = "Host host\n  ProxyJump gate\n"
    site.config.write_text("\n".join((lines, way, stanza, site.host.stanza)))
    async with bastion(site.config) as out:
        for error in await asyncio.gather(*(refusal(out, site.entry) for _ in range(10))):
            assert isinstance(error, Denied)
            assert error.problem is Problem.AUTH
            assert str(error).startswith("via gate: login refused")
        await refusal(out, site.entry)
    until(lambda: "Failed publickey" in site.gate.log, PATIENCE, "the gate to have noticed")
    assert site.gate.log.count("Failed publickey") == 1


async def test_the_key_of_a_gate_can_be_accepted_from_behind_it(site: Site) -> None:
    site.gate.known_hosts.write_text("")
    async with bastion(site.config) as out:
        error = await refusal(out, site.entry)
        assert isinstance(error, UntrustedKey)
        assert error.problem is Problem.UNKNOWN_KEY
        assert str(error).startswith("via gate: unknown host key")
        assert error.line == site.gate.key_line
        await out.accept(error)
        await let_in(out, site.entry)


async def test_a_host_that_is_down_behind_a_good_gate(site: Site) -> None:
    site.host.stop()
    async with bastion(site.config) as out:
        error = await refusal(out, site.entry)
        assert isinstance(error, Unreachable)
        assert error.problem is Problem.REFUSED
        site.host.start()
        await let_in(out, site.entry)


async def test_a_gate_that_forbids_to_go_on(tmp_path: Path, site: Site) -> None:
    with sshd(tmp_path / "closed", "AllowTcpForwarding no", alias="closed") as closed:
        site.configure(closed.stanza, gate="closed")
        async with bastion(site.config) as out:
            error = await refusal(out, site.entry)
    assert isinstance(error, Denied)
    assert "AllowTcpForwarding" in error.hint


async def test_a_silent_host_behind_a_gate(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempt, "GREETING", 0.5)
    with listening() as mute:
        stanza = site.host.stanza.replace(str(site.host.port), str(mute.getsockname()[1]))
        site.config.write_text(f"Host host\n  ProxyJump gate\n{site.gate.stanza}{stanza}")
        async with bastion(site.config) as out:
            error = await refusal(out, site.entry)
    assert "says nothing" in str(error)


async def test_a_gate_that_dies_takes_its_hosts_along_and_comes_back(site: Site) -> None:
    async with bastion(site.config) as out:
        connected = await out.connect(site.entry)
        site.gate.stop()
        async with asyncio.timeout(PATIENCE):
            await connected.connection.wait_closed()
        connected.release()
        site.gate.start()
        await let_in(out, site.entry)


async def test_a_gate_that_died_is_not_used_again_while_others_still_hold_it(site: Site) -> None:
    async with bastion(site.config) as out:
        held = await out.connect(site.entry)
        site.gate.stop()
        async with asyncio.timeout(PATIENCE):
            await held.connection.wait_closed()
        site.gate.start()
        await let_in(out, site.entry)
        held.release()
        assert logins(site.gate) == 2


@pytest.mark.parametrize("seconds", [0.0, 0.02, 0.05, 0.08, 0.12, 0.2])
async def test_going_away_at_any_time_leaves_nothing(site: Site, seconds: float) -> None:
    async with bastion(site.config) as out:
        await let_in(out, site.entry)
        attempts = [asyncio.create_task(out.connect(site.entry)) for _ in range(4)]
        await asyncio.sleep(seconds)
        for each in attempts:
            each.cancel()
        for connected in await asyncio.gather(*attempts, return_exceptions=True):
            if not isinstance(connected, BaseException):
                connected.release()
        await gone(site)


async def gone(site: Site) -> None:
    for server in (site.host, site.gate):
        async with asyncio.timeout(PATIENCE):
            while len(server.processes()) > 1:  # noqa: ASYNC110 # no event tells of it
                await asyncio.sleep(0.02)


async def test_who_leaves_early_does_not_take_the_gate_from_others(site: Site) -> None:
    async with bastion(site.config) as out:
        early, late = (asyncio.create_task(out.connect(site.entry)) for _ in range(2))
        await asyncio.sleep(0.01)
        early.cancel()
        (await late).release()
        with pytest.raises(asyncio.CancelledError):
            await early
    assert logins(site.gate) == 1
