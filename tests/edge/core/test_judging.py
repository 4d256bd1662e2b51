import numpy as np
import pytest

from edge.core.errors import Refused
from edge.core.judging import Judge, Target, Watched, parse_target
from edge.core.tables import make_table
from edge.core.tracking import Tracker
from tests.edge.core.test_tracking import ball

ASPECT = 16 / 9
RATE = 15.0
TABLE = make_table(np.array([(0.05, 0.1), (0.95, 0.1), (0.95, 0.9), (0.05, 0.9)]), ASPECT)
POCKETED = Target("pocketed")


def judged(frames, *watched, table=TABLE):
    tracker, judge = Tracker(ASPECT), Judge()
    judge.watch(watched)
    found = []
    for i, seen in enumerate(frames):
        found += judge.update(tracker.update(i / RATE, seen), table)
    return found + judge.finish(table)


def into_top_right(label="8", start=(0.6, 0.4), steps=20):
    """A ball at rest, then on its way to the top right pocket, then gone; ball 3 lies still."""
    three = ball(0.3, 0.5, "3")
    still = [[ball(start[0], start[1], label), three]] * 10
    end = (0.945, 0.11)
    way = [
        [
            ball(
                start[0] + (end[0] - start[0]) * k / steps, start[1] + (end[1] - start[1]) * k / steps, label
            ),
            three,
        ]
        for k in range(1, steps)
    ]
    return [*still, *way, *([[three]] * 20)]


EIGHT = Watched("task", "ball", POCKETED, label="8")
ANY = Watched("any", "ball", POCKETED)


def test_a_ball_that_rolls_into_a_pocket_is_pocketed_there():
    [judgement] = judged(into_top_right(), EIGHT)

    assert judgement.where == "top-right"
    assert judgement.label == "8"
    assert judgement.t == pytest.approx(28 / RATE, abs=0.15)
    assert len(judgement.trace) > 10
    assert judgement.trace[-1][1] > 0.9


def test_the_wrong_ball_in_a_pocket_is_not_the_task():
    assert judged(into_top_right("5"), EIGHT) == []
    assert [each.label for each in judged(into_top_right("5"), ANY)] == ["5"]


def test_the_wrong_pocket_is_not_the_task():
    frames = into_top_right()

    assert judged(frames, Watched("task", "ball", Target("pocketed", "bottom-left"), label="8")) == []
    assert len(judged(frames, Watched("task", "ball", Target("pocketed", "top-right"), label="8"))) == 1


def test_a_ball_that_stops_at_the_jaws_is_not_pocketed():
    frames = into_top_right()[:26]
    frames += [frames[-1]] * 60

    assert judged(frames, EIGHT, ANY) == []


def test_a_ball_at_rest_near_a_pocket_that_a_hand_hides_is_not_pocketed():
    near, three = ball(0.93, 0.15, "8"), ball(0.3, 0.5, "3")
    frames = [[near, three]] * 20 + [[three]] * 60

    assert judged(frames, EIGHT, ANY) == []


def test_a_moving_ball_that_is_lost_in_the_open_is_not_pocketed():
    frames = into_top_right()[:18] + [[ball(0.3, 0.5, "3")]] * 40

    assert judged(frames, EIGHT, ANY) == []


def test_a_ball_that_bounces_at_the_jaws_and_comes_back_is_not_pocketed():
    frames = into_top_right()[:29]
    back = [[ball(0.92 - 0.02 * k, 0.16 + 0.02 * k, "8"), ball(0.3, 0.5, "3")] for k in range(15)]

    assert judged([*frames, *([[ball(0.3, 0.5, "3")]] * 4), *back], EIGHT, ANY) == []


def test_a_looped_film_that_jumps_to_its_start_judges_nothing():
    rolling = into_top_right()[:28]
    start = rolling[:10]

    assert judged([*rolling, *start, *start], EIGHT, ANY) == []
    moved = [
        Watched("m", "ball", Target("moved"), label="3"),
        Watched("g", "ball", Target("gone"), label="8"),
    ]
    assert judged([*([rolling[0]] * 20), *([[ball(0.5, 0.7, "3"), ball(0.7, 0.2, "8")]] * 60)], *moved) == []


def test_a_ball_that_a_jump_puts_beside_a_pocket_and_away_again_is_not_pocketed():
    three = ball(0.3, 0.5, "3")
    frames = [[ball(0.82, 0.2, "8"), three]] * 10 + [[ball(0.935, 0.13, "8"), three]] * 3 + [[three]] * 60

    assert judged(frames, EIGHT, ANY) == []


def test_a_jump_is_no_motion_however_the_detector_shakes():
    still = [[ball(0.3, 0.5, "8")]] * 10
    elsewhere = [[ball(0.4 + 0.0016 * (k % 2), 0.5, "8")] for k in range(30)]

    assert judged([*still, *elsewhere], Watched("task", "ball", Target("moved"), label="8")) == []


def test_nothing_is_pocketed_where_no_table_is_seen():
    assert judged(into_top_right(), EIGHT, table=None) == []


def test_the_end_of_the_film_says_what_its_last_frames_show():
    assert len(judged(into_top_right()[:36], EIGHT)) == 1


def test_a_ball_that_rolls_a_breadth_has_moved_and_one_that_shakes_has_not():
    rolling = [[ball(0.3, 0.5, "8")]] * 10 + [[ball(0.3 + 0.005 * k, 0.5, "8")] for k in range(12)]
    shaking = [[ball(0.3 + 0.0008 * (k % 3), 0.5, "8")] for k in range(60)]
    watched = Watched("task", "ball", Target("moved"), label="8")

    assert len(judged(rolling, watched)) == 1
    assert judged(shaking, watched) == []


def test_a_ball_hits_the_one_it_sets_in_motion():
    before = [[ball(0.2, 0.5, "cue"), ball(0.6, 0.5, "8"), ball(0.8, 0.2, "3")]] * 10
    towards = [[ball(0.2 + 0.03 * k, 0.5, "cue"), *before[0][1:]] for k in range(1, 13)]
    after = [[ball(0.575, 0.5, "cue"), ball(0.6 + 0.02 * k, 0.5, "8"), before[0][2]] for k in range(1, 10)]
    frames = [*before, *towards, *after]

    assert len(judged(frames, Watched("a", "ball", Target("hits", "ball:8"), label="cue"))) == 1
    assert judged(frames, Watched("b", "ball", Target("hits", "ball:3"), label="cue")) == []
    assert judged(frames, Watched("c", "ball", Target("hits", "ball:8"), label="3")) == []


def test_a_thing_is_gone_when_it_stays_out_of_sight():
    frames = [[ball(0.5, 0.5, "8"), ball(0.3, 0.5, "3")]] * 20 + [[ball(0.3, 0.5, "3")]] * 100
    hidden = [*frames[:50], *([frames[0]] * 40)]
    watched = Watched("task", "ball", Target("gone"), label="8")

    assert len(judged(frames, watched)) == 1
    assert judged(hidden, watched) == []


def test_a_task_goes_on_with_the_new_track_of_its_ball():
    three = ball(0.3, 0.5, "3")
    frames = [[ball(0.6, 0.4, "8"), three]] * 10 + [[three]] * 60 + into_top_right()
    watched = Watched("task", "ball", POCKETED, label="8", track=1, place=(0.6, 0.4))

    assert len(judged(frames, watched)) == 1


@pytest.mark.parametrize(
    ("text", "kind", "hint"),
    [
        ("flies", "ball", "use one of pocketed, moved"),
        ("pocketed", "cup", "is for a ball"),
        ("pocketed(left)", "ball", "top-left"),
        ("hits", "ball", r"hits\(ball:8\)"),
        ("moved(3)", "ball", "takes no value"),
        ("pocketed(", "ball", "cannot be judged"),
    ],
)
def test_a_target_that_cannot_be_judged_is_refused_with_what_can(text, kind, hint):
    with pytest.raises(Refused, match=hint):
        parse_target(text, kind)


def test_a_target_is_written_as_it_was_read():
    assert str(parse_target("hits(ball:8)", "ball")) == "hits(ball:8)"
    assert str(parse_target("pocketed", "ball")) == "pocketed"
