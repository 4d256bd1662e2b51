"""Starts programs as children in order, watches over them, and leaves none behind.

Knows nothing of the hub: a `Child` says how it is started and how one sees that it is ready. Each child has
a process group of its own and dies with its supervisor (Linux). What it writes goes to a log file; warnings,
errors and tracebacks also to whoever supervises.
"""

import asyncio
import contextlib
import ctypes
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from cloud.core.errors import HubError

STOP_S = 10.0
"""How long a child may take to stop before it is killed, in s."""
BACK_OFF_S = (0.5, 30.0)
"""Shortest and longest pause before a child is started again, in s."""
STEADY_S = 60.0
"""After this time alive a child's next restart is as quick as the first, in s."""
LOG_BYTES = 5_000_000
"""A log file that is longer when its child starts is put aside as `.1`."""

_PROBE_S = 0.05
_LAST_LINES = 8
_ALARM = re.compile(r"\b(WARNING|ERROR|CRITICAL|Warning:|Error:)")
_SET_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of prctl(2)
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


class PortInUse(HubError):
    """Another program listens where a child should."""


class ChildFailed(HubError):
    """A child ended, or was not ready in time."""


@dataclass(frozen=True, slots=True)
class Port:
    """An address that a child listens on, and the setting that moves it."""

    host: str
    number: int
    setting: str


@dataclass(frozen=True, slots=True)
class Child:
    """A program to keep running."""

    name: str
    argv: Sequence[str]
    ready: Callable[[], Awaitable[bool]] | None = None
    """Asked again and again until it says yes; None: it is ready at once, or when it says `ready_line`."""
    ready_line: str | None = None
    """What it writes when it is ready."""
    ready_s: float = 30.0
    """How long it may take to be ready, in s."""
    ports: tuple[Port, ...] = ()
    """Must be free before anything is started."""
    environment: Mapping[str, str] | None = None
    """Added to the supervisor's own."""
    waits: bool = True
    """Whether it is started only when all before it are ready; else together with the one before."""


def require_free(port: Port) -> None:
    """Do nothing if a program could listen on `port` now.

    Raises:
        PortInUse: it could not; says which setting moves it.
    """
    with socket.socket(socket.AF_INET6 if ":" in port.host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((port.host, port.number))
        except OSError as error:
            raise PortInUse(
                f"port {port.number} on {port.host} cannot be used ({error.strerror}): stop the program that "
                f"has it, or set {port.setting} to another one"
            ) from error


def listens(host: str, port: int) -> Callable[[], Awaitable[bool]]:
    """Return a question: does anything listen there now?"""

    async def ask() -> bool:
        try:
            _reader, writer = await asyncio.wait_for(asyncio.open_connection(host, port), 1)
        except (OSError, TimeoutError):
            return False
        writer.close()
        return True

    return ask


def answers(host: str, port: int, path: str) -> Callable[[], Awaitable[bool]]:
    """Return a question: does an HTTP GET of `path` give 200 now?"""

    async def ask() -> bool:
        try:
            async with asyncio.timeout(2):
                reader, writer = await asyncio.open_connection(host, port)
                writer.write(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
                first = await reader.readline()
                writer.close()
        except (OSError, TimeoutError):
            return False
        return b" 200 " in first

    return ask


class Supervisor:
    """Keeps children running between `start` and `stop`, or inside `async with`."""

    def __init__(
        self,
        children: Sequence[Child],
        *,
        log_dir: Path,
        tell: Callable[[str], None] = print,
    ) -> None:
        self.log_dir = log_dir
        self._children = tuple(children)
        self._tell = tell
        self._running: list[_Running] = []
        self._watchers: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Start every child in order, and return when all are ready.

        Raises:
            PortInUse: before anything was started.
            ChildFailed: a child ended or was not ready in time; the others have been stopped.
        """
        for child in self._children:
            for port in child.ports:
                require_free(port)
        self.log_dir.mkdir(parents=True, exist_ok=True)
        try:
            for together in _groups(self._children):
                await self._add_all(together)
        except BaseException:
            await self.stop()
            raise

    async def add(self, child: Child) -> None:
        """Start one more child, wait until it is ready, and keep it running from then on.

        Raises:
            PortInUse: another program listens where it should.
            ChildFailed: it ended, or was not ready in time.
        """
        for port in child.ports:
            require_free(port)
        await self._add_all([child])

    async def _add_all(self, children: Sequence[Child]) -> None:
        started = [_Running(child, self.log_dir / f"{child.name}.log", self._tell) for child in children]
        for running in started:
            self._running.append(running)
            running.start()
        waiting = [asyncio.create_task(running.wait_ready()) for running in started]
        try:
            await asyncio.gather(*waiting)
        finally:
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)
        self._watchers += [asyncio.create_task(running.keep()) for running in started]

    def pid(self, name: str) -> int | None:
        """Return the process id of the child `name` now, or None while it is down."""
        for running in self._running:
            if running.child.name == name:
                return running.pid
        return None

    async def stop(self) -> None:
        """Stop every child, the last one started first."""
        for watcher in self._watchers:
            watcher.cancel()
        await asyncio.gather(*self._watchers, return_exceptions=True)
        self._watchers.clear()
        while self._running:
            await self._running.pop().stop()


class _Running:
    """One child: its process now, its output, its restarts."""

    def __init__(self, child: Child, log_path: Path, tell: Callable[[str], None]) -> None:
        self.child = child
        self._log_path = log_path
        self._tell = tell
        self._process: subprocess.Popen[bytes] | None = None
        self._ended = asyncio.Event()
        self._said_ready = asyncio.Event()
        self._reader: asyncio.Task[None] | None = None
        self._last: deque[str] = deque(maxlen=_LAST_LINES)

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process is not None else None

    def start(self) -> None:
        self._ended.clear()
        self._said_ready.clear()
        self._last.clear()
        try:
            self._process = subprocess.Popen(
                list(self.child.argv),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env={**os.environ, "PYTHONUNBUFFERED": "1", **(self.child.environment or {})},
                process_group=0,
                preexec_fn=_die_with_parent,  # noqa: PLW1509 - one system call, no lock
            )
        except OSError as error:
            raise ChildFailed(f"{self.child.name} cannot be started: {error}") from error
        self._watch_end(self._process.pid)
        assert self._process.stdout is not None  # noqa: S101 - asked for above
        self._reader = asyncio.create_task(self._read(self._process.stdout))

    def _watch_end(self, pid: int) -> None:
        loop = asyncio.get_running_loop()
        descriptor = os.pidfd_open(pid)

        def end() -> None:
            loop.remove_reader(descriptor)
            os.close(descriptor)
            # Not yet reaped, so the group's number is still its own: nothing of it is left behind.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)
            if self._process is not None:
                self._process.wait()
            self._ended.set()

        loop.add_reader(descriptor, end)

    async def _read(self, output: BinaryIO | object) -> None:
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader(limit=2**20)
        transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), output)
        is_trace = False
        try:
            with _open_log(self._log_path) as file:
                while line := await _next_line(reader):
                    file.write(line)
                    text = line.decode("utf-8", "replace").rstrip()
                    is_trace = text.startswith("Traceback") or (is_trace and text.startswith((" ", "\t")))
                    self._hear(text, is_trace=is_trace)
        finally:
            transport.close()

    def _hear(self, text: str, *, is_trace: bool) -> None:
        self._last.append(text)
        if self.child.ready_line is not None and self.child.ready_line in text:
            self._said_ready.set()
        if is_trace or _ALARM.search(text):
            self._tell(f"{self.child.name} | {text}")

    async def wait_ready(self) -> None:
        """Return when the child is ready.

        Raises:
            ChildFailed: it ended, or is not ready in time; with its last words.
        """
        end = time.monotonic() + self.child.ready_s
        while not await self._is_ready():
            if self._ended.is_set():
                await self._finish_reading()
                raise ChildFailed(f"{self.child.name} has ended at its start:{self._last_words()}")
            if time.monotonic() > end:
                raise ChildFailed(
                    f"{self.child.name} is not ready after {self.child.ready_s:g} s:{self._last_words()}"
                )
            await asyncio.sleep(_PROBE_S)

    async def _is_ready(self) -> bool:
        if self._ended.is_set():
            return False
        if self.child.ready_line is not None and not self._said_ready.is_set():
            return False
        return self.child.ready is None or await self.child.ready()

    async def keep(self) -> None:
        """Start the child again each time it ends, with growing pauses, until cancelled."""
        shortest, longest = BACK_OFF_S
        pause = shortest
        began = time.monotonic()
        while True:
            await self._ended.wait()
            status = self._process.returncode if self._process is not None else None
            pause = shortest if time.monotonic() - began > STEADY_S else pause
            self._tell(f"{self.child.name} | WARNING ended ({_why(status)}): starts again in {pause:g} s")
            await asyncio.sleep(pause)
            pause = min(pause * 2, longest)
            await self._finish_reading()
            began = time.monotonic()
            try:
                self.start()
                await self.wait_ready()
            except ChildFailed as error:
                self._tell(f"{self.child.name} | ERROR {error}")
                if not self._ended.is_set():
                    await self._end_process()
                self._ended.set()

    async def stop(self) -> None:
        await self._end_process()
        await self._finish_reading()

    async def _end_process(self) -> None:
        if self._process is None or self._ended.is_set():
            return
        self._process.terminate()
        try:
            await asyncio.wait_for(self._ended.wait(), STOP_S)
        except TimeoutError:
            self._tell(f"{self.child.name} | WARNING did not stop within {STOP_S:g} s and is killed")
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            await self._ended.wait()

    async def _finish_reading(self) -> None:
        if self._reader is not None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._reader, 1)
            self._reader = None

    def _last_words(self) -> str:
        return "".join(f"\n  {line}" for line in self._last) or " it said nothing"


def _groups(children: Sequence[Child]) -> list[list[Child]]:
    """Return `children` in order, those that are started together in one list."""
    groups: list[list[Child]] = []
    for child in children:
        if child.waits or not groups:
            groups.append([])
        groups[-1].append(child)
    return groups


def _die_with_parent() -> None:
    if _LIBC is not None:
        _LIBC.prctl(_SET_DEATH_SIGNAL, signal.SIGTERM)


def _open_log(path: Path) -> BinaryIO:
    if path.exists() and path.stat().st_size > LOG_BYTES:
        path.replace(path.with_suffix(".log.1"))
    return path.open("ab", buffering=0)


async def _next_line(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.readline()
    except ValueError:  # a line beyond the limit: take what there is
        return await reader.read(2**16)


def _why(status: int | None) -> str:
    if status is not None and status < 0:
        return signal.Signals(-status).name
    return f"exit status {status}"
