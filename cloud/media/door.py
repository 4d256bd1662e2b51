"""The door of the relay: WHIP (RFC 9725) to publish to a seat, WHEP to watch one.

Both are one POST of an offer with a bearer token; the answer's Location is the session, which DELETE ends.
Candidates that trickle in later (PATCH) are read and dropped like those of the offer.
"""

import hmac
import re
from urllib.parse import urlsplit

from aiohttp import web

from cloud.clock import now_ms
from cloud.core.errors import HubError, LogInNeeded, NotAllowed, Unknown
from cloud.media.offers import MAX_OFFER_BYTES, Role, read_offer
from cloud.media.relay import Relay, Session, Visitor, digest
from cloud.tokens import MediaClaims, Signer

_EXPOSED = "Location, ETag, Retry-After"
_ROOM = r"{room:[A-Za-z0-9_-]{1,40}}"
_SESSION = r"{session:[A-Za-z0-9_-]{10,40}}"
_UFRAG = re.compile(r"^a=ice-ufrag:(\S+)\s*$", re.MULTILINE)


class _Unsupported(HubError):
    status = 415


class _NoIceRestart(HubError):
    status = 422


class _WrongSession(HubError):
    status = 412


class _NoPrecondition(HubError):
    status = 428


class Door:
    """Checks who knocks and what they bring, and lets them in to the relay."""

    def __init__(self, relay: Relay, signer: Signer, own_url: str) -> None:
        self._relay = relay
        self._signer = signer
        self._own = urlsplit(own_url)

    def routes(self) -> list[web.RouteDef]:
        """Return the door's routes."""
        found = []
        for path, knock in (("whip", self._whip), ("whep", self._whep)):
            endpoint, session = f"/{path}/{_ROOM}", f"/{path}/{_ROOM}/{_SESSION}"
            found += [
                web.post(endpoint, knock),
                web.options(endpoint, self._options),
                web.delete(session, self._delete),
                web.patch(session, self._patch),
                web.options(session, self._options),
            ]
        return found

    async def _whip(self, request: web.Request) -> web.Response:
        visitor = self._visitor(request, "publish")
        offer = read_offer(await _sdp(request), "publish")
        session, answer = await self._relay.publish(visitor, offer)
        return self._opened(request, session, answer)

    async def _whep(self, request: web.Request) -> web.Response:
        visitor = self._visitor(request, "watch")
        seat = request.query.get("seat", visitor.claims.seat)
        if seat != visitor.claims.seat:
            raise NotAllowed(
                f"the token is for seat {visitor.claims.seat}, not {seat[:10]!r}: use its own URL"
            )
        sound = request.query.get("sound", "program")
        if sound not in {"dry", "program"}:
            raise Unknown(f"there is no sound {sound[:20]!r}: ask for dry or program")
        offer = read_offer(await _sdp(request), "watch")
        session, answer = await self._relay.watch(visitor, offer, sound)
        return self._opened(request, session, answer)

    async def _delete(self, request: web.Request) -> web.Response:
        await self._relay.end(self._session(request))
        return web.Response(headers=self._cors(request))

    async def _patch(self, request: web.Request) -> web.Response:
        session = self._session(request)
        if request.content_type != "application/trickle-ice-sdpfrag":
            raise _Unsupported(f"a PATCH of {request.content_type}: send application/trickle-ice-sdpfrag")
        asked = request.headers.get("If-Match")
        if asked is None:
            raise _NoPrecondition("If-Match is missing: send the ETag of the answer")
        fragment = (await _body(request)).decode("utf-8", "replace")
        known = _UFRAG.findall(session.connection.remoteDescription.sdp)
        if asked == "*" or any(name not in known for name in _UFRAG.findall(fragment)):
            raise _NoIceRestart("ICE restarts are not supported: open a new session")
        if asked != f'"{session.etag}"':
            raise _WrongSession("If-Match names another ICE session: send the ETag of the answer")
        return web.Response(status=204, headers=self._cors(request))

    async def _options(self, request: web.Request) -> web.Response:
        headers = {
            **self._cors(request),
            "Accept-Post": "application/sdp",
            "Access-Control-Allow-Methods": "POST, DELETE, PATCH, OPTIONS",
            "Access-Control-Allow-Headers": "Authorization, Content-Type, If-Match",
            "Access-Control-Max-Age": "3600",
        }
        return web.Response(status=204, headers=headers)

    def _visitor(self, request: web.Request, role: Role) -> Visitor:
        self._cors(request)
        token = _bearer(request)
        claims = self._signer.read(MediaClaims, token, now_ms())
        if claims.role != role:
            raise NotAllowed(f"the token is to {claims.role}, not to {role}: ask the hub for the other one")
        if claims.room != request.match_info["room"]:
            raise NotAllowed("the token is for another room: use the URL that came with it")
        return Visitor(claims, digest(token), request.remote or "")

    def _session(self, request: web.Request) -> Session:
        """Return the session of the path, for the one who opened it: its token counts even when expired."""
        self._cors(request)
        session = self._relay.sessions.get(request.match_info["session"])
        if session is None or session.visitor.claims.room != request.match_info["room"]:
            raise Unknown("there is no such session (any more)")
        if not hmac.compare_digest(session.visitor.token, digest(_bearer(request))):
            raise LogInNeeded("the session was opened with another token: send that one")
        return session

    def _opened(self, request: web.Request, session: Session, answer: str) -> web.Response:
        kind = "whip" if session.role == "publish" else "whep"
        headers = {
            **self._cors(request),
            "Location": f"/{kind}/{request.match_info['room']}/{session.id}",
            "ETag": f'"{session.etag}"',
            "Cache-Control": "no-store",
        }
        return web.Response(status=201, text=answer, content_type="application/sdp", headers=headers)

    def _cors(self, request: web.Request) -> dict[str, str]:
        """Return the headers for the page that asks.

        Raises:
            NotAllowed: the page comes from another origin.
        """
        origin = request.headers.get("Origin")
        if origin is None:
            return {}
        seen = urlsplit(origin)
        if seen.netloc not in {request.host, self._own.netloc}:
            raise NotAllowed(f"a page of {seen.netloc[:60]!r} may not use this door: open the hub's own page")
        return {
            "Access-Control-Allow-Origin": origin,
            "Access-Control-Expose-Headers": _EXPOSED,
            "Vary": "Origin",
        }


def _bearer(request: web.Request) -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise LogInNeeded("the Authorization header is missing: send Bearer and the token of the hub's grant")
    return token.strip()


async def _sdp(request: web.Request) -> bytes:
    if request.content_type != "application/sdp":
        raise _Unsupported(f"a body of {request.content_type}: send the offer as application/sdp")
    return await _body(request)


async def _body(request: web.Request) -> bytes:
    if (request.content_length or 0) > MAX_OFFER_BYTES:
        raise web.HTTPRequestEntityTooLarge(MAX_OFFER_BYTES, request.content_length or 0)
    return await request.read()
