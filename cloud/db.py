"""The database: engine, sessions that read or write, and the way to its newest tables.

SQLite has one writer at a time: writing sessions begin with `BEGIN IMMEDIATE`, so that they wait for
their turn at the start and never fail in the middle; within a process they queue on a lock, because
SQLite's own waiting is unfair (measured: tails of seconds). On PostgreSQL both kinds are the same.
"""

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import JSON, BigInteger, Connection, Engine, Integer, create_engine, event
from sqlalchemy.orm import DeclarativeBase, Session

from cloud.settings import Settings

BUSY_MS = 30_000
"""How long a writer waits for its turn, in ms."""

MIGRATION_LOCK = 0x6B7476
"""PostgreSQL's advisory lock under which one process at a time migrates."""

Big = BigInteger().with_variant(Integer, "sqlite")
"""A 64-bit number that SQLite can also count up by itself."""


class Base(DeclarativeBase):
    """The base of every table."""

    type_annotation_map = {int: Big, dict[str, Any]: JSON, list[Any]: JSON}  # noqa: RUF012 - SQLAlchemy's own form


class Database:
    """Sessions on one engine; safe to share among threads."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._writing = engine.execution_options(ktv_writes=True)
        is_sqlite = engine.dialect.name == "sqlite"
        self._turn: AbstractContextManager[Any] = threading.Lock() if is_sqlite else nullcontext()

    @contextmanager
    def read(self) -> Iterator[Session]:
        """Yield a session that only reads; it sees one moment of the database."""
        with Session(self.engine, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """Yield a session that is committed at the end, or rolled back when an error leaves the block."""
        with self._turn, Session(self._writing, expire_on_commit=False) as session, session.begin():
            yield session

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()


def open_database(settings: Settings) -> Database:
    """Return the database of `settings`."""
    return Database(open_engine(settings.database))


def open_engine(url: str) -> Engine:
    """Return an engine for `url` with this hub's habits on SQLite."""
    if not url.startswith("sqlite"):
        return create_engine(url, pool_size=10, isolation_level="READ COMMITTED")
    path = url.removeprefix("sqlite:///")
    if path and path != ":memory:":
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, connect_args={"timeout": BUSY_MS / 1000})
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: Any, _record: Any) -> None:
    """Leave beginning transactions to `_begin`, keep every commit through a power cut."""
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={BUSY_MS}"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("ktv_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def migrate(settings: Settings) -> None:
    """Bring the database of `settings` to the newest tables; makes it where there is none."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    engine = open_engine(settings.database).execution_options(ktv_writes=True)
    try:
        with engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})")
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    finally:
        engine.dispose()
