"""Steps of the walk in which a viewer picks, promises, and the machine judges and settles."""

import asyncio
import math
import time

import numpy as np

from cloud.demo.people import reads
from cloud.demo.walk import Walk, expect
from edge.wire import topics
from edge.wire.elements import Element, ElementsSeen, Pick, PickAccepted
from edge.wire.tasks import NewTask, Result, Task, TaskElement, TaskList
from edge.wire.users import NOTICE, PickAnswered


async def pick(walk: Walk) -> str:
    """Draw round every ball that lies still, each in the frame that is seen (B2)."""
    still = await _still_elements(walk)
    expect(bool(still), "the box sees no ball in its picture")
    picked = [(element, await _pick_one(walk, element)) for element in still]
    found = [(element, answer) for element, answer in picked if answer.answer.element is not None]
    walk.answers = [answer for _, answer in found]
    # On a clip that nobody has labelled, a hand may be taken for a ball for a moment.
    enough = len(still) if walk.clip.truth is not None else math.ceil(0.75 * len(still))
    expect(len(found) >= enough, f"{len(found)} of {len(still)} circled balls were found")
    exact = sum(answer.answer.exact_frame for answer in walk.answers)
    expect(exact == len(found), f"only {exact} of {len(found)} picks met the frame that was seen")
    right = sum(_is_same(element, answer) for element, answer in found)
    expect(right >= enough, f"{right} of {len(found)} picks found the ball that was circled")
    return f"{len(found)} of {len(still)} balls circled were found, each in the frame that was seen"


async def options(walk: Walk) -> str:
    """The hub offers what fits a ball (B5)."""
    expect(bool(walk.answers), "there is no answered pick")
    targets = {target.id for target in walk.answers[0].targets}
    gifts = [result for result in walk.answers[0].results if result.points > 0]
    expect("pocketed" in targets, f"a ball's targets are {sorted(targets)}")
    expect(bool(gifts), "no gift is offered")
    return f"targets {', '.join(sorted(targets))}; {len(gifts)} gifts"


async def task_shown(walk: Walk) -> str:
    """Promise a gift for each ball: points in escrow, the task on every screen (B7, B8)."""
    expect(any(answer.answer.element for answer in walk.answers), "no pick found an element")
    gifts = sorted((r for r in walk.answers[0].results if r.points > 0), key=lambda gift: gift.points)
    lasts_s = math.ceil(_patience_s(walk))
    me = await walk.lin.call("GET", "/api/me")
    before = int(me["points"])
    for answer in walk.answers:
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
        walk.tasks.append(await walk.lin.ask(Task, "POST", f"/api/rooms/{walk.room}/tasks", new))
    ids = {task.id for task in walk.tasks}
    for person in (walk.mei, walk.lin):
        where = topics.room_tasks(walk.room)
        await person.events.wait(
            reads(TaskList, where, lambda got: ids <= {task.id for task in got.tasks}), 5, "the task list"
        )
    await walk.booth.wait(
        lambda shown: shown.get("type") == "tasks" and ids <= {task["id"] for task in shown["tasks"]},
        5,
        "the tasks on the booth's screen",
    )
    held = before - int((await walk.lin.call("GET", "/api/me"))["points"])
    price = sum(task.result.points for task in walk.tasks)
    expect(held == price, f"{held} points left the account for tasks of {price}")
    return f"{len(ids)} tasks on every screen; {price} points in escrow"


async def judged(walk: Walk) -> str:
    """Wait while the box judges; what it says must be what the clip is known to show (B9)."""
    expect(bool(walk.tasks), "there is no task to judge")
    wait_s = _patience_s(walk) + 5
    end = time.monotonic() + wait_s
    pots = walk.clip.pots()
    wanted = len(pots) if pots is not None else None
    while time.monotonic() < end:
        ended = _ended(walk)
        achieved = [task for task in ended.values() if task.state == "achieved"]
        if len(ended) == len(walk.tasks) or (
            wanted and len(achieved) >= wanted and _loops(walk, end, wait_s)
        ):
            break
        await asyncio.sleep(0.2)
    names = sorted(_name(task) for task in _ended(walk).values() if task.state == "achieved")
    if pots is not None:
        expect(len(names) == len(pots), f"judged {names}, but {pots} went in")
        labelled = [name for name in names if ":" in name]
        expect(set(labelled) <= set(pots), f"judged {names}, but {pots} went in")
    return f"judged: {', '.join(names) or 'nothing'} (the clip's truth: {pots})"


async def settled(walk: Walk) -> str:
    """What was won was paid once, everything else came back (B10)."""
    end = time.monotonic() + _patience_s(walk) + 5
    for task in walk.tasks:
        if task.id not in _ended(walk):
            await walk.lin.call("POST", f"/api/tasks/{task.id}/withdraw")
    while len(_ended(walk)) < len(walk.tasks) and time.monotonic() < end:
        await asyncio.sleep(0.2)
    states = {task.id: task.state for task in _ended(walk).values()}
    expect(len(states) == len(walk.tasks), f"{len(walk.tasks) - len(states)} tasks never ended")
    paid = sum(task.result.points for task in walk.tasks if states[task.id] == "achieved")
    now = int((await walk.lin.call("GET", "/api/me"))["points"])
    expect(now == walk.points_before - paid, f"{now} points left of {walk.points_before}, {paid} were won")
    delivered = [shown for shown in walk.booth.of("event") if shown["event"]["type"] == "delivered"]
    won = [task for task in walk.tasks if states[task.id] == "achieved"]
    expect(
        len(delivered) == len(won),
        f"{len(delivered)} results on the booth's screen for {len(won)} tasks won",
    )
    return f"{paid} points delivered, once; the rest came back"


async def refund(walk: Walk) -> str:
    """A task that the broadcaster refuses gives the points back (B10)."""
    expect(bool(walk.answers), "there is no answered pick")
    before = int((await walk.lin.call("GET", "/api/me"))["points"])
    gift = max((r for r in walk.answers[0].results if r.points > 0), key=lambda gift: gift.points)
    affordable = (
        gift if gift.points <= before else min(walk.answers[0].results, key=lambda r: r.points or 10**9)
    )
    new = NewTask(
        pick=walk.answers[0].pick,
        target="pocketed(top-left)",
        result=Result(kind="gift", id=affordable.id),
        expires_in_s=60,
    )
    task = await walk.lin.ask(Task, "POST", f"/api/rooms/{walk.room}/tasks", new)
    held = before - int((await walk.lin.call("GET", "/api/me"))["points"])
    expect(held == task.result.points, f"{held} points in escrow for a task of {task.result.points}")
    await walk.booth.do("refuse", task=task.id)
    where = topics.room_task(walk.room, task.id)
    await walk.lin.events.wait(reads(Task, where, lambda seen: seen.state == "refused"), 8, "the refusal")
    now = int((await walk.lin.call("GET", "/api/me"))["points"])
    expect(now == before, f"{now} points after a refusal, {before} before")
    return f"{task.result.points} points came back when the booth refused"


async def _still_elements(walk: Walk) -> tuple[Element, ...]:
    """Wait for the clip's still beginning and return the balls of one frame of it."""
    end = time.monotonic() + 2 * walk.clip.loop_s + 5
    most = 0
    while time.monotonic() < end:
        await asyncio.sleep(0.15)
        frames = _recent_balls(walk, 1.2)
        if len(frames) < 2:
            continue
        most = max(most, len(frames[-1]))
        still = _at_rest(frames)
        # Nearly all lie still: a hand taken for a ball may come and go meanwhile.
        if still and len(still) >= 0.75 * most and _is_begin(walk, still):
            return tuple(still[:16])
    return ()


def _recent_balls(walk: Walk, span_s: float) -> list[dict[int | None, Element]]:
    """Return the last `span_s` of box time, oldest first: balls by track; nothing while not whole."""
    payloads = walk.lin.events.of(topics.seat_elements(walk.room, "a"))[-30:]
    seen = [ElementsSeen.model_validate_json(payload) for payload in payloads]
    recent = [one for one in seen if one.t > seen[-1].t - span_s]
    if not recent or recent[-1].t - recent[0].t < span_s / 2:
        return []
    return [{element.track: element for element in one.x if element.kind == "ball"} for one in recent]


def _is_begin(walk: Walk, balls: list[Element]) -> bool:
    """Tell whether what is seen lies as at the clip's beginning, where that is known."""
    if walk.clip.truth is None:
        return True
    wanted = walk.clip.pots() or []
    places = {element["id"]: element["bbox"] for element in walk.clip.truth["elements"]}
    return all(
        any(_overlap(ball.bbox, places[name]) > 0.2 for ball in balls) for name in wanted if name in places
    )


async def _pick_one(walk: Walk, element: Element) -> PickAnswered:
    assert walk.watching is not None
    pick = Pick(seat="a", contour=_ring(element), rtp=walk.watching.rtp)
    accepted = await walk.lin.ask(PickAccepted, "POST", f"/api/rooms/{walk.room}/picks", pick)

    def answered(topic: str, payload: bytes) -> PickAnswered | None:
        if topic != topics.user_notices(walk.lin.id):
            return None
        notice = NOTICE.validate_json(payload)
        return notice if isinstance(notice, PickAnswered) and notice.pick == accepted.pick else None

    return await walk.lin.events.wait(answered, 5, "the answer to a pick")


def _patience_s(walk: Walk) -> float:
    """Return how long a task may take: a whole loop, or two where something is known to be potted."""
    return (2 if walk.clip.pots() else 1) * walk.clip.loop_s + 6


def _loops(walk: Walk, end: float, wait_s: float) -> bool:
    """Tell whether a whole loop has gone by since the tasks were set, so that a false one would show."""
    return time.monotonic() > end - wait_s + walk.clip.loop_s


def _ended(walk: Walk) -> dict[str, Task]:
    ended: dict[str, Task] = {}
    for task in walk.tasks:
        for payload in walk.lin.events.of(topics.room_task(walk.room, task.id)):
            seen = Task.model_validate_json(payload)
            if seen.state != "open":
                ended[task.id] = seen
    return ended


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
