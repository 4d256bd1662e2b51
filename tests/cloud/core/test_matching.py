from hypothesis import given
from hypothesis import strategies as st

from cloud.core.matching import OpenRoom, Wish, best_room, suits


def room(name, **more):
    fields = {"mode": "pk", "song": "moon", "language": "zh-CN", "region": "成都", "created_ms": 1}
    return OpenRoom(name, f"host-{name}", **{**fields, **more})


def test_of_equal_rooms_the_one_that_waits_longest_is_chosen():
    rooms = [room("new", created_ms=9), room("old", created_ms=2), room("middle", created_ms=5)]

    assert best_room(Wish("me"), rooms).id == "old"


def test_a_nearer_room_goes_before_an_older_one():
    rooms = [room("far", region="北京", created_ms=1), room("near", created_ms=9)]

    assert best_room(Wish("me", region="成都"), rooms).id == "near"
    assert best_room(Wish("me", region="上海"), rooms).id == "far"


def test_mode_song_and_language_must_agree():
    assert best_room(Wish("me", mode="duet"), [room("r")]) is None
    assert best_room(Wish("me", song="sun"), [room("r")]) is None
    assert best_room(Wish("me", language="en"), [room("r")]) is None
    assert best_room(Wish("me", mode="pk", song="moon", language="zh-CN"), [room("r")]).id == "r"


def test_nobody_is_matched_with_themselves_or_into_a_solo():
    assert best_room(Wish("host-r"), [room("r")]) is None
    assert best_room(Wish("me"), [room("r", mode="solo")]) is None


WORDS = st.sampled_from([None, "x", "y"])
ROOMS = st.lists(
    st.builds(
        OpenRoom,
        st.uuids().map(str),
        st.sampled_from(["me", "you"]),
        st.sampled_from("xy"),
        WORDS,
        st.sampled_from("xy"),
        st.sampled_from("xy"),
        st.integers(0, 5),
    )
)


@given(st.builds(Wish, st.just("me"), WORDS, WORDS, WORDS, WORDS), ROOMS)
def test_somebody_is_matched_whenever_a_room_suits(wish, rooms):
    found = best_room(wish, rooms)

    assert (found is not None) == any(suits(wish, room) for room in rooms)
    assert found is None or suits(wish, found)
