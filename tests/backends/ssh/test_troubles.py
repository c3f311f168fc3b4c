"""Every error on the way to a host becomes one line, one word, and a remedy where there is one."""

from __future__ import annotations

import errno
import os

import asyncssh
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backends.ssh.troubles import dropped, not_ssh, trouble
from console.errors import ConsoleError, Denied, Problem, Unreachable

ESCAPES = "\x1b]0;owned\x07\n" + "x" * 1000


@pytest.mark.parametrize(
    ("error", "kind", "problem"),
    [
        (ConnectionRefusedError(111, "Connection refused"), Unreachable, Problem.REFUSED),
        (ConnectionResetError(104, "reset"), Unreachable, Problem.LOST),
        (BrokenPipeError(32, "broken"), Unreachable, Problem.LOST),
        (TimeoutError(110, "timed out"), Unreachable, Problem.TIMEOUT),
        (TimeoutError(), Unreachable, Problem.TIMEOUT),
        (OSError(errno.EHOSTUNREACH, "No route to host"), Unreachable, Problem.UNREACHABLE),
        (OSError(errno.ENETUNREACH, "unreachable"), Unreachable, Problem.UNREACHABLE),
        (OSError(errno.EMFILE, "Too many open files"), Unreachable, Problem.LIMIT),
        (OSError("nothing known"), Unreachable, Problem.UNREACHABLE),
        (asyncssh.PermissionDenied("no"), Denied, Problem.AUTH),
        (
            asyncssh.ProtocolError("Too many authentication failures"),
            Denied,
            Problem.AUTH,
        ),
        (asyncssh.HostKeyNotVerifiable(ESCAPES), Denied, Problem.UNKNOWN_KEY),
        (asyncssh.KeyExchangeFailed("none"), Unreachable, Problem.CONFIG),
        (asyncssh.ProtocolNotSupported("SSH 1"), Unreachable, Problem.NOT_SSH),
        (asyncssh.ConnectionLost("gone"), Unreachable, Problem.LOST),
        (asyncssh.ProtocolError(ESCAPES), Unreachable, Problem.GARBLED),
        (asyncssh.MACError("bad"), Unreachable, Problem.GARBLED),
        (asyncssh.DisconnectError(11, ESCAPES), Unreachable, Problem.LOST),
        (asyncssh.ChannelOpenError(1, "open failed"), Denied, Problem.DENIED),
        (asyncssh.ChannelOpenError(2, "Connection refused"), Unreachable, Problem.REFUSED),
        (asyncssh.ChannelOpenError(2, "Connection timed out"), Unreachable, Problem.TIMEOUT),
        (asyncssh.ChannelOpenError(2, "SSH connection closed"), Unreachable, Problem.LOST),
        (asyncssh.ChannelOpenError(2, "No route to host"), Unreachable, Problem.UNREACHABLE),
        (asyncssh.ChannelOpenError(4, "no room"), Unreachable, Problem.LIMIT),
        (asyncssh.KeyImportError(ESCAPES), Unreachable, Problem.GARBLED),
        (UnicodeDecodeError("ascii", b"\xff", 0, 1, "no"), Unreachable, Problem.NOT_SSH),
        (AssertionError(ESCAPES), Unreachable, Problem.INTERNAL),
        (RecursionError("deep"), Unreachable, Problem.INTERNAL),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_the_word_for_an_error(
    error: Exception, kind: type[ConsoleError], problem: Problem
) -> None:
    found = trouble(error)
    assert type(found) is kind
    assert isinstance(found, Unreachable | Denied)
    assert found.problem is problem
    assert str(found).isprintable()
    assert 0 < len(str(found)) < 250


def test_what_is_told_already_stays_as_it_is() -> None:
    error = Unreachable("told", "remedy", Problem.HUNG)
    assert trouble(error) is error


@pytest.mark.parametrize("code", sorted(errno.errorcode))
def test_every_error_of_the_system_has_a_word(code: int) -> None:
    found = trouble(OSError(code, os.strerror(code)))
    assert isinstance(found, Unreachable)
    assert str(found)


@given(st.binary(max_size=3000))
def test_whatever_a_server_says_is_one_short_line(said: bytes) -> None:
    found = not_ssh(b"x" + said)
    assert str(found).isprintable()
    assert len(str(found)) < 250


def test_hanging_up_without_a_word_may_be_a_limit() -> None:
    assert "MaxStartups" in dropped().hint
