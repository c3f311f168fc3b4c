"""Answers of ``ssh -G``: written down ones, and those of the ssh that is here."""

from __future__ import annotations

import subprocess
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.parse.ssh_settings import Here, Settings, settings

HERE = Here("/home/op", "op", 1000, "bastion.lab", {"TEAM": "red"})
USUAL = """\
user op
hostname localhost
port 22
ciphers a,b
hostkeyalgorithms ssh-ed25519,rsa-sha2-512
casignaturealgorithms ssh-ed25519
stricthostkeychecking ask
identityfile ~/.ssh/id_rsa
userknownhostsfile /home/op/.ssh/known_hosts /home/op/.ssh/known_hosts2
globalknownhostsfile /etc/ssh/ssh_known_hosts /etc/ssh/ssh_known_hosts2
connecttimeout none
identitiesonly no
"""


def said(*lines: str) -> Settings:
    """Read the usual answer, these lines before it: the first word on a matter holds."""
    return settings("\n".join((*lines, USUAL)), USUAL, HERE, "web1")


def test_the_usual_answer() -> None:
    found = said("hostname 10.0.0.1", "port 2222", "user root")
    assert (found.hostname, found.port, found.user) == ("10.0.0.1", 2222, "root")
    assert (found.jumps, found.proxy_command, found.connect_timeout) == (None, None, None)
    assert found.host_keys.user_files == (
        "/home/op/.ssh/known_hosts",
        "/home/op/.ssh/known_hosts2",
    )
    assert found.identities.files == ("/home/op/.ssh/id_rsa",)
    assert found.identities.agent == "SSH_AUTH_SOCK"
    assert found.algorithms.ciphers is None
    assert found.algorithms.host_keys == ("ssh-ed25519", "rsa-sha2-512")
    assert found.unhonoured == ()


@pytest.mark.parametrize(
    ("line", "path"),
    [
        ("~/.ssh/%r-%h", "/home/op/.ssh/root-10.0.0.1"),
        ("%d/%u.%i", "/home/op/op.1000"),
        ("/k/%n:%p", "/k/web1:22"),
        ("/k/%l/%L", "/k/bastion.lab/bastion"),
        ("/k/%k", "/k/web1"),
        ("/k/${TEAM}/100%%", "/k/red/100%"),
        ("/k/%Z${NONE}", "/k/%Z${NONE}"),
        ("~root/id", "~root/id"),
    ],
)
def test_what_stands_for_something_in_a_path(line: str, path: str) -> None:
    found = said("hostname 10.0.0.1", "user root", f"identityfile {line}")
    assert found.identities.files[0] == path


def test_paths_with_blanks() -> None:
    found = said("userknownhostsfile /a b/kh /c ~/d e", "identityfile /a b/id")
    assert found.host_keys.user_files == ("/a b/kh", "/c", "/home/op/d e")
    assert found.identities.files[0] == "/a b/id"


def test_several_identities_and_none() -> None:
    found = said("identityfile /a", "identityfile /b", "certificatefile /c", "identitiesonly yes")
    assert found.identities.files[:2] == ("/a", "/b")
    assert found.identities.certificates == ("/c",)
    assert found.identities.only
    answer = USUAL.replace("~/.ssh/id_rsa", "none")
    assert settings(answer, USUAL, HERE, "web1").identities.files == ()


@pytest.mark.parametrize(
    ("value", "agent"),
    [("none", None), ("SSH_AUTH_SOCK", "SSH_AUTH_SOCK"), ("~/agent", "/home/op/agent")],
)
def test_which_agent(value: str, agent: str | None) -> None:
    assert said(f"identityagent {value}").identities.agent == agent


@pytest.mark.parametrize(
    ("line", "allowed"),
    [
        ("pubkeyauthentication no", False),
        ("pubkeyauthentication true", True),
        ("preferredauthentications password,keyboard-interactive", False),
        ("preferredauthentications gssapi-with-mic,publickey", True),
    ],
)
def test_whether_keys_may_log_in(line: str, allowed: bool) -> None:
    assert said(line).identities.keys_allowed is allowed


def test_only_what_differs_from_the_usual_was_wished() -> None:
    assert said("ciphers b").algorithms.ciphers == ("b",)
    assert said("ciphers a,b").algorithms.ciphers is None


def test_host_keys() -> None:
    found = said(
        "hostkeyalias cluster",
        "revokedhostkeys ~/revoked",
        "checkhostip yes",
        "hashknownhosts yes",
        "stricthostkeychecking true",
    ).host_keys
    assert (found.alias, found.revoked) == ("cluster", "/home/op/revoked")
    assert found.check_address and found.hash_names and found.never_add


@pytest.mark.parametrize("none", ["none", "/dev/null"])
def test_no_file_for_keys_weakens_nothing(none: str) -> None:
    found = said(f"userknownhostsfile {none}", "stricthostkeychecking false")
    assert found.host_keys.user_files in ((), ("/dev/null",))
    assert found.host_keys.global_files
    told = "\n".join(found.unhonoured)
    assert f"UserKnownHostsFile {none}: no key can be kept" in told
    assert "StrictHostKeyChecking false: host keys are checked all the same" in told


@pytest.mark.parametrize(
    "line",
    [
        "forwardagent yes",
        "forwardagent $SOCK",
        "controlmaster auto",
        "pkcs11provider /usr/lib/p.so",
        "knownhostscommand /bin/x %H",
        "verifyhostkeydns ask",
        "nohostauthenticationforlocalhost yes",
        "hostbasedauthentication yes",
        "stricthostkeychecking accept-new",
        "remotecommand tmux",
    ],
)
def test_what_does_not_hold_is_named_once_with_its_effect(line: str) -> None:
    (told,) = said(line).unhonoured
    option, _, value = line.partition(" ")
    assert told.lower().startswith(f"{option} {value.lower()}: ")


def test_hostile_values_are_cleaned() -> None:
    (told,) = said("remotecommand \x1b]0;x\x07").unhonoured
    assert "\x1b" not in told


def test_jumps_and_proxies() -> None:
    assert said("proxyjump a@j1:22,j2").jumps == "a@j1:22,j2"
    assert said("proxycommand nc %h %p").proxy_command == "nc %h %p"
    assert said("proxycommand none", "proxyjump none") == said()


def test_an_answer_without_a_host_is_none() -> None:
    with pytest.raises(ValueError, match="no host name"):
        settings("user op\n", USUAL, HERE, "web1")


@given(st.text("abhostnameport 12\n%~${}", max_size=80))
def test_any_answer_is_read_or_refused(answer: str) -> None:
    with suppress(ValueError):
        assert settings(answer, USUAL, HERE, "web1").hostname


@pytest.mark.needs("ssh")
def test_the_ssh_that_is_here_is_understood(tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text(
        "Host web1\n HostName 10.0.0.1\n Ciphers aes256-ctr\n IdentityFile ~/.ssh/%r\n"
        " UserKnownHostsFile /kh\n ProxyJump j1\n AddressFamily inet6\n ConnectTimeout 3\n"
        " RevokedHostKeys ~/.ssh/revoked\n BindAddress ::1\n"
    )

    def asked(*words: str) -> str:
        command = ["ssh", "-G", *words]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    usual = asked("-F", "none", "localhost")
    found = settings(asked("-F", str(config), "-l", "me", "web1"), usual, HERE, "web1")
    assert (found.hostname, found.user, found.jumps, found.port) == ("10.0.0.1", "me", "j1", 22)
    assert found.identities.files == ("/home/op/.ssh/me",)
    assert found.algorithms.ciphers == ("aes256-ctr",)
    assert found.algorithms.macs is found.algorithms.kex is None
    assert "ssh-ed25519" in found.algorithms.host_keys
    assert "ssh-ed25519" in found.algorithms.authorities
    assert (found.family, found.bind_address, found.connect_timeout) == ("inet6", "::1", 3.0)
    assert found.host_keys.revoked == "/home/op/.ssh/revoked"
    assert found.unhonoured == ()
