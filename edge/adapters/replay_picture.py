"""Pictures from a file: decoded for offline reading, or replayed in real time as a camera."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Generator
from pathlib import Path

import av
import numpy as np

from edge.core.errors import Refused
from edge.core.picture import PictureFrame, Pixels

MAX_SIDE = 8192
"""Largest picture that is decoded, in pixels."""


def read_pictures(path: Path, *, width: int | None = None) -> Generator[PictureFrame, None, None]:
    """Yield every frame of a film, or the one of an image; `at_s` counts from the first.

    Args:
        path: whatever FFmpeg reads.
        width: wider pictures are made this wide.

    Raises:
        Refused: not there, not readable, or no picture in it.
    """
    if not path.is_file():
        raise Refused(f'picture file "{path}" is not there: give the path of a film or an image')
    count = 0
    try:
        with av.open(str(path)) as container:
            if not container.streams.video:
                raise Refused(f'"{path}" holds no picture: give a film or an image')
            stream = container.streams.video[0]
            stream.thread_type = "AUTO"
            rate = float(stream.average_rate or 25)
            first: float | None = None
            for frame in container.decode(stream):
                at_s = frame.time if frame.time is not None else count / rate
                first = at_s if first is None else first
                yield PictureFrame(to_pixels(frame, width), at_s - first)
                count += 1
    except (av.error.FFmpegError, ValueError) as error:
        if count == 0:
            raise Refused(
                f'picture file "{path}" cannot be read ({error}): convert it to MP4, PNG or JPEG'
            ) from error
    if count == 0:
        raise Refused(f'"{path}" holds no picture: give a film or an image')


def to_pixels(frame: av.VideoFrame, width: int | None = None) -> Pixels:
    """Return a decoded frame as RGB, at most `width` wide."""
    if max(frame.width, frame.height) > MAX_SIDE:
        raise ValueError(f"{frame.width}x{frame.height} pixels: at most {MAX_SIDE} on a side")
    wide, high = frame.width, frame.height
    if width is not None and wide > width:
        wide, high = width, max(2, round(high * width / wide / 2) * 2)
    scaled = frame.reformat(width=wide, height=high, format="rgb24")
    return np.ascontiguousarray(scaled.to_ndarray(), np.uint8)


class FileCamera:
    """Replays a film in real time; late frames are left out."""

    def __init__(
        self,
        path: Path,
        *,
        width: int = 640,
        height: int = 0,
        fps: float = 15.0,
        hold_s: float = 0.0,
        rest_s: float = 0.0,
        is_looped: bool = False,
    ) -> None:
        """Replay the film at `path`.

        Args:
            path: the film.
            width: wider pictures are made this wide; their shape stays.
            height: higher pictures are made this high; 0 for no limit.
            fps: at most so many frames per second.
            hold_s: how long the first frame stands still each time the film begins.
            rest_s: how long the last frame stands still before the film begins again.
            is_looped: whether the film begins again at its end.

        Raises:
            Refused: the film cannot be read.
        """
        size = next(read_pictures(path)).pixels.shape
        limits = [width, size[1], *([round(height * size[1] / size[0])] if height else [])]
        self._path = path
        self._width = max(2, min(limits) // 2 * 2)
        self._period_s = 1 / fps
        self._hold_s = hold_s
        self._rest_s = rest_s
        self._is_looped = is_looped
        self._cued: tuple[int, float] = (0, 0.0)

    def cue(self, at_s: float) -> None:
        """Begin the film again so that its first frame falls on box time `at_s`."""
        self._cued = (self._cued[0] + 1, at_s)

    async def frames(self) -> AsyncIterator[PictureFrame]:
        """Yield frames when they are due, from the film's beginning."""
        cues, begin_s = self._cued[0], time.monotonic()
        while True:
            last_s = begin_s
            async for at_s, frame in self._once(begin_s):
                yield PictureFrame(frame.pixels, at_s)
                last_s = at_s
                if self._cued[0] != cues:
                    break
            if self._cued[0] != cues:
                cues, begin_s = self._cued
            elif self._is_looped:
                begin_s = max(last_s + self._period_s, time.monotonic())
            else:
                return

    async def _once(self, begin_s: float) -> AsyncIterator[tuple[float, PictureFrame]]:
        """Yield (box time, frame) of one run of the film that begins at `begin_s`."""
        film = read_pictures(self._path, width=self._width)
        first = last = None
        next_s = 0.0
        try:
            while (frame := await asyncio.to_thread(next, film, None)) is not None:
                if first is None:
                    first = frame
                    async for at_s in self._still(begin_s, self._hold_s):
                        yield at_s, first
                if frame.at_s < next_s:
                    continue
                due_s = begin_s + self._hold_s + frame.at_s
                late_s = time.monotonic() - due_s
                if late_s > 2 * self._period_s:
                    continue
                await asyncio.sleep(max(0.0, -late_s))
                next_s = frame.at_s + 0.9 * self._period_s
                last = frame
                yield due_s, frame
            if last is not None:
                end_s = begin_s + self._hold_s + last.at_s + self._period_s
                async for at_s in self._still(end_s, self._rest_s):
                    yield at_s, last
        finally:
            with contextlib.suppress(ValueError):  # a cancelled reader's thread still decodes its last frame
                film.close()

    async def _still(self, begin_s: float, lasts_s: float) -> AsyncIterator[float]:
        """Yield the times at which a frame is shown again while it stands still."""
        at_s = begin_s
        while at_s < begin_s + lasts_s - 0.5 * self._period_s:
            await asyncio.sleep(max(0.0, at_s - time.monotonic()))
            yield at_s
            at_s += self._period_s
