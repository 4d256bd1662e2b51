import threading

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from cloud import models
from cloud.db import Base, migrate, open_database
from cloud.settings import Settings


@pytest.fixture
def settings(tmp_path):
    return Settings(data_dir=tmp_path)


@pytest.fixture
def database(settings):
    migrate(settings)
    made = open_database(settings)
    yield made
    made.close()


def test_the_migrations_make_the_tables_of_the_models(database):
    with database.engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), Base.metadata)

    assert differences == []


def test_migrating_twice_changes_nothing(settings, database):
    with database.write() as session:
        session.get_one(models.Counter, "lobby").value = 7

    migrate(settings)

    with database.read() as session:
        assert session.get_one(models.Counter, "lobby").value == 7


def test_sqlite_keeps_commits_through_a_power_cut(database):
    with database.read() as session:
        pragmas = [
            session.scalar(text(f"PRAGMA {name}")) for name in ("journal_mode", "synchronous", "foreign_keys")
        ]

    assert pragmas == ["wal", 2, 1]


def test_an_error_takes_the_whole_change_back(database):
    with pytest.raises(RuntimeError), database.write() as session:
        session.get_one(models.Counter, "lobby").value = 99
        session.flush()
        raise RuntimeError

    with database.read() as session:
        assert session.get_one(models.Counter, "lobby").value == 0


def test_many_writers_wait_for_their_turn(database):
    def count():
        for _ in range(10):
            with database.write() as session:
                session.get_one(models.Counter, "lobby").value += 1

    threads = [threading.Thread(target=count) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with database.read() as session:
        assert session.get_one(models.Counter, "lobby").value == 80


def test_writers_of_other_processes_wait_too(settings, database):
    other = open_database(settings)
    began, results = threading.Event(), []

    def write():
        began.wait()
        with other.write() as session:
            results.append(session.get_one(models.Counter, "lobby").value)

    thread = threading.Thread(target=write)
    thread.start()
    with database.write() as session:
        session.get_one(models.Counter, "lobby").value = 5
        session.flush()
        began.set()  # only now: the transaction begins with its first statement
        thread.join(0.2)
        assert results == []
    thread.join()
    other.close()

    assert results == [5]


def test_the_ledger_refuses_to_be_changed(database):
    with database.write() as session:
        user = models.Account(kind="user", owner="u1", balance=1)
        session.add(user)
        session.flush()
        mint = session.scalars(select(models.Account).where(models.Account.kind == "mint")).one()
        transfer = models.Transfer(
            id="t1",
            principal="p",
            key="k",
            request_hash="h",
            debit_id=mint.id,
            credit_id=user.id,
            amount=1,
            why="grant",
            created_ms=1,
        )
        session.add(transfer)
        session.flush()
        session.add(models.Posting(transfer_id="t1", account_id=user.id, delta=1, balance_after=1))

    for change in (
        "UPDATE transfers SET amount = 2",
        "DELETE FROM transfers",
        "UPDATE postings SET delta = 2",
        "DELETE FROM postings",
    ):
        with pytest.raises(IntegrityError, match="never changed"), database.write() as session:
            session.execute(text(change))


def test_only_the_mint_may_be_negative(database):
    with pytest.raises(IntegrityError, match="never_negative"), database.write() as session:
        session.add(models.Account(kind="user", owner="u1", balance=-1))
