"""What must hold of a rollout whatever happens, in whatever order."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from console.clean import Clean
from console.rollout.gates import Before
from console.rollout.journal import line, records
from console.rollout.machine import Machine, replayed
from console.rollout.phases import AWAY, LEADS, Course, Move, Phase, Return, Stage
from console.rollout.records import Begun, Mark, Record, Rules, Said, Soaked, What, Word
from tests.console.clockwork import BEGAN
from tests.console.rollout.story import Story, held
from tests.console.rollout.world import ALICE, NEW, OLD, Fate, World, names, now, play

HOSTS = names(9)
WAVES = (tuple(HOSTS[:1]), tuple(HOSTS[1:4]), tuple(HOSTS[4:]))
BEFORE = Before(Clean("boot-1"), Clean("slashinit"), OLD, reboots=True)
_FACTS = st.sampled_from(
    [each for each in What if each not in {What.MOVING, What.RETURNING, What.STAGED}]
)


def begun(rules: Rules) -> Begun:
    """Return the first record."""
    return Begun(BEGAN, Clean("r1"), ALICE, NEW, Clean("0" * 64), WAVES, rules)


class Anything(RuleBasedStateMachine):
    """A driver that does only what is due, while anything happens to the hosts."""

    def __init__(self) -> None:
        super().__init__()
        self.at = BEGAN
        first = begun(Rules(most=2, failures=1, soak=10.0, limit=60.0))
        self.machine = Machine(first)
        self.records: list[Record] = [first]
        self.touched: set[Clean] = set()

    def note(self, record: Record) -> None:
        """Write what may be written, and hold it against what must be."""
        if not self.machine.permits(record):
            return
        self.machine.take(record)
        self.records.append(record)
        held(self.machine, record)

    @rule(which=st.integers(0, 20))
    def do(self, which: int) -> None:
        """Do one of the things that are due."""
        due = list(self.machine.due())
        if not due:
            return
        match due[which % len(due)]:
            case Stage(target):
                self.note(Mark(self.at, target, What.STAGED))
            case Move(target):
                if self.machine.standings[target].phase is Phase.STAGED:
                    job = Clean(f"job-{len(self.records)}")
                    self.touched.add(target)
                    self.note(Mark(self.at, target, What.MOVING, job=job, before=BEFORE))
            case Return(target):
                if self.machine.standings[target].phase is not Phase.RETURNING:
                    job = Clean(f"job-{len(self.records)}")
                    told = self.machine.standings[target].told
                    self.note(Mark(self.at, target, What.RETURNING, told, job))

    @rule(name=st.sampled_from(HOSTS), what=_FACTS)
    def happen(self, name: Clean, what: What) -> None:
        """Let something be seen of a target."""
        if self.machine.standings[name].phase in LEADS[what]:
            told = Clean(what) if what in {What.FAILED, What.LOST, What.STUCK} else None
            try:
                self.note(Mark(self.at, name, what, told))
            except ValueError:  # of a wave that is over, or yet to come
                assert name not in self.machine.members

    @rule(word=st.sampled_from((Word.PAUSE, Word.RESUME, Word.DRIVE)))
    def say(self, word: Word) -> None:
        """Let somebody say something."""
        self.note(Said(self.at, ALICE, word))

    @precondition(lambda self: len(self.records) > 30)
    @rule()
    def abort(self) -> None:
        """Let somebody end it."""
        self.note(Said(self.at, ALICE, Word.ABORT))

    @rule(seconds=st.floats(0, 20))
    def wait(self, seconds: float) -> None:
        """Let time pass, and a wave hold."""
        self.at += seconds
        self.note(Soaked(self.at, self.machine.wave))

    @invariant()
    def nobody_of_a_later_wave_is_touched(self) -> None:
        """Nobody is moved before all waves before have held."""
        for wave in WAVES[self.machine.wave + 1 :]:
            assert not self.touched & set(wave)

    @invariant()
    def replay_gives_the_same(self) -> None:
        """The journal alone tells where it stands."""
        text = b"".join(map(line, self.records))
        again = replayed(records(text, "r1.jsonl"))
        assert state(again) == state(self.machine)

    @invariant()
    def the_counts_are_right(self) -> None:
        """Who counts as away is who is."""
        counted = Counter(each.phase for each in self.machine.standings.values())
        assert self.machine.away == sum(counted[phase] for phase in AWAY)


def state(machine: Machine) -> tuple[object, ...]:
    """Return all that can be seen of it."""
    return (
        *(machine.wave, machine.failures, machine.stopped, machine.paused, machine.driven),
        *(machine.course, machine.soaked_at, dict(machine.standings)),
        *(tuple(machine.due()), tuple(machine.watched())),
    )


TestAnything = Anything.TestCase
TestAnything.settings = settings(stateful_step_count=60)


@given(
    fates=st.lists(st.sampled_from(Fate), min_size=9, max_size=9),
    seldom=st.integers(0, 2),
    most=st.integers(1, 4),
    failures=st.integers(0, 4),
    kills=st.lists(st.integers(1, 60), max_size=3),
    abort=st.none() | st.integers(1, 40),
    seed=st.integers(0, 10**6),
)
def test_whatever_becomes_of_hosts_and_consoles_it_ends_well_for_the_others(
    fates: list[Fate],
    seldom: int,
    most: int,
    failures: int,
    kills: list[int],
    abort: int | None,
    seed: int,
) -> None:
    given_fates = [fate if at % 3 <= seldom else Fate.WELL for at, fate in enumerate(fates)]

    async def play_it() -> None:
        world = World(zip(HOSTS, given_fates, strict=True), seed)
        rules = Rules(most, failures, soak=40.0, limit=200.0)
        story = Story(WAVES, world, rules)
        left = sorted(kills)

        def told(machine: Machine, record: Record) -> None:
            if abort == len(story.notes.records):
                story.notes.say(Word.ABORT, now())
            if left:
                story.notes.kill_at = left[0]
                story.notes.written = bool(left[0] % 2)
            if left and len(story.notes.records) >= left[0]:
                left.pop(0)

        story.on_record = told
        machine = await story.drive_through()
        assert machine.over
        story.check()
        if not machine.stopped and machine.course is Course.DONE:
            for target, host in world.hosts.items():
                assert host.image == NEW or host.fate is not Fate.WELL, target

    play(play_it())


def test_what_cannot_come_now_is_refused() -> None:
    machine = Machine(begun(Rules(most=1)))
    for record in (
        Mark(BEGAN, Clean("nobody"), What.STAGED),
        Mark(BEGAN, HOSTS[0], What.PASSED),
        Mark(BEGAN, HOSTS[1], What.STAGED),
        Soaked(BEGAN, 0),
        Soaked(BEGAN, 3),
        machine.begun,
    ):
        with pytest.raises(ValueError, match=r"."):
            machine.take(record)
    machine.take(Mark(BEGAN, HOSTS[0], What.STAGED))
    with pytest.raises(ValueError, match="nothing tells from where"):
        machine.take(Mark(BEGAN, HOSTS[0], What.MOVING))
    with pytest.raises(ValueError, match="does not begin"):
        replayed(())


def test_what_is_due_no_more_by_the_time_it_is_written_is_not_permitted() -> None:
    machine = Machine(begun(Rules(most=1)))
    machine.take(Mark(BEGAN, HOSTS[0], What.STAGED))
    canary = Mark(BEGAN, HOSTS[0], What.MOVING, job=Clean("job-1"), before=BEFORE)
    assert machine.permits(canary)
    for word, permitted in ((Word.PAUSE, False), (Word.RESUME, True)):
        machine.take(Said(BEGAN, ALICE, word))
        assert machine.permits(canary) is permitted
    for what in (What.MOVING, What.MOVED, What.PASSED):
        machine.take(replace(canary, what=what))
    machine.take(Soaked(BEGAN + 400, 0))
    first, second = (replace(canary, target=name) for name in HOSTS[1:3])
    third = replace(canary, target=HOSTS[3])
    for each in (first, second, third):
        machine.take(Mark(BEGAN, each.target, What.STAGED))
    for each in (first, replace(first, what=What.MOVED), replace(first, what=What.PASSED)):
        machine.take(each)
    assert machine.permits(second)
    machine.take(second)
    assert not machine.permits(third), "so many are away as may be"
    machine.take(Said(BEGAN, ALICE, Word.ABORT))
    back = Mark(BEGAN, HOSTS[1], What.RETURNING, job=Clean("job-2"))
    assert not machine.permits(back), "the other one is away"
    machine.take(replace(second, what=What.FAILED))
    assert machine.permits(replace(back, target=HOSTS[2]))
    machine.take(replace(second, what=What.BACK))
    assert machine.permits(back)
