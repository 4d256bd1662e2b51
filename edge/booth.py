"""What a box does: takes a seat, sings rounds, obeys the hub's commands and the booth's touchscreen.

The rules of this file. It knows ports and values, no device and no network. Commands are carried out one
after the other, each id once; picks have a queue of their own, for someone is waiting with a finger on the
glass. What the hub says of the room goes to the screen as it comes. Nothing here waits for the hub except
what was touched on the screen.
"""

import asyncio
import logging
import secrets
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

from pydantic import TypeAdapter

from edge.core.audio import AudioFrame, Samples
from edge.core.bleed import VoiceCleaner
from edge.core.errors import HubUnreachable, KtvError, Refused
from edge.performing import Part, Performance
from edge.playing import Player
from edge.ports import Bus, Camera, Cued, Outbox, Screen
from edge.seat import Keeper, Media, Reports, Seat, show_camera
from edge.settings import Settings
from edge.shelf import Shelf, SongFiles, SongQueue
from edge.streams import Stream, gathered, sound_stream
from edge.wire import topics
from edge.wire.boxes import (
    COMMAND,
    BeginRound,
    BoxState,
    Command,
    CommandAnswer,
    FindElement,
    LeaveSeat,
    QueueSong,
    SeatReady,
    SongEnded,
    StopRound,
    TakeSeat,
    WatchTasks,
    WelcomePatron,
)
from edge.wire.codec import Message, WireError, decode
from edge.wire.elements import ElementsSeen
from edge.wire.kiosk import (
    BeginNow,
    GoLive,
    KioskEntry,
    KioskEvent,
    KioskOrder,
    KioskPatron,
    KioskQueue,
    KioskRoom,
    KioskScore,
    KioskSong,
    KioskSongs,
    KioskTasks,
    Leave,
    Queue,
    RefuseTask,
    Search,
    Skip,
    Top,
    Unqueue,
)
from edge.wire.rooms import (
    ROOM_EVENT,
    AskRoom,
    Entered,
    Room,
    RoomEvent,
    RoomGranted,
    Round,
    RoundEnded,
    SeatName,
)
from edge.wire.scores import RoundFinal, RoundScored, ScoreChanged
from edge.wire.songs import QueuedSong
from edge.wire.tasks import Task, TaskAchieved, TaskList

log = logging.getLogger(__name__)

M = TypeVar("M")

COUNT_IN_MS = 3_000
"""How long a round in the booth alone counts in, in ms."""
REMEMBERED_COMMANDS = 256
"""Commands whose answers are kept, for those that come twice."""
ALONE = "booth"
"""The room of a round that is sung in the booth alone."""
MOST_VOICE = 3_000
"""Frames of the voice that may wait to be scored: late is better than lost (30 s of 10 ms frames)."""
PLAIN_RATE_HZ = 48_000
"""Rate of what comes from the relay, in Hz."""


class Clock(Protocol):
    """Box time, and the hub's."""

    def now_s(self) -> float:
        """Return box time in s."""
        ...

    def hub_ms(self, at_s: float | None = None) -> float:
        """Return hub time in ms at box time `at_s`, or now."""
        ...

    def at_s(self, hub_ms: float) -> float:
        """Return box time in s at hub time `hub_ms`."""
        ...


class RoomBus(Bus, Protocol):
    """A bus on which rooms come and go."""

    async def unsubscribe(self, topic: str) -> None:
        """Hear no more of `topic`."""
        ...

    def renew(self) -> None:
        """Connect again with a new grant, for the room has changed."""
        ...


class Hub(Protocol):
    """What the booth asks of the hub; every call may raise `HubUnreachable` or `Refused`."""

    async def create_room(self, ask: AskRoom) -> RoomGranted:
        """Open a room."""
        ...

    async def enter(self, path: str) -> Entered:
        """Go through an entry."""
        ...

    async def start_round(self, room: str, song: str | None) -> Round:
        """Begin a round."""
        ...

    async def leave_seat(self, room: str, seat: str) -> None:
        """Give a seat back."""
        ...

    async def refuse_task(self, task: str) -> Task:
        """Refuse a task."""
        ...

    async def song_notes(self, song: str) -> bytes:
        """Return a song's notes."""
        ...

    async def song_audio(self, song: str, part: str) -> bytes:
        """Return a song's `backing` or `vocals`."""
        ...


@dataclass(frozen=True, slots=True)
class Line:
    """The line to a hub that knows this box."""

    box: str
    bus: RoomBus
    hub: Hub
    outbox: Outbox


@dataclass(frozen=True, slots=True)
class Gear:
    """What the booth works with; a part that is not there is None."""

    settings: Settings
    clock: Clock
    screen: Screen
    player: Player
    microphone: Cued | None
    """A microphone that must be told when a song begins."""
    camera: Camera | None
    media: Media
    shelf: Shelf
    load_sound: Callable[[Path, int], Samples]
    """Reads a sound file at a rate; blocking."""
    keeper: Keeper
    boot: str
    version: str


class Booth:
    """The box's behaviour; `run` it, feed `heard`, and tell it when there is a line to the hub."""

    def __init__(self, gear: Gear) -> None:
        self.heard: Stream[AudioFrame] = sound_stream("microphone")
        """Where microphones put their frames."""
        self.queue = SongQueue()
        self.seat: Seat | None = None
        self._gear = gear
        self._line: Line | None = None
        self._voice: Stream[AudioFrame] = sound_stream("voice", MOST_VOICE)
        self._cleaner: VoiceCleaner | None = None
        self._performance: Performance | None = None
        self._singing: asyncio.Task[None] | None = None
        self._camera_shown: asyncio.Task[None] | None = None
        self._is_watched = False
        self._is_ready_said = False
        self._answers: OrderedDict[str, CommandAnswer] = OrderedDict()
        self._commands: asyncio.Queue[Command] = asyncio.Queue()
        self._picks: asyncio.Queue[Command] = asyncio.Queue()
        self._news: asyncio.Queue[Callable[[], Awaitable[None]]] = asyncio.Queue()
        self._changing = asyncio.Lock()

    # What the wiring calls

    async def run(self) -> None:
        """Carry the voice and carry out commands until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._carry_voice())
            group.create_task(self._obey_each(self._commands))
            group.create_task(self._obey_each(self._picks))
            group.create_task(self._tell_news())

    async def close(self) -> None:
        """Stop singing and leave the seat, without a word to the hub."""
        async with self._changing:
            await self._stop_singing()
            await self._leave()
            await self._hide_camera()

    def connect(self, line: Line) -> None:
        """Take the line to the hub into use."""
        self._line = line

    def disconnect(self) -> None:
        """Do without the hub."""
        self._line = None

    async def connected(self) -> None:
        """Say how the box is, after each connection."""
        await self._tell_state()

    @property
    def room(self) -> str | None:
        """The room the box sits in."""
        return self.seat.take.room if self.seat is not None else None

    def command(self, payload: bytes) -> None:
        """Take a command of the hub in."""
        try:
            command = decode(COMMAND, payload)
        except WireError as error:
            log.error("a command that is none was ignored: %s", error)
            return
        (self._picks if isinstance(command.do, FindElement) else self._commands).put_nowait(command)

    def watch_screen(self, is_watched: bool) -> None:
        """Know whether somebody looks at the screen: it shows the camera while nobody sits in a room."""
        self._is_watched = is_watched
        self._news.put_nowait(self._arrange_camera)

    def played(self, frame: AudioFrame) -> None:
        """Hear what the speaker plays, to take it out of the voice."""
        if self._cleaner is not None:
            self._cleaner.played(frame)

    # The voice

    async def _carry_voice(self) -> None:
        """Clean each frame of the voice, send it, and hand it to whoever scores it."""
        reader = self.heard.open("bleed removal")
        try:
            async for frame in gathered(reader):
                if self.seat is None and self._performance is None:
                    self._cleaner = None
                    continue
                clean = await self._cleaned(frame)
                self._voice.put(clean)
                if self.seat is not None:
                    await self.seat.send(clean)
                    await self._say_ready(self.seat.take)
        finally:
            self.heard.close(reader)

    async def _cleaned(self, frame: AudioFrame) -> AudioFrame:
        settings = self._gear.settings
        if not settings.scoring.is_bleed_removed or settings.speaker.kind == "none":
            return frame
        if frame.rate_hz != self._gear.player.rate_hz:
            return frame
        if self._cleaner is None:
            self._cleaner = VoiceCleaner(frame.rate_hz)
        return await asyncio.to_thread(self._cleaner.clean, frame)

    async def _say_ready(self, take: TakeSeat) -> None:
        if not self._is_ready_said:
            self._is_ready_said = True
            await self._report("seat-ready", SeatReady(room=take.room, seat=take.seat))

    # Commands

    async def _obey_each(self, commands: "asyncio.Queue[Command]") -> None:
        while True:
            command = await commands.get()
            answer = self._answers.get(command.id) or await self._answer(command)
            self._answers[command.id] = answer
            while len(self._answers) > REMEMBERED_COMMANDS:
                self._answers.popitem(last=False)
            if self._line is not None:
                await self._line.bus.publish(topics.box_answer(self._line.box), answer, qos=1)

    async def _answer(self, command: Command) -> CommandAnswer:
        late_ms = self._gear.clock.hub_ms() - command.exp
        if late_ms > 0:
            error = f"expired {late_ms:.0f} ms ago: it was not carried out"
            return CommandAnswer(id=command.id, ok=False, error=error)
        try:
            return await self._obey(command)
        except KtvError as error:
            log.warning("command %s was not carried out: %s", command.do.op, error)
            return CommandAnswer(id=command.id, ok=False, error=str(error)[:500])

    async def _obey(self, command: Command) -> CommandAnswer:
        done = CommandAnswer(id=command.id, ok=True)
        match command.do:
            case TakeSeat() as take:
                await self._take_seat(take)
            case LeaveSeat(room=room):
                await self._leave_room(room)
            case BeginRound(room=room, round=round_):
                await self._begin_round(room, round_)
            case StopRound(room=room, round=round_id):
                await self._stop_round(room, round_id)
            case FindElement(room=room, pick=pick):
                return CommandAnswer(id=command.id, ok=True, pick=self._seat_in(room).find(pick))
            case WatchTasks(room=room, tasks=tasks):
                self._seat_in(room).judge(tasks)
            case QueueSong(queued=queued):
                await self._enqueue(queued)
            case WelcomePatron(user=user):
                await self._gear.screen.show(KioskPatron(user=user))
            case other:
                raise Refused(f"{other.op} is not for boxes")
        return done

    def _seat_in(self, room: str) -> Seat:
        if self.seat is None or self.seat.take.room != room:
            raise Refused(f"this box does not sit in room {room}")
        return self.seat

    # The seat

    async def _take_seat(self, take: TakeSeat) -> None:
        async with self._changing:
            seat = self.seat
            is_same = seat is not None and (seat.take.room, seat.take.seat) == (take.room, take.seat)
            if seat is not None and is_same and not seat.is_refused:
                await self._tell_state()
                return
            if not is_same:
                await self._stop_singing()
            await self._leave()
            await self._hide_camera()
            self._open_seat(take)
            if self._line is not None:
                self._line.bus.renew()
            await self._follow(take.room, take.seat)
        log.info("took seat %s of room %s", take.seat, take.room)

    def _open_seat(self, take: TakeSeat) -> None:
        gear = self._gear
        self._is_ready_said = False
        self.seat = Seat(
            take,
            keeper=gear.keeper,
            media=gear.media,
            heard=self.heard,
            player=gear.player,
            camera=gear.camera,
            screen=gear.screen,
            reports=Reports(self._tell_seen, self._tell_achieved, self._ask_for_grants),
        )
        self.seat.open()

    async def _leave_room(self, room: str) -> None:
        async with self._changing:
            if self.room != room:
                return
            await self._stop_singing()
            await self._leave()
            if self._line is not None:
                self._line.bus.renew()
        log.info("left room %s", room)
        await self._arrange_camera()

    async def _leave(self) -> None:
        seat, self.seat = self.seat, None
        if seat is None:
            return
        await seat.close()
        if self._line is not None:
            for topic in _topics_of(seat.take.room, seat.take.seat):
                await self._line.bus.unsubscribe(topic)
        screen = self._gear.screen
        for message in (KioskRoom(room=None), KioskEntry(entry=None), KioskTasks(tasks=())):
            await screen.show(message)

    async def _arrange_camera(self) -> None:
        """Show the camera while somebody looks at the screen and nobody sits in a room."""
        async with self._changing:
            camera, screen = self._gear.camera, self._gear.screen
            if camera is None or self.seat is not None or not self._is_watched:
                await self._hide_camera()
            elif self._camera_shown is None:
                self._camera_shown = self._gear.keeper.keep("camera", lambda: show_camera(camera, screen))

    async def _hide_camera(self) -> None:
        shown, self._camera_shown = self._camera_shown, None
        if shown is not None:
            shown.cancel()
            await asyncio.gather(shown, return_exceptions=True)

    async def lose_seat(self) -> None:
        """The hub says that this box sits nowhere: leave without asking."""
        if self.room is not None:
            await self._leave_room(self.room)

    async def _ask_for_grants(self) -> None:
        """Say `ready` without a room: then the hub gives the seat again, with fresh grants."""
        if self._line is not None:
            state = BoxState(s="ready", boot=self._gear.boot, v=self._gear.version, queue=self.queue.songs)
            await self._line.bus.publish(topics.box_state(self._line.box), state, qos=1, retain=True)

    # The room, as the hub tells it

    async def _follow(self, room: str, seat: SeatName) -> None:
        if self._line is None:
            return
        state, events, tasks, score = _topics_of(room, seat)
        bus = self._line.bus
        await bus.subscribe(state, self._reader(Room, self._show_room))
        await bus.subscribe(events, self._reader(ROOM_EVENT, self._show_event))
        await bus.subscribe(tasks, self._reader(TaskList, self._show_tasks))
        await bus.subscribe(score, self._reader(ScoreChanged, self._show_partners_score))

    def _reader(
        self, kind: type[M] | TypeAdapter[M], show: Callable[[M], Awaitable[None]]
    ) -> Callable[[bytes], None]:
        """Return a handler that decodes a payload and queues it to be shown."""

        def handle(payload: bytes) -> None:
            try:
                message = decode(kind, payload)
            except WireError as error:
                log.error("a message of the room was ignored: %s", error)
                return
            self._news.put_nowait(lambda: show(message))

        return handle

    async def _tell_news(self) -> None:
        while True:
            show = await self._news.get()
            await show()

    async def _show_room(self, room: Room) -> None:
        if self.seat is None or room.id != self.room:
            return
        if room.state == "ended":
            await self._leave_room(room.id)
            return
        await self._gear.screen.show(KioskRoom(room=room, seat=self.seat.take.seat))

    async def _show_event(self, event: RoomEvent) -> None:
        await self._gear.screen.show(KioskEvent(event=event))

    async def _show_tasks(self, tasks: TaskList) -> None:
        await self._gear.screen.show(KioskTasks(tasks=tasks.tasks))

    async def _show_partners_score(self, score: ScoreChanged) -> None:
        if self.seat is not None:
            await self._gear.screen.show(KioskScore(seat=_other(self.seat.take.seat), message=score))

    # What the box tells the hub

    async def _tell_state(self) -> None:
        if self._line is None:
            return
        state = BoxState(
            s="ready", boot=self._gear.boot, v=self._gear.version, room=self.room, queue=self.queue.songs
        )
        await self._line.bus.publish(topics.box_state(self._line.box), state, qos=1, retain=True)

    async def _tell_seen(self, seen: ElementsSeen) -> None:
        if self._line is not None and self.seat is not None:
            take = self.seat.take
            await self._line.bus.publish(topics.seat_elements(take.room, take.seat), seen)

    async def _tell_achieved(self, achieved: TaskAchieved) -> None:
        await self._report("task-achieved", achieved)

    async def _report(self, kind: str, fact: Message) -> None:
        """Put a fact into the outbox, which carries it to the hub exactly once."""
        if self._line is not None:
            await asyncio.to_thread(self._line.outbox.add, kind, fact)

    # Rounds

    async def _begin_round(self, room: str, round_: Round) -> None:
        seat = self._seat_in(room).take.seat
        if self._performance is not None and self._performance.part.round.id == round_.id:
            return
        files = await self._song(round_.song)
        start_s = self._gear.clock.at_s(round_.start_ms)
        await self._perform(files, round_, room, seat, start_s)

    async def _begin_alone(self, song: str) -> None:
        """Sing in the booth, with no hub at all."""
        files = await self._song(song)
        info = self._gear.shelf.info(song)
        round_ = Round(
            id=f"local-{secrets.token_hex(4)}",
            song=song,
            song_title=info.title,
            mode="solo",
            state="counting",
            start_ms=round(self._gear.clock.hub_ms()) + COUNT_IN_MS,
            duration_s=info.duration_s,
        )
        await self._perform(files, round_, ALONE, "a", self._gear.clock.at_s(round_.start_ms))

    async def _perform(
        self, files: SongFiles, round_: Round, room: str, seat: SeatName, start_s: float
    ) -> None:
        gear = self._gear
        backing = None
        if files.backing is not None and gear.settings.microphone.kind != "webrtc":
            backing = await asyncio.to_thread(gear.load_sound, files.backing, gear.player.rate_hz)
        part = Part(
            song=files.song,
            round=round_,
            room=room,
            seat=seat,
            start_s=start_s,
            latency_s=gear.settings.round.latency_ms / 1000,
            backing=backing,
        )
        microphone = gear.settings.microphone
        performance = Performance(
            part,
            voice=self._voice,
            rate_hz=PLAIN_RATE_HZ if microphone.kind == "webrtc" else microphone.rate_hz,
            player=gear.player,
            microphone=gear.microphone,
            screen=gear.screen,
            now_s=gear.clock.now_s,
        )
        async with self._changing:
            await self._stop_singing()
            self._performance = performance
            await gear.screen.show(KioskSong(song=files.as_wire()))
            self._singing = gear.keeper.once("performance", lambda: self._sing(performance))

    async def _sing(self, performance: Performance) -> None:
        part = performance.part

        async def tell(score: ScoreChanged) -> None:
            if self._line is not None and part.room != ALONE:
                await self._line.bus.publish(topics.seat_score(part.room, part.seat), score)

        async def finished(final: RoundScored) -> None:
            self.queue.sung(part.round.song)
            await self._show_queue()
            if part.room == ALONE:
                await self._show_final(part.round, final)
            else:
                await self._report("round-scored", final)

        try:
            await performance.run(tell=tell, finished=finished)
        finally:
            if self._performance is performance:
                self._performance = None
            if part.room != ALONE:
                ended = SongEnded(room=part.room, round=part.round.id, seat=part.seat)
                await asyncio.shield(self._report("song-ended", ended))

    async def _show_final(self, round_: Round, final: RoundScored) -> None:
        ended = RoundFinal(
            round=round_.id,
            room=ALONE,
            song=round_.song,
            scores={final.seat: final.score},
            winner=final.seat,
            ended_ms=round(self._gear.clock.hub_ms()),
        )
        await self._gear.screen.show(KioskEvent(event=RoundEnded(final=ended)))

    async def _stop_round(self, room: str, round_id: str) -> None:
        self._seat_in(room)
        async with self._changing:
            if self._performance is not None and self._performance.part.round.id == round_id:
                await self._stop_singing()

    async def _stop_singing(self) -> None:
        singing, self._singing = self._singing, None
        if singing is not None:
            singing.cancel()
            await asyncio.gather(singing, return_exceptions=True)
        self._performance = None

    async def _song(self, song: str) -> SongFiles:
        """Return a song from the shelf, fetched from the hub where the box has no copy."""
        shelf = self._gear.shelf
        if shelf.has(song) or self._line is None:
            return shelf.get(song)
        hub = self._line.hub
        notes = await hub.song_notes(song)
        sounds = {}
        for part in ("backing", "vocals"):
            try:
                sounds[part] = await hub.song_audio(song, part)
            except Refused:
                log.info("song %s has no %s at the hub", song, part)
        log.info("fetched song %s", song)
        return await asyncio.to_thread(shelf.keep, song, notes, sounds)

    # The touchscreen

    async def touched(self, order: KioskOrder) -> None:
        """Carry out what was touched on the screen.

        Raises:
            KtvError: it could not be done; the sentence is for the person who touched it.
        """
        match order:
            case Search(q=words):
                await self._gear.screen.show(KioskSongs(songs=self._gear.shelf.find(words)))
            case Queue(song=song):
                queued = QueuedSong(id=secrets.token_hex(6), song=self._gear.shelf.info(song))
                await self._enqueue(queued)
            case Unqueue(id=queued_id):
                self.queue.remove(queued_id)
                await self._show_queue()
            case Top(id=queued_id):
                self.queue.top(queued_id)
                await self._show_queue()
            case Skip():
                await self._skip()
            case GoLive() as wish:
                await self._go_live(wish)
            case BeginNow():
                await self._begin_now()
            case Leave():
                await self._give_seat_back()
            case RefuseTask(task=task):
                await self._hub().refuse_task(task)

    def _hub(self) -> Hub:
        if self._line is None:
            raise HubUnreachable("the hub is not there now: songs can be sung all the same, rooms come later")
        return self._line.hub

    async def _enqueue(self, queued: QueuedSong) -> None:
        self.queue.add(queued)
        await self._show_queue()

    async def _show_queue(self) -> None:
        await self._gear.screen.show(KioskQueue(queue=self.queue.songs))
        await self._tell_state()

    async def _skip(self) -> None:
        async with self._changing:
            performance = self._performance
            if performance is not None:
                await self._stop_singing()
                self.queue.sung(performance.part.round.song)
            else:
                self.queue.skip()
        await self._show_queue()

    async def _go_live(self, wish: GoLive) -> None:
        if self.room is not None:
            raise Refused("this booth is live already: leave the room first")
        hub = self._hub()
        head = self.queue.head
        granted = await hub.create_room(
            AskRoom(
                kind=wish.kind,
                mode=wish.mode,
                song=head.song.id if head is not None else None,
                scene=wish.scene or self._gear.settings.watching.scene,
                client="box",
            )
        )
        await hub.enter(granted.entry.path)
        await self._gear.screen.show(KioskEntry(entry=granted.entry))

    async def _begin_now(self) -> None:
        head = self.queue.head
        if self.seat is not None:
            await self._hub().start_round(self.seat.take.room, head.song.id if head is not None else None)
            return
        if head is None:
            raise Refused("no song waits: choose one first")
        await self._begin_alone(head.song.id)

    async def _give_seat_back(self) -> None:
        if self.seat is None:
            raise Refused("this booth is in no room")
        take = self.seat.take
        try:
            await self._hub().leave_seat(take.room, take.seat)
        finally:
            await self._leave_room(take.room)


def _topics_of(room: str, seat: SeatName) -> tuple[str, str, str, str]:
    """Return what a box listens to in its room."""
    return (
        topics.room_state(room),
        topics.room_events(room),
        topics.room_tasks(room),
        topics.seat_score(room, _other(seat)),
    )


def _other(seat: SeatName) -> SeatName:
    return "b" if seat == "a" else "a"
