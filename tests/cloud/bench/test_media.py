"""The bench of the live media runs the real relay, and fails when the media are broken."""

import pytest

from cloud.bench import media
from cloud.bench.media import NOTHING, Extent, Failed, cost_figures, delay_figures

GOOD = {"sound_s": [0.02] * 9, "picture_s": [0.03] * 9, "pictures": 9, "right": 9}


def by_name(figures):
    return {figure.name: figure for figure in figures}


async def test_real_peers_are_measured_through_the_real_relay():
    figures = by_name(await media.run(Extent(measured_s=1.5, joins=2, sinks=2), lambda words: None))

    assert 0 < figures["mic-to-pcm-p50"].value <= figures["mic-to-pcm-p95"].value
    assert 0 < figures["picture-to-frame-p50"].value <= figures["picture-to-frame-p95"].value
    assert figures["join-to-first-frame-p95"].value > 0
    assert figures["picked-frame-is-the-frame-seen"].ok
    assert figures["relay-cpu-publisher-and-one-viewer"].value > 0
    assert figures["further-viewers-served"].value == 2


def test_good_media_are_as_they_must_be():
    assert all(figure.ok for figure in delay_figures(GOOD, [0.2, 0.3]))


@pytest.mark.parametrize(
    "seen, joins_s, failing",
    [
        ({"sound_s": [0.4] * 9}, [0.2, 0.2], {"mic-to-pcm-p50", "mic-to-pcm-p95"}),
        ({"sound_s": []}, [0.2, 0.2], {"mic-to-pcm-p50", "mic-to-pcm-p95"}),
        ({"picture_s": [0.03] * 8 + [0.9]}, [0.2, 0.2], {"picture-to-frame-p95"}),
        ({"right": 8}, [0.2, 0.2], {"picked-frame-is-the-frame-seen"}),
        ({}, [0.2, None], {"join-to-first-frame-p95"}),
    ],
)
def test_what_is_late_lost_or_wrong_fails(seen, joins_s, failing):
    figures = delay_figures(GOOD | seen, joins_s)

    assert {figure.name for figure in figures if not figure.ok} == failing


def test_nothing_that_arrives_fails_in_every_figure():
    assert not any(figure.ok for figure in delay_figures(NOTHING, []))


def test_a_viewer_that_gets_nothing_fails():
    figures = by_name(cost_figures(0.03, 0.003, 9, 10))

    assert figures["relay-cpu-each-further-viewer"].ok
    assert not figures["further-viewers-served"].ok


async def test_a_process_that_ends_at_once_is_a_failure():
    async with media._started("cloud.clock") as peer:
        with pytest.raises(Failed):
            await peer.ask("?")


def test_media_that_do_not_work_give_figures_that_fail(monkeypatch):
    async def broken(extent, say):
        raise Failed("the relay fell silent")

    said = []
    monkeypatch.setattr(media, "run", broken)

    rows = media.measure(None, said.append)

    assert {"name", "value", "unit", "must", "ok"} == set(rows[0])
    assert [row["name"] for row in rows if row["ok"]] == ["relay-cpu-publisher-and-one-viewer"]
    assert "fell silent" in said[-1]
