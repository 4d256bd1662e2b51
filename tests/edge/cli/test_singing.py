"""`ktv pitch` and `ktv score`."""

import csv
import io
import json

import numpy as np
import pytest
from click.testing import CliRunner

from edge.adapters.soundfile import load_sound
from edge.cli.singing import pitch, score
from edge.core.errors import KtvError
from tests.edge.adapters.test_soundfile import write_wav

STAR = "edge/data/songs/star-over-the-booth"


def call(command, *arguments):
    ran = CliRunner().invoke(command, [str(argument) for argument in arguments], catch_exceptions=False)
    assert ran.exit_code == 0, ran.output
    return ran.output


def test_pitch_is_a_table_of_time_frequency_and_confidence(tmp_path):
    tone = 0.3 * np.sin(2 * np.pi * 440 * np.arange(16_000) / 16_000)
    path = write_wav(tmp_path / "tone.wav", np.concatenate((np.zeros(8000), tone)))

    rows = list(csv.DictReader(io.StringIO(call(pitch, path, "--csv", "-"))))

    assert list(rows[0]) == ["time_s", "f0_hz", "confidence"]
    times = np.array([float(row["time_s"]) for row in rows])
    f0_hz = np.array([float(row["f0_hz"]) for row in rows])
    assert np.diff(times) == pytest.approx(0.016, abs=2e-4)
    assert not f0_hz[times < 0.46].any()
    assert f0_hz[times > 0.55] == pytest.approx(440, abs=1)
    assert all(0 <= float(row["confidence"]) <= 1 for row in rows)


def test_the_demo_voice_scores_well_with_lines_and_running_score(root):
    report = json.loads(call(score, root / STAR, root / "edge/data/demo/voice.ogg", "--json", "-"))

    assert report["song"] == "star-over-the-booth"
    assert 80 <= report["score"] <= 95
    assert [line["line"] for line in report["lines"]] == [0, 1, 2, 3]
    assert report["lines"][0]["text"].startswith("灯亮了")
    assert report["running"][-1]["score"] == pytest.approx(report["score"], abs=0.1)


def test_a_recording_that_starts_before_the_song_is_scored_with_its_offset(root, tmp_path):
    sung = load_sound(root / "edge/data/demo/voice.ogg", 16_000)
    late = write_wav(tmp_path / "late.wav", np.concatenate((np.zeros(16_000 * 7 // 10), sung)))

    off = json.loads(call(score, root / STAR / "song.txt", late))
    right = json.loads(call(score, root / STAR / "song.txt", late, "--offset-ms", "700"))

    assert off["score"] < 40
    assert right["score"] > 80


def test_a_recording_that_breaks_off_has_missed_the_rest(root, tmp_path):
    sung = load_sound(root / "edge/data/demo/voice.ogg", 16_000)
    short = write_wav(tmp_path / "short.wav", sung[: 12 * 16_000])

    report = json.loads(call(score, root / STAR, short))

    assert [line["rating"] for line in report["lines"]][2:] == ["miss", "miss"]
    assert 30 < report["score"] < 60


def test_what_was_played_is_taken_out_of_the_recording(root, tmp_path):
    rate_hz = 16_000
    sung = load_sound(root / "edge/data/demo/voice.ogg", rate_hz)
    backing = load_sound(root / STAR / "backing.ogg", rate_hz)[: len(sung)]
    backing *= np.sqrt(np.mean(sung**2) / np.mean(backing**2)) * 1.5
    echo = np.concatenate((np.zeros(200), 0.8 * backing, np.zeros(200)))[: len(sung)]
    echo[900:] += 0.4 * backing[: len(sung) - 900]
    mixed = write_wav(tmp_path / "mixed.wav", 0.5 * (sung[: len(echo)] + echo))
    alone = write_wav(tmp_path / "alone.wav", 0.5 * echo)

    def scored(audio, *options):
        return json.loads(call(score, root / STAR, audio, *options))["score"]

    reference = ("--reference", root / STAR / "backing.ogg")
    assert scored(mixed) < 65
    assert scored(mixed, *reference) > 75
    assert scored(alone, *reference) < 10


@pytest.mark.parametrize(
    "arguments", [("nowhere", "edge/data/demo/voice.ogg"), (STAR, "nowhere.ogg"), (STAR, STAR + "/song.txt")]
)
def test_wrong_files_are_an_error_with_a_sentence(root, arguments):
    with pytest.raises(KtvError, match=r"nowhere|song\.txt"):
        call(score, *(root / name for name in arguments))


def test_a_broken_song_is_an_error_with_its_line(root, tmp_path):
    (tmp_path / "song.txt").write_text("#TITLE:T\n#ARTIST:A\n#BPM:60\n: 0 four 0 la\nE\n")

    with pytest.raises(KtvError, match=r"song\.txt.*line 4.*four"):
        call(score, tmp_path, root / "edge/data/demo/voice.ogg")


def test_audio_without_a_sample_is_an_error_and_silence_scores_nothing(root, tmp_path):
    empty = write_wav(tmp_path / "empty.wav", np.zeros(0, np.float32))
    none = tmp_path / "none.wav"
    none.touch()
    silence = write_wav(tmp_path / "silence.wav", np.zeros(16_000, np.float32))

    for path in (empty, none):
        with pytest.raises(KtvError, match=rf"{path.name}.*(holds no sound|cannot be read)"):
            call(score, root / STAR, path)
    assert json.loads(call(score, root / STAR, silence))["score"] == 0
