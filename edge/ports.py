"""What the box needs from the world, as small protocols; adapters fulfil them."""

from collections.abc import AsyncIterator, Callable
from typing import Protocol

from edge.core.audio import AudioFrame, Samples
from edge.core.detection import Detection
from edge.core.picture import PictureFrame, Pixels
from edge.wire.boxes import Up
from edge.wire.codec import Message


class Microphone(Protocol):
    """A source of sound that is never skipped."""

    def frames(self) -> AsyncIterator[AudioFrame]:
        """Yield frames as they are captured; ends or raises `DeviceLost` when the device goes."""
        ...


class Speaker(Protocol):
    """Plays sound."""

    rate_hz: int

    async def play(self, samples: Samples) -> float:
        """Queue `samples` (mono) and return the box time in s at which the first is heard."""
        ...


class Camera(Protocol):
    """A source of pictures, of which only the newest counts."""

    def frames(self) -> AsyncIterator[PictureFrame]:
        """Yield frames as they are captured; ends or raises `DeviceLost` when the device goes."""
        ...


class Cued(Protocol):
    """A replayed source that starts when it is told to, so that a file is heard in step with a song."""

    def cue(self, at_s: float) -> None:
        """Begin the file again so that its first sample or frame falls on box time `at_s`."""
        ...


class Detector(Protocol):
    """Finds things in a picture."""

    def detect(self, pixels: Pixels) -> list[Detection]:
        """Return what is seen, best first; blocking, to be called in a thread."""
        ...


class Bus(Protocol):
    """The messages to and from the hub, connected or not."""

    async def publish(self, topic: str, message: Message, *, qos: int = 0, retain: bool = False) -> None:
        """Send now if connected; QoS 0 is dropped otherwise."""
        ...

    async def subscribe(self, topic: str, handle: Callable[[bytes], None]) -> None:
        """Call `handle` on the event loop for each payload of `topic`, across reconnections."""
        ...


class Outbox(Protocol):
    """Facts that must reach the hub exactly once."""

    def add(self, kind: str, fact: Message) -> int:
        """Store durably and return the sequence number."""
        ...

    def pending(self, after: int, limit: int) -> list[Up]:
        """Return unacknowledged rows after sequence number `after`, oldest first."""
        ...

    def acknowledge(self, epoch: str, upto: int) -> None:
        """Forget everything up to `upto`, if `epoch` is this outbox's own."""
        ...


class Screen(Protocol):
    """The touchscreen of the booth."""

    async def show(self, message: Message) -> None:
        """Show a message at once."""
        ...

    async def picture(self, frame: PictureFrame) -> None:
        """Show a camera frame; older ones are skipped."""
        ...


class Uplink(Protocol):
    """Carries the singer's voice and picture to the hub's relay."""

    async def send_voice(self, frame: AudioFrame) -> None:
        """Send the dry voice."""
        ...

    async def send_program(self, frame: AudioFrame) -> None:
        """Send the mix that viewers hear."""
        ...

    async def send_picture(self, frame: PictureFrame) -> int:
        """Send a frame and return the RTP timestamp it is sent with."""
        ...
