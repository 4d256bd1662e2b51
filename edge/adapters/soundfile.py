"""Sound files: decoding whatever FFmpeg reads, and playing it in step with a clock."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
import numpy as np

from edge.core.audio import Samples
from edge.core.errors import Refused
from edge.ports import Speaker

PLAIN_RATE_HZ = 48_000
"""Rate at which a sound is measured that does not say its length, in Hz."""
MAX_SOUND_S = 30 * 60
"""Longest sound file that is read, in s."""


def load_sound(path: Path, rate_hz: int) -> Samples:
    """Return the whole of `path` as mono sound at `rate_hz`.

    Raises:
        Refused: the file is not there, holds no sound, or is longer than `MAX_SOUND_S`.
    """
    with _readable(path):
        samples = _decode(path, rate_hz)
    if not len(samples):
        raise _silent(path)
    return samples


def sound_length_s(path: Path) -> float:
    """Return how long the sound in `path` lasts, in s, as its head says; without one it is decoded.

    Raises:
        Refused: as `load_sound`.
    """
    with _readable(path), av.open(str(path)) as container:
        if not container.streams.audio:
            raise _silent(path)
        stream = container.streams.audio[0]
        if stream.duration is not None and stream.time_base is not None:
            return float(stream.duration * stream.time_base)
    return len(load_sound(path, PLAIN_RATE_HZ)) / PLAIN_RATE_HZ


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Say in one sentence why `path` cannot be read."""
    if not path.is_file():
        raise Refused(f'sound file "{path}" is not there: give the path of a sound file')
    try:
        yield
    except (av.error.FFmpegError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise Refused(
            f'sound file "{path}" cannot be read ({reason}): convert it to FLAC, Opus, MP3 or WAV'
        ) from error


def _silent(path: Path) -> Refused:
    return Refused(f'sound file "{path}" holds no sound: give a file with an audio track')


def excerpt(samples: Samples, first: int, count: int) -> Samples:
    """Return `count` samples from index `first` on, zeros before the beginning and after the end."""
    out = np.zeros(count, dtype=np.float32)
    start, stop = max(first, 0), min(first + count, len(samples))
    if start < stop:
        out[start - first : stop - first] = samples[start:stop]
    return out


async def play_at(speaker: Speaker, samples: Samples, at_s: float, *, block_s: float = 0.02) -> None:
    """Play `samples` so that the first is heard at box time `at_s`; returns when the last is queued.

    Silence is played until then. Where the speaker lost time, the sound goes on at the place where it
    should be, so that it stays in step with everybody else's.
    """
    block = round(block_s * speaker.rate_hz)
    heard_s = await speaker.play(np.zeros(block, dtype=np.float32)) + block / speaker.rate_hz
    while (first := round((heard_s - at_s) * speaker.rate_hz)) < len(samples):
        heard_s = await speaker.play(excerpt(samples, first, block)) + block / speaker.rate_hz


def _decode(path: Path, rate_hz: int) -> Samples:
    parts: list[Samples] = []
    count = 0
    with av.open(str(path)) as container:
        if not container.streams.audio:
            return np.zeros(0, dtype=np.float32)
        resampler = av.AudioResampler(format="fltp", rate=rate_hz)
        for frame in container.decode(audio=0):
            for out in resampler.resample(frame):
                parts.append(_mono(out))
                count += len(parts[-1])
            if count > MAX_SOUND_S * rate_hz:
                raise ValueError(f"longer than {MAX_SOUND_S // 60} minutes")
        parts.extend(_mono(out) for out in resampler.resample(None))
    return np.concatenate(parts) if parts else np.zeros(0, dtype=np.float32)


def _mono(frame: av.AudioFrame) -> Samples:
    """The mean of the channels: FFmpeg's own mix is louder and may clip."""
    return np.asarray(frame.to_ndarray().mean(axis=0), dtype=np.float32)
