"""What a figure says of itself, and of the machine."""

import math

import pytest

from edge.bench.figures import at_least, at_most, exactly, machine, told


@pytest.mark.parametrize(
    "figure, is_ok",
    [
        (at_least("x", 0.98, "share", 0.98), True),
        (at_least("x", 0.979, "share", 0.98), False),
        (at_most("x", 60.0, "ms", 60), True),
        (at_most("x", 60.1, "ms", 60), False),
        (exactly("x", 0, "pots", 0), True),
        (exactly("x", 1, "pots", 0), False),
    ],
)
def test_a_figure_is_ok_up_to_what_is_demanded(figure, is_ok):
    assert figure.ok is is_ok


@pytest.mark.parametrize("demand", [at_least, at_most, exactly])
@pytest.mark.parametrize("value", [None, math.nan])
def test_what_could_not_be_measured_fails(demand, value):
    row = demand("x", value, "ms", 1).as_row()

    assert row["value"] is None
    assert row["ok"] is False


def test_a_figure_of_which_nothing_is_demanded_is_ok():
    row = told("x", 0.123456, "ms").as_row()

    assert row == {"name": "x", "value": 0.1235, "unit": "ms", "must": None, "ok": True}


def test_the_demand_is_told_in_words():
    assert at_most("x", 1, "ms", 60).must == "<= 60"


def test_the_machine_says_what_it_is_and_how_busy():
    here = machine()

    assert here["cpus"] >= 1
    assert here["model"]
    assert here["python"].startswith("3.")
    assert len(here["load"]) == 3
