"""Jobs as a host tells them, whole and hostile."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from console.clean import Clean, clean
from console.jobs import Job, JobState, Order
from console.operations import Operation
from console.parse.job_listing import ID, about, last_lines, listing
from console.plan import Plan, Step, Tier, Verb, Where

HOST = Clean("web1")
ID_ = Clean("20261126T012233Z-9f3a61")
OPERATION = (Operation(("true",)),)


def plan(*steps: Step) -> Plan:
    return Plan(
        *(Verb.START, HOST, Clean("mta"), Tier.REVERSIBLE, None, Clean("/opt/mta/mta.conf")),
        steps=steps or (Step(Clean("look"), OPERATION), Step(Clean("do = it"), OPERATION)),
    )


def told(
    journal: str, life: str = "free", job: str = ID_, more: str = "", of: Plan | None = None
) -> bytes:
    """Return what a host tells of one job."""
    said = about(
        Order(Clean(job), of or plan(), Clean("alice@b")), "ab12", 1_800_000_000.25
    ).decode()
    lines = [f"d {job}", f"s {life}", *(f"a {line}" for line in said.splitlines())]
    lines += [f"w alice@b start {job}", *(f"j {line}" for line in journal.splitlines())]
    return "\n".join(["u 100.5", *lines, more, "", ""]).encode()


def one(text: bytes) -> Job:
    (job,) = listing(text, HOST)
    return job


def test_a_job_that_is_done() -> None:
    job = one(told("10.0 begun\n10.5 step 1\n11.0 step 2\n12.5 end done"))
    assert job == Job(
        id=ID_,
        host=HOST,
        verb=Clean("start"),
        subhost=Clean("mta"),
        who=Clean("alice@b"),
        state=JobState.DONE,
        started=1_800_000_000.25,
        seconds=2.5,
        step=2,
        steps=2,
        digest=Clean("ab12"),
        finishable=True,
        whys=(Clean("look"), Clean("do = it")),
    )


def test_a_job_that_runs_has_taken_until_now() -> None:
    for life in ("alive", "held"):
        job = one(told("10.0 begun\n10.5 step 1", life))
        assert (job.state, job.seconds, job.step) == (JobState.RUNNING, 90.5, 1)


def test_one_that_told_no_end_and_runs_no_more_was_killed() -> None:
    job = one(told("10.0 begun\n10.5 step 1"))
    assert (job.state, job.told, job.finishable) == (
        *(JobState.KILLED, "it was killed at step 1", True),
    )
    job = one(told(""))
    assert (job.state, job.told, job.finishable) == (JobState.KILLED, "it did no step", False)


def test_a_supervisor_lives_on_when_its_job_is_done() -> None:
    assert one(told("10.0 begun\n11.0 end done", "alive")).state is JobState.DONE


def test_what_is_built_in_private_cannot_be_finished() -> None:
    supervised = plan(Step(Clean("mount"), OPERATION, where=Where.PRIVATE))
    assert not one(told("10.0 begun\n11 step 1", of=supervised)).finishable
    assert b"conf=/opt/mta/mta.conf\n" in about(Order(ID_, supervised, Clean("a")), "", 0)


def test_what_failed_is_told_with_its_why() -> None:
    job = one(told("1 begun\n2 step 2\n3 failed 2 32\n4 undo 2\n5 end left 2", more="o no\no way"))
    assert job.told == "step 2 (do = it) failed with status 32; not taken back: step 2"
    assert job.output == ("no", "way")


def test_the_newest_comes_first() -> None:
    text = b"".join(told("", job=f"2026112{day}T000000Z-a") for day in (5, 7, 6))
    assert [job.id[7] for job in listing(text, HOST)] == ["7", "6", "5"]


def test_a_folder_that_tells_nothing_is_shown_as_unknown() -> None:
    for text in (b"d %s\ns free\n" % ID_.encode(), told("").replace(b"a id=", b"a id=x")):
        job = one(text)
        assert (job.id, job.state, job.verb) == (ID_, JobState.UNKNOWN, "?")


def test_no_jobs_at_all() -> None:
    assert listing(b"", HOST) == ()
    assert listing(b"u 12.5\n", HOST) == ()


def test_the_last_lines_of_output() -> None:
    assert last_lines(b"a\n\nb\x1b[31m\n \nc", 2) == ("b␛[31m", "c")
    assert last_lines(b"a\n", 0) == ()


def test_only_plain_words_name_jobs() -> None:
    assert ID.fullmatch(ID_)
    for name in ("", "..", "a/b", "-rf", "a b", "é", "a\n", "a" * 65):
        assert ID.fullmatch(name) is None


@given(st.binary(max_size=400))
def test_anything_is_read(text: bytes) -> None:
    whole = told("10.0 begun\n11.0 end done", more=f"o {text.decode('latin-1')}")
    for each in (text, b"d a\n" + text, whole + text):
        for job in listing(each, HOST):
            for said in (job.id, job.verb, job.subhost, job.who, job.told or "", *job.output):
                assert said == clean(said)


@given(st.text(max_size=40), st.text(max_size=40))
def test_what_a_plan_says_comes_back(subhost: str, why: str) -> None:
    made = plan(Step(clean(why), OPERATION))
    name = clean(subhost)
    said = about(
        Order(ID_, Plan(made.verb, HOST, name, made.tier, None, steps=made.steps), Clean("a")),
        "",
        0,
    )
    text = b"d %s\n" % ID_.encode() + b"".join(b"a " + line + b"\n" for line in said.split(b"\n"))
    job = one(text)
    assert (job.subhost, job.whys) == (name, (clean(why),))


def test_who_began_a_job_may_be_a_console_by_itself() -> None:
    by_itself = told("10.0 begun").replace(b"w alice@b start", b"w alice@b (auto) start")
    assert one(by_itself).who == "alice@b (auto)"
    assert one(told("10.0 begun").replace(b"w alice@b start", b"w odd")).who


def test_a_job_about_a_level_tells_what_it_is_to_hold() -> None:
    made = replace(plan(), verb=Verb.GROW, subhost=Clean(""), level=Clean("dm:live-rw"))
    job = one(told("10.0 begun", of=replace(made, total=48 << 20, inodes=400)))
    assert (job.target, job.total, job.inodes) == ("dm:live-rw", 48 << 20, 400)
    assert one(told("10.0 begun")).target == "mta"
