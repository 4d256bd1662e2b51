"""Accounts and sessions: sign up, log in, come as a guest, refresh, log out, change attributes."""

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from cloud import models
from cloud.core import entries
from cloud.core.errors import LogInNeeded, NotNow, Unknown
from cloud.desk import Desk, ledger, outbox, views
from cloud.desk.callers import Caller
from cloud.tokens import TOKEN_S, Access, digest, new_id, new_secret
from edge.wire import users as wire
from edge.wire.boxes import WelcomePatron

REFRESH_MS = 30 * 24 * 3600 * 1000
"""How long a session lasts without being refreshed."""

LIVE_MS = 15 * 60 * 1000
"""Since when somebody must have been seen to count as here."""

_HASHER = PasswordHasher()


def hash_password(password: str) -> str:
    """Return a password's argon2 hash; takes tens of ms: call it before the writing session."""
    return _HASHER.hash(password)


def check_password(session: Session, username: str, password: str) -> str:
    """Return the user id of `username` if `password` is theirs; an unknown name takes as long to refuse.

    Raises:
        LogInNeeded: wrong name or password; it does not say which.
    """
    row = session.execute(
        select(models.User.id, models.Credential.password_hash)
        .join(models.Credential, models.Credential.user_id == models.User.id)
        .where(models.User.username == username.lower())
    ).first()
    try:
        _HASHER.verify(row.password_hash if row else _nobody(), password)
    except (VerificationError, InvalidHashError):
        row = None
    if row is None:
        raise LogInNeeded("wrong user name or password: check both and try again")
    user_id: str = row.id
    return user_id


@cache
def _nobody() -> str:
    return hash_password(new_secret())


def sign_up(
    desk: Desk, session: Session, asked: wire.SignUp, password_hash: str, now_ms: int
) -> wire.Session:
    """Make an account with its starting points, and log it in.

    Raises:
        NotNow: the name is taken.
    """
    row = new_user(desk, session, asked.attributes, "person", now_ms, username=asked.username.lower())
    session.add(models.Credential(user_id=row.id, password_hash=password_hash))
    return log_in(desk, session, row.id, "pc", now_ms)


def new_user(
    desk: Desk,
    session: Session,
    attributes: wire.UserAttributes,
    kind: str,
    now_ms: int,
    *,
    username: str | None = None,
) -> models.User:
    """Make a user; a person or guest gets the starting points from the mint."""
    fields = attributes.model_dump(mode="json")
    row = models.User(id=new_id("u"), username=username, kind=kind, created_ms=now_ms, **fields)
    session.add(row)
    try:
        session.flush()
    except IntegrityError as error:
        raise NotNow(f"the name {username} is taken: choose another one") from error
    if kind != "house" and desk.starting_points > 0:
        ledger.transfer(
            session,
            principal="mint",
            key=f"grant-{row.id}",
            debit=ledger.MINT,
            credit=("user", row.id),
            amount=desk.starting_points,
            why="grant",
            now_ms=now_ms,
        )
    return row


def log_in(
    desk: Desk,
    session: Session,
    user_id: str,
    client: wire.ClientKind,
    now_ms: int,
    *,
    box_id: str | None = None,
) -> wire.Session:
    """Begin a session of a user who has proved who they are."""
    refresh = new_secret()
    row = models.Session(
        id=new_id(),
        user_id=user_id,
        client=client,
        box_id=box_id,
        refresh_hash=digest(refresh),
        created_ms=now_ms,
        seen_ms=now_ms,
        expires_ms=now_ms + REFRESH_MS,
    )
    session.add(row)
    session.flush()
    return _granted(desk, session, row, refresh, now_ms)


def log_in_guest(desk: Desk, session: Session, asked: wire.GuestLogIn, now_ms: int) -> wire.Session:
    """Begin a session of a new guest; one who scanned a box's QR code is welcomed on that box.

    Raises:
        NotAllowed: the box's token is forged.
        TooLate: the QR code has expired.
    """
    box = _scanned(desk, session, asked.box_token, now_ms) if asked.box_token else None
    word = "歌友" if asked.language == "zh-CN" else "Guest"
    nickname = asked.nickname or f"{word} {new_id()[:4].upper()}"
    attributes = wire.UserAttributes(nickname=nickname, language=asked.language)
    row = new_user(desk, session, attributes, "guest", now_ms)
    if box is not None:
        outbox.order(session, box.id, WelcomePatron(user=views.user(row)), now_ms)
    return log_in(desk, session, row.id, asked.client, now_ms, box_id=box.id if box else None)


def _scanned(desk: Desk, session: Session, token: str, now_ms: int) -> models.Box:
    entry = entries.read(desk.signer.key, token, now_ms)
    box = session.get(models.Box, entry.about) if entry.purpose == "box" else None
    if box is None or box.revoked_ms is not None:
        raise Unknown("this QR code is not of a box of this hub: scan the one on the box's screen")
    return box


def refresh(desk: Desk, session: Session, token: str, now_ms: int) -> wire.Session | None:
    """Return new tokens for a refresh token, which is used up; None when it was used before.

    A token seen twice was copied: the session has been ended then, and the caller is to answer with
    `LogInNeeded` after committing that.

    Raises:
        LogInNeeded: no such token, or its session has ended.
    """
    hashed = digest(token)
    owner = or_(models.Session.refresh_hash == hashed, models.Session.used_refresh_hash == hashed)
    row = session.scalars(select(models.Session).where(owner).with_for_update()).first()
    if row is None or row.ended_ms is not None or row.expires_ms <= now_ms:
        raise LogInNeeded("this session has ended: log in again")
    if row.refresh_hash != hashed:
        row.ended_ms = now_ms
        return None
    new = new_secret()
    row.used_refresh_hash, row.refresh_hash = hashed, digest(new)
    row.seen_ms, row.expires_ms = now_ms, now_ms + REFRESH_MS
    session.flush()
    return _granted(desk, session, row, new, now_ms)


def log_out(session: Session, caller: Caller, now_ms: int) -> None:
    """End the caller's session."""
    ending = update(models.Session).where(models.Session.id == caller.session_id)
    session.execute(ending.values(ended_ms=now_ms))


def me(session: Session, caller: Caller) -> wire.Me:
    """Return what the hub knows of the caller."""
    row = session.get_one(models.User, caller.user_id)
    return wire.Me(
        user=views.user(row),
        attributes=views.user_attributes(row),
        points=ledger.balance(session, row.id),
        box=caller.box_id or caller.bound_box_id,
        box_name=_box_name(session, caller.box_id or caller.bound_box_id),
    )


def _box_name(session: Session, box_id: str | None) -> str | None:
    box = session.get(models.Box, box_id) if box_id else None
    return box.name if box else None


def change_attributes(session: Session, caller: Caller, attributes: wire.UserAttributes) -> wire.Me:
    """Store the caller's attributes."""
    row = session.get_one(models.User, caller.user_id)
    for name, value in attributes.model_dump(mode="json").items():
        setattr(row, name, value)
    session.flush()
    return me(session, caller)


def find_users(session: Session, caller: Caller, words: str, now_ms: int) -> wire.UsersFound:
    """Return others who are here now and whose nickname holds `words`."""
    here = select(models.Session.user_id).where(
        models.Session.ended_ms.is_(None),
        models.Session.expires_ms > now_ms,
        models.Session.seen_ms > now_ms - LIVE_MS,
    )
    chosen = select(models.User).where(models.User.id.in_(here), models.User.id != caller.user_id)
    if words:
        chosen = chosen.where(models.User.nickname.icontains(words, autoescape=True))
    rows = session.scalars(chosen.order_by(models.User.nickname, models.User.id).limit(50))
    return wire.UsersFound(users=tuple(views.user(row) for row in rows))


def _granted(
    desk: Desk, session: Session, row: models.Session, refresh_token: str, now_ms: int
) -> wire.Session:
    owner = session.get_one(models.User, row.user_id)
    return wire.Session(
        access_token=desk.signer.sign(Access(f"u-{row.id}"), now_ms),
        refresh_token=refresh_token,
        expires_in_s=TOKEN_S,
        user=views.user(owner),
        attributes=views.user_attributes(owner),
        points=ledger.balance(session, owner.id),
        box=row.box_id,
        box_name=_box_name(session, row.box_id),
    )
