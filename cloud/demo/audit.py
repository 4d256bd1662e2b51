"""Looks through the hub's books after the walk: does every point add up, was anything settled twice?"""

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from cloud.db import open_database
from cloud.models import Account, Outbox, Posting, Score, Task, Transfer
from cloud.settings import Settings


def audit(settings: Settings) -> dict[str, int]:
    """Return counts of the books; every key that begins with `wrong_` must be 0."""
    database = open_database(settings)
    try:
        with database.read() as session:
            return {
                "transfers": _count(session, Transfer),
                "postings": _count(session, Posting),
                "tasks": _count(session, Task),
                "scores": _count(session, Score),
                "sum": session.scalar(select(func.coalesce(func.sum(Account.balance), 0))) or 0,
                "wrong_sum": abs(session.scalar(select(func.sum(Posting.delta))) or 0),
                "wrong_balances": _unbalanced(session),
                "wrong_escrow": _count(session, Account, (Account.kind == "escrow") & (Account.balance != 0)),
                "wrong_open_tasks": _count(session, Task, Task.state == "open"),
                "wrong_settlements": _settled_otherwise_than_once(session),
                "wrong_unsent": _count(session, Outbox, Outbox.sent_ms.is_(None)),
            }
    finally:
        database.close()


def _count(session: Session, table: type, which: ColumnElement[bool] | None = None) -> int:
    counted = select(func.count()).select_from(table)
    return session.scalar(counted if which is None else counted.where(which)) or 0


def _unbalanced(session: Session) -> int:
    """Count the accounts whose balance is not the sum of their postings."""
    posted = (
        select(Posting.account_id, func.sum(Posting.delta).label("total"))
        .group_by(Posting.account_id)
        .subquery()
    )
    rows = select(func.count()).select_from(Account).outerjoin(posted, posted.c.account_id == Account.id)
    return session.scalar(rows.where(Account.balance != func.coalesce(posted.c.total, 0))) or 0


def _settled_otherwise_than_once(session: Session) -> int:
    """Count the ended tasks with points whose escrow did not leave exactly once."""
    left = (
        select(Transfer.task_id, func.count().label("times"))
        .where(Transfer.why.in_(("gift", "refund")))
        .group_by(Transfer.task_id)
        .subquery()
    )
    rows = select(func.count()).select_from(Task).outerjoin(left, left.c.task_id == Task.id)
    ended = (Task.state != "open") & (Task.points > 0) & (func.coalesce(left.c.times, 0) != 1)
    return session.scalar(rows.where(ended)) or 0
