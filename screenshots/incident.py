"""A root that fills: its first sign, who does it, what helps, and that it helped.

The host of ``screenshots.world``, whose mail goes astray: its COW store takes 2 MiB a second from
the middle of the story on. The plan is the planner's own.
"""

from __future__ import annotations

from dataclasses import replace

from console.actions.verbs import planned
from console.alarms import Alarms
from console.clean import Clean
from console.contact import Contact
from console.derive import derive
from console.events import Event, Events, Word
from console.facts import Facts
from console.fleet import FleetView
from console.model import Host, Memory, Pressure
from console.parse import dmsetup
from console.plan import Plan, Wish
from console.survey import TOOLS, Place, Stores, Survey
from console.trends import Trends
from console.writers import Counter, Deleted, FileUse, FolderUse, Origin, Writer, Writers
from screenshots.world import (
    GIB,
    INFO,
    MIB,
    START,
    STEP,
    TABLE,
    facts,
    judge,
    small,
    statfs,
)

GROWN = 250
"""The step from which its store is larger; soon after that nothing fills it any more."""
_BEGINS, _ENDS = 130, GROWN + 10
"""Steps between which it fills."""
_SECTORS = 8_388_608
_USED = 2270 * MIB
"""Of the store when it begins."""
_MORE = 2 * GIB
NAME, STORE = Clean("local"), Clean("dm:live-rw")


def scene(step: int) -> Facts:
    """Return the facts of one step."""
    known = facts(step)
    used = (_USED + (min(step, _ENDS) - min(step, _BEGINS)) * int(2 * STEP * MIB)) // 512
    total = _SECTORS + (_MORE // 512 if step >= GROWN else 0)
    status = (
        f"live-rw: 0 {_SECTORS} snapshot {used}/{total} 22000\nlive-base: 0 {_SECTORS} linear \n"
    )
    free = 5 * GIB + 80 * MIB - (min(step, _ENDS) - min(step, _BEGINS)) * 4 * MIB
    tmp = next(mount.id for mount in known.view.mounts if mount.point == "/tmp")  # noqa: S108  a mount
    sizes = {**known.view.statfs, tmp: statfs(GIB, 84 * MIB)}
    return replace(
        known,
        view=replace(known.view, statfs=sizes),
        dm=dmsetup.devices(TABLE, status, INFO)[0],
        memory=Memory(8 * GIB, free, 150 * MIB, 2_700 * MIB, 0, 0, Pressure(1.2, 0.8, 0.4)),
        gaps=(),
    )


async def story(steps: int) -> FleetView:
    """Return what the fleet knows after so many steps."""
    trends, alarms, events = Trends(None), Alarms(), Events()
    host: Host | None = None
    for step in range(steps):
        before = host
        host = await trends.followed(derive(NAME, scene(step), before, judge), judge)
        for event in alarms.changes(before, host, host.time):
            events.add(event)
        for event in _deeds(step):
            events.add(event)
    contact = Contact(NAME, STEP, host)
    return FleetView((contact,), trends.series, events=events.told)


def _deeds(step: int) -> tuple[Event, ...]:
    time, word = START + step * STEP, {GROWN - 2: Word.BEGAN, GROWN: Word.ENDED}.get(step)
    texts = {
        Word.BEGAN: f"grow {STORE}, by alice@bastion",
        Word.ENDED: f"grow {STORE}: done in 2 s",
    }
    return () if word is None else (Event(time, NAME, word, Clean(texts[word])),)


def plan(host: Host, wish: Wish) -> Plan:
    """Return what the planner makes of it."""
    known = scene(GROWN - 10)
    stores = Stores(
        memory=known.memory or Memory(8 * GIB, 4 * GIB, 0, 0, 0, 0),
        mounts=known.view.mounts,
        dm=known.dm,
        tables={
            Clean(name): (line,)
            for name, line in (each.split(": ", 1) for each in TABLE.splitlines())
        },
        loops=known.loops,
        places={Clean("/run"): Place(24, 1, small(31))},
    )
    boot_id = host.boot.boot_id if host.boot else None
    survey = Survey(boot_id=boot_id, root=True, tools=frozenset(map(Clean, TOOLS)), stores=stores)
    return planned(host, wish, survey)


def report() -> Writers:
    """Return who fills it."""
    none, journal = Clean(""), Clean("systemd-journald.service")
    mail = Clean("rsyslog.service")
    log = "/var/log/journal/0f8fad5bd9cb/system.journal"
    return Writers(
        host=NAME,
        subhost=none,
        level=STORE,
        time=START,
        seconds=3.0,
        since=600.0,
        compared=True,
        writers=(
            _writer(611, "systemd-journal", journal, 1.6, log),
            _writer(702, "rsyslogd", mail, 0.4, "/var/log/mail.log"),
            Writer(1203, Clean("chronyd"), none, Clean("chrony.service"), 310.0, Counter.WCHAR),
        ),
        files=(
            _file(log, 1190 * MIB, 540 * MIB, 1.0),
            _file("/var/log/mail.log", 402 * MIB, 96 * MIB, 1.0),
            _file("/var/cache/dnf/fedora.solv", 88 * MIB, None, 90_000.0),
        ),
        folders=(
            FolderUse(Clean("/var/log"), Clean("/var/log"), none, 1620 * MIB, 214, 636 * MIB),
            FolderUse(Clean("/var/cache/dnf"), Clean("/var/cache/dnf"), none, 131 * MIB, 96, None),
        ),
        deleted=(
            Deleted(1330, Clean("mailscan"), none, None, 7, Clean("/tmp/scan.db"), 64 * MIB),  # noqa: S108  a file of a story
        ),
        unseen=(Clean("/home: another filesystem"),),
        inodes=48_211,
        complete=True,
    )


def _writer(pid: int, name: str, service: Clean, rate: float, file: str) -> Writer:
    return Writer(
        pid,
        Clean(name),
        Clean(""),
        service,
        rate * MIB,
        Counter.WRITE_BYTES,
        (Clean(file),),
    )


def _file(path: str, size: int, growth: int | None, changed: float) -> FileUse:
    found = Clean(path)
    return FileUse(found, found, Clean(""), size, growth, Origin.PLAIN, changed=changed)
