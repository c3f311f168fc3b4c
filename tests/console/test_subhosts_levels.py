"""What a subhost uses up: levels of its own, the host's that it stands on, and CPU."""

from __future__ import annotations

from dataclasses import replace

from console.clean import Clean
from console.facts import Facts
from console.model import Kind, Mount, State, Subhost
from tests.console.hosts import (
    BASE,
    FILL,
    GIB,
    MIB,
    SRV,
    binding,
    conf,
    facts,
    host,
    inside,
    level,
    statfs,
    subhost,
    view,
    with_subhost,
)

MTA = "/srv/mta/mta.conf"


def ids(found: Subhost) -> list[str]:
    return [each.id for each in found.levels]


# Levels


def test_its_own_levels_only_the_root_first() -> None:
    share = "203 200 8:1 /spool /var/spool rw - ext4 /dev/sda1 rw\n"
    seen = replace(with_subhost(), inside={1702: inside(200, "mta", extra=share)})
    assert ids(subhost(seen)) == ["overlay:/srv/mta/live", "tmpfs:/dev", "tmpfs:/run"]


def test_its_root_is_bound_by_the_hosts_filesystem_that_holds_the_upper() -> None:
    seen = with_subhost()
    (root, *_) = subhost(seen).levels
    assert (root.kind, root.used, root.total) == (Kind.OVERLAY, 5 * GIB, 20 * GIB)
    assert binding(root) == (20 * GIB, "fs:/srv")
    assert level(seen, "fs:/srv").backs == ("mta",)


def test_it_is_backed_by_all_that_its_root_stands_on() -> None:
    seen = with_subhost()
    text = BASE.replace("8:1 / /srv rw,relatime - ext4 /dev/sda1", "254:1 / /srv rw - ext4 /dev/m")
    seen = replace(
        seen,
        view=view(text, FILL),
        dm=facts(
            BASE,
            {},
            dm=(
                "cow: 0 8388608 snapshot 7:1 7:2 N 8\n",
                "cow: 0 8388608 snapshot 16/2048000 0\n",
                "cow::254:1:1:0\n",
            ),
        ).dm,
    )
    assert level(seen, "dm:cow").backs == ("fs:/srv", "mta")
    assert level(seen, "fs:/srv").backs == ("mta",)
    (root, *_) = subhost(seen).levels
    assert binding(root)[1] == "dm:cow"


def test_a_full_filesystem_of_the_host_is_a_full_root() -> None:
    full = statfs(20 * GIB, 20 * GIB)
    seen = with_subhost()
    seen = replace(
        seen,
        view=view(BASE, {**FILL, "/srv": full}),
        inside={1702: inside(200, "mta", filled=full)},
    )
    assert subhost(seen).levels[0].state is State.FULL


def test_its_small_tmpfs_end_in_the_hosts_ram() -> None:
    seen = with_subhost()
    assert seen.memory is not None
    seen = replace(seen, memory=replace(seen.memory, available=MIB))
    run = next(each for each in subhost(seen).levels if each.id == "tmpfs:/run")
    assert binding(run) == (11 * MIB, "mem")


def test_upper_that_is_lower_is_a_bind_of_the_hosts_filesystem() -> None:
    bind = "200 107 8:1 /mta/root / rw,relatime - ext4 /dev/sda1 rw"
    seen = replace(
        with_subhost(),
        confs=(conf(MTA, "BASE=.\nLOWER=/srv/mta/root\n"),),
        inside={1702: inside(200, "mta", root=bind)},
    )
    found = subhost(seen)
    assert found.overlay is None
    assert ids(found) == ["fs:/srv/mta/live", "tmpfs:/dev", "tmpfs:/run"]
    assert (found.levels[0].kind, found.levels[0].used) == (Kind.FILESYSTEM, 5 * GIB)
    assert level(seen, "fs:/srv").backs == ("mta",)


def test_a_command_that_decides_where_live_is_names_no_level() -> None:
    seen = with_subhost()
    seen = replace(seen, confs=(conf(MTA, "BASE=.\nLIVE=!find-live\n"),))
    assert ids(subhost(seen))[0] == "overlay:/"


def test_a_root_that_did_not_answer_is_no_level() -> None:
    seen = with_subhost()
    mounts: tuple[Mount, ...] = seen.inside[1702].mounts
    seen = replace(seen, inside={1702: replace(seen.inside[1702], statfs={201: SRV})})
    assert [each.point for each in mounts] == ["/", "/dev", "/run"]
    assert ids(subhost(seen)) == ["tmpfs:/dev"]


# Processes


def busy(seen: Facts, seconds: float, *, at: float) -> Facts:
    """Return the same subhost with all its processes having used so much CPU."""
    used = tuple(replace(each, cpu_seconds=seconds) for each in (seen.processes or ()))
    return replace(seen, processes=used, at=at, time=seen.time + at)


def cpu(seen: Facts, before: Facts) -> float | None:
    (only,) = subhost(seen, before=host(before)).processes
    return only.cpu


def test_cpu_is_the_share_since_the_last_look() -> None:
    seen = with_subhost()
    assert subhost(seen).processes[0].cpu is None
    assert cpu(busy(seen, 13.0, at=102.0), busy(seen, 10.0, at=100.0)) == 1.5


def test_a_share_that_was_measured_between_other_times_is_kept() -> None:
    seen = with_subhost()
    known = busy(seen, 10.0, at=100.0)
    later = busy(seen, 13.0, at=102.0)
    told = tuple(replace(each, cpu=0.25) for each in (later.processes or ()))
    assert cpu(replace(later, processes=told), known) == 0.25


def test_cpu_that_went_backwards_is_none() -> None:
    seen = with_subhost()
    assert cpu(busy(seen, 1.0, at=102.0), busy(seen, 10.0, at=100.0)) == 0.0


def test_no_time_between_two_looks_gives_no_share() -> None:
    seen = with_subhost()
    assert cpu(busy(seen, 13.0, at=100.0), busy(seen, 10.0, at=100.0)) is None
    assert cpu(busy(seen, 13.0, at=99.0), busy(seen, 10.0, at=100.0)) is None


def test_a_pid_that_was_given_again_starts_anew() -> None:
    before = busy(with_subhost(), 10.0, at=100.0)
    after = busy(with_subhost(), 13.0, at=102.0)
    reborn = tuple(replace(each, started=1500.0) for each in (after.processes or ()))
    assert cpu(replace(after, processes=reborn), before) is None


def test_its_processes_are_those_of_its_pid_namespace() -> None:
    seen = with_subhost()
    (_, _, init) = seen.processes or ()
    service = replace(init, pid=1800, parent=1702, name=Clean("sshd"), inner_pid=12)
    entered = replace(init, pid=1900, parent=1, name=Clean("sh"), inner_pid=13)
    stranger = replace(init, pid=1901, parent=1, name=Clean("sh"), pid_ns=1)
    seen = replace(seen, processes=(*(seen.processes or ()), service, entered, stranger))
    assert [each.pid for each in subhost(seen).processes] == [1702, 1800, 1900]
