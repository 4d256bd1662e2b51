"""`ktv demo --check`: walks the whole idea with headless people and looks at what each really received."""

import asyncio
import json
import logging
import math
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import av
import numpy as np

from cloud.demo.audit import audit
from cloud.demo.booth import Booth
from cloud.demo.peers import Publisher, Watcher, decode_sound, likeness, tone_share
from cloud.demo.people import Answered, Person, reads
from cloud.settings import Settings
from edge.wire import topics
from edge.wire.elements import Element, ElementsSeen, Pick, PickAccepted
from edge.wire.rooms import (
    AskMatch,
    AskRoom,
    Entered,
    EnterRoom,
    Lobby,
    Room,
    RoomGranted,
    Ticket,
)
from edge.wire.scores import RoundFinal, ScoreChanged
from edge.wire.tasks import NewTask, Result, Task, TaskElement, TaskList
from edge.wire.users import (
    NOTICE,
    LogIn,
    PickAnswered,
    RequestChanged,
    SendRequest,
    Session,
    SignUp,
    UserAttributes,
)
from edge.wire.users import Request as Invitation

log = logging.getLogger(__name__)

STEPS = (
    "log-in",
    "lobby",
    "invite",
    "perform",
    "create",
    "match",
    "audio-both-ways",
    "scores-to-both",
    "picture",
    "pick",
    "options",
    "task-shown",
    "judged",
    "settled",
    "refund",
    "audit",
)
PASSWORD = "a-song-for-everyone"  # noqa: S105 - of accounts that live as long as the check


class Unmet(AssertionError):
    """What a step looks for is not so; says what was seen."""


def expect(holds: bool, sentence: str) -> None:
    """Raise `Unmet` with `sentence` unless `holds`."""
    if not holds:
        raise Unmet(sentence)


@dataclass(slots=True)
class Step:
    """One step and how it went."""

    name: str
    ok: bool = False
    ms: int = 0
    detail: str = "not reached"


@dataclass(frozen=True, slots=True)
class Clip:
    """What is known of the camera clip beforehand."""

    path: Path
    duration_s: float
    truth: dict[str, Any] | None
    """Content of `<clip>.truth.json`, where there is one."""
    still_s: float
    """How long its first and last pictures stand still in each loop, together."""

    @property
    def loop_s(self) -> float:
        """Length of one loop with its still beginning and end, in s."""
        return self.duration_s + self.still_s

    def pots(self) -> list[str] | None:
        """Return the elements that are potted, or None when nobody has said so."""
        if self.truth is None:
            return None
        return [event["element"] for event in self.truth["events"] if event["target"] == "pocketed"]


def read_clip(path: Path, still_s: float) -> Clip:
    """Read a clip's length and the truth beside it."""
    with av.open(str(path)) as file:
        duration_s = float(file.duration or 0) / 1_000_000
    beside = path.with_suffix(".truth.json")
    truth = json.loads(beside.read_text()) if beside.exists() else None
    return Clip(path, duration_s, truth, still_s)


@dataclass(slots=True)
class Check:
    """The walk: its people, what they hold, and the steps' outcome."""

    settings: Settings
    booth: Booth
    mic: Path
    clip: Clip
    song: str
    mei: Person
    """Sings as the second client."""
    lin: Person
    """Watches, and promises gifts."""
    say: Callable[[str], None] = lambda _: None
    steps: dict[str, Step] = field(default_factory=lambda: {name: Step(name) for name in STEPS})
    scores: dict[str, float] = field(default_factory=dict)
    audited: dict[str, Any] = field(default_factory=dict)
    room: str = ""
    entered: Entered | None = None
    watching: Watcher | None = None
    mei_hears: Watcher | None = None
    answers: list[PickAnswered] = field(default_factory=list)
    tasks: list[Task] = field(default_factory=list)
    points_before: int = 0
    round: str = ""

    async def run(self) -> bool:
        """Walk all steps; return whether every one holds."""
        for name in ("log-in", "lobby", "create", "invite", "perform", "match"):
            await self._step(name)
        if not self.steps["match"].ok:
            await self._step("audit")
            return False
        await self._step("picture")
        await self._step("audio-both-ways")
        await asyncio.gather(self._step("scores-to-both"), self._tasks_in_the_picture())
        await self._step("refund")
        await self._step("audit")
        return all(step.ok for step in self.steps.values())

    def outcome(self) -> dict[str, Any]:
        """Return what `--json` prints."""
        steps = [
            {"name": step.name, "ok": step.ok, "ms": step.ms, "detail": step.detail}
            for step in self.steps.values()
        ]
        return {"steps": steps, "scores": self.scores, "audit": self.audited}

    async def _tasks_in_the_picture(self) -> None:
        for name in ("pick", "options", "task-shown", "judged", "settled"):
            await self._step(name)

    async def _step(self, name: str) -> None:
        walk: Callable[[], Awaitable[str]] = getattr(self, "_" + name.replace("-", "_"))
        step = self.steps[name]
        begun = time.monotonic()
        try:
            step.detail = await walk()
            step.ok = True
        except (Unmet, TimeoutError, Answered, ConnectionError, ValueError, aiohttp.ClientError) as error:
            step.detail = f"{type(error).__name__}: {error}"
        step.ms = round(1000 * (time.monotonic() - begun))
        self.say(f"{'✓' if step.ok else '✗'} {name:<16} {step.ms:>6} ms  {step.detail}")

    # A1

    async def _log_in(self) -> str:
        for person in (self.mei, self.lin):
            username = f"{person.nickname}-{time.time_ns() % 10**9}"
            attributes = UserAttributes(nickname=person.nickname, language="zh-CN", region="Shanghai")
            sign_up = SignUp(username=username, password=PASSWORD, attributes=attributes)
            await person.ask(Session, "POST", "/api/accounts", sign_up)
            try:
                await person.call("POST", "/api/sessions", LogIn(username=username, password=PASSWORD + "!"))
                raise Unmet("a wrong password was let in")
            except Answered as refused:
                expect(refused.status == 401, f"a wrong password got {refused}")
            person.session = await person.ask(
                Session, "POST", "/api/sessions", LogIn(username=username, password=PASSWORD, client="phone")
            )
        me = await self.lin.call("GET", "/api/me")
        stored = me["attributes"]["region"]
        expect(stored == "Shanghai", f"region stored as {stored!r}")
        self.points_before = int(me["points"])
        return f"two accounts; {self.lin.nickname} has {self.points_before} points"

    # A2

    async def _lobby(self) -> str:
        for person in (self.mei, self.lin):
            await person.follow()
        live = await self.lin.events.wait(reads(Lobby, topics.LOBBY), 5, "the retained lobby")
        asked = await self.lin.ask(Lobby, "GET", "/api/lobby")
        expect(asked.rev >= live.rev, f"snapshot has revision {asked.rev}, the live one {live.rev}")
        return f"revision {live.rev}, {len(live.rooms)} rooms"

    # A6

    async def _create(self) -> str:
        wish = AskRoom(kind="create", mode="duet", song=self.song, client="pc")
        granted = await self.lin.ask(RoomGranted, "POST", "/api/rooms", wish)
        expect(granted.entry.kind == "second", f"got a {granted.entry.kind} entry")
        expect("<svg" in granted.entry.qr_svg, "the entry has no QR code")
        expect(granted.attributes.region == "Shanghai", f"room's region is {granted.attributes.region!r}")
        lobby = await self.lin.ask(Lobby, "GET", "/api/lobby")
        expect(granted.room not in {room.id for room in lobby.rooms}, "a created room stands on the lobby")
        self.room = granted.room
        return f"{granted.attributes.title!r}, {granted.attributes.region}"

    # A3

    async def _invite(self) -> str:
        invite = SendRequest(to=self.mei.id, room=self.room, message="sing with me")
        for verb, state in (("decline", "declined"), ("withdraw", "withdrawn"), ("accept", "accepted")):
            sent = await self.lin.ask(Invitation, "POST", "/api/requests", invite)
            await self.mei.events.wait(
                self._invited(self.mei, sent.id, "pending"), 5, "the invitation at the one invited"
            )
            who = self.lin if verb == "withdraw" else self.mei
            await who.ask(Invitation, "POST", f"/api/requests/{sent.id}/{verb}")
            await self.lin.events.wait(
                self._invited(self.lin, sent.id, state), 5, f"{state} at the one who invited"
            )
        mine = await self.mei.call("GET", "/api/requests")
        entry = next(request["entry"] for request in mine["requests"] if request["id"] == sent.id)
        await self.mei.ask(Entered, "POST", "/api/entries/" + _token(entry), EnterRoom(client="phone"))
        snapshot = await self.lin.ask(Room, "GET", f"/api/rooms/{self.room}")
        expect(
            self.mei.id in {seat.user.id for seat in snapshot.seats},
            "the invited one has no seat in the room",
        )
        await self.lin.call("DELETE", f"/api/rooms/{self.room}")
        return "declined, withdrawn, accepted; entered by the second entry"

    @staticmethod
    def _invited(person: Person, request: str, state: str) -> Callable[[str, bytes], RequestChanged | None]:
        def found(topic: str, payload: bytes) -> RequestChanged | None:
            if topic != topics.user_notices(person.id):
                return None
            notice = NOTICE.validate_json(payload)
            if not isinstance(notice, RequestChanged) or notice.request.id != request:
                return None
            return notice if notice.request.state == state else None

        return found

    # A4

    async def _perform(self) -> str:
        await self.booth.wait(lambda shown: shown.get("type") == "hello", 15, "the kiosk's greeting")
        await self.booth.do("queue", song=self.song)
        await self.booth.do("go-live", kind="perform", mode="pk", scene="billiards")

        def listed(lobby: Lobby) -> bool:
            return any(room.scene == "billiards" and room.entry for room in lobby.rooms)

        lobby = await self.lin.events.wait(reads(Lobby, topics.LOBBY, listed), 20, "the room on the lobby")
        room = next(room for room in lobby.rooms if room.scene == "billiards" and room.entry)
        self.room = room.id
        return f"first entry of {room.title!r} came live to the lobby"

    # A5

    async def _match(self) -> str:
        ticket = await self.mei.ask(Ticket, "POST", "/api/tickets", AskMatch(mode="pk", client="phone"))
        end = time.monotonic() + 15
        while ticket.state == "waiting" and time.monotonic() < end:
            await asyncio.sleep(0.3)
            ticket = await self.mei.ask(Ticket, "GET", f"/api/tickets/{ticket.id}")
        expect(ticket.state == "matched" and ticket.entry is not None, f"the ticket is {ticket.state}")
        expect(ticket.room == self.room, f"matched to {ticket.room}, not to the booth's room")
        path = "/api/entries/" + _token(str(ticket.entry))
        self.entered = await self.mei.ask(Entered, "POST", path, EnterRoom(client="phone"))
        expect(self.entered.seat == "b", f"got seat {self.entered.seat}")
        await self.mei.follow(self.room)
        voice = await asyncio.to_thread(decode_sound, self.mic)
        await self.mei.publish(self.entered, Publisher(voice))

        def ready(room: Room) -> bool:
            return len(room.seats) == 2 and all(seat.is_live and seat.is_ready for seat in room.seats)

        await self.mei.events.wait(
            reads(Room, topics.room_state(self.room), ready), 30, "both seats live and ready"
        )
        return f"{self.mei.nickname} on seat b; both seats live, both boxes ready to score"

    # B1

    async def _picture(self) -> str:
        path = f"/api/rooms/{self.room}/viewers"
        viewing = await self.lin.ask(Entered, "POST", path, EnterRoom(client="phone"))
        await self.lin.follow(self.room)
        assert self.entered is not None
        grants = {grant.seat: grant for grant in viewing.watch}
        partner = {grant.seat: grant for grant in self.entered.watch}
        self.watching = await self.lin.watch(grants["a"])
        self.mei_hears = await self.mei.watch(partner["a"], sound="dry")
        end = time.monotonic() + 15
        while min(self.watching.frames, self.mei_hears.frames) < 20 and time.monotonic() < end:
            await asyncio.sleep(0.2)
        seen = self.watching.frames
        expect(seen >= 20, f"{seen} pictures decoded within 15 s")
        alike = max(_pictures_alike(self.watching.picture, frame) for frame in _some_frames(self.clip.path))
        expect(alike > 0.9, f"the picture that arrived is like the camera's only by {alike:.2f}")
        return f"{seen} pictures decoded, correlation {alike:.3f} with the camera's own"

    async def _audio_both_ways(self) -> str:
        assert self.watching is not None and self.mei_hears is not None
        end = time.monotonic() + 12
        tone = 0.0
        while tone < 0.5 and time.monotonic() < end:
            await asyncio.sleep(0.25)
            tone = tone_share(self.watching.heard(1.0))
        expect(tone > 0.5, f"the singer's tone is {tone:.2f} of what the booth's mix brings to viewers")
        await self._begin_round()
        sung = await asyncio.to_thread(decode_sound, self.mic)
        alike = 0.0
        end = time.monotonic() + 20
        while alike < 0.8 and time.monotonic() < end:
            await asyncio.sleep(1.0)
            alike = await asyncio.to_thread(likeness, self.mei_hears.heard(6.0), sung)
        expect(alike > 0.8, f"what the singer hears of the booth is like its voice only by {alike:.2f}")
        return f"tone through the booth {tone:.2f} of the energy; booth's voice correlates {alike:.2f}"

    async def _begin_round(self) -> None:
        assert self.mei.publisher is not None
        await self.booth.do("start-round")
        shown = await self.booth.wait(
            lambda message: message.get("type") == "round" and bool(message.get("round")), 10, "the round"
        )
        begun = shown["round"]
        self.round = begun["id"]
        self.mei.publisher.track.cue(begun["start_ms"] / 1000)

    # A5, scores

    async def _scores_to_both(self) -> str:
        if not self.round:
            await self._begin_round()
        where = topics.round_final(self.room, self.round)
        final = await self.lin.events.wait(reads(RoundFinal, where), 90, "the round's end")
        self.scores = dict(final.scores)
        for person in (self.mei, self.lin):
            for seat in ("a", "b"):
                rate = self._updates(person, seat)
                expect(2.5 <= rate <= 12, f"{person.nickname} got {rate:.1f} updates a second of seat {seat}")
        on_screen = {message["seat"] for message in self.booth.of("score")}
        expect(on_screen == {"a", "b"}, f"the booth's screen showed scores of {sorted(on_screen)}")
        expect(set(self.scores) == {"a", "b"}, f"final scores of {sorted(self.scores)}")
        return f"final {self.scores}; {self._updates(self.lin, 'a'):.1f} updates a second"

    def _updates(self, person: Person, seat: str) -> float:
        topic = topics.seat_score(self.room, seat)
        at = [
            (when, ScoreChanged.model_validate_json(payload))
            for when, seen, payload in person.events.seen
            if seen == topic
        ]
        of_round = [when for when, score in at if score.n == self.round]
        return (len(of_round) - 1) / (of_round[-1] - of_round[0]) if len(of_round) > 2 else 0.0

    # B2

    async def _pick(self) -> str:
        still = await self._still_elements()
        expect(bool(still), "the box sees no ball in its picture")
        picked = [(element, await self._pick_one(element)) for element in still]
        found = [(element, answer) for element, answer in picked if answer.answer.element is not None]
        self.answers = [answer for _, answer in found]
        # On a clip that nobody has labelled, a hand may be taken for a ball for a moment.
        enough = len(still) if self.clip.truth is not None else math.ceil(0.75 * len(still))
        expect(len(found) >= enough, f"{len(found)} of {len(still)} circled balls were found")
        exact = sum(answer.answer.exact_frame for answer in self.answers)
        expect(exact == len(found), f"only {exact} of {len(found)} picks met the frame that was seen")
        right = sum(_is_same(element, answer) for element, answer in found)
        expect(right >= enough, f"{right} of {len(found)} picks found the ball that was circled")
        return f"{len(found)} of {len(still)} balls circled were found, each in the frame that was seen"

    async def _still_elements(self) -> tuple[Element, ...]:
        """Wait for the clip's still beginning and return the balls of one frame of it."""
        end = time.monotonic() + 2 * self.clip.loop_s + 5
        most = 0
        while time.monotonic() < end:
            await asyncio.sleep(0.15)
            frames = self._recent_balls(1.2)
            if len(frames) < 2:
                continue
            most = max(most, len(frames[-1]))
            still = _at_rest(frames)
            # Nearly all lie still: a hand taken for a ball may come and go meanwhile.
            if still and len(still) >= 0.75 * most and self._is_begin(still):
                return tuple(still[:16])
        return ()

    def _recent_balls(self, span_s: float) -> list[dict[int | None, Element]]:
        """Return the last `span_s` of box time, oldest first: balls by track; nothing while not whole."""
        payloads = self.lin.events.of(topics.seat_elements(self.room, "a"))[-30:]
        seen = [ElementsSeen.model_validate_json(payload) for payload in payloads]
        recent = [one for one in seen if one.t > seen[-1].t - span_s]
        if not recent or recent[-1].t - recent[0].t < span_s / 2:
            return []
        return [{element.track: element for element in one.x if element.kind == "ball"} for one in recent]

    def _is_begin(self, balls: list[Element]) -> bool:
        """Tell whether what is seen lies as at the clip's beginning, where that is known."""
        if self.clip.truth is None:
            return True
        wanted = self.clip.pots() or []
        places = {element["id"]: element["bbox"] for element in self.clip.truth["elements"]}
        return all(
            any(_overlap(ball.bbox, places[name]) > 0.2 for ball in balls)
            for name in wanted
            if name in places
        )

    async def _pick_one(self, element: Element) -> PickAnswered:
        assert self.watching is not None
        pick = Pick(seat="a", contour=_ring(element), rtp=self.watching.rtp)
        accepted = await self.lin.ask(PickAccepted, "POST", f"/api/rooms/{self.room}/picks", pick)

        def answered(topic: str, payload: bytes) -> PickAnswered | None:
            if topic != topics.user_notices(self.lin.id):
                return None
            notice = NOTICE.validate_json(payload)
            return notice if isinstance(notice, PickAnswered) and notice.pick == accepted.pick else None

        return await self.lin.events.wait(answered, 5, "the answer to a pick")

    # B5

    async def _options(self) -> str:
        expect(bool(self.answers), "there is no answered pick")
        targets = {target.id for target in self.answers[0].targets}
        gifts = [result for result in self.answers[0].results if result.points > 0]
        expect("pocketed" in targets, f"a ball's targets are {sorted(targets)}")
        expect(bool(gifts), "no gift is offered")
        return f"targets {', '.join(sorted(targets))}; {len(gifts)} gifts"

    # B7, B8

    async def _task_shown(self) -> str:
        expect(any(answer.answer.element for answer in self.answers), "no pick found an element")
        gifts = sorted((r for r in self.answers[0].results if r.points > 0), key=lambda gift: gift.points)
        lasts_s = math.ceil(self._patience_s())
        me = await self.lin.call("GET", "/api/me")
        before = int(me["points"])
        for answer in self.answers:
            element = answer.answer.element
            assert element is not None
            new = NewTask(
                pick=answer.pick,
                element=TaskElement(
                    kind=element.kind, label=element.label, track=element.track, bbox=element.bbox
                ),
                target="pocketed",
                result=Result(kind="gift", id=gifts[0].id),
                expires_in_s=lasts_s,
            )
            self.tasks.append(await self.lin.ask(Task, "POST", f"/api/rooms/{self.room}/tasks", new))
        ids = {task.id for task in self.tasks}
        for person in (self.mei, self.lin):
            where = topics.room_tasks(self.room)
            await person.events.wait(
                reads(TaskList, where, lambda got: ids <= {task.id for task in got.tasks}), 5, "the task list"
            )
        await self.booth.wait(
            lambda shown: shown.get("type") == "tasks" and ids <= {task["id"] for task in shown["tasks"]},
            5,
            "the tasks on the booth's screen",
        )
        held = before - int((await self.lin.call("GET", "/api/me"))["points"])
        price = sum(task.result.points for task in self.tasks)
        expect(held == price, f"{held} points left the account for tasks of {price}")
        return f"{len(ids)} tasks on every screen; {price} points in escrow"

    # B9

    async def _judged(self) -> str:
        expect(bool(self.tasks), "there is no task to judge")
        wait_s = self._patience_s() + 5
        end = time.monotonic() + wait_s
        pots = self.clip.pots()
        wanted = len(pots) if pots is not None else None
        while time.monotonic() < end:
            ended = self._ended()
            achieved = [task for task in ended.values() if task.state == "achieved"]
            if len(ended) == len(self.tasks) or (
                wanted and len(achieved) >= wanted and self._loops(end, wait_s)
            ):
                break
            await asyncio.sleep(0.2)
        names = sorted(_name(task) for task in self._ended().values() if task.state == "achieved")
        if pots is not None:
            expect(len(names) == len(pots), f"judged {names}, but {pots} went in")
            labelled = [name for name in names if ":" in name]
            expect(set(labelled) <= set(pots), f"judged {names}, but {pots} went in")
        return f"judged: {', '.join(names) or 'nothing'} (the clip's truth: {pots})"

    def _patience_s(self) -> float:
        """Return how long a task may take: a whole loop, or two where something is known to be potted."""
        return (2 if self.clip.pots() else 1) * self.clip.loop_s + 6

    def _loops(self, end: float, wait_s: float) -> bool:
        """Tell whether a whole loop has gone by since the tasks were set, so that a false one would show."""
        return time.monotonic() > end - wait_s + self.clip.loop_s

    def _ended(self) -> dict[str, Task]:
        ended: dict[str, Task] = {}
        for task in self.tasks:
            for payload in self.lin.events.of(topics.room_task(self.room, task.id)):
                seen = Task.model_validate_json(payload)
                if seen.state != "open":
                    ended[task.id] = seen
        return ended

    # B10

    async def _settled(self) -> str:
        end = time.monotonic() + self._patience_s() + 5
        for task in self.tasks:
            if task.id not in self._ended():
                await self.lin.call("POST", f"/api/tasks/{task.id}/withdraw")
        while len(self._ended()) < len(self.tasks) and time.monotonic() < end:
            await asyncio.sleep(0.2)
        states = {task.id: task.state for task in self._ended().values()}
        expect(len(states) == len(self.tasks), f"{len(self.tasks) - len(states)} tasks never ended")
        paid = sum(task.result.points for task in self.tasks if states[task.id] == "achieved")
        now = int((await self.lin.call("GET", "/api/me"))["points"])
        expect(
            now == self.points_before - paid, f"{now} points left of {self.points_before}, {paid} were won"
        )
        delivered = [shown for shown in self.booth.of("event") if shown["event"]["type"] == "delivered"]
        won = [task for task in self.tasks if states[task.id] == "achieved"]
        expect(
            len(delivered) == len(won),
            f"{len(delivered)} results on the booth's screen for {len(won)} tasks won",
        )
        return f"{paid} points delivered, once; the rest came back"

    async def _refund(self) -> str:
        expect(bool(self.answers), "there is no answered pick")
        before = int((await self.lin.call("GET", "/api/me"))["points"])
        gift = max((r for r in self.answers[0].results if r.points > 0), key=lambda gift: gift.points)
        affordable = (
            gift if gift.points <= before else min(self.answers[0].results, key=lambda r: r.points or 10**9)
        )
        new = NewTask(
            pick=self.answers[0].pick,
            target="pocketed(top-left)",
            result=Result(kind="gift", id=affordable.id),
            expires_in_s=60,
        )
        task = await self.lin.ask(Task, "POST", f"/api/rooms/{self.room}/tasks", new)
        held = before - int((await self.lin.call("GET", "/api/me"))["points"])
        expect(held == task.result.points, f"{held} points in escrow for a task of {task.result.points}")
        await self.booth.do("refuse", task=task.id)
        where = topics.room_task(self.room, task.id)
        await self.lin.events.wait(reads(Task, where, lambda seen: seen.state == "refused"), 8, "the refusal")
        now = int((await self.lin.call("GET", "/api/me"))["points"])
        expect(now == before, f"{now} points after a refusal, {before} before")
        return f"{task.result.points} points came back when the booth refused"

    async def _audit(self) -> str:
        end = time.monotonic() + 5
        self.audited = await asyncio.to_thread(audit, self.settings)
        while self.audited["wrong_unsent"] and time.monotonic() < end:  # the outbox is still on its way
            await asyncio.sleep(0.2)
            self.audited = await asyncio.to_thread(audit, self.settings)
        wrong = {name: seen for name, seen in self.audited.items() if name.startswith("wrong_") and seen}
        expect(not wrong, f"the books do not close: {wrong}")
        expect(self.audited["rounds_scored"] >= 1, "no final score is stored")
        return f"{self.audited['transfers']} transfers, sum {self.audited['sum']}"


def _token(path: str) -> str:
    return path.rstrip("/").rsplit("/", 1)[-1]


def _name(task: Task) -> str:
    return f"{task.element.kind}:{task.element.label}" if task.element.label else task.element.kind


def _ring(element: Element) -> tuple[tuple[float, float], ...]:
    x, y, width, height = element.bbox
    turns = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    points = zip(
        x + width / 2 + 0.65 * width * np.cos(turns),
        y + height / 2 + 0.65 * height * np.sin(turns),
        strict=True,
    )
    return tuple((float(np.clip(u, 0, 1)), float(np.clip(v, 0, 1))) for u, v in points)


def _at_rest(frames: list[dict[int | None, Element]], most: float = 0.006) -> list[Element]:
    """Return the balls that are in every frame and hardly move between the first and the last."""
    first, last = frames[0], frames[-1]
    steady = set(last).intersection(*frames)
    return [
        ball
        for track, ball in last.items()
        if track in steady and all(abs(first[track].bbox[axis] - ball.bbox[axis]) < most for axis in (0, 1))
    ]


def _is_same(circled: Element, answer: PickAnswered) -> bool:
    """Tell whether what was found is what was circled, wherever it has moved since."""
    found = answer.answer.element
    return found is not None and (found.track == circled.track or _overlap(found.bbox, circled.bbox) > 0.3)


def _overlap(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    """Return intersection over union of two boxes (x, y, width, height)."""
    width = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    height = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    both = max(width, 0) * max(height, 0)
    return both / (one[2] * one[3] + other[2] * other[3] - both + 1e-12)


def _some_frames(path: Path, every: int = 10) -> list[Any]:
    with av.open(str(path)) as file:
        return [
            frame.reformat(width=160, height=90, format="gray").to_ndarray()
            for index, frame in enumerate(file.decode(video=0))
            if index % every == 0
        ]


def _pictures_alike(picture: Any, small: Any) -> float:
    if picture is None:
        return 0.0
    seen = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(width=160, height=90, format="gray")
    return float(np.corrcoef(seen.to_ndarray().ravel(), small.ravel())[0, 1])
