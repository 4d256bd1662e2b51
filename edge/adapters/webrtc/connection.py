"""One WebRTC connection to the hub's door (WHIP, RFC 9725, and WHEP), kept up until it is cancelled."""

import asyncio
import contextlib
import ipaddress
import logging
import time
from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import urljoin, urlsplit

import aiohttp
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.rtcconfiguration import RTCBundlePolicy
from aiortc.stats import RTCTransportStats

from edge.core.errors import HubUnreachable, Refused

log = logging.getLogger(__name__)

CONNECT_S = 12.0
"""How long a connection may take to stand, in s."""

SILENT_S = 6.0
"""Silence of the relay after which the connection counts as lost, in s."""

SPOKEN_BYTES = 4_000
"""What a publisher has sent when it expects to be heard, in bytes."""

QUICKEST_RETRY_S = 0.25
SLOWEST_RETRY_S = 3.0

_REFUSALS = {400, 401, 403, 409, 410, 415, 422}


class NotYet(Exception):
    """The seat is not live, or the relay is full: ask again after `retry_s`."""

    def __init__(self, retry_s: float) -> None:
        super().__init__(retry_s)
        self.retry_s = retry_s


def new_connection() -> RTCPeerConnection:
    """Return a connection that asks no STUN server."""
    return RTCPeerConnection(RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))


def bind_to(connection: RTCPeerConnection, url: str) -> None:
    """Gather candidates on loopback too where the hub is there; aioice leaves loopback out."""
    if not is_loopback(url):
        return
    for transceiver in connection.getTransceivers():
        ice = transceiver.receiver.transport.transport._connection
        gather = type(ice).get_component_candidates

        async def on_loopback(
            component: int,
            addresses: list[str],
            timeout: int = 5,  # noqa: ASYNC109 - the name is aioice's
            ice: Any = ice,
            gather: Any = gather,
        ) -> Any:
            return await gather(ice, component, ["127.0.0.1", *addresses], timeout)

        setattr(ice, "get_component_candidates", on_loopback)  # noqa: B010 - a method of one object


def is_loopback(url: str) -> bool:
    """Say whether the host of `url` is this machine's loopback."""
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


async def keep_connected(
    what: str,
    url: str,
    token: str,
    prepare: Callable[[], RTCPeerConnection],
    talk: Callable[[RTCPeerConnection], Coroutine[Any, Any, None]],
) -> None:
    """Connect to `url`, again and again; `talk` runs while a connection stands and is cancelled at its end.

    Raises:
        Refused: the hub refuses the token or the offer: get a new grant.
    """
    tries = 0
    is_lost = False

    async def stands(connection: RTCPeerConnection) -> None:
        nonlocal tries, is_lost
        if is_lost:
            log.info("%s: the relay is back", what)
        tries, is_lost = 0, False
        await talk(connection)

    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=CONNECT_S)) as http:
        while True:
            try:
                await _connect(http, url, token, prepare, stands)
                raise HubUnreachable(f"{what}: the connection to the relay ended")
            except NotYet as error:
                await asyncio.sleep(error.retry_s)
            except HubUnreachable as error:
                if not is_lost:
                    log.warning("%s; trying again", error)
                is_lost = True
                await asyncio.sleep(min(SLOWEST_RETRY_S, QUICKEST_RETRY_S * 2**tries))
                tries = min(tries + 1, 10)


async def _connect(
    http: aiohttp.ClientSession,
    url: str,
    token: str,
    prepare: Callable[[], RTCPeerConnection],
    talk: Callable[[RTCPeerConnection], Coroutine[Any, Any, None]],
) -> None:
    """Connect, talk until the connection ends, and leave nothing open."""
    connection = prepare()
    stands, ended = asyncio.Event(), asyncio.Event()

    def changed() -> None:
        if connection.connectionState == "connected":
            stands.set()
        elif connection.connectionState in {"failed", "closed"}:
            ended.set()

    connection.on("connectionstatechange", changed)
    location: str | None = None
    try:
        await connection.setLocalDescription(await connection.createOffer())
        location, answer = await _knock(http, url, token, connection.localDescription.sdp)
        try:
            await connection.setRemoteDescription(RTCSessionDescription(answer, "answer"))
        except Exception as error:  # aiortc raises of every kind at an answer it does not understand
            raise HubUnreachable(f"the answer of {_name(url)} cannot be used ({error})") from error
        if not await _first_of(stands, ended):
            raise HubUnreachable(f"no media connection to {_name(url)} within {CONNECT_S:g} s")
        await _until(ended, talk(connection), _silence(connection))
    finally:
        await asyncio.shield(asyncio.ensure_future(_leave(http, location, token, connection)))


async def _first_of(stands: asyncio.Event, ended: asyncio.Event) -> bool:
    """Wait until the connection stands (True), has failed or takes too long."""
    waits = [asyncio.ensure_future(event.wait()) for event in (stands, ended)]
    try:
        await asyncio.wait(waits, timeout=CONNECT_S, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
    return stands.is_set() and not ended.is_set()


async def _until(ended: asyncio.Event, *work: Coroutine[Any, Any, None]) -> None:
    """Run `work` until the connection has ended or one of it is done."""
    tasks = [asyncio.ensure_future(each) for each in (*work, ended.wait())]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _silence(connection: RTCPeerConnection) -> None:
    """Return when the relay has said nothing for a while, though it should have: killed, or cut off.

    aioice alone needs 30 s to notice. A relay reports about once a second: on what it sends to a listener
    always, on what it gets from a publisher once it gets something.
    """
    received = sent = -1
    since_s = time.monotonic()
    while time.monotonic() - since_s < SILENT_S:
        await asyncio.sleep(1.0)
        stats = [one for one in (await connection.getStats()).values() if isinstance(one, RTCTransportStats)]
        now_received = sum(one.bytesReceived for one in stats)
        now_sent = sum(one.bytesSent for one in stats)
        is_listener = all(one.currentDirection == "recvonly" for one in connection.getTransceivers())
        if now_received != received or not (is_listener or now_sent - sent > SPOKEN_BYTES):
            received, since_s = now_received, time.monotonic()
            sent = now_sent


async def _knock(http: aiohttp.ClientSession, url: str, token: str, offer: str) -> tuple[str | None, str]:
    """POST the offer; return the session's address and the answer."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/sdp"}
    try:
        async with http.post(url, data=offer.encode(), headers=headers) as answer:
            said = await answer.text()
            if answer.status == 201:
                location = answer.headers.get("Location")
                return (None if location is None else urljoin(url, location)), said
            if answer.status in _REFUSALS:
                raise Refused(f"the hub refuses media at {_name(url)} ({answer.status}): {said[:300]}")
            if answer.status in {404, 429}:
                raise NotYet(_retry_s(answer.headers.get("Retry-After")))
            raise HubUnreachable(f"the relay at {_name(url)} answers {answer.status}")
    except (aiohttp.ClientError, TimeoutError, UnicodeDecodeError) as error:
        raise HubUnreachable(f"the relay at {_name(url)} does not answer ({error or 'too late'})") from error


async def _leave(
    http: aiohttp.ClientSession, location: str | None, token: str, connection: RTCPeerConnection
) -> None:
    if location is not None and connection.connectionState not in {"failed", "closed"}:
        with contextlib.suppress(aiohttp.ClientError, TimeoutError):
            async with asyncio.timeout(2.0):
                await http.delete(location, headers={"Authorization": f"Bearer {token}"})
    await connection.close()


def _retry_s(text: str | None) -> float:
    try:
        return min(30.0, max(0.2, float(text or 1)))
    except ValueError:
        return 1.0


def _name(url: str) -> str:
    """Return the address without its query, for messages."""
    return url.partition("?")[0]
