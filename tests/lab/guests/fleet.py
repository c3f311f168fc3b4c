"""Booted guests: ``with fleet(["casper"], folder) as guests: guests["casper"].ssh("mount")``.

Each is a QEMU of its own that nothing can reach but SSH on a port of 127.0.0.1, and that reaches
nothing. Two boot at a time, for an emulated machine takes a whole processor until it is up.
"""

from __future__ import annotations

import contextlib
import socket
import subprocess
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from console.clean import Clean
from console.inventory import Entry
from tests.lab.guests.images import Built, built, keys
from tests.lab.guests.kernel import NEEDS_KERNEL, QEMU, WORDS
from tests.lab.guests.lower import NEEDS_LOWER
from tests.lab.guests.style import Style
from tests.lab.guests.styles import STYLES
from tests.lab.sshd import public

_COMMANDS = """
    busybox cpio dmsetup dropbear dropbearconvert gcc genisoimage mkfs.ext4 mksquashfs modprobe
    qemu-system-x86_64 setpriv ssh ssh-keygen sshd
"""
NEEDS_LAB = [
    pytest.mark.root,  # the files of an image are root's
    pytest.mark.needs(*_COMMANDS.split()),
    pytest.mark.xdist_group("lab"),
    *NEEDS_KERNEL,
    NEEDS_LOWER,
]
"""Marks of every test of booted guests: ``pytestmark = NEEDS_LAB``."""

# A guest ends with the thread that started it, and this one lasts as long as this process.
_STARTER = ThreadPoolExecutor(1)

AT_ONCE = 2
BOOT, PATIENCE = 240.0, 60.0
"""Seconds a guest may take to boot, and to answer."""
# What QEMU has translated serves again only where a program lies at the same addresses again.
_ALWAYS = f"{WORDS} norandmaps no_timer_check"
# To agree on a key takes an emulated machine ten times as long as to run a command.
_SHARED = ("-o", "ControlMaster=auto", "-o", "ControlPersist=60")
_WEB = "10.0.2.100"
"""Where a guest finds what iPXE fetches."""


class Guest:
    """One machine: powered on, off and on again, it keeps its port and its keys."""

    def __init__(self, style: Style, folder: Path) -> None:
        self.style = style
        self.folder = folder / style.name
        self.folder.mkdir(parents=True)
        self.config = folder / "ssh_config"
        """The configuration of all guests of a fleet, for ``ssh -F``."""
        self.known_hosts = folder / "known_hosts"
        self._berth = socket.socket()
        self._berth.bind(("127.0.0.1", 0))
        self.port: int = self._berth.getsockname()[1]
        """Kept from others until the guest has it."""
        self._keys = keys(style)
        self._qemu: subprocess.Popen[bytes] | None = None
        self._boots = 0

    @property
    def name(self) -> str:
        """What the guest calls itself and the client's configuration calls it."""
        return self.style.name

    @property
    def identity(self) -> Path:
        """The private key that is let in, as root."""
        return self._keys.identity

    @property
    def key_line(self) -> str:
        """Its line of known_hosts."""
        return f"[127.0.0.1]:{self.port} {public(self._keys.host)}"

    @property
    def stanza(self) -> str:
        """Its part of a client's configuration."""
        return "\n".join((
            f"Host {self.name}",
            "  HostName 127.0.0.1",
            f"  Port {self.port}",
            "  User root",
            f"  IdentityFile {self.identity}",
            "  IdentitiesOnly yes",
            "  IdentityAgent none",
            f"  UserKnownHostsFile {self.known_hosts}",
            "  GlobalKnownHostsFile /dev/null",
            "  KexAlgorithms curve25519-sha256",  # others take an emulated machine far longer
            "",
        ))  # fmt: skip

    @property
    def entry(self) -> Entry:
        """The host as an operator would have named it."""
        return Entry(Clean(self.name), self.name)

    @property
    def log(self) -> str:
        """What it has written to its console since it was powered on."""
        return (self.folder / "console").read_text(errors="replace")

    @property
    def last_words(self) -> str:
        """What QEMU complained about and the end of the guest's console."""
        complaints = (self.folder / "qemu").read_text(errors="replace")
        return f"{complaints}\n{self.log[-3000:]}"

    @property
    def runs(self) -> bool:
        """Whether it is powered on."""
        return self._qemu is not None and self._qemu.poll() is None

    def power_on(self) -> None:
        """Start to boot."""
        log = self.folder / "console"
        log.write_bytes(b"")  # what it said before is no sign of life
        made = self._made()
        words = (*self._devices(made, log), *self._boot(made))
        command = [*QEMU, *map(str, words)]
        self._berth.close()
        self._qemu = _STARTER.submit(_started, command, self.folder / "qemu").result()
        self._boots = 0

    def power_off(self) -> None:
        """End it, at once, as a power cut does."""
        self._berth.close()
        if self._qemu is not None:
            self._qemu.kill()
            self._qemu.wait()

    def await_up(self) -> None:
        """Return when it serves SSH, at once if it does; raise ``RuntimeError`` if it will not.

        What it wrote to its console is in the error.
        """
        if self.log.count("READY") <= self._boots:
            self._ask("-O", "exit")  # the connection that it had is no more
        deadline = time.monotonic() + BOOT
        while self.log.count("READY") <= self._boots:
            if not self.runs or "Kernel panic" in self.log or time.monotonic() > deadline:
                raise RuntimeError(f"{self.name} does not come up: {self.last_words}")
            time.sleep(0.05)

    def reboot(self, how: str = "echo b >/proc/sysrq-trigger") -> None:
        """Have it boot anew and return when it is up; ``how`` is the command that makes it."""
        before, self._boots = self.boot_id(), self.log.count("READY")
        self.ssh(f"(sleep 0.5; {how}) >/dev/null 2>&1 </dev/null &")
        self.await_up()
        assert self.boot_id() != before

    def boot_id(self) -> str:
        """Return what differs from boot to boot."""
        return self.ssh("cat /proc/sys/kernel/random/boot_id").strip()

    def ssh(self, command: str, seconds: float = PATIENCE) -> str:
        """Return what a command prints there; OpenSSH's own client asks.

        Raises ``AssertionError`` when it fails, with what it complained about, ``RuntimeError``
        when the guest is no more, with what it wrote to its console.
        """
        said = self._ask("-o", "BatchMode=yes", *_SHARED, command=command, seconds=seconds)
        if not self.runs:
            raise RuntimeError(f"{self.name} has ended: {self.last_words}")
        assert said.returncode == 0, f"{self.name}: {command}: {said.returncode}: {said.stderr}"
        return said.stdout

    def _ask(
        self, *options: str, command: str = "", seconds: float = PATIENCE
    ) -> subprocess.CompletedProcess[str]:
        way = f"ControlPath={self.folder / 'way'}"
        return subprocess.run(
            ["ssh", "-F", str(self.config), "-o", way, *options, self.name, command],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=seconds,
        )

    def _made(self) -> Built:
        """Return what it boots from."""
        return built(self.style)

    def _devices(self, made: Built, log: Path) -> Iterator[str | Path | int]:
        # Many run at a time, so that none keeps more than this of what it has translated.
        yield from ("-accel", "tcg,thread=multi,tb-size=96")
        yield from ("-cpu", "qemu64,+rdrand", "-m", 256, "-serial", f"file:{log}")
        net = f"user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:{self.port}-:22"
        if self.style.netboot:
            served = f"guestfwd=tcp:{_WEB}:80-cmd:busybox httpd -i -h {self.folder}"
            net = f"{net},bootfile=http://{_WEB}/boot.ipxe,{served}"
        yield from ("-netdev", net, "-device", "virtio-net-pci,netdev=net")
        if made.medium:
            drive = f"if=none,id=medium,format=raw,readonly=on,file={made.medium}"
            yield from ("-device", "virtio-scsi-pci", "-drive", drive)
            yield from ("-device", "scsi-cd,drive=medium")
        for disk in made.disks:
            yield from ("-drive", f"if=virtio,format=raw,snapshot=on,file={disk}")

    @property
    def _words(self) -> str:
        return f"{self.style.cmdline} {_ALWAYS}".strip()

    def _boot(self, made: Built) -> Iterator[str | Path | int]:
        if not self.style.netboot:
            yield from self._given(made)
            return
        lines = ("#!ipxe", f"kernel vmlinuz {self._words}", "initrd initrd", "boot", "")
        (self.folder / "boot.ipxe").write_text("\n".join(lines))
        for name, file in (("vmlinuz", made.kernel), ("initrd", made.initrd)):
            if not (self.folder / name).exists():
                (self.folder / name).symlink_to(file)
        yield from ("-boot", "n")

    def _given(self, made: Built) -> Iterator[str | Path | int]:
        """Yield what has QEMU itself load the kernel."""
        yield from ("-kernel", made.kernel, "-initrd", made.initrd, "-append", self._words)


class Relay:
    """Guests that boot in their turn, the next ones while one is in use."""

    def __init__(self, names: Iterable[str], folder: Path) -> None:
        self._guests = {name: Guest(STYLES[name], folder) for name in names}
        self._waiting = list(self._guests)
        self._under_way: set[str] = set()
        guests = self._guests.values()
        (folder / "known_hosts").write_text("".join(f"{guest.key_line}\n" for guest in guests))
        (folder / "ssh_config").write_text("".join(guest.stanza for guest in guests))

    def take(self, name: str) -> Guest:
        """Return a guest that has come up; cheapest in the order of the names given."""
        guest = self._guests[name]
        if not guest.runs:
            self._power_on(name)
        while self._waiting and len(self._under_way | {name}) < AT_ONCE:
            self._power_on(self._waiting[0])
        guest.await_up()
        self._under_way.discard(name)
        return guest

    def close(self) -> None:
        """End all."""
        for guest in self._guests.values():
            guest.power_off()

    def _power_on(self, name: str) -> None:
        self._guests[name].power_on()
        self._under_way.add(name)
        if name in self._waiting:
            self._waiting.remove(name)


@contextlib.contextmanager
def fleet(names: Iterable[str], folder: Path) -> Iterator[Mapping[str, Guest]]:
    """Boot guests of these styles, whose files come to lie in ``folder``; end all of them."""
    names = list(names)
    with contextlib.closing(Relay(names, folder)) as relay:
        yield {name: relay.take(name) for name in names}


def _started(command: Sequence[str], complaints: Path) -> subprocess.Popen[bytes]:
    with complaints.open("wb") as file:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            start_new_session=True,  # so that a Ctrl-C here is not one there
        )
