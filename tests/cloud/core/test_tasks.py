import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.core.errors import NotAllowed, NotNow
from cloud.core.tasks import End, check_end, congratulations, ended, goes_to_receiver
from edge.wire.tasks import TaskState

ENDS: list[End] = ["achieved", "refused", "expired", "withdrawn"]


@given(st.lists(st.sampled_from(ENDS), min_size=1, max_size=6))
def test_a_task_ends_exactly_once(ends):
    state: TaskState = "open"
    count = 0

    for end in ends:
        try:
            state, count = ended(state, end), count + 1
        except NotNow:
            continue

    assert state == ends[0]
    assert count == 1


def test_only_an_achieved_task_pays():
    assert [end for end in ENDS if goes_to_receiver(end)] == ["achieved"]


def test_the_broadcaster_refuses_and_the_viewer_withdraws():
    check_end("refused", by="singer", initiator="viewer", receiver="singer")
    check_end("withdrawn", by="viewer", initiator="viewer", receiver="singer")
    with pytest.raises(NotAllowed, match="broadcaster"):
        check_end("refused", by="viewer", initiator="viewer", receiver="singer")
    with pytest.raises(NotAllowed, match="viewer"):
        check_end("withdrawn", by="singer", initiator="viewer", receiver="singer")


def test_the_congratulation_is_the_one_everybody_knows():
    zh, en = congratulations("观众A", "一杆封神", "One-shot legend")

    assert zh == "恭喜您获得“观众A”赠送的“一杆封神”"
    assert "One-shot legend" in en
