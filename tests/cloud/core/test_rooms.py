import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.core import rooms
from cloud.core.errors import Full, NotAllowed, NotNow
from edge.wire.rooms import AskRoom
from edge.wire.users import UserAttributes

MEI = UserAttributes(
    nickname="Mei", language="zh-CN", region="成都", voice_range="alto", favourite_songs=("moon",)
)


def test_a_rooms_attributes_come_out_of_its_creators():
    found = rooms.attributes(AskRoom(kind="create"), MEI, None)

    assert (found.title, found.language, found.region) == ("Mei的直播间", "zh-CN", "成都")
    assert (found.song, found.tags, found.visibility) == ("moon", ("alto",), "link")


def test_what_is_asked_for_goes_first():
    ask = AskRoom(
        kind="perform", title="Friday", song="sun", tags=("rock",), visibility="link", scene="billiards"
    )
    found = rooms.attributes(ask, MEI, "The Sun")

    assert (found.title, found.song, found.tags, found.visibility) == ("Friday", "sun", ("rock",), "link")
    assert found.scene == "billiards"


def test_a_room_to_perform_in_is_public():
    assert rooms.attributes(AskRoom(kind="perform"), MEI, "Moon").title == "Mei的直播间 · Moon"
    assert rooms.attributes(AskRoom(kind="perform"), MEI, None).visibility == "public"


def test_a_phone_is_never_a_first_client():
    rooms.check_first_client("box")
    rooms.check_first_client("pc")
    with pytest.raises(NotAllowed, match="phone"):
        rooms.check_first_client("phone")


@given(
    st.lists(st.sampled_from(["host", "u1", "u2", "u3"]), max_size=8), st.sampled_from(["pk", "duet", "solo"])
)
def test_seats_go_to_the_broadcaster_and_the_first_other(users, mode):
    taken = {}

    for user in users:
        try:
            taken[rooms.seat_for(user, "host", taken, mode)] = user
        except Full:
            continue

    others = [user for user in users if user != "host"]
    assert taken.get("a") == ("host" if "host" in users else None)
    assert taken.get("b") == (others[0] if others and mode != "solo" else None)


def test_a_seat_kept_for_a_match_is_full_for_others():
    with pytest.raises(Full, match="kept"):
        rooms.seat_for("u1", "host", {"a": "host"}, "pk", kept_for="u2")
    assert rooms.seat_for("u2", "host", {"a": "host"}, "pk", kept_for="u2") == "b"


def test_a_room_is_matched_when_its_seats_are_taken():
    assert rooms.state_of({"a"}, "pk") == "open"
    assert rooms.state_of({"b"}, "pk") == "open"
    assert rooms.state_of({"a", "b"}, "pk") == "matched"
    assert rooms.state_of({"a"}, "solo") == "matched"


def test_a_round_starts_when_every_taken_seat_is_ready():
    seats = [rooms.SeatIs("a", "host", is_ready=True), rooms.SeatIs("b", "u1", is_ready=False)]

    rooms.check_start("host", seats[:1], is_singing=False)
    with pytest.raises(NotNow, match="seat b not ready"):
        rooms.check_start("host", seats, is_singing=False)
    with pytest.raises(NotNow, match="being sung"):
        rooms.check_start("host", seats[:1], is_singing=True)
    with pytest.raises(NotAllowed):
        rooms.check_start("viewer", seats[:1], is_singing=False)


def test_a_round_is_over_with_the_last_score_or_15_s_after_the_song():
    end = rooms.ends_ms(1000, 60.0)

    assert end == 61_000
    assert rooms.is_over("ab", "ab", ends_ms=end, now_ms=0)
    assert not rooms.is_over("ab", "a", ends_ms=end, now_ms=end + 14_999)
    assert rooms.is_over("ab", "a", ends_ms=end, now_ms=end + 15_000)


@pytest.mark.parametrize(
    ("mode", "scores", "won"),
    [
        ("pk", {"a": 80.0, "b": 70.0}, "a"),
        ("pk", {"a": 70.0, "b": 80.0}, "b"),
        ("pk", {"a": 70.0, "b": 70.0}, None),
        ("pk", {"a": 70.0}, None),
        ("duet", {"a": 80.0, "b": 70.0}, None),
    ],
)
def test_only_a_pk_is_won_and_only_by_more(mode, scores, won):
    assert rooms.winner(mode, scores) == won
