"""Rollouts from their first record to the last, on hosts that do well and on ones that do not."""

from __future__ import annotations

import asyncio

import pytest

from console.errors import ConsoleError
from console.rollout.machine import Machine
from console.rollout.phases import Course, Phase
from console.rollout.records import Mark, Record, Rules, Soaked, What, Word
from tests.console.clockwork import Clock
from tests.console.rollout.story import Killed, Story, phases
from tests.console.rollout.world import NEW, OLD, Fate, World, names, now, play

RULES = Rules(most=2, soak=60.0, limit=300.0)
HOSTS = names(6)
WAVES = (HOSTS[:1], HOSTS[1:3], HOSTS[3:])


def story(rules: Rules = RULES, **fates: Fate) -> Story:
    """Return a rollout in which hosts have these fates, by their number: ``h3=Fate.LOST``."""
    given = {HOSTS[int(key[1:])]: fate for key, fate in fates.items()}
    return Story(WAVES, World((name, given.get(name, Fate.WELL)) for name in HOSTS), rules)


def test_all_hosts_run_the_new_image_in_the_end() -> None:
    async def play_it() -> None:
        one = story()
        machine = await one.drive()
        assert machine.course is Course.DONE
        assert {host.image for host in one.world.hosts.values()} == {NEW}
        one.check()

    play(play_it())


@pytest.mark.parametrize(
    "fate",
    [
        *(Fate.SICK, Fate.FALLS_BACK, Fate.PRESSED, Fate.SICKENS, Fate.UNSEEN, Fate.REFUSES),
    ],
)
def test_a_canary_that_fails_goes_back_and_nobody_else_is_touched(fate: Fate) -> None:
    async def play_it() -> None:
        one = story(h0=fate)
        machine = await one.drive()
        assert machine.course is Course.STOPPED
        assert phases(machine) == {HOSTS[0]: Phase.BACK, **dict.fromkeys(HOSTS[1:], Phase.WAITING)}
        assert all(host.image == OLD for host in one.world.hosts.values())
        assert not any(one.world.hosts[name].launched for name in HOSTS[1:])
        one.check()

    play(play_it())


def test_how_the_image_came_there_is_written_down() -> None:
    async def play_it() -> None:
        one = story(h1=Fate.SENT)
        assert (await one.drive()).course is Course.DONE
        staged = [each for each in one.notes.records if isinstance(each, Mark)]
        told = {each.target: each.told for each in staged if each.what is What.STAGED}
        assert told == {**dict.fromkeys(HOSTS), HOSTS[1]: "not fetched"}

    play(play_it())


def test_what_cannot_be_staged_is_never_touched() -> None:
    async def play_it() -> None:
        one = story(h0=Fate.NO_ROOM)
        machine = await one.drive()
        assert machine.course is Course.STOPPED
        assert phases(machine)[HOSTS[0]] is Phase.SPARED
        assert machine.stopped == f"{HOSTS[0]}: not staged: {HOSTS[0]}: no room for it; free some"
        assert not any(host.launched for host in one.world.hosts.values())

    play(play_it())


def test_a_lost_canary_needs_a_power_cycle_and_goes_back_once_it_is_found() -> None:
    async def play_it() -> None:
        one = story(h0=Fate.LOST)
        machine = await one.drive()
        assert machine.course is Course.STOPPED
        assert phases(machine)[HOSTS[0]] is Phase.LOST
        assert "power cycle needed" in (machine.standings[HOSTS[0]].told or "")
        one.world.power_cycle(HOSTS[0])
        machine = await one.drive()
        assert phases(machine)[HOSTS[0]] is Phase.BACK
        one.check()

    play(play_it())


def test_a_failure_in_a_later_wave_takes_that_wave_back_and_leaves_those_before() -> None:
    async def play_it() -> None:
        one = story(h2=Fate.SICKENS)
        machine = await one.drive()
        assert machine.course is Course.STOPPED
        images = {name: host.image for name, host in one.world.hosts.items()}
        assert images == {HOSTS[0]: NEW, **dict.fromkeys(HOSTS[1:], OLD)}
        assert phases(machine)[HOSTS[1]] is phases(machine)[HOSTS[2]] is Phase.BACK
        assert (machine.standings[HOSTS[2]].told or "").startswith("levels: lost: mem")
        one.check()

    play(play_it())


def test_a_failure_within_the_budget_goes_back_alone() -> None:
    async def play_it() -> None:
        one = story(Rules(most=2, soak=10.0, limit=300.0, failures=1), h3=Fate.SICK)
        machine = await one.drive()
        assert machine.course is Course.DONE
        assert [n for n, host in one.world.hosts.items() if host.image == OLD] == [HOSTS[3]]
        one.check()

    play(play_it())


def test_so_many_are_lost_that_no_other_may_be_taken_until_one_is_found() -> None:
    async def play_it() -> None:
        one = story(Rules(most=1, soak=10.0, limit=300.0, failures=2), h1=Fate.LOST)
        machine = await one.drive()
        assert machine.course is Course.HELD
        assert not one.world.hosts[HOSTS[2]].launched
        one.world.power_cycle(HOSTS[1])
        machine = await one.drive()
        assert machine.course is Course.DONE
        images = {name: host.image for name, host in one.world.hosts.items()}
        assert images == {name: OLD if name == HOSTS[1] else NEW for name in HOSTS}
        one.check()

    play(play_it())


def test_what_cannot_go_back_is_told_and_left() -> None:
    async def play_it() -> None:
        one = story(h0=Fate.STUCK)
        machine = await one.drive()
        assert machine.course is Course.STOPPED
        assert phases(machine)[HOSTS[0]] is Phase.STUCK
        assert "cannot go back" in (machine.standings[HOSTS[0]].told or "")

    play(play_it())


def test_while_it_is_paused_no_other_host_is_taken() -> None:
    async def play_it() -> None:
        one = story()
        times: dict[Phase | Word, float] = {}

        def told(machine: Machine, record: Record) -> None:
            if isinstance(record, Soaked) and record.wave == 0:
                one.notes.say(Word.PAUSE, now())
                asyncio.get_running_loop().call_later(
                    1000.0, lambda: one.notes.say(Word.RESUME, now())
                )
                times[Word.PAUSE] = now()
            if isinstance(record, Mark) and record.what is What.MOVING:
                times[Phase.MOVING] = now()
                assert Word.PAUSE not in times or now() - times[Word.PAUSE] >= 1000.0

        one.on_record = told
        machine = await one.drive()
        assert machine.course is Course.DONE
        assert times[Phase.MOVING] - times[Word.PAUSE] >= 1000.0

    play(play_it())


def test_what_is_aborted_goes_back_to_the_last_wave_that_held() -> None:
    async def play_it() -> None:
        one = story()

        def told(machine: Machine, record: Record) -> None:
            if isinstance(record, Mark) and record.what is What.PASSED and machine.wave == 1:
                one.notes.say(Word.ABORT, now())

        one.on_record = told
        machine = await one.drive()
        assert (machine.course, machine.stopped) == (Course.STOPPED, "aborted by bob@bastion")
        images = {name: host.image for name, host in one.world.hosts.items()}
        assert images == {HOSTS[0]: NEW, **dict.fromkeys(HOSTS[1:], OLD)}
        one.check()

    play(play_it())


@pytest.mark.parametrize(("fate", "kill_at"), [(Fate.WELL, 5), (Fate.PRESSED, 4)])
def test_time_in_which_nobody_drove_is_no_soak_and_makes_nobody_late(
    fate: Fate, kill_at: int
) -> None:
    """Its console is killed once the canary has passed, or has been upgraded."""

    async def play_it() -> None:
        one = story(h0=fate)
        one.notes.kill_at = kill_at
        with pytest.raises(Killed):
            await one.drive()
        await asyncio.sleep(5000.0)
        back = now()
        await one.drive()
        rules = one.begun.rules
        least = rules.soak if fate is Fate.WELL else rules.limit
        ends = [
            record.at
            for record in one.notes.records
            if isinstance(record, Soaked) or (isinstance(record, Mark) and record.what == "failed")
        ]
        assert ends[0] - back >= least
        one.check()

    play(play_it())


def test_the_canary_has_no_budget() -> None:
    async def play_it() -> None:
        one = story(Rules(most=2, soak=10.0, limit=300.0, failures=5), h0=Fate.SICK)
        assert (await one.drive()).course is Course.STOPPED
        one.check()

    play(play_it())


@pytest.mark.parametrize("written", [True, False])
@pytest.mark.parametrize("fate", [Fate.WELL, Fate.SICK])
def test_a_console_killed_at_any_record_is_succeeded_by_another(written: bool, fate: Fate) -> None:
    async def play_it(kill_at: int, plain: int) -> int:
        one = story(h2=fate)
        one.notes.kill_at, one.notes.written = kill_at, written
        machine = await one.drive_through()
        assert one.consoles == (2 if kill_at and kill_at < plain else 1)
        assert machine.course is (Course.DONE if fate is Fate.WELL else Course.STOPPED)
        one.check()
        images = {name: host.image for name, host in one.world.hosts.items()}
        assert images == {
            name: NEW if fate is Fate.WELL or name == HOSTS[0] else OLD for name in HOSTS
        }
        return len(one.notes.records)

    def played(kill_at: int, plain: int) -> int:
        with asyncio.Runner(loop_factory=Clock) as runner:
            return runner.run(play_it(kill_at, plain))

    plain = played(0, 0)
    for kill_at in range(1, plain):
        played(kill_at, plain)


def test_without_a_journal_nothing_is_done() -> None:
    async def play_it() -> None:
        one = story()
        seen = len(one.notes.records)

        def told(machine: Machine, record: Record) -> None:
            raise ConsoleError("r1.jsonl: no space left on device")

        one.on_record = told
        with pytest.raises(ConsoleError, match="no space left"):
            await one.drive()
        assert len(one.notes.records) == seen + 1
        assert not any(host.launched for host in one.world.hosts.values())

    play(play_it())
