"""One performance: one song sung at one seat, from the count-in to the final score."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from edge.core.audio import AudioFrame, Samples
from edge.core.song import Song, in_turns
from edge.playing import Player
from edge.ports import Cued, Screen
from edge.singing import TAIL_S, Singing, Told, sing
from edge.streams import Stream, gathered
from edge.wire.kiosk import KioskClock, KioskRound, KioskScore
from edge.wire.rooms import Round, SeatName
from edge.wire.scores import RoundScored, ScoreChanged

log = logging.getLogger(__name__)

CLOCK_EVERY_S = 0.1
"""How often the screen is told where the song is, in s."""
PATIENCE_S = 2.0
"""How long after the song's end the box waits for the last of a voice that comes late, in s."""


@dataclass(frozen=True, slots=True)
class Part:
    """What is sung, where, and when."""

    song: Song
    round: Round
    room: str
    seat: SeatName
    start_s: float
    """Box time at which song time is 0."""
    latency_s: float = 0.0
    """How much later than it was sung the voice is stamped, in s."""
    backing: Samples | None = None
    """What is played meanwhile, at the player's rate; None plays nothing."""


class Performance:
    """Plays the backing, scores the voice, tells the running score; run it once."""

    def __init__(
        self,
        part: Part,
        *,
        voice: Stream[AudioFrame],
        rate_hz: int,
        player: Player,
        microphone: Cued | None,
        screen: Screen,
        now_s: Callable[[], float],
    ) -> None:
        self.part = part
        self._voice = voice
        self._player = player
        self._microphone = microphone
        self._screen = screen
        self._now_s = now_s
        self._told = 0
        song = in_turns(part.song) if part.round.mode == "duet" else part.song
        self._ends_s = part.start_s + part.latency_s + song.duration_s + TAIL_S
        self._singing = Singing(
            song,
            room=part.room,
            round_id=part.round.id,
            seat=part.seat,
            start_s=part.start_s,
            rate_hz=rate_hz,
            latency_s=part.latency_s,
        )

    async def run(
        self,
        *,
        tell: Callable[[ScoreChanged], Awaitable[None]],
        finished: Callable[[RoundScored], Awaitable[None]],
    ) -> None:
        """Sing until the song has ended; cancel to stop it before.

        Args:
            tell: called with each running score.
            finished: called once with the final one, before the last of the backing has been heard.
        """
        part = self.part
        await self._screen.show(KioskRound(round=part.round))
        if self._microphone is not None:
            self._microphone.cue(part.start_s)
        if part.backing is not None:
            self._player.begin(part.backing, part.start_s)
        clock = asyncio.create_task(self._show_clock())
        try:
            final, lost = await self._score(tell)
            await finished(final)
            log.info(
                "performance of %s at seat %s: score %.1f, %.0f %% of the notes hit, "
                "%d scores told, %d frames of voice lost",
                part.round.song, part.seat, final.score, 100 * final.notes_hit, self._told, lost,
            )  # fmt: skip
            await asyncio.sleep(part.start_s + part.round.duration_s - self._now_s())
        finally:
            clock.cancel()
            self._player.stop()
            await self._screen.show(KioskClock(song_t=None))
            await self._screen.show(KioskRound(round=None))

    async def _score(self, tell: Callable[[ScoreChanged], Awaitable[None]]) -> tuple[RoundScored, int]:
        """Return the final score and how many frames were lost; a voice that stops coming ends it, too."""

        async def pass_on(told: Told) -> None:
            if isinstance(told, ScoreChanged):
                self._told += 1
                await self._screen.show(KioskScore(seat=self.part.seat, message=told))
                await tell(told)
            else:
                await self._screen.show(told)

        reader = self._voice.open("scoring")
        patience_s = max(0.0, self._ends_s + PATIENCE_S - self._now_s())
        last_call = asyncio.get_running_loop().call_later(patience_s, self._voice.close, reader)
        try:
            return await sing(gathered(reader), self._singing, pass_on), reader.dropped
        finally:
            last_call.cancel()
            self._voice.close(reader)

    async def _show_clock(self) -> None:
        while True:
            await self._screen.show(KioskClock(song_t=round(self._now_s() - self.part.start_s, 3)))
            await asyncio.sleep(CLOCK_EVERY_S)
