"""The outbox on its way to a bus that sometimes does not take it."""

import pytest
from sqlalchemy import select

from cloud import models
from cloud.worker.relaying import Relaying, backlog


class Sent:
    def __init__(self, is_taken):
        self.is_taken = is_taken

    def wait(self, timeout_s):
        return self.is_taken


class Line:
    """A bus that takes at most `takes` messages."""

    def __init__(self):
        self.is_connected = True
        self.takes = 1_000_000
        self.said = []

    def publish(self, topic, payload, *, qos=0, retain=False):
        is_taken = len(self.said) < self.takes
        if is_taken:
            self.said.append((topic, payload, qos, retain))
        return Sent(is_taken)


@pytest.fixture
def line():
    return Line()


@pytest.fixture
def relaying(database, line):
    return Relaying(database, line)


def put(database, *rows):
    with database.write() as session:
        for topic, payload, retain in rows:
            session.add(models.Outbox(topic=topic, payload=payload, qos=1, retain=retain, created_ms=0))
            session.flush()


def left(database):
    with database.read() as session:
        return [
            (row.topic, row.payload)
            for row in session.scalars(select(models.Outbox).order_by(models.Outbox.id))
        ]


def test_messages_go_out_in_order_once_and_leave_the_table(relaying, line, database):
    put(database, *(("t", str(number).encode(), False) for number in range(450)))

    while relaying.relay(1):
        pass

    assert [message[1] for message in line.said] == [str(number).encode() for number in range(450)]
    assert left(database) == []


def test_what_the_broker_did_not_take_is_sent_again(relaying, line, database):
    put(database, ("t", b"1", False), ("t", b"2", False), ("t", b"3", False))
    line.takes = 1

    assert relaying.relay(1) == 1
    line.takes = 100
    assert relaying.relay(2) == 2

    assert [message[1] for message in line.said] == [b"1", b"2", b"3"]


def test_nothing_is_tried_without_a_broker(relaying, line, database):
    put(database, ("t", b"1", False))
    line.is_connected = False

    assert relaying.relay(1) == 0
    assert backlog(database) == 1


def test_the_newest_retained_message_of_each_topic_is_told_to_a_broker_that_forgot(relaying, line, database):
    put(database, ("a", b"old", True), ("b", b"only", True), ("a", b"new", True), ("c", b"gone", True))
    relaying.relay(1)
    put(database, ("c", b"", True), ("a", b"newest", True), ("e", b"event", False))
    relaying.relay(2)
    line.said.clear()

    relaying.tell_again()

    assert line.said == [("b", b"only", 1, True), ("a", b"newest", 1, True)]
    assert left(database) == [("b", b"only"), ("a", b"newest")]


def test_an_older_retained_message_is_never_told_after_a_newer_one(relaying, line, database):
    put(database, ("a", b"1", True))
    relaying.relay(1)
    put(database, ("a", b"2", True))
    relaying.relay(2)
    put(database, ("z", b"0", False))
    relaying.relay(3)

    assert left(database) == [("a", b"2")]
