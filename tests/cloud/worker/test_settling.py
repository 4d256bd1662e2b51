"""Facts that come twice, too early, broken, or while the hub fails; into a real database."""

import json

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError

from cloud import models
from cloud.core.errors import Wrong
from cloud.worker.settling import Heard, Settling, Takers
from edge.wire.boxes import BoxState, SeatReady, Up
from edge.wire.codec import encode


class Book:
    """Takers that write down in the database what they took, without any guard against doubles."""

    def __init__(self, database):
        with database.write() as session:
            session.execute(text("CREATE TABLE taken (box TEXT, room TEXT)"))
        self.database = database
        self.states = []

    def fact(self, session, box, fact, now_ms):
        session.execute(text("INSERT INTO taken VALUES (:box, :room)"), {"box": box, "room": fact.room})
        if fact.room == "poison":
            raise Wrong("this cannot be")
        if fact.room == "bug":
            raise KeyError("a mistake of ours")
        if fact.room == "disk":
            raise OperationalError("INSERT", {}, OSError("disk full"))

    def takers(self):
        return Takers(
            fact=self.fact,
            state=lambda _s, box, state, _n: self.states.append((box, state.s)),
            answer=lambda *_: None,
            media=lambda *_: None,
        )

    def rooms(self):
        with self.database.read() as session:
            return [row[0] for row in session.execute(text("SELECT room FROM taken"))]


@pytest.fixture
def book(database):
    return Book(database)


@pytest.fixture
def settling(book, tmp_path):
    return Settling(book.database, book.takers(), tmp_path / "refused.jsonl")


def up(seq, room="r", epoch="e1", box="b1"):
    fact = SeatReady(room=f"{room}", seat="a").model_dump()
    return Heard(box, "up", encode(Up(e=epoch, s=seq, k="seat-ready", p=fact)))


def acks(found):
    return [(box, ack.e, ack.upto) for box, ack in found]


def test_facts_in_order_are_taken_and_acknowledged_together(settling, book):
    found = settling.settle([up(1, "x"), up(2, "y"), up(3, "z")], 5)

    assert book.rooms() == ["x", "y", "z"]
    assert acks(found) == [("b1", "e1", 3)]


def test_a_duplicate_is_acknowledged_again_and_not_taken_again(settling, book):
    settling.settle([up(1, "x"), up(2, "y")], 5)

    found = settling.settle([up(1, "x"), up(2, "y"), up(2, "y")], 6)

    assert book.rooms() == ["x", "y"]
    assert acks(found) == [("b1", "e1", 2)]


def test_a_gap_is_left_for_the_box_to_send_again(settling, book):
    found = settling.settle([up(1, "x"), up(3, "z"), up(4, "late")], 5)

    assert book.rooms() == ["x"]
    assert acks(found) == [("b1", "e1", 1)]
    assert acks(settling.settle([up(2, "y"), up(3, "z")], 6)) == [("b1", "e1", 3)]
    assert book.rooms() == ["x", "y", "z"]


def test_a_new_epoch_begins_at_one_and_the_old_one_stays_known(settling, book):
    settling.settle([up(1, "x"), up(2, "y")], 5)

    found = settling.settle([up(1, "new", epoch="e2"), up(2, "y")], 6)

    assert book.rooms() == ["x", "y", "new"]
    assert acks(found) == [("b1", "e1", 2), ("b1", "e2", 1)]


@pytest.mark.parametrize("room", ["poison", "bug"])
def test_a_fact_that_cannot_be_taken_is_put_aside_and_the_box_goes_on(settling, book, tmp_path, room):
    found = settling.settle([up(1, "x"), up(2, room), up(3, "z")], 5)

    assert book.rooms() == ["x", "z"]
    assert acks(found) == [("b1", "e1", 3)]
    aside = json.loads((tmp_path / "refused.jsonl").read_text())
    assert (aside["box"], aside["seq"]) == ("b1", 2)
    assert json.loads(aside["up"])["p"]["room"] == room


def test_a_fact_of_a_kind_from_the_future_is_put_aside(settling, book, tmp_path):
    future = Heard("b1", "up", json.dumps({"e": "e1", "s": 1, "k": "moon-landed", "p": {}}).encode())

    found = settling.settle([future, up(2, "y")], 5)

    assert book.rooms() == ["y"]
    assert acks(found) == [("b1", "e1", 2)]


def test_when_the_database_fails_nothing_is_acknowledged_and_all_of_it_can_come_again(settling, book):
    with pytest.raises(OperationalError):
        settling.settle([up(1, "x"), up(2, "disk")], 5)

    assert book.rooms() == []
    assert acks(settling.settle([up(1, "x")], 6)) == [("b1", "e1", 1)]


@pytest.mark.parametrize(
    "junk", [b"", b"\xff\xfe", b"[]", b'{"e":"e1"}', b'{"e":"e1","s":"1"}', b"{" * 70000]
)
def test_junk_disturbs_neither_the_worker_nor_the_other_messages(settling, book, junk):
    leaves = ("up", "state", "cmdack", "media")

    found = settling.settle([*(Heard("b1", leaf, junk) for leaf in leaves), up(1, "x")], 5)

    assert book.rooms() == ["x"]
    assert acks(found) == [("b1", "e1", 1)]


def test_a_box_that_nobody_enrolled_is_not_acknowledged(settling, book):
    assert settling.settle([up(1, "x", box="stranger")], 5) == []
    assert book.rooms() == []


def test_states_are_taken(settling, book):
    settling.settle([Heard("b1", "state", encode(BoxState(s="ready", boot="one")))], 5)

    assert book.states == [("b1", "ready")]


def test_the_watermark_is_committed_with_the_facts(settling, database):
    settling.settle([up(1, "x"), up(2, "y")], 5)

    with database.read() as session:
        assert session.scalars(select(models.Watermark.seq)).all() == [2]
