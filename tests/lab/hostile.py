"""Starts subhosts whose configurations mean ill; run ``apart``: ``python -m tests.lab.hostile N``.

Where nothing stands in the way of a plan, its script is run. Whatever the values are, no word of
them may be run or interpreted outside its place: there are canaries for that, a program that all
of them would call and files that they would make, and each command of the job is looked at.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from console.plan import Plan, Verb, Wish
from tests.lab.apart import settle
from tests.lab.inventory import FOLDERS, end
from tests.lab.planning import Operator, begun
from tests.lab.tripwire import FIRST_IN_PATH, Call, Tripwire, Verdict

CANARY, MADE, MARK = "canary", "made", "zq"
PIECES = (
    "$(canary)", "`canary`", ";canary;", "|canary", "&canary&", "&&canary", "||canary",
    ">made", ">/tmp/made", "<made", "$(>made)", "${x:=made}", "$HOME", "$0", "${IFS}", "$nl",
    " ", "  ", "\t", "'", '"', "''", '"$(canary)"', "'$(canary)'", "'\";canary;'",
    "\\", "\\$(canary)", "\\\\", "\r", "\x01", "\x1b[31m", "\x7f", "\x00",
    "*", "?", "[a-z]", "{a,b}", "~", "!", "#", "%s", "%n", "(", ")", "{", "}", "=", ":", ",", "@",
    "-", "--", "-o", "-f", "--help", "--bind", "..", "../", "/..", "./", "/", "//", "/.//",
    "STDIN", "FIRST", "EOF", "END", "é", "\udcff", "\udc80", "\u202e", "\u200b", "x" * 300,
    "ro", "upperdir=/", "lowerdir+", "mta", "0", "50M", "none", "br0", "=.5", "02:00:00:00:00:01",
)  # fmt: skip
PATHS = ("UPPER", "WORK", "LIVE", "LOWER", "SHARE")
HOOKS = ("PREMOUNT", "POSTMOUNT", "INIT")
OTHERS = (
    *("BASE", "NAME", "LOG", "CABLES", "START", "RAM_SIZE"),
    *("REAPER", "WAIT_ONLINE", "KEEP_DEV"),
)

_piece = st.one_of(
    st.sampled_from(PIECES), st.text(st.characters(exclude_characters="\n"), max_size=3)
)
values = st.lists(_piece, min_size=1, max_size=4).map("".join)
"""Anything that fits a line; its bytes need not be UTF-8."""
hostile = st.dictionaries(
    st.sampled_from((*PATHS, *HOOKS, *PATHS, *OTHERS)), values, min_size=1, max_size=2
)


def _mostly(usual: str, largest: int) -> st.SearchStrategy[str]:
    """Return what is a usual name five times of six, else any that a file may have."""
    odd = values.map(lambda each: each.replace("/", "_")[:largest])
    return st.integers(0, 5).flatmap(lambda side: odd if side == 5 else st.just(usual))


stems, folders = _mostly("mta", 40), _mostly("base", 60)


@dataclass
class Lab:
    """What all examples share."""

    wire: Tripwire
    folder: Path
    calls: list[Call] = field(default_factory=list)
    seen: Counter[str] = field(default_factory=Counter)
    made: int = 0

    def heard(self, call: Call) -> Verdict:
        """Note what is called."""
        self.calls.append(call)
        return Verdict.GO

    def one(self, given_: dict[str, str], stem: str, folder: str) -> None:
        """Try one configuration; raises ``AssertionError`` where it does harm."""
        self.made += 1
        self.calls.clear()
        base = self.folder / str(self.made) / folder
        if not _can_be(base):
            return
        conf = _written(base, stem, given_)
        if conf is None:
            return
        outcome, plan = asyncio.run(_tried(conf))
        self.seen[outcome] += 1
        _unharmed(self.folder / str(self.made))
        strangers = [call for call in self.calls if call.name == CANARY]
        assert not strangers, f"{strangers} {given_}"
        if plan is not None:
            _literal(self.calls, given_)


def _written(base: Path, stem: str, given_: dict[str, str]) -> Path | None:
    """Make the folders that the values name, where they can be, and the file."""
    for part in ("root", "work", "live", "root/usr/local/sbin", "root/etc/init.d"):
        (base / part).mkdir(parents=True, exist_ok=True)
    bird = base / "root/usr/local/sbin" / CANARY
    bird.write_text("#!/bin/sh\n: >/made\n")
    bird.chmod(0o755)
    lines = {"BASE": ".", "START": "none", "RAM_SIZE": "8M", **given_}
    for key, value in given_.items():
        path = base / _read(value).split(":")[0]
        if base in path.parents and _can_be(path):
            _make(key, path)
    text = "".join(f"{key}={value}\n" for key, value in lines.items())
    conf = base / f"{stem}.conf"
    try:
        conf.write_bytes(os.fsencode(text))
    except (OSError, ValueError):
        return None
    return conf


def _make(key: str, path: Path) -> None:
    """Make what a value names: a folder, BASE with all that it holds, or a hook."""
    if key in HOOKS:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            path.write_text("#!/bin/sh\n")
            path.chmod(0o755)
        return
    if key in {*PATHS, "BASE"}:
        path.mkdir(parents=True, exist_ok=True)
    for part in ("root", "work", "live") if key == "BASE" else ():
        (path / part).mkdir(exist_ok=True)


def _read(value: str) -> str:
    return value.strip(" \t\r")


def _can_be(path: Path) -> bool:
    text = str(path)
    return (
        "\0" not in text
        and ".." not in path.parts
        and max(map(len, os.fsencode(text).split(b"/"))) < 250
    )


async def _tried(conf: Path) -> tuple[str, Plan | None]:
    operator = Operator([f"{_escaped(conf.parent)}/*.conf"])
    try:
        found = (await operator.host()).subhosts
        if not found:
            return "not seen", None
        plan = await operator.planned(Wish(Verb.START, found[0].name))
    finally:
        await operator.close()
    if plan.obstacles:
        assert all(each.text.strip() for each in plan.obstacles)
        return f"obstacle: {plan.obstacles[0].text[:50]}", None
    job = begun(plan, "job")
    try:
        word = job.ended(30)
    finally:
        _put_away(job.process)
    return word.split()[0] + (": " + job.journal[-3] if word == "undone" else ""), plan


def _put_away(process: subprocess.Popen[bytes]) -> None:
    end(process.pid)
    process.wait()
    for name in os.listdir("/run/netns") if Path("/run/netns").is_dir() else ():  # noqa: PTH208
        subprocess.run(["/usr/sbin/ip", "netns", "del", name], check=False, capture_output=True)


def _escaped(folder: Path) -> str:
    return "".join(f"[{each}]" if each in "*?[" else each for each in str(folder))


def _unharmed(folder: Path) -> None:
    for place in (folder, Path("/run"), FOLDERS):
        made = [path for path in _below(place) if path.name == MADE]
        assert not made, made


def _below(folder: Path) -> Iterator[Path]:
    for parent, _, names in os.walk(folder):
        yield from (Path(parent, name) for name in names)


def _literal(calls: list[Call], given_: dict[str, str]) -> None:
    """A value that names one folder is one word, or part of one, wherever it is at all."""
    for key in ("UPPER", "WORK", "LIVE"):
        value = _read(given_.get(key, ""))
        mark = f"{MARK}{key}"
        if mark not in value or set(value) & set("/\\,:"):
            continue
        raw, sign = os.fsencode(value), mark.encode()
        for word in (word for call in calls for word in call.argv):
            assert sign not in word or raw in word, (word, given_)


def main(examples: int) -> None:
    """Try so many; print what became of them."""
    settle()
    for place in ("/", "/dev", "/sys"):
        subprocess.run(["mount", "-o", "remount,bind,ro", place], check=True)
    folder = FOLDERS / "hostile"
    folder.mkdir(parents=True)
    with Tripwire() as wire:
        (FIRST_IN_PATH / CANARY).hardlink_to(FIRST_IN_PATH / ".tripwire")
        lab = Lab(wire, folder)
        wire.tripped = lab.heard

        @seed(int(os.environ.get("SEED", "1")))
        @settings(
            max_examples=examples,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate, Phase.shrink],
        )
        @given(hostile, stems, folders)
        def tried(given_: dict[str, str], stem: str, folder: str) -> None:
            marked = {
                key: f"{MARK}{key}{value}" if key in PATHS else value
                for key, value in given_.items()
            }
            lab.one(marked, stem, folder)

        tried()
    sys.stdout.write(json.dumps(lab.seen))


if __name__ == "__main__":
    main(int(sys.argv[1]))
