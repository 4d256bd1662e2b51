"""Picks, the option library, and interactive tasks."""

from typing import Annotated

from pydantic import StringConstraints

from cloud.core import options
from cloud.desk import tasks
from cloud.web.api import Api, Call
from edge.wire.codec import Message
from edge.wire.elements import Gifts, Kind, Options, Pick, PickAccepted, Scene
from edge.wire.tasks import NewTask, Task, TaskList
from edge.wire.users import PickAnswered

api = Api("tasks")


class AskOptions(Message):
    """Query of GET /api/options."""

    scene: Scene
    kind: Kind
    words: Annotated[str, StringConstraints(max_length=120)] = ""
    """Free words that may name a target."""


@api.route("POST", "/rooms/<id:room>/picks", body=Pick, answer=PickAccepted, status=202, limit="60/minute")
def pick(call: Call, asked: Pick, room: str) -> PickAccepted:
    """Choose an element of the live picture; the answer comes as a notice."""
    with call.write() as session:
        return tasks.pick(session, call.caller, room, asked, call.now_ms)


@api.route("GET", "/picks/<id:pick_id>", answer=PickAnswered)
def show_pick(call: Call, pick_id: str) -> PickAnswered:
    """Return the answer to one's own pick."""
    with call.read() as session:
        return tasks.show_pick(session, call.caller, pick_id)


@api.route(
    "POST",
    "/rooms/<id:room>/tasks",
    body=NewTask,
    answer=Task,
    status=201,
    needs_key=True,
    limit="60/minute",
)
def create_task(call: Call, asked: NewTask, room: str, key: str) -> Task:
    """Make an interactive task; its points wait in escrow."""
    with call.write() as session:
        return tasks.create(session, call.caller, room, asked, key, call.now_ms)


@api.route("GET", "/rooms/<id:room>/tasks", answer=TaskList)
def show_tasks(call: Call, room: str) -> TaskList:
    """Return a room's open tasks."""
    with call.read() as session:
        return tasks.show_list(session, call.caller, room)


@api.route("POST", "/tasks/<id:task>/refuse", answer=Task)
def refuse_task(call: Call, task: str) -> Task:
    """Refuse a task as the broadcaster it is for."""
    with call.write() as session:
        return tasks.refuse(session, call.caller, task, call.now_ms)


@api.route("POST", "/tasks/<id:task>/withdraw", answer=Task)
def withdraw_task(call: Call, task: str) -> Task:
    """Withdraw one's own task."""
    with call.write() as session:
        return tasks.withdraw(session, call.caller, task, call.now_ms)


@api.route("GET", "/options", query=AskOptions, answer=Options, is_open=True)
def show_options(_call: Call, asked: AskOptions) -> Options:
    """Return the targets and results for an element's kind, and what free words mean."""
    return Options(
        targets=options.targets(asked.scene, asked.kind),
        results=options.results(),
        understood=options.understand(asked.words, asked.scene, asked.kind) if asked.words else None,
    )


@api.route("GET", "/gifts", answer=Gifts, is_open=True)
def show_gifts(_call: Call) -> Gifts:
    """Return the catalogue of gifts."""
    return Gifts(gifts=options.gifts())
