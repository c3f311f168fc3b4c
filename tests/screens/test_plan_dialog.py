"""The plan dialog: everything to read, nothing by accident, and only what can be done is done."""

from __future__ import annotations

from dataclasses import replace

import pytest
from textual.widgets import Input

from console.clean import Clean
from console.errors import ConsoleError
from console.fleet import FleetView
from console.model import Running
from console.plan import Obstacle, Plan, Verb, Wish
from console.shell import script
from screens.plan_dialog import PlanDialog
from screenshots.deeds import made
from tests.screens.acting import ENABLE, MTA, STOP, begun, ready, two
from tests.screens.stage import Stage, opened


async def test_it_shows_why_and_how_and_opens_on_cancel(seen: FleetView) -> None:
    async with opened(seen, size=(110, 50)) as stage:
        await stage.press(*STOP)
        dialog = await ready(stage)
        for text in (
            "stop mta on local",
            "1 session is open inside",
            "1  stop the service postfix",
            'nsenter -t "$pid" -m -n -p -i -u timeout 10 service postfix stop',
            "ip link delete mta0",
            "1 check on the host first",
            "Tab, type yes or 1, Enter: stops it",
        ):
            assert text in stage.text, text
        assert dialog.focused is not None
        assert dialog.focused.id == "cancel"
        await stage.press("enter")
        assert stage.app.screen is stage.main
        assert begun(stage) == []


async def test_the_program_is_shown_as_it_runs_and_all_of_it_can_be_reached(
    seen: FleetView,
) -> None:
    async with opened(seen, size=(110, 40)) as stage:
        await stage.press(*STOP)
        await ready(stage)
        await stage.press("v")
        program = script(made(Clean("local"), Wish(Verb.STOP, Clean("mta")))).decode()
        read: set[str] = set()
        for _ in range(30):
            inside = (line.partition("│")[2].rpartition("│")[0] for line in stage.lines)
            read |= {line.strip() for line in inside}
            await stage.press("pagedown")
        short = [line.strip() for line in program.split("\n") if len(line) < 80]
        assert not [line for line in short if line not in read and "\t" not in line]
        await stage.press("v", "g")
        assert "1  stop the service postfix" in stage.text


@pytest.mark.parametrize("typed", ["yes", "1"])
async def test_what_interrupts_a_service_is_typed(seen: FleetView, typed: str) -> None:
    async with opened(seen) as stage:
        await stage.press(*STOP)
        await ready(stage)
        await stage.press("y", "enter" if typed == "never" else "tab", *typed, "enter")
        await stage.until(lambda: begun(stage) == ["stop mta on local"])


@pytest.mark.parametrize("typed", ["", "y", "no", "2", "YES", "mta", "[/red]\x1b[2J", "yes yes"])
async def test_anything_else_does_nothing_and_says_so(seen: FleetView, typed: str) -> None:
    async with opened(seen) as stage:
        await stage.press(*STOP)
        dialog = await ready(stage)
        await stage.press("tab")
        dialog.query_one("#typed", Input).value = typed
        await stage.press("enter")
        assert "nothing was done" in stage.text
        await stage.press("escape")
        assert stage.app.screen is stage.main
        assert begun(stage) == []


@pytest.mark.parametrize("keys", [("y",), ("tab", "enter")])
async def test_what_can_be_taken_back_is_said_yes_to(
    seen: FleetView, keys: tuple[str, ...]
) -> None:
    async with opened(seen) as stage:
        await stage.press(*ENABLE)
        await ready(stage)
        await stage.press(*keys)
        await stage.until(lambda: begun(stage) == ["enable web on local"])


@pytest.mark.parametrize("name", ["mta", "local"])
async def test_what_may_lose_data_takes_a_name_and_no_yes(seen: FleetView, name: str) -> None:
    async with opened(seen) as stage:
        await stage.press(*MTA, "colon", *"clean", "enter")
        dialog = await ready(stage)
        await stage.press("tab", *"yes", "enter")
        assert "nothing was done" in stage.text
        dialog.query_one("#typed", Input).value = name
        await stage.press("enter")
        await stage.until(lambda: begun(stage) == ["clean mta on local"])


async def test_a_protected_host_refuses_and_says_how_it_is_unlocked(seen: FleetView) -> None:
    async with opened(two(seen, protected=True)) as stage:
        await stage.press("colon", *"stop web1/mta", "enter")
        dialog = await ready(stage)
        assert dialog.consent is None
        assert "web1 is protected" in stage.text
        assert ":rw REASON" in stage.text
        assert "1  stop the service postfix" in stage.text
        await stage.press("y", "tab", "enter")
        assert begun(stage) == []
        await stage.press("colon", *"rw the disk is full", "enter")
        assert stage.fleet.deeds.unlocked == "the disk is full"
        assert "[RW] unlocked" in stage.lines[0]
        await stage.press("colon", *"stop web1/mta", "enter")
        await ready(stage)
        await stage.press("tab", *"yes", "enter")
        assert "nothing was done" in stage.text
        await stage.press("escape")
        assert begun(stage) == []


async def test_of_several_targets_only_those_that_can_be_done_are(seen: FleetView) -> None:
    async with opened(two(seen), size=(100, 40)) as stage:
        deeds = stage.fleet.deeds
        why = Obstacle(Clean("bridge br-x is not there"), Clean("add it"))
        deeds.obstacles[Clean("web")] = why
        await stage.press("colon", *"stop */mta */web", "enter")
        dialog = await ready(stage)
        assert "stop 4 subhosts on 2 hosts" in stage.text
        assert "2 of 4 can be done; only those are." in stage.text
        assert stage.text.count("cannot: bridge br-x is not there") == 2
        assert dialog.consent
        assert dialog.consent.words == ("yes", "2")
        assert dialog.consent.does == "stops 2 of 4"
        for title in ("local/mta", "web1/mta", "local/web"):
            await stage.press("n")
            assert title in stage.text
        assert "- bridge br-x is not there" in stage.text
        await stage.press("N")
        assert "1  stop the service postfix" in stage.text
        await stage.press("v", "N", "N", "N")
        assert "n shows one after the other" in stage.text
        await stage.press("tab", "2", "enter")
        await stage.until(lambda: len(begun(stage)) == 2)
        assert {*begun(stage)} == {"stop mta on local", "stop mta on web1"}


async def test_what_can_be_taken_back_is_still_counted_when_it_is_many(seen: FleetView) -> None:
    async with opened(two(seen)) as stage:
        await stage.press("colon", *"enable mta", "enter")
        dialog = await ready(stage)
        assert dialog.consent
        assert dialog.consent.words == ("yes", "2")


async def test_all_of_a_fleet_is_more_than_many(seen: FleetView) -> None:
    first, second = two(seen).contacts
    assert second.host
    host = replace(second.host, name=Clean("web2"))
    third = replace(second, name=Clean("web2"), host=host)
    async with opened(replace(seen, contacts=(first, second, third))) as stage:
        await stage.press("colon", *"stop mta", "enter")
        dialog = await ready(stage)
        assert dialog.consent
        assert dialog.consent.words == ("mta",)


async def test_planning_never_blocks_and_can_be_left(seen: FleetView) -> None:
    async with opened(seen) as stage:
        stage.fleet.deeds.go_on.clear()
        await stage.press(*STOP)
        screen = stage.app.screen
        assert isinstance(screen, PlanDialog)
        assert "planning…" in stage.text
        await stage.until(lambda: screen.armed)
        await stage.press("y", "tab", "enter")
        assert stage.app.screen is stage.main
        stage.fleet.deeds.go_on.set()
        await stage.settled()
        assert begun(stage) == []


async def test_a_host_that_cannot_be_asked_is_an_obstacle_and_planned_again(
    seen: FleetView, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(host: Clean, wish: Wish) -> Plan:
        raise ConsoleError("[/red] no answer", "is it up?")

    async with opened(seen) as stage:
        well = stage.fleet.deeds.planned
        monkeypatch.setattr(stage.fleet.deeds, "planned", refuse)
        await stage.press(*STOP)
        dialog = await ready(stage)
        assert dialog.consent is None
        assert "- [/red] no answer" in stage.text
        assert "is it up?" in stage.text
        monkeypatch.setattr(stage.fleet.deeds, "planned", well)
        await stage.press("ctrl+r")
        await stage.until(lambda: dialog.consent is not None)


async def test_a_fault_of_ours_with_one_does_not_hide_the_others(
    seen: FleetView, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(two(seen), size=(100, 40)) as stage:
        well = stage.fleet.deeds.planned

        async def half(host: Clean, wish: Wish) -> Plan:
            if host == "local":
                raise KeyError("x")
            return await well(host, wish)

        monkeypatch.setattr(stage.fleet.deeds, "planned", half)
        await stage.press("colon", *"stop mta", "enter")
        await ready(stage)
        assert "1 of 2 can be done" in stage.text
        assert "internal: KeyError" in stage.text


async def test_rows_stand_still_under_a_dialog_and_the_target_is_who_it_was(
    seen: FleetView,
) -> None:
    def order(stage: Stage) -> list[str]:
        return [row.key for row in stage.main.grid.listing.rows]

    async with opened(seen) as stage:
        await stage.press(*MTA, "a", "t")
        await ready(stage)
        before, here = order(stage), stage.main.grid.listing.cursor
        (contact,) = seen.contacts
        assert contact.host
        stopped = (
            replace(each, state=Running.BROKEN if each.name == "dns" else Running.STOPPED)
            for each in contact.host.subhosts
        )
        other = replace(contact, host=replace(contact.host, subhosts=tuple(stopped)))
        await stage.show(replace(seen, contacts=(other,)))
        assert order(stage) == before
        assert stage.main.grid.listing.cursor == here
        await stage.press("tab", *"yes", "enter")
        await stage.until(lambda: begun(stage) == ["stop mta on local"])
        assert other.host
        later = replace(other, host=replace(other.host, time=other.host.time + 60))
        await stage.show(replace(seen, contacts=(later,)))
        await stage.until(lambda: order(stage) != before)
        assert stage.main.grid.listing.cursor == here
