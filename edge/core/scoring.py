"""Scores of a voice against a song, 0 to 100: running, by line, and at the end.

The formula is explained for singers in docs/explanation/scoring.md. The rules of this file:

- only song time and pitch count: loudness, timbre and the order in which frames arrive do not;
- a note earns by the time that it is sung, full within `FULL_CENTS`, nothing beyond `NONE_CENTS`;
- octaves are free, but one octave for the whole line: it is chosen afterwards, for the singer's best;
- what one unchanging tone would earn while somebody sings is taken off, so that only melody counts;
- the same points give the same score, however they are cut into portions.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from edge.core.pitch import HOP_S, PitchPoint
from edge.core.song import Line, Note, Song
from edge.core.units import hz_to_midi
from edge.wire.scores import Rating
from edge.wire.songs import NoteKind

FULL_CENTS = 50.0
"""Up to this far from the note's pitch everything is earned."""
NONE_CENTS = 150.0
"""From this far on nothing is; in between a smooth slope, half way at a semitone."""
ENOUGH = 0.8
"""Share of a note's time that earns the whole note: consonants and breath cost nothing."""
MOST_CHANCE = 0.5
"""At most this share is taken off for what one unchanging tone would earn."""
OCTAVES = (-3, -2, -1, 0, 1, 2, 3)
"""Octaves that a line may be sung away from where it is written."""

_WEIGHTS: dict[NoteKind, float] = {
    "normal": 1.0,
    "golden": 2.0,
    "rap": 1.0,
    "golden-rap": 2.0,
    "freestyle": 0.0,
}
_RAP: frozenset[NoteKind] = frozenset({"rap", "golden-rap"})
_RATINGS: tuple[tuple[float, Rating], ...] = (
    (90.0, "perfect"),
    (75.0, "great"),
    (55.0, "good"),
    (30.0, "ok"),
)
_EPSILON_S = 1e-6
_NEAREST = sorted(range(len(OCTAVES)), key=lambda index: abs(OCTAVES[index]))


@dataclass(frozen=True, slots=True)
class LineScore:
    """How a line was sung."""

    line: int
    """Index in the song."""
    score: float
    """0 to 100."""
    rating: Rating


@dataclass(frozen=True, slots=True)
class FinalScore:
    """How a song was sung."""

    score: float
    """0 to 100."""
    lines: tuple[LineScore, ...]
    """The lines that had something to earn, in order."""
    notes_hit: float
    """Share of the time of all notes that was on pitch within a semitone, 0 to 1."""


def credit(cents: float) -> float:
    """Return what a voice earns that is `cents` away from the note: 1 near, 0 far, a cosine slope between.

    The slope stands where Performous has a straight one (`game/notes.cc`, power of a note).
    """
    away = abs(cents)
    if away <= FULL_CENTS:
        return 1.0
    if away >= NONE_CENTS:
        return 0.0
    return 0.5 + 0.5 * math.cos(math.pi * (away - FULL_CENTS) / (NONE_CENTS - FULL_CENTS))


def rate(score: float) -> Rating:
    """Return the word for a line's score, 0 to 100."""
    return next((word for least, word in _RATINGS if score >= least), "miss")


def is_scored(line: Line) -> bool:
    """Whether anything can be earned in `line`."""
    return any(_WEIGHTS[note.kind] and note.duration_s > 0 for note in line.notes)


def chance(lines: Iterable[Line], key: int = 0) -> float:
    """Return what the luckiest unchanging tone earns of the pitched notes, 0 to `MOST_CHANCE`."""
    notes = [note for line in lines for note in line.notes if _WEIGHTS[note.kind] and note.kind not in _RAP]
    total = sum(_WEIGHTS[note.kind] * note.duration_s for note in notes)
    if not total:
        return 0.0
    best = max(_tone_earns(tone / 4 + key, notes, key) for tone in range(48))
    return min(best / total, MOST_CHANCE)


def _tone_earns(tone: float, notes: Sequence[Note], key: int) -> float:
    """What `tone` (MIDI) earns of `notes`, in any octave."""
    shares = (credit(100.0 * math.remainder(tone - note.midi - key, 12.0)) / ENOUGH for note in notes)
    return sum(
        _WEIGHTS[note.kind] * note.duration_s * min(share, 1.0)
        for note, share in zip(notes, shares, strict=True)
    )


class _NoteTally:
    """What has been earned of one note so far, for each octave."""

    def __init__(self, note: Note, chance_share: float) -> None:
        self.note = note
        self.weight = _WEIGHTS[note.kind]
        self._chance = 0.0 if note.kind in _RAP else chance_share
        self._voiced_s = 0.0
        self._sung_s = [0.0] * len(OCTAVES)
        self._hit_s = [0.0] * len(OCTAVES)

    def hear(self, midi: float, seconds: float, key: int) -> None:
        """Count `seconds` of a voice at `midi`."""
        self._voiced_s += seconds
        for index, octave in enumerate(OCTAVES):
            earns = self.credit(midi, octave, key)
            self._sung_s[index] += earns * seconds
            if earns >= 0.5:
                self._hit_s[index] += seconds

    def credit(self, midi: float, octave: int, key: int) -> float:
        """What `midi` earns of this note if the line is sung `octave` octaves away."""
        if self.note.kind in _RAP:
            return 1.0
        return credit(100.0 * (midi - self.note.midi - key - 12 * octave))

    def possible(self, now_s: float) -> float:
        """What could have been earned until `now_s`."""
        return self.weight * max(0.0, min(now_s, self.note.end_s) - self.note.start_s)

    def earned(self, octave: int, now_s: float) -> float:
        """What was earned until `now_s` beyond chance, if the line is sung in the octave of that index."""
        possible = self.possible(now_s)
        sung = min(self.weight * self._sung_s[octave] / ENOUGH, possible)
        voiced = min(self.weight * self._voiced_s / ENOUGH, possible)
        return (sung - self._chance * voiced) / (1.0 - self._chance)

    def hit_s(self, octave: int) -> float:
        """Time on pitch in s."""
        return min(self._hit_s[octave], self.note.duration_s)


class _LineTally:
    """What has been earned of one line so far."""

    def __init__(self, index: int, line: Line, chance_share: float) -> None:
        self.index = index
        self.line = line
        self.notes = [
            _NoteTally(note, chance_share)
            for note in line.notes
            if _WEIGHTS[note.kind] and note.duration_s > 0
        ]
        self.end_s = line.end_s

    def hear(self, midi: float | None, from_s: float, to_s: float, key: int) -> None:
        """Count the voice between two moments."""
        if midi is None:
            return
        for tally in self.notes:
            overlap_s = min(to_s, tally.note.end_s) - max(from_s, tally.note.start_s)
            if overlap_s > 0:
                tally.hear(midi, overlap_s, key)

    def possible(self, now_s: float) -> float:
        """What could have been earned until `now_s`."""
        return sum(tally.possible(now_s) for tally in self.notes)

    def earned(self, now_s: float) -> float:
        """What was earned until `now_s` beyond chance, in the singer's best octave; may be below 0."""
        return self._earned_in(self.octave(now_s), now_s)

    def octave(self, now_s: float) -> int:
        """Index of the octave that the line is sung in so far; the nearest where none is better."""
        return max(_NEAREST, key=lambda index: self._earned_in(index, now_s))

    def hit_s(self) -> float:
        """Time on pitch in s."""
        octave = self.octave(self.end_s)
        return sum(tally.hit_s(octave) for tally in self.notes)

    def _earned_in(self, octave: int, now_s: float) -> float:
        return sum(tally.earned(octave, now_s) for tally in self.notes)


class Scorer:
    """Scores one voice against one song."""

    def __init__(self, song: Song, seat: Literal["a", "b"] = "a", *, key: int = 0) -> None:
        """Score `seat`'s lines of `song`, which is played `key` semitones higher than written."""
        self._key = key
        own = [(index, line) for index, line in enumerate(song.lines) if line.singer in ("both", seat)]
        share = chance((line for _, line in own), key)
        self._lines = [_LineTally(index, line, share) for index, line in own if is_scored(line)]
        self._open = 0
        self._now_s = -math.inf
        self._closed: list[LineScore] = []
        self._closed_earned = 0.0
        self._closed_possible = 0.0

    @property
    def now_s(self) -> float:
        """Song time in s up to which the voice has been heard."""
        return self._now_s

    @property
    def score(self) -> float:
        """Score so far, 0 to 100, of all that could have been earned until now."""
        running = self._lines[self._open :]
        earned = self._closed_earned + sum(line.earned(self._now_s) for line in running)
        possible = self._closed_possible + sum(line.possible(self._now_s) for line in running)
        return _percent(earned, possible)

    @property
    def line(self) -> int | None:
        """Index of the line that is being sung, or comes next; None after the last."""
        return self._lines[self._open].index if self._open < len(self._lines) else None

    def feed(self, points: Iterable[PitchPoint]) -> list[LineScore]:
        """Take points in, in order, stamped in song time, and return the lines that have ended."""
        ended: list[LineScore] = []
        for point in points:
            ended += self._hear(point)
        return ended

    def is_hit(self, point: PitchPoint) -> bool:
        """Whether `point` (in song time, just fed) is on its note within a semitone."""
        if point.f0_hz is None:
            return False
        midi = hz_to_midi(point.f0_hz)
        for line in self._lines[max(0, self._open - 1) :]:
            if line.line.start_s > point.at_s:
                return False
            octave = OCTAVES[line.octave(self._now_s)]
            for tally in line.notes:
                if tally.note.start_s <= point.at_s < tally.note.end_s:
                    return tally.credit(midi, octave, self._key) >= 0.5
        return False

    def finish(self) -> FinalScore:
        """Return the final score; what was not sung has earned nothing."""
        self._now_s = math.inf
        self._close()
        hit_s = sum(line.hit_s() for line in self._lines)
        all_s = sum(tally.note.duration_s for line in self._lines for tally in line.notes)
        return FinalScore(
            score=_percent(self._closed_earned, self._closed_possible),
            lines=tuple(self._closed),
            notes_hit=min(hit_s / all_s, 1.0) if all_s else 0.0,
        )

    def _hear(self, point: PitchPoint) -> list[LineScore]:
        from_s = max(point.at_s - HOP_S / 2, self._now_s)
        to_s = point.at_s + HOP_S / 2
        if to_s - from_s < _EPSILON_S:
            return []
        midi = None if point.f0_hz is None else hz_to_midi(point.f0_hz)
        for line in self._lines[self._open :]:
            if line.line.start_s >= to_s:
                break
            line.hear(midi, from_s, to_s, self._key)
        self._now_s = to_s
        return self._close()

    def _close(self) -> list[LineScore]:
        """Rate the lines that have ended."""
        ended: list[LineScore] = []
        while self._open < len(self._lines) and self._lines[self._open].end_s <= self._now_s:
            line = self._lines[self._open]
            earned, possible = line.earned(line.end_s), line.possible(line.end_s)
            self._closed_earned += earned
            self._closed_possible += possible
            score = _percent(earned, possible)
            ended.append(LineScore(line.index, score, rate(score)))
            self._open += 1
        self._closed += ended
        return ended


def _percent(earned: float, possible: float) -> float:
    return 100.0 * min(max(earned / possible, 0.0), 1.0) if possible > 0.0 else 0.0
