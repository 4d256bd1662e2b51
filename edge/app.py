"""The wiring of the box: the one file that names concrete classes; what starts and stops, in which order."""

import asyncio
import logging
import platform
import secrets
import signal
import sys
from collections.abc import Coroutine
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import segno

import edge
from edge.adapters.alsa import AlsaMicrophone, AlsaSpeaker
from edge.adapters.clock import BoxClock
from edge.adapters.hub import HubClient
from edge.adapters.identity import open_identity
from edge.adapters.kiosk import Kiosk
from edge.adapters.litert import load_detector
from edge.adapters.mqtt import BusLogin, MqttBus
from edge.adapters.outbox import Courier, SqliteOutbox
from edge.adapters.picamera import PicameraCamera
from edge.adapters.replay_picture import FileCamera
from edge.adapters.replay_sound import FileMicrophone, NullSpeaker
from edge.adapters.song_folder import open_song
from edge.adapters.soundfile import load_sound
from edge.adapters.v4l2 import V4l2Camera
from edge.adapters.webrtc import WhepListener, WhipUplink
from edge.booth import Booth, Gear, Line
from edge.core.errors import DeviceLost, KtvError, Refused
from edge.core.picture import PictureFrame
from edge.playing import Player
from edge.ports import Camera, Detector, Microphone, Screen, Speaker
from edge.seat import Listener, LiveUplink, Run
from edge.settings import Settings, load_settings
from edge.shelf import Shelf
from edge.streams import closing
from edge.wire import topics
from edge.wire.boxes import BoxSession, BoxState
from edge.wire.codec import Message
from edge.wire.elements import Scene
from edge.wire.kiosk import KioskHello, KioskQueue, KioskRoom, KioskStatus
from edge.wire.rooms import MediaGrant

log = logging.getLogger(__name__)

PACKAGE = Path(__file__).parent
SHIPPED_SONGS = PACKAGE / "data" / "songs"
KIOSK_PAGES = PACKAGE / "pages" / "kiosk" / "dist"

FIRST_WAIT_S, LONGEST_WAIT_S = 1.0, 30.0
"""Pause before something that failed is tried again, doubled with each failure, in s."""
WELL_AFTER_S = 2.0
"""What ran so long without a failure is well again, in s."""
CLOCK_EVERY_S = 60.0
"""How often the hub's time is asked, in s."""
BROKER_PORT = 1884
"""The broker's port where neither settings nor hub name one."""

PartName = Literal["microphone", "speaker", "camera", "hub", "media"]
_PARTS: dict[str, tuple[PartName, str]] = {
    "microphone": ("microphone", "麦克风"),
    "speaker": ("speaker", "音箱"),
    "camera": ("camera", "摄像头"),
    "hub": ("hub", "云端"),
    "uplink": ("media", "直播"),
    "singer's stream": ("media", "直播"),
    "partner's voice": ("media", "直播"),
}


def main(config: Path) -> int:
    """Run the box with the settings at `config` until it is told to stop; return the exit status."""
    logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("aioice").setLevel(logging.WARNING)
    try:
        settings = load_settings(config)
        asyncio.run(_until_signalled(settings))
    except KtvError as error:
        print(f"ktv box: {error}", file=sys.stderr)
        return 2
    return 0


async def _until_signalled(settings: Settings) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await run(settings, stop)


async def run(settings: Settings, stop: asyncio.Event) -> None:
    """Build the box, start it, serve until `stop` is set, and stop it in the opposite order.

    Raises:
        Refused: something in the settings cannot work, such as a port in use or a file that is no sound.
    """
    box = Box(settings)
    await box.open()
    try:
        async with asyncio.TaskGroup() as group:
            box.start(group)
            log.info("%s is ready; %d songs on the shelf", settings.box.name, len(box.shelf))
            await stop.wait()
            await box.say_goodbye()
            box.stop()
    finally:
        await box.close()


class Box:
    """Everything in one box."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        data_dir = settings.box.data_dir
        self.identity = open_identity(data_dir)
        self.outbox = SqliteOutbox(data_dir / "outbox.db")
        self.clock = BoxClock()
        self.kiosk = Kiosk(settings.kiosk.host, settings.kiosk.port, KIOSK_PAGES)
        self.screen: Screen = self.kiosk if settings.kiosk.is_on else NoScreen()
        self.keeper = Restarter(self.screen)
        self.player = Player(rate_hz=settings.speaker.rate_hz, backing_gain=settings.speaker.backing_gain)
        self.microphone = open_microphone(settings)
        self.shelf = Shelf([SHIPPED_SONGS, *settings.songs.folders], data_dir / "songs", open_song)
        self.boot = secrets.token_hex(8)
        self.bus: MqttBus | None = None
        self.session: BoxSession | None = None
        self.booth = Booth(
            Gear(
                settings=settings,
                clock=self.clock,
                screen=self.screen,
                player=self.player,
                microphone=self.microphone if isinstance(self.microphone, FileMicrophone) else None,
                camera=open_camera(settings),
                media=HubMedia(settings),
                shelf=self.shelf,
                load_sound=lru_cache(maxsize=2)(load_sound),
                keeper=self.keeper,
                boot=self.boot,
                version=edge.__version__,
            )
        )

    async def open(self) -> None:
        """Read the songs and open the screen."""
        await asyncio.to_thread(self.shelf.read)
        self.player.on_played = self.booth.played
        self.kiosk.on_order = self.booth.touched
        self.kiosk.on_watched = lambda: self.booth.watch_screen(self.kiosk.is_watched)
        await self._greet()
        await self.screen.show(KioskRoom(room=None))
        await self.screen.show(KioskQueue(queue=()))
        if self.settings.kiosk.is_on:
            await self.kiosk.start()

    def start(self, group: asyncio.TaskGroup) -> None:
        """Start everything that runs: the booth first, then what it plays and hears, the hub last."""
        settings, keeper = self.settings, self.keeper
        keeper.use(group)
        keeper.keep("booth", self.booth.run)
        if settings.microphone.kind != "webrtc":
            keeper.keep("speaker", self._feed_speaker)
        if self.microphone is not None:
            keeper.keep("microphone", lambda: self._hear(self.microphone))
        elif settings.microphone.kind == "none":
            log.info("no microphone, as set: nothing is scored")
        if settings.hub.url:
            keeper.keep("hub", self._serve_hub)
        else:
            log.info("no hub is set: this box sings alone (set url under [hub] in box.toml)")

    async def say_goodbye(self) -> None:
        """Leave the stage and tell the hub that the box sleeps."""
        await self.booth.close()
        if self.bus is not None and self.session is not None:
            state = BoxState(s="sleeping", boot=self.boot, v=edge.__version__)
            await self.bus.publish(topics.box_state(self.session.box), state, qos=1, retain=True)

    def stop(self) -> None:
        """Stop everything that runs."""
        self.keeper.stop()

    async def close(self) -> None:
        """Close what `open` and the constructor opened."""
        if self.settings.kiosk.is_on:
            await self.kiosk.stop()
        self.outbox.close()

    async def _greet(self) -> None:
        """Tell the screen whose it is, again when the hub has answered."""
        qr_url = self.session.qr_url if self.session is not None else ""
        await self.screen.show(
            KioskHello(
                box=self.session.box if self.session is not None else "",
                name=self.settings.box.name,
                qr_url=qr_url,
                qr_svg=segno.make(qr_url).svg_inline(scale=4, border=2) if qr_url else "",
                song_count=len(self.shelf),
                language=self.settings.box.language,
            )
        )

    async def _hear(self, microphone: Microphone | None) -> None:
        if microphone is None:
            return
        async with closing(microphone.frames()) as frames:
            async for frame in frames:
                self.booth.heard.put(frame)
        raise DeviceLost("the microphone gives no more sound: plug it in again")

    async def _feed_speaker(self) -> None:
        """Play on the speaker; while there is none, keep the time of what would be heard."""
        settings = self.settings.speaker
        if settings.kind == "none":
            await self.player.run(NullSpeaker(settings.rate_hz))
        try:
            await self.player.run(open_speaker(self.settings))
        except DeviceLost as lost:
            await self.keeper.trouble("speaker", str(lost))
            with suppress(TimeoutError):
                async with asyncio.timeout(LONGEST_WAIT_S):
                    await self.player.run(NullSpeaker(settings.rate_hz))
            raise

    # The hub

    async def _serve_hub(self) -> None:
        """Sign in at the hub, then keep bus, outbox and clock going."""
        settings = self.settings
        hub = HubClient(
            settings.hub.url,
            self.identity,
            name=settings.box.name,
            enrol_code=settings.hub.enrol_code,
            hardware=f"{platform.machine()} {platform.system()} Python {platform.python_version()}",
        )
        try:
            self.session = await hub.sign_in()
            await self._set_clock(hub)
            await self._greet()
            await self._serve_bus(hub, self.session.box)
        finally:
            self.booth.disconnect()
            self.outbox.on_added = lambda: None
            self.bus = None
            await hub.close()

    async def _serve_bus(self, hub: HubClient, box: str) -> None:
        self.bus = bus = MqttBus(lambda: self._log_in(hub, box))
        courier = Courier(self.outbox, bus, box)
        self.outbox.on_added = courier.nudge

        async def connected() -> None:
            courier.go_back()
            await self.keeper.show("hub", "")
            await self.booth.connected()

        bus.on_connected = connected
        bus.on_lost = lambda sentence: self.keeper.show("hub", sentence)
        await bus.subscribe(topics.box_command(box), self.booth.command)
        await bus.subscribe(topics.box_ack(box), courier.acked)
        self.booth.connect(Line(box=box, bus=bus, hub=hub, outbox=self.outbox))
        async with asyncio.TaskGroup() as group:
            group.create_task(bus.run())
            group.create_task(courier.run())
            group.create_task(self._keep_clock(hub))

    async def _log_in(self, hub: HubClient, box: str) -> BusLogin:
        """Return a fresh grant for the bus, with the room the box sits in."""
        room = self.booth.room
        try:
            grant = await hub.bus_grant(room)
        except Refused as refusal:
            if room is None:
                raise
            log.warning("the hub gives no grant for room %s (%s): the box leaves it", room, refusal)
            await self.booth.lose_seat()
            grant = await hub.bus_grant(None)
        settings = self.settings.hub
        return BusLogin(
            host=settings.mqtt_host or grant.host or urlsplit(hub.url).hostname or "127.0.0.1",
            port=settings.mqtt_port or grant.port or BROKER_PORT,
            username=grant.username,
            password=grant.password,
            client_id=grant.client_id,
            expires_in_s=grant.expires_in_s,
            state_topic=topics.box_state(box),
        )

    async def _set_clock(self, hub: HubClient) -> None:
        best = self.clock.set_by(await hub.pings(self.clock.now_s))
        log.debug("hub time within %.1f ms", best.round_trip_s * 500)

    async def _keep_clock(self, hub: HubClient) -> None:
        while True:
            await asyncio.sleep(CLOCK_EVERY_S)
            try:
                await self._set_clock(hub)
            except KtvError as error:
                log.debug("the hub's time is not known now: %s", error)


class Restarter:
    """Runs things in the background; what fails is said once, and once again when it is well."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._group: asyncio.TaskGroup | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._ill: set[str] = set()

    def use(self, group: asyncio.TaskGroup) -> None:
        """Run everything in `group`."""
        self._group = group

    def keep(self, name: str, run: Run) -> "asyncio.Task[None]":
        """Run `run`, again and again when it fails, until it ends by itself or is cancelled."""
        return self._start(self._again(name, run), name)

    def once(self, name: str, run: Run) -> "asyncio.Task[None]":
        """Run `run`, and let it be when it fails."""

        async def attempt() -> None:
            await self._attempt(name, run)

        return self._start(attempt(), name)

    def stop(self) -> None:
        """Cancel everything."""
        for task in self._tasks:
            task.cancel()

    async def trouble(self, name: str, sentence: str) -> None:
        """Say that something does not work, unless that is known."""
        if name in self._ill:
            return
        self._ill.add(name)
        log.warning("%s: %s", name, sentence)
        await self.show(name, sentence)

    async def well(self, name: str) -> None:
        """Say that something works again, if it did not."""
        if name in self._ill:
            self._ill.discard(name)
            log.info("%s: works again", name)
            await self.show(name, "")

    def _start(self, work: Coroutine[None, None, None], name: str) -> "asyncio.Task[None]":
        if self._group is None:
            raise RuntimeError("nothing can run before `use`")
        task = self._group.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _again(self, name: str, run: Run) -> None:
        wait_s = FIRST_WAIT_S
        while True:
            recovery = asyncio.create_task(self._well_later(name))
            try:
                if await self._attempt(name, run):
                    return
                wait_s = FIRST_WAIT_S if recovery.done() else wait_s
            finally:
                recovery.cancel()
            await asyncio.sleep(wait_s)
            wait_s = min(wait_s * 2, LONGEST_WAIT_S)

    async def _attempt(self, name: str, run: Run) -> bool:
        """Run `run`; return whether it ended without a failure."""
        try:
            await run()
        except KtvError as error:
            _heed_cancellation()
            await self.trouble(name, str(error))
            return False
        except Exception as error:
            _heed_cancellation()
            log.exception("%s failed", name)
            await self.trouble(name, f"failed ({error}): it is started again")
            return False
        return True

    async def _well_later(self, name: str) -> None:
        await asyncio.sleep(WELL_AFTER_S)
        await self.well(name)

    async def show(self, name: str, sentence: str) -> None:
        """Show on the screen what is wrong with a part; an empty sentence says that it is well."""
        if name not in _PARTS:
            return
        part, zh = _PARTS[name]
        await self._screen.show(
            KioskStatus(
                part=part,
                is_well=not sentence,
                text_zh=f"{zh}不可用：{sentence}" if sentence else "",
                text_en=sentence,
            )
        )


def _heed_cancellation() -> None:
    """Raise `CancelledError` if this task is to end; a device's own error may have taken its place."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


class NoScreen:
    """The screen of a box that has none."""

    async def show(self, message: Message) -> None:
        """Show nothing."""

    async def picture(self, frame: PictureFrame) -> None:
        """Show nothing."""


class HubMedia:
    """Uplinks and listeners at the hub's relay, and detectors."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def uplink(self, grant: MediaGrant) -> LiveUplink:
        """Return an uplink that is not running yet."""
        camera = self._settings.camera
        return WhipUplink(self._address(grant), grant.token, has_picture=camera.kind != "none")

    def listener(self, grant: MediaGrant) -> Listener:
        """Return a listener to the dry voice and the picture, not running yet."""
        address = self._address(grant)
        if "sound=" not in address:
            address += ("&" if "?" in address else "?") + "sound=dry"
        return WhepListener(address, grant.token)

    def detector(self, scene: Scene) -> Detector:
        """Return the detector of a scene; blocking."""
        return load_detector(scene, threads=self._settings.watching.threads)

    def _address(self, grant: MediaGrant) -> str:
        if urlsplit(grant.url).scheme:
            return grant.url
        return self._settings.hub.url.rstrip("/") + grant.url


def open_microphone(settings: Settings) -> Microphone | None:
    """Return the microphone that the settings name; None where the voice comes otherwise or not at all.

    Raises:
        Refused: the recording cannot be read.
    """
    wanted = settings.microphone
    if wanted.kind == "alsa":
        return AlsaMicrophone(wanted.device, wanted.rate_hz, round(wanted.period_ms))
    if wanted.kind == "file" and wanted.file is not None:
        return FileMicrophone(
            wanted.file,
            rate_hz=wanted.rate_hz,
            frame_ms=max(1, round(wanted.period_ms)),
            is_looped=wanted.loop,
        )
    return None


def open_speaker(settings: Settings) -> Speaker:
    """Return the speaker that the settings name; raises `DeviceLost` when it is not there."""
    return AlsaSpeaker(settings.speaker.device, settings.speaker.rate_hz)


def open_camera(settings: Settings) -> Camera | None:
    """Return the camera that the settings name; None where the picture comes otherwise or not at all.

    Raises:
        Refused: the recording cannot be read.
    """
    wanted = settings.camera
    if wanted.kind == "v4l2":
        return V4l2Camera(wanted.device, wanted.width, wanted.height, wanted.fps)
    if wanted.kind == "picamera":
        return PicameraCamera(wanted.width, wanted.height, wanted.fps)
    if wanted.kind == "file" and wanted.file is not None:
        return FileCamera(
            wanted.file,
            width=wanted.width,
            height=wanted.height,
            fps=wanted.fps,
            hold_s=wanted.hold_s,
            rest_s=wanted.rest_s,
            is_looped=wanted.loop,
        )
    return None
