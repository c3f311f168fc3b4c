from __future__ import annotations

import asyncio
import errno
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from backends.probe_child import pack, unpack
from backends.prober import Prober
from backends.questions import Answer, Question
from tests.lab.hung_fuse import hung_mounts

root_only = pytest.mark.skipif(os.geteuid() != 0, reason="mounts FUSE: run pytest as root")


@pytest.fixture
async def prober() -> AsyncIterator[Prober]:
    prober = Prober(deadline=0.5)
    yield prober
    prober.close()


async def said(
    prober: Prober, operation: str, path: Path | str | bytes, argument: bytes = b""
) -> Answer:
    (answer,) = await prober.ask([Question(operation.encode(), os.fsencode(path), argument)])
    return answer


def numbers(answer: Answer) -> list[int]:
    return [int(word) for word in answer.data.split()]


def test_fields_survive_the_way() -> None:
    fields = [b"", b"\0\xff", b"x" * 70000]
    assert unpack(pack(fields)) == fields


async def test_statvfs_says_what_the_kernel_says(prober: Prober) -> None:
    kernel = os.statvfs("/proc")
    answer = await said(prober, "statvfs", "/proc")
    assert answer.code == 0
    assert numbers(answer) == [
        kernel.f_frsize,
        kernel.f_blocks,
        kernel.f_bfree,
        kernel.f_bavail,
        kernel.f_files,
        kernel.f_ffree,
    ]


async def test_answers_keep_the_order_of_many_questions(prober: Prober, tmp_path: Path) -> None:
    files = [tmp_path / str(number) for number in range(300)]
    for file in files:
        file.write_text(file.name * 1000)
    answers = await prober.ask(
        [
            Question(b"head", bytes(file), b"65536", key=b"apart" * (number % 2))
            for number, file in enumerate(files)
        ]
    )
    assert [answer.data.decode() for answer in answers] == [file.name * 1000 for file in files]


async def test_questions_to_one_mount_wait_for_each_other(prober: Prober, tmp_path: Path) -> None:
    prober.suspects = {bytes(tmp_path): b"0:99"}
    for _ in range(30):
        answers = await asyncio.gather(*(said(prober, "exists", tmp_path) for _ in range(4)))
        assert [answer.code for answer in answers] == [0] * 4


async def test_only_regular_files_are_read(prober: Prober, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "link").symlink_to("/etc/passwd")
    (tmp_path / "file\xff").write_text("text")
    assert (await said(prober, "head", tmp_path / "fifo", b"9")).code == errno.EINVAL
    assert (await said(prober, "head", "/dev/zero", b"9")).code == errno.EINVAL
    assert (await said(prober, "head", tmp_path / "link", b"9")).code == errno.ELOOP
    assert (await said(prober, "head", tmp_path / "none", b"9")).code == errno.ENOENT
    assert (await said(prober, "head", tmp_path / "file\xff", b"9")).data == b"text"
    assert (await said(prober, "tail", tmp_path / "file\xff", b"2")).data == b"xt"
    assert (await said(prober, "tail", tmp_path / "file\xff", b"9")).data == b"text"


async def test_nothing_below_a_root_leads_out_of_it(prober: Prober, tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/os-release").write_text("ID=inside")
    (tmp_path / "lib").symlink_to("/usr/lib")
    (tmp_path / "etc/passwd").symlink_to("/etc/passwd")
    root = bytes(tmp_path)
    assert (await said(prober, "beneath", tmp_path / "etc/os-release", root)).data == b"ID=inside"
    assert (await said(prober, "beneath", tmp_path / "lib/os-release", root)).code == errno.ENOTDIR
    assert (await said(prober, "beneath", tmp_path / "etc/passwd", root)).code == errno.ELOOP


async def test_patterns_find_paths_and_stay_out_of_what_is_shunned(
    prober: Prober, tmp_path: Path
) -> None:
    for name in ("a", "b", ".hidden", "\udcff"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x.conf").touch()
        (tmp_path / name / "x.conf.bak").touch()
    answer = await said(prober, "glob", tmp_path / "*/*.conf", bytes(tmp_path / "b"))
    assert answer.data.split(b"\0") == [
        bytes(tmp_path / "a/x.conf"),
        os.fsencode(tmp_path / "\udcff/x.conf"),
    ]


@pytest.mark.skipif(os.geteuid() != 0, reason="needs files of root: run pytest as root")
async def test_a_configuration_tells_who_else_can_write_it(prober: Prober, tmp_path: Path) -> None:
    folder = tmp_path / "sub"
    folder.mkdir(mode=0o755)
    file = folder / "x.conf"
    file.write_text("BASE=.")
    assert unpack((await said(prober, "conf", file, bytes(tmp_path))).data) == [b"", b"BASE=."]
    folder.chmod(0o775)
    assert unpack((await said(prober, "conf", file, bytes(tmp_path))).data)[0] == bytes(folder)
    (tmp_path / "link").symlink_to(folder)
    linked = await said(prober, "conf", tmp_path / "link/x.conf", bytes(tmp_path))
    assert unpack(linked.data)[0] == bytes(folder), "the folder itself, not the link to it"
    os.chown(file, 65534, 65534)
    assert unpack((await said(prober, "conf", file, bytes(tmp_path))).data)[0] == bytes(file)


async def test_a_new_child_follows_one_that_died(prober: Prober) -> None:
    await said(prober, "exists", "/")
    assert prober.child is not None
    os.kill(prober.child, 9)
    answers = [await said(prober, "exists", "/") for _ in range(2)]
    assert answers[-1].code == 0


@root_only
@pytest.mark.parametrize("mode", ["silent", "deaf"])
async def test_forty_hung_mounts_cost_only_themselves(
    prober: Prober, tmp_path: Path, mode: str
) -> None:
    with hung_mounts(tmp_path, 40, mode) as places:
        prober.suspects = {bytes(place): bytes(place) for place in places}
        paths = [*places, tmp_path]
        for _ in range(2):
            answers = await prober.ask([Question(b"statvfs", bytes(path)) for path in paths])
            assert [answer.hung for answer in answers] == [True] * 40 + [False]


@root_only
async def test_a_hang_nobody_suspected_is_found_and_remembered(
    prober: Prober, tmp_path: Path
) -> None:
    with hung_mounts(tmp_path, 2, "silent") as places:
        paths = [tmp_path, *places, Path("/proc")]
        questions = [Question(b"statvfs", bytes(path)) for path in paths]
        first = await prober.ask(questions)
        child = prober.child
        second = await prober.ask(questions)
        assert [answer.hung for answer in first] == [False, True, True, False]
        assert [answer.hung for answer in second] == [False, True, True, False]
        assert prober.child == child, "the shared child was not asked about the hung ones again"


@root_only
async def test_a_mount_that_hung_is_seen_again_before_it_is_asked_again(tmp_path: Path) -> None:
    prober = Prober(deadline=0.3)
    with hung_mounts(tmp_path, 1, "silent") as (place,):
        prober.suspects = {bytes(place): b"0:99"}
        assert (await said(prober, "statvfs", place)).hung
    for _ in range(1000):
        if not (answer := await said(prober, "statvfs", place)).hung:
            break
        await asyncio.sleep(0.01)  # its own call returns some time after the server ended
    prober.close()
    assert answer.code == 0


@root_only
def test_quitting_waits_for_nobody(tmp_path: Path) -> None:
    program = """
import asyncio, sys
from backends.prober import Prober
from backends.questions import Question
async def main():
    prober = Prober(deadline=0.2)
    prober.suspects = {sys.argv[1].encode(): b"apart"}
    paths = [sys.argv[1], sys.argv[2]]
    print([a.hung for a in await prober.ask([Question(b"statvfs", p.encode()) for p in paths])])
    prober.close()
asyncio.run(main())
"""
    with hung_mounts(tmp_path, 2, "silent") as (suspected, unsuspected):
        ended = subprocess.run(
            [sys.executable, "-c", program, suspected, unsuspected],
            timeout=20, capture_output=True, text=True, check=True,
        )  # fmt: skip
    assert ended.stdout == "[True, True]\n"
