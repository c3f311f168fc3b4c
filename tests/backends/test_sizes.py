"""What is written of the sizes of stores, and when."""

from __future__ import annotations

from backends.sizes import Total, resized
from console.clean import Clean
from console.samples import Room
from console.series import Sample
from console.strip import Size
from tests.console.looked import looked

MEM, ROOT = Clean("mem"), Clean("overlay:/")
SEEN = {
    MEM: Sample(1.0, 2.0, 3, total=900),
    ROOT: Sample(1.0, 2.0, 4, total=800, inodes=5, inodes_total=600),
}


def news(before: Room | None, samples: dict[Clean, Sample]) -> list[Total]:
    """Return what is written when these are seen."""
    return resized("h", looked(samples), before)[1]


FIRST, _ = resized("h", looked(SEEN), None)


def test_at_first_all_sizes_are_written() -> None:
    mem, root = Size(900, None, None), Size(800, 600, None)
    assert news(None, SEEN) == [Total("h", MEM, 2000, mem), Total("h", ROOT, 2000, root)]


def test_only_a_change_that_is_noticed_is_written() -> None:
    root = SEEN[ROOT]
    assert news(FIRST, SEEN) == []
    assert news(FIRST, {**SEEN, ROOT: root._replace(used=5)}) == []
    assert news(FIRST, {**SEEN, ROOT: root._replace(total=812)}) == []
    larger = {**SEEN, ROOT: root._replace(total=820)}
    assert news(FIRST, larger) == [Total("h", ROOT, 2000, Size(820, 600, None))]
    unknown = {**SEEN, MEM: SEEN[MEM]._replace(total=None)}
    assert news(FIRST, unknown) == [Total("h", MEM, 2000, Size(None, None, None))]


def test_a_size_that_creeps_is_compared_with_what_was_written() -> None:
    known = FIRST
    told: list[Total] = []
    for total in range(800, 850, 5):
        look = looked({**SEEN, ROOT: SEEN[ROOT]._replace(total=total)})
        known, changed = resized("h", look, known)
        told += changed
    assert [each.size.total for each in told] == [820, 840]


def test_of_other_levels_only_the_new_one_is_written() -> None:
    new = Clean("tmpfs:/run")
    more = {**SEEN, new: Sample(1.0, 2.0, 1, total=7)}
    assert news(FIRST, more) == [Total("h", new, 2000, Size(7, None, None))]
    assert news(FIRST, {MEM: SEEN[MEM]}) == []
