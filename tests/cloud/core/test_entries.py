import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from cloud.core.entries import Entry, read, sign
from cloud.core.errors import NotAllowed, TooLate
from edge.wire.rooms import EntryToken

KEY = b"k" * 32
NOW = 1_800_000_000_000
IDS = st.from_regex(r"[A-Za-z0-9_-]{1,40}", fullmatch=True)


@given(st.sampled_from(["first", "second", "box"]), IDS, IDS, st.integers(1, 10**6))
def test_a_token_says_what_was_signed(purpose, about, name, lasts_s):
    entry = Entry(purpose, about, name, NOW + lasts_s * 1000)

    assert read(KEY, sign(KEY, entry), NOW) == entry


def test_a_token_is_short_enough_for_a_coarse_qr_code():
    token = sign(KEY, Entry("first", "r" + "0" * 20, "0" * 20, NOW))

    assert len(token) < 90
    assert TypeAdapter(EntryToken).validate_python(token)


def test_a_token_ends_when_it_says():
    token = sign(KEY, Entry("first", "r1", "n1", NOW + 1000))

    assert read(KEY, token, NOW + 999)
    with pytest.raises(TooLate, match="expired 5 s ago: ask for a new one"):
        read(KEY, token, NOW + 6000)
    with pytest.raises(TooLate):
        read(KEY, token, NOW + 1000)


@given(st.integers(0, 60), st.sampled_from("abcdefXYZ0189._-é"))
def test_a_changed_token_is_refused(place, letter):
    token = sign(KEY, Entry("first", "room1", "name1", NOW + 10**6))
    changed = token[:place] + letter + token[place + 1 :]

    if changed != token:
        with pytest.raises(NotAllowed):
            read(KEY, changed, NOW)


@given(st.text(max_size=200))
def test_any_text_is_refused(text):
    with pytest.raises(NotAllowed):
        read(KEY, text, NOW)


def test_another_hubs_token_is_refused_before_its_time_is_looked_at():
    token = sign(b"other" * 8, Entry("first", "room1", "name1", NOW - 1))

    with pytest.raises(NotAllowed):
        read(KEY, token, NOW)
