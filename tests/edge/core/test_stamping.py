"""Stamping sound that comes and goes."""

import pytest

from edge.core.stamping import PlayClock, Stamper


def test_jitter_of_the_arrival_hardly_moves_the_stamps():
    stamper = Stamper(48_000)
    stamper.stamp(480, 0.010)

    stamps = [stamper.stamp(480, 0.020 + 0.010 * index + 0.004 * (index % 3)) for index in range(100)]

    assert all(abs(at_s - 0.010 * (index + 1)) < 0.002 for index, at_s in enumerate(stamps))


def test_a_stretch_is_never_stamped_later_than_it_came():
    stamper = Stamper(48_000)
    stamper.stamp(480, 0.050)

    assert stamper.stamp(480, 0.020) == pytest.approx(0.010)


def test_lost_samples_are_a_gap_and_the_stamps_follow_the_clock():
    stamper = Stamper(48_000)
    stamper.stamp(480, 0.010)

    assert stamper.stamp(480, 1.010) == pytest.approx(1.0)
    assert stamper.gaps == 1


def test_a_slow_device_clock_is_followed():
    stamper = Stamper(48_000)
    for index in range(60_000):
        at_s = stamper.stamp(480, 0.010 * (index + 1) * 1.0001)

    assert abs(at_s - 0.010 * 60_000 * 1.0001) < 0.02


def test_queued_sound_is_heard_after_what_was_queued_before():
    clock = PlayClock(1000)

    assert [clock.place(10, 5.0), clock.place(10, 5.0), clock.place(10, 5.001)] == pytest.approx(
        [5.0, 5.01, 5.02]
    )
    assert clock.waiting_s(5.001) == pytest.approx(0.029)


def test_a_device_that_says_when_is_believed():
    clock = PlayClock(1000)

    assert clock.place(10, 5.0, 5.04) == pytest.approx(5.04)
    assert clock.place(10, 5.0, 5.05) == pytest.approx(5.05)


def test_sound_that_ran_dry_begins_again_now():
    clock = PlayClock(1000)
    clock.place(10, 5.0)

    assert clock.place(10, 6.0) == 6.0
    assert clock.gaps == 1
