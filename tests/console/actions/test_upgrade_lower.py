"""Another LOWER beneath a subhost, as a plan: what it does, what is against it, the way back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from console.actions.verbs import hindrance, planned, request
from console.clean import Clean
from console.images.staged import StagedFile, StagedImage
from console.model import Overlay, Running, Subhost
from console.operations import line
from console.parse.subhost_conf import conf
from console.plan import Method, Plan, Tier, Verb, Where, Wish
from console.shell import script
from console.survey import Found, Hiding, Kin, Lineage, Survey, UpperAudit
from tests.console.actions.ground import CONF, NAME, fact, host, subhost, survey

TEXT = "# mta\nBASE=.\nLOWER=/trees/1\nSTART=exim /srv/tell\nCABLES==\n"
NEW = Clean("/trees/2")
OVERLAY = Overlay(
    (Clean("/trees/1"),), Clean("/opt/mta/root"), Clean("/opt/mta/work"), Clean("/opt/mta/live")
)
RUNNING = subhost(
    state=Running.RUNNING, pid=70, overlay=OVERLAY, services=(Clean("exim"), Clean("/srv/tell"))
)
LINEAGE = Lineage(
    Kin(70, 7, Clean(".reaper")), Kin(69, 6, Clean("unshare")), Kin(68, 5, Clean("overlay-boot")),
    supervised=True, net_ns=1, pid_ns=2, mount_ns=3,
)  # fmt: skip
DIGEST = Clean("ab" * 32)


def looked(
    text: str = TEXT,
    lower: str = NEW,
    *,
    found: Found = Found.FOLDER,
    audit: UpperAudit | None = UpperAudit(),  # noqa: B008 frozen
) -> Survey:
    about = survey(text)
    paths = {**about.paths, Clean(lower): fact(lower, found)}
    return replace(about, paths=paths, lineage=LINEAGE, audit=audit)


def upgraded(
    seen: Survey, guest: Subhost = RUNNING, lower: str | None = NEW, **more: object
) -> Plan:
    wish = Wish(Verb.UPGRADE, NAME, lower=Clean(lower) if lower else None, **more)  # type: ignore[arg-type]
    return planned(host(guest), wish, seen)


def lines(plan: Plan, where: Where) -> list[str]:
    steps = [step for step in plan.steps if step.where is where]
    return [line(operation) for step in steps for operation in step.operations]


def against(plan: Plan) -> str:
    assert not plan.steps
    return "; ".join(each.text for each in plan.obstacles)


def test_it_is_stopped_switched_and_started_and_seen() -> None:
    plan = upgraded(looked())
    assert not plan.obstacles
    assert plan.tier is Tier.INTERRUPTS
    assert plan.method is Method.LOWER
    begun = [each.split()[0] for each in lines(plan, Where.HOST)]
    assert begun == [
        *("note_answering", "stop_service", "ask", "slay", "dismiss", "dismiss"),
        *("drop_cgroup", "drop_netns", "audit_upper", "edit_line"),
    ]
    assert "note_answering 70 7 exim" in lines(plan, Where.HOST)
    private = lines(plan, Where.PRIVATE)
    assert private[0].startswith("lower_now /opt/mta/mta.conf /opt/mta ")
    assert [each for each in private if each.startswith(("layer", "mount"))] == [
        'layer "$LOWER" /opt/mta/root /opt/mta/work',
        'mount -t overlay mta /opt/mta/live -o "$LAYERS"',
        *(each for each in private if each.startswith("mounts ")),
    ]
    assert lines(plan, Where.UP) == ['see_lower "$LOWER"', "see_answering 10"]
    assert script(plan)
    assert "LOWER was /trees/1: --lower /trees/1 makes it so again" in plan.notes


def test_what_is_taken_back_ends_with_the_old_one_running() -> None:
    plan = upgraded(looked())
    undone = {
        number: [line(operation) for operation in step.undo]
        for number, step in enumerate(plan.steps, 1)
        if step.undo
    }
    first, switch, bury = undone
    assert undone[first][0].startswith("slay 70 7 ")
    assert undone[first][-1] == "run_again /opt/mta/mta.conf"
    assert "see_link_go mta0" in undone[first]
    assert undone[switch][0].startswith("edit_back /opt/mta/mta.conf ")
    assert undone[bury] == ["bury"]
    assert plan.steps[first - 1].why.startswith("stop exim")  # all before is only looked at


def test_of_a_stopped_one_the_file_changes_alone() -> None:
    plan = upgraded(looked(), subhost())
    assert not plan.obstacles
    assert plan.tier is Tier.REVERSIBLE
    assert not plan.supervises
    assert [each.split()[0] for each in lines(plan, Where.HOST)] == ["audit_upper", "edit_line"]
    assert [check.operation.argv[0] for check in plan.checks] == [
        *("free", "idle", "same", "test", "kindred"),
    ]


def test_an_image_keeps_how_it_is_mounted() -> None:
    text = TEXT.replace("/trees/1", "!overlay-diskfile mnt/deep old.img 2")
    plan = upgraded(looked(text, found=Found.FILE, audit=UpperAudit(digest=DIGEST)))
    assert not plan.obstacles
    (edit,) = (each for each in lines(plan, Where.HOST) if each.startswith("edit_line"))
    assert "'LOWER=!overlay-diskfile mnt/deep /trees/2 2'" in edit
    (look,) = (each for each in lines(plan, Where.HOST) if each.startswith("audit_upper"))
    assert "/trees/2 2 deep /opt/mta/old.img 2 deep /opt/mta/root" in look
    assert ("same", "/trees/2", DIGEST) in [check.operation.argv for check in plan.checks]
    assert lines(plan, Where.PRIVATE)[0].endswith(f" /trees/2 {DIGEST}")
    text = TEXT.replace("/trees/1", "!choose-tree")
    assert "is an image, and LOWER !choose-tree is none" in against(
        upgraded(looked(text, found=Found.FILE))
    )


def test_an_image_takes_the_place_of_a_folder() -> None:
    file = StagedFile(Clean("squashfs"), NEW, 10, DIGEST)
    image = StagedImage(Clean("edge"), Clean("2"), (file,))
    there = upgraded(
        looked(found=Found.FILE, audit=UpperAudit(digest=DIGEST)), lower=None, image=image
    )
    coming = upgraded(looked(found=Found.MISSING), lower=None, image=image)
    for plan in (there, coming):
        assert not plan.obstacles
        host = lines(plan, Where.HOST)
        assert host[-2] == "mkdir -p /opt/mta/from-image"
        assert f"'LOWER=!overlay-diskfile from-image/ {NEW}'" in host[-1]
        assert lines(plan, Where.PRIVATE)[0].endswith(f" {NEW} {DIGEST}")
    assert "what UPPER hides of it is looked at when it was brought there" in coming.notes


def test_an_archive_is_unpacked_beside_itself() -> None:
    path = Clean("/sets/edge/2/tree.tar.zst")
    file = StagedFile(Clean("tree"), path, 10, DIGEST)
    image = StagedImage(Clean("edge"), Clean("2"), (file,))
    plan = upgraded(looked(found=Found.MISSING), lower=None, image=image)
    assert not plan.obstacles
    host = lines(plan, Where.HOST)
    assert host[0] == f"unpack_tree {path} {DIGEST} {path}.d"
    assert host[1].startswith(f"see_kindred {path}.d ")
    assert f"LOWER={path}.d" in host[-1]
    assert [check.operation.argv for check in plan.checks][-1] == ("same", path, DIGEST)
    assert script(plan)


def test_a_staged_image_is_held_to_its_digest() -> None:
    text = TEXT.replace("/trees/1", "!overlay-diskfile mnt old.img")
    file = StagedFile(Clean("squashfs"), NEW, 10, DIGEST)
    image = StagedImage(Clean("edge"), Clean("2"), (file,))
    good = looked(text, found=Found.FILE, audit=UpperAudit(digest=DIGEST))
    plan = upgraded(good, lower=None, image=image)
    assert not plan.obstacles
    assert plan.title == "upgrade web1/mta to edge/2"
    bad = replace(good, audit=UpperAudit(digest=Clean("cd" * 32)))
    assert "is not the image that was meant" in against(upgraded(bad, lower=None, image=image))


def test_what_upper_hides_is_told() -> None:
    worst = (
        Hiding(Clean("shadow"), 4096, Clean("/etc/passwd")),
        Hiding(Clean("whiteout"), 0, Clean("/etc/motd")),
        Hiding(Clean("opaque"), 3, Clean("/usr/share/doc")),
    )
    audit = UpperAudit(worst, 7, 8192, 1, 1, moved=0, folders=20, complete=False)
    plan = upgraded(looked(audit=audit))
    assert plan.consequences[-3:] == (
        "UPPER has 7 files of its own (8 KiB) for those that change: /etc/passwd (4 KiB) …",
        "1 deleted in UPPER stay so, though they change: /etc/motd",
        "1 folders of UPPER hide all of the new tree there: /usr/share/doc",
    )
    assert "only 20 folders of UPPER were looked at: there are more" in plan.notes


@pytest.mark.parametrize(
    ("seen", "lower", "said"),
    [
        (looked(), "trees/2", "is no absolute path"),
        (looked(), None, "it is not said what LOWER is to be"),
        (looked(), "!curl evil | sh", "is no overlay-diskfile PLACE IMAGE"),
        (looked(lower="/trees/1"), "/trees/1", "LOWER is /trees/1 already"),
        (looked(found=Found.MISSING), NEW, "LOWER /trees/2 is missing"),
        (looked(lower="/opt/mta/root/x"), "/opt/mta/root/x", "lies in UPPER"),
        (looked(lower="/a:b"), "/a:b", "there is one LOWER only"),
        (looked("BASE=.\nLOWER=root\nUPPER=root\n"), NEW, "UPPER is LOWER"),
        (looked(f"{TEXT}SHARE={NEW}:/srv\n"), NEW, "is LOWER itself"),
        (replace(looked(), unaudited=Clean("no")), NEW, "/trees/2 cannot be looked at: no"),
        (looked(audit=UpperAudit(moved=2)), NEW, "UPPER holds 2 folders that were moved"),
        (
            looked(audit=UpperAudit(machine=Clean("023e00"), old_machine=Clean("012800"))),
            NEW,
            "are for another machine",
        ),
        (replace(looked(), conf=None), NEW, "cannot be read"),
        (replace(looked(), lineage=None), NEW, "has ended just now"),
    ],
)
def test_what_speaks_against_it(seen: Survey, lower: str | None, said: str) -> None:
    assert said in against(upgraded(seen, lower=lower))


def test_what_is_asked_before() -> None:
    asked = request(host(RUNNING), Wish(Verb.UPGRADE, NAME, lower=NEW))
    assert (asked.conf, asked.pid, asked.lower) == (CONF, 70, NEW)
    assert NEW in asked.extra
    assert hindrance(host(RUNNING), NAME, Verb.UPGRADE) is None
    broken = hindrance(host(replace(RUNNING, pid=None, state=Running.BROKEN)), NAME, Verb.UPGRADE)
    assert broken
    assert broken.remedy == "repair removes what is left"


def test_the_file_that_it_leaves_says_so_and_nothing_else_changed() -> None:
    before = conf(CONF.encode(), TEXT.encode())
    after = conf(CONF.encode(), TEXT.replace("/trees/1", NEW).encode())
    assert replace(before, lower=NEW) == after
