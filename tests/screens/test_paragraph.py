"""Lines of running text: as high as they are many, drawn when they change."""

from __future__ import annotations

from textual.app import App, ComposeResult
from textual.geometry import Size
from textual.strip import Strip

from screens.page import Gauge, Line, Spark, Tone, Words
from screens.paragraph import Paragraph, flowed


class CountingParagraph(Paragraph):
    drawn = 0

    def render_line(self, y: int) -> Strip:
        self.drawn += 1
        return super().render_line(y)


class Deck(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.facts = CountingParagraph()

    def compose(self) -> ComposeResult:
        yield self.facts


def lines(*texts: str) -> tuple[Line, ...]:
    return tuple(Line((Words(text), Gauge(10))) for text in texts)


async def test_only_lines_that_changed_are_drawn() -> None:
    app = Deck()
    async with app.run_test(size=(60, 20)) as pilot:
        app.facts.show(lines("a", "b"))
        await pilot.pause()
        app.facts.drawn = 0
        app.facts.show(lines("a", "b"))
        await pilot.pause()
        assert app.facts.drawn == 0
        app.facts.show(lines("a", "B"))
        await pilot.pause()
        assert app.facts.drawn == 1


async def test_a_narrower_terminal_cuts_the_lines_anew() -> None:
    app = Deck()
    async with app.run_test(size=(60, 20)) as pilot:
        app.facts.show((Line((Words("x" * 40),)),))
        await pilot.resize_terminal(20, 5)
        await pilot.pause()
        strips = app.screen._compositor.render_strips(app.size)
        assert strips[0].text == "x" * 19 + "…"


async def test_a_paragraph_is_as_high_as_its_lines_and_never_wider() -> None:
    app = Deck()
    async with app.run_test(size=(30, 10)) as pilot:
        pieces = (Words("memory ", Tone.DIM), Gauge(500, note="2G of 4G"), Spark((0, 7)))
        app.facts.show((Line(pieces), Line(()), Line((Words("x" * 99),))))
        await pilot.pause()
        assert app.facts.size == Size(30, 3)
        strips = app.screen._compositor.render_strips(app.size)
        assert [strip.text for strip in strips][:3] == [
            "memory ━━━━━━────── 50.0% 2G …",
            " " * 30,
            "x" * 29 + "…",
        ]
        app.facts.show(())
        await pilot.pause()
        assert app.facts.size.height == 0


def told(line: Line, width: int) -> list[str]:
    return [
        "".join(piece.text for piece in part.pieces if isinstance(piece, Words))
        for part in flowed((line,), width)
    ]


def test_a_line_that_hangs_goes_on_between_its_pieces() -> None:
    words = ("hosts", " 3 up  ", "12 lost  ", "levels", " 1 full  ")
    line = Line(tuple(map(Words, words)), hang=2)
    assert told(line, 80) == ["hosts 3 up  12 lost  levels 1 full"]
    assert told(line, 20) == ["hosts 3 up  12 lost", "  levels 1 full"]
    assert told(line, 12) == ["hosts 3 up", "  12 lost", "  levels 1 full"]
    assert told(line, 1) == ["hosts 3 up", "12 lost", "levels 1 full"]
    assert told(line, 0) == ["".join(words)]
    assert told(Line(line.pieces), 5) == ["".join(words)]
    assert told(Line((), hang=3), 5) == [""]


async def test_a_line_that_hangs_takes_the_height_it_needs() -> None:
    app = Deck()
    async with app.run_test(size=(60, 20)) as pilot:
        line = Line(tuple(Words(f"word{n} ") for n in range(20)), hang=4)
        app.facts.show((line,))
        await pilot.pause()
        assert app.facts.size.height == 3
        await pilot.resize_terminal(30, 20)
        await pilot.pause()
        assert app.facts.size.height == 6
        strips = app.screen._compositor.render_strips(app.size)
        assert strips[1].text.startswith("    word5 word6")
