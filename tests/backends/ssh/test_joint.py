"""Several who ask one shell at once share a frame, and each is told only what is its own."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from backends.answers import Now
from backends.ssh.asker import RemoteProber
from backends.ssh.joint import Joint
from backends.ssh.shell import Answerer, Shell, Silent
from backends.ssh.slow import RemoteSlow
from console.errors import Unreachable
from console.parse.probe_frames import Frame
from tests.backends.ssh.shells import SECONDS, SHELLS, SHORT, begun, hanging, never


@pytest.fixture
def requests(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """What any shell is asked from now on."""
    asked: list[bytes] = []
    post = Shell.post

    def noted(shell: Shell, request: bytes) -> asyncio.Future[Frame | None]:
        asked.append(request)
        return post(shell, request)

    monkeypatch.setattr(Shell, "post", noted)
    return asked


async def texts(shell: Answerer, *requests: bytes) -> list[dict[bytes, bytes]]:
    """Ask all at once; return the sections of each."""
    frames = await asyncio.gather(*(shell.ask(each, SECONDS) for each in requests))
    return [{name: each.data for name, each in frame.sections.items()} for frame in frames]


@pytest.mark.parametrize("shell", SHELLS)
async def test_each_finds_its_own_sections_in_one_frame(shell: str, requests: list[bytes]) -> None:
    async with begun(shell) as alone:
        joint = Joint(alone)
        first, second, third = await texts(
            joint, b"said a 0 one; said b.c 0 two", b"said a 0 three", b"! some /none || said d"
        )
        assert first == {b"a": b"one", b"b.c": b"two"}
        assert second == {b"a": b"three"}
        assert third == {}
        assert len(requests) == 1
        (after,) = await texts(joint, b"said a 0 four")
        assert after == {b"a": b"four"}


@pytest.mark.parametrize("shell", SHELLS[:1])
async def test_who_asks_while_others_wait_is_told_afterwards(shell: str) -> None:
    async with begun(shell) as alone:
        joint = Joint(alone)
        slow = asyncio.create_task(texts(joint, b"run a sleep 0.3"))
        await asyncio.sleep(0.1)
        assert await texts(joint, b"said b 0 late") == [{b"b": b"late"}]
        assert slow.done()


@pytest.mark.parametrize("shell", SHELLS[:1])
async def test_of_those_who_ask_the_one_whose_question_hangs_learns_it_first(
    shell: str, tmp_path: Path
) -> None:
    flag = tmp_path / "hangs"
    flag.touch()
    hang = hanging(flag).encode()
    failed: list[tuple[str, bytes]] = []

    async def ask(name: str, request: bytes, unsaid: bytes = b"") -> None:
        try:
            await joint.ask(request, SHORT, unsaid)
        except Silent as error:
            failed.append((name, error.begun))

    async with begun(shell) as alone:
        joint = Joint(alone)
        await asyncio.gather(
            ask("before", b"said x"),
            ask("hangs", b"begin q3; flush; " + hang),
            ask("after", b"said y", unsaid=b"q0"),
        )
        flag.unlink()
        assert failed == [("hangs", b"q3"), ("after", b"q0"), ("before", b"")]
        with pytest.raises(Unreachable):
            await joint.ask(b"said x", SECONDS)


@pytest.mark.parametrize("shell", SHELLS[:1])
async def test_each_has_the_time_it_would_have_had_alone(shell: str) -> None:
    async with begun(shell) as alone:
        joint = Joint(alone)
        slow = b"run a sleep 1.2"
        frames = await asyncio.gather(*(joint.ask(slow, 2.0) for _ in range(3)))
        assert [frame.sections[b"a"].status for frame in frames] == [0, 0, 0]


@pytest.mark.parametrize("shell", SHELLS[:1])
async def test_who_is_told_to_give_up_ends_the_shell_for_all(shell: str) -> None:
    async with begun(shell) as alone:
        joint = Joint(alone)
        others = [asyncio.create_task(joint.ask(b"run a sleep 9", 20.0)) for _ in range(2)]
        await asyncio.sleep(0.2)
        others[0].cancel()
        async with asyncio.timeout(SHORT):
            done, _ = await asyncio.wait(others)
        assert all(each.cancelled() for each in done)
        assert not alone.alive


async def test_what_seldom_changes_costs_one_way_there_and_back(requests: list[bytes]) -> None:
    async with begun("dash", os.environ["PATH"]) as alone:
        prober = RemoteProber(SECONDS)
        joint = Joint(alone)
        prober.use(joint, never)
        slow = RemoteSlow(prober, ["/none/*/*.conf"], SECONDS, "web")
        first = await slow.look(joint, Now((), (), {}), changed=False)
        requests.clear()
        slow.stale()
        again = await slow.look(joint, Now((), (), {}), changed=False)
    assert again.evidence == first.evidence
    assert again.evidence is not None
    assert again.evidence.kernel == os.uname().release
    request, *inside = requests
    for each in (b"lines sys", b"tell routes", b"/etc/subhosts.conf", b"/proc/version"):
        assert each in request
    # What is beyond can only be asked once namespaces, or that packets are routed, are known.
    assert all(each.startswith((b"run n0 ", b"tell dnat ")) for each in inside)
