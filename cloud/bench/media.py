"""Bench of the live media: real peers through the real relay, on loopback.

The relay runs in a process of its own, so that its processor time is its own. A box's two ends
(`python -m edge.bench.link`) send and watch; this process adds viewers that take packets and decode nothing.
"""

import asyncio
import contextlib
import json
import statistics
import sys
import tempfile
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import aiohttp
from aiortc import RTCPeerConnection, RTCSessionDescription

from cloud.bench.figures import Figure, at_least, at_most, told
from cloud.clock import now_ms
from cloud.media.forwarding import Forwarding
from cloud.settings import Settings
from cloud.tokens import MediaClaims, Signer

Say = Callable[[str], None]

ROOM: Final = "bench"
SEAT: Final = "a"
NOTHING: dict[str, Any] = {"sound_s": [], "picture_s": [], "pictures": 0, "right": 0}
ANSWER_S = 60.0
"""How long a process may take to answer, in s."""
SETTLE_S = 2.0
QUIET_S = 1.0
"""A viewer that got nothing for so long is not served."""


@dataclass(frozen=True, slots=True)
class Extent:
    """How much is measured."""

    measured_s: float = 12.0
    joins: int = 10
    sinks: int = 10


class Failed(Exception):
    """A process of the bench ended or fell silent."""


class Peer:
    """One process of the bench, asked and answering line by line."""

    def __init__(self, process: Process) -> None:
        self._process = process

    async def ask(self, order: object) -> Any:
        """Send one line and return the answer."""
        await self.tell(order)
        return await self.answer()

    async def tell(self, order: object) -> None:
        """Send one line."""
        assert self._process.stdin is not None  # noqa: S101 - started with pipes
        self._process.stdin.write(json.dumps(order).encode() + b"\n")
        with contextlib.suppress(ConnectionError):  # the missing answer tells
            await self._process.stdin.drain()

    async def answer(self) -> Any:
        """Return the next line.

        Raises:
            Failed: the process ended or fell silent.
        """
        assert self._process.stdout is not None  # noqa: S101 - started with pipes
        try:
            line = await asyncio.wait_for(self._process.stdout.readline(), ANSWER_S)
        except TimeoutError:
            line = b""
        if not line:
            raise Failed("a process of the bench ended or fell silent: its last words stand above")
        return json.loads(line)


class Place:
    """The relay's addresses and tokens."""

    def __init__(self, folder: Path, port: int) -> None:
        self.whip = f"http://127.0.0.1:{port}/whip/{ROOM}"
        self.whep = f"http://127.0.0.1:{port}/whep/{ROOM}?seat={SEAT}&sound=dry"
        self._signer = Signer(Settings(data_dir=folder))

    def token(self, role: Literal["publish", "watch"], number: int = 0) -> str:
        """Return a token; another `number` is another person."""
        return self._signer.sign(MediaClaims(f"u-bench-{number}", ROOM, SEAT, role), now_ms())


def measure(data: Path | None, say: Say) -> Sequence[dict[str, Any]]:
    """Measure everything; recordings are not needed. What does not work at all gives figures that fail."""
    try:
        figures = asyncio.run(run(Extent(), say))
    except (Failed, TimeoutError, OSError) as error:
        say(f"the media do not work: {error or type(error).__name__}")
        figures = [*delay_figures(NOTHING, []), *cost_figures(None, None, 0, Extent().sinks)]
    return [figure.as_row() for figure in figures]


async def run(extent: Extent, say: Say) -> list[Figure]:
    """Start everything, measure, and stop it again.

    Raises:
        Failed: the relay or the box's ends do not work.
    """
    with tempfile.TemporaryDirectory(prefix="ktv-bench-") as folder:
        async with _started("cloud.bench.relay", folder) as relay, _started("edge.bench.link") as link:
            place = Place(Path(folder), await relay.answer())
            say("the relay is up; waiting for the first picture")
            orders = {"publish": place.token("publish"), "watch": place.token("watch")}
            await link.ask({"whip": place.whip, "whep": place.whep, **orders})
            await asyncio.sleep(SETTLE_S)
            say(f"one viewer, {extent.measured_s:g} s")
            one, seen = await _cost(relay, link.ask({"do": "measure", "seconds": extent.measured_s}))
            say(f"{extent.joins} viewers join, one after the other")
            tokens = [place.token("watch", 100 + number) for number in range(extent.joins)]
            joined = await link.ask({"do": "join", "tokens": tokens})
            say(f"{extent.sinks} further viewers, {extent.measured_s:g} s")
            async with _sinks(place, extent.sinks) as count_served:
                await asyncio.sleep(SETTLE_S)
                together, _ = await _cost(relay, asyncio.sleep(extent.measured_s))
                served = count_served()
    further = (together - one) / extent.sinks
    costs = cost_figures(one, further, served, extent.sinks)
    return [*delay_figures(seen, joined["joins_s"]), *costs]


def delay_figures(seen: dict[str, Any], joins_s: Sequence[float | None]) -> list[Figure]:
    """Return how late sound and pictures arrive, and how many pictures bear the stamp they were sent with."""
    sound, picture = seen["sound_s"], seen["picture_s"]
    joins = [] if None in joins_s else [join_s for join_s in joins_s if join_s is not None]
    right = seen["right"] / seen["pictures"] if seen["pictures"] else None
    return [
        at_most("mic-to-pcm-p50", _ms(sound, 50), "ms", 60),
        at_most("mic-to-pcm-p95", _ms(sound, 95), "ms", 120),
        at_most("picture-to-frame-p50", _ms(picture, 50), "ms", 80),
        at_most("picture-to-frame-p95", _ms(picture, 95), "ms", 150),
        at_most("join-to-first-frame-p95", _ms(joins, 95), "ms", 1000),
        at_least("picked-frame-is-the-frame-seen", right, f"share of {seen['pictures']}", 1.0),
    ]


def cost_figures(one: float | None, further: float | None, served: int, sinks: int) -> list[Figure]:
    """Return the relay's processor time for one viewer and for each further one, as shares of a core."""
    return [
        told("relay-cpu-publisher-and-one-viewer", one and 100 * one, "% of a core"),
        at_most("relay-cpu-each-further-viewer", further and 100 * further, "% of a core", 2),
        at_least("further-viewers-served", served, f"of {sinks}", sinks),
    ]


def _ms(values_s: Sequence[float], percent: int) -> float | None:
    if len(values_s) < 2:
        return None
    return 1e3 * statistics.quantiles(values_s, n=100, method="inclusive")[percent - 1]


async def _cost(relay: Peer, work: Any) -> tuple[float, Any]:
    """Return the relay's share of a core while `work` is done, and what that gives."""
    began_s, used_s = time.monotonic(), await relay.ask("?")
    result = await work
    return (await relay.ask("?") - used_s) / (time.monotonic() - began_s), result


@contextlib.asynccontextmanager
async def _started(module: str, *arguments: str) -> AsyncIterator[Peer]:
    """Start a process of the bench; closing its input ends it."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, *arguments, stdin=PIPE, stdout=PIPE, limit=1 << 22
    )
    try:
        yield Peer(process)
    finally:
        if process.stdin is not None:
            process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), 10)
        except TimeoutError:
            process.kill()
            await process.wait()


@contextlib.asynccontextmanager
async def _sinks(place: Place, count: int) -> AsyncIterator[Callable[[], int]]:
    """Let `count` further viewers take packets, of which nothing is decoded; gives how many get some now."""
    plant = Forwarding()
    sinks: list[RTCPeerConnection] = []
    async with aiohttp.ClientSession() as http:
        try:
            for number in range(count):
                sink = plant.connection(["127.0.0.1"])
                sinks.append(sink)
                await _watch(http, sink, place.whep, place.token("watch", 200 + number))
            yield lambda: sum(_is_served(plant, sink) for sink in sinks)
        finally:
            await asyncio.gather(*(sink.close() for sink in sinks))


def _is_served(plant: Forwarding, sink: RTCPeerConnection) -> bool:
    return all(plant.quiet_s(one.receiver) < QUIET_S for one in sink.getTransceivers())


async def _watch(http: aiohttp.ClientSession, sink: RTCPeerConnection, url: str, token: str) -> None:
    for kind in ("audio", "video"):
        sink.addTransceiver(kind, "recvonly")
    await sink.setLocalDescription(await sink.createOffer())
    headers = {"Content-Type": "application/sdp", "Authorization": f"Bearer {token}"}
    async with http.post(url, data=sink.localDescription.sdp, headers=headers) as answer:
        text = await answer.text()
        if answer.status != 201:
            raise Failed(f"the relay refused a viewer with {answer.status}: {text[:200]}")
    await sink.setRemoteDescription(RTCSessionDescription(text, "answer"))
    async with asyncio.timeout(ANSWER_S):
        while sink.connectionState != "connected":  # noqa: ASYNC110 - looked at a few times a second
            await asyncio.sleep(0.1)
