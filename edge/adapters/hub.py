"""The hub's REST interface, as a box uses it: enrolment, sign-in, grants, rooms, songs, the time."""

import asyncio
import logging
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import TypeVar
from urllib.parse import quote, urljoin

import aiohttp

from edge.adapters.clock import Ping
from edge.adapters.identity import Identity
from edge.core.errors import HubUnreachable, Refused
from edge.wire.boxes import BoxLogIn, BoxSession, Challenge, Enrol, Enrolled
from edge.wire.codec import HubTime, Message, Problem, WireError, decode, encode
from edge.wire.rooms import AskRoom, Entered, EnterRoom, Room, RoomGranted, Round, StartRound
from edge.wire.songs import Song, SongFound
from edge.wire.tasks import Task
from edge.wire.users import AskBusGrant, BusGrant

log = logging.getLogger(__name__)

PINGS = 8
"""Questions for the time, of which the fastest counts."""
FRESH_S = 60.0
"""A token that lives shorter than this is replaced before it is used, in s."""
LARGEST_JSON_BYTES = 8 * 1024 * 1024
LARGEST_FILE_BYTES = 64 * 1024 * 1024

M = TypeVar("M", bound=Message)


class HubClient:
    """Speaks for one box; signs in when needed. Every call may raise `HubUnreachable` or `Refused`."""

    def __init__(
        self, url: str, identity: Identity, *, name: str, enrol_code: str, hardware: str = ""
    ) -> None:
        self.url = url.rstrip("/")
        self._identity = identity
        self._enrol = Enrol(
            code=enrol_code, public_key=identity.public_key, name=name[:60], hardware=hardware[:120]
        )
        self._session: BoxSession | None = None
        self._expires_s = 0.0
        self._signing_in = asyncio.Lock()
        self._http = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=15, connect=5))

    async def close(self) -> None:
        """Let the connections go."""
        await self._http.close()

    async def sign_in(self) -> BoxSession:
        """Return a session that is fresh, enrolling the box first where the hub does not know it."""
        async with self._signing_in:
            if self._session is None or time.monotonic() > self._expires_s - FRESH_S:
                self._session = await self._new_session()
                life_s = self._session.expires_in_s
                self._expires_s = time.monotonic() + max(life_s, FRESH_S + life_s / 2)
            return self._session

    async def bus_grant(self, room: str | None) -> BusGrant:
        """Return how to connect to the broker, with the topics of `room` if the box sits there."""
        return await self._ask(BusGrant, "POST", "/api/bus-grants", AskBusGrant(room=room))

    async def create_room(self, ask: AskRoom) -> RoomGranted:
        """Open a room."""
        return await self._ask(RoomGranted, "POST", "/api/rooms", ask)

    async def enter(self, path: str) -> Entered:
        """Go through an entry, `/e/<token>`."""
        token = path.rsplit("/", 1)[-1]
        return await self._ask(Entered, "POST", f"/api/entries/{quote(token)}", EnterRoom(client="box"))

    async def room(self, room: str) -> Room:
        """Return a room's snapshot."""
        return await self._ask(Room, "GET", f"/api/rooms/{room}")

    async def start_round(self, room: str, song: str | None) -> Round:
        """Begin a round in `room`."""
        return await self._ask(Round, "POST", f"/api/rooms/{room}/rounds", StartRound(song=song))

    async def leave_seat(self, room: str, seat: str) -> None:
        """Give a seat back."""
        await self._send("DELETE", f"/api/rooms/{room}/seats/{seat}")

    async def refuse_task(self, task: str) -> Task:
        """Refuse a task; its points go back."""
        return await self._ask(Task, "POST", f"/api/tasks/{quote(task)}/refuse")

    async def find_songs(self, query: str, limit: int) -> SongFound:
        """Search the hub's catalogue."""
        return await self._ask(SongFound, "GET", f"/api/songs?q={quote(query)}&limit={limit}")

    async def song(self, song: str) -> Song:
        """Return a song of the catalogue."""
        return await self._ask(Song, "GET", f"/api/songs/{song}")

    async def song_notes(self, song: str) -> bytes:
        """Return a song's notes, UltraStar text."""
        return await self._send("GET", f"/api/songs/{song}/notes")

    async def song_audio(self, song: str, part: str) -> bytes:
        """Return a song's `backing` or `vocals`, an audio file's bytes."""
        return await self._send("GET", f"/api/songs/{song}/audio/{part}", largest=LARGEST_FILE_BYTES)

    async def pings(self, now_s: Callable[[], float] = time.monotonic) -> list[Ping]:
        """Ask the hub's time a few times."""
        pings = []
        for _ in range(PINGS):
            sent_s = now_s()
            body = await self._exchange("GET", "/api/clock", None, None, LARGEST_JSON_BYTES)
            pings.append(Ping(sent_s, now_s(), self._read(HubTime, "/api/clock", body).now_ms))
        return pings

    async def _enrolment(self) -> Enrolled:
        if not self._enrol.code:
            raise Refused(
                f"this box is not enrolled at {self.url}: get a one-time code there (`ktv hub enrol-code`) "
                "and set enrol_code_file under [hub] in box.toml"
            )
        enrolled = await self._open(Enrolled, "/api/boxes", self._enrol)
        self._identity.remember(enrolled)
        log.info("enrolled at %s as %s", self.url, enrolled.box)
        return enrolled

    async def _new_session(self) -> BoxSession:
        enrolled = self._identity.enrolled() or await self._enrolment()
        try:
            return await self._signed_in(enrolled.box)
        except _NotFound:
            log.warning("the hub at %s does not know this box any more: it enrols again", self.url)
            return await self._signed_in((await self._enrolment()).box)

    async def _signed_in(self, box: str) -> BoxSession:
        challenge = await self._open(Challenge, f"/api/boxes/{box}/challenges", None)
        log_in = BoxLogIn(nonce=challenge.nonce, signature=self._identity.sign(challenge.nonce))
        return await self._open(BoxSession, f"/api/boxes/{box}/sessions", log_in)

    async def _ask(self, kind: type[M], method: str, path: str, body: Message | None = None) -> M:
        return self._read(kind, path, await self._send(method, path, body))

    async def _open(self, kind: type[M], path: str, body: Message | None) -> M:
        """POST without a token."""
        return self._read(kind, path, await self._exchange("POST", path, body, None, LARGEST_JSON_BYTES))

    async def _send(
        self, method: str, path: str, body: Message | None = None, *, largest: int = LARGEST_JSON_BYTES
    ) -> bytes:
        """Exchange with the box's token; a token the hub no longer takes is replaced once."""
        session = await self.sign_in()
        try:
            return await self._exchange(method, path, body, session.access_token, largest)
        except _TokenRefused:
            self._session = None
            session = await self.sign_in()
            return await self._exchange(method, path, body, session.access_token, largest)

    def _read(self, kind: type[M], path: str, body: bytes) -> M:
        try:
            return decode(kind, body)
        except WireError as error:
            raise HubUnreachable(
                f"{self.url}{path} answers something else than expected ({error})"
            ) from error

    async def _exchange(
        self, method: str, path: str, body: Message | None, token: str | None, largest: int
    ) -> bytes:
        headers = {"Content-Type": "application/json"}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        data = b"{}" if body is None and method == "POST" else encode(body) if body is not None else None
        try:
            async with self._http.request(
                method, urljoin(self.url + "/", path.lstrip("/")), data=data, headers=headers
            ) as response:
                answer = await _at_most(response, largest)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise HubUnreachable(f"the hub at {self.url} does not answer ({error or 'too slow'})") from error
        if response.status < HTTPStatus.BAD_REQUEST:
            return answer
        raise _refusal(response.status, answer, f"{method} {path}", is_token_given=token is not None)


class _TokenRefused(Refused):
    """The hub does not take the token: sign in again."""


class _NotFound(Refused):
    """The hub knows no such thing."""


async def _at_most(response: aiohttp.ClientResponse, largest: int) -> bytes:
    parts, size = [], 0
    async for part in response.content.iter_chunked(64 * 1024):
        size += len(part)
        if size > largest:
            raise ValueError(f"an answer of more than {largest} bytes")
        parts.append(part)
    return b"".join(parts)


def _refusal(status: int, answer: bytes, what: str, *, is_token_given: bool) -> HubUnreachable | Refused:
    """Return the error for a problem document (RFC 9457), or for any other answer with an error's status."""
    sentence = _problem(answer) or f"{what}: {status} {_phrase(status)}"
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.TOO_MANY_REQUESTS:
        return HubUnreachable(f"the hub has a trouble of its own: {sentence}")
    if status == HTTPStatus.UNAUTHORIZED and is_token_given:
        return _TokenRefused(sentence)
    if status == HTTPStatus.NOT_FOUND:
        return _NotFound(sentence)
    return Refused(sentence)


def _problem(answer: bytes) -> str:
    try:
        problem = decode(Problem, answer)
    except WireError:
        return ""
    return problem.detail or problem.title


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "unknown"
