"""The command line of a build: what makes no sense is told before anything is done."""

from __future__ import annotations

from pathlib import Path

import pytest

from console.clean import Clean
from console.cli.images_build import parser, report, run
from console.errors import ConsoleError
from console.images.recipe import Form
from console.images.sizes import OURS, Share


def refusal(*argv: str) -> str:
    with pytest.raises(ConsoleError) as found:
        run(parser().parse_args(["edge", "--version", "1", *argv]))
    return str(found.value)


def usage(capsys: pytest.CaptureFixture[str], *argv: str) -> str:
    with pytest.raises(SystemExit) as ended:
        parser().parse_args(argv)
    assert ended.value.code == 2
    line, nothing = capsys.readouterr().err.split("\n")
    assert not nothing
    return line


def test_a_kernel_is_a_package_or_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def kernel(text: str) -> str:
        found: str = parser().parse_args(["edge", "--version", "1", "--kernel", text]).kernel
        return found

    monkeypatch.chdir(tmp_path)
    assert kernel("linux-image-arm64") == "linux-image-arm64"
    assert kernel("./vmlinuz") == str(tmp_path / "vmlinuz")
    (tmp_path / "vmlinuz").touch()
    assert kernel("vmlinuz") == str(tmp_path / "vmlinuz")


def test_lists_are_of_words_by_commas_or_blanks() -> None:
    found = parser().parse_args(
        ["edge", "--version", "1", "--packages", "a,b c", "--keep", "docs,caches"]
    )
    assert (found.packages, found.keep) == (("a", "b", "c"), ("docs", "caches"))
    assert found.style is Form.RAM


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        (("edge",), "--version"),
        (("../edge", "--version", "1"), "../edge: letters, digits"),
        (("edge", "--version", "current"), "current: letters"),
        (("edge", "--version", "1", "--packages", "a;b"), "a;b: no such name"),
        (("edge", "--version", "1", "--keep", "logs"), "logs: none of docs, locales, caches"),
        (("edge", "--version", "1", "--mirror", "debian"), "debian: no address of an archive"),
        (("edge", "--version", "1", "--fetch", "web"), "web: no http:// or ftp:// address"),
        (("edge", "--version", "1", "--output", "/no/where"), "/no/where: no such folder"),
    ],
)
def test_wrong_usage_is_one_line(
    capsys: pytest.CaptureFixture[str], argv: tuple[str, ...], told: str
) -> None:
    assert told in usage(capsys, *argv)


def test_what_contradicts_itself_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "is for --style squashfs" in refusal("--fetch", "http://boot.example/x")
    assert "root= on the command line" in refusal("--cmdline", "quiet root=/dev/ram0")
    key = tmp_path / "id"
    key.write_text("-----BEGIN OPENSSH PRIVATE KEY-----\n")
    assert "id: is a private key" in refusal("--authorized-keys", str(key))
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "yesterday")
    assert "SOURCE_DATE_EPOCH=yesterday" in refusal()


def test_a_report_has_a_line_a_package_and_tells_what_was_left_out() -> None:
    text = report(
        (Share(Clean("libc6"), 3 << 20, 0.75, 2 << 20), Share(OURS, 1 << 20, 0.25, 0)),
        {"docs": 1 << 20, "locales": 512},
    )
    lines = [line.split() for line in text.splitlines()]
    assert ["libc6", "3.0M", "75.0%", "2.0M"] in lines
    assert ["(image)", "1.0M", "25.0%"] in lines
    assert ["all", "4.0M", "100.0%"] in lines
    assert text.endswith("left out: docs 1.0M, locales 512B\n")
