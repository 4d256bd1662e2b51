"""Sound to Opus and pictures to VP8, with as little delay as the codecs allow."""

import fractions
from typing import Literal

import av
import numpy as np
from aiortc.codecs.vpx import Vp8Encoder

from edge.core.audio import AudioFrame, Samples
from edge.core.picture import PictureFrame

RATE_HZ = 48_000
PACKET_SAMPLES = 960
"""20 ms: 10 ms would halve the delay of the packet and double the packets of every viewer."""

LONGEST_SLIP_S = 0.060
"""How far captured and counted time may part before the count follows, in s."""

PICTURE_CLOCK_HZ = 90_000


class SoundEncoder:
    """Cuts mono sound into Opus packets, each with the box time of its first sample."""

    def __init__(self, bit_rate: int, application: Literal["lowdelay", "audio"]) -> None:
        self._codec = av.CodecContext.create("libopus", "w")
        self._codec.bit_rate = bit_rate
        self._codec.format = av.AudioFormat("flt")
        self._codec.layout = "mono"
        self._codec.sample_rate = RATE_HZ
        self._codec.time_base = fractions.Fraction(1, RATE_HZ)
        self._codec.options = {"application": application, "frame_duration": "20"}
        self._resampler: av.AudioResampler | None = None
        self._rate_hz = RATE_HZ
        self._kept: Samples = np.zeros(0, np.float32)
        self._at_s: float | None = None
        self._count = 0

    def encode(self, frame: AudioFrame) -> list[tuple[float, bytes]]:
        """Return the packets that `frame` completes."""
        kept_s = len(self._kept) / RATE_HZ
        if self._at_s is None or abs(frame.at_s - kept_s - self._at_s) > LONGEST_SLIP_S:
            self._at_s = frame.at_s
            self._kept = self._kept[:0]
        self._kept = np.concatenate([self._kept, self._at_48k(frame)])
        packets = []
        while len(self._kept) >= PACKET_SAMPLES:
            packets += [(self._at_s, data) for data in self._packet(self._kept[:PACKET_SAMPLES])]
            self._kept = self._kept[PACKET_SAMPLES:]
            self._at_s += PACKET_SAMPLES / RATE_HZ
        return packets

    def _packet(self, samples: Samples) -> list[bytes]:
        frame = av.AudioFrame.from_ndarray(np.clip(samples, -1, 1)[None, :], format="flt", layout="mono")
        frame.sample_rate = RATE_HZ
        frame.pts = self._count
        self._count += len(samples)
        return [bytes(packet) for packet in self._codec.encode(frame)]

    def _at_48k(self, frame: AudioFrame) -> Samples:
        if frame.rate_hz == RATE_HZ:
            return frame.samples.astype(np.float32, copy=False)
        if self._resampler is None or self._rate_hz != frame.rate_hz:
            self._resampler = av.AudioResampler(format="flt", layout="mono", rate=RATE_HZ)
            self._rate_hz = frame.rate_hz
        samples = np.ascontiguousarray(frame.samples, np.float32)[None, :]
        sound = av.AudioFrame.from_ndarray(samples, format="flt", layout="mono")
        sound.sample_rate = frame.rate_hz
        parts = [np.asarray(part.to_ndarray()[0], np.float32) for part in self._resampler.resample(sound)]
        return np.concatenate(parts) if parts else np.zeros(0, np.float32)


class PictureEncoder:
    """Fits pictures into a size and encodes them; blocking, for a thread of its own."""

    def __init__(self, width: int, height: int, bit_rate: int) -> None:
        self.codec = Vp8Encoder()
        """Its `target_bitrate` may be set at any time."""
        self.codec.target_bitrate = bit_rate
        self._most = (width, height)
        self._count = 0

    def encode(self, frame: PictureFrame, *, is_key: bool) -> list[bytes]:
        """Return the RTP payloads of `frame`."""
        picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame.pixels), format="rgb24")
        width, height = fitted(picture.width, picture.height, *self._most)
        picture = picture.reformat(width=width, height=height, format="yuv420p")
        self._count += 1
        picture.pts = self._count * 6000  # only the order counts: the sender has its own timestamps
        picture.time_base = fractions.Fraction(1, PICTURE_CLOCK_HZ)
        payloads, _ = self.codec.encode(picture, force_keyframe=is_key)
        return payloads


def fitted(width: int, height: int, most_width: int, most_height: int) -> tuple[int, int]:
    """Return the largest even size of the same shape within the most; never larger than it is."""
    scale = min(1.0, most_width / width, most_height / height)
    return max(2, round(width * scale / 2) * 2), max(2, round(height * scale / 2) * 2)
