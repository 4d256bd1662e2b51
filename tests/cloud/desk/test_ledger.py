"""The ledger on a real database: whatever is asked, in whatever order, everything adds up."""

import tempfile
import threading
from pathlib import Path

import pytest
from hypothesis import settings as how
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from cloud.core.errors import KeyReused, TooPoor
from cloud.db import Database, migrate, open_database
from cloud.desk import ledger
from cloud.settings import Settings

NAMES = ["mei", "tom", "ana"]
USERS = st.sampled_from(NAMES)


def opened(folder) -> Database:
    settings = Settings(data_dir=Path(folder))
    migrate(settings)
    return open_database(settings)


def grant(session, user, points, key):
    return ledger.transfer(
        session,
        principal="mint",
        key=key,
        debit=ledger.MINT,
        credit=("user", user),
        amount=points,
        why="grant",
        now_ms=1,
    )


def hold(session, user, task, points):
    return ledger.transfer(
        session,
        principal=f"task:{task}",
        key="open",
        debit=("user", user),
        credit=("escrow", task),
        amount=points,
        why="escrow",
        now_ms=1,
        task_id=task,
    )


def close(session, user, task, points, why):
    return ledger.transfer(
        session,
        principal=f"task:{task}",
        key="close",
        debit=("escrow", task),
        credit=("user", user),
        amount=points,
        why=why,
        now_ms=1,
        task_id=task,
    )


class Ledger(RuleBasedStateMachine):
    """Grants, escrows, gifts and refunds, each asked for again at any time, against a plain model."""

    def __init__(self):
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.database = opened(self.folder.name)
        self.has = dict.fromkeys(NAMES, 0)
        self.held: dict[str, tuple[str, int]] = {}
        self.closed: dict[str, tuple[str, int, str]] = {}
        self.grants = 0

    def teardown(self):
        self.database.close()
        self.folder.cleanup()

    @rule(user=USERS, points=st.integers(1, 500))
    def be_granted(self, user, points):
        self.grants += 1
        with self.database.write() as session:
            assert grant(session, user, points, f"g{self.grants}")
            assert not grant(session, user, points, f"g{self.grants}")
        self.has[user] += points

    @rule(user=USERS, points=st.integers(1, 500))
    def hold(self, user, points):
        task = f"k{len(self.held)}"
        try:
            with self.database.write() as session:
                hold(session, user, task, points)
        except TooPoor:
            assert self.has[user] < points
            return
        self.has[user] -= points
        self.held[task] = (user, points)

    @precondition(lambda self: self.held)
    @rule(data=st.data(), receiver=USERS, why=st.sampled_from(["gift", "refund"]))
    def close(self, data, receiver, why):
        task = data.draw(st.sampled_from(sorted(self.held)))
        initiator, points = self.held[task]
        user = receiver if why == "gift" else initiator
        wanted = (user, points, why)
        try:
            with self.database.write() as session:
                is_new = close(session, user, task, points, why)
        except KeyReused:
            assert self.closed[task] != wanted
            return
        assert is_new == (task not in self.closed)
        if is_new:
            self.has[user] += points
            self.closed[task] = wanted
        assert self.closed[task] == wanted

    @invariant()
    def everything_adds_up(self):
        with self.database.read() as session:
            assert set(ledger.audit(session).values()) == {0}
            for user, points in self.has.items():
                assert ledger.balance(session, user) == points


Ledger.TestCase.settings = how(max_examples=12, stateful_step_count=20, deadline=None)
test_the_ledger_agrees_with_a_plain_model = Ledger.TestCase


@pytest.fixture
def database(tmp_path):
    made = opened(tmp_path)
    yield made
    made.close()


def test_the_same_key_with_another_amount_is_refused(database):
    with database.write() as session:
        grant(session, "mei", 5, "k")
    with pytest.raises(KeyReused), database.write() as session:
        grant(session, "mei", 6, "k")


def test_a_poor_transfer_leaves_nothing_behind(database):
    with pytest.raises(TooPoor), database.write() as session:
        hold(session, "mei", "k1", 5)
    with database.write() as session:
        grant(session, "mei", 5, "g")
        assert hold(session, "mei", "k1", 5)


def test_threads_that_give_at_once_never_overdraw(database):
    with database.write() as session:
        grant(session, "mei", 100, "g")
    won = []

    def give(number):
        for turn in range(5):
            try:
                with database.write() as session:
                    hold(session, "mei", f"k{number}-{turn}", 7)
                won.append(7)
            except TooPoor:
                pass

    threads = [threading.Thread(target=give, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with database.read() as session:
        assert sum(won) == 98
        assert ledger.balance(session, "mei") == 2
        assert set(ledger.audit(session).values()) == {0}


def test_the_page_shows_the_newest_postings_first(database):
    with database.write() as session:
        grant(session, "mei", 50, "g")
        hold(session, "mei", "k1", 20)
        page = ledger.page(session, "mei")

    assert page.points == 30
    assert sorted(posting.delta for posting in page.postings) == [-20, 50]


def test_the_audit_sees_points_out_of_nothing(database):
    with database.write() as session:
        grant(session, "mei", 50, "g")
        session.connection().exec_driver_sql("UPDATE accounts SET balance = 60 WHERE owner = 'mei'")
        found = ledger.audit(session)

    assert (found["sum"], found["unbalanced"]) == (10, 1)
