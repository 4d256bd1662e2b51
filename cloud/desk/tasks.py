"""Picks of elements in the live picture, and the interactive tasks made of them.

A task's points leave the initiator when it is made and wait in escrow; the transfer that closes the
escrow has one key for each task, so that a task is paid or paid back, once.
"""

import logging
from typing import Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cloud import models
from cloud.core import options
from cloud.core import tasks as rules
from cloud.core.errors import KeyReused, NotAllowed, NotNow, Unknown, Wrong
from cloud.core.ledger import request_hash
from cloud.desk import callers, ledger, outbox, rooms, views
from cloud.desk.callers import Caller
from cloud.tokens import new_id
from edge.wire import tasks as wire
from edge.wire import topics
from edge.wire.boxes import CommandAnswer, FindElement, WatchTasks
from edge.wire.elements import Element, Pick, PickAccepted, PickAnswer
from edge.wire.users import PickAnswered, PointsChanged

log = logging.getLogger(__name__)

PICK_MS = 10_000
"""How long a box may look for a picked element."""


def pick(session: Session, caller: Caller, room_id: str, asked: Pick, now_ms: int) -> PickAccepted:
    """Ask a seat's box which element was picked; the answer comes as a notice.

    Raises:
        NotAllowed: the caller is not in the room.
        NotNow: nobody sits there, or its box is not there yet.
    """
    callers.forbid_stand_in(caller)
    room = rooms.locked(session, room_id)
    rooms.check_takes_part(session, caller, room)
    seat = _seat(room, asked.seat)
    if seat is None or seat.box_id is None:
        raise NotNow(f"nobody watches the picture of seat {asked.seat} yet: wait until it is live")
    row = models.Pick(
        id=new_id("p"),
        room_id=room.id,
        seat=asked.seat,
        user_id=caller.user_id,
        asked=asked.model_dump(mode="json"),
        created_ms=now_ms,
    )
    session.add(row)
    session.flush()
    find = FindElement(room=room.id, pick=asked)
    outbox.order(session, seat.box_id, find, now_ms, lasts_ms=PICK_MS, pick_id=row.id)
    return PickAccepted(pick=row.id)


def _seat(room: models.Room, name: str) -> models.Seat | None:
    return next((seat for seat in room.seats if seat.seat == name), None)


def answer_pick(session: Session, pick_id: str, answer: CommandAnswer, now_ms: int) -> None:
    """Store what a box found at a pick, and tell the one who picked, with the options for it."""
    row = session.get(models.Pick, pick_id)
    if row is None or row.answered_ms is not None:
        return
    found = answer.pick if answer.ok and answer.pick is not None else PickAnswer()
    row.answer, row.answered_ms = found.model_dump(mode="json"), now_ms
    session.flush()
    outbox.notify(session, row.user_id, _answered(session, row), now_ms)


def _answered(session: Session, row: models.Pick) -> PickAnswered:
    answer = PickAnswer.model_validate(row.answer, strict=False)
    scene = session.get_one(models.Room, row.room_id).scene
    targets = options.targets(scene, answer.element.kind) if answer.element else ()
    results = options.results() if answer.element else ()
    return PickAnswered(pick=row.id, answer=answer, targets=targets, results=results)


def show_pick(session: Session, caller: Caller, pick_id: str) -> PickAnswered:
    """Return the answer to one's own pick.

    Raises:
        Unknown: not one's own, or not answered yet.
    """
    row = session.get(models.Pick, pick_id)
    if row is None or row.user_id != caller.user_id or row.answered_ms is None:
        raise Unknown(f"there is no answer to a pick {pick_id} yet")
    return _answered(session, row)


def create(
    session: Session, caller: Caller, room_id: str, asked: wire.NewTask, key: str, now_ms: int
) -> wire.Task:
    """Make an interactive task and put its points in escrow; the same key and body make it once.

    Raises:
        KeyReused: the key was used with another body.
        NotAllowed: the caller is not in the room, or would pay themselves.
        NotNow: the pick is not answered, or too many tasks are open.
        TooPoor: the gift costs more points than the caller has.
        Wrong: element, target or result is not among the options.
    """
    callers.forbid_stand_in(caller)
    hashed = request_hash(room_id, asked.model_dump_json())
    made = _made_before(session, caller, key, hashed)
    if made is not None:
        return views.task(made)
    room = rooms.locked(session, room_id)
    rooms.check_takes_part(session, caller, room)
    picked, element = _picked(session, caller, room, asked)
    options.check_target(room.scene, element.kind, asked.target)
    result = options.priced(asked.result)
    seat = _seat(room, picked.seat)
    if seat is None:
        raise NotNow("the singer whose picture this was has left")
    _check_may_create(session, room, caller.user_id, seat.user_id)
    row = models.Task(
        id=new_id("k"),
        room_id=room.id,
        seat=picked.seat,
        pick_id=picked.id,
        initiator_id=caller.user_id,
        receiver_id=seat.user_id,
        element=element.model_dump(mode="json"),
        target=asked.target,
        result=result.model_dump(mode="json"),
        points=result.points,
        state="open",
        key=key,
        request_hash=hashed,
        created_ms=now_ms,
        expires_ms=now_ms + asked.expires_in_s * 1000,
    )
    session.add(row)
    session.flush()
    _put_in_escrow(session, row, now_ms)
    _publish(session, room, row, now_ms)
    return views.task(row)


def _made_before(session: Session, caller: Caller, key: str, hashed: str) -> models.Task | None:
    chosen = select(models.Task).where(models.Task.initiator_id == caller.user_id, models.Task.key == key)
    row = session.scalars(chosen).first()
    if row is not None and row.request_hash != hashed:
        raise KeyReused("this Idempotency-Key was used for another task: make a new key")
    return row


def _picked(
    session: Session, caller: Caller, room: models.Room, asked: wire.NewTask
) -> tuple[models.Pick, wire.TaskElement]:
    """Return the caller's pick and the element that is meant: the one found, or a candidate."""
    row = session.get(models.Pick, asked.pick)
    if row is None or row.user_id != caller.user_id or row.room_id != room.id:
        raise Unknown(f"there is no pick {asked.pick} of yours in this room: pick an element first")
    if row.answered_ms is None:
        raise NotNow("the box has not answered this pick yet: wait for its answer")
    answer = PickAnswer.model_validate(row.answer, strict=False)
    found = [one for one in (answer.element, *answer.candidates) if one is not None]
    meant = [one for one in found if asked.element is None or _is(one, asked.element)]
    if not meant:
        raise Wrong("element: it is not what was picked, nor a candidate: pick it again")
    best = meant[0]
    return row, wire.TaskElement(kind=best.kind, label=best.label, track=best.track, bbox=best.bbox)


def _is(found: Element, asked: wire.TaskElement) -> bool:
    same_track = asked.track is None or asked.track == found.track
    return (found.kind, found.label) == (asked.kind, asked.label) and same_track


def _check_may_create(session: Session, room: models.Room, initiator: str, receiver: str) -> None:
    if initiator == receiver:
        raise NotAllowed("nobody sets a task to themselves: let a viewer do it")
    is_open = (models.Task.room_id == room.id) & (models.Task.state == "open")
    count = select(func.count()).select_from(models.Task).where(is_open)
    if (session.scalar(count) or 0) >= rules.MAX_OPEN_IN_ROOM:
        raise NotNow(f"{rules.MAX_OPEN_IN_ROOM} tasks are open in this room: wait until one has ended")
    if (session.scalar(count.where(models.Task.initiator_id == initiator)) or 0) >= rules.MAX_OPEN_BY_ONE:
        raise NotNow(f"{rules.MAX_OPEN_BY_ONE} of your tasks are open: withdraw one first")


def _put_in_escrow(session: Session, row: models.Task, now_ms: int) -> None:
    if row.points == 0:
        return
    ledger.transfer(
        session,
        principal=f"task:{row.id}",
        key="open",
        debit=("user", row.initiator_id),
        credit=("escrow", row.id),
        amount=row.points,
        why="escrow",
        now_ms=now_ms,
        task_id=row.id,
    )
    _tell_points(session, row.initiator_id, "escrow", row.id, now_ms)


def achieve(session: Session, box_id: str, fact: wire.TaskAchieved, now_ms: int) -> None:
    """Take a box's judgement that a task's target was reached: its result is delivered, once."""
    room = session.get(models.Room, fact.room, with_for_update={"key_share": True}, populate_existing=True)
    row = session.get(models.Task, fact.task, with_for_update=True)
    if room is None or row is None or row.room_id != fact.room:
        log.warning("box %s judged task %s, which is not in room %s", box_id, fact.task, fact.room)
        return
    seat = _seat(room, row.seat)
    if seat is None or seat.box_id != box_id:
        log.warning("box %s judged task %s of a seat it does not hold", box_id, fact.task)
        return
    if row.state != "open":
        log.info("task %s was %s before it was judged: ignored", row.id, row.state)
        return
    row.evidence = fact.evidence.model_dump(mode="json")
    _end(session, row, "achieved", now_ms)
    task = views.task(row)
    zh, en = rules.congratulations(task.initiator.nickname, *options.result_name(task.result))
    _publish_end(session, room, row, wire.TaskDelivered(task=task, text_zh=zh, text_en=en), now_ms)


def refuse(session: Session, caller: Caller, task_id: str, now_ms: int) -> wire.Task:
    """Refuse a task as the broadcaster it is for; its points go back."""
    return _close(session, caller, task_id, "refused", now_ms)


def withdraw(session: Session, caller: Caller, task_id: str, now_ms: int) -> wire.Task:
    """Withdraw a task as the viewer who made it; its points go back."""
    return _close(session, caller, task_id, "withdrawn", now_ms)


def _close(
    session: Session, caller: Caller, task_id: str, end: Literal["refused", "withdrawn"], now_ms: int
) -> wire.Task:
    callers.forbid_stand_in(caller)
    row = session.get(models.Task, task_id)
    if row is None:
        raise Unknown(f"there is no task {task_id}")
    rules.check_end(end, by=caller.user_id, initiator=row.initiator_id, receiver=row.receiver_id)
    room = rooms.locked(session, row.room_id)
    session.refresh(row, with_for_update=True)
    _give_back(session, room, row, end, now_ms)
    return views.task(row)


def expire(session: Session, row: models.Task, now_ms: int) -> None:
    """End a task whose time is over; its points go back."""
    room = session.get_one(
        models.Room, row.room_id, with_for_update={"key_share": True}, populate_existing=True
    )
    _give_back(session, room, row, "expired", now_ms)


def close_all(session: Session, room: models.Room, now_ms: int, *, seat: str | None = None) -> None:
    """End every open task of a room, or of one seat's picture, because nobody judges it any more."""
    chosen = select(models.Task).where(models.Task.room_id == room.id, models.Task.state == "open")
    if seat is not None:
        chosen = chosen.where(models.Task.seat == seat)
    for row in session.scalars(chosen.order_by(models.Task.created_ms, models.Task.id)).all():
        _give_back(session, room, row, "expired", now_ms)


def _give_back(session: Session, room: models.Room, row: models.Task, end: rules.End, now_ms: int) -> None:
    _end(session, row, end, now_ms)
    _publish_end(session, room, row, wire.TaskClosed(task=views.task(row)), now_ms)


def _end(session: Session, row: models.Task, end: rules.End, now_ms: int) -> None:
    """Bring a task to its one end and empty its escrow."""
    row.state, row.ended_ms = rules.ended(views.task(row).state, end), now_ms
    session.flush()
    if row.points == 0:
        return
    is_paid = rules.goes_to_receiver(end)
    winner = row.receiver_id if is_paid else row.initiator_id
    ledger.transfer(
        session,
        principal=f"task:{row.id}",
        key="close",
        debit=("escrow", row.id),
        credit=("user", winner),
        amount=row.points,
        why="gift" if is_paid else "refund",
        now_ms=now_ms,
        task_id=row.id,
    )
    _tell_points(session, winner, "gift-received" if is_paid else "refund", row.id, now_ms)


def _tell_points(
    session: Session,
    user_id: str,
    why: Literal["gift-received", "escrow", "refund"],
    task_id: str,
    now_ms: int,
) -> None:
    points = ledger.balance(session, user_id)
    outbox.notify(session, user_id, PointsChanged(points=points, why=why, task=task_id), now_ms)


def _publish_end(
    session: Session,
    room: models.Room,
    row: models.Task,
    event: wire.TaskDelivered | wire.TaskClosed,
    now_ms: int,
) -> None:
    rooms.tell(session, room, event, now_ms)
    _publish(session, room, row, now_ms)


def _publish(session: Session, room: models.Room, row: models.Task, now_ms: int) -> None:
    """Tell the room of a task's new state, and the box what to judge from now on."""
    outbox.say(session, topics.room_task(room.id, row.id), views.task(row), now_ms)
    publish_list(session, room, now_ms)
    send_watch(session, room, row.seat, now_ms)


def publish_list(session: Session, room: models.Room, now_ms: int) -> None:
    """Publish a room's open tasks with a new revision."""
    room.tasks_rev += 1
    session.flush()
    outbox.say(session, topics.room_tasks(room.id), _list(session, room), now_ms, retain=True)


def send_watch(session: Session, room: models.Room, seat_name: str, now_ms: int) -> None:
    """Tell a seat's box which tasks to judge."""
    seat = _seat(room, seat_name)
    if seat is None or seat.box_id is None:
        return
    here = tuple(task for task in _list(session, room).tasks if task.seat == seat_name)
    watch = WatchTasks(room=room.id, tasks=here)
    outbox.order(session, seat.box_id, watch, now_ms, lasts_ms=600_000)


def _list(session: Session, room: models.Room) -> wire.TaskList:
    chosen = select(models.Task).where(models.Task.room_id == room.id, models.Task.state == "open")
    rows = session.scalars(chosen.order_by(models.Task.created_ms, models.Task.id))
    return wire.TaskList(rev=room.tasks_rev, tasks=tuple(views.task(row) for row in rows))


def show_list(session: Session, caller: Caller, room_id: str) -> wire.TaskList:
    """Return the open tasks of a room the caller may see."""
    rooms.show(session, caller, room_id)
    return _list(session, session.get_one(models.Room, room_id))
