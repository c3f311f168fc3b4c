"""Manifests: what was signed is what is read, and nothing else is."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.clean import Clean
from console.errors import Unparsable
from console.images.manifest import LARGEST, Entry, Manifest, Role, is_word, manifest, rendered
from console.model import Style
from tests.console.images.sets import LIVE

TEXT = rendered(LIVE)

words = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,20}", fullmatch=True).filter(is_word)
digests = st.text("0123456789abcdef", min_size=64, max_size=64)
sizes = st.integers(1, (1 << 50) - 1)


@st.composite
def manifests(draw: st.DrawFn) -> Manifest:
    roles = draw(st.lists(st.sampled_from([Role.INITRD, Role.SQUASHFS, Role.TREE]), max_size=5))
    roles += [Role.KERNEL, Role.CMDLINE][: draw(st.integers(0 if roles else 1, 2))]
    paths = draw(
        st.lists(words, min_size=len(roles), max_size=len(roles), unique=True).filter(
            lambda found: not any(path.startswith("manifest.json") for path in found)
        )
    )
    files = tuple(
        Entry(role, Clean(path), draw(sizes), Clean(draw(digests)))
        for role, path in zip(roles, paths, strict=True)
    )
    styles = draw(st.sets(st.sampled_from([each for each in Style if each is not Style.UNKNOWN])))
    return Manifest(
        name=Clean(draw(words)),
        version=Clean(draw(words)),
        built=draw(st.integers(0, (1 << 33) - 1)),
        kernel=Clean(draw(words)),
        arch=Clean(draw(st.sampled_from(["x86_64", "aarch64", "i686"]))),
        styles=tuple(sorted(styles or {Style.CASPER})),
        ram=draw(sizes),
        files=files,
    )


@given(manifests())
def test_what_is_written_is_read(of: Manifest) -> None:
    assert manifest(rendered(of)) == of


def test_what_it_tells() -> None:
    assert LIVE.title == "web/2024.2"
    assert LIVE.size == sum(map(len, (b"kernel", b"initrd", b"squashfs", b"quiet boot=live")))
    assert [each.path for each in LIVE.of(Role.SQUASHFS)] == ["live/root.squashfs"]


# Whatever else is refused in one line


def refused(text: bytes) -> str:
    with pytest.raises(Unparsable) as raised:
        manifest(text)
    said = str(raised.value)
    assert said.isprintable()
    assert len(said) < 400
    assert said.startswith("manifest.json: expected ")
    return said


def read(text: bytes) -> Manifest | None:
    """Return what is read, having seen to it that what is not is refused well."""
    try:
        found = manifest(text)
    except Unparsable:
        refused(text)
        return None
    return found


@given(st.integers(0, len(TEXT) - 1))
def test_truncated(at: int) -> None:
    refused(TEXT[:at])


@given(st.binary(min_size=1, max_size=40))
def test_appended(more: bytes) -> None:
    refused(TEXT + more)


@given(st.integers(0, len(TEXT) * 8 - 1))
def test_a_flipped_bit_never_passes_as_the_same(at: int) -> None:
    flipped = bytearray(TEXT)
    flipped[at // 8] ^= 1 << at % 8
    found = read(bytes(flipped))
    assert found != LIVE
    assert found is None or rendered(found) == flipped


@given(st.binary(max_size=300))
def test_anything(text: bytes) -> None:
    assert read(text) is None


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from([*LIVE.__slots__, "format", "path"]), inner, max_size=3
            )
        ),
        max_leaves=8,
    ),
    st.sampled_from(["format", *LIVE.__slots__]),
)
def test_any_json_in_any_place(value: object, key: str) -> None:
    said = json.loads(TEXT)
    said[key] = value
    text = json.dumps(said, indent=1, sort_keys=True).encode() + b"\n"
    found = read(text)
    assert found is None or rendered(found) == text


Change = Callable[[dict[str, object]], object]


def in_file(key: str, value: object, number: int = 0) -> Change:
    """Say something else of a file."""

    def change(said: dict[str, object]) -> None:
        files = said["files"]
        assert isinstance(files, list)
        files[number][key] = value

    return change


CASES: dict[str, tuple[Change, str]] = {
    "another form": (lambda said: said.update(format=2), "expected 1, which is all that is known"),
    "a truth": (lambda said: said.update(format=True), "a whole number"),
    "no name": (lambda said: said.pop("name"), "the keys of a manifest, got 'no name'"),
    "a new key": (lambda said: said.update({"x\x1b": 1}), "got 'an unknown x␛'"),
    "a name that climbs": (lambda said: said.update(name="../x"), "a name, got 'name ../x'"),
    "a version for a pointer": (lambda said: said.update(version="good"), "none of current, good"),
    "a negative time": (lambda said: said.update(built=-1), "a whole number below"),
    "a late time": (lambda said: said.update(built=1 << 33), "a whole number below"),
    "a fraction": (lambda said: said.update(ram=1.5), "a whole number below"),
    "no kernel": (lambda said: said.update(kernel=None), "the release of the kernel it brings"),
    "a kernel of two words": (lambda said: said.update(kernel="6 1"), "release of a kernel"),
    "no style": (lambda said: said.update(styles=[]), "an array of 1 to"),
    "an unknown style": (lambda said: said.update(styles=["unknown"]), "ways to boot, sorted"),
    "styles unsorted": (lambda said: said.update(styles=["live-boot", "casper"]), "ways to boot"),
    "styles of arrays": (lambda said: said.update(styles=[["casper"]]), "ways to boot"),
    "no file": (lambda said: said.update(files=[]), "an array of 1 to 64"),
    "an unknown role": (
        in_file("role", "disk"),
        "one of kernel, initrd",
    ),
    "nothing in it": (in_file("size", 0), "more than nothing"),
    "a short digest": (in_file("sha256", "ab"), "64 hexadecimal digits"),
    "a loud digest": (in_file("sha256", "A" * 64), "64 hexadecimal"),
    "an absolute path": (in_file("path", "/etc/x"), "plain names below"),
    "a path that climbs": (in_file("path", "a/../../x"), "plain names"),
    "a hidden file": (in_file("path", ".x"), "plain names below"),
    "a control character": (in_file("path", "x\x1b[2J"), "x␛[2J"),
    "a deep path": (in_file("path", "a/b/c/d/e"), "plain names below"),
    "the manifest itself": (
        in_file("path", "manifest.json"),
        "another name than the manifest's own",
    ),
    "a file twice": (in_file("path", "cmdline"), "every file once"),
    "a file in a file": (in_file("path", "live"), "every file once"),
    "two kernels": (in_file("role", "kernel", 1), "one kernel at most"),
    "a file that is none": (lambda said: said.update(files=[[]]), "the keys of a file"),
}


@pytest.mark.parametrize(("change", "told"), CASES.values(), ids=CASES)
def test_what_makes_no_sense(change: Change, told: str) -> None:
    said: dict[str, object] = json.loads(TEXT)
    change(said)
    text = json.dumps(said, indent=1, sort_keys=True).encode() + b"\n"
    assert told in refused(text)


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(json.loads(TEXT)).encode(),
        TEXT.replace(b'"ram"', b'"ram": 1, "ram"'),
        b" " + TEXT,
        TEXT.replace(b"web", b"w\\u0065b"),
        b"[" * 100_000,
        b"1" * 5000,
        b"NaN",
        b"{}" + b" " * LARGEST,
    ],
    ids=["compact", "key twice", "blank", "escaped", "deep", "huge number", "nan", "too long"],
)
def test_one_form_alone(text: bytes) -> None:
    refused(text)
