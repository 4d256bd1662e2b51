import numpy as np

from edge.core.picking import Ring, pick
from edge.core.tracking import Tracker
from tests.edge.core.test_tracking import ball, follow

ASPECT = 16 / 9


def circle(x, y, radius=0.03, count=16):
    angles = np.linspace(0, 2 * np.pi, count, endpoint=False)
    return [(x + radius * np.cos(a), y + radius * ASPECT * np.sin(a)) for a in angles]


def rolled(rate=15, count=30):
    """A ring in which ball 8 rolls to the right over ball 3's old place; returns ring and newest tracks."""
    ring, tracker = Ring(), Tracker(ASPECT)
    for i in range(count):
        t = i / rate
        tracked = tracker.update(t, [ball(0.3 + 0.01 * i, 0.5, "8"), ball(0.5, 0.7, "3")])
        ring.add(3000 + 6000 * i, t, tracked.tracks)
    return ring, tracked.tracks


def test_the_element_is_looked_up_where_it_was_and_returned_where_it_is():
    ring, now = rolled()

    answer = pick(ring, circle(0.4, 0.5), 3000 + 6000 * 10, now)

    assert answer.exact_frame
    assert answer.element.id == "ball:8"
    assert abs(answer.element.bbox[0] + 0.01 - 0.59) < 0.005


def test_a_tap_picks_what_is_under_the_finger():
    ring, now = rolled()

    assert pick(ring, [(0.505, 0.71)], None, now).element.id == "ball:3"


def test_a_circle_round_nothing_finds_nothing():
    ring, now = rolled()

    answer = pick(ring, circle(0.8, 0.2), None, now)

    assert answer.element is None
    assert answer.candidates == ()


def test_a_circle_round_two_names_the_other_as_a_candidate():
    ring, now = rolled()

    answer = pick(ring, circle(0.545, 0.6, radius=0.12), None, now)

    assert {answer.element.id, *(each.id for each in answer.candidates)} == {"ball:8", "ball:3"}


def test_a_frame_that_was_sent_but_not_looked_at_is_found_between_its_neighbours():
    ring, tracker = Ring(), Tracker(ASPECT)
    for i in range(20):
        ring.add(6000 * i, i / 15, None)
        if i % 2 == 0:
            tracked = tracker.update(i / 15, [ball(0.3 + 0.02 * i, 0.5, "8")])
            ring.add(6000 * i, i / 15, tracked.tracks)

    answer = pick(ring, [(0.3 + 0.02 * 15, 0.5)], 6000 * 15, tracked.tracks)

    assert answer.exact_frame
    assert answer.element.id == "ball:8"


def test_an_unknown_stamp_takes_the_nearest_frame_and_says_so():
    ring, now = rolled()

    answer = pick(ring, circle(0.4, 0.5), 3000 + 6000 * 10 + 700, now)

    assert not answer.exact_frame
    assert answer.element.id == "ball:8"


def test_stamps_run_over_at_32_bits():
    ring, tracker = Ring(), Tracker(ASPECT)
    tracks = follow(tracker, [[ball(0.3, 0.5, "8")]] * 5).tracks
    ring.add(2**32 - 3000, 0.0, tracks)

    assert pick(ring, [(0.3, 0.5)], 500, tracks).element.id == "ball:8"


def test_frames_older_than_the_ring_are_forgotten():
    ring, now = rolled()
    ring.add(10_000_000, 20.0, now)

    assert ring.moment(3000)[1] is False


def test_nothing_seen_yet_is_no_element():
    assert pick(Ring(), [(0.5, 0.5)], 1, ()).element is None
