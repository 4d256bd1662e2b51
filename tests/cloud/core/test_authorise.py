"""Who may do what on the bus, asked in every way that might slip through."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.core import authorise
from cloud.core.authorise import Principal, authorize, box, covers, from_claims, service, user
from edge.wire import topics

names = st.from_regex(r"[A-Za-z0-9_-]{1,12}", fullmatch=True)
levels = st.one_of(st.sampled_from(["ktv", "1", "d", "r", "u", "s", "#", "+", "a", "x", "", "$SYS"]), names)
anything = st.lists(levels, min_size=1, max_size=7).map("/".join)
actions = st.sampled_from(["publish", "subscribe", "receive"])


def matches(topic: list[str], wanted: list[str]) -> bool:
    """MQTT's own rule, written as the standard says it."""
    if not wanted:
        return not topic
    if wanted[0] == "#":
        return True
    if not topic:
        return False
    return wanted[0] in ("+", topic[0]) and (
        matches(topic[1:], wanted[1:]) or (wanted[1:] == ["#"] and not topic[1:])
    )


@given(names, names, names, anything)
def test_a_viewer_can_never_publish(session, who, room, topic):
    assert not authorize(user(session, who, room), "publish", topic)


@given(names, names, anything)
def test_a_box_publishes_only_below_its_own_name_and_on_its_own_seat(name, room, topic):
    allowed = {
        topics.box_state(name),
        topics.box_up(name),
        topics.box_answer(name),
        topics.seat_score(room, "b"),
        topics.seat_elements(room, "b"),
    }

    assert authorize(box(name, room, "b"), "publish", topic) == (topic in allowed)
    assert all(authorize(box(name, room, "b"), "publish", each) for each in allowed)


@given(names, names, names)
def test_nobody_reaches_another_users_notices(session, me, other):
    may = authorize(user(session, me), "subscribe", topics.user_notices(other))

    assert may == (me == other)


@given(names, names, names)
def test_only_the_granted_room_is_followed(session, room, other):
    viewer = user(session, "me", room)

    assert authorize(viewer, "subscribe", topics.room_all(room))
    assert authorize(viewer, "receive", topics.room_state(room))
    assert authorize(viewer, "subscribe", topics.room_all(other)) == (room == other)
    assert authorize(viewer, "receive", topics.room_state(other)) == (room == other)


@pytest.mark.parametrize(
    "trick",
    ["#", "+", "+/#", "ktv/#", "ktv/1/#", "ktv/+/lobby", "+/1/lobby", "ktv/1/r/+/state", "ktv/1/r/#",
     "ktv/1/u/+/n", "ktv/1/d/+/up", "ktv/1/r/room-x", "ktv/1/r/room+/#", "ktv/1/r/room#",
     "ktv/1/r/room/#/state", "$SYS/#", "$CONTROL/dynamic-security/v1", "$share/g/ktv/1/r/room/#", "",
     "ktv/1/r/room/\0", "/ktv/1/lobby", "ktv/1/lobby/", "ktv/1/lobby/#", "ktv//1/lobby",
     "ktv/1/r/room/" + "x" * 300],
)  # fmt: skip
def test_wildcards_and_lookalikes_beyond_the_own_prefix_are_refused(trick):
    assert not authorize(user("s", "me", "room"), "subscribe", trick)


@pytest.mark.parametrize(
    "inside", ["ktv/1/r/room/#", "ktv/1/r/room/+", "ktv/1/r/room/s/+", "ktv/1/r/room/res/#"]
)
def test_wildcards_inside_the_own_room_are_allowed(inside):
    assert authorize(user("s", "me", "room"), "subscribe", inside)


@given(anything, anything)
def test_publishing_and_receiving_take_no_wildcards(before, after):
    room = box("box", "room", "a")

    assert not authorize(room, "publish", f"{before}/+/{after}")
    assert not authorize(room, "receive", f"{before}/#")


@given(st.lists(levels, min_size=1, max_size=6), st.lists(levels, min_size=1, max_size=6))
def test_what_a_wider_filter_does_not_cover_no_topic_of_the_narrower_proves_otherwise(given_levels, wanted):
    def is_filter(each):
        return all(level not in ("#",) or index == len(each) - 1 for index, level in enumerate(each))

    if not (is_filter(given_levels) and is_filter(wanted)):
        return
    samples = [
        [("q" if level == "+" else level) for level in wanted if level != "#"] + tail
        for tail in ([], ["q"], ["q", "z"])
        if tail == [] or wanted[-1] == "#"
    ]
    if covers(given_levels, wanted):
        topics_in = [topic for topic in samples if topic and not topic[0].startswith("$")]
        assert all(matches(topic, given_levels) for topic in topics_in)


@pytest.mark.parametrize(
    ("given_filter", "wanted", "is_covered"),
    [("d/+", "d/#", False), ("r/+/#", "r/#", False), ("r/+/#", "r/+/#", True), ("r/+/#", "r/+", True),
     ("d/+/up", "d/+/up", True), ("d/+/up", "d/b/+", False), ("r/x/#", "r/x", True), ("#", "$SYS/a", False),
     ("+/a", "$SYS/a", False), ("a/b", "a/b/c", False), ("a/b/c", "a/b", False)],
)  # fmt: skip
def test_a_filter_covers_another_only_as_a_whole(given_filter, wanted, is_covered):
    assert covers(given_filter.split("/"), wanted.split("/")) == is_covered


@given(actions, anything)
def test_an_unknown_service_may_do_nothing(action, topic):
    assert not authorize(service("stranger"), action, topic)


def test_services_have_exactly_their_part():
    worker, relay, host = service("worker"), service("relay-1"), service("standins-1")

    assert authorize(worker, "subscribe", "ktv/1/d/+/up")
    assert authorize(worker, "publish", topics.LOBBY)
    assert authorize(worker, "publish", topics.room_state("r1"))
    assert authorize(worker, "publish", topics.box_ack("b1"))
    assert not authorize(worker, "publish", topics.box_up("b1"))
    assert not authorize(worker, "subscribe", "#")
    assert authorize(relay, "publish", topics.relay_state("relay-1"))
    assert not authorize(relay, "publish", topics.relay_state("relay-2"))
    assert authorize(host, "subscribe", topics.box_command("standins-1"))
    assert not authorize(host, "publish", topics.box_up("standins-1"))


@pytest.mark.parametrize(
    "wrong",
    [("d-box", "user", "me"), ("u-a/b", "user", "me"), ("u-a", "user", "me/+"), ("d-one", "box", "two"),
     ("s-worker", "service", "other"), ("u-a", "guest", "me"), ("u-", "user", "")],
)  # fmt: skip
def test_a_principal_with_an_unsafe_name_is_not_made(wrong):
    with pytest.raises(ValueError):
        Principal(*wrong)


@pytest.mark.parametrize("place", [("#", None), ("r/x", None), ("room", "c"), (None, "a")])
def test_a_box_has_no_unsafe_room_or_seat(place):
    with pytest.raises(ValueError):
        box("b1", *place)


@given(names, names, st.none() | names)
def test_a_principal_survives_its_claims(session, who, room):
    assert from_claims(authorise.claims(user(session, who, room))) == user(session, who, room)
    assert from_claims(authorise.claims(box(who, session, "a"))) == box(who, session, "a")


@pytest.mark.parametrize(
    "wrong",
    [{}, {"kind": "service", "sub": "s-worker", "id": "worker"}, {"kind": "user", "sub": 3, "id": "x"},
     {"kind": "user", "sub": "u-x"}, {"kind": "box", "sub": "d-b", "id": "b", "room": 5}],
)  # fmt: skip
def test_claims_that_name_nobody_are_refused(wrong):
    with pytest.raises(ValueError):
        from_claims(wrong)


def test_a_grants_topics_are_what_may_be_subscribed():
    assert authorise.subscriptions(user("s", "me", "r1")) == (topics.LOBBY, "ktv/1/u/me/n", "ktv/1/r/r1/#")


def test_services_passwords_differ_by_name_and_key():
    assert authorise.service_password(b"k" * 32, "worker") != authorise.service_password(b"k" * 32, "relay-1")
    assert authorise.service_password(b"k" * 32, "worker") != authorise.service_password(b"j" * 32, "worker")
