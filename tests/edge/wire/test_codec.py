"""Every message against its golden file, and everything else against `decode`."""

import contextlib
import importlib
import inspect
import json
import pkgutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import edge.wire
from edge.wire.boxes import COMMAND, Pick, Up
from edge.wire.codec import MAX_PAYLOAD_BYTES, Message, WireError, decode, encode
from edge.wire.rooms import ROOM_EVENT, Room, Said
from edge.wire.scores import ScoreChanged
from edge.wire.tasks import NewTask
from edge.wire.users import NOTICE, User

GOLDEN = Path(__file__).parents[2] / "data" / "wire"


def every_message() -> list[type[Message]]:
    found = {}
    for module in pkgutil.iter_modules(edge.wire.__path__):
        for name, kind in vars(importlib.import_module(f"edge.wire.{module.name}")).items():
            if inspect.isclass(kind) and issubclass(kind, Message) and kind is not Message:
                found[name] = kind
    return [found[name] for name in sorted(found)]


@pytest.mark.parametrize("kind", every_message(), ids=lambda kind: kind.__name__)
def test_a_golden_message_is_read_and_written_as_it_stands(kind):
    golden = (GOLDEN / f"{kind.__name__}.json").read_text("utf-8")

    message = decode(kind, golden)

    assert json.loads(encode(message)) == json.loads(golden)


def test_every_golden_file_belongs_to_a_message():
    assert {path.stem for path in GOLDEN.glob("*.json")} == {kind.__name__ for kind in every_message()}


@pytest.mark.parametrize("kind", every_message(), ids=lambda kind: kind.__name__)
def test_fields_of_a_later_version_are_ignored(kind):
    golden = json.loads((GOLDEN / f"{kind.__name__}.json").read_text("utf-8"))

    newer = decode(kind, json.dumps({**golden, "from_the_future": [1, 2]}))

    assert json.loads(encode(newer)) == golden


def test_fields_that_are_none_are_left_out():
    assert encode(ScoreChanged(q=1, n="round", s=0.0, t=0.0)) == b'{"q":1,"n":"round","s":0.0,"t":0.0,"x":[]}'


def test_a_message_cannot_be_changed():
    user = User(id="u", nickname="Mei")

    with pytest.raises(ValueError, match="frozen"):
        user.nickname = "Kai"


def test_an_oversize_payload_is_refused_unread():
    with pytest.raises(WireError, match=f"at most {MAX_PAYLOAD_BYTES}"):
        decode(User, b" " * (MAX_PAYLOAD_BYTES + 1))


@pytest.mark.parametrize(
    ("kind", "payload", "says"),
    [
        (User, b'{"id":"u"}', "nickname"),
        (User, b'{"id":"a/b","nickname":"Mei"}', "a/b"),
        (User, b'{"id":7,"nickname":"Mei"}', "id"),
        (Pick, b'{"contour":[]}', "contour"),
        (Pick, b'{"contour":[[0.5,1.5]]}', "1.5"),
        (Pick, json.dumps({"contour": [[0.5, 0.5]] * 65}).encode(), "64"),
        (Pick, b'{"contour":[[0.5,0.5]],"rtp":4294967296}', "rtp"),
        (NewTask, b'{"pick":"p","target":"hits(ball:8","result":{"kind":"gift"}}', "target"),
        (ROOM_EVENT, b'{"type":"shouted","text":"hi"}', "shouted"),
        (ScoreChanged, b'{"q":1,"n":"r","s":NaN,"t":0.0}', "s"),
    ],
)
def test_a_wrong_payload_is_refused_with_field_and_value(kind, payload, says):
    with pytest.raises(WireError, match=says):
        decode(kind, payload)


def test_a_union_is_told_apart_by_its_tag():
    said = decode(ROOM_EVENT, (GOLDEN / "Said.json").read_bytes())

    assert isinstance(said, Said)


KINDS = st.sampled_from([User, Room, Up, Pick, ScoreChanged, COMMAND, ROOM_EVENT, NOTICE])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.text(max_size=8) | st.sampled_from(["id", "type", "do", "op", "rev"]), inner, max_size=5
        )
    ),
    max_leaves=12,
)


@given(kind=KINDS, payload=st.binary(max_size=300) | st.text(max_size=300))
def test_decode_raises_nothing_but_wire_error_on_noise(kind, payload):
    try:
        decode(kind, payload)
    except WireError as error:
        assert "\n" not in str(error)


@given(kind=KINDS, body=JSON)
def test_decode_raises_nothing_but_wire_error_on_other_json(kind, body):
    with contextlib.suppress(WireError):
        decode(kind, json.dumps(body))


@given(cut=st.integers(min_value=0), flip=st.integers(min_value=0))
def test_decode_raises_nothing_but_wire_error_on_damaged_messages(cut, flip):
    whole = (GOLDEN / "Room.json").read_bytes()
    damaged = bytearray(whole[: cut % len(whole) + 1])
    damaged[flip % len(damaged)] ^= 1 << (flip % 8)

    with contextlib.suppress(WireError):
        decode(Room, bytes(damaged))


@given(kind=st.sampled_from(every_message()), body=st.lists(st.integers(), max_size=3))
def test_a_list_is_no_message(kind, body):
    with pytest.raises(WireError):
        decode(kind, json.dumps(body))
