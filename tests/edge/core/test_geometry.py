import numpy as np
import pytest

from edge.core.geometry import (
    bounds,
    centre,
    clip_bbox,
    distance_to_segment,
    homography,
    iou,
    is_inside,
    polygon_area,
    transform,
)


def test_two_boxes_that_share_half_of_each_overlap_by_a_third():
    assert iou((0, 0, 0.2, 0.2), (0.1, 0, 0.2, 0.2)) == pytest.approx(1 / 3)
    assert iou((0, 0, 0.2, 0.2), (0.2, 0, 0.2, 0.2)) == 0


def test_a_box_that_hangs_out_of_the_picture_is_cut_at_its_edge():
    assert clip_bbox((-0.1, 0.9, 0.3, 0.3)) == pytest.approx((0, 0.9, 0.2, 0.1))


def test_a_point_is_inside_the_line_drawn_round_it():
    ring = [(0.4 + 0.1 * np.cos(a), 0.5 + 0.1 * np.sin(a)) for a in np.linspace(0, 6, 20)]

    assert is_inside((0.42, 0.48), ring)
    assert not is_inside((0.55, 0.48), ring)


def test_bounds_of_points_have_their_centre_in_the_middle():
    assert centre(bounds([(0.2, 0.1), (0.4, 0.5), (0.3, 0.3)])) == pytest.approx((0.3, 0.3))


def test_a_homography_carries_the_corners_and_straight_lines_between_them():
    seen = np.array([[0.3, 0.2], [0.7, 0.2], [0.95, 0.9], [0.05, 0.9]])
    flat = np.array([[0, 0], [2, 0], [2, 1], [0, 1]], float)
    matrix = homography(seen, flat)

    assert transform(matrix, seen) == pytest.approx(flat)
    middle = transform(np.linalg.inv(matrix), np.array([[1.0, 0.5]]))[0]
    # The diagonals of the picture meet where those of the table do.
    assert middle[0] == pytest.approx(0.5)
    assert middle[1] < 0.55


def test_the_distance_to_a_segment_ends_at_its_ends():
    start, end = np.array([0.0, 0.0]), np.array([1.0, 0.0])

    assert distance_to_segment(np.array([0.5, 0.3]), start, end) == pytest.approx(0.3)
    assert distance_to_segment(np.array([1.3, 0.4]), start, end) == pytest.approx(0.5)


def test_the_area_of_a_square_is_its_side_squared():
    assert polygon_area(np.array([[0, 0], [2, 0], [2, 2], [0, 2]], float)) == 4
