from __future__ import annotations

from console.images.moving import Meter, Moved


def test_the_rate_is_that_of_late_and_tells_when_it_is_all_there() -> None:
    now, told = [0.0], list[Moved]()
    meter = Meter(1000, lambda: now[0], told.append)
    meter.at(0)
    assert (told, told[0].eta) == ([Moved(0, 1000, None)], None)
    for second in range(1, 9):
        now[0] = float(second)
        meter.at(second * 10)
    late = told[-1]
    assert (late.rate, late.eta) == (10.0, 92.0)
    for second in range(9, 15):
        now[0] = float(second)
        meter.at(80 + (second - 8) * 100)
    assert told[-1].rate == 100.0


def test_not_every_byte_is_told_but_the_last_is() -> None:
    now, told = [0.0], list[Moved]()
    meter = Meter(100, lambda: now[0], told.append)
    for done in range(101):
        now[0] += 0.01
        meter.at(done)
    assert told[-1].done == 100
    assert len(told) < 10
