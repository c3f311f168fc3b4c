from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from console.clean import Clean
from console.errors import Problem
from console.model import Host, State
from console.rollout.gates import (
    Gate,
    Reading,
    Runs,
    Sight,
    Verdict,
    before,
    readings,
    untouched,
)
from console.rollout.judging import judged
from console.rollout.phases import Phase
from console.rollout.records import What
from tests.console import hosts
from tests.console.rollout.world import OLD, picture

MTA, HOST = Clean("mta"), Clean("")
SEEN = hosts.host(hosts.with_subhost())


def booted(host: Host, boot_id: str = "boot-1") -> Host:
    """Return the host with an identity."""
    return replace(host, boot=picture(host.name, Clean(boot_id)).boot)


WAS = before(booted(SEEN), HOST, OLD, reboots=True)


def lacking(found: tuple[Reading, ...]) -> dict[Gate, tuple[Verdict, Clean]]:
    """Return what does not pass."""
    return {e.gate: (e.verdict, e.line) for e in found if e.verdict is not Verdict.PASS}


def seen(change: Callable[[Host], Host] = lambda host: host) -> Sight:
    """Return a host after its upgrade, changed."""
    return Sight(change(booted(SEEN, "boot-2")), Runs.NEW)


def test_a_host_that_is_as_before_but_for_its_image_passes_every_gate() -> None:
    found = readings(WAS, seen(), HOST, Runs.NEW)
    assert [each.gate for each in found] == [g for g in Gate if g is not Gate.COMMAND]
    assert not lacking(found)


def test_one_that_does_not_answer_is_waited_for() -> None:
    found = readings(WAS, Sight(None, trouble=Clean("no route")), HOST, Runs.NEW)
    assert found == (Reading(Gate.CONTACT, Verdict.WAIT, Clean("no answer: no route")),)


def test_one_that_lets_us_in_no_more_needs_no_power_cycle() -> None:
    sight = Sight(None, trouble=Clean("its key changed"), problem=Problem.CHANGED_KEY)
    found = readings(WAS, sight, HOST, Runs.NEW)
    told = Clean("it does not let us in: its key changed")
    assert found == (Reading(Gate.ACCESS, Verdict.WAIT, told),)
    assert judged(Phase.SETTLING, found, late=True) == (What.LOST, f"access: {told}")


@pytest.mark.parametrize(
    ("sight", "gate", "verdict", "line"),
    [
        (
            Sight(booted(SEEN), Runs.NEW),
            *(Gate.BOOT, Verdict.WAIT, "it was not booted anew yet"),
        ),
        (
            Sight(booted(SEEN, "boot-2"), Runs.OLD),
            *(Gate.IMAGE, Verdict.FAIL, f"it fell back to {OLD}"),
        ),
        (
            Sight(booted(SEEN, "boot-2"), Runs.OTHER),
            *(Gate.IMAGE, Verdict.FAIL, "it runs another image"),
        ),
        (
            Sight(booted(SEEN, "boot-2"), Runs.UNKNOWN, Clean("no loop device")),
            *(Gate.IMAGE, Verdict.WAIT, "which image it runs is not known: no loop device"),
        ),
        (
            seen(lambda host: replace(host, levels=picture(HOST, HOST, State.ACT).levels)),
            *(Gate.LEVELS, Verdict.WAIT, "too full: mem"),
        ),
        (
            seen(lambda host: replace(host, levels=picture(HOST, HOST, State.LOST).levels)),
            *(Gate.LEVELS, Verdict.FAIL, "lost: mem"),
        ),
        (
            seen(lambda host: replace(host, subhosts=())),
            *(Gate.SUBHOSTS, Verdict.WAIT, "not running: mta"),
        ),
    ],
)
def test_each_gate_says_what_is_wrong(
    sight: Sight, gate: Gate, verdict: Verdict, line: str
) -> None:
    assert lacking(readings(WAS, sight, HOST, Runs.NEW)) == {gate: (verdict, line)}


def test_another_style_is_no_upgrade() -> None:
    was = replace(WAS, style=Clean("autoserver"))
    found = lacking(readings(was, seen(), HOST, Runs.NEW))
    assert found == {Gate.STYLE: (Verdict.FAIL, "it booted as slashinit, not as autoserver")}


def test_services_that_ran_for_long_are_to_be_there_again() -> None:
    (mta,) = SEEN.subhosts
    first = next(each for each in mta.processes if each.pid == mta.pid)
    master = replace(
        first, pid=9000, parent=first.pid, name=Clean("master"), started=SEEN.time - 3600
    )
    young = replace(master, pid=9001, name=Clean("cron"), started=SEEN.time - 1)
    running = replace(mta, processes=(*mta.processes, master, young))
    was = before(booted(replace(SEEN, subhosts=(running,))), HOST, OLD, reboots=False)
    assert was.services == ("mta:master",)
    assert lacking(readings(was, seen(), HOST, Runs.NEW)) == {
        Gate.SERVICES: (Verdict.WAIT, "not there: mta:master")
    }
    after = replace(SEEN, subhosts=(running,))
    assert not lacking(readings(was, seen(lambda _: booted(after)), HOST, Runs.NEW))


def test_a_level_that_was_too_full_before_keeps_nobody_from_passing() -> None:
    full = replace(booted(SEEN), levels=picture(HOST, HOST, State.ACT).levels)
    was = before(full, HOST, OLD, reboots=False)
    assert was.pressed == ("mem",)
    assert not lacking(readings(was, Sight(full, Runs.NEW), HOST, Runs.NEW))


def test_of_a_subhost_its_own_levels_count_alone() -> None:
    full = replace(booted(SEEN), levels=picture(HOST, HOST, State.LOST).levels)
    was = before(booted(SEEN), MTA, OLD, reboots=False)
    assert not lacking(readings(was, Sight(full, Runs.NEW), MTA, Runs.NEW))


def test_what_is_taken_back_need_not_have_come_through_unharmed() -> None:
    full = replace(booted(SEEN), levels=picture(HOST, HOST, State.LOST).levels)
    assert not lacking(readings(WAS, Sight(full, Runs.OLD), HOST, Runs.OLD))
    found = lacking(readings(WAS, Sight(full, Runs.NEW), HOST, Runs.OLD))
    assert found == {Gate.IMAGE: (Verdict.WAIT, "it runs the new image still")}


def test_untouched_is_what_would_boot_the_old_image_too() -> None:
    host = booted(SEEN)
    assert host.boot
    armed = replace(host, boot=replace(host.boot, armed=(Clean("/kernel"),)))
    assert untouched(WAS, Sight(host, Runs.OLD))
    assert not untouched(WAS, Sight(armed, Runs.OLD))
    assert not untouched(WAS, Sight(host, Runs.NEW))


def test_a_target_that_had_its_time_is_lost_if_silent_and_failed_if_not() -> None:
    silent = Reading(Gate.CONTACT, Verdict.WAIT, Clean("no answer: no route"))
    slow = Reading(Gate.SUBHOSTS, Verdict.WAIT, Clean("not running: mta"))
    lost = What.LOST, "no answer: no route; power cycle needed"
    assert judged(Phase.SETTLING, (silent,), late=False) is None
    assert judged(Phase.SETTLING, (silent,), late=True) == lost
    assert judged(Phase.CHECKING, (silent,), late=True) == lost
    assert judged(Phase.SETTLING, (slow,), late=True) == (
        *(What.FAILED, "subhosts: not running: mta"),
    )
    assert judged(Phase.CHECKING, (slow,), late=True) == (What.STUCK, "subhosts: not running: mta")
    assert judged(Phase.PASSED, (silent,), late=True) == (What.WAVERED, lost[1])
