"""Who asks: a user's session or a box, out of an access token."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from cloud import models
from cloud.core.errors import LogInNeeded, NotAllowed, Wrong
from cloud.desk import Desk
from cloud.tokens import Access
from edge.wire.users import ClientKind


@dataclass(frozen=True, slots=True)
class Caller:
    """The one on whose behalf something is done."""

    principal: str
    """`u-<session>` or `d-<box>`."""
    user_id: str
    """The user; of a box its house account, of a stand-in the singer it stands in for."""
    session_id: str | None = None
    box_id: str | None = None
    """The box that asks."""
    bound_box_id: str | None = None
    """The box whose QR code brought the user."""
    is_stand_in: bool = False

    def client(self, named: ClientKind) -> ClientKind:
        """Return the kind of client that asks.

        Raises:
            Wrong: a user's session says that it is a box.
        """
        if self.box_id is not None:
            return "box"
        if named == "box":
            raise Wrong('client "box" needs a box\'s own session: say pc or phone')
        return named


def resolve(desk: Desk, session: Session, token: str, now_ms: int) -> Caller:
    """Return whom an access token belongs to, if they are still welcome.

    Raises:
        LogInNeeded: not a token of this hub, expired, logged out or revoked.
    """
    principal = desk.signer.read(Access, token, now_ms).sub
    if principal.startswith("d-"):
        return _box(session, principal)
    row = session.get(models.Session, principal.removeprefix("u-"))
    if row is None or row.ended_ms is not None or row.expires_ms <= now_ms:
        raise LogInNeeded("this session has ended: log in again")
    return Caller(principal, row.user_id, session_id=row.id, bound_box_id=row.box_id)


def _box(session: Session, principal: str) -> Caller:
    row = session.get(models.Box, principal.removeprefix("d-"))
    if row is None or row.revoked_ms is not None:
        raise LogInNeeded("this box is not enrolled any more: enrol it with a new code")
    return Caller(principal, row.user_id, box_id=row.id, is_stand_in=row.is_stand_in)


def forbid_stand_in(caller: Caller) -> None:
    """Check that it is not a stand-in that asks: it acts for nobody but itself."""
    if caller.is_stand_in:
        raise NotAllowed("a stand-in box may not do this: its singer does it from the page")
