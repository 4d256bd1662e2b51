"""One source, many bounded readers: sound keeps all, pictures keep the newest.

Every reader owns its queue, so a slow reader hurts itself alone. A sound queue that is full drops its oldest
frame; that is an error, counted, and said once for each reader. A picture queue that is full drops its oldest
without a word.
"""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Generic, TypeVar

import numpy as np

from edge.core.audio import AudioFrame

log = logging.getLogger(__name__)

T = TypeVar("T")

STEADY_S = 0.002
"""A frame continues the one before it when their stamps fit this well, in s."""
LONGEST_RUN_S = 0.5
"""Longest piece that frames are joined to, in s."""


class Reader(Generic[T]):
    """One reader's bounded queue; iterate over it until it is closed."""

    def __init__(self, name: str, limit: int, *, keeps_all: bool) -> None:
        self.name = name
        self.dropped = 0
        """Frames of sound that were lost because this reader was too slow."""
        self._frames: deque[T] = deque()
        self._limit = limit
        self._keeps_all = keeps_all
        self._news = asyncio.Event()
        self._is_closed = False

    def put(self, frame: T) -> None:
        """Queue `frame`, at the cost of the oldest when the queue is full."""
        if len(self._frames) >= self._limit:
            self._frames.popleft()
            self._count_loss()
        self._frames.append(frame)
        self._news.set()

    def close(self) -> None:
        """End the iteration once the queue is empty."""
        self._is_closed = True
        self._news.set()

    async def take(self) -> list[T]:
        """Wait for a frame and return all that have gathered; none when the stream is closed and empty."""
        try:
            first = await anext(self)
        except StopAsyncIteration:
            return []
        rest = list(self._frames)
        self._frames.clear()
        return [first, *rest]

    def _count_loss(self) -> None:
        if not self._keeps_all:
            return
        self.dropped += 1
        if self.dropped == 1:
            log.error("%s is too slow: sound is lost (at most %d frames wait)", self.name, self._limit)

    def __aiter__(self) -> AsyncIterator[T]:
        return self

    async def __anext__(self) -> T:
        while not self._frames:
            if self._is_closed:
                raise StopAsyncIteration
            self._news.clear()
            await self._news.wait()
        return self._frames.popleft()


class Stream(Generic[T]):
    """Hands each frame put in to every reader there is at that moment."""

    def __init__(self, name: str, limit: int, *, keeps_all: bool) -> None:
        self._name = name
        self._limit = limit
        self._keeps_all = keeps_all
        self._readers: list[Reader[T]] = []

    @property
    def has_readers(self) -> bool:
        """Whether anybody reads."""
        return bool(self._readers)

    def put(self, frame: T) -> None:
        """Hand `frame` to every reader."""
        for reader in self._readers:
            reader.put(frame)

    def open(self, who: str) -> Reader[T]:
        """Return a new reader for `who`, who must give it back with `close`."""
        reader: Reader[T] = Reader(f"{who} of the {self._name}", self._limit, keeps_all=self._keeps_all)
        self._readers.append(reader)
        return reader

    def close(self, reader: Reader[T]) -> None:
        """Take `reader` off and end its iteration; what it has queued can still be read."""
        if reader in self._readers:
            self._readers.remove(reader)
        reader.close()


async def gathered(reader: Reader[AudioFrame]) -> AsyncIterator[AudioFrame]:
    """Yield sound in as few pieces as wait: a busy machine catches up, an idle one has each frame at once."""
    while frames := await reader.take():
        for frame in joined(frames):
            yield frame


def joined(frames: Sequence[AudioFrame]) -> list[AudioFrame]:
    """Return `frames` with those that continue each other made one, up to half a second."""
    runs: list[list[AudioFrame]] = []
    for frame in frames:
        if runs and _continues(runs[-1], frame):
            runs[-1].append(frame)
        else:
            runs.append([frame])
    return [
        run[0] if len(run) == 1 else replace(run[0], samples=np.concatenate([each.samples for each in run]))
        for run in runs
    ]


def _continues(run: Sequence[AudioFrame], frame: AudioFrame) -> bool:
    last = run[-1]
    gap_s = frame.at_s - last.at_s - last.duration_s
    is_same_rate = frame.rate_hz == last.rate_hz
    return is_same_rate and abs(gap_s) <= STEADY_S and frame.at_s - run[0].at_s < LONGEST_RUN_S


@asynccontextmanager
async def closing(frames: AsyncIterator[T]) -> AsyncIterator[AsyncIterator[T]]:
    """Hand out `frames`, and close their device at the end of the block, whatever ends it."""
    try:
        yield frames
    finally:
        if isinstance(frames, AsyncGenerator):
            await frames.aclose()


def sound_stream(name: str, limit: int = 200) -> Stream[T]:
    """Return a stream that keeps everything, up to `limit` frames (2 s of 10 ms frames)."""
    return Stream(name, limit, keeps_all=True)


def picture_stream(name: str) -> Stream[T]:
    """Return a stream of which a reader gets only the newest frame."""
    return Stream(name, 1, keeps_all=False)
