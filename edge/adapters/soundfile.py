"""Sound files: decoding whatever FFmpeg reads, and playing it in step with a clock."""

from pathlib import Path

import av
import numpy as np

from edge.core.audio import Samples
from edge.core.errors import Refused
from edge.ports import Speaker

MAX_SOUND_S = 30 * 60
"""Longest sound file that is read, in s."""


def load_sound(path: Path, rate_hz: int) -> Samples:
    """Return the whole of `path` as mono sound at `rate_hz`.

    Raises:
        Refused: the file is not there, holds no sound, or is longer than `MAX_SOUND_S`.
    """
    if not path.is_file():
        raise Refused(f'sound file "{path}" is not there: give the path of a sound file')
    try:
        samples = _decode(path, rate_hz)
    except (av.error.FFmpegError, ValueError) as error:
        reason = str(error).partition(": '")[0]
        raise Refused(
            f'sound file "{path}" cannot be read ({reason}): convert it to FLAC, Opus, MP3 or WAV'
        ) from error
    if not len(samples):
        raise Refused(f'sound file "{path}" holds no sound: give a file with an audio track')
    return samples


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
