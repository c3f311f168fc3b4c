"""Accepting an unknown key: deliberate, complete, and impossible for a key that changed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from textual.widgets import Input

from console.clean import Clean
from console.errors import ConsoleError
from console.fleet import FleetView
from screens.accept import AcceptKey
from screens.palette import Actions
from screens.place import Place, View
from screenshots.forty import CHANGED, UNKNOWN
from tests.screens.stage import Stage, opened

HOST = "pxe-04"


async def dialog(stage: Stage) -> AcceptKey:
    """Open the dialog for the host with the unknown key and wait until keys count."""
    await stage.press("slash", *HOST, "enter", "enter", "enter")
    return await armed(stage)


async def armed(stage: Stage) -> AcceptKey:
    await stage.until(lambda: isinstance(stage.app.screen, AcceptKey) and stage.app.screen.armed)
    screen = stage.app.screen
    assert isinstance(screen, AcceptKey)
    await stage.settled()
    return screen


async def test_it_shows_everything_and_is_opened_on_cancel(forty: FleetView) -> None:
    async with opened(forty) as stage:
        screen = await dialog(stage)
        for text in (
            HOST,
            "192.0.2.79",
            "ssh-ed25519",
            UNKNOWN.fingerprint,
            UNKNOWN.file,
            UNKNOWN.line[:40],
        ):
            assert text in stage.text, text
        assert screen.focused is not None
        assert screen.focused.id == "cancel"
        await stage.press("enter")
        assert stage.app.screen is stage.main
        assert stage.fleet.accepted == []


@pytest.mark.parametrize("word", [HOST, "yes"])
async def test_its_name_typed_out_accepts_just_the_key_that_was_shown(
    forty: FleetView, word: str
) -> None:
    async with opened(forty) as stage:
        await dialog(stage)
        await stage.press("tab", *word, "enter")
        await stage.until(lambda: bool(stage.fleet.accepted))
        assert stage.fleet.accepted == [(HOST, UNKNOWN.fingerprint)]
        assert stage.app.screen is stage.main
        assert stage.told == f"{HOST}: the key is known now"


@pytest.mark.parametrize("word", ["", "y", "pxe-0", "pxe-041", "PXE-04", "no", "[/red]\x1b[2J"])
async def test_anything_else_accepts_nothing_and_says_so(forty: FleetView, word: str) -> None:
    async with opened(forty) as stage:
        await dialog(stage)
        await stage.press("tab")
        stage.app.screen.query_one("#typed", Input).value = word
        await stage.press("enter")
        assert "nothing was accepted" in stage.text
        await stage.press("escape")
        assert len(stage.app.screen_stack) == 1
        assert stage.fleet.accepted == []


async def test_a_protected_host_takes_its_name_alone(forty: FleetView) -> None:
    contacts = tuple(
        replace(each, protected=True) if each.name == HOST else each for each in forty.contacts
    )
    async with opened(replace(forty, contacts=contacts)) as stage:
        await dialog(stage)
        await stage.press("tab", *"yes", "enter")
        assert "nothing was accepted" in stage.text
        assert stage.fleet.accepted == []


async def test_keys_meant_for_what_was_there_before_are_ignored(
    forty: FleetView, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("screens.dialog.ARMED_AFTER", 600.0)
    async with opened(forty) as stage:
        await stage.press("slash", *HOST, "enter", "enter", "enter")
        screen = stage.app.screen
        assert isinstance(screen, AcceptKey)
        await stage.press("enter", "escape", "q", "tab", *HOST, "enter", "down", "enter")
        assert len(stage.app.screen_stack) == 2
        assert screen.query_one("#typed", Input).value == ""
        assert stage.fleet.accepted == []
        screen.arm()
        await stage.press("enter")
        assert len(stage.app.screen_stack) == 1


@pytest.mark.parametrize("keys", [("escape",), ("q",), ("ctrl+c",), ("enter",)])
async def test_every_way_out_accepts_nothing(forty: FleetView, keys: tuple[str, ...]) -> None:
    async with opened(forty) as stage:
        await dialog(stage)
        await stage.press(*keys)
        assert stage.app.screen is stage.main
        assert stage.fleet.accepted == []
        assert stage.app._exit is False


async def test_the_command_and_the_palette_lead_there_too(forty: FleetView) -> None:
    async with opened(forty) as stage:
        await stage.press("slash", *HOST, "enter", "colon", *"accept-key", "enter")
        await armed(stage)
        await stage.press("escape")
        found = [hit.text async for hit in Actions(stage.main).search("accept")]
        assert found == [f"accept the unknown key of {HOST}"]
        await stage.press("ctrl+p", *"accept")
        await stage.until(lambda: "[change, :accept-key]" in stage.text)
        await stage.press("enter")
        await armed(stage)


async def test_a_changed_key_is_explained_and_cannot_be_accepted(forty: FleetView) -> None:
    async with opened(forty, size=(100, 40)) as stage:
        await stage.press("slash", *"pxe-02", "enter", "enter")
        assert stage.main.place == Place(View.HOST, "pxe-02")
        for text in (CHANGED.fingerprint, "known_hosts:31", "ssh-keygen -R '192.0.2.77'"):
            assert text in stage.text
        assert "accept-key" not in stage.text
        await stage.press("colon", *"accept-key", "enter")
        assert stage.app.screen is stage.main
        assert stage.told == "another key than the known one is never accepted in here"
        assert [hit async for hit in Actions(stage.main).search("accept")] == []


async def test_without_an_unknown_key_there_is_nothing_to_accept(seen: FleetView) -> None:
    async with opened(seen) as stage:
        await stage.press("colon", *"accept-key", "enter")
        assert stage.told == "put the cursor on a host that offers an unknown key"


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (
            ConsoleError("it offers another key now", "[/red] look again"),
            "it offers another key now  [/red] look again",
        ),
        (KeyError("another"), "accepting the key has failed: KeyError('another')"),
    ],
)
async def test_why_it_was_not_accepted_is_told(
    forty: FleetView, monkeypatch: pytest.MonkeyPatch, error: Exception, told: str
) -> None:
    async def refuse(name: Clean, fingerprint: str) -> None:
        raise error

    async with opened(forty) as stage:
        monkeypatch.setattr(stage.fleet, "accept", refuse)
        await dialog(stage)
        await stage.press("tab", *HOST, "enter")
        await stage.until(lambda: "another" in stage.told)
        assert stage.told == told
        assert stage.app.is_running
