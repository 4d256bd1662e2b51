"""`ktv bench`."""

import json

import pytest
from click.testing import CliRunner

from edge.bench import cli
from edge.bench.figures import at_most
from edge.core.errors import Refused


def quick(data, say):
    say("measuring")
    return [at_most("quick", 1, "ms", 2).as_row(), {"name": "data", "value": None, "ok": True} | SHAPE]


def slow(data, say):
    return [at_most("slow", 3, "ms", 2).as_row()]


SHAPE = {"unit": "", "must": None}


@pytest.fixture
def call(monkeypatch):
    def run(bench, *, data=""):
        monkeypatch.setenv("KTV_DATA", str(data))
        monkeypatch.setitem(cli.OWN, "singing", f"tests.edge.bench.test_cli:{bench}")
        return CliRunner().invoke(cli.bench, ["singing", "--json", "-"])

    return run


def test_the_report_has_the_figures_and_the_machine(call):
    ran = call("quick")

    report = json.loads(ran.stdout)
    assert ran.exit_code == 0
    assert set(report) == {"figures", "machine"}
    assert set(report["figures"][0]) == {"name", "value", "unit", "must", "ok"}
    assert {"cpus", "model", "python", "load", "data"} <= set(report["machine"])


def test_a_figure_that_fails_is_named_and_is_the_exit_status(call):
    ran = call("slow")

    assert ran.exit_code == 1
    assert json.loads(ran.stdout)["figures"][0]["ok"] is False
    assert "not as they must be: slow" in ran.stderr


def test_progress_goes_to_standard_error(call):
    ran = call("quick")

    assert "measuring" in ran.stderr
    assert "measuring" not in ran.stdout


def test_it_says_when_there_are_no_real_recordings(call, tmp_path):
    without, with_data = call("quick"), call("quick", data=tmp_path)

    assert "KTV_DATA is not set" in without.stderr
    assert json.loads(without.stdout)["machine"]["data"] is None
    assert json.loads(with_data.stdout)["machine"]["data"] == str(tmp_path)


def test_a_folder_of_recordings_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(Refused, match="no folder"):
        cli.recordings(str(tmp_path / "away"))


def test_the_hubs_benches_join_the_boxs():
    assert cli.names() == ["singing", "vision", "media"]
    assert callable(cli.load("media"))
