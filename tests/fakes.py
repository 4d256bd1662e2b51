"""One small fake for each of the box's ports."""

import asyncio
from collections.abc import AsyncIterator, Callable

import numpy as np

from edge.core.audio import AudioFrame, Samples
from edge.core.detection import Detection
from edge.core.picture import PictureFrame, Pixels
from edge.wire.boxes import Up
from edge.wire.codec import Message, encode


class FakeMicrophone:
    """Yields the frames it is given, then waits."""

    def __init__(self, frames: tuple[AudioFrame, ...] = ()) -> None:
        self.queue: asyncio.Queue[AudioFrame] = asyncio.Queue()
        self.cues: list[float] = []
        for frame in frames:
            self.queue.put_nowait(frame)

    async def frames(self) -> AsyncIterator[AudioFrame]:
        while True:
            yield await self.queue.get()

    def cue(self, at_s: float) -> None:
        self.cues.append(at_s)


class FakeSpeaker:
    """Keeps what it plays; its time passes with the samples alone."""

    def __init__(self, rate_hz: int = 48_000, starts_s: float = 0.0) -> None:
        self.rate_hz = rate_hz
        self.played: list[Samples] = []
        self.next_s = starts_s

    async def play(self, samples: Samples) -> float:
        heard_s = self.next_s
        self.played.append(samples)
        self.next_s += len(samples) / self.rate_hz
        await asyncio.sleep(0)
        return heard_s

    def sound(self) -> Samples:
        return np.concatenate(self.played)


class FakeCamera:
    """Yields the frames it is given, then waits."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[PictureFrame] = asyncio.Queue()
        self.openings = 0

    async def frames(self) -> AsyncIterator[PictureFrame]:
        self.openings += 1
        while True:
            yield await self.queue.get()


class FakeDetector:
    """Sees the same things in every picture."""

    def __init__(self, seen: tuple[Detection, ...] = ()) -> None:
        self.seen = list(seen)

    def detect(self, pixels: Pixels) -> list[Detection]:
        return list(self.seen)


class FakeBus:
    """Keeps what is published; `say` plays the other side."""

    def __init__(self) -> None:
        self.published: list[tuple[str, Message]] = []
        self.handles: dict[str, Callable[[bytes], None]] = {}
        self.is_connected = True
        self.renewals = 0

    async def publish(self, topic: str, message: Message, *, qos: int = 0, retain: bool = False) -> None:
        self.published.append((topic, message))

    async def subscribe(self, topic: str, handle: Callable[[bytes], None]) -> None:
        self.handles[topic] = handle

    async def unsubscribe(self, topic: str) -> None:
        self.handles.pop(topic, None)

    def renew(self) -> None:
        self.renewals += 1

    def say(self, topic: str, message: Message) -> None:
        self.handles[topic](encode(message))

    def sent(self, topic: str) -> list[Message]:
        return [message for where, message in self.published if where == topic]


class FakeOutbox:
    """Keeps its facts in memory."""

    def __init__(self, epoch: str = "epoch") -> None:
        self.epoch = epoch
        self.facts: list[tuple[str, Message]] = []
        self.acked = 0

    def add(self, kind: str, fact: Message) -> int:
        self.facts.append((kind, fact))
        return len(self.facts)

    def pending(self, after: int, limit: int) -> list[Up]:
        rows = list(enumerate(self.facts, 1))[max(after, self.acked) :][:limit]
        return [
            Up.model_validate({"e": self.epoch, "s": seq, "k": kind, "p": fact.model_dump(mode="json")})
            for seq, (kind, fact) in rows
        ]

    def acknowledge(self, epoch: str, upto: int) -> None:
        if epoch == self.epoch:
            self.acked = max(self.acked, upto)


class FakeScreen:
    """Keeps what it is shown."""

    def __init__(self) -> None:
        self.shown: list[Message] = []
        self.pictures: list[PictureFrame] = []

    async def show(self, message: Message) -> None:
        self.shown.append(message)

    async def picture(self, frame: PictureFrame) -> None:
        self.pictures.append(frame)

    def last(self, kind: type[Message]) -> Message | None:
        return next((message for message in reversed(self.shown) if isinstance(message, kind)), None)


class FakeUplink:
    """Keeps what is sent; its RTP clock counts the pictures."""

    def __init__(self) -> None:
        self.voice: list[AudioFrame] = []
        self.program: list[AudioFrame] = []
        self.pictures: list[PictureFrame] = []

    async def run(self) -> None:
        await asyncio.Event().wait()

    async def send_voice(self, frame: AudioFrame) -> None:
        self.voice.append(frame)

    async def send_program(self, frame: AudioFrame) -> None:
        self.program.append(frame)

    async def send_picture(self, frame: PictureFrame) -> int:
        self.pictures.append(frame)
        return len(self.pictures) * 3000


class FakeListener:
    """A stream from the relay: yields what is put into its two queues."""

    def __init__(self) -> None:
        self.sound: asyncio.Queue[AudioFrame] = asyncio.Queue()
        self.picture: asyncio.Queue[PictureFrame] = asyncio.Queue()

    async def run(self) -> None:
        await asyncio.Event().wait()

    async def voice(self) -> AsyncIterator[AudioFrame]:
        while True:
            yield await self.sound.get()

    async def pictures(self) -> AsyncIterator[PictureFrame]:
        while True:
            yield await self.picture.get()
