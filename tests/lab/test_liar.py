"""The liar tells the truth until told to strike, and then lies as its login says."""

from __future__ import annotations

import select
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

import pytest

from tests.lab.liar import Liar, liar
from tests.lab.lies import LIES
from tests.lab.sshd import PATIENCE

pytestmark = pytest.mark.needs("ssh", "ssh-keygen")

PROGRAM = r"""read -r its; while read -r n; do printf 'tmpfs 123456\n\nab12cd.%s\n' "$n"; done"""
TRUE = b"tmpfs 123456\n\nab12cd.%d\n"
SIZE = len(TRUE % 1)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Liar]:
    with liar(tmp_path_factory.mktemp("liar")) as server:
        yield server


@pytest.fixture
def host(server: Liar) -> Liar:
    server.relent()
    return server


class Session:
    """A client that asks for one frame after the other."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdin and process.stdout
        self._process = process
        self._in: IO[bytes] = process.stdin
        self._out: IO[bytes] = process.stdout
        self._in.write(b"S=ab12cd limit=9\n")

    def ask(self, number: int) -> None:
        self._in.write(b"%d\n" % number)

    def read(self, least: int, seconds: float = PATIENCE) -> bytes:
        """Return at least so many bytes, or what comes until the time is over or it ends."""
        said, end = b"", time.monotonic() + seconds
        while len(said) < least and (left := end - time.monotonic()) > 0:
            if select.select([self._out], [], [], left)[0]:
                if not (more := self._out.read(1 << 16)):
                    break
                said += more
        return said

    def true(self, number: int) -> bool:
        self.ask(number)
        return self.read(SIZE) == TRUE % number

    def status(self) -> int:
        return self._process.wait(PATIENCE)


@contextmanager
def session(host: Liar, lie: str) -> Iterator[Session]:
    argv = ["ssh", "-F", str(host.config), "-o", "BatchMode=yes", f"{lie}@liar", PROGRAM]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        argv, bufsize=0, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL
    ) as process:
        try:
            yield Session(process)
        finally:
            process.kill()


LATER = sorted(set(LIES) - {"banner", "noise", "megabyte", "gone"})


@pytest.mark.parametrize("lie", LATER)
def test_it_is_honest_until_it_strikes(host: Liar, lie: str) -> None:
    with session(host, lie) as client:
        assert client.true(1)
        assert client.true(2)


def lied(host: Liar, lie: str, least: int = 1, seconds: float = PATIENCE) -> bytes:
    host.strike()
    with session(host, lie) as client:
        client.ask(1)
        return client.read(least, seconds)


@pytest.mark.parametrize("lie", ["endless", "oneline", "random"])
def test_floods_go_on(host: Liar, lie: str) -> None:
    flood = lied(host, lie, 4 << 20)
    assert len(flood) >= 4 << 20
    assert (b"\n" in flood) == (lie != "oneline")


def test_silence_is_silent_and_slowness_slow(host: Liar) -> None:
    assert lied(host, "mute", 1, 0.5) == b""
    assert 1 <= len(lied(host, "slow", 9, 2.5)) <= 4


def test_frames_are_other_than_they_were(host: Liar) -> None:
    assert b"dc21ba.1" in lied(host, "separator", 20)
    assert lied(host, "twice", 2 * SIZE) == 2 * TRUE % (1, 1)
    assert b"\xff\xfe\x1b]0;owned" in lied(host, "bytes", 20)
    assert b"9" * 40 in lied(host, "figures", 50)


def test_old_frames_come_again(host: Liar) -> None:
    host.strike()
    with session(host, "replay") as client:
        assert client.true(1)
        client.ask(2)
        assert client.read(SIZE) == TRUE % 1


@pytest.mark.parametrize(("lie", "status"), [("cut", 255), ("closed", 0)])
def test_ends_in_the_middle_of_a_frame(host: Liar, lie: str, status: int) -> None:
    host.strike()
    with session(host, lie) as client:
        client.ask(1)
        assert client.read(1 << 16) in TRUE % 1
        assert client.status() == status


def test_noise_comes_first(host: Liar) -> None:
    with session(host, "megabyte") as client:
        client.ask(1)
        assert client.read((1 << 20) + 1 + SIZE) == b"m" * (1 << 20) + b"\n" + TRUE % 1
    with session(host, "noise") as client:
        client.ask(1)
        said = client.read(1 << 20, 1)
        assert said.startswith(b"Welcome") and said.endswith(TRUE % 1)


def test_a_shell_that_is_none_and_a_truth_with_much_complaint(host: Liar) -> None:
    with session(host, "gone") as client:
        assert client.status() == 0
    with session(host, "angry") as client:
        assert client.true(1)


def test_the_banner_is_huge(host: Liar) -> None:
    argv = ["ssh", "-F", str(host.config), "-o", "BatchMode=yes", "banner@liar", "true"]
    said = subprocess.run(argv, capture_output=True, timeout=PATIENCE)
    assert len(said.stderr) > 1 << 20


def test_it_relents(host: Liar) -> None:
    host.strike()
    host.relent()
    with session(host, "mute") as client:
        assert client.true(1)
