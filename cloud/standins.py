"""Boxes for those who have none: ordinary box processes, started and stopped by the hub's commands.

Each stand-in has a private folder with its `box.toml` and one-time code; its microphone and camera are the
singer's own stream at the relay. What it does is told to it by the hub, like any box, once it has enrolled.
"""

import asyncio
import contextlib
import json
import logging
import os
import re
import shutil
import signal
import sys
import time
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cloud.bus import Bus, Sent, Will
from cloud.clock import now_ms
from cloud.core.errors import HubError
from cloud.settings import Settings
from cloud.supervise import Child, ChildFailed, Supervisor
from edge.wire import topics
from edge.wire.boxes import (
    COMMAND,
    BoxState,
    Command,
    CommandAnswer,
    StandInRefused,
    StartBox,
    StopBox,
)
from edge.wire.codec import WireError, decode, encode
from edge.wire.users import StandInTrouble

log = logging.getLogger(__name__)

HOST = "standins-1"

LATENCY_MS = 60
"""What a singer's voice needs to a stand-in on a good network, in ms."""

LONGEST_S = 4 * 3600.0
"""A stand-in that nobody stops is stopped after this time: no room lasts longer."""

MOST_REMEMBERED = 500
"""Commands whose answers are kept, so that a repeated one is answered and not carried out again."""

_UNSAFE = re.compile(r"[^A-Za-z0-9_-]")

Publish = Callable[[str, bytes], Sent | None]


class Refusal(HubError):
    """A command that is not carried out, with the reason."""


class HostFull(Refusal):
    """As many stand-ins run as may."""


@dataclass(slots=True)
class StandIn:
    """One box process and its supervisor."""

    supervisor: Supervisor
    folder: Path
    since_s: float


class StandIns:
    """Carries out commands, one after the other."""

    def __init__(self, settings: Settings, argv: Callable[[Path], list[str]] | None = None) -> None:
        self._settings = settings
        self._argv = argv or box_command
        self._running: dict[str, StandIn] = {}
        self._locks: dict[str, asyncio.Lock] = {}
        self._answers: deque[tuple[str, CommandAnswer]] = deque(maxlen=MOST_REMEMBERED)
        self._ca = settings.data_dir / "tls" / "ca.pem" if settings.tls == "local" else None

    def pids(self) -> dict[str, int | None]:
        """Return the process of each stand-in, by `<room>-<seat>`."""
        return {name: each.supervisor.pid(name) for name, each in self._running.items()}

    async def carry_out(self, command: Command) -> CommandAnswer:
        """Do what `command` says and return what came of it."""
        for known, answer in self._answers:
            if known == command.id:
                return answer
        try:
            await self._do(command)
            answer = CommandAnswer(id=command.id, ok=True)
        except HubError as error:
            log.warning("command %s is not carried out: %s", command.id, error)
            refused = _refused(command, error)
            answer = CommandAnswer(id=command.id, ok=False, error=str(error), stand_in=refused)
        self._answers.append((command.id, answer))
        return answer

    async def stop_idle(self, now_s: float) -> None:
        """Stop every stand-in that has run for too long."""
        for name, each in list(self._running.items()):
            if now_s - each.since_s > LONGEST_S:
                log.warning("stand-in %s has run for %g h and is stopped", name, LONGEST_S / 3600)
                await self._stop(name)

    async def stop_all(self) -> None:
        """Stop every stand-in."""
        await asyncio.gather(*(self._stop(name) for name in list(self._running)))

    async def _do(self, command: Command) -> None:
        if command.exp <= now_ms():
            raise Refusal(f"the command expired {now_ms() - command.exp} ms ago: send it again")
        if isinstance(command.do, StartBox):
            name = _name(command.do.take.room, command.do.take.seat)
            async with self._locks.setdefault(name, asyncio.Lock()):
                await self._start(name, command.do)
        elif isinstance(command.do, StopBox):
            name = _name(command.do.room, command.do.seat)
            async with self._locks.setdefault(name, asyncio.Lock()):
                await self._stop(name)
        else:
            raise Refusal(f"a host of stand-ins does not know {command.do.op}: send it to a box")

    async def _start(self, name: str, order: StartBox) -> None:
        if name in self._running:
            await self._stop(name)  # a new code means that the hub wants a new box
        if len(self._running) >= self._settings.stand_ins:
            raise HostFull(
                f"{len(self._running)} stand-ins run here, and that is the most: wait for a room to end, "
                "or set stand_ins in hub.toml"
            )
        folder = self._settings.data_dir / "stand-ins" / name
        environment = {} if self._ca is None else {"SSL_CERT_FILE": str(self._ca)}
        child = Child(name, self._argv(folder / "box.toml"), environment=environment)
        supervisor = Supervisor([child], log_dir=folder, tell=lambda line: log.warning("%s", line))
        self._running[name] = StandIn(supervisor, folder, time.monotonic())
        try:
            await asyncio.to_thread(write_box, folder, order, self._settings)
            await supervisor.start()
        except (ChildFailed, OSError) as error:
            self._running.pop(name, None)
            raise Refusal(f"the stand-in for seat {order.take.seat} cannot be started: {error}") from error
        log.info("stand-in %s started", name)

    async def _stop(self, name: str) -> None:
        found = self._running.pop(name, None)
        if found is None:
            return
        await found.supervisor.stop()
        await asyncio.to_thread(_forget, found.folder)
        log.info("stand-in %s stopped", name)


def _refused(command: Command, error: HubError) -> StandInRefused | None:
    """Return whose seat stays without a box, and why."""
    if not isinstance(command.do, StartBox):
        return None
    why: StandInTrouble = "full" if isinstance(error, HostFull) else "failed"
    return StandInRefused(room=command.do.take.room, seat=command.do.take.seat, why=why)


def run(settings: Settings) -> None:
    """Carry out commands until SIGTERM or SIGINT, then stop every stand-in."""
    asyncio.run(_run_until_told(settings))


async def _run_until_told(settings: Settings) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await serve(settings, StandIns(settings), stop)


async def serve(settings: Settings, stand_ins: StandIns, stop: asyncio.Event) -> None:
    """Connect `stand_ins` to the bus until `stop` is set."""
    loop = asyncio.get_running_loop()
    orders: asyncio.Queue[bytes] = asyncio.Queue()
    state = topics.box_state(HOST)
    ready = encode(BoxState(s="ready"))

    def connected() -> None:
        bus.publish(state, ready, qos=1, retain=True)

    bus = Bus(settings, HOST, will=Will(state, encode(BoxState(s="lost"))), on_connected=connected)

    def ordered(_topic: str, payload: bytes) -> None:
        loop.call_soon_threadsafe(orders.put_nowait, payload)

    bus.subscribe(topics.box_command(HOST), ordered)
    work: tuple[Coroutine[Any, Any, Any], ...] = (
        _obey(orders, stand_ins, lambda topic, payload: bus.publish(topic, payload, qos=1)),
        _tidy(stand_ins),
        stop.wait(),
    )
    tasks = [asyncio.create_task(each) for each in work]
    await asyncio.to_thread(_forget_all, settings.data_dir / "stand-ins")
    bus.start()
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await stand_ins.stop_all()
        lost = bus.publish(state, encode(BoxState(s="lost")), qos=1, retain=True)
        await asyncio.to_thread(lost.wait, 1.0)
        await asyncio.to_thread(bus.stop)


def box_command(config: Path) -> list[str]:
    """Return how a box is started."""
    return [sys.executable, "-m", "edge", "--config", str(config)]


def write_box(folder: Path, order: StartBox, settings: Settings) -> None:
    """Write a stand-in's private folder: its code and its box.toml."""
    _forget(folder)
    folder.mkdir(parents=True, mode=0o700)
    _write_private(folder / "enrol-code", order.enrol_code)
    _write_private(folder / "box.toml", box_toml(folder, order, settings))


def box_toml(folder: Path, order: StartBox, settings: Settings) -> str:
    """Return a stand-in's box.toml."""
    sections: dict[str, dict[str, object]] = {
        "box": {"name": order.name, "data_dir": str(folder / "data")},
        "hub": {
            "url": own_url(settings),
            "enrol_code_file": str(folder / "enrol-code"),
            "mqtt_host": settings.mqtt_host,
            "mqtt_port": settings.mqtt_port,
        },
        "microphone": {"kind": "webrtc"},
        "speaker": {"kind": "none"},
        "camera": {"kind": "webrtc"},
        "scoring": {"is_bleed_removed": False},
        "watching": {"scene": order.take.scene, "threads": 1},
        "kiosk": {"is_on": False},
        "round": {"latency_ms": LATENCY_MS},
    }
    lines = []
    for section, values in sections.items():
        lines.append(f"[{section}]")
        # A JSON text, number or truth value is a TOML one.
        lines += [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in values.items()]
        lines.append("")
    return "\n".join(lines)


def own_url(settings: Settings) -> str:
    """Return the front's address for a box on this machine: not the way round a proxy."""
    if settings.tls == "files":
        return settings.url  # the certificate is for that name
    host = settings.front_from_here
    return f"{'https' if settings.tls == 'local' else 'http'}://{host}:{settings.front_port}"


async def _obey(orders: asyncio.Queue[bytes], stand_ins: StandIns, publish: Publish) -> None:
    """Carry out what comes; only commands for the same seat wait for each other."""

    async def obey(payload: bytes) -> None:
        try:
            command = decode(COMMAND, payload)
        except WireError as error:
            log.warning("a command cannot be read: %s", error)
            return
        publish(topics.box_answer(HOST), encode(await stand_ins.carry_out(command)))

    async with asyncio.TaskGroup() as group:
        while True:
            group.create_task(obey(await orders.get()))


async def _tidy(stand_ins: StandIns) -> None:
    while True:
        await asyncio.sleep(30.0)
        await stand_ins.stop_idle(time.monotonic())


def _name(room: str, seat: str) -> str:
    return _UNSAFE.sub("_", f"{room}-{seat}")


def _write_private(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)


def _forget(folder: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        shutil.rmtree(folder)


def _forget_all(folder: Path) -> None:
    """Remove what stand-ins of an earlier start left behind."""
    if folder.is_dir():
        for each in folder.iterdir():
            _forget(each)
