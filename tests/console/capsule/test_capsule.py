"""A capsule: everything comes back, no secret is in it, and a strange one is refused."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.audit import Record
from console.capsule import Capsule, Picture, name
from console.capsule.opening import opened
from console.capsule.packing import packed
from console.clean import Clean
from console.contact import Contact
from console.errors import ConsoleError
from console.events import Event, Word
from console.model import Boot, Process, Running, Style, Subhost
from console.record import Entry, Recorded
from console.redact import Redactor
from console.series import Sample
from console.timeline import samples
from tests.console.test_record import host

WEB = Clean("web1")
SECRET = "hunter2-hunter2"  # noqa: S105  planted to be looked for
KEY = (
    "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEA\n-----END OPENSSH PRIVATE KEY-----"
)


def process(*argv: str) -> Process:
    return Process(7, 1, Clean(argv[0][:15]), "S", tuple(map(Clean, argv)), 1.0, 0.5, 4096)


def subhost(log: str = "started") -> Subhost:
    return Subhost(
        name=Clean("mta"),
        config=Clean("/srv/mta/mta.conf"),
        state=Running.RUNNING,
        pid=7,
        since=1.0,
        overlay=None,
        levels=host("x").levels[:1],
        cables=(),
        services=(),
        started_by=None,
        processes=(process("app", "--token", SECRET), process(f"PASSWORD={SECRET}")),
        log=(Clean(log), *map(Clean, KEY.split("\n"))),
    )


HOST = replace(host(WEB), subhosts=(subhost(),))


def entry(at: float) -> Entry[Contact]:
    boot = Boot(
        *(Style.DRACUT_DM, Clean("6.1"), None, Clean(f"quiet rd.luks.key={SECRET}"), 1.0, None),
        image=None,
    )
    seen = replace(HOST, boot=boot, at=at, time=1e9 + at)
    return Entry(at, 1e9 + at, Contact(WEB, 2.0, seen))


EVENT = Event(1e9, WEB, Word.LOST, Clean(f"ssh://root:{SECRET}@web1 does not answer"))
RECORDED = Recorded(
    ((entry(1.0), entry(3.0)),),
    (Entry(1.0, 1e9, (EVENT,)), Entry(3.0, 1e9, (EVENT, replace(EVENT, count=2)))),
    (),
)


def noted(reason: str) -> Record:
    return Record(
        time=1e9,
        id=Clean("id"),
        who=Clean("alice@b"),
        host=WEB,
        subhost=Clean("mta"),
        verb=Clean("start"),
        reason=Clean(reason),
    )


def capsule(recorded: Recorded = RECORDED) -> Capsule:
    return Capsule(
        made=1e9,
        who=Clean("alice@bastion"),
        recorded=recorded,
        samples=samples(recorded, {}),
        audit=(noted(f"the token is {SECRET}"),),
        config=f'[alerts]\nhook = ["curl", "-u", "me:{SECRET}"]\n# password: {SECRET}\n',
        raw={(WEB, Clean("mountinfo")): f"1 2 cifs rw,password={SECRET}\n\x1b[31m".encode()},
        picture=lambda redactor: Picture("<svg/>", redactor.text(f"it is {SECRET} here")),
    )


def members(made: Capsule) -> dict[str, bytes]:
    return dict(packed(made))


def read(found: Mapping[str, bytes]) -> tuple[Recorded, Mapping[tuple[Clean, Clean], object]]:
    def lines(member: str) -> Iterable[bytes]:
        return found.get(member, b"").splitlines(keepends=True)

    return opened(lines)


def test_what_holds_no_secret_comes_back_as_it_was() -> None:
    bare = Recorded(((Entry(1.0, 1e9, Contact(WEB, 2.0, replace(host(WEB), at=1.0))),),))
    recorded, found = read(members(capsule(bare)))
    assert recorded == bare
    assert found == {key: list(each) for key, each in samples(bare, {}).items()}


def test_no_secret_is_in_it_and_all_else_is() -> None:
    found = members(capsule())
    assert set(found) == {
        *("manifest.json", "values.jsonl", "record.jsonl", "samples.jsonl", "status.json"),
        *("audit.jsonl", "config.toml", "raw/web1/mountinfo", "screen.svg", "screen.txt"),
    }
    whole = b"\n".join(found.values())
    assert SECRET.encode() not in whole
    assert b"b3BlbnNzaC1rZXktdjEA" not in whole
    assert b"\x1b" not in whole
    for text in (b"rd.luks.key=", b"--token", b"PASSWORD=", b"hook =", b"the token", b"cifs rw"):
        assert text in whole
    recorded, _ = read(found)
    (track,) = recorded.contacts
    assert [each.at for each in track] == [1.0, 3.0]
    first, second = (each.what.host for each in track)
    assert first
    assert second
    assert first.levels == host(WEB).levels
    assert first.levels[0] is second.levels[0]
    assert [len(each.what) for each in recorded.events] == [1, 2]
    status = json.loads(found["status.json"])
    assert status["hosts"][0]["name"] == WEB
    manifest = json.loads(found["manifest.json"])
    assert (manifest["hosts"], manifest["by"]) == ([WEB], "alice@bastion")


@pytest.mark.parametrize(
    ("member", "content", "told"),
    [
        ("manifest.json", b"", "no capsule"),
        ("manifest.json", b"[]", "no capsule"),
        ("manifest.json", b"[" * 99_999, "no capsule"),
        ("manifest.json", b'{"format":"subdeck capsule","version":"\\u001b[2J"}', "version"),
        ("values.jsonl", b'{"is":"Popen"}\n', "capsule"),
        ("record.jsonl", b"7\n", "capsule"),
        ("record.jsonl", b"[" * 99_999, "capsule"),
        ("record.jsonl", b'{"at":1,"time":1,"contact":0}\n', "capsule"),
        ("record.jsonl", b'{"at":1,"time":1,"events":7}\n', "capsule"),
        ("record.jsonl", b'{"at":"1","time":1}\n', "capsule"),
        ("samples.jsonl", b'{"host":"a"}\n', "capsule"),
        (
            "samples.jsonl",
            b'{"host":"a","level":"b","boot":"","at":[1],"time":[],"used":[],"inodes":[],'
            b'"chunks":[],"metadata":[],"total":[],"inodes_total":[]}\n',
            "capsule",
        ),
    ],
)
def test_a_strange_one_is_refused_in_one_line(member: str, content: bytes, told: str) -> None:
    with pytest.raises(ConsoleError, match=told) as refused:
        read(members(capsule()) | {member: content})
    assert "\x1b" not in str(refused.value)


def test_what_contradicts_itself_is_refused() -> None:
    found = members(capsule())
    lines = found["record.jsonl"].splitlines(keepends=True)
    with pytest.raises(ConsoleError, match="later moment"):
        read(found | {"record.jsonl": b"".join((lines[1], lines[0]))})
    web, other = b'"is":"Contact","name":"web1"', b'"is":"Contact","name":"db"'
    with pytest.raises(ConsoleError, match="the host db"):
        read(found | {"values.jsonl": found["values.jsonl"].replace(web, other)})


@given(st.binary(max_size=300), st.sampled_from(["values.jsonl", "record.jsonl", "samples.jsonl"]))
def test_noise_is_refused_or_passed_over(noise: bytes, member: str) -> None:
    try:
        read(members(capsule(Recorded())) | {member: noise})
    except ConsoleError as error:
        assert str(error).isprintable()


def test_it_is_called_by_what_it_is_about() -> None:
    assert name([WEB], 1e9) == "subdeck-web1-20010909T014640Z.capsule"
    assert name(["a/../../b"], 1e9) == "subdeck-a%2F..%2F..%2Fb-20010909T014640Z.capsule"
    assert name(["a", "b"], 1e9) == "subdeck-2-hosts-20010909T014640Z.capsule"


def test_samples_are_told_by_boot() -> None:
    row = Sample(1.0, 1e9, 5, None, 7, "one")
    several = {(WEB, Clean("mem")): [row, row._replace(at=2.0, boot="two")]}
    _, found = read(members(replace(capsule(), samples=several)))
    assert found == several


def test_a_redactor_that_saw_it_all_knows_what_the_screen_must_not_show() -> None:
    assert SECRET.encode() not in members(capsule())["screen.txt"]
    assert Redactor().text(f"it is {SECRET} here") == f"it is {SECRET} here"
