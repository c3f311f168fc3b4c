"""What a configuration becomes: steps, in words and commands."""

from __future__ import annotations

import re
import shlex
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.clean import Clean
from console.operations import Operation, Variable, line
from console.plan import Plan, Tier, Verb, Where
from console.shell import script
from tests.console.actions.ground import CONF, planned_on


def lines(plan: Plan, where: Where | None = None) -> list[str]:
    return [
        line(operation)
        for step in plan.steps
        if where in {None, step.where}
        for operation in step.operations
    ]


def batch(plan: Plan) -> list[str]:
    texts = [each.stdin for step in plan.steps for each in step.operations if each.stdin]
    assert len(texts) == 1
    return texts[0].splitlines()


def only(plan: Plan, begin: str) -> str:
    (found,) = (each for each in lines(plan) if each.startswith(begin))
    return found


def test_a_minimal_configuration_has_the_defaults_of_overlay_boot() -> None:
    plan = planned_on("BASE=.\n")
    assert not plan.obstacles
    assert plan.supervises
    assert plan.tier is Tier.REVERSIBLE
    assert plan.config == CONF
    assert not [each for each in lines(plan) if each.startswith(("wire", "name_netns"))]
    assert shlex.split(only(plan, "mounts / ")) == [
        *("mounts", "/"),
        "mta /opt/mta/live overlay lowerdir=/,upperdir=/opt/mta/root,workdir=/opt/mta/work",
        "dev /opt/mta/live/dev tmpfs size=50m,mode=755,X-mount.mkdir",
        "devpts /opt/mta/live/dev/pts devpts"
        " newinstance,gid=5,mode=620,ptmxmode=666,X-mount.mkdir",
        "run /opt/mta/live/run tmpfs mode=755,X-mount.mkdir,size=50M",
    ]
    assert only(plan, "plain") == "plain / /opt/mta/root dev run"
    assert only(plan, "channels") == "channels /tmp/oly-mta.log bound -fpmiuT --kill-child"
    assert [each for each in lines(plan) if each.startswith("serve")] == [
        "serve networking",
        "serve ssh",
    ]
    assert lines(plan)[-1] == "up /.reaper mta"


def test_nothing_is_done_on_the_host_before_the_subhost_is_whole() -> None:
    plan = planned_on("BASE=.\nCABLES=br0=\nSHARE=/srv\nSTART=none\n")
    assert {step.where for step in plan.steps} == {Where.PRIVATE, Where.INSIDE}


def test_cables_of_every_form() -> None:
    plan = planned_on("BASE=.\nCABLES== br0= =02:aa:00:00:00:01 br0=02:AA:0:0:0:2 =.5 br0=.07\n")
    assert not plan.obstacles
    assert only(plan, "wire") == "wire mta0 mta1 mta2 mta3 mta3.5 mta3.07"
    assert batch(plan) == [
        "link add mta0 type veth peer name eth0 netns mta",
        "link set mta0 up",
        "link add mta1 type veth peer name eth1 netns mta",
        "link set mta1 master br0",
        "link set mta1 up",
        "link add mta2 type veth peer name eth2 address 02:aa:00:00:00:01 netns mta",
        "link set mta2 up",
        "link add mta3 type veth peer name eth3 address 02:aa:00:00:00:02 netns mta",
        "link set mta3 master br0",
        "link set mta3 up",
        "link add link mta3 name mta3.5 type vlan id 5",
        "link set mta3.5 up",
        "link add link mta3 name mta3.07 type vlan id 7",
        "link set mta3.07 master br0",
        "link set mta3.07 up",
    ]
    assert "iface eth3 inet manual" in only(plan, "interfaces")


@pytest.mark.parametrize(
    ("text", "mount"),
    [
        (
            "LOWER=root\n",
            "mounts / '/opt/mta/root /opt/mta/live none bind' 'dev /opt/mta/live/dev ",
        ),
        (
            "LOWER=live\nUPPER=live\n",
            "mounts / '/opt/mta/live /opt/mta/live none bind' 'dev /opt/mta/live/dev ",
        ),
        (
            "UPPER=my root\nWORK=w\nLIVE=l e\n",
            r"mounts / 'mta /opt/mta/l\040e overlay lowerdir=/,upperdir=/opt/mta/my\040root,"
            r"workdir=/opt/mta/w' 'dev /opt/mta/l\040e/dev ",
        ),
        (
            "LOWER=!find-one\n",
            'mount -t overlay mta /opt/mta/live -o "$LAYERS"',
        ),
        (
            "LOWER=!find-one\nUPPER=!find-one\n",
            'mount --bind "$UPPER" /opt/mta/live',
        ),
    ],
)
def test_layers(text: str, mount: str) -> None:
    plan = planned_on(f"BASE=.\n{text}")
    assert not plan.obstacles
    assert only(plan, mount)


def test_where_commands_decide_the_paths_what_is_mounted_below_follows() -> None:
    plan = planned_on("BASE=.\nLIVE=!find-one\nRAM_SIZE=!size\n")
    assert only(plan, 'mounts "$LIVE" \'dev ') == (
        "mounts \"$LIVE\" 'dev ./dev tmpfs size=50m,mode=755,X-mount.mkdir'"
        " 'devpts ./dev/pts devpts newinstance,gid=5,mode=620,ptmxmode=666,X-mount.mkdir'"
        " 'run ./run tmpfs mode=755,X-mount.mkdir,size='\"$RAM_SIZE\""
    )


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("", ["furnish /opt/mta/live"]),
        ("RAM_SIZE=none\n", ["mkdir -m 1777 shm", "nodes", "dummy /opt/mta/live"]),
        ("KEEP_DEV=yes\n", ["nodes", "dummy /opt/mta/live"]),
    ],
)
def test_devices(text: str, made: list[str]) -> None:
    plan = planned_on(f"BASE=.\n{text}")
    assert not plan.obstacles
    begins = ("furnish", "mkdir", "nodes", "dummy")
    assert [each for each in lines(plan) if each.startswith(begins)] == made


def test_relative_paths_count_from_base() -> None:
    plan = planned_on(
        "BASE=../base\nUPPER=u\nWORK=./w\nLIVE=l/l\nLOWER=../low\nSHARE=s:/in\nLOG=logs/x\n"
    )
    assert "lowerdir=/opt/low,upperdir=/opt/base/u,workdir=/opt/base/w" in only(plan, "mounts / ")
    assert "mount --bind /opt/base/s ." in lines(plan)
    assert "place /opt/base/l/l /in" in lines(plan)
    assert only(plan, "channels").startswith("channels /opt/base/logs/x ")


def test_commands_are_run_by_the_plan_and_shown() -> None:
    plan = planned_on(
        "BASE=!base-of mta\nUPPER=!pick $(id) 'a b'\nRAM_SIZE=!size\nSTART=!which\n"
        "SHARE=!one\nSHARE=/srv\nSHARE=!two\nLOWER=!overlay-diskfile mnt/a disk.img 2\n"
    )
    assert not plan.obstacles
    asked = plan.steps[0]
    assert asked.where is Where.PRIVATE
    said = [f"{each.into or ''}: {line(each)}" for each in asked.operations]
    assert said[0] == "BASE: value /opt/mta 'base-of mta'"
    assert said[1] == 'BASE: under /opt/mta "$BASE"'
    assert "UPPER: value \"$BASE\" 'pick $(id) '\\''a b'\\'''" in said
    assert 'LOWER: disk_file "$BASE" mnt/a disk.img 2' in said
    assert ': memory "$RAM_SIZE"' in said
    assert ': services "$START"' in said
    assert 'show "$BASE" "$BASE"/live "$SHARE2"' in lines(plan)
    assert Clean("UPPER runs a command as root: pick $(id) 'a b'") in plan.consequences
    assert 'serve_words "$START"' in lines(plan, Where.INSIDE)


def test_hooks_get_what_overlay_boot_gives_them() -> None:
    plan = planned_on("BASE=.\nPREMOUNT=pre -x 1\nPOSTMOUNT=/opt/post\nINIT=ini\n")
    assert not plan.obstacles
    assert [each for each in lines(plan) if each.startswith("hook ")] == [
        f"hook PREMOUNT {CONF} /opt/mta pre -x 1 /opt/mta/root",
        f"hook POSTMOUNT {CONF} /opt/mta /opt/post /opt/mta/live /opt/mta/root",
        f"hook INIT {CONF} /opt/mta ini",
    ]
    assert not [each for each in lines(plan) if each.startswith(("serve", "interfaces"))]
    assert lines(plan)[-1] == 'init "$INIT"'


def test_the_first_process_begins_beside_what_follows_unless_there_are_hooks() -> None:
    plan = planned_on("BASE=.\nCABLES==\n")
    made = lines(plan)
    assert made.index("begin_first") < made.index("wire mta0")
    hooked = lines(planned_on("BASE=.\nCABLES==\nPREMOUNT=./hook\n"))
    assert "begin_first" not in hooked
    assert hooked.index("name_netns") < hooked.index("wire mta0")
    assert hooked.index("wire mta0") < next(
        at for at, each in enumerate(hooked) if each.startswith("hook PREMOUNT")
    )


def test_what_fails_is_undone_from_the_first_step_on() -> None:
    for text in ("", "PREMOUNT=./hook\n", "UPPER=!pick\n"):
        plan = planned_on(f"BASE=.\n{text}")
        assert [step.undo for step in plan.steps if step.undo] == [plan.steps[0].undo]
        assert plan.steps[0].undo == (Operation(("bury",)),)


def test_services_wait_after_the_network_is_configured() -> None:
    plan = planned_on("BASE=.\nSTART=rsyslog networking ssh /opt/run\nWAIT_ONLINE=9\n")
    inside = lines(plan, Where.INSIDE)
    at = inside.index("serve rsyslog networking")
    assert inside[at : at + 3] == ["serve rsyslog networking", "online 9", "serve ssh /opt/run"]


def test_none_means_none() -> None:
    plan = planned_on("BASE=.\nSTART=none\nRAM_SIZE=none\n")
    assert not [each for each in lines(plan) if each.startswith("serve") or "./run " in each]
    assert "linger" in lines(plan)


def test_a_share_of_lower_itself_is_left_out() -> None:
    plan = planned_on("BASE=.\nLOWER=/srv/low\nSHARE=/srv/low:/low\n")
    assert not [each for each in lines(plan) if "--bind" in each]
    assert plan.notes == (Clean("SHARE /low is left out: it is LOWER itself"),)


def test_a_restart_of_what_is_stopped_says_what_to_do_instead() -> None:
    plan = planned_on("BASE=.\n", verb=Verb.RESTART)
    assert plan.obstacles[0].remedy == "start it instead"
    with pytest.raises(ValueError, match="not running"):
        script(plan)


def test_the_configuration_is_checked_again_there() -> None:
    plan = planned_on("BASE=.\nCABLES=br0=\n")
    asked = [check.operation for check in plan.checks]
    assert any(check.argv[:2] == ("weigh", CONF) for check in asked)
    assert asked[-1] == Operation(("joined",))
    assert Operation(("test", "!", "-e", "/run/netns/mta")) in asked
    assert Operation(("test", "!", "-e", "/sys/class/net/mta0")) in asked
    assert Operation(("test", "-d", "/sys/class/net/br0/bridge")) in asked


def test_that_it_is_free_is_found_out_beside_the_other_checks() -> None:
    plan = planned_on("BASE=.\n")
    asked = [str(check.operation.argv[0]) for check in plan.checks]
    assert asked[:3] == ["reach", "weigh", "claim"]
    reach, claim = plan.checks[0], plan.checks[2]
    assert reach.refusal == claim.refusal == "mta is running already, under another job"


VALUES = st.text(st.characters(codec="utf-8", exclude_characters="\n"), max_size=40)
HOSTILE = st.sampled_from(
    ("$(touch X)", "`touch X`", "a;touch X", "'", '"', "\\", "-rf", "../..", "a b", "!x", "", "\r")
)
KEYS = (
    *("NAME", "LOG", "BASE", "CABLES", "LIVE", "UPPER", "WORK", "LOWER", "START", "RAM_SIZE"),
    *("PREMOUNT", "POSTMOUNT", "INIT", "REAPER", "SHARE", "WAIT_ONLINE", "KEEP_DEV"),
)


@given(st.dictionaries(st.sampled_from(KEYS), VALUES | HOSTILE))
def test_whatever_the_configuration_says_its_words_stay_words(values: dict[str, str]) -> None:
    given_ = {"BASE": "."} | values
    plan = planned_on("".join(f"{key}={value}\n" for key, value in given_.items()))
    for step in plan.steps:
        for operation in (*step.operations, *step.undo):
            if not any(isinstance(each, Variable) for each in operation.argv):
                assert tuple(shlex.split(line(operation))) == operation.argv
    if plan.obstacles:
        return
    for part in plan.steps:
        for operation in part.operations:
            # Of what ip reads, each word is one that was allowed.
            assert re.fullmatch(r"[A-Za-z0-9 _.:\n-]*", operation.stdin or "")
    program = script(plan)
    assert not re.search(rb"[\x00-\x09\x0b-\x1f\x7f]", program)
    ran = subprocess.run(["sh", "-n"], input=program, capture_output=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, b"")
