import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.core.errors import TooPoor, Wrong
from cloud.core.ledger import ROUTES, Account, post, request_hash


@given(st.integers(0, 10**9), st.integers(0, 10**9), st.integers(1, 10**6), st.sampled_from(sorted(ROUTES)))
def test_both_sides_of_a_transfer_add_up_to_zero_and_nobody_owes(has, had, amount, why):
    source, sink = ROUTES[why]
    debit, credit = Account(1, source, has), Account(2, sink, had)

    try:
        out, into = post(debit, credit, amount, why)
    except TooPoor:
        assert source != "mint"
        assert has < amount
        return

    assert out.delta + into.delta == 0
    assert (out.balance_after, into.balance_after) == (has - amount, had + amount)
    assert source == "mint" or out.balance_after >= 0


def test_only_the_mint_may_owe():
    out, _ = post(Account(1, "mint", 0), Account(2, "user", 0), 1000, "grant")

    assert out.balance_after == -1000


def test_a_gift_dearer_than_the_purse_says_what_is_there():
    with pytest.raises(TooPoor, match="188 points are needed, 5 are there"):
        post(Account(1, "user", 5), Account(2, "escrow", 0), 188, "escrow")


@pytest.mark.parametrize("amount", [0, -1])
def test_nothing_and_less_cannot_be_moved(amount):
    with pytest.raises(Wrong, match="cannot be moved"):
        post(Account(1, "user", 5), Account(2, "escrow", 0), amount, "escrow")


def test_points_never_go_round_the_escrow():
    with pytest.raises(Wrong, match="from user to user"):
        post(Account(1, "user", 5), Account(2, "user", 0), 1, "gift")


def test_points_cannot_go_to_where_they_are():
    with pytest.raises(Wrong, match="to itself"):
        post(Account(1, "user", 5), Account(1, "user", 5), 1, "gift")


def test_different_requests_have_different_hashes():
    assert request_hash("a", "bc") != request_hash("ab", "c")
    assert request_hash("a", 1) == request_hash("a", 1)
