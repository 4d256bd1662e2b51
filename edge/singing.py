"""The singing loop: frames of a cleaned voice become pitch, pitch becomes score, score becomes messages."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace

from edge.core.audio import AudioFrame
from edge.core.pitch import PitchPoint, PitchTracker
from edge.core.scoring import FinalScore, LineScore, Scorer
from edge.core.song import Song
from edge.core.units import hz_to_midi
from edge.wire.rooms import SeatName
from edge.wire.scores import LineMark, LineRated, RoundScored, ScoreChanged, ScoreSample

REPORT_S = 0.2
"""Song time between two running scores, in s."""
LEAD_S = 1.0
"""How long before the first note running scores begin, in s."""
TAIL_S = 0.5
"""How long after the last note the voice is still listened to, in s."""

Told = ScoreChanged | LineRated


class Singing:
    """One seat's singing of one song in one round."""

    def __init__(
        self,
        song: Song,
        *,
        room: str,
        round_id: str,
        seat: SeatName,
        start_s: float,
        rate_hz: int = 48_000,
        latency_s: float = 0.0,
        key: int = 0,
    ) -> None:
        """Prepare to score.

        Args:
            song: what is sung.
            room: where; it and `round_id` are repeated in every message.
            round_id: which round of the room.
            seat: whose voice; of a duet only this seat's lines are scored.
            start_s: time on the frames' clock at which song time is 0.
            rate_hz: rate of the frames.
            latency_s: how much later than it was sung the voice is stamped, in s.
            key: semitones that the song is played higher than written.
        """
        self._song = song
        self._room = room
        self._round = round_id
        self._seat = seat
        self._zero_s = start_s + latency_s
        self._tracker = PitchTracker(rate_hz)
        self._scorer = Scorer(song, seat, key=key)
        self._samples: list[ScoreSample] = []
        self._report_s = min(line.start_s for line in song.lines) - LEAD_S
        self._counter = 0
        self._mark: LineMark | None = None

    @property
    def song_t(self) -> float:
        """Song time in s up to which the voice has been heard; -inf before."""
        return self._scorer.now_s

    @property
    def is_over(self) -> bool:
        """Whether the song has ended."""
        return self.song_t >= self._song.duration_s + TAIL_S

    @property
    def score(self) -> float:
        """Score so far, 0 to 100."""
        return self._scorer.score

    def hear(self, frame: AudioFrame) -> list[Told]:
        """Take the next frame of the voice in and return what is to be told, in order."""
        told: list[Told] = []
        for point in self._tracker.feed(frame):
            told += self._follow(replace(point, at_s=point.at_s - self._zero_s))
        return told

    def finish(self) -> RoundScored:
        """Return the final score; call it once, when the song has ended or the singer has left."""
        final = self._scorer.finish()
        return RoundScored(
            round=self._round,
            room=self._room,
            seat=self._seat,
            score=round(final.score, 2),
            lines=self._line_scores(final),
            notes_hit=round(final.notes_hit, 4),
        )

    def _follow(self, point: PitchPoint) -> list[Told]:
        if self.is_over:
            return []
        line = self._scorer.line
        rated = [self._rated(ended) for ended in self._scorer.feed((point,))]
        if point.at_s < self._report_s - REPORT_S:
            return [*rated]
        self._samples.append(self._sample(point))
        if point.at_s < self._report_s:
            return [*rated]
        while self._report_s <= point.at_s:
            self._report_s += REPORT_S
        return [*rated, self._changed(point, line)]

    def _sample(self, point: PitchPoint) -> ScoreSample:
        if point.f0_hz is None:
            return ScoreSample(t=round(point.at_s, 3))
        midi = round(hz_to_midi(point.f0_hz), 2)
        return ScoreSample(t=round(point.at_s, 3), p=midi, h=self._scorer.is_hit(point))

    def _changed(self, point: PitchPoint, line: int | None) -> ScoreChanged:
        samples, self._samples = tuple(self._samples), []
        self._counter += 1
        return ScoreChanged(
            q=self._counter,
            n=self._round,
            s=round(self._scorer.score, 2),
            t=round(point.at_s, 3),
            l=line,
            x=samples,
            r=self._mark,
        )

    def _rated(self, ended: LineScore) -> LineRated:
        score = round(ended.score, 2)
        self._mark = LineMark(l=ended.line, s=score, r=ended.rating)
        return LineRated(
            round=self._round, seat=self._seat, line=ended.line, score=score, rating=ended.rating
        )

    def _line_scores(self, final: FinalScore) -> tuple[float, ...]:
        scores = {line.line: round(line.score, 2) for line in final.lines}
        return tuple(scores.get(index, 0.0) for index in range(len(self._song.lines)))


async def sing(
    frames: AsyncIterator[AudioFrame],
    singing: Singing,
    tell: Callable[[Told], Awaitable[None]],
) -> RoundScored:
    """Score `frames` until the song or the frames end, telling every change at once; return the final score.

    The computing is done in a thread, so that the event loop never waits for it.
    """
    async for frame in frames:
        for told in await asyncio.to_thread(singing.hear, frame):
            await tell(told)
        if singing.is_over:
            break
    return singing.finish()
