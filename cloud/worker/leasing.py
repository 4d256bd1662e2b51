"""One worker at a time: a lock on this machine, and a lease in the database among machines."""

import fcntl
import os
from pathlib import Path
from typing import Self

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from cloud import models
from cloud.core.errors import HubError
from cloud.db import Database

TERM_MS = 6_000
"""How long a lease lasts without being renewed."""


class AlreadyRunning(HubError):
    """Another process on this machine does this work for the same hub."""


class MachineLock:
    """A file lock that the system lets go of when the process dies, however it dies."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(self._descriptor)
            raise AlreadyRunning(f"another worker has {path}: one for each hub is enough") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)


def acquire(database: Database, name: str, holder: str, now_ms: int) -> bool:
    """Take or renew the lease `name` for `holder`, and say whether it is theirs until `TERM_MS` from now."""
    table = models.Lease
    try:
        with database.write() as session:
            taken = session.scalar(
                update(table)
                .where(table.name == name, (table.holder == holder) | (table.expires_ms <= now_ms))
                .values(holder=holder, expires_ms=now_ms + TERM_MS)
                .returning(table.name)
            )
            if taken is None and session.get(table, name) is None:
                session.add(table(name=name, holder=holder, expires_ms=now_ms + TERM_MS))
                taken = name
    except IntegrityError:  # another machine was first
        return False
    return taken is not None


def release(database: Database, name: str, holder: str) -> None:
    """Let go of the lease `name`, if `holder` has it."""
    table = models.Lease
    with database.write() as session:
        session.execute(update(table).where(table.name == name, table.holder == holder).values(expires_ms=0))
