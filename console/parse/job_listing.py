"""The jobs of a host, as ``backends/jobs.sh`` tells them.

``u UPTIME`` of the host comes first. A job begins with ``d ID``; then come ``s STATE``, whether
anything of it runs, and the lines of its files, each with a mark before it: ``a`` of about, ``w``
of who, ``j`` of the journal, ``o`` the end of what its commands said. ``n ID`` tells of one that
was asked for that there is no such job.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from console.clean import Clean, clean
from console.jobs import Job, JobState, Order
from console.parse.job_journal import Progress, progress

ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z-]{0,63}")
OUTPUT = 5
"""Lines of output told with a job."""

_NUMBER = re.compile(rb"[0-9]{1,12}(?:\.[0-9]{1,9})?")
_RUNNING = {b"alive", b"held"}
_ODD = Clean("its folder does not tell what it is")


@dataclass(slots=True)
class _Folder:
    id: bytes
    lines: dict[bytes, list[bytes]] = field(default_factory=dict)

    def of(self, mark: bytes) -> Sequence[bytes]:
        return self.lines.get(mark, ())


def about(order: Order, digest: str, started: float) -> bytes:
    """Return what a job's folder is to tell of it."""
    plan = order.plan
    said = {
        "id": order.id,
        "host": plan.host,
        "verb": plan.verb.value,
        "subhost": plan.subhost,
        "steps": str(len(plan.steps)),
        "digest": digest,
        "started": f"{started:.3f}",
        # What is built in private is gone with who built it.
        "finishable": "no" if plan.supervises else "yes",
        **({"conf": plan.config} if plan.supervises and plan.config else {}),
        **({"level": plan.level} if plan.level else {}),
        **({"total": str(plan.total)} if plan.total is not None else {}),
        **({"inodes": str(plan.inodes)} if plan.inodes is not None else {}),
    }
    lines = [f"{key}={value}" for key, value in said.items()]
    lines += [f"why={step.why}" for step in plan.steps]
    return "".join(f"{line}\n" for line in lines).encode()


def listing(text: bytes, host: Clean) -> tuple[Job, ...]:
    """Return the jobs of a host, the newest first; one whose folder is odd is ``UNKNOWN``."""
    lines = text.split(b"\n")
    uptime = next((_number(line[2:]) for line in lines if line[:2] == b"u "), None)
    found = [_job(folder, host, uptime) for folder in _folders(lines)]
    return tuple(sorted(found, key=lambda job: job.id, reverse=True))


def gone(text: bytes) -> tuple[Clean, ...]:
    """Return the ids of jobs that were asked for and are not there."""
    return tuple(clean(line[2:]) for line in text.split(b"\n") if line[:2] == b"n ")


def last_lines(said: bytes, most: int) -> tuple[Clean, ...]:
    """Return the last lines of output that are not empty."""
    lines = [line for line in said.split(b"\n") if line.strip()]
    return tuple(map(clean, lines[-most:])) if most > 0 else ()


def _folders(lines: Iterable[bytes]) -> Iterator[_Folder]:
    folder: _Folder | None = None
    for line in lines:
        mark, _, rest = line.partition(b" ")
        if mark == b"d":
            if folder is not None:
                yield folder
            folder = _Folder(rest)
        elif folder is not None:
            folder.lines.setdefault(mark, []).append(rest)
    if folder is not None:
        yield folder


def _job(folder: _Folder, host: Clean, uptime: float | None) -> Job:
    said = dict(_pairs(folder.of(b"a")))
    told = progress(folder.of(b"j"))
    running = bool(_RUNNING.intersection(folder.of(b"s")))
    state = told.state or (JobState.RUNNING if running else JobState.KILLED)
    who = next(iter(folder.of(b"w")), b"").rsplit(b" ", 2)[0]
    if not {b"verb", b"subhost"} <= said.keys() or said.get(b"id") != folder.id:
        odd = clean(folder.id), host, Clean("?"), Clean("?"), clean(who or b"?")
        return Job(*odd, state=JobState.UNKNOWN, told=_ODD)
    whys = tuple(clean(value) for key, value in _pairs(folder.of(b"a")) if key == b"why")
    output = last_lines(b"\n".join(folder.of(b"o")), OUTPUT)
    return Job(
        id=clean(folder.id),
        host=host,
        verb=clean(said[b"verb"]),
        subhost=clean(said[b"subhost"]),
        who=clean(who),
        state=state,
        started=_number(said.get(b"started", b"")),
        seconds=_seconds(told, uptime if state is JobState.RUNNING else None),
        step=told.step,
        steps=int(_number(said.get(b"steps", b"")) or 0),
        told=_told(told, folder.of(b"s"), state, whys),
        output=output,
        digest=clean(said[b"digest"]) if b"digest" in said else None,
        finishable=said.get(b"finishable") == b"yes" and told.step > 0,
        whys=whys,
        level=clean(said[b"level"]) if said.get(b"level") else None,
        total=_whole(said, b"total"),
        inodes=_whole(said, b"inodes"),
    )


def _pairs(lines: Iterable[bytes]) -> Iterator[tuple[bytes, bytes]]:
    for line in lines:
        key, _, value = line.partition(b"=")
        yield key, value


def _number(text: bytes) -> float | None:
    return float(text) if _NUMBER.fullmatch(text) else None


def _whole(said: Mapping[bytes, bytes], key: bytes) -> int | None:
    text = said.get(key, b"")
    return int(text) if re.fullmatch(rb"[0-9]{1,20}", text) else None


def _seconds(told: Progress, now: float | None) -> float | None:
    end = told.last if now is None else now
    return None if told.begun is None or end is None else max(0.0, end - told.begun)


def _told(
    told: Progress,
    life: Sequence[bytes],
    state: JobState,
    whys: Sequence[Clean],
) -> Clean | None:
    """Return in one line why a job is not simply done."""
    parts: list[str] = []
    if told.refusal:
        parts.append(told.refusal)
    if told.failed is not None:
        number, status = told.failed
        why = f" ({whys[number - 1]})" if 0 < number <= len(whys) else ""
        parts.append(f"step {number}{why} failed with status {status}")
    if told.state is None and b"held" in life:
        parts.append("it was killed, but a command of it still runs")
    if state is JobState.KILLED:
        parts.append(f"it was killed at step {told.step}" if told.step else "it did no step")
    if told.left:
        parts.append(f"not taken back: step {', '.join(map(str, told.left))}")
    parts += told.warnings
    return clean("; ".join(parts)) if parts else None
