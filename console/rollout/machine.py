"""The state of a rollout: records in, what is to be done next out.

The same records always make the same state, so who reads the journal knows where it stands, and
any console can go on with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from math import inf

from console.clean import Clean
from console.rollout.phases import (
    ACTIVE,
    AWAY,
    FORWARD,
    LEADS,
    Course,
    Intent,
    Move,
    Phase,
    Return,
    Stage,
    Standing,
)
from console.rollout.records import Begun, Mark, Record, Said, Soaked, What, Word

_STAGING = 8
"""Targets to which the image is brought at once."""


class Machine:
    """Where a rollout stands."""

    def __init__(self, begun: Begun) -> None:
        self.begun = begun
        self.wave = 0
        """Waves that have held."""
        self.failures = 0
        self.stopped: Clean | None = None
        """Why no more targets are taken."""
        self.paused: Clean | None = None
        """Who paused it."""
        self.driven = begun.at
        """When a console took to driving it last, seconds since 1970."""
        self._standings = {
            target: Standing(Phase.WAITING, begun.at) for wave in begun.waves for target in wave
        }
        self._phases: dict[Phase, dict[Clean, None]] = {phase: {} for phase in Phase}
        """Of the wave under way, and of those before what still keeps us."""
        self._passed_at: float | None = None
        self._open()

    @property
    def standings(self) -> Mapping[Clean, Standing]:
        """Every target, in the order of the waves."""
        return self._standings

    @property
    def members(self) -> tuple[Clean, ...]:
        """The targets of the wave under way; none when all have held."""
        return self.begun.waves[self.wave] if self.wave < len(self.begun.waves) else ()

    @property
    def away(self) -> int:
        """How many targets are unavailable."""
        return sum(len(self._phases[phase]) for phase in AWAY)

    @property
    def course(self) -> Course:
        """How it goes as a whole."""
        going = Course.PAUSED if self.paused else Course.RUNNING
        if any(self._phases[phase] for phase in ACTIVE):
            return Course.STOPPING if self.stopped else going
        if self.wave == len(self.begun.waves):
            return Course.DONE
        if self.stopped and not self._phases[Phase.PASSED]:
            return Course.STOPPED
        if self._room <= 0 and (self.stopped or not self._complete):
            return Course.HELD
        return Course.STOPPING if self.stopped else going

    @property
    def over(self) -> bool:
        """Whether nothing more is done by itself."""
        return self.course in {Course.DONE, Course.STOPPED, Course.HELD}

    def take(self, record: Record) -> None:
        """Take note of a record; raises ``ValueError`` for one that cannot come now."""
        match record:
            case Mark():
                self._mark(record)
            case Soaked():
                if record.wave != self.wave or not self.members or not self._complete:
                    raise ValueError(f"wave {record.wave} cannot have held now")
                self.wave += 1
                self._open()
            case Said():
                self._heard(record)
            case Begun():
                raise ValueError("it has begun already")

    def permits(self, record: Record) -> bool:
        """Whether what a record announces may be done now."""
        match record:
            case Mark(what=What.MOVING):
                ready = record.target in self._phases[Phase.STAGED]
                return ready and self._onward and self._room > 0
            case Mark(what=What.RETURNING):
                well = record.target in self._phases[Phase.PASSED]
                free = well and self.stopped is not None and self._room > 0
                return free or record.target in self._phases[Phase.FAILED]
            case Soaked():
                return record.wave == self.wave and self.soaked_at <= record.at
        return True

    @property
    def soaked_at(self) -> float:
        """When the wave under way has held, if nothing fails until then; infinite: not known.

        Time in which no console drove it does not count.
        """
        if not (self._onward and self.members and self._complete):
            return inf
        if self._passed_at is None:
            return self.driven
        return max(self.driven, self._passed_at) + self.begun.rules.soak

    def due(self) -> Iterator[Intent]:
        """Yield what is to be under way now, as far as it may be."""
        for phase in (Phase.FAILED, Phase.RETURNING):
            yield from map(Return, tuple(self._phases[phase]))
        yield from map(Move, tuple(self._phases[Phase.MOVING]))
        if self.stopped:
            yield from map(Return, self._first(Phase.PASSED, self._room))
        elif self._onward:
            yield from map(Move, self._first(Phase.STAGED, self._room))
            yield from map(Stage, self._first(Phase.WAITING, _STAGING))

    def watched(self) -> Iterator[tuple[Clean, bool]]:
        """Yield which targets are to be looked at; whether often, for something is awaited."""
        for phase in (Phase.SETTLING, Phase.CHECKING):
            yield from ((target, True) for target in self._phases[phase])
        yield from ((target, False) for target in self._phases[Phase.LOST])
        if not self.stopped:
            yield from ((target, False) for target in self._phases[Phase.PASSED])

    @property
    def _onward(self) -> bool:
        return self.stopped is None and self.paused is None

    @property
    def _complete(self) -> bool:
        """Whether every target of the wave has come to an end."""
        return not any(self._phases[each] for each in (Phase.WAITING, Phase.STAGED, *ACTIVE))

    @property
    def _room(self) -> int:
        return self.begun.rules.most - self.away

    def _first(self, phase: Phase, most: int) -> list[Clean]:
        return list(islice(self._phases[phase], max(most, 0)))

    def _open(self) -> None:
        """Let the next wave begin; of those before, what has come to a good end is let go."""
        for phase in (Phase.PASSED, Phase.BACK, Phase.SPARED):
            self._phases[phase] = {}
        self._phases[Phase.WAITING] = dict.fromkeys(self.members)
        self._passed_at = None

    def _mark(self, mark: Mark) -> None:
        if (was := self._standings.get(mark.target)) is None:
            raise ValueError(f"{mark.target} is no target of it")
        phase = LEADS[mark.what].get(was.phase)
        if phase is None or mark.target not in self._phases[was.phase]:
            raise ValueError(f"{mark.target} cannot be {mark.what} when {was.phase}")
        if mark.what is What.MOVING and (mark.before is None or mark.job is None):
            raise ValueError(f"{mark.target} is moved, and nothing tells from where")
        kept = was.moving if mark.what is What.PASSED else was.mark
        del self._phases[was.phase][mark.target]
        self._phases[phase][mark.target] = None
        self._standings[mark.target] = Standing(
            phase,
            mark.at,
            mark if mark.told or mark.job else kept,
            mark if mark.what is What.MOVING else was.moving,
        )
        if mark.what is What.PASSED:
            self._passed_at = mark.at
        if mark.what in {What.FAILED, What.LOST} and was.phase in FORWARD:
            self._fail(mark)

    def _fail(self, mark: Mark) -> None:
        self.failures += 1
        canary = self.wave == 0 and len(self.begun.waves) > 1
        budget = 0 if canary else self.begun.rules.failures
        if self.failures > budget and self.stopped is None:
            self.stopped = Clean(f"{mark.target}: {mark.told or mark.what}")

    def _heard(self, said: Said) -> None:
        match said.word:
            case Word.DRIVE:
                self.driven = said.at
            case Word.PAUSE:
                self.paused = said.who
            case Word.RESUME:
                self.paused = None
            case Word.ABORT:
                self.stopped = self.stopped or Clean(f"aborted by {said.who}")


def replayed(records: Sequence[Record]) -> Machine:
    """Return where the records of a journal lead; raises ``ValueError`` for what is none."""
    if not records or not isinstance(records[0], Begun):
        raise ValueError("does not begin with what is to be done")
    machine = Machine(records[0])
    for record in records[1:]:
        machine.take(record)
    return machine
