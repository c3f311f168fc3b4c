"""Opening the history database without harm: ``with translated(path): db = connected(path)``.

What others could have planted, what is damaged and what another program wrote is refused and left
as it is; every trouble is a ``ConsoleError`` with its remedy.
"""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Final

from console.clean import clean, clean_path
from console.errors import ConsoleError

_APPLICATION: Final = 0x5355_4244
_VERSION: Final = 1
BUSY: Final = 2.0
"""Seconds to wait for another process's write."""
_CACHE: Final = 256
"""Kibibytes of pages kept: what was written is hardly ever read again."""

_SCHEMA: Final = (
    "CREATE TABLE IF NOT EXISTS origins (id INTEGER PRIMARY KEY, host TEXT NOT NULL,"
    " clock TEXT NOT NULL, boot TEXT NOT NULL, levels TEXT NOT NULL,"
    " UNIQUE (host, clock, boot, levels))",
    "CREATE TABLE IF NOT EXISTS chunks (id INTEGER PRIMARY KEY, step INTEGER NOT NULL,"
    " until INTEGER NOT NULL, origin INTEGER NOT NULL REFERENCES origins, data BLOB NOT NULL)",
    # Appended to at its end: an index by origin would dirty a page per host at every batch.
    "CREATE INDEX IF NOT EXISTS by_time ON chunks (step, until, origin)",
    f"PRAGMA application_id = {_APPLICATION}",
    f"PRAGMA user_version = {_VERSION}",
)
_SINCE: Final = (
    "CREATE TABLE IF NOT EXISTS totals (host TEXT NOT NULL, level TEXT NOT NULL,"
    " since INTEGER NOT NULL, total INTEGER, inodes INTEGER, metadata INTEGER,"
    " PRIMARY KEY (host, level, since)) WITHOUT ROWID"
)
"""How large stores were: came later, and of metadata later still."""

_REMEDIES: Final = {
    sqlite3.SQLITE_BUSY: ("is locked by another process", "recording resumes when it lets go"),
    sqlite3.SQLITE_FULL: ("has no room", "free some on its filesystem, recording then resumes"),
    sqlite3.SQLITE_NOTADB: ("is not a database", "it is left alone, move it away to start anew"),
    sqlite3.SQLITE_CORRUPT: ("is damaged", "it is left alone, move it away to start anew"),
    sqlite3.SQLITE_READONLY: ("cannot be written", "make it writable or set XDG_STATE_HOME"),
    sqlite3.SQLITE_CANTOPEN: ("cannot be opened", "make it writable or set XDG_STATE_HOME"),
    sqlite3.SQLITE_IOERR: ("cannot be read or written", "its disk is full or failing"),
}


def connected(path: Path) -> sqlite3.Connection:
    """Open the database for writing, made with its folder where there is none."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    _owned(path.parent, stat.S_ISDIR(path.parent.stat().st_mode))
    # Never opened and closed by ourselves when it exists: that would drop SQLite's own locks.
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    checked(path)
    db = sqlite3.connect(path, timeout=BUSY, isolation_level=None)
    db.text_factory = _text
    try:
        fresh = not is_ours(db, path)
        if fresh:
            db.execute("PRAGMA auto_vacuum = INCREMENTAL")
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")
        db.execute(f"PRAGMA journal_size_limit = {4 * 2**20}")
        db.execute(f"PRAGMA cache_size = -{_CACHE}")
        if fresh:
            with transaction(db):
                for statement in _SCHEMA:
                    db.execute(statement)
        db.execute(_SINCE)
        _add_metadata(db)
    except (sqlite3.Error, ConsoleError):
        db.close()
        raise
    return db


def _add_metadata(db: sqlite3.Connection) -> None:
    """Let a file that does not know of metadata yet learn of it."""
    if any(row[1] == "metadata" for row in db.execute("PRAGMA table_info(totals)")):
        return
    try:
        db.execute("ALTER TABLE totals ADD COLUMN metadata INTEGER")
    except sqlite3.OperationalError as error:
        if "duplicate column" not in str(error):  # else another console was quicker
            raise


def checked(path: Path) -> None:
    """Refuse a database that somebody else could have put there or can change."""
    _owned(path.parent, stat.S_ISDIR(path.parent.stat().st_mode))
    _owned(path, stat.S_ISREG(path.lstat().st_mode))


def _owned(path: Path, right_kind: bool) -> None:
    found = path.stat()
    if right_kind and found.st_uid in (0, os.geteuid()) and not found.st_mode & 0o022:
        return
    raise ConsoleError(
        f"history: {clean_path(str(path))} is not safe ({stat.filemode(found.st_mode)},"
        f" uid {found.st_uid})",
        "it must be yours and writable by you alone, or set XDG_STATE_HOME",
    )


def is_ours(db: sqlite3.Connection, path: Path) -> bool:
    """Whether the database has our tables; not when it is empty; raises when it has others."""
    mark = (pragma(db, "application_id"), pragma(db, "user_version"))
    if mark == (_APPLICATION, _VERSION):
        return True
    if mark == (0, 0) and not db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        return False
    raise ConsoleError(
        f"history: {clean_path(str(path))} is of another program or version ({mark[1]},"
        f" not {_VERSION})",
        "it is left alone, move it away to start anew",
    )


@contextmanager
def readable(path: Path) -> Iterator[sqlite3.Connection | None]:
    """Open an existing database for reading only; ``None`` while it is still empty."""
    checked(path)
    place = path.absolute().as_uri()
    # A WAL database in a folder where nothing can be made opens as a snapshot only.
    for how in ("mode=ro", "immutable=1"):
        with closing(sqlite3.connect(f"{place}?{how}", timeout=BUSY, uri=True)) as db:
            db.text_factory = _text
            if _opens(db):
                yield db if is_ours(db, path) else None
                return


def _text(raw: bytes) -> str:
    """A damaged row is passed over by its reader, it must not fail the whole query."""
    return raw.decode("utf-8", "replace")


def _opens(db: sqlite3.Connection) -> bool:
    try:
        pragma(db, "user_version")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_CANTOPEN:
            raise
        return False
    return True


def pragma(db: sqlite3.Connection, name: str) -> int:
    """Return the value of a numeric setting."""
    return int(db.execute(f"PRAGMA {name}").fetchone()[0])


def identity(path: Path) -> tuple[int, int] | None:
    """Return what tells this file from another put in its place; ``None`` when gone."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn the trouble of SQLite and of the system into ``ConsoleError``."""
    name = clean_path(str(path))
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
        what, remedy = _REMEDIES.get(
            code, (f"failed: {clean(str(error))}", "recording is tried again")
        )
        raise ConsoleError(f"history: {name} {what}", remedy) from error
    except OSError as error:
        raise ConsoleError(
            f"history: {name} cannot be opened: {error.strerror}",
            "make its folder writable or set XDG_STATE_HOME",
        ) from error


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """Write all or nothing."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        # SQLite itself has rolled back already after some errors (a full disk).
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise
