"""The ledger in the database: transfers that happen once, and the audit that proves it."""

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from cloud import models
from cloud.core import ledger
from cloud.core.errors import KeyReused
from cloud.core.ledger import AccountKind, Why
from cloud.tokens import new_id
from edge.wire.users import Ledger, Posting

MINT: tuple[AccountKind, str] = ("mint", "mint")
PAGE = 200
"""Most postings shown at once."""


def account(session: Session, kind: AccountKind, owner: str) -> int:
    """Return the id of an account, opened with no points when there is none yet."""
    wanted = select(models.Account.id).where(models.Account.kind == kind, models.Account.owner == owner)
    found = session.scalar(wanted)
    if found is None:
        row = models.Account(kind=kind, owner=owner, balance=0)
        session.add(row)
        session.flush()
        found = row.id
    return found


def transfer(
    session: Session,
    *,
    principal: str,
    key: str,
    debit: tuple[AccountKind, str],
    credit: tuple[AccountKind, str],
    amount: int,
    why: Why,
    now_ms: int,
    task_id: str | None = None,
) -> bool:
    """Move `amount` points once for each (principal, key); return whether this call did it.

    Raises:
        KeyReused: the key was used for another transfer.
        TooPoor: not enough points.
        Wrong: a transfer that the rules do not know.
    """
    request_hash = ledger.request_hash(debit, credit, amount, why)
    ids = {owner: account(session, *owner) for owner in sorted((debit, credit))}
    row = {
        "id": new_id("t-"),
        "principal": principal,
        "key": key,
        "request_hash": request_hash,
        "debit_id": ids[debit],
        "credit_id": ids[credit],
        "amount": amount,
        "why": why,
        "task_id": task_id,
        "created_ms": now_ms,
    }
    if not _add_once(session, row):
        _check_same(session, principal, key, request_hash)
        return False
    before = _locked(session, sorted(ids.values()))
    for posting in ledger.post(_as_core(before[ids[debit]]), _as_core(before[ids[credit]]), amount, why):
        before[posting.account].balance = posting.balance_after
        session.add(
            models.Posting(
                transfer_id=row["id"],
                account_id=posting.account,
                delta=posting.delta,
                balance_after=posting.balance_after,
            )
        )
    session.flush()
    return True


def _add_once(session: Session, row: dict[str, object]) -> bool:
    """Add the transfer unless its key is used; the returned row decides (`rowcount` lies on psycopg)."""
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    adding = insert(models.Transfer).values(row).on_conflict_do_nothing(index_elements=["principal", "key"])
    return session.scalar(adding.returning(models.Transfer.id)) is not None


def _check_same(session: Session, principal: str, key: str, request_hash: str) -> None:
    used = select(models.Transfer.request_hash).where(
        models.Transfer.principal == principal, models.Transfer.key == key
    )
    if session.scalar(used) != request_hash:
        raise KeyReused("this key was used for another transfer: make a new one")


def _locked(session: Session, ids: list[int]) -> dict[int, models.Account]:
    """Return accounts locked FOR NO KEY UPDATE in the order of their ids: no two writers wait in a ring."""
    chosen = select(models.Account).where(models.Account.id.in_(ids)).order_by(models.Account.id)
    rows = session.scalars(chosen.with_for_update(key_share=True).execution_options(populate_existing=True))
    return {row.id: row for row in rows}


def _as_core(row: models.Account) -> ledger.Account:
    kinds: dict[str, AccountKind] = {"mint": "mint", "user": "user", "escrow": "escrow"}
    return ledger.Account(row.id, kinds[row.kind], row.balance)


def balance(session: Session, user_id: str) -> int:
    """Return the points a user has."""
    wanted = select(models.Account.balance).where(
        models.Account.kind == "user", models.Account.owner == user_id
    )
    return session.scalar(wanted) or 0


def page(session: Session, user_id: str) -> Ledger:
    """Return a user's newest postings."""
    chosen = (
        select(models.Posting, models.Transfer)
        .join(models.Transfer, models.Transfer.id == models.Posting.transfer_id)
        .join(models.Account, models.Account.id == models.Posting.account_id)
        .where(models.Account.kind == "user", models.Account.owner == user_id)
        .order_by(models.Transfer.created_ms.desc(), models.Transfer.id)
        .limit(PAGE)
    )
    postings = tuple(
        Posting.model_validate(
            {
                "id": transfer.id,
                "delta": posting.delta,
                "balance_after": posting.balance_after,
                "why": transfer.why,
                "task": transfer.task_id,
                "at_ms": transfer.created_ms,
            }
        )
        for posting, transfer in session.execute(chosen)
    )
    return Ledger(points=balance(session, user_id), postings=postings)


def audit(session: Session) -> dict[str, int]:
    """Return the figures that must all be 0: what does not add up in the ledger.

    `sum` of all balances; accounts `negative` that are not the mint; accounts `unbalanced` against their
    postings; transfers `one_sided`; escrow accounts `stranded`, whose task has ended.
    """
    posted = (
        select(func.coalesce(func.sum(models.Posting.delta), 0))
        .where(models.Posting.account_id == models.Account.id)
        .scalar_subquery()
    )
    sides = (
        select(models.Posting.transfer_id)
        .group_by(models.Posting.transfer_id)
        .having((func.count() == 2) & (func.sum(models.Posting.delta) == 0))
    )
    ended = select(models.Task.id).where(models.Task.state != "open")
    account = models.Account

    def count(*where: object) -> int:
        return session.scalar(select(func.count()).select_from(account).where(*where)) or 0  # type: ignore[arg-type]

    one_sided = select(func.count()).select_from(models.Transfer).where(models.Transfer.id.not_in(sides))
    return {
        "sum": session.scalar(select(func.coalesce(func.sum(account.balance), 0))) or 0,
        "negative": count(account.balance < 0, account.kind != "mint"),
        "unbalanced": count(account.balance != posted),
        "one_sided": session.scalar(one_sided) or 0,
        "stranded": count(account.kind == "escrow", account.balance != 0, account.owner.in_(ended)),
    }
