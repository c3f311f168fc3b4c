from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.lab.inventory import until
from tests.lab.sshd import PATIENCE, Sshd, sshd

pytestmark = pytest.mark.needs("sshd", "ssh", "ssh-keygen", "setpriv")


def ssh(server: Sshd, command: str) -> subprocess.Popen[str]:
    argv = ["ssh", "-F", str(server.config), "-o", "BatchMode=yes", server.alias, command]
    return subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_a_client_is_let_in_and_trusts_the_server(tmp_path: Path) -> None:
    with sshd(tmp_path / "a", "Banner none") as server:
        out, trouble = ssh(server, "echo here").communicate(timeout=PATIENCE)
        assert (out, trouble) == ("here\n", "")
        assert "Accepted publickey" in server.log


def test_two_servers_are_two(tmp_path: Path) -> None:
    with sshd(tmp_path / "a") as one, sshd(tmp_path / "b") as two:
        assert one.port != two.port
        assert one.fingerprint != two.fingerprint


def test_stopping_ends_connections_and_starting_keeps_the_port(tmp_path: Path) -> None:
    with sshd(tmp_path / "a") as server:
        port = server.port
        session = ssh(server, "echo up; exec sleep 1000")
        assert session.stdout
        assert session.stdout.readline() == "up\n"
        pids = server.processes()
        assert len(pids) > 1
        server.stop()
        session.communicate(timeout=PATIENCE)
        assert session.returncode == 255
        assert not [pid for pid in pids if alive(pid)]
        server.start()
        assert server.port == port
        assert ssh(server, "echo again").communicate(timeout=PATIENCE)[0] == "again\n"


def test_a_frozen_server_answers_nobody_until_it_thaws(tmp_path: Path) -> None:
    with sshd(tmp_path / "a") as server:
        server.freeze()
        session = ssh(server, "echo late")
        with pytest.raises(subprocess.TimeoutExpired):
            session.communicate(timeout=0.5)
        server.thaw()
        assert session.communicate(timeout=PATIENCE)[0] == "late\n"


def test_nothing_is_left(tmp_path: Path) -> None:
    with sshd(tmp_path / "a") as server:
        session = ssh(server, "echo up; exec sleep 1000")
        assert session.stdout
        session.stdout.readline()
        pids = server.processes()
    session.communicate(timeout=PATIENCE)
    until(lambda: not [pid for pid in pids if alive(pid)], PATIENCE, "its processes to end")


def alive(pid: int) -> bool:
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
