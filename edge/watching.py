"""The loop that sees: camera frames → detections → tracks → judgements → messages."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from edge.core.detection import Detection
from edge.core.errors import Refused
from edge.core.geometry import centre
from edge.core.judging import Judge, Judgement, Watched, parse_target
from edge.core.picking import Ring, element_of, pick
from edge.core.picture import PictureFrame
from edge.core.tables import Table
from edge.core.tracking import Track, Tracked, Tracker
from edge.ports import Detector
from edge.wire.elements import Element, ElementsSeen, Pick, PickAnswer
from edge.wire.rooms import SeatName
from edge.wire.tasks import Evidence, Task, TaskAchieved

log = logging.getLogger(__name__)

SEEN_EVERY_S = 0.095
"""Least time between two `ElementsSeen`, in s: about ten a second."""

SHOWN_S = 0.3
"""A track that was missed for longer is not shown."""

Told = Callable[[ElementsSeen], Awaitable[None]]
Achieved = Callable[[TaskAchieved], Awaitable[None]]


@runtime_checkable
class SeesTable(Protocol):
    """A detector that also knows where the table is; judgements about pockets need one."""

    @property
    def table(self) -> Table | None:
        """The table as it was last seen."""
        ...


@dataclass(frozen=True, slots=True)
class Seen:
    """What one frame gave."""

    t: float
    detections: tuple[Detection, ...]
    tracked: Tracked
    judgements: tuple[Judgement, ...]


class Seer:
    """Detector, tracker and judge in a row, the same for a live camera and a file."""

    def __init__(self, detector: Detector) -> None:
        self._detector = detector
        self._tracker: Tracker | None = None
        self.judge = Judge()

    def detect(self, frame: PictureFrame) -> list[Detection]:
        """Return what the detector sees; blocking, to be called in a thread."""
        return self._detector.detect(frame.pixels)

    def take(self, frame: PictureFrame, detections: Sequence[Detection]) -> Seen:
        """Take in what was detected in a frame."""
        height, width = frame.pixels.shape[:2]
        if self._tracker is None or abs(self._tracker.aspect - width / height) > 0.01:
            self._tracker = Tracker(width / height)
        tracked = self._tracker.update(frame.at_s, detections)
        return Seen(frame.at_s, tuple(detections), tracked, tuple(self.judge.update(tracked, self._table())))

    def finish(self) -> list[Judgement]:
        """Return what is left to be said when the picture ends."""
        return self.judge.finish(self._table())

    def _table(self) -> Table | None:
        return self._detector.table if isinstance(self._detector, SeesTable) else None


class Watching:
    """Watches one camera for elements and tasks.

    The detector runs in a thread and takes the newest frame whenever it is free; the frames between are
    remembered by their stamps, so that a pick on one of them is found between its neighbours.
    """

    def __init__(self, detector: Detector, *, seat: SeatName) -> None:
        self._seer = Seer(detector)
        self._seat = seat
        self._ring = Ring()
        self._now: tuple[Track, ...] = ()
        self._tasks: dict[str, Task] = {}
        self._newest: PictureFrame | None = None
        self._arrived = asyncio.Event()
        self._is_over = False
        self._count = 0
        self._told_s = float("-inf")
        self.detect_ms = 0.0
        """How long a frame takes, in ms (running mean)."""

    async def watch(self, frames: AsyncIterator[PictureFrame], *, seen: Told, achieved: Achieved) -> None:
        """Watch `frames`, each with the RTP timestamp it was sent with, until they end.

        Args:
            frames: the camera's frames.
            seen: told what is in the picture, about ten times a second.
            achieved: told of each task whose target is reached, once.
        """
        self._is_over = False
        async with asyncio.TaskGroup() as group:
            group.create_task(self._take(frames))
            group.create_task(self._look(seen, achieved))

    def judge(self, tasks: Sequence[Task]) -> None:
        """Judge exactly these tasks from now on; those of the other seat are left out.

        Raises:
            Refused: the target of one or more cannot be judged; the others are watched all the same.
        """
        watched, refusals = [], []
        mine = [task for task in tasks if task.seat == self._seat]
        for task in mine:
            try:
                watched.append(_watched(task))
            except Refused as refusal:
                refusals.append(f"task {task.id}: {refusal}")
        self._tasks = {task.id: task for task in mine if task.id in {each.key for each in watched}}
        self._seer.judge.watch(watched)
        if refusals:
            raise Refused("; ".join(refusals))

    def find(self, chosen: Pick) -> PickAnswer:
        """Return the element at a pick, as it is now."""
        return pick(self._ring, chosen.contour, chosen.rtp, self._now)

    def elements(self) -> tuple[Element, ...]:
        """Return what is in the picture now."""
        return tuple(element_of(track) for track in self._now)

    async def _take(self, frames: AsyncIterator[PictureFrame]) -> None:
        try:
            async for frame in frames:
                self._ring.add(frame.rtp, frame.at_s, None)
                self._newest = frame
                self._arrived.set()
        finally:
            self._is_over = True
            self._arrived.set()

    async def _look(self, seen: Told, achieved: Achieved) -> None:
        while not (self._is_over and self._newest is None):
            await self._arrived.wait()
            self._arrived.clear()
            frame, self._newest = self._newest, None
            if frame is None:
                continue
            began = time.perf_counter()
            detections = await asyncio.to_thread(self._seer.detect, frame)
            self.detect_ms += 0.05 * ((time.perf_counter() - began) * 1e3 - self.detect_ms)
            result = self._seer.take(frame, detections)
            for judgement in result.judgements:
                await self._achieve(judgement, achieved)
            await self._show(frame, result, seen)
        for judgement in self._seer.finish():
            await self._achieve(judgement, achieved)

    async def _show(self, frame: PictureFrame, result: Seen, seen: Told) -> None:
        self._now = tuple(track for track in result.tracked.tracks if result.t - track.seen_s <= SHOWN_S)
        self._ring.add(frame.rtp, frame.at_s, self._now)
        if frame.at_s - self._told_s >= SEEN_EVERY_S:
            self._told_s = frame.at_s
            self._count += 1
            await seen(ElementsSeen(q=self._count, rtp=frame.rtp, t=frame.at_s, x=self.elements()))

    async def _achieve(self, judgement: Judgement, achieved: Achieved) -> None:
        task = self._tasks.pop(judgement.key, None)
        if task is None:
            return
        log.info("task %s: %s reached %s %s", task.id, task.element.kind, task.target, judgement.where or "")
        evidence = Evidence(t=judgement.t, trace=judgement.trace, where=judgement.where)
        await achieved(TaskAchieved(task=task.id, room=task.room, evidence=evidence))


def _watched(task: Task) -> Watched:
    element = task.element
    place = centre(element.bbox) if element.bbox is not None else None
    target = parse_target(task.target, element.kind)
    return Watched(task.id, element.kind, target, element.label, element.track, place)
