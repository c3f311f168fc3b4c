"""What goes over a connection once it is logged in."""

from __future__ import annotations

import asyncio
import socket
import sys
from pathlib import Path

import asyncssh
import pytest

from tests.backends.ssh.bastions import bastion
from tests.lab.sshd import PATIENCE, sshd

pytestmark = pytest.mark.needs("sshd", "ssh", "ssh-keygen", "setpriv")

LEAST_OF_TWO = 80
"""Bytes of two packets, of which one says nothing and one a word; one alone is smaller."""


@pytest.mark.parametrize(
    ("cipher", "alone"),
    [("aes128-gcm@openssh.com", True), ("aes128-ctr", True), ("aes128-cbc", False)],
)
async def test_only_chained_ciphers_need_an_empty_packet_before_each(
    tmp_path: Path, cipher: str, alone: bool
) -> None:
    algorithms = f"Ciphers {cipher}\nMACs hmac-sha1"
    with sshd(tmp_path / "server", algorithms) as server:
        server.config.write_text(f"{algorithms}\n{server.stanza}", encoding="utf-8")
        async with bastion(server) as out:
            connected = await out.connect(server.entry)
            process = await connected.connection.create_process("cat", encoding=None)
            before = sent(connected.connection)
            process.stdin.write(b"word")
            assert await process.stdout.readexactly(4) == b"word"
            assert (sent(connected.connection) - before < LEAST_OF_TWO) is alone
            connected.release()


async def test_each_exchanges_keys_anew_by_what_it_agreed_on(tmp_path: Path) -> None:
    with sshd(tmp_path / "server", "RekeyLimit 1M") as server:
        async with bastion(server) as out:
            held = {}
            for cipher in (
                "aes128-gcm@openssh.com",
                "aes256-ctr",
                "chacha20-poly1305@openssh.com",
            ):
                server.config.write_text(f"Ciphers {cipher}\n{server.stanza}", encoding="utf-8")
                held[cipher] = await out.connect(server.entry)
            for cipher, connected in held.items():
                async with asyncio.timeout(PATIENCE):
                    ran = await connected.connection.run("head -c 8000000 /dev/zero")
                assert ran.stdout is not None
                assert len(ran.stdout) == 8_000_000
                assert connected.connection.get_extra_info("send_cipher") == cipher
                connected.release()


def sent(connection: asyncssh.SSHClientConnection) -> int:
    """Return the bytes that went out over it."""
    told: bytes = connection.get_extra_info("socket").getsockopt(
        socket.IPPROTO_TCP, socket.TCP_INFO, 208
    )
    return int.from_bytes(told[200:208], sys.byteorder)  # tcpi_bytes_sent of linux/tcp.h
