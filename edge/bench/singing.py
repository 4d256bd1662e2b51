"""Bench of the ears: pitch, score, bleed removal; how right, and at what cost."""

import csv
import itertools
import random
import statistics
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

import edge
from edge.adapters.song_folder import open_song
from edge.adapters.soundfile import load_sound
from edge.bench.figures import Figure, at_least, at_most, exactly, told
from edge.bench.tones import Voice, hum, sing_tones
from edge.core.audio import AudioFrame, Samples
from edge.core.bleed import VoiceCleaner
from edge.core.pitch import HOP_S, PitchPoint, PitchTracker
from edge.core.song import Song
from edge.core.units import cents_between
from edge.singing import TAIL_S, Singing

Say = Callable[[str], None]
Tracker = Callable[[int], PitchTracker]

DATA = Path(edge.__file__).resolve().parent / "data"
DEMO_SONG = "star-over-the-booth"

RATE_HZ = 48_000
FRAME_S = 0.01
REAL_RATE_HZ = 16_000
"""Rate of the real recordings."""
CLIPS = 100
"""At most so many karaoke clips are heard, evenly taken; so are the next two."""
TAKES = 24
MIXED_CLIPS = 12
TIMED_S = 10.0
"""How much sound the cost is measured on, in s."""
EDGE_S = 0.04
"""So near to where a tone begins or ends no pitch is demanded, in s: half a window and a little."""
ROOM = ((0.004, 0.6), (0.011, -0.3), (0.023, 0.2), (0.047, 0.1))
"""The way from the speaker to the microphone: delays in s and gains."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """How a tracker's points agree with a reference."""

    sung: int
    """Points where the reference sings; `near` of them are within 50 cents."""
    near: int
    silent: int
    """Points where it does not; `wrong` of them were taken for singing."""
    wrong: int

    def __add__(self, other: "Agreement") -> "Agreement":
        return Agreement(
            self.sung + other.sung,
            self.near + other.near,
            self.silent + other.silent,
            self.wrong + other.wrong,
        )

    @property
    def near_share(self) -> float | None:
        """Share of the sung points within 50 cents."""
        return self.near / self.sung if self.sung else None

    @property
    def wrong_share(self) -> float | None:
        """Share of the silent points taken for singing."""
        return self.wrong / self.silent if self.silent else None


NONE = Agreement(0, 0, 0, 0)


def measure(data: Path | None, say: Say) -> Sequence[dict[str, Any]]:
    """Measure everything; see `edge.bench.cli`."""
    figures: list[Figure] = []
    say("synthetic tones")
    figures += tone_figures(sing_tones(RATE_HZ))
    say("scores of the shipped songs")
    figures += score_figures()
    say("determinism")
    voice = load_sound(DATA / "demo" / "voice.ogg", RATE_HZ)
    song = open_song(DATA / "songs" / DEMO_SONG).song
    figures.append(determinism_figure(voice[: round(TIMED_S * RATE_HZ)], song))
    say("cost")
    figures += cost_figures(voice, song, load_sound(DATA / "songs" / DEMO_SONG / "backing.ogg", RATE_HZ))
    if data is not None and (data / "singing").is_dir():
        figures += _real_figures(data / "singing", say)
    else:
        say("no folder of real recordings with singing/: left out")
    return [figure.as_row() for figure in figures]


def tone_figures(voice: Voice, tracker: Tracker = PitchTracker) -> list[Figure]:
    """Return how well tones of known pitch are heard."""
    points = _track(voice.samples, voice.rate_hz, tracker)
    found = compare(points, lambda at_s: _known_pitch(voice, at_s))
    return [
        at_least("tones-within-50-cents", found.near_share, "share", 0.99),
        at_most("tones-false-voicing", found.wrong_share, "share", 0.01),
    ]


def score_figures() -> list[Figure]:
    """Return the scores of the shipped voices, and of what must not score."""
    folders = sorted(path.parent for path in (DATA / "songs").glob("*/vocals.ogg"))
    songs = {folder.name: open_song(folder).song for folder in folders}
    guides = {folder.name: load_sound(folder / "vocals.ogg", RATE_HZ) for folder in folders}
    demo = load_sound(DATA / "demo" / "voice.ogg", RATE_HZ)
    others = [score(song, demo) for name, song in songs.items() if name != DEMO_SONG]
    others += [
        score(song, guide) for name, song in songs.items() for other, guide in guides.items() if other != name
    ]
    right = [score(songs[name], guide) for name, guide in guides.items()]
    hums = [score(song, hum(song, RATE_HZ)) for song in songs.values()]
    silence = score(songs[DEMO_SONG], np.zeros(len(demo), np.float32))
    return [
        at_least("score-demo-voice", score(songs[DEMO_SONG], demo), "points", 80),
        at_least("score-guide-vocal-least", min(right), "points", 90),
        exactly("score-silence", silence, "points", 0),
        at_most("score-hum-most", max(hums), "points", 10),
        at_most("score-wrong-song-most", max(others, default=0.0), "points", 30),
    ]


def determinism_figure(voice: Samples, song: Song) -> Figure:
    """Return how many ways of cutting the same sound give other pitch points or another score."""
    dice = random.Random(3)  # noqa: S311 - any lengths will do
    cuts = [*(itertools.repeat(size) for size in (441, 1024, 4800)), iter(lambda: dice.randint(1, 3000), 0)]
    wanted = _heard(voice, song, itertools.repeat(480))
    different = sum(_heard(voice, song, cut) != wanted for cut in cuts)
    return exactly("chunkings-that-differ", different, f"of {len(cuts)}", 0)


def cost_figures(voice: Samples, song: Song, backing: Samples) -> list[Figure]:
    """Return the processor time of one microphone as a share of real time (medians of single seconds)."""
    singing = _singing(song, RATE_HZ)
    cleaner = VoiceCleaner(RATE_HZ)
    cleaner.played(AudioFrame(backing, RATE_HZ, 0.0))
    frames = list(_frames(voice[: round(TIMED_S * RATE_HZ)], RATE_HZ))
    scoring = _share(frames, singing.hear)
    cleaning = _share(frames, cleaner.clean)
    return [
        at_most("cpu-pitch-and-score", scoring, "share of real time", 0.1),
        at_most("cpu-bleed-removal", cleaning, "share of real time", 0.1),
    ]


def score(song: Song, voice: Samples, rate_hz: int = RATE_HZ) -> float:
    """Return the final score of a voice that starts with the song."""
    singing = _singing(song, rate_hz)
    for frame in _frames(np.concatenate((voice, np.zeros(round(TAIL_S * rate_hz), np.float32))), rate_hz):
        singing.hear(frame)
    return singing.finish().score


def compare(points: Iterable[PitchPoint], reference: Callable[[float], float | None]) -> Agreement:
    """Compare points with a reference: Hz at a moment, 0 where nobody sings, None where it is undecided."""
    total = NONE
    for point in points:
        f0_hz = reference(point.at_s)
        if f0_hz is None:
            continue
        if f0_hz == 0:
            total += Agreement(0, 0, 1, int(point.is_voiced))
        else:
            is_near = point.f0_hz is not None and abs(cents_between(point.f0_hz, f0_hz)) <= 50
            total += Agreement(1, int(is_near), 0, 0)
    return total


def _real_figures(folder: Path, say: Say) -> list[Figure]:
    clips = _evenly(sorted((folder / "karaoke").glob("*.flac")), CLIPS)
    alone = NONE
    for count, clip in enumerate(clips):
        if count % 10 == 0:
            say(f"karaoke clip {count + 1} of {len(clips)}")
        alone += compare(_track(_channels(clip)[1], REAL_RATE_HZ), _reference(clip.with_suffix(".f0.csv")))
    say("karaoke behind its backing")
    behind = _behind_backing(_evenly(clips, MIXED_CLIPS))
    return [
        at_least("karaoke-within-50-cents", alone.near_share, "share", 0.97),
        at_most("karaoke-false-voicing", alone.wrong_share, "share", 0.05),
        at_least("karaoke-behind-backing-within-50-cents", behind.near_share, "share", 0.9),
        told("karaoke-behind-backing-false-voicing", behind.wrong_share, "share"),
        *_take_figures(folder / "notes", say),
    ]


def _take_figures(folder: Path, say: Say) -> list[Figure]:
    """Return the scores of real takes against their own songs, and against the next one's."""
    takes = _evenly(sorted(folder.glob("*.flac")), TAKES)
    songs = [open_song(take.with_suffix(".song.txt")).song for take in takes]
    right, wrong = [], []
    for count, take in enumerate(takes):
        if count % 10 == 0:
            say(f"sight-singing take {count + 1} of {len(takes)}")
        voice = load_sound(take, REAL_RATE_HZ)
        right.append(score(songs[count], voice, REAL_RATE_HZ))
        wrong.append(score(songs[(count + 1) % len(songs)], voice, REAL_RATE_HZ))
    median, other = (statistics.median(scores) if scores else None for scores in (right, wrong))
    return [
        at_least("score-right-song-median", median, "points", 85),
        at_most("score-wrong-song-median", other, "points", 30),
    ]


def _singing(song: Song, rate_hz: int) -> Singing:
    return Singing(song, room="bench", round_id="bench", seat="a", start_s=0.0, rate_hz=rate_hz)


def _frames(samples: Samples, rate_hz: int) -> Iterator[AudioFrame]:
    yield from _cut(samples, rate_hz, itertools.repeat(round(FRAME_S * rate_hz)))


def _cut(samples: Samples, rate_hz: int, sizes: Iterator[int]) -> Iterator[AudioFrame]:
    first = 0
    while first < len(samples):
        part = samples[first : first + next(sizes)]
        yield AudioFrame(part, rate_hz, first / rate_hz)
        first += len(part)


def _track(samples: Samples, rate_hz: int, make: Tracker = PitchTracker) -> list[PitchPoint]:
    tracker = make(rate_hz)
    return [point for frame in _frames(samples, rate_hz) for point in tracker.feed(frame)]


def _heard(voice: Samples, song: Song, sizes: Iterator[int]) -> tuple[list[PitchPoint], float]:
    tracker, singing = PitchTracker(RATE_HZ), _singing(song, RATE_HZ)
    points = []
    for frame in _cut(voice, RATE_HZ, sizes):
        points += tracker.feed(frame)
        singing.hear(frame)
    return points, singing.finish().score


def _share(frames: Sequence[AudioFrame], work: Callable[[AudioFrame], object]) -> float:
    each_s = round(1.0 / FRAME_S)
    shares = []
    for first in range(0, len(frames), each_s):
        part = frames[first : first + each_s]
        began_s = time.process_time()
        for frame in part:
            work(frame)
        shares.append((time.process_time() - began_s) / sum(frame.duration_s for frame in part))
    return statistics.median(shares)


def _known_pitch(voice: Voice, at_s: float) -> float | None:
    """Return the pitch at a moment; None near where a tone begins or ends."""
    low, high = (round((at_s + side * EDGE_S) * voice.rate_hz) for side in (-1, 1))
    if low < 0 or high > len(voice.f0_hz):
        return None
    sung = voice.f0_hz[low:high] > 0
    if sung.any() and not sung.all():
        return None
    return float(voice.f0_hz[(low + high) // 2])


def _reference(path: Path) -> Callable[[float], float | None]:
    """Return the pitch at a moment as a table of every 10 ms has it."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    times = np.array([float(row["time_s"]) for row in rows])
    pitches = [float(row["f0_hz"]) if row["f0_hz"] else None for row in rows]

    def look_up(at_s: float) -> float | None:
        index = int(np.argmin(np.abs(times - at_s)))
        return pitches[index] if abs(times[index] - at_s) <= HOP_S else None

    return look_up


def _channels(path: Path) -> tuple[Samples, Samples]:
    """Return the left and the right channel of a sound file at `REAL_RATE_HZ`."""
    resampler = av.AudioResampler(format="fltp", layout="stereo", rate=REAL_RATE_HZ)
    parts: list[NDArray[Any]] = []
    with av.open(str(path)) as container:
        for frame in container.decode(audio=0):
            parts += [out.to_ndarray() for out in resampler.resample(frame)]
        parts += [out.to_ndarray() for out in resampler.resample(None)]
    left, right = np.concatenate(parts, axis=1).astype(np.float32)
    return left, right


def _behind_backing(clips: Sequence[Path]) -> Agreement:
    """Hear clips in a row as a booth does: voice and echo equally loud, the backing taken out.

    The first clip is what the canceller learns on; it is not compared.
    """
    if len(clips) < 2:
        return NONE
    pairs = [_channels(clip) for clip in clips]
    backing, voice = (np.concatenate(part) for part in zip(*pairs, strict=True))
    begins_s = np.cumsum([0, *(len(one) for _, one in pairs)]) / REAL_RATE_HZ
    references = [_reference(clip.with_suffix(".f0.csv")) for clip in clips]

    def look_up(at_s: float) -> float | None:
        index = int(np.searchsorted(begins_s, at_s, "right")) - 1
        return references[index](at_s - begins_s[index]) if 1 <= index < len(clips) else None

    return compare(_cleaned(voice, backing), look_up)


def _cleaned(voice: Samples, backing: Samples) -> list[PitchPoint]:
    """Return the pitch of a voice as loud as the backing it is heard with, after the backing is taken out."""
    room = np.zeros(round(0.06 * REAL_RATE_HZ))
    for delay_s, gain in ROOM:
        room[round(delay_s * REAL_RATE_HZ)] = gain
    echo = np.convolve(backing, room)[: len(voice)]
    echo *= np.sqrt(np.mean(voice**2) / (np.mean(echo**2) + 1e-12))
    cleaner, tracker = VoiceCleaner(REAL_RATE_HZ), PitchTracker(REAL_RATE_HZ)
    cleaner.played(AudioFrame(backing, REAL_RATE_HZ, 0.0))
    heard = (voice + echo).astype(np.float32)
    return [point for frame in _frames(heard, REAL_RATE_HZ) for point in tracker.feed(cleaner.clean(frame))]


def _evenly(paths: Sequence[Path], most: int) -> list[Path]:
    """Return at most `most` of `paths`, evenly taken."""
    step = max(1, -(-len(paths) // most))
    return list(paths[::step])
