"""``subdeck status`` and ``doctor`` of hosts over real SSH, living, dead and not to be trusted."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.console.cli.commands import ROOT, subdeck
from tests.lab.inventory import until
from tests.lab.sshd import Sshd, keypair, public, sshd

pytestmark = pytest.mark.needs("sshd", "ssh", "ssh-keygen")

BOOT_ID = Path("/proc/sys/kernel/random/boot_id").read_text().strip()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Sshd]:
    with sshd(tmp_path / "server") as running:
        yield running


@pytest.fixture
def silent() -> Iterator[int]:
    """A port where connections are accepted and nothing is ever said."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(16)
        yield listening.getsockname()[1]


def like(server: Sshd, alias: str, port: int) -> str:
    """Return what a client's configuration says of another host, which differs in its port."""
    text = server.stanza.replace(f"Host {server.alias}", f"Host {alias}")
    return text.replace(f"Port {server.port}", f"Port {port}")


def hosts(said: subprocess.CompletedProcess[str]) -> dict[str, dict[str, object]]:
    return {each["name"]: each for each in json.loads(said.stdout)["hosts"]}


def checks(server: Sshd, *argv: str, status: int) -> dict[str, tuple[str, str, str]]:
    """Return state, finding and remedy of what doctor looked into of the server."""
    said = subdeck("doctor", "--json", "-F", str(server.config), *argv)
    assert (said.returncode, said.stderr) == (status, "")
    return {
        each["check"]: (each["state"], each["found"], each["remedy"])
        for each in json.loads(said.stdout)["checks"]
        if each["host"] == server.alias
    }


# status


def test_a_host_over_ssh_is_told_as_truly_as_this_one(server: Sshd) -> None:
    said = subdeck("status", "--json", "-F", str(server.config), "local", server.alias)
    assert (said.returncode, said.stderr) == (0, "")
    local, there = hosts(said)["local"], hosts(said)[server.alias]
    assert (there["contact"], there["address"], local["address"]) == ("up", server.alias, None)
    assert isinstance(there["boot"], dict)
    assert isinstance(local["boot"], dict)
    assert there["boot"]["boot_id"] == local["boot"]["boot_id"] == BOOT_ID
    assert isinstance(there["levels"], list)
    assert {"mem", "fs:/"} & {level["id"] for level in there["levels"]}
    until(lambda: server.processes() == [server.pid], 20, "sessions to end")


def test_hosts_and_tags_come_from_the_configuration(server: Sshd, tmp_path: Path) -> None:
    config = tmp_path / "c.toml"
    config.write_text(
        f'[[host]]\nname = "web1"\naddress = "{server.alias}"\ntags = ["edge"]\nprotected = true\n'
        "[[levels.rule]]\ntag = 'edge'\nwatch = { percent = 0 }\nact = { percent = 0 }\n"
    )
    argv = ("status", "--json", "-F", str(server.config), "--config", str(config))
    said = subdeck(*argv, "@edge")
    assert (said.returncode, list(hosts(said))) == (0, ["web1"])
    found = hosts(said)["web1"]
    assert (found["tags"], found["protected"]) == (["edge"], True)
    assert isinstance(found["levels"], list)
    assert {level["state"] for level in found["levels"] if level["id"] == "mem"} == {"act"}
    assert list(hosts(subdeck(*argv))) == ["local", "web1"]


def test_who_fails_is_named_and_the_others_are_told(server: Sshd, silent: int) -> None:
    with server.config.open("a") as config:
        config.write(like(server, "gone", 1) + like(server, "mute", silent))
    began = time.monotonic()
    said = subdeck(
        "status", "-F", str(server.config), "--timeout", "3", "gone", "mute", server.alias
    )
    assert time.monotonic() - began < 30
    assert said.returncode == 1
    complaints = dict(line[9:].split(": ", 1) for line in said.stderr.splitlines())
    assert set(complaints) == {"gone", "mute"}
    assert complaints["mute"] == "no answer within 3 s"
    assert "refused" in complaints["gone"]
    rows = [line.split() for line in said.stdout.splitlines()]
    contacts = {row[1]: row[0] for row in rows if len(row) > 1}
    assert contacts["gone"] == contacts["mute"] == "unreachable"
    assert ["up", server.alias] in [row[:2] for row in rows]


def test_a_login_that_is_refused_is_tried_once(server: Sshd) -> None:
    (server.folder / "authorized_keys").write_text("")
    said = subdeck("status", "--json", "-F", str(server.config), server.alias)
    found = hosts(said)[server.alias]
    assert (said.returncode, found["contact"], found["problem"]) == (1, "denied", "auth")
    assert found["retry_in"] is None
    assert server.log.count("Connection from") == 1


def test_watching_waits_for_nobody_and_ends_cleanly(server: Sshd, silent: int) -> None:
    with server.config.open("a") as config:
        config.write(like(server, "mute", silent))
    argv = ["status", "--json", "--watch", "-F", str(server.config), "mute", server.alias]
    process = subprocess.Popen(
        [sys.executable, "-m", "console", *argv],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    try:
        ages: list[float] = []
        while len(ages) < 4:
            found = {each["name"]: each for each in json.loads(process.stdout.readline())["hosts"]}
            assert found["mute"]["age"] is None
            if found[server.alias]["age"] is not None:
                ages.append(found[server.alias]["age"])
        assert max(ages) < 30
        process.send_signal(signal.SIGINT)
        _, complaints = process.communicate(timeout=30)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 130
    assert "Traceback" not in complaints
    assert all(line.startswith("subdeck: ") for line in complaints.splitlines())
    until(lambda: server.processes() == [server.pid], 20, "sessions to end")


def test_a_watch_whose_reader_leaves_ends_without_a_word(server: Sshd) -> None:
    reading, writing = os.pipe()
    with os.fdopen(writing, "wb") as pipe:
        process = subprocess.Popen(
            [sys.executable, "-m", "console", "status", "--json", "--watch"],
            cwd=ROOT,
            stdout=pipe,
            stderr=subprocess.PIPE,
        )
    os.read(reading, 100)
    os.close(reading)
    _, complaints = process.communicate(timeout=60)
    assert (process.returncode, complaints) == (1, b"")


# doctor


def test_doctor_tells_the_way_what_is_permitted_and_what_it_costs(server: Sshd) -> None:
    found = checks(server, server.alias, status=0)
    way = ["resolve", "keys", "route", "name", "connect", "host key", "login"]
    assert [each for each in found if each in way] == way
    assert server.fingerprint in found["host key"][1]
    assert found["privilege"][0] == ("ok" if os.geteuid() == 0 else "lacking")
    assert found["levels"][1].endswith("measured")
    assert "stat" in found["tools"][1]
    assert found["cost of a look"][1].endswith(" of one")
    assert "ms of CPU" in found["cost of fill levels"][1]


def test_doctor_goes_no_further_than_the_way_goes(server: Sshd) -> None:
    (server.folder / "authorized_keys").write_text("")
    found = checks(server, server.alias, status=1)
    assert [name for name, (state, _, _) in found.items() if state == "failed"] == ["login"]
    assert list(found)[-1] == "login"
    assert server.log.count("Connection from") == 1


def test_doctor_examines_several_hosts_in_one_table(server: Sshd) -> None:
    said = subdeck("doctor", "-F", str(server.config), "local", server.alias)
    assert (said.returncode, said.stderr) == (0, "")
    rows = [line.split() for line in said.stdout.splitlines() if line.strip()]
    assert rows[0][:2] == ["HOST", "CHECK"]
    assert {"local", server.alias} <= {row[0] for row in rows}


# Keys


def test_an_unknown_key_is_shown_with_the_way_to_accept_it(server: Sshd) -> None:
    server.known_hosts.write_text("")
    said = subdeck("status", "--json", "-F", str(server.config), server.alias)
    found = hosts(said)[server.alias]
    assert (said.returncode, found["contact"], found["problem"]) == (1, "denied", "unknown-key")
    assert found["fingerprint"] == server.fingerprint
    command = f"subdeck doctor {server.alias} --accept-key {server.fingerprint}"
    assert command in said.stderr
    state, _, remedy = checks(server, server.alias, status=1)["accept key"]
    assert (state, remedy.endswith(command)) == ("lacking", True)
    assert server.known_hosts.read_text() == ""


def test_exactly_the_offered_key_is_accepted_and_told_where_it_went(server: Sshd) -> None:
    server.known_hosts.write_text("")
    other = f"SHA256:{'a' * 43}"
    found = checks(server, server.alias, "--accept-key", other, status=1)
    assert list(found) == ["accept key"]
    assert found["accept key"][0] == "failed"
    assert other in found["accept key"][1]
    assert server.fingerprint in found["accept key"][2]
    assert server.known_hosts.read_text() == ""

    found = checks(server, server.alias, "--accept-key", server.fingerprint, status=0)
    assert found["accept key"][0] == "ok"
    assert server.key_line in found["accept key"][1]
    assert str(server.known_hosts) in found["accept key"][1]
    assert server.known_hosts.read_text() == f"{server.key_line}\n"
    assert found["login"][0] == "ok"

    found = checks(server, server.alias, "--accept-key", server.fingerprint, status=1)
    assert found["accept key"][2] == "its key is known already"
    assert server.known_hosts.read_text() == f"{server.key_line}\n"


def test_a_changed_key_is_never_accepted(server: Sshd, tmp_path: Path) -> None:
    known = f"{server.host} {public(keypair(tmp_path / 'other'))}\n"
    server.known_hosts.write_text(known)
    said = subdeck("status", "--json", "-F", str(server.config), server.alias)
    found = hosts(said)[server.alias]
    assert (found["contact"], found["problem"]) == ("key-changed", "changed-key")
    assert "--accept-key" not in said.stderr
    refused = checks(server, server.alias, "--accept-key", server.fingerprint, status=1)
    assert refused["accept key"][0] == "failed"
    assert "never accepted" in refused["accept key"][1]
    assert "accept key" not in checks(server, server.alias, status=1)
    assert server.known_hosts.read_text() == known
