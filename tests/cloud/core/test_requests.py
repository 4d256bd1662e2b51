import pytest

from cloud.core.errors import NotAllowed, NotNow
from cloud.core.requests import answered


@pytest.mark.parametrize(
    ("answer", "by", "becomes"),
    [("accept", "to", "accepted"), ("decline", "to", "declined"), ("withdraw", "sender", "withdrawn")],
)
def test_a_pending_request_takes_one_answer(answer, by, becomes):
    assert answered("pending", answer, by=by, sender="sender", to="to") == becomes
    assert answered(becomes, answer, by=by, sender="sender", to="to") == becomes


@pytest.mark.parametrize(("answer", "by"), [("accept", "sender"), ("decline", "sender"), ("withdraw", "to")])
def test_nobody_answers_for_the_other(answer, by):
    with pytest.raises(NotAllowed):
        answered("pending", answer, by=by, sender="sender", to="to")


@pytest.mark.parametrize("state", ["declined", "withdrawn", "expired"])
def test_what_is_over_cannot_be_accepted(state):
    with pytest.raises(NotNow, match=state):
        answered(state, "accept", by="to", sender="sender", to="to")
