"""One worker at a time."""

import pytest

from cloud.worker.leasing import TERM_MS, AlreadyRunning, MachineLock, acquire, release


def test_a_lease_is_held_by_one_until_it_runs_out(database):
    assert acquire(database, "worker", "one", 1000)
    assert not acquire(database, "worker", "two", 2000)
    assert acquire(database, "worker", "one", 3000)
    assert not acquire(database, "worker", "two", 1000 + TERM_MS)
    assert acquire(database, "worker", "two", 3000 + TERM_MS)
    assert not acquire(database, "worker", "one", 4000 + TERM_MS)


def test_a_lease_that_was_let_go_of_is_free_at_once(database):
    acquire(database, "worker", "one", 1000)

    release(database, "worker", "two")
    assert not acquire(database, "worker", "two", 1001)
    release(database, "worker", "one")

    assert acquire(database, "worker", "two", 1002)


def test_a_second_worker_on_this_machine_is_told_so(tmp_path):
    with MachineLock(tmp_path / "worker.lock"), pytest.raises(AlreadyRunning, match="another worker has"):
        MachineLock(tmp_path / "worker.lock")

    with MachineLock(tmp_path / "worker.lock"):
        pass
