import numpy as np
import pytest

from edge.core.heatmaps import decode


def empty(rows=20, columns=40):
    return np.zeros((rows, columns), np.float32), np.zeros((rows, columns, 4), np.float32)


def test_a_peak_becomes_a_box_around_its_middle():
    heat, boxes = empty()
    heat[10, 20] = 0.9
    boxes[10, 20] = (0.5, 0.25, np.log(4), np.log(2))

    [(x, y, width, height, confidence)] = decode(heat, boxes, 0.3)

    assert (x + width / 2, y + height / 2) == pytest.approx((20.5 / 40, 10.25 / 20))
    assert (width, height) == pytest.approx((4 / 40, 2 / 20))
    assert confidence == pytest.approx(0.9)


def test_a_slope_beside_a_peak_is_not_another_thing():
    heat, boxes = empty()
    heat[10, 20], heat[10, 21], heat[9, 20] = 0.9, 0.8, 0.7

    assert len(decode(heat, boxes, 0.3)) == 1


def test_two_equal_neighbours_are_one_thing():
    heat, boxes = empty()
    heat[10, 20] = heat[10, 21] = 0.8
    boxes[10, 20:22, 2:] = np.log(4)
    boxes[10, 20, 0] = 0.9

    assert len(decode(heat, boxes, 0.3)) == 1


def test_what_is_below_the_threshold_is_not_seen():
    heat, boxes = empty()
    heat[3, 3] = 0.2

    assert decode(heat, boxes, 0.3) == []


def test_the_surest_comes_first():
    heat, boxes = empty()
    heat[3, 3], heat[12, 30] = 0.5, 0.8

    assert [found[4] for found in decode(heat, boxes, 0.3)] == pytest.approx([0.8, 0.5])
