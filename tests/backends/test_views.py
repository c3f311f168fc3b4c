"""How full the mounts are, whether that was asked for or came along unasked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hypothesis import given
from hypothesis import strategies as st

from backends.questions import Answer, Question
from backends.views import HERE, Views

LOCAL = b"26 1 254:0 / / rw - ext4 /dev/vda rw\n"
TMP = b"30 26 0:30 / /t rw - tmpfs t rw\n"
NFS = b"31 26 0:31 / /n rw - nfs4 far:/n rw\n"
TABLES = (LOCAL, LOCAL + TMP, LOCAL + TMP + NFS, b"")
ODD = Answer(0, b"4096 9 12 5 3 2")
"""More is free than there is."""
ANSWERS = (Answer(0, b"4096 9 5 5 3 2"), Answer(0, b"4096 9 4 4 3 2"), ODD, Answer(5))


class Told:
    """Answers what it is told to."""

    def __init__(self) -> None:
        self.suspects: Mapping[bytes, bytes] = {}
        self.answers: Mapping[bytes, Answer] = {}
        self.asked = 0

    async def ask(self, questions: Sequence[Question]) -> list[Answer]:
        self.asked += len(questions)
        return [self.answers[each.path] for each in questions]

    def shunned(self, path: bytes) -> set[bytes]:
        return set(self.suspects)


Looks = list[tuple[bytes, dict[bytes, Answer]]]
LOOKS = st.lists(
    st.tuples(
        st.sampled_from(TABLES),
        st.fixed_dictionaries({path: st.sampled_from(ANSWERS) for path in (b"/", b"/t", b"/n")}),
    ),
    max_size=6,
)


@given(LOOKS)
async def test_answers_that_came_along_are_as_good_as_others(looks: Looks) -> None:
    told, asked = Told(), Told()
    mine, plain = Views(told), Views(asked)
    for table, answers in looks:
        told.answers = asked.answers = answers
        early = {path: answer.data for path, answer in answers.items() if not answer.code}
        found = await mine.look([(HERE, table)], early)
        assert found == await plain.look([(HERE, table)])
        assert found == await Views(asked).look([(HERE, table)])


async def test_nobody_is_asked_what_came_along() -> None:
    told = Told()
    views = Views(told)
    told.answers = {b"/": ANSWERS[0], b"/t": ANSWERS[1]}
    early = {path: answer.data for path, answer in told.answers.items()}
    (first,), (second,) = [await views.look([(HERE, LOCAL + TMP)], early) for _ in range(2)]
    assert told.asked == 0
    assert second[0] is first[0]
    assert views.calm([(HERE, LOCAL + TMP)]) == (b"/", b"/t")


@given(LOOKS)
async def test_fuller_is_the_same_as_looked_at_anew(looks: Looks) -> None:
    told = Told()
    views = Views(told)
    for table, answers in looks:
        told.answers = answers
        early = {path: answer.data for path, answer in answers.items() if not answer.code}
        await views.look([(HERE, table)], early)
        for told.answers in (each for _, each in looks):
            early = {path: each.data for path, each in told.answers.items() if not each.code}
            filled = views.filled(early)
            ((view, gaps),) = await Views(told).look([(HERE, table)])
            if filled is not None:
                assert (filled[HERE], ()) == (view, gaps)
            assert (await views.look([(HERE, table)], early)) == [(view, gaps)]


async def test_of_what_is_merely_fuller_only_the_numbers_are_others() -> None:
    told = Told()
    views = Views(told)
    told.answers = {b"/": ANSWERS[0], b"/t": ANSWERS[1]}
    ((before, _),) = await views.look([(HERE, LOCAL + TMP)])
    filled = views.filled({b"/": ANSWERS[0].data, b"/t": b"4096 9 1 1 3 2"})
    assert filled is not None
    view = filled[HERE]
    assert view.mounts is before.mounts
    assert [each.free for each in view.statfs.values()] == [5 * 4096, 4096]
    assert views.filled({b"/": ANSWERS[0].data}) is None
    assert views.filled({b"/": ANSWERS[0].data, b"/t": ODD.data}) is None
    told.suspects = {b"/t": b"0:30"}
    assert views.filled({b"/": ANSWERS[0].data, b"/t": ANSWERS[0].data}) is None


async def test_what_may_hang_is_asked_apart() -> None:
    told = Told()
    views = Views(told)
    told.answers = dict.fromkeys((b"/", b"/t", b"/n"), ANSWERS[0])
    await views.look([(HERE, LOCAL + TMP + NFS)], dict.fromkeys(told.answers, ANSWERS[0].data))
    assert told.asked == 3
    assert views.calm([(HERE, LOCAL + TMP + NFS)]) == (b"/", b"/t")
