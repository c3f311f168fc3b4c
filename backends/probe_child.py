"""The disposable process that asks the kernel what might never be answered.

Run as ``python -I -S probe_child.py`` with a SEQPACKET socket as its stdin. It imports next to
nothing, so it starts in about 10 ms and stays below 10 MB. A message is
``pack([key, patience, question, ...])``. With an empty key the questions are answered here; with
any other key by a fork of this process, never more than one at a time for the same key, because a
system call on a dead file server may never return and cannot be killed.
A question is ``pack([id, operation, path, argument])``, an answer ``pack([id, code, payload])``
whose code is 0, an errno, or ``HUNG``. It ends when its socket is closed.
"""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import time

HUNG = 0xFFFF
"""Code of an answer: an earlier question with this key is still out."""
LARGEST = 1 << 17
"""Bytes of the largest message; a socket's default buffer holds a little more."""
READ = 1 << 17
"""Bytes of a file that are ever read: more than any parser keeps, so that it can tell."""
_FOUND = 500
"""Paths a pattern may find."""


def pack(fields: list[bytes]) -> bytes:
    """Return fields as one message, each behind its length."""
    return b"".join(len(field).to_bytes(4, "little") + field for field in fields)


def unpack(message: bytes) -> list[bytes]:
    """Return the fields of a message."""
    fields = []
    at = 0
    while at < len(message):
        start = at + 4
        at = start + int.from_bytes(message[at:start], "little")
        fields.append(message[start:at])
    return fields


def _words(*values: int) -> bytes:
    return b" ".join(b"%d" % value for value in values)


def _statvfs(path: bytes, _: bytes) -> bytes:
    said = os.statvfs(path)
    return _words(
        said.f_frsize, said.f_blocks, said.f_bfree, said.f_bavail, said.f_files, said.f_ffree
    )


def _stat(path: bytes, _: bytes) -> bytes:
    said = os.stat(path)  # noqa: PTH116  # importing pathlib would double the start-up time
    device = os.major(said.st_dev), os.minor(said.st_dev)
    return _words(*device, said.st_ino, said.st_size, said.st_blocks * 512)


def _exists(path: bytes, _: bytes = b"") -> bytes:
    os.lstat(path)
    return b""


def _opened(path: bytes, kind: int, folder: int | None = None) -> tuple[int, int]:
    """Return descriptor and size of ``path`` if it is what is expected, never a link.

    Looked at before it is opened: opening a FIFO blocks, opening some devices does something.
    """
    handle = os.open(path, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
    try:
        said = os.fstat(handle)
        if stat.S_ISLNK(said.st_mode):
            raise OSError(errno.ELOOP, "a symbolic link")
        if stat.S_IFMT(said.st_mode) != kind:
            raise OSError(errno.EINVAL, "not the expected kind of file")
        flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC
        return os.open(b"/proc/self/fd/%d" % handle, flags), said.st_size
    finally:
        os.close(handle)


def _read(descriptor: int, count: bytes, offset: int = 0) -> bytes:
    try:
        return os.pread(descriptor, min(int(count), READ), offset)
    finally:
        os.close(descriptor)


def _head(path: bytes, count: bytes) -> bytes:
    return _read(_opened(path, stat.S_IFREG)[0], count)


def _tail(path: bytes, count: bytes) -> bytes:
    descriptor, size = _opened(path, stat.S_IFREG)
    return _read(descriptor, count, max(size - int(count), 0))


def _block(path: bytes, count: bytes) -> bytes:
    return _read(_opened(path, stat.S_IFBLK)[0], count)


def _link(path: bytes, _: bytes) -> bytes:
    return os.readlink(path)  # noqa: PTH115  # as above


def _beneath(path: bytes, root: bytes) -> bytes:
    """Return the head of ``path``, which starts with ``root``; a link after that is refused."""
    *folders, name = [part for part in path[len(root) :].split(b"/") if part]
    flags = os.O_PATH | os.O_NOFOLLOW | os.O_DIRECTORY | os.O_CLOEXEC
    at = os.open(root, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for folder in folders:
            inner = os.open(folder, flags, dir_fd=at)
            os.close(at)
            at = inner
        return _read(_opened(name, stat.S_IFREG, at)[0], b"%d" % READ)
    finally:
        os.close(at)


def _foreign(path: bytes, root: bytes) -> bytes:
    """Return the first of ``path`` and its parents that others than root can change, or nothing.

    A sticky folder counts as well: anyone may put the next file into it.
    """
    while True:
        said = os.lstat(path)
        if said.st_uid != 0 or (said.st_mode & 0o022 and not stat.S_ISLNK(said.st_mode)):
            return path
        if path in {b"/", root}:
            return b""
        path = path.rpartition(b"/")[0] or b"/"


def _conf(path: bytes, root: bytes) -> bytes:
    """Return who else can write this file (empty: only root), as named and in truth; its text."""
    descriptor, _ = _opened(path, stat.S_IFREG)
    real = os.readlink(b"/proc/self/fd/%d" % descriptor)  # noqa: PTH115  # as above
    text = _read(descriptor, b"%d" % READ)
    return pack([_foreign(path, root) or _foreign(real, root), text])


def _fits(name: bytes, pattern: bytes) -> bool:
    """Whether a shell pattern of ``*`` and ``?`` matches a whole name."""
    if not pattern:
        return not name
    if pattern[:1] == b"*":
        return any(_fits(name[skip:], pattern[1:]) for skip in range(len(name) + 1))
    return bool(name) and pattern[:1] in {b"?", name[:1]} and _fits(name[1:], pattern[1:])


def _names(folder: bytes) -> list[bytes]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entry.name for entry in entries)
    except OSError:
        return []


def _is_there(path: bytes) -> bool:
    try:
        return not _exists(path)
    except OSError:
        return False


def _joined(folder: bytes, name: bytes) -> bytes:
    return folder.rstrip(b"/") + b"/" + name


def _glob(pattern: bytes, avoid: bytes) -> bytes:
    """Return the paths a pattern finds, never going into the NUL-separated paths of ``avoid``."""
    shunned = set(avoid.split(b"\0"))
    found = [b"/"]
    for part in [part for part in pattern.split(b"/") if part]:
        inner = []
        for folder in found:
            if b"*" not in part and b"?" not in part:
                inner.append(_joined(folder, part))
                continue
            inner += [
                _joined(folder, name)
                for name in _names(folder)
                if _fits(name, part) and (part[:1] == b"." or name[:1] != b".")
            ]
        found = [path for path in inner if path not in shunned][:_FOUND]
    return b"\0".join(path for path in found if _is_there(path))[:READ]


def _ioctl(path: bytes, argument: bytes) -> bytes:
    """Return the buffer after an ioctl: 4 bytes each of number and size, then how it begins."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        buffer = bytearray(argument[8:].ljust(int.from_bytes(argument[4:8], "little"), b"\0"))
        fcntl.ioctl(descriptor, int.from_bytes(argument[:4], "little"), buffer)
        return bytes(buffer)
    finally:
        os.close(descriptor)


_OPERATIONS = {
    b"statvfs": _statvfs,
    b"stat": _stat,
    b"exists": _exists,
    b"head": _head,
    b"tail": _tail,
    b"block": _block,
    b"link": _link,
    b"beneath": _beneath,
    b"conf": _conf,
    b"glob": _glob,
    b"ioctl": _ioctl,
}


def _answer(question: bytes) -> bytes:
    name, operation, path, argument = unpack(question)
    try:
        return pack([name, b"0", _OPERATIONS[operation](path, argument)])
    except OSError as error:
        return pack([name, b"%d" % (error.errno or errno.EIO), b""])


def _answer_all(questions: list[bytes]) -> None:
    answers: list[bytes] = []
    size = 0
    for question in questions:
        answer = _answer(question)
        if answers and size + len(answer) > READ:
            os.write(0, pack(answers))
            answers, size = [], 0
        answers.append(answer)
        size += len(answer)
    os.write(0, pack(answers))


class _Forks:
    """The forks that are out, by key."""

    def __init__(self) -> None:
        self._out: dict[bytes, int] = {}

    def bury(self) -> None:
        """Reap those that ended."""
        for key, pid in list(self._out.items()):
            if os.waitpid(pid, os.WNOHANG)[0]:
                del self._out[key]

    def kill(self) -> None:
        """Kill them all; whether they die is the kernel's affair."""
        for pid in self._out.values():
            os.kill(pid, 9)

    def answer(self, key: bytes, patience: int, questions: list[bytes]) -> None:
        """Let a fork answer, or say that the one before has not come back."""
        if not self._are_back(key, patience):
            hung = [pack([unpack(question)[0], b"%d" % HUNG, b""]) for question in questions]
            os.write(0, pack(hung))
            return
        pid = os.fork()
        if pid:
            self._out[key] = pid
            return
        try:
            for question in questions:
                _answer_all([question])
        finally:
            os._exit(0)

    def _are_back(self, key: bytes, patience: int) -> bool:
        """Whether nobody is out; one that has answered may need a moment to end."""
        for _ in range(patience):
            self.bury()
            if key not in self._out:
                return True
            time.sleep(0.001)
        return False


def _serve() -> None:
    forks = _Forks()
    while message := os.read(0, LARGEST * 2):
        key, patience, *questions = unpack(message)
        forks.bury()
        if key:
            forks.answer(key, int(patience), questions)
        else:
            _answer_all(questions)
    forks.kill()


if __name__ == "__main__":
    try:
        _serve()
    except BrokenPipeError:
        os._exit(0)
