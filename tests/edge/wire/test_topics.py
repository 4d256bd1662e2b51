"""Topics are built and read in one place."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.wire import topics

IDS = st.from_regex(r"[A-Za-z0-9_-]{1,40}", fullmatch=True)
LEAVES = {
    "state": topics.box_state,
    "up": topics.box_up,
    "ack": topics.box_ack,
    "cmd": topics.box_command,
    "cmdack": topics.box_answer,
    "media": topics.relay_state,
}


@given(box=IDS, leaf=st.sampled_from(sorted(LEAVES)))
def test_a_box_topic_is_read_as_it_was_built(box, leaf):
    assert topics.read_box_topic(LEAVES[leaf](box)) == (box, leaf)


@pytest.mark.parametrize(
    "topic",
    [
        "ktv/1/lobby",
        "ktv/1/d/box-8",
        "ktv/1/d/box-8/other",
        "ktv/1/d/box-8/up/more",
        "ktv/1/d//up",
        "ktv/1/d/a+b/up",
        "x/ktv/1/d/box-8/up",
        "ktv/2/d/box-8/up",
    ],
)
def test_any_other_topic_is_none(topic):
    assert topics.read_box_topic(topic) is None


@given(topic=st.text(max_size=80))
def test_reading_never_raises(topic):
    topics.read_box_topic(topic)


def test_room_topics_lie_under_the_rooms_filter():
    under = topics.room_all("r-1").removesuffix("#")

    for topic in (
        topics.room_state("r-1"),
        topics.room_events("r-1"),
        topics.room_tasks("r-1"),
        topics.room_task("r-1", "t-1"),
        topics.seat_score("r-1", "a"),
        topics.seat_elements("r-1", "b"),
        topics.round_final("r-1", "rd-1"),
    ):
        assert topic.startswith(under)
        assert not re.search(r"[+#]", topic)
