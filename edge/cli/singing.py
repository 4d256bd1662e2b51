"""`ktv pitch` and `ktv score`: the box's singing, streamed from files."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

import click

from edge.adapters.song_folder import SongFolder, open_song
from edge.adapters.soundfile import excerpt, load_sound
from edge.core.audio import AudioFrame
from edge.core.bleed import VoiceCleaner
from edge.core.pitch import PitchTracker
from edge.core.scoring import is_scored, rate
from edge.singing import TAIL_S, Singing
from edge.wire.rooms import SeatName
from edge.wire.scores import RoundScored, ScoreChanged

RATE_HZ = 48_000
"""The box's default, to which every file is converted."""
FRAME = 480
"""Samples of a frame: 10 ms."""

_reference = click.option(
    "--reference",
    type=click.Path(path_type=Path),
    help="Recording of what was played; it is taken out of AUDIO.",
)


@click.command()
@click.argument("audio", type=click.Path(path_type=Path))
@_reference
@click.option(
    "--csv", "out", type=click.File("w"), default="-", help="Where the table goes; - is standard output."
)
def pitch(audio: Path, reference: Path | None, out: TextIO) -> None:
    """Write the pitch of the voice in AUDIO as a table: time_s, f0_hz (0: nobody sings), confidence."""
    tracker = PitchTracker(RATE_HZ)
    table = csv.writer(out, lineterminator="\n")
    table.writerow(("time_s", "f0_hz", "confidence"))
    for frame in _voice(audio, reference, 0.0):
        for point in tracker.feed(frame):
            if point.at_s >= 0:
                table.writerow((f"{point.at_s:.4f}", f"{point.f0_hz or 0.0:.3f}", f"{point.confidence:.4f}"))


@click.command()
@click.argument("song", type=click.Path(path_type=Path))
@click.argument("audio", type=click.Path(path_type=Path))
@_reference
@click.option(
    "--offset-ms", type=float, default=0.0, help="How far into AUDIO the song starts.", show_default=True
)
@click.option(
    "--seat", type=click.Choice(("a", "b")), default="a", help="Whose lines of a duet.", show_default=True
)
@click.option(
    "--key", type=int, default=0, help="Semitones that the song was played higher.", show_default=True
)
@click.option(
    "--json", "out", type=click.File("w"), default="-", help="Where the score goes; - is standard output."
)
def score(
    song: Path, audio: Path, reference: Path | None, offset_ms: float, seat: SeatName, key: int, out: TextIO
) -> None:
    """Score the voice in AUDIO against SONG, an UltraStar file or its folder; AUDIO starts with the song."""
    folder = open_song(song)
    singing = Singing(
        folder.song,
        room="offline",
        round_id="offline",
        seat=seat,
        start_s=offset_ms / 1000,
        rate_hz=RATE_HZ,
        key=key,
    )
    told = [message for frame in _voice(audio, reference, TAIL_S) for message in singing.hear(frame)]
    running = [message for message in told if isinstance(message, ScoreChanged)]
    json.dump(_report(folder, singing.finish(), running), out, ensure_ascii=False)
    out.write("\n")


def _voice(audio: Path, reference: Path | None, tail_s: float) -> Iterator[AudioFrame]:
    """Yield the voice in `audio` as a box's frames, and `tail_s` of silence, stamped from 0 on."""
    samples = load_sound(audio, RATE_HZ)
    cleaner = None
    if reference is not None:
        cleaner = VoiceCleaner(RATE_HZ)
        cleaner.played(AudioFrame(load_sound(reference, RATE_HZ), RATE_HZ, 0.0))
        tail_s += cleaner.delay_s
    for first in range(0, len(samples) + round(tail_s * RATE_HZ), FRAME):
        frame = AudioFrame(excerpt(samples, first, FRAME), RATE_HZ, first / RATE_HZ)
        yield cleaner.clean(frame) if cleaner else frame


def _report(folder: SongFolder, final: RoundScored, running: list[ScoreChanged]) -> dict[str, Any]:
    return {
        "song": folder.id,
        "title": folder.song.title,
        "score": final.score,
        "notes_hit": final.notes_hit,
        "lines": [
            {
                "line": index,
                "t": round(line.start_s, 3),
                "text": line.text,
                "score": final.lines[index],
                "rating": rate(final.lines[index]),
            }
            for index, line in enumerate(folder.song.lines)
            if line.singer in ("both", final.seat) and is_scored(line)
        ],
        "running": [{"t": changed.t, "score": changed.s} for changed in running],
    }
