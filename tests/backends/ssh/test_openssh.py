"""The operator's configuration, as the ssh that is here tells it."""

from __future__ import annotations

import asyncio
import os
import shutil
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from backends.ssh import openssh
from backends.ssh.openssh import OpenSSH
from console.clean import Clean
from console.errors import Problem, Unreachable
from console.inventory import Entry
from tests.backends.ssh.bastions import ended
from tests.lab.inventory import until

pytestmark = pytest.mark.needs("ssh")

CONFIG = """
Host web1
    HostName 10.0.0.1
    User deploy
    Port 2222
    ProxyJump op@gate:22
Host gate
    IdentityFile ~/.ssh/gate
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "config"
    path.write_text(CONFIG)
    return path


@pytest.fixture
async def asked(config: Path) -> AsyncIterator[OpenSSH]:
    found = OpenSSH(config, config.parent)
    yield found
    found.close()


def write(path: Path, text: str) -> None:
    path.write_text(text)


def read(path: Path) -> str:
    return path.read_text()


def entry(address: str, **more: object) -> Entry:
    return Entry(Clean("name"), address, **more)  # type: ignore[arg-type]


async def test_what_is_configured_for_an_alias(asked: OpenSSH, config: Path) -> None:
    found = await asked.settings(entry("web1"))
    assert (found.hostname, found.user, found.port) == ("10.0.0.1", "deploy", 2222)
    assert found.jumps == "op@gate:22"
    gate = await asked.settings(entry("gate"))
    assert gate.identities.files == (f"{config.parent}/.ssh/gate",)


async def test_our_own_configuration_goes_before(asked: OpenSSH) -> None:
    found = await asked.settings(entry("web1", user="root", port=22, jump="other"))
    assert (found.user, found.port, found.jumps) == ("root", 22, "other")
    assert (await asked.settings(entry("web1", jump="none"))).jumps is None


async def test_an_address_that_nothing_is_configured_for(asked: OpenSSH) -> None:
    assert (await asked.settings(entry("fe80::1%lo"))).hostname == "fe80::1%lo"


@pytest.mark.parametrize(
    "more",
    [
        {"address": "-oProxyCommand=touch /tmp/x"},
        {"address": "a;b"},
        {"address": "x", "user": "-l"},
        {"address": "x", "jump": "-oX"},
        {"address": "x", "jump": "a,,b"},
    ],
)
async def test_what_could_be_taken_for_an_option_never_gets_to_ssh(
    asked: OpenSSH, more: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asyncio, "create_subprocess_exec", None)
    with pytest.raises(Unreachable) as refused:
        await asked.settings(entry(**more))
    assert refused.value.problem is Problem.CONFIG


async def test_a_change_of_the_file_is_noticed(asked: OpenSSH, config: Path) -> None:
    await asked.settings(entry("web1"))
    write(config, CONFIG.replace("10.0.0.1", "10.0.0.2"))
    assert (await asked.settings(entry("web1"))).hostname == "10.0.0.2"


async def test_one_run_of_ssh_serves_all_who_ask_the_same(
    asked: OpenSSH, config: Path, tmp_path: Path
) -> None:
    runs = tmp_path / "runs"
    write(config, f'Match exec "echo >>{runs}"\n{CONFIG}')
    found = await asyncio.gather(*(asked.settings(entry("web1")) for _ in range(20)))
    assert len(set(found)) == 1
    assert read(runs) == "\n"
    asked.forget()
    await asked.settings(entry("web1"))
    assert read(runs) == "\n\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Host *\n  Colour red\n", "line 2: Bad configuration option: colour"),
        ("Host *\n  Port many\n", "line 2: Bad "),
        ('Host "x\n', "line 1"),
        ("Include {config}\n", "Too many recursive configuration includes"),
    ],
    ids=["option", "value", "quote", "includes itself"],
)
async def test_a_mistake_in_the_file_is_told_as_ssh_tells_it(
    config: Path, text: str, said: str
) -> None:
    write(config, text.format(config=config))
    asked = OpenSSH(config, config.parent)
    with pytest.raises(Unreachable) as refused:
        await asked.settings(entry("web1"))
    assert said in str(refused.value)
    assert refused.value.problem is Problem.CONFIG
    write(config, CONFIG)
    assert (await asked.settings(entry("web1"))).port == 2222, "mended, it holds again"
    asked.close()


async def test_a_configuration_that_takes_too_long_is_given_up(
    asked: OpenSSH, config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark = tmp_path / "mark"
    write(config, f'Match exec "echo $$ >{mark}; exec sleep 1000"\n{CONFIG}')
    monkeypatch.setattr(openssh, "DEADLINE", 1.0)
    with pytest.raises(Unreachable, match=r"more than 1 s") as refused:
        await asked.settings(entry("web1"))
    assert refused.value.problem is Problem.CONFIG
    until(lambda: ended(read(mark)), 20, "what it ran to end too")


async def test_closing_leaves_no_run_behind(asked: OpenSSH, config: Path, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    os.mkfifo(mark)
    write(config, f'Match exec "echo $$ >{mark}; exec sleep 1000"\n{CONFIG}')
    waiting = asyncio.create_task(asked.settings(entry("web1")))
    pid = await asyncio.get_running_loop().run_in_executor(None, mark.read_text)
    asked.close()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    until(lambda: ended(pid), 20, "what it ran to end too")


async def test_without_an_ssh_client_its_defaults_hold(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    asked = OpenSSH(config, config.parent)
    found = await asked.settings(entry("10.0.0.1", user="root", jump="gate"))
    assert (found.hostname, found.user, found.port) == ("10.0.0.1", "root", 22)
    assert found.jumps == "gate"
    assert found.host_keys.user_files == (f"{config.parent}/.ssh/known_hosts",)
    assert f"{config.parent}/.ssh/id_ed25519" in found.identities.files
    assert found.unhonoured == ("~/.ssh/config: not read, for no ssh client is installed",)
    asked.close()


def test_aliases_of_all_included_files(config: Path) -> None:
    folder = config.parent / ".ssh/more"
    folder.mkdir(parents=True)
    (folder / "a").write_text("Host late\nInclude ~/.ssh/more/b\n")
    (folder / "b").write_text(f"Host deep *.lab\nInclude {config}\n")
    config.write_text(f"Include more/*\nInclude nowhere/*\n{CONFIG}")
    found = OpenSSH(config, config.parent).aliases()
    assert found.names == ("web1", "gate", "late", "deep")
    assert found.match("x.lab")


async def test_a_file_that_joins_the_included_ones_is_noticed(config: Path) -> None:
    folder = config.parent / ".ssh/more"
    folder.mkdir(parents=True)
    write(config, f"Include {folder}/*\n{CONFIG}")
    asked = OpenSSH(config, config.parent)
    await asked.settings(entry("web1"))
    write(folder / "a", "Host web1\n  HostName 10.9.9.9\n")
    assert (await asked.settings(entry("web1"))).hostname == "10.9.9.9"
    write(folder / "a", "Host web1\n  HostName 10.9.9.8\n")
    assert (await asked.settings(entry("web1"))).hostname == "10.9.9.8"
    asked.close()


async def test_nothing_there_is_a_configuration_too(tmp_path: Path) -> None:
    began = time.monotonic()
    assert OpenSSH(tmp_path / "none", tmp_path).aliases().names == ()
    assert time.monotonic() - began < 5
