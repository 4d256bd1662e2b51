"""A taken seat: what the box sends, hears and sees while it sits in a room."""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from edge.core.audio import AudioFrame
from edge.core.errors import Refused
from edge.core.picture import PictureFrame
from edge.playing import Player
from edge.ports import Camera, Detector, Screen, Uplink
from edge.streams import Stream, closing
from edge.watching import Watching
from edge.wire.boxes import TakeSeat
from edge.wire.elements import ElementsSeen, Pick, PickAnswer, Scene
from edge.wire.kiosk import KioskElements
from edge.wire.rooms import MediaGrant
from edge.wire.tasks import Task, TaskAchieved

log = logging.getLogger(__name__)

MIX_WAITS_S = 0.25
"""The program waits at most so long to know what was heard beside the voice, in s."""

REMEMBERED_PICTURES = 30
"""Frames that wait for the watching, which wants to know the stamp even of those it does not look at."""

Run = Callable[[], Coroutine[None, None, None]]
"""A loop, or anything that is done in the background."""


class Keeper(Protocol):
    """Runs things in the background and says what goes wrong with them."""

    def keep(self, name: str, run: Run) -> "asyncio.Task[None]":
        """Run `run`, again and again when it fails, until it ends by itself or is cancelled."""
        ...

    def once(self, name: str, run: Run) -> "asyncio.Task[None]":
        """Run `run`, and let it be when it fails."""
        ...


class LiveUplink(Uplink, Protocol):
    """An uplink that publishes while `run` runs."""

    async def run(self) -> None:
        """Publish until cancelled; raises `Refused` when the grant is no longer taken."""
        ...


class Listener(Protocol):
    """Someone's voice and picture from the relay, while `run` runs."""

    async def run(self) -> None:
        """Listen until cancelled; raises `Refused` when the grant is no longer taken."""
        ...

    def voice(self) -> AsyncIterator[AudioFrame]:
        """Yield the voice."""
        ...

    def pictures(self) -> AsyncIterator[PictureFrame]:
        """Yield the newest picture each time."""
        ...


class Media(Protocol):
    """Makes what a seat needs of the relay and the detector."""

    def uplink(self, grant: MediaGrant) -> LiveUplink:
        """Return an uplink that is not running yet."""
        ...

    def listener(self, grant: MediaGrant) -> Listener:
        """Return a listener that is not running yet."""
        ...

    def detector(self, scene: Scene) -> Detector:
        """Return the detector of a scene; blocking."""
        ...


@dataclass(frozen=True, slots=True)
class Reports:
    """Whom a seat tells what."""

    seen: Callable[[ElementsSeen], Awaitable[None]]
    achieved: Callable[[TaskAchieved], Awaitable[None]]
    media_refused: Callable[[], Awaitable[None]]
    """The relay no longer takes the seat's grants: new ones are needed."""


class Seat:
    """One seat in one room, from `open` to `close`."""

    def __init__(
        self,
        take: TakeSeat,
        *,
        keeper: Keeper,
        media: Media,
        heard: Stream[AudioFrame],
        player: Player,
        camera: Camera | None,
        screen: Screen,
        reports: Reports,
    ) -> None:
        self.take = take
        self.is_refused = False
        """Whether the relay no longer takes this seat's grants."""
        self._keeper = keeper
        self._media = media
        self._heard = heard
        self._player = player
        self._camera = camera
        self._screen = screen
        self._reports = reports
        self._uplink = media.uplink(take.publish) if take.publish is not None else None
        self._pictures: Stream[PictureFrame] = Stream("camera", REMEMBERED_PICTURES, keeps_all=False)
        self._watching: Watching | None = None
        self._tasks: tuple[Task, ...] = ()
        self._running: list[asyncio.Task[None]] = []
        self._to_mix: deque[AudioFrame] = deque()

    def open(self) -> None:
        """Start everything this seat needs."""
        take = self.take
        if self._uplink is not None:
            self._start("uplink", self._publish(self._uplink))
        if take.hear is not None:
            self._start("partner's voice", self._hear(self._media.listener(take.hear)))
        if take.source is not None:
            source = self._media.listener(take.source)
            self._start("singer's stream", self._run_media(source.run))
            self._start("singer's voice", self._take_voice(source))
            self._start("singer's picture", self._take_pictures(source.pictures))
        elif self._camera is not None:
            self._start("camera", self._take_pictures(self._camera.frames))
        if take.source is not None or self._camera is not None:
            self._start("watching", self._watch)

    async def close(self) -> None:
        """Stop everything and wait until it has stopped."""
        for running in self._running:
            running.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        self._running.clear()
        self._player.forget_partner()

    async def send(self, voice: AudioFrame) -> None:
        """Send a frame of the clean voice, and the mix that belongs to it as soon as it is known."""
        if self._uplink is None:
            return
        await self._uplink.send_voice(voice)
        self._to_mix.append(voice)
        while self._to_mix and self._is_known(self._to_mix[0], voice.at_s):
            await self._uplink.send_program(self._mixed(self._to_mix.popleft()))

    def find(self, pick: Pick) -> PickAnswer:
        """Return the element at a pick.

        Raises:
            Refused: this seat has no picture.
        """
        if self._watching is None:
            raise Refused("this seat has no picture (yet): pick again when there is one")
        return self._watching.find(pick)

    def judge(self, tasks: tuple[Task, ...]) -> None:
        """Judge exactly these tasks from now on.

        Raises:
            Refused: one or more cannot be judged here; the others are.
        """
        self._tasks = tasks
        if self._watching is not None:
            self._watching.judge(tasks)

    def _start(self, name: str, run: Run) -> None:
        self._running.append(self._keeper.keep(name, run))

    def _publish(self, uplink: LiveUplink) -> Run:
        return self._run_media(uplink.run)

    def _run_media(self, run: Run) -> Run:
        """Return `run` with an eye on refused grants: they end it, and the owner is told."""

        async def watched() -> None:
            try:
                await run()
            except Refused as refusal:
                log.warning("the relay refuses this seat's media: %s", refusal)
                self.is_refused = True
                await self._reports.media_refused()

        return watched

    def _hear(self, partner: Listener) -> Run:
        async def hear() -> None:
            async with asyncio.TaskGroup() as group:
                running = group.create_task(self._run_media(partner.run)())
                async for frame in partner.voice():
                    self._player.hear_partner(frame)
                running.cancel()

        return hear

    def _take_voice(self, source: Listener) -> Run:
        async def take() -> None:
            async for frame in source.voice():
                self._heard.put(frame)

        return take

    def _take_pictures(self, pictures: Callable[[], AsyncIterator[PictureFrame]]) -> Run:
        async def take() -> None:
            async with closing(pictures()) as frames:
                async for frame in frames:
                    await self._pass_on(frame)

        return take

    async def _pass_on(self, frame: PictureFrame) -> None:
        """Send a frame, and hand it on with the stamp it was sent with."""
        if self._uplink is not None:
            frame = replace(frame, rtp=await self._uplink.send_picture(frame))
        self._pictures.put(frame)
        await self._screen.picture(frame)

    async def _watch(self) -> None:
        detector = await asyncio.to_thread(self._media.detector, self.take.scene)
        self._watching = Watching(detector, seat=self.take.seat)
        self._watching.judge(self._tasks)
        reader = self._pictures.open("watching")
        try:
            await self._watching.watch(reader, seen=self._seen, achieved=self._reports.achieved)
        finally:
            self._pictures.close(reader)

    async def _seen(self, seen: ElementsSeen) -> None:
        await self._screen.show(KioskElements(message=seen))
        await self._reports.seen(seen)

    def _is_known(self, frame: AudioFrame, now_s: float) -> bool:
        """Whether it is known what was heard beside `frame`, or too late to wait for it."""
        is_known = frame.at_s + frame.duration_s <= self._player.heard_until_s
        return is_known or now_s - frame.at_s > MIX_WAITS_S

    def _mixed(self, voice: AudioFrame) -> AudioFrame:
        heard = self._player.heard(voice.at_s, len(voice.samples), voice.rate_hz)
        return replace(voice, samples=np.clip(voice.samples + heard, -1.0, 1.0).astype(np.float32))


async def show_camera(camera: Camera, screen: Screen) -> None:
    """Show the camera on the screen, while nobody sits in a room."""
    async with closing(camera.frames()) as frames:
        async for frame in frames:
            await screen.picture(frame)
