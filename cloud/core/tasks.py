"""An interactive task's life: open, then exactly one end; and what everyone reads when it is delivered."""

from typing import Literal

from cloud.core.errors import NotAllowed, NotNow
from edge.wire.tasks import TaskState

End = Literal["achieved", "refused", "expired", "withdrawn"]

MAX_OPEN_IN_ROOM = 40
"""More open tasks at once would hide the picture, and would not fit in one message."""

MAX_OPEN_BY_ONE = 16


def ended(state: TaskState, end: End) -> TaskState:
    """Return the state of a task that was in `state` once it has come to `end`.

    Raises:
        NotNow: it has come to an end before; a task ends once.
    """
    if state != "open":
        raise NotNow(f"the task was {state} before: it cannot be {end} any more")
    return end


def check_end(end: Literal["refused", "withdrawn"], *, by: str, initiator: str, receiver: str) -> None:
    """Check that the user `by` may bring the task to `end`.

    Raises:
        NotAllowed: only the receiver refuses, only the initiator withdraws.
    """
    if by != (receiver if end == "refused" else initiator):
        who = "broadcaster it is for" if end == "refused" else "viewer who made it"
        raise NotAllowed(f"only the {who} may do that with this task")


def goes_to_receiver(end: End) -> bool:
    """Say whether a task's points go to the receiver; else they go back."""
    return end == "achieved"


def congratulations(sender: str, what_zh: str, what_en: str) -> tuple[str, str]:
    """Return what everyone reads when a result arrives, in Chinese and English."""
    return f"恭喜您获得“{sender}”赠送的“{what_zh}”", f"Congratulations: “{what_en}” from {sender}"
