"""What a box does at the hub's word and at a touch of its screen."""

import asyncio
import time

import numpy as np
import pytest

from edge.adapters.clock import BoxClock
from edge.adapters.song_folder import open_song
from edge.booth import Booth, Gear, Line
from edge.core.audio import AudioFrame
from edge.core.detection import Detection
from edge.core.errors import HubUnreachable, Refused
from edge.core.picture import PictureFrame
from edge.playing import Player
from edge.settings import CameraSettings, MicrophoneSettings, RoundSettings, Settings, SpeakerSettings
from edge.shelf import Shelf
from edge.wire import topics
from edge.wire.boxes import (
    BeginRound,
    BoxState,
    Command,
    CommandAnswer,
    FindElement,
    LeaveSeat,
    QueueSong,
    SeatReady,
    SongEnded,
    StartBox,
    StopRound,
    TakeSeat,
    WatchTasks,
    WelcomePatron,
)
from edge.wire.codec import encode
from edge.wire.elements import ElementsSeen, Pick
from edge.wire.kiosk import (
    BeginNow,
    GoLive,
    KioskElements,
    KioskEntry,
    KioskEvent,
    KioskPatron,
    KioskQueue,
    KioskRoom,
    KioskScore,
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
    AskRoom,
    Entry,
    MediaGrant,
    Room,
    RoomAttributes,
    RoomGranted,
    Round,
    RoundEnded,
    Said,
)
from edge.wire.scores import RoundScored, ScoreChanged
from edge.wire.songs import QueuedSong, SongInfo
from edge.wire.tasks import Result, Task, TaskElement, TaskList
from edge.wire.users import User
from tests.edge.adapters.test_soundfile import write_wav
from tests.fakes import (
    FakeBus,
    FakeCamera,
    FakeDetector,
    FakeListener,
    FakeMicrophone,
    FakeOutbox,
    FakeScreen,
    FakeUplink,
)

RATE = 48_000
NOTES = "#TITLE:Short\n#ARTIST:KTV\n#BPM:300\n#GAP:0\n: 0 4 9 la\nE\n"
MEI = User(id="u-mei", nickname="Mei")
BALL = Detection("ball", "8", (0.4, 0.4, 0.1, 0.1), 0.9)


def grant(kind="whip"):
    return MediaGrant(url=f"/{kind}/r1", token="t", seat="a", expires_in_s=600)


TAKE = TakeSeat(
    room="r1", seat="a", scene="billiards", mode="pk", singer=MEI, publish=grant(), hear=grant("whep")
)
STAND_IN = TakeSeat(room="r1", seat="b", scene="party", mode="pk", singer=MEI, source=grant("whep"))


class Keeper:
    """Runs things once; a failure fails the test."""

    def __init__(self) -> None:
        self.tasks: list[asyncio.Task] = []

    def keep(self, name, run):
        task = asyncio.create_task(run(), name=name)
        self.tasks.append(task)
        return task

    once = keep

    async def stop(self) -> None:
        for task in self.tasks:
            task.cancel()
        ends = await asyncio.gather(*self.tasks, return_exceptions=True)
        assert [end for end in ends if isinstance(end, Exception)] == []


class Media:
    """Hands out fakes, and keeps them."""

    def __init__(self) -> None:
        self.uplinks: list[FakeUplink] = []
        self.listeners: list[FakeListener] = []

    def uplink(self, grant):
        self.uplinks.append(FakeUplink())
        return self.uplinks[-1]

    def listener(self, grant):
        self.listeners.append(FakeListener())
        return self.listeners[-1]

    def detector(self, scene):
        return FakeDetector((BALL,))


class Hub:
    """Keeps what it is asked."""

    def __init__(self) -> None:
        self.asked: list[tuple] = []
        self.error: Exception | None = None

    def _note(self, *words):
        if self.error is not None:
            raise self.error
        self.asked.append(words)

    async def create_room(self, ask):
        self._note("create", ask)
        entry = Entry(kind="first", path="/e/token", expires_ms=0, qr_svg="<svg/>")
        return RoomGranted(room="r1", attributes=RoomAttributes(title="x", mode="pk"), entry=entry)

    async def enter(self, path):
        self._note("enter", path)

    async def start_round(self, room, song):
        self._note("round", room, song)

    async def leave_seat(self, room, seat):
        self._note("leave", room, seat)

    async def refuse_task(self, task):
        self._note("refuse", task)

    async def song_notes(self, song):
        self._note("notes", song)
        return NOTES.encode()

    async def song_audio(self, song, part):
        raise Refused("no such sound")


class Scene:
    """A booth with fakes all round."""

    def __init__(self, tmp_path, settings: Settings) -> None:
        song = tmp_path / "songs" / "short"
        song.mkdir(parents=True)
        (song / "song.txt").write_text(NOTES)
        write_wav(song / "backing.ogg", np.zeros(4_800, np.float32), 48_000)  # played by the fake loader
        self.clock, self.screen, self.media = BoxClock(), FakeScreen(), Media()
        self.microphone, self.camera, self.keeper = FakeMicrophone(), FakeCamera(), Keeper()
        self.bus, self.outbox, self.hub = FakeBus(), FakeOutbox(), Hub()
        self.player = Player(rate_hz=RATE, backing_gain=1.0)
        shelf = Shelf([tmp_path / "songs"], tmp_path / "fetched", open_song)
        shelf.read()
        has_own = settings.microphone.kind != "webrtc"
        self.booth = Booth(
            Gear(
                settings=settings,
                clock=self.clock,
                screen=self.screen,
                player=self.player,
                microphone=self.microphone,
                camera=self.camera if has_own else None,
                media=self.media,
                shelf=shelf,
                load_sound=lambda path, rate_hz: np.full(rate_hz, 0.25, np.float32),
                keeper=self.keeper,
                boot="boot",
                version="1",
            )
        )
        self.booth.connect(Line(box="box1", bus=self.bus, hub=self.hub, outbox=self.outbox))
        self.running = asyncio.create_task(self.booth.run())
        self.ids = 0

    async def order(self, do, *, id_=None, late_ms=-60_000):
        """Send a command and return its answer."""
        self.ids += 1
        command = Command(id=id_ or f"c{self.ids}", exp=round(self.clock.hub_ms() - late_ms), do=do)
        count = len(self.answers())
        self.booth.command(encode(command))
        await until(lambda: len(self.answers()) > count)
        return self.answers()[-1]

    def answers(self) -> list[CommandAnswer]:
        sent = self.bus.sent(topics.box_answer("box1"))
        return [message for message in sent if isinstance(message, CommandAnswer)]

    def states(self) -> list[BoxState]:
        sent = self.bus.sent(topics.box_state("box1"))
        return [message for message in sent if isinstance(message, BoxState)]

    def facts(self, kind: str) -> list:
        return [fact for name, fact in self.outbox.facts if name == kind]

    def sing(self, seconds=0.01, at_s=None):
        start = time.monotonic() if at_s is None else at_s
        for number in range(round(seconds * 100)):
            self.booth.heard.put(AudioFrame(np.full(480, 0.1, np.float32), RATE, start + number * 0.01))

    async def close(self) -> None:
        await self.booth.close()
        self.running.cancel()
        await asyncio.gather(self.running, return_exceptions=True)
        await self.keeper.stop()


def length(frames):
    return sum(len(frame.samples) for frame in frames)


async def until(condition, seconds=5.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        await asyncio.sleep(0.005)


OWN = Settings(speaker=SpeakerSettings(kind="none"))
REMOTE = Settings(
    microphone=MicrophoneSettings(kind="webrtc"),
    speaker=SpeakerSettings(kind="none"),
    camera=CameraSettings(kind="webrtc"),
    round=RoundSettings(latency_ms=60),
)


@pytest.fixture
async def scene(tmp_path):
    scene = Scene(tmp_path, OWN)
    yield scene
    await scene.close()


@pytest.fixture
async def stand_in(tmp_path):
    scene = Scene(tmp_path, REMOTE)
    yield scene
    await scene.close()


def a_round(scene, *, in_ms=0, id_="n1", song="short", mode="pk"):
    start_ms = round(scene.clock.hub_ms()) + in_ms
    return Round(
        id=id_, song=song, song_title="Short", mode=mode, state="counting", start_ms=start_ms, duration_s=0.3
    )


def a_task(target="moved"):
    return Task(
        id="t1",
        room="r1",
        initiator=MEI,
        receiver=MEI,
        element=TaskElement(kind="ball", label="8"),
        target=target,
        result=Result(kind="caption", text="bravo"),
        state="open",
        created_ms=0,
        expires_ms=1,
    )


def a_room(state="open"):
    return Room(
        id="r1",
        rev=1,
        attributes=RoomAttributes(title="x", mode="pk"),
        kind="perform",
        broadcaster=MEI,
        state=state,
        created_ms=0,
    )


# The seat


async def test_a_taken_seat_sends_voice_program_and_picture_and_says_that_it_is_ready(scene):
    assert (await scene.order(TAKE)).ok
    began_s = time.monotonic()
    scene.sing(0.2, at_s=began_s)
    await until(lambda: scene.media.uplinks[0].voice)
    scene.sing(0.2, at_s=began_s + 1.0)
    scene.camera.queue.put_nowait(PictureFrame(np.zeros((48, 64, 3), np.uint8), at_s=1.0))

    uplink = scene.media.uplinks[0]
    await until(lambda: length(uplink.voice) == 19_200 and uplink.program and uplink.pictures)
    assert scene.facts("seat-ready") == [SeatReady(room="r1", seat="a")]
    assert scene.bus.renewals == 1


async def test_elements_are_told_with_the_stamp_the_frame_was_sent_with(scene):
    await scene.order(TAKE)
    for number in range(8):
        scene.camera.queue.put_nowait(PictureFrame(np.zeros((48, 64, 3), np.uint8), at_s=float(number)))
        await asyncio.sleep(0.02)

    told = topics.seat_elements("r1", "a")
    await until(lambda: any(seen.x for seen in scene.bus.sent(told)))
    seen = next(seen for seen in scene.bus.sent(told) if seen.x)
    assert isinstance(seen, ElementsSeen) and seen.x[0].id == "ball:8"
    assert seen.rtp is not None and seen.rtp % 3000 == 0
    assert scene.screen.last(KioskElements) is not None


async def test_the_program_is_the_voice_and_what_was_heard_beside_it(scene):
    await scene.order(TAKE)
    at_s = time.monotonic()
    for number in range(30):
        scene.player._remember(AudioFrame(np.full(480, 0.5, np.float32), RATE, at_s + number * 0.01))

    scene.sing(0.1, at_s=at_s)

    uplink = scene.media.uplinks[0]
    await until(lambda: length(uplink.program) == 4_800)
    np.testing.assert_allclose(uplink.program[0].samples, 0.6, atol=1e-5)
    np.testing.assert_allclose(uplink.voice[0].samples, 0.1, atol=1e-6)


async def test_the_partners_voice_goes_to_the_speaker(scene):
    await scene.order(TAKE)

    scene.media.listeners[0].sound.put_nowait(AudioFrame(np.ones(480, np.float32), RATE, 0.0))

    await until(lambda: len(scene.player._partner._samples) == 480)


async def test_the_same_seat_twice_changes_nothing(scene):
    await scene.order(TAKE)
    await scene.order(TAKE)

    assert len(scene.media.uplinks) == 1
    assert scene.bus.renewals == 1


async def test_a_seat_whose_grants_are_refused_asks_for_new_ones_and_opens_with_them(scene):
    await scene.order(TAKE)
    seat = scene.booth.seat
    refused = asyncio.Event()

    async def refuse():
        refused.set()
        raise Refused("this grant has expired")

    await seat._run_media(refuse)()

    assert seat.is_refused and scene.states()[-1].room is None
    await scene.order(TAKE)
    assert len(scene.media.uplinks) == 2


async def test_another_seat_takes_the_place_of_the_first(scene):
    await scene.order(TAKE)
    await scene.order(TAKE.model_copy(update={"room": "r2"}))

    assert scene.booth.room == "r2"
    assert not any("/r1/" in topic for topic in scene.bus.handles)


async def test_leaving_the_seat_ends_everything_of_the_room(scene):
    await scene.order(TAKE)

    assert (await scene.order(LeaveSeat(room="r1"))).ok

    assert scene.booth.room is None
    assert scene.bus.handles == {}
    assert scene.screen.last(KioskRoom) == KioskRoom(room=None)
    scene.sing(0.1)
    await asyncio.sleep(0.05)
    assert scene.media.uplinks[0].voice == []


async def test_leaving_another_room_changes_nothing(scene):
    await scene.order(TAKE)
    await scene.order(LeaveSeat(room="r2"))

    assert scene.booth.room == "r1"


async def test_the_camera_begins_anew_with_each_seat_and_is_shown_between(scene):
    scene.booth.watch_screen(True)
    await until(lambda: scene.camera.openings == 1)
    await scene.order(TAKE)
    await until(lambda: scene.camera.openings == 2)
    await scene.order(LeaveSeat(room="r1"))
    await until(lambda: scene.camera.openings == 3)

    scene.booth.watch_screen(False)
    await until(lambda: scene.booth._camera_shown is None)


async def test_a_stand_in_hears_and_sees_the_singers_own_stream(stand_in):
    await stand_in.order(STAND_IN)
    source = stand_in.media.listeners[0]

    source.sound.put_nowait(AudioFrame(np.zeros(480, np.float32), RATE, time.monotonic()))
    for number in range(4):
        source.picture.put_nowait(PictureFrame(np.zeros((48, 64, 3), np.uint8), at_s=float(number), rtp=77))
        await asyncio.sleep(0.02)

    await until(lambda: stand_in.facts("seat-ready") == [SeatReady(room="r1", seat="b")])
    await until(lambda: stand_in.bus.sent(topics.seat_elements("r1", "b")))
    assert stand_in.bus.sent(topics.seat_elements("r1", "b"))[0].rtp == 77
    assert stand_in.media.uplinks == []


# Commands


async def test_an_expired_command_is_refused(scene):
    answer = await scene.order(TAKE, late_ms=5_000)

    assert not answer.ok and "expired" in (answer.error or "")
    assert scene.booth.seat is None


async def test_a_command_that_comes_twice_is_carried_out_once_and_answered_twice(scene):
    queued = QueuedSong(id="q1", song=SongInfo(id="short", title="x", artist="y", duration_s=1))
    first = await scene.order(QueueSong(queued=queued), id_="same")
    scene.booth.queue.skip()

    again = await scene.order(QueueSong(queued=queued), id_="same")

    assert first == again and first.ok
    assert scene.booth.queue.songs == ()


JUNK = [b"", b"\xff\xfe\0", b"[]", b'{"id": "x"}', b'{"type": "line"}', b"{" * 60_000, b" " * 70_000]


@pytest.mark.parametrize("junk", JUNK)
async def test_a_command_that_is_none_is_ignored(scene, junk):
    scene.booth.command(junk)

    assert (await scene.order(LeaveSeat(room="r9"))).ok


async def test_nonsense_in_a_room_is_ignored_and_said_in_the_log(scene, caplog):
    await scene.order(TAKE)
    heard = [
        topics.room_state("r1"),
        topics.room_events("r1"),
        topics.room_tasks("r1"),
        topics.seat_score("r1", "b"),
    ]

    for topic in heard:
        for junk in JUNK:
            scene.bus.handles[topic](junk)
    scene.bus.say(topics.seat_score("r1", "b"), ScoreChanged(q=1, n="n1", s=50.0, t=1.0))

    await until(lambda: scene.screen.last(KioskScore))
    assert scene.screen.last(KioskScore).message.s == 50.0
    said = [r for r in caplog.records if "a message of the room was ignored" in r.getMessage()]
    assert len(said) == len(heard) * len(JUNK)


async def test_a_command_for_a_stand_ins_host_is_refused(scene):
    answer = await scene.order(StartBox(enrol_code="x", name="y", take=TAKE))

    assert answer.error == "start-box is not for boxes"


async def test_a_patron_is_welcomed_on_the_screen(scene):
    await scene.order(WelcomePatron(user=MEI))

    assert scene.screen.last(KioskPatron) == KioskPatron(user=MEI)


async def test_a_pick_is_answered_with_the_element_in_that_frame(scene):
    await scene.order(TAKE)
    for number in range(8):
        scene.camera.queue.put_nowait(PictureFrame(np.zeros((48, 64, 3), np.uint8), at_s=float(number)))
        await asyncio.sleep(0.02)
    told = topics.seat_elements("r1", "a")
    await until(lambda: any(seen.x for seen in scene.bus.sent(told)))
    rtp = scene.bus.sent(told)[-1].rtp

    answer = await scene.order(FindElement(room="r1", pick=Pick(contour=((0.45, 0.45),), rtp=rtp)))

    assert answer.ok and answer.pick is not None and answer.pick.element is not None
    assert answer.pick.element.id == "ball:8" and answer.pick.exact_frame


async def test_a_pick_in_a_room_where_the_box_is_not_is_refused(scene):
    answer = await scene.order(FindElement(room="r9", pick=Pick(contour=((0.5, 0.5),))))

    assert answer.error == "this box does not sit in room r9"


async def test_tasks_that_cannot_be_judged_are_refused_by_name(scene):
    await scene.order(TAKE)
    await until(lambda: scene.booth.seat._watching is not None)

    assert (await scene.order(WatchTasks(room="r1", tasks=(a_task(),)))).ok
    answer = await scene.order(WatchTasks(room="r1", tasks=(a_task("sings-a-song"),)))

    assert not answer.ok and "t1" in (answer.error or "")


# Rounds


async def test_a_round_plays_scores_tells_and_reports_once(scene):
    await scene.order(TAKE)
    round_ = a_round(scene, in_ms=200)
    assert (await scene.order(BeginRound(room="r1", round=round_))).ok
    start_s = scene.clock.at_s(round_.start_ms)
    assert scene.microphone.cues == [pytest.approx(start_s)]
    assert scene.player._backing is not None

    assert (await scene.order(BeginRound(room="r1", round=round_))).ok
    scene.sing(2.0, at_s=start_s - 0.2)

    await until(lambda: scene.facts("song-ended"))
    final = scene.facts("round-scored")
    assert len(final) == 1 and isinstance(final[0], RoundScored)
    assert (final[0].round, final[0].seat) == ("n1", "a")
    assert scene.bus.sent(topics.seat_score("r1", "a"))
    assert scene.facts("song-ended") == [SongEnded(room="r1", round="n1", seat="a")]
    assert len(scene.microphone.cues) == 1
    assert scene.player._backing is None


async def test_a_round_without_any_voice_ends_with_nothing_scored(scene):
    await scene.order(TAKE)
    await scene.order(BeginRound(room="r1", round=a_round(scene)))

    await until(lambda: scene.facts("song-ended"), 8)
    assert scene.facts("round-scored")[0].score == 0


async def test_a_stopped_round_is_not_scored(scene):
    await scene.order(TAKE)
    await scene.order(BeginRound(room="r1", round=a_round(scene, in_ms=60_000)))

    assert (await scene.order(StopRound(room="r1", round="n1"))).ok

    assert scene.facts("round-scored") == []
    assert scene.facts("song-ended") == [SongEnded(room="r1", round="n1", seat="a")]


async def test_stopping_another_round_changes_nothing(scene):
    await scene.order(TAKE)
    await scene.order(BeginRound(room="r1", round=a_round(scene, in_ms=60_000)))
    await scene.order(StopRound(room="r1", round="n9"))

    assert scene.facts("song-ended") == []


async def test_a_song_the_box_lacks_is_fetched_from_the_hub(scene):
    await scene.order(TAKE)

    assert (await scene.order(BeginRound(room="r1", round=a_round(scene, in_ms=60_000, song="far")))).ok

    assert ("notes", "far") in scene.hub.asked


async def test_a_round_in_a_room_where_the_box_is_not_is_refused(scene):
    assert not (await scene.order(BeginRound(room="r1", round=a_round(scene)))).ok


async def test_a_stand_in_scores_later_by_its_latency_and_plays_nothing(stand_in):
    await stand_in.order(STAND_IN)
    await stand_in.order(BeginRound(room="r1", round=a_round(stand_in, in_ms=60_000)))

    assert stand_in.booth._performance.part.latency_s == pytest.approx(0.06)
    assert stand_in.player._backing is None


# The room on the screen


async def test_the_room_its_events_tasks_and_the_partners_score_are_shown(scene):
    await scene.order(TAKE)
    score = ScoreChanged(q=1, n="n1", s=50.0, t=1.0)
    said = Said(rev=1, user=MEI, text="hi")

    scene.bus.say(topics.room_state("r1"), a_room())
    scene.bus.say(topics.room_events("r1"), said)
    scene.bus.say(topics.room_tasks("r1"), TaskList(rev=1, tasks=(a_task(),)))
    scene.bus.say(topics.seat_score("r1", "b"), score)
    scene.bus.handles[topics.room_state("r1")](b"nonsense")

    await until(lambda: scene.screen.last(KioskScore) == KioskScore(seat="b", message=score))
    assert scene.screen.last(KioskRoom) == KioskRoom(room=a_room(), seat="a")
    assert scene.screen.last(KioskEvent) == KioskEvent(event=said)
    assert scene.screen.last(KioskTasks) == KioskTasks(tasks=(a_task(),))


async def test_a_room_that_ends_is_left(scene):
    await scene.order(TAKE)

    scene.bus.say(topics.room_state("r1"), a_room("ended"))

    await until(lambda: scene.booth.room is None)


# The touchscreen


async def test_songs_are_searched_queued_moved_and_taken_off(scene):
    booth, screen = scene.booth, scene.screen
    await booth.touched(Search(do="search", q="short"))
    assert [song.id for song in screen.last(KioskSongs).songs] == ["short"]
    for _ in range(3):
        await booth.touched(Queue(do="queue", song="short"))
    first, second, third = (song.id for song in booth.queue.songs)

    await booth.touched(Top(do="top", id=third))
    await booth.touched(Unqueue(do="unqueue", id=first))

    assert [song.id for song in screen.last(KioskQueue).queue] == [third, second]
    assert scene.states()[-1].queue == booth.queue.songs
    await booth.touched(Skip(do="skip"))
    assert [song.id for song in booth.queue.songs] == [second]
    with pytest.raises(Refused):
        await booth.touched(Queue(do="queue", song="none"))


async def test_going_live_opens_a_room_enters_it_and_shows_the_way_in(scene):
    await scene.booth.touched(Queue(do="queue", song="short"))

    await scene.booth.touched(GoLive(do="go-live", kind="perform", mode="pk", scene="billiards"))

    ask = AskRoom(kind="perform", mode="pk", song="short", scene="billiards", client="box")
    assert scene.hub.asked == [("create", ask), ("enter", "/e/token")]
    assert scene.screen.last(KioskEntry).entry.path == "/e/token"


async def test_a_booth_that_is_live_cannot_go_live_again(scene):
    await scene.order(TAKE)

    with pytest.raises(Refused, match="live already"):
        await scene.booth.touched(GoLive(do="go-live", kind="create"))


async def test_a_round_is_begun_by_the_hub_when_the_booth_is_live(scene):
    await scene.order(TAKE)
    await scene.booth.touched(Queue(do="queue", song="short"))

    await scene.booth.touched(BeginNow(do="start-round"))
    await scene.booth.touched(RefuseTask(do="refuse", task="t1"))

    assert scene.hub.asked == [("round", "r1", "short"), ("refuse", "t1")]


async def test_leaving_by_touch_gives_the_seat_back_even_when_the_hub_is_gone(scene):
    await scene.order(TAKE)
    scene.hub.error = HubUnreachable("gone")

    with pytest.raises(HubUnreachable):
        await scene.booth.touched(Leave(do="leave"))

    assert scene.booth.room is None
    with pytest.raises(Refused, match="in no room"):
        await scene.booth.touched(Leave(do="leave"))


async def test_a_booth_without_a_hub_sings_alone_and_says_what_needs_the_hub(scene):
    scene.booth.disconnect()
    with pytest.raises(Refused, match="choose one first"):
        await scene.booth.touched(BeginNow(do="start-round"))
    with pytest.raises(HubUnreachable, match="songs can be sung"):
        await scene.booth.touched(GoLive(do="go-live", kind="perform"))
    await scene.booth.touched(Queue(do="queue", song="short"))

    await scene.booth.touched(BeginNow(do="start-round"))
    scene.sing(6.0, at_s=time.monotonic())

    await until(lambda: scene.screen.last(KioskEvent) is not None, 8)
    event = scene.screen.last(KioskEvent).event
    assert isinstance(event, RoundEnded) and set(event.final.scores) == {"a"}
    await until(lambda: scene.booth.queue.songs == ())
    assert scene.outbox.facts == []


async def test_skipping_stops_what_is_sung(scene):
    await scene.booth.touched(Queue(do="queue", song="short"))
    await scene.booth.touched(BeginNow(do="start-round"))

    await scene.booth.touched(Skip(do="skip"))

    assert scene.booth._performance is None and scene.booth.queue.songs == ()
