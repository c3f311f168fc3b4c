"""Lines captured from kernels 6.1 and 6.18, what is odd about them, and any bytes at all."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from console.clean import clean, clean_path
from console.model import Mount, Overlay
from console.parse.mountinfo import absolute, mounts

SIZE = (clean("size"), clean("8192k"))
NAME = st.binary(min_size=1, max_size=40).filter(lambda name: b"\0" not in name)


def one(line: bytes) -> Mount:
    found, wrong = mounts(line + b"\n")
    assert wrong == ()
    assert len(found) == 1
    return found[0]


def layers(options: bytes) -> Overlay:
    overlay = one(b"106 60 0:41 / /live rw,relatime - overlay o " + options).overlay
    assert overlay is not None
    return overlay


def octal(raw: bytes, escaped: bytes) -> bytes:
    """The kernel's seq_escape()."""
    return b"".join(b"\\%03o" % byte if byte in escaped else bytes((byte,)) for byte in raw)


def test_a_plain_line_has_every_field() -> None:
    mount = one(b"103 60 0:40 / /lab/T rw,relatime - tmpfs cowspace rw,size=8192k,nr_inodes=200")
    assert mount == Mount(
        id=103,
        parent=60,
        device=(0, 40),
        root=clean("/"),
        point=clean("/lab/T"),
        path=b"/lab/T",
        options=("rw", "relatime"),
        tags=(),
        fstype=clean("tmpfs"),
        source=clean("cowspace"),
        super_options=((clean("rw"), None), SIZE, (clean("nr_inodes"), clean("200"))),
    )


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        (b"", ()),
        (b" shared:5", ("shared:5",)),
        (b" shared:5 master:2 propagate_from:1", ("shared:5", "master:2", "propagate_from:1")),
        (b" unbindable", ("unbindable",)),
    ],
)
def test_any_number_of_tags(tags: bytes, expected: tuple[str, ...]) -> None:
    assert one(b"1 0 0:2 / / rw" + tags + b" - rootfs rootfs rw").tags == expected


def test_the_rootfs_is_its_own_parent() -> None:
    mount = one(b"1 1 0:2 / / rw - rootfs rootfs rw,size=176084k,nr_inodes=44021,inode64")
    assert (mount.id, mount.parent, mount.fstype) == (1, 1, "rootfs")
    assert one(b"1 1 0:2 / / rw - rootfs rootfs rw").super_options == (("rw", None),)


def test_a_namespace_is_bound_to_a_name() -> None:
    mount = one(b"56 42 0:4 net:[4026532388] /run/netns/mta rw shared:5 - nsfs nsfs rw")
    assert (mount.root, mount.fstype) == ("net:[4026532388]", "nsfs")


def test_a_bind_shows_the_part_that_is_mounted() -> None:
    mount = one(b"284 194 254:0 /lab/bindsrc / rw,relatime - ext4 /dev/vda rw,discard")
    assert (mount.root, mount.path) == ("/lab/bindsrc", b"/")


@pytest.mark.parametrize(
    ("printed", "real"),
    [
        (rb"/live\040dir", b"/live dir"),
        (rb"/a\011b", b"/a\tb"),
        (rb"/a\012b", b"/a\nb"),
        (rb"/a\134b", rb"/a\b"),
        (rb"/a\134040b", rb"/a\040b"),
        (b"/a#b", b"/a#b"),
        (b"/a,b:c=d", b"/a,b:c=d"),
        (b"/cr\rvt\vff\x0cnel\x85end", b"/cr\rvt\vff\x0cnel\x85end"),
        (b"/\xff\xfe", b"/\xff\xfe"),
        (rb"/not\400octal\09", rb"/not\400octal\09"),
    ],
)
def test_mount_points_keep_their_real_name(printed: bytes, real: bytes) -> None:
    mount = one(b"25 24 0:23 / " + printed + b" rw - tmpfs tmpfs rw")
    assert mount.path == real
    assert mount.point == clean_path(real)


def test_a_source_is_decoded_and_may_be_empty() -> None:
    assert one(rb"75 63 0:45 / /q rw - tmpfs a\040b\043 rw,size=0k").source == "a b#"
    assert one(b"76 63 0:46 / /m3 rw,relatime - tmpfs  rw").source == ""


def test_a_mount_point_cannot_move_the_cursor() -> None:
    assert "\x1b" not in one(b"25 24 0:23 / /\x1b[2J rw - tmpfs tmpfs rw").point


def test_a_quoted_context_may_hold_a_comma() -> None:
    mount = one(b'25 24 0:23 / /t rw - tmpfs t rw,context="u:r:t:s0:c1,ro",size=4k')
    assert mount.super_options == (
        ("rw", None),
        ("context", '"u:r:t:s0:c1,ro"'),
        ("size", "4k"),
    )
    assert not mount.read_only


def test_read_only_by_mount_or_by_filesystem() -> None:
    assert one(b"1 0 0:2 / / ro - tmpfs t rw").read_only
    assert one(b"1 0 0:2 / / rw - squashfs /dev/loop0 ro,errors=continue").read_only


def test_the_layers_of_an_overlay() -> None:
    mount = one(
        rb"106 60 0:41 / /lab/live\040dir rw,relatime - overlay my\040host "
        rb"rw,lowerdir=/lab/lower,upperdir=/lab/T/up,workdir=/lab/T/wk,uuid=on"
    )
    assert mount.source == "my host"
    assert mount.overlay == Overlay(
        (clean("/lab/lower"),), clean("/lab/T/up"), clean("/lab/T/wk"), clean("/lab/live dir")
    )


@pytest.mark.parametrize(
    ("options", "lower"),
    [
        (rb"ro,lowerdir=/lab/p\134:q:/lab/lower", ("/lab/p:q", "/lab/lower")),
        (rb"ro,lowerdir=/lab/p\134\054q", ("/lab/p,q",)),
        (rb"ro,lowerdir=/lab/p\134\134q:/b", (r"/lab/p\q", "/b")),
        (rb"ro,lowerdir=lower:sp\040ace", ("lower", "sp ace")),
        (b"ro,lowerdir=/l1:/l2::/data1::/data2", ("/l1", "/l2", "/data1", "/data2")),
        (
            rb"ro,lowerdir+=/ov/p:q,lowerdir+=/ov/p\054q,lowerdir+=/ov/p\134q,datadir+=/ov/da,"
            rb"redirect_dir=on,metacopy=on",
            ("/ov/p:q", "/ov/p,q", r"/ov/p\q", "/ov/da"),
        ),
    ],
)
def test_lower_layers_of_a_read_only_overlay(options: bytes, lower: tuple[str, ...]) -> None:
    overlay = layers(options)
    assert overlay.lower == lower
    assert (overlay.upper, overlay.work) == (None, None)


def test_escapes_in_upper_and_work() -> None:
    overlay = layers(rb"rw,lowerdir=lo,upperdir=u\134\054p\134:x,workdir=w\040k,uuid=on")
    assert (overlay.upper, overlay.work) == ("u,p:x", "w k")


def test_unknown_options_are_kept_and_do_not_confuse_the_layers() -> None:
    line = (
        b"9 1 0:41 / / rw - overlay LiveOS_rootfs rw,lowerdir=/run/rootfsbase,"
        b"upperdir=/run/overlayfs,workdir=/run/ovlwork,index=off,xino=off,fsync=volatile,new"
    )
    mount = one(line)
    assert mount.overlay is not None
    assert mount.overlay.upper == "/run/overlayfs"
    assert ("fsync", "volatile") in mount.super_options
    assert mount.super_options[-1] == ("new", None)


def test_only_overlays_have_layers() -> None:
    assert one(b"9 1 0:41 / / rw - tmpfs t rw,lowerdir=/a").overlay is None


def test_relative_layers_stay_as_typed_until_resolved() -> None:
    typed = layers(b"rw,lowerdir=base:./x//y:../z,upperdir=/opt/up/,workdir=work,uuid=on")
    assert typed.lower == ("base", "./x//y", "../z")
    assert absolute(typed, clean_path("/opt/mta")) == Overlay(
        lower=(clean("/opt/mta/base"), clean("/opt/mta/x/y"), clean("/opt/mta/../z")),
        upper=clean("/opt/up"),
        work=clean("/opt/mta/work"),
        live=clean("/live"),
    )


def test_a_read_only_overlay_stays_so_when_resolved() -> None:
    resolved = absolute(layers(b"ro,lowerdir=a:b"), clean_path("/opt"))
    assert (resolved.upper, resolved.work) == (None, None)


@pytest.mark.parametrize(
    "line",
    [
        b"nonsense",
        b"",
        b"25 24 0:23 / /dev/shm rw,relatime tmpfs tmpfs rw",
        b"25 24 0:23 / /dev/shm rw - tmpfs",
        b"25 24 023 / /dev/shm rw - tmpfs tmpfs rw",
        b"x 24 0:23 / /dev/shm rw - tmpfs tmpfs rw",
        b"25 24 0:23 / rw - tmpfs tmpfs rw",
        b"9" * 5000 + b" 24 0:23 / /dev/shm rw - tmpfs tmpfs rw",
    ],
)
def test_a_bad_line_loses_no_other(line: bytes) -> None:
    good = b"1 0 0:2 / / rw - tmpfs t rw\n"
    found, (wrong,) = mounts(good + line + b"\n" + good)
    assert len(found) == 2
    assert wrong.source == "mountinfo"
    assert wrong.line == line.decode()


def test_a_last_line_that_was_cut_off_is_not_believed() -> None:
    whole = b"1 0 0:2 / / rw - tmpfs t rw,size=1024k\n2 1 0:3 / /a rw - tmpfs t rw,size=2048k\n"
    for length in range(len(whole)):
        found, wrong = mounts(whole[:length])
        complete = whole[:length].count(b"\n")
        assert len(found) == complete
        assert len(wrong) == (1 if whole[:length] and not whole[:length].endswith(b"\n") else 0)


@given(st.binary())
@example(b"1 0 0:2 / / rw - overlay o rw,lowerdir=\\:,upperdir=\\\n")
@example(b"1 0 0:2 / / rw - overlay o lowerdir,upperdir=,=\n")
def test_every_line_is_a_mount_or_an_error(text: bytes) -> None:
    found, wrong = mounts(text)
    lines = text.count(b"\n") + (0 if text.endswith(b"\n") or not text else 1)
    assert len(found) + len(wrong) == lines


@given(st.lists(NAME, max_size=4), NAME, NAME)
def test_names_survive_the_kernels_escapes(parts: list[bytes], root: bytes, source: bytes) -> None:
    path = b"/" + b"/".join(parts)
    mount = one(
        b"25 24 0:23 /%s %s rw,relatime shared:1 - tmpfs %s rw"
        % (octal(root, b" \t\n\\"), octal(path, b" \t\n\\"), octal(source, b" \t\n\\#"))
    )
    assert mount.path == path
    assert mount.point == clean_path(path)
    assert mount.root == clean_path(b"/" + root)
    assert mount.source == clean_path(source)


@given(st.lists(NAME, min_size=1, max_size=4), NAME, st.booleans())
def test_layers_survive_being_typed_and_printed(
    lower: list[bytes], upper: bytes, separate: bool
) -> None:
    def typed(name: bytes) -> bytes:
        return re.sub(rb"([\\:,])", rb"\\\1", name)

    if separate:
        options = b",".join(b"lowerdir+=" + octal(name, b", \t\n\\") for name in lower)
    else:
        options = b"lowerdir=" + octal(b":".join(map(typed, lower)), b", \t\n\\")
    overlay = layers(b"rw,%s,upperdir=%s,workdir=w" % (options, octal(typed(upper), b", \t\n\\")))
    assert overlay.lower == tuple(map(clean_path, lower))
    assert overlay.upper == clean_path(upper)


@pytest.mark.skipif(not Path("/proc/self/mountinfo").exists(), reason="needs Linux with /proc")
def test_this_machines_mounts_are_all_understood() -> None:
    found, wrong = mounts(Path("/proc/self/mountinfo").read_bytes())
    assert wrong == ()
    assert any(mount.path == b"/" for mount in found)


@pytest.mark.root
@pytest.mark.needs("unshare", "mount")
def test_the_kernel_prints_layers_as_they_are_read_here(tmp_path: Path) -> None:
    script = r"""
        mount -t tmpfs tmpfs "$1" && cd "$1" || exit 77
        tab=$(printf 'v\tt'); line=$(printf 'n\nl')
        mkdir p:q p,q 'p\q' 'sp ace' "$tab" "$line" 'u,p' wk 'li ve#'
        mount -t overlay 'my host#' 'li ve#' \
            -o "lowerdir=p\:q:p\,q:p\\\\q:sp ace:$tab:$line,upperdir=u\,p,workdir=wk" || exit 77
        cat /proc/self/mountinfo
    """
    done = subprocess.run(
        ["unshare", "--mount", "--propagation", "private", "sh", "-c", script, "sh", tmp_path],
        capture_output=True,
        check=False,
    )
    if done.returncode == 77:
        pytest.skip(f"this kernel mounts no overlay here: {done.stderr!r}")
    found, wrong = mounts(done.stdout)
    assert wrong == ()
    (mount,) = [mount for mount in found if mount.source == "my host#"]
    assert mount.path == os.fsencode(tmp_path) + b"/li ve#"
    assert mount.overlay is not None
    assert mount.overlay.lower == ("p:q", "p,q", r"p\q", "sp ace", "v␉t", "n␊l")
    assert (mount.overlay.upper, mount.overlay.work) == ("u,p", "wk")
