import numpy as np
import pytest

from edge.core.geometry import is_inside
from edge.core.tables import TableKeeper, find_table, make_table

CLOTH, RAIL, FLOOR = (25, 120, 175), (60, 40, 28), (38, 36, 40)


def painted(corners, width=640, height=360, hand=None):
    """Draw a cloth with these corners (pixels) inside its rails."""
    y, x = np.mgrid[0:height, 0:width]
    picture = np.empty((height, width, 3), np.uint8)
    picture[:] = FLOOR
    middle = np.mean(corners, axis=0)
    for grown, colour in ((1.12, RAIL), (1.0, CLOTH)):
        ring = middle + (np.array(corners) - middle) * grown
        inside = np.ones((height, width), bool)
        for (x0, y0), (x1, y1) in zip(ring, np.roll(ring, -1, axis=0), strict=True):
            inside &= (x1 - x0) * (y - y0) - (y1 - y0) * (x - x0) >= 0
        picture[inside] = colour
    if hand is not None:
        picture[hand] = (210, 160, 130)
    return picture


SIDE = [(95, 60), (545, 60), (588, 275), (52, 275)]
END = [(230, 50), (410, 50), (500, 300), (140, 300)]


def test_a_table_is_found_by_its_cloth():
    table = find_table(painted(SIDE))

    assert table is not None
    assert np.abs(np.array(table.corners) * [640, 360] - np.array(SIDE)).max() < 6


def test_a_hand_over_a_rail_does_not_bend_the_table():
    table = find_table(painted(SIDE, hand=(slice(40, 140), slice(300, 350))))

    assert table is not None
    assert np.abs(np.array(table.corners) * [640, 360] - np.array(SIDE)).max() < 10


def test_a_picture_without_a_table_has_none():
    noise = np.random.default_rng(0).integers(0, 255, (360, 640, 3), dtype=np.uint8)

    assert find_table(noise) is None
    assert find_table(np.full((360, 640, 3), 90, np.uint8)) is None


def test_seen_from_the_side_the_middle_pockets_are_above_and_below():
    table = make_table(np.array(SIDE) / [640, 360], 16 / 9)

    assert table.lies_across
    assert {pocket.name for pocket in table.pockets} >= {
        "top-middle",
        "bottom-middle",
        "top-left",
        "bottom-right",
    }


def test_seen_from_the_end_the_middle_pockets_are_left_and_right():
    table = make_table(np.array(END) / [640, 360], 16 / 9)

    assert not table.lies_across
    places = {pocket.name: pocket.place for pocket in table.pockets}
    assert places["middle-left"][0] < 0.4 < 0.6 < places["middle-right"][0]
    # Perspective: the middle of the long rail is seen above the middle of its picture.
    assert places["middle-left"][1] < (50 + 300) / 2 / 360


def test_seen_from_above_a_table_is_twice_as_long_as_wide():
    table = make_table(np.array([(0.05, 0.1), (0.95, 0.1), (0.95, 0.9), (0.05, 0.9)]), 16 / 9)

    assert table.lies_across
    assert table.breadth_at(0.5, 0.5) == pytest.approx(0.047 * 0.45, rel=0.01)


def test_a_thing_of_the_wrong_size_or_place_is_no_ball():
    table = make_table(np.array(SIDE) / [640, 360], 16 / 9)
    breadth = table.breadth_at(0.5, 0.5)

    assert table.may_hold_ball((0.5, 0.5, breadth, breadth * 16 / 9))
    assert not table.may_hold_ball((0.5, 0.5, 3 * breadth, 3 * breadth))
    assert not table.may_hold_ball((0.02, 0.5, breadth, breadth))


def test_the_region_to_look_at_holds_the_whole_table():
    table = make_table(np.array(SIDE) / [640, 360], 16 / 9)

    x, y, width, height = table.region(768 / 448, 16 / 9)

    box = [(x, y), (x + width, y), (x + width, y + height), (x, y + height)]
    assert all(is_inside((u, v), box) for u, v in table.corners)
    assert x >= 0
    assert x + width <= 1


def test_one_wrong_look_does_not_move_the_table_but_a_moved_camera_does():
    keeper = TableKeeper()
    here, there = (
        make_table(np.array(SIDE) / [640, 360], 16 / 9),
        make_table(np.array(END) / [640, 360], 16 / 9),
    )
    for _ in range(5):
        keeper.see(here, 16 / 9)

    keeper.see(there, 16 / 9)
    assert keeper.table.lies_across
    for _ in range(8):
        keeper.see(there, 16 / 9)
    assert not keeper.table.lies_across
