"""The palette offers what is possible here, and does it."""

from __future__ import annotations

from textual.command import Hit
from textual.widgets import OptionList

from console.fleet import FleetView
from screens.keys import possible
from screens.palette import Actions, offers
from screens.place import Place, View
from screens.plan_dialog import PlanDialog
from tests.screens.stage import Stage, opened


async def offered(stage: Stage, words: str) -> list[str]:
    provider = Actions(stage.main)
    hits = [hit async for hit in provider.search(words)]
    return [hit.text or "" for hit in hits if isinstance(hit, Hit)]


def options(stage: Stage) -> int:
    return stage.app.screen.query_one(OptionList).option_count


async def test_every_key_of_the_view_is_listed_with_its_class(seen: FleetView) -> None:
    async with opened(seen, size=(80, 70)) as stage:
        await stage.press("2", "ctrl+p")
        await stage.until(lambda: options(stage) == len([*offers(stage.main)]))
        await stage.until(lambda: "log of" in stage.text)
        assert "log of this subhost  [view, l]" in stage.text


async def test_what_can_be_done_to_the_row_is_listed_and_leads_to_its_plan(
    seen: FleetView,
) -> None:
    async with opened(seen, size=(100, 70)) as stage:
        await stage.press("2", "j")
        found = {offer.title: offer.how for offer in offers(stage.main)}
        assert {key.title for key in possible(View.SUBHOSTS)} <= {*found}
        assert found["stop local/mta: stop it, its services first"] == "destructive, a t"
        assert found["open a shell in local/mta"] == "change, s"
        assert not [title for title in found if title.startswith("start local/mta")]
        await stage.press("ctrl+p", *"stop local")
        await stage.until(lambda: options(stage) > 0 and "destructive, a t" in stage.text)
        await stage.press("enter")
        await stage.until(lambda: isinstance(stage.app.screen, PlanDialog))
        assert stage.fleet.deeds.begun == []


async def test_search_finds_by_what_a_key_does(seen: FleetView) -> None:
    async with opened(seen) as stage:
        assert "sort by fill" in await offered(stage, "srt fill")
        assert await offered(stage, "log of") == []
        await stage.press("2")
        assert await offered(stage, "log of") == ["log of this subhost"]


async def test_a_choice_is_run_in_the_view_underneath(seen: FleetView) -> None:
    async with opened(seen) as stage:
        await stage.press("ctrl+p", *"cables")
        await stage.until(lambda: options(stage) == 1)
        await stage.press("enter")
        await stage.until(lambda: stage.main.place == Place(View.CABLES))
        assert len(stage.app.screen_stack) == 1
