import numpy as np
import pytest

from edge.core.detection import Detection
from edge.core.geometry import centre
from edge.core.tracking import Tracker, resume

ASPECT = 16 / 9
BREADTH = 0.02


def ball(x, y, label=None, share=0.8, confidence=0.8):
    labels = ((label, share),) if label else ()
    bbox = (x - BREADTH / 2, y - BREADTH * ASPECT / 2, BREADTH, BREADTH * ASPECT)
    return Detection("ball", label, bbox, confidence, labels)


def follow(tracker, frames, rate=15.0, start=0.0):
    for i, seen in enumerate(frames):
        tracked = tracker.update(start + i / rate, seen)
    return tracked


def test_a_thing_is_believed_once_it_was_seen_three_times():
    tracker = Tracker(ASPECT)

    assert follow(tracker, [[ball(0.5, 0.5)]] * 2).tracks == ()
    assert len(follow(tracker, [[ball(0.5, 0.5)]], start=0.2).tracks) == 1


def test_a_rolling_ball_keeps_its_track_and_has_its_velocity():
    tracker = Tracker(ASPECT)
    frames = [[ball(0.2 + 0.01 * i, 0.5)] for i in range(20)]

    [track] = follow(tracker, frames).tracks

    assert track.hits == 20
    assert track.velocity[0] == pytest.approx(0.15, rel=0.05)


def test_a_ball_that_is_missed_for_some_frames_keeps_its_track():
    tracker = Tracker(ASPECT)
    frames = [[ball(0.2 + 0.008 * i, 0.5)] if i not in (8, 9, 13) else [] for i in range(20)]

    [track] = follow(tracker, frames).tracks

    assert track.born_s == 0


def test_two_balls_that_pass_close_by_are_not_exchanged():
    tracker = Tracker(ASPECT)
    frames = [[ball(0.3 + 0.01 * i, 0.5), ball(0.7 - 0.01 * i, 0.545)] for i in range(30)]

    tracks = follow(tracker, frames).tracks

    assert len(tracks) == 2
    right = max(tracks, key=lambda track: centre(track.bbox)[0])
    assert centre(right.history[0].bbox)[0] == pytest.approx(0.3)


def test_a_struck_ball_is_the_same_ball():
    tracker = Tracker(ASPECT)
    still = [[ball(0.3, 0.5, "8")]] * 10
    struck = [[ball(0.3 + 0.06 * i, 0.5, "8")] for i in range(1, 6)]

    [track] = follow(tracker, still + struck).tracks

    assert track.hits == 15


def test_sixteen_balls_with_misses_and_shake_keep_their_tracks():
    rng = np.random.default_rng(3)
    places, speeds = rng.uniform(0.1, 0.9, (16, 2)), rng.normal(0, 0.004, (16, 2))
    tracker = Tracker(1.0)
    owners: dict[int, set[int]] = {}
    for frame in range(300):
        places += speeds
        speeds[(places < 0.05) | (places > 0.95)] *= -1
        seen = [i for i in range(16) if rng.random() > 0.08]
        shaken = {i: places[i] + rng.normal(0, 0.0008, 2) for i in seen}
        tracked = tracker.update(frame / 30, [ball(*shaken[i]) for i in seen])
        for track in tracked.tracks:
            if track.seen_s == frame / 30:
                x, y = centre(track.bbox)
                owner = min(range(16), key=lambda i: np.hypot(places[i][0] - x, places[i][1] - y))
                owners.setdefault(owner, set()).add(track.number)

    switches = sum(len(numbers) - 1 for numbers in owners.values())
    assert len(owners) == 16
    assert switches <= 8


def test_the_label_is_what_most_frames_say():
    tracker = Tracker(ASPECT)
    frames = [[ball(0.5, 0.5, "12" if i % 4 == 0 else "8")] for i in range(20)]

    [track] = follow(tracker, frames).tracks

    assert track.label == "8"


def test_a_numbered_ball_is_there_once():
    tracker = Tracker(ASPECT)
    frames = [[ball(0.3, 0.5, "8", 0.9), ball(0.6, 0.5, "8", 0.6)]] * 10

    labels = {round(centre(track.bbox)[0], 1): track.label for track in follow(tracker, frames).tracks}

    assert labels == {0.3: "8", 0.6: None}


def test_reds_of_snooker_may_be_many():
    tracker = Tracker(ASPECT)
    frames = [[ball(0.3, 0.5, "red"), ball(0.6, 0.5, "red")]] * 10

    assert [track.label for track in follow(tracker, frames).tracks] == ["red", "red"]


def test_a_ball_at_rest_outlives_a_hand_but_a_lost_moving_one_ends_soon():
    tracker = Tracker(ASPECT)
    frames = [[ball(0.3, 0.5), ball(0.5 + 0.01 * i, 0.7)] for i in range(10)]
    follow(tracker, frames)

    after = follow(tracker, [[]] * 15, start=10 / 15)

    assert [round(centre(track.bbox)[0], 1) for track in after.tracks] == [0.3]
    assert follow(tracker, [[]] * 40, start=25 / 15).tracks == ()


def test_a_lost_thing_is_found_again_by_its_label_or_near_its_place():
    tracker = Tracker(ASPECT)
    tracks = follow(tracker, [[ball(0.3, 0.5, "8"), ball(0.6, 0.5)]] * 5).tracks
    eight, plain = sorted(tracks, key=lambda track: centre(track.bbox)[0])

    assert resume(tracks, "ball", "8", 99, None) is eight
    assert resume(tracks, "ball", None, plain.number, None) is plain
    assert resume(tracks, "ball", None, 99, (0.61, 0.5)) is plain
    assert resume(tracks, "ball", None, 99, (0.9, 0.5)) is None
    assert resume(tracks, "ball", "3", 99, (0.3, 0.5)) is None
    assert resume(tracks, "cup", None, eight.number, None) is None
