"""No secret leaves: wherever one is told by its name, its shape, or by having been seen before."""

from __future__ import annotations

import string

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from console.redact import MARK, Redactor

SECRETS = st.text(string.ascii_letters + string.digits + "!#$%*+./@_", min_size=8, max_size=30)
TELLING = ("password", "DB_PASSWORD", "rootPassword", "passwd", "api_key", "apiKey", "psk", "pw")
MORE = ("AWS_SECRET_ACCESS_KEY", "token", "GITHUB_TOKEN", "auth-token", "client_secret")
KEYS = ("rd.luks.key", "sshkey", "key", "auth")
ASSIGNED = ("{}={}", "{} = {}", '{}="{}"', "{}='{}'", "export {}={} # why", "--{}={}", "-o {}={}")
NAMED = ("root=/dev/vda {}={} quiet", "--{} {}", "{}: {}", '"{}": "{}",', '{{"a": 1, "{}":"{}"}}')
TEXTS = st.text(max_size=200)


@given(
    st.one_of(
        st.tuples(st.sampled_from(TELLING + MORE), st.sampled_from(ASSIGNED + NAMED)),
        st.tuples(st.sampled_from(KEYS), st.sampled_from(ASSIGNED)),
    ),
    SECRETS,
)
def test_the_value_of_a_telling_name_is_taken_out(told: tuple[str, str], secret: str) -> None:
    name, form = told
    redacted = Redactor().words((form.format(name, secret),))[0]
    assert secret not in redacted
    assert MARK in redacted
    assert name in redacted


@pytest.mark.parametrize(
    "text",
    [
        "http://admin:{}@boot.example/image.img",
        "root=live:https://{}@boot.example/image.img",
        "proxy user:{}@proxy:3128",
        'curl -H "Authorization: Bearer {}"',
        "Cookie: session={}; other={}",
        "x bearer 9{}",
        "root:$6$salt${}:19000::",
        "ghp_{}0123456789",
        "systemd.set_credential=passwd.plaintext-password.root:{}",
        "mount -o username=u,password={},uid=0",
    ],
)
def test_what_looks_like_a_secret_is_taken_out(text: str) -> None:
    assert "hunter2hunter2hunter2" not in Redactor().text(
        text.replace("{}", "hunter2hunter2hunter2")
    )


@pytest.mark.parametrize(
    "argv",
    [
        ("mysql", "-phunter22", "db"),
        ("/usr/bin/sshpass", "-p", "hunter22", "ssh", "host"),
        ("curl", "-u", "me:hunter22", "http://x"),
        ("app", "--token", "hunter22", "-v"),
        ("app", "--db-password", "hunter22"),
        ('"argv": [', '"--password",', '"hunter22",', '"-v"'),
        ("-----BEGIN OPENSSH PRIVATE KEY-----", "hunter22", "-----END OPENSSH PRIVATE KEY-----"),
        ("hunter22", "-----END RSA PRIVATE KEY-----", "and on"),
        ("a -----BEGIN PRIVATE KEY----- hunter22", "hunter22"),
    ],
)
def test_an_argument_or_a_line_is_taken_out_for_what_stands_before(argv: tuple[str, ...]) -> None:
    redacted = Redactor().words(argv)
    assert len(redacted) == len(argv)
    assert not any("hunter22" in word for word in redacted)


@given(SECRETS, TEXTS, TEXTS)
def test_what_was_a_secret_once_is_one_everywhere(secret: str, before: str, after: str) -> None:
    assume(secret[0] != "/")  # paths tell nothing, and stand everywhere, as words do
    assume(not secret.isalpha())
    redactor = Redactor()
    redactor.words((f"password={secret}",))
    assert secret not in redactor.words((f"{before}{secret}{after}",))[0]


@given(TEXTS)
def test_it_changes_nothing_twice(text: str) -> None:
    redactor = Redactor()
    once = redactor.text(text)
    assert redactor.text(once) == once


@pytest.mark.parametrize(
    "text",
    [
        "30 26 0:25 / /tmp rw shared:7 - tmpfs tmpfs rw,size=1048576k,nr_inodes=409600",
        "MemAvailable:    2097152 kB",
        "live-rw: 0 8388608 snapshot 5600000/8388608 22000",
        "BOOT_IMAGE=/vmlinuz root=UUID=0f8fad5b rd.live.image keymap=us quiet",
        "alice@bastion, root@192.0.2.7:22: changed-key: host key differs from SHA256:br9IjFspm1",
        "passing tokens of compassion; keyboard: us",
        "overlay:/srv/subhost/mta/live tmpfs:/run dm:live-rw",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert Redactor().text(text) == text


@pytest.mark.parametrize("text", ["a=" * 50_000, "x" * 100_000, "://" * 30_000, "pass=" * 20_000])
def test_long_texts_take_no_long_time(text: str) -> None:
    assert Redactor().words((text,))
