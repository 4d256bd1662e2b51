"""An interaction request's life: pending, then exactly one of accepted, declined, withdrawn or expired."""

from typing import Literal

from cloud.core.errors import NotAllowed, NotNow

State = Literal["pending", "accepted", "declined", "withdrawn", "expired"]
Answer = Literal["accept", "decline", "withdraw"]

REQUEST_S = 120
"""How long a request waits for an answer, in s."""

_BECOMES: dict[Answer, State] = {"accept": "accepted", "decline": "declined", "withdraw": "withdrawn"}


def answered(state: State, answer: Answer, *, by: str, sender: str, to: str) -> State:
    """Return the state after `by` (a user id) gave `answer`.

    Raises:
        NotAllowed: only the receiver accepts and declines, only the sender withdraws.
        NotNow: it has been answered already or has expired.
    """
    if by != (sender if answer == "withdraw" else to):
        raise NotAllowed(
            f"only the {'sender' if answer == 'withdraw' else 'receiver'} may {answer} a request"
        )
    becomes = _BECOMES[answer]
    if state not in ("pending", becomes):
        raise NotNow(f"the request was {state}: send a new one")
    return becomes
