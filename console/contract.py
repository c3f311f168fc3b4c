"""The JSON contract of ``subdeck status --json``: sizes in bytes, times ISO 8601 UTC.

``null`` means "not known", or of ``trouble``, ``remedy``, ``problem``, ``retry_in`` and
``rebooted`` that there is none. Names are never changed, only added.

Of a host are told: its ``name``, its ``address`` (what ``ssh`` is given; ``null`` for this host),
its ``tags`` and whether it is ``protected``; ``contact`` (``up``, ``stale``, ``unreachable``,
``denied`` or ``key-changed``) and the ``age`` of its picture in seconds. Where it does not answer,
``trouble`` says why, ``problem`` in one word of a closed table (``console.errors.Problem``),
``remedy`` what to do about it and ``retry_in`` the seconds until it is tried again by itself
(``null``: it is not); ``fingerprint`` is that of a key nobody knows that it offers, or of one
that is not the known one. ``rebooted`` is how many seconds ago it was seen to have rebooted under
this console. Then comes what was seen of it; a host that is lost keeps the last picture. Its
``jobs``, the newest first, are whoever's run there or ran since it was booted; where they cannot
be had there is a gap ``jobs``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from math import isfinite

from console.cables.contract import cable_json, link_json, netns_json, routing_json
from console.contact import Contact, ContactState
from console.errors import Problem
from console.jobs import Job
from console.model import (
    Boot,
    Forecast,
    Gap,
    Host,
    Image,
    Level,
    Memory,
    Overlay,
    Process,
    Subhost,
)
from console.overcommit import if_full

VERSION = 1

Json = Mapping[str, object]


def document(
    contacts: Iterable[Contact], now: float, time: float, jobs: Sequence[Job] = ()
) -> Json:
    """Return the whole document; ``now`` is the monotonic clock, ``time`` the wall clock."""
    return {
        "version": VERSION,
        "time": iso(time),
        "hosts": [{**_contact(contact, now), "jobs": _of(jobs, contact)} for contact in contacts],
    }


def iso(time: float) -> str | None:
    """Return seconds since 1970 as ISO 8601 in UTC; ``None`` for what no calendar holds."""
    try:
        moment = datetime.fromtimestamp(time, UTC)
    except (OSError, OverflowError, ValueError):
        return None
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def _contact(contact: Contact, now: float) -> Json:
    state = contact.state_at(now)
    problem = Problem.STALE if state is ContactState.STALE else contact.problem
    return {
        "name": contact.name,
        "address": contact.address or None,
        "tags": list(contact.tags),
        "protected": contact.protected,
        "contact": state.value,
        "age": contact.age(now),
        "trouble": contact.trouble,
        "problem": problem.value if problem else None,
        "remedy": contact.remedy,
        "retry_in": None if contact.retry_at is None else max(0.0, contact.retry_at - now),
        "fingerprint": contact.untrusted.fingerprint if contact.untrusted else None,
        "rebooted": None if contact.rebooted_at is None else max(0.0, now - contact.rebooted_at),
        **host_json(contact.host),
    }


_UNSEEN: Json = {
    **dict.fromkeys(("boot", "memory", "routing")),
    **{part: [] for part in ("levels", "subhosts", "links", "netns", "images", "jobs", "gaps")},
}


def host_json(host: Host | None) -> Json:
    """Return what is known of a host; one never seen has every part, empty."""
    if host is None:
        return _UNSEEN
    return {
        "boot": _boot(host.boot) if host.boot else None,
        "memory": _memory(host, host.memory) if host.memory else None,
        "levels": [level_json(each) for each in host.levels],
        "subhosts": [subhost_json(each) for each in host.subhosts],
        "links": [link_json(link) for link in host.links],
        "netns": [netns_json(netns) for netns in host.netns],
        "routing": routing_json(host.routing) if host.routing else None,
        "images": [_image(image) for image in host.images],
        "jobs": [],
        "gaps": [_gap(gap) for gap in host.gaps],
    }


def _boot(boot: Boot) -> Json:
    return {
        "style": boot.style.value,
        "kernel": boot.kernel or None,
        "cmdline": boot.cmdline,
        "uptime": boot.uptime,
        "image": _image(boot.image) if boot.image else None,
        "version": boot.version,
        "boot_id": boot.boot_id,
        "os": boot.os,
        "armed": list(boot.armed),
        "root_device": boot.root_device,
    }


def _image(image: Image) -> Json:
    return {
        "name": image.name,
        "version": image.version,
        "sha256": image.sha256,
        "source": image.source,
        "format": image.format,
        "built": None if image.built is None else iso(image.built),
        "mount": image.mount,
        "device": image.device,
        "size": image.size,
    }


def _memory(host: Host, memory: Memory) -> Json:
    pressure, full = memory.pressure, if_full(host)
    return {
        "total": memory.total,
        "available": memory.available,
        "pressure_avg10": pressure.some_avg10 if pressure else None,
        "shmem": memory.shmem,
        "unevictable": memory.unevictable,
        "swap_total": memory.swap_total,
        "swap_free": memory.swap_free,
        "if_full": {
            "caps": full.caps,
            "worst": full.worst,
            "over": full.over,
            "alone": list(full.alone),
        }
        if full
        else None,
    }


def level_json(level: Level) -> Json:
    """Return one level."""
    return {
        "id": level.id,
        "kind": level.kind.value,
        "mount": level.mount,
        "device": level.device,
        "backs": list(level.backs),
        "used": level.used,
        "total": level.total,
        "inodes_used": level.inodes_used,
        "inodes_total": level.inodes_total,
        "state": level.state.value,
        "rate": level.rate,
        **_forecast(level.forecast),
        "on_full": level.on_full,
        "relief": list(level.relief),
        "limit": asdict(level.limit) if level.limit else None,
        "metadata_used": level.metadata_used,
        "metadata_total": level.metadata_total,
        "never_shrinks": level.never_shrinks,
        "always_full": level.always_full,
        "notes": list(level.notes),
    }


def _forecast(forecast: Forecast | None) -> Json:
    band = forecast.band if forecast else None
    return {
        "seconds_to_full": forecast.seconds if forecast else None,
        # JSON has no infinity: a band that ends never has no end.
        "band": [end if isfinite(end) else None for end in band] if band else None,
        "confidence": forecast.confidence if forecast else None,
        "trend": forecast.trend if forecast else None,
        "clock": forecast.clock if forecast else None,
        "accelerating": forecast.accelerating if forecast else None,
    }


def subhost_json(subhost: Subhost) -> Json:
    """Return one subhost."""
    return {
        "name": subhost.name,
        "config": subhost.config,
        "state": subhost.state.value,
        "pid": subhost.pid,
        "since": None if subhost.since is None else iso(subhost.since),
        "overlay": _overlay(subhost.overlay) if subhost.overlay else None,
        "levels": [level_json(each) for each in subhost.levels],
        "cables": [cable_json(cable) for cable in subhost.cables],
        "services": list(subhost.services),
        "started_by": subhost.started_by,
        "notes": list(subhost.notes),
        "processes": [_process(process) for process in subhost.processes],
        "log": list(subhost.log),
        "autostart": subhost.autostart,
        "shares": _pairs(subhost.shares),
        "configured_lower": subhost.configured_lower,
        "residue": list(subhost.residue),
    }


def job_json(job: Job) -> Json:
    """Return one job."""
    return {
        "id": job.id,
        "host": job.host,
        "subhost": job.subhost,
        "level": job.level,
        "verb": job.verb,
        "who": job.who,
        "state": job.state.value,
        "started": None if job.started is None else iso(job.started),
        "seconds": job.seconds,
        "step": job.step,
        "steps": job.steps,
        "whys": list(job.whys),
        "told": job.told,
        "output": list(job.output),
        "digest": job.digest,
        "finishable": job.finishable,
    }


def _of(jobs: Sequence[Job], contact: Contact) -> list[Json]:
    return [job_json(job) for job in jobs if job.host == contact.name]


def _pairs(shares: Sequence[tuple[str, str]]) -> list[Json]:
    return [{"outside": outside, "inside": inside} for outside, inside in shares]


def _overlay(overlay: Overlay) -> Json:
    return {
        "lower": list(overlay.lower),
        "upper": overlay.upper,
        "work": overlay.work,
        "live": overlay.live,
    }


def _process(process: Process) -> Json:
    return {
        "pid": process.pid,
        "name": process.name,
        "state": process.state,
        "argv": list(process.argv),
        "since": iso(process.started),
        "cpu": process.cpu,
        "cpu_seconds": process.cpu_seconds,
        "rss": process.rss,
    }


def _gap(gap: Gap) -> Json:
    return {
        "probe": gap.probe,
        "reason": gap.reason,
        "remedy": gap.remedy,
        "problem": gap.problem.value,
    }
