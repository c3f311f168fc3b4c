"""A journey from which things are done: the menu, plans, confirmations, and what is locked."""

from __future__ import annotations

from collections.abc import Awaitable, Iterator
from functools import partial

from console.actions import grow
from console.actions.verbs import hindrance
from console.errors import ConsoleError
from console.fleet import FleetView
from console.jobs import Job, Settling
from console.model import Host
from console.plan import ON_CABLES, ON_STORES, Obstacle, Verb
from console.recabling import Change
from screens import possible, targets, wishes
from screens.doing import Chosen, Doing, Target
from screens.enter import Enter, enter_here
from screens.form import Form
from screens.imaging import Imaging
from screens.menu import Menu
from screens.page import Line, Tone, Words
from screens.pages import find_contact
from screens.pages.parts import running_word
from screens.plan_dialog import PlanDialog, Wishes
from screens.possible import Entry, Other
from screens.settle import Settle
from screens.wishes import Asked

_INSIDE = "to start, stop or clean its subhosts: Enter opens the host, a on one of them"
_NONE = "put the cursor on a subhost or a host, or mark some"
_LACKING = {
    **dict.fromkeys(ON_STORES, "put the cursor on a level, or mark some"),
    **dict.fromkeys(ON_CABLES, "put the cursor on a cable of a subhost, or mark some"),
}


def _hinders(host: Host, target: Target, verb: Verb) -> Obstacle | None:
    if verb is Verb.GROW:
        return grow.hindrance(host, target.subhost, verb, target.level)
    return hindrance(host, target.subhost, verb)


class Acting(Imaging):
    """Adds everything that changes a host; nothing does before it was read and confirmed."""

    enter: Enter | None = None
    """Begins what lends the terminal to a shell; ``None``: there is no such thing here."""

    @property
    def chosen(self) -> Chosen:
        """What is marked, or under the cursor, or what the view is about."""
        return targets.chosen(self.grid.listing, self.place)

    @property
    def entries(self) -> tuple[Entry, ...]:
        """What there is to do with that, possible or not."""
        jobs = [self.job] if self.job else []
        return possible.entries(self.sight.view, self.doing, _hinders, self.chosen, jobs)

    def action_act(self) -> None:
        """The menu for the marked rows or the row under the cursor."""
        chosen, entries = self.chosen, self.entries
        if not entries:
            self.say(_NONE, warning=True)
            return
        title = Line((Words(str(chosen), Tone.HEAD), *_about(self.sight.view, chosen)))
        picked = partial(self._picked, chosen, self.job)
        hint = () if chosen.subhosts or chosen.levels else (_INSIDE,)
        self.app.push_screen(Menu(title, entries, self.glyphs, *hint), picked)

    def action_enter(self) -> None:
        """A shell in the subhost under the cursor, or on the host."""
        targets_ = self.chosen.targets
        contact = find_contact(self.sight.view, targets_[0].host) if len(targets_) == 1 else None
        if contact is None:
            self.say("put the cursor on one subhost or host to enter it", warning=True)
        elif self.enter is None or self.doing is None or contact.host is None:
            self.say(f"{targets_[0]} cannot be entered yet", warning=True)
        else:
            subhost = targets_[0].subhost or None
            entering = enter_here(self.app, self.enter, self.doing.terminal, contact.host, subhost)
            self.run_worker(
                self._entered(targets_[0].whole, entering), group="enter", exclusive=True
            )

    def action_do(self, verb: str, *words: str) -> None:
        """Plan one verb for what is chosen; words are what is to become of a cable."""
        self.wish(Asked(Verb(verb), words=words))

    def action_settle(self, how: str) -> None:
        """Ask whether the job under the cursor is to be finished or taken back."""
        job, settling = self.job, Settling(how)
        if job is None:
            self.say("put the cursor on a job that was killed", warning=True)
        elif why := possible.unsettled(self.doing, job, settling):
            self.say(f"{how}: {why}", warning=True)
        else:
            self._settle(job, settling)

    def wish(self, asked: Asked) -> None:
        """Plan what was asked for what it names, else for what is chosen."""
        try:
            chosen = self.chosen
            if asked.targets:
                chosen = targets.named(self.sight.view, asked.targets, self.place)
        except ValueError as error:
            self.say(str(error), warning=True)
            return
        self._wish(asked, chosen)

    def _wish(self, asked: Asked, chosen: Chosen) -> None:
        if self.doing is None or not chosen.of(asked.verb):
            lacking = _LACKING.get(asked.verb, _NONE)
            self.say("still looking" if self.doing is None else lacking, warning=True)
        elif asked.lacks:
            title = f"{asked.verb} {chosen}"
            form = Form(
                title,
                asked.lacks,
                targets.offered(self.sight.view, asked, chosen),
                self.glyphs,
            )
            self.app.push_screen(form, partial(self._filled, asked, chosen))
        else:
            self._plan(self.doing, asked, chosen)

    def _filled(self, asked: Asked, chosen: Chosen, line: str | None) -> None:
        if line is None:
            return
        try:
            filled = wishes.filled(asked, line)
        except ValueError as error:
            told = asked.verb in {Verb.GROW, Verb.CABLE}
            self.say(str(error) if told else _not(line, asked), warning=True)
            return
        if filled.lacks or filled.targets:
            self.say(_not(line, asked), warning=True)
        else:
            self._wish(filled, chosen)

    def _plan(self, doing: Doing, asked: Asked, chosen: Chosen) -> None:
        view = self.sight.view
        wished = (
            (each.host, asked.wish(each.subhost, targets.level_of(view, each), each.cable))
            for each in chosen.of(asked.verb)
        )
        self.plan(doing, Wishes(tuple(wished), chosen.hidden, len(self.sight.view.contacts)))

    def plan(self, doing: Doing, wishes: Wishes) -> None:
        """Show what would be done, and have it done when that was read and confirmed."""
        dialog = PlanDialog(wishes, doing, self.glyphs)
        self.app.push_screen(dialog, partial(self._confirmed, dialog))

    def _confirmed(self, dialog: PlanDialog, yes: bool | None) -> None:
        if yes and self.doing is not None:
            self.grid.action_unmark()
            self.errands.begin(self.doing, dialog.runnable)

    def _picked(self, chosen: Chosen, job: Job | None, entry: Entry | None) -> None:
        match entry and entry.does:
            case Verb() as verb:
                self._wish(Asked(verb), chosen)
            case Change() as change:
                self._wish(Asked(Verb.CABLE, words=(change,)), chosen)
            case Settling() as how if job is not None:
                self._settle(job, how)
            case Other.SHELL:
                self.action_enter()
            case Other.LOOK:
                self.action_refresh("here")
            case Other.ACCEPT:
                self.action_accept_key()
            case Other.WRITERS:
                self.action_writers()
            case Other.RELIEF:
                self.action_relief()

    async def _entered(self, target: Target, entering: Awaitable[str]) -> None:
        try:
            self.say(f"left {target}: {await entering}")
        except ConsoleError as error:
            self.refuse(error)

    def _settle(self, job: Job, how: Settling) -> None:
        dialog = Settle(job, how, self.sight.wall, self.glyphs)
        self.app.push_screen(dialog, partial(self._settled, job, how))

    def _settled(self, job: Job, how: Settling, yes: bool | None) -> None:
        if yes and self.doing is not None:
            self.errands.settle(self.doing, job, how)


def _not(line: str, asked: Asked) -> str:
    return f"{line[:40]!r} is not {asked.lacks}"


def _about(view: FleetView, chosen: Chosen) -> Iterator[Words]:
    """Yield what is to be known of what the menu is about."""
    if chosen.hidden:
        yield Words(f"  {chosen.hidden} of them hidden by the filter", Tone.WATCH)
    found = targets.subhost_of(view, chosen.targets[0])
    if found and len(chosen.targets) == 1:
        yield Words("  ")
        yield running_word(found.state)
