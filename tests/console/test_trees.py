from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.clean import Clean
from console.model import Process, Running
from console.trees import Tree, candidate, family, members, starter, trees

CONF = "/lab/sub/ex1/ex1.conf"
HOLDER = ("/bin/sh", "/lab/sub/overlay-boot", CONF)
UNSHARE = ("unshare", "-fpiuT", "--kill-child", "/bin/sh")


def process(
    pid: int,
    parent: int,
    name: str,
    argv: tuple[str, ...] = (),
    *,
    state: str = "S",
    unshared: bool | None = None,
    inner_pid: int | None = None,
    pid_ns: int | None = None,
) -> Process:
    return Process(
        pid=pid,
        parent=parent,
        name=Clean(name),
        state=state,
        argv=tuple(map(Clean, argv)),
        started=1000.0 + pid,
        cpu_seconds=0.0,
        rss=0,
        unshared=unshared,
        inner_pid=inner_pid,
        pid_ns=pid_ns,
    )


HELD = process(17583, 1, "overlay-boot", HOLDER, unshared=True)
UNSHARED = process(17622, 17583, "unshare", UNSHARE)
INIT = process(17623, 17622, ".reaper", ("/.reaper", "ex1"), inner_pid=1, pid_ns=7)


def test_a_running_subhost() -> None:
    assert trees([INIT, HELD, UNSHARED]) == (
        Tree(
            conf=Clean(CONF),
            name=Clean("ex1"),
            holder=17583,
            unshare=17622,
            init=17623,
            state=Running.RUNNING,
            since=18623.0,
        ),
    )


def test_a_subhost_whose_holder_was_killed_still_runs() -> None:
    left = process(17622, 1, "unshare", UNSHARE)
    assert trees([INIT, left]) == (
        Tree(
            conf=Clean("ex1.conf"),
            name=Clean("ex1"),
            holder=None,
            unshare=17622,
            init=17623,
            state=Running.BROKEN,
            since=18623.0,
        ),
    )


def test_an_unshare_of_somebody_else_is_no_subhost() -> None:
    shell = process(9, 8, "bash", ("bash", "-l"), inner_pid=1)
    plain = process(8, 1, "unshare", ("unshare", "-fp", "sh"))
    named = process(9, 8, "sleep", ("/bin/sleep", "9"), inner_pid=1)
    assert trees([process(8, 1, "unshare", UNSHARE), shell]) == ()
    assert trees([plain, named]) == ()


@pytest.mark.parametrize(
    ("others", "state", "init"),
    [
        ([], Running.STARTING, None),
        ([process(17600, 17583, "mount")], Running.STARTING, None),
        ([process(17600, 17583, "nsenter")], Running.STARTING, None),
        ([UNSHARED], Running.BROKEN, None),
        ([UNSHARED, process(9, 17622, ".reaper", state="Z", inner_pid=1)], Running.BROKEN, None),
        ([UNSHARED, process(9, 17622, "stray", inner_pid=9)], Running.BROKEN, None),
        ([UNSHARED, process(9, 17622, "unshare", inner_pid=1)], Running.STARTING, 9),
        ([UNSHARED, process(9, 17622, "sh", inner_pid=1)], Running.STARTING, 9),
        ([UNSHARED, process(9, 17622, "busybox", inner_pid=1)], Running.STARTING, 9),
        ([UNSHARED, process(9, 17622, "sh")], Running.STARTING, 9),
        ([UNSHARED, process(9, 17622, "my-reaper", inner_pid=1)], Running.RUNNING, 9),
        ([UNSHARED, process(9, 17622, "systemd")], Running.RUNNING, 9),
    ],
)
def test_the_state_is_told_by_what_the_holder_has_below_it(
    others: list[Process], state: Running, init: int | None
) -> None:
    (tree,) = trees([HELD, *others])
    assert (tree.state, tree.init) == (state, init)
    assert tree.since == 1000.0 + (init or HELD.pid)


def test_one_that_is_cleaned_up_after_is_not_about_to_run() -> None:
    ended = process(17583, 1, "overlay-ended", HOLDER, unshared=True)
    assert [tree.state for tree in trees([ended])] == [Running.STOPPING]
    assert [tree.state for tree in trees([ended, UNSHARED, INIT])] == [Running.RUNNING]


def test_a_launcher_is_no_subhost() -> None:
    launcher = process(5, 1, "overlay-boot", HOLDER, unshared=False)
    assert trees([launcher, process(6, 5, "unshare", UNSHARE)]) == ()


def test_without_sight_of_the_environment_the_child_decides() -> None:
    unknown = process(17583, 1, "overlay-boot", HOLDER)
    assert trees([unknown]) == ()
    assert trees([unknown, process(17600, 17583, "mount")]) == ()
    (tree,) = trees([unknown, UNSHARED, INIT])
    assert tree.state is Running.RUNNING


def test_a_subshell_of_the_holder_is_not_a_second_subhost() -> None:
    subshell = process(17590, 17583, "overlay-boot", HOLDER, unshared=True)
    nested = process(17591, 17590, "overlay-boot", HOLDER, unshared=True)
    assert [tree.holder for tree in trees([nested, subshell, HELD])] == [17583]


def test_a_launcher_still_there_does_not_hide_its_subhost() -> None:
    launcher = process(5, 1, "overlay-boot", HOLDER, unshared=False)
    held = process(17583, 5, "overlay-boot", HOLDER, unshared=True)
    assert [tree.holder for tree in trees([launcher, held])] == [17583]


@pytest.mark.parametrize("state", ["Z", "X"])
def test_the_dead_hold_nothing(state: str) -> None:
    assert trees([process(3, 1, "overlay-boot", HOLDER, state=state, unshared=True)]) == ()
    assert trees([process(3, 1, "overlay-boot", (), state=state)]) == ()


def test_several_subhosts_come_by_configuration() -> None:
    table = [
        process(pid, 1, "overlay-boot", ("sh", "overlay-boot", conf), unshared=True)
        for pid, conf in ((30, "/b.conf"), (20, "a.conf"), (10, "/b.conf"))
    ]
    assert [(tree.conf, tree.name, tree.holder) for tree in trees(table)] == [
        ("/b.conf", "b", 10),
        ("/b.conf", "b", 30),
        ("a.conf", "a", 20),
    ]


@pytest.mark.parametrize(
    "line",
    [
        "/bin/sh /var/lib/overlay-boot/overlay-boot /opt/mta/mta.conf",
        "sh overlay-boot mta.conf",
        "/bin/dash -e -x ./overlay-boot mta.conf",
        "/bin/bash --norc -x overlay-boot mta.conf extra",
        "busybox sh /sbin/overlay-boot mta.conf",
        "/bin/busybox ash -x overlay-boot mta.conf",
        "ash /x/overlay-boot mta.conf",
    ],
)
def test_shells_that_run_overlay_boot(line: str) -> None:
    assert candidate([Clean(word) for word in line.split()])


@pytest.mark.parametrize(
    "argv",
    [
        (),
        ("",),
        ("sh",),
        ("sh", "-x"),
        ("busybox",),
        ("vi", "/srv/overlay-boot/mta.conf"),
        ("vi", "/srv/overlay-boot", "mta.conf"),
        ("sh", "-c", "overlay-boot x.conf"),
        ("sh", "-c", "/x/overlay-boot", "x.conf"),
        ("sh", "-ec", "/x/overlay-boot", "x.conf"),
        ("grep", "overlay-boot", "x.conf"),
        ("busybox", "vi", "overlay-boot", "x.conf"),
        ("ssh", "host", "sh", "overlay-boot", "x.conf"),
        ("sudo", "sh", "overlay-boot", "x.conf"),
        ("sh", "/x/overlay-boot-notes", "x.conf"),
        ("sh", "/x/overlay-boot/run", "x.conf"),
        ("sh", "/x/overlay-stop", "x.conf"),
        ("sh", "/x/overlay-boot"),
        ("sh", "/x/overlay-boot", "x.conf.bak"),
        ("sh", "/x/overlay-boot", "/x/.conf"),
        ("sh", "/x/overlay-boot", "--help", "x.conf"),
        ("[overlay-boot]",),
    ],
)
def test_look_alikes_are_not_taken(argv: tuple[str, ...]) -> None:
    words = [Clean(word) for word in argv]
    assert not candidate(words)
    held = process(2, 1, "overlay-boot", argv, unshared=True)
    assert trees([held, process(3, 2, "unshare"), process(4, 3, ".reaper", inner_pid=1)]) == ()


def test_members_share_the_pid_namespace_or_descend() -> None:
    entered = process(40, 39, "bash", pid_ns=7)
    container = process(50, INIT.pid, "pause", pid_ns=8)
    inside = process(51, 50, "nginx", pid_ns=8)
    below = process(60, INIT.pid, "sshd", pid_ns=7)
    hidden = process(61, 60, "sshd")
    table = [HELD, UNSHARED, hidden, INIT, entered, container, inside, below, process(70, 1, "x")]
    assert [each.pid for each in members(INIT, family(table))] == [40, 50, 51, 60, 61, INIT.pid]


def test_members_by_descent_alone() -> None:
    init = process(10, 9, ".reaper")
    table = [process(9, 1, "unshare"), init, process(12, 11, "c"), process(11, 10, "b")]
    assert [each.pid for each in members(init, family(table))] == [10, 11, 12]


PIDS = st.integers(0, 6)


@given(
    st.lists(
        st.builds(
            process,
            PIDS,
            PIDS,
            st.sampled_from(["unshare", "sh", ".reaper", "overlay-boot"]),
            st.sampled_from([HOLDER, UNSHARE, ()]),
            state=st.sampled_from("SRZ"),
            unshared=st.none() | st.booleans(),
            inner_pid=st.none() | PIDS,
            pid_ns=st.none() | st.integers(7, 8),
        ),
        max_size=12,
    )
)
def test_garbage_with_loops_ends_and_stays_within_the_table(table: list[Process]) -> None:
    pids = {each.pid for each in table}
    for tree in trees(table):
        assert {tree.holder, tree.unshare, tree.init} <= pids | {None}
        assert (tree.state is Running.RUNNING) <= (tree.init is not None)
    for each in table:
        found = [member.pid for member in members(each, family(table))]
        assert each.pid in found
        assert found == sorted(set(found))


@pytest.mark.parametrize(
    ("script", "who"),
    [
        ("/run/subdeck/jobs/20261126T012233Z-9f3a61/overlay-boot", "subdeck"),
        ("/var/lib/overlay-boot/overlay-boot", "overlay-boot"),
    ],
)
def test_who_started_a_subhost_shows_in_its_holder(script: str, who: str) -> None:
    holder = process(17583, 1, "overlay-boot", ("/bin/sh", script, CONF, "private"), unshared=True)
    processes = (holder, UNSHARED, INIT)
    (tree,) = trees(processes)
    assert starter(tree, family(processes)) == who
