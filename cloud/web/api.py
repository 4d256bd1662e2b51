"""How the API's functions are declared and mounted: bodies and answers are the wire's own types.

A function gets a `Call` and, where it has one, its body; it returns a message of the wire. From the
same declarations comes the OpenAPI document (`openapi.py`).
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, TypeVar

from flask import Blueprint, Flask, Response, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from pydantic import ValidationError
from sqlalchemy.orm import Session
from werkzeug.exceptions import UnsupportedMediaType
from werkzeug.routing import BaseConverter

from cloud.core.authorise import Principal
from cloud.core.errors import LogInNeeded, Wrong
from cloud.db import Database
from cloud.desk import Desk
from cloud.desk.callers import Caller, resolve
from cloud.web import problems
from edge.wire.codec import Message, encode

PREFIX = "/api"
MAX_KEY_CHARS = 80


@dataclass(frozen=True, slots=True)
class Hub:
    """What every function of the API works with."""

    desk: Desk
    database: Database
    clock: Callable[[], int]
    grant: Callable[[Principal, str, int], None]


@dataclass(frozen=True, slots=True)
class Call:
    """One request."""

    hub: Hub
    now_ms: int
    someone: Caller | None

    @property
    def desk(self) -> Desk:
        """The hub's desk."""
        return self.hub.desk

    @property
    def caller(self) -> Caller:
        """Who asks; there is always somebody unless the endpoint is open."""
        if self.someone is None:
            raise LogInNeeded("log in first: this needs an access token")
        return self.someone

    @contextmanager
    def read(self) -> Iterator[Session]:
        """Yield a session that only reads."""
        with self.hub.database.read() as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """Yield a session that is committed at the end."""
        with self.hub.database.write() as session:
            yield session


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A declared function of the API."""

    method: str
    path: str
    """As Flask writes it, after /api."""
    view: Callable[..., Any]
    body: type[Message] | None = None
    query: type[Message] | None = None
    answer: type[Message] | None = None
    status: int = 200
    is_open: bool = False
    """Whether it needs no access token."""
    needs_key: bool = False
    """Whether it needs an Idempotency-Key header; the function gets it as `key`."""
    limit: str | None = None
    """Most requests by one caller, or by one address where nobody is logged in."""


V = TypeVar("V", bound=Callable[..., Any])


@dataclass(slots=True)
class Api:
    """The functions about one noun."""

    noun: str
    endpoints: list[Endpoint] = field(default_factory=list)

    def route(self, method: str, path: str, **how: Any) -> Callable[[V], V]:
        """Declare the function below as `method` on `path`; see `Endpoint` for the rest."""

        def declare(view: V) -> V:
            self.endpoints.append(Endpoint(method, path, view, **how))
            return view

        return declare


class IdConverter(BaseConverter):
    """An id of the wire in a path; anything else is not found."""

    regex = "[A-Za-z0-9_-]{1,40}"


class TokenConverter(BaseConverter):
    """An entry's token in a path."""

    regex = "[A-Za-z0-9._-]{1,600}"


def mount(app: Flask, hub: Hub, limiter: Limiter, apis: list[Api]) -> None:
    """Serve every function of `apis`, one blueprint for each noun."""
    app.url_map.converters["id"] = IdConverter
    app.url_map.converters["token"] = TokenConverter
    for api in apis:
        blueprint = Blueprint(api.noun, __name__, url_prefix=PREFIX)
        for endpoint in api.endpoints:
            view = _view(hub, limiter, endpoint)
            name = endpoint.view.__name__
            blueprint.add_url_rule(endpoint.path, name, view, methods=[endpoint.method])
        app.register_blueprint(blueprint)


def _view(hub: Hub, limiter: Limiter, endpoint: Endpoint) -> Callable[..., Response]:
    """Return the Flask view of an endpoint: who asks, how often, what, and the answer."""

    @wraps(endpoint.view)  # the limiter counts by name
    def work(call: Call, path: dict[str, str]) -> Response:
        given: list[object] = [call]
        if endpoint.query is not None:
            given.append(_read_query(endpoint.query))
        if endpoint.body is not None:
            given.append(_read_body(endpoint.body))
        if endpoint.needs_key:
            path = {**path, "key": _read_key()}
        return _rendered(endpoint, endpoint.view(*given, **path))

    limited: Callable[..., Response] = work
    if endpoint.limit is not None:
        limited = limiter.limit(endpoint.limit, key_func=lambda: _who(hub))(work)

    @wraps(endpoint.view)
    def view(**path: str) -> Response:
        now_ms = hub.clock()
        return limited(Call(hub, now_ms, None if endpoint.is_open else _caller(hub, now_ms)), path)

    return view


def _caller(hub: Hub, now_ms: int) -> Caller:
    with hub.database.read() as session:
        return resolve(hub.desk, session, _bearer(), now_ms)


def _bearer() -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise LogInNeeded("log in first: this needs an access token (Authorization: Bearer ...)")
    return token.strip()


def _who(hub: Hub) -> str:
    """Return whom a limit counts: the caller, else the address."""
    try:
        return _caller(hub, hub.clock()).principal
    except LogInNeeded:
        return get_remote_address()


def _read_body(kind: type[Message]) -> Message:
    raw = request.get_data()
    if raw and not request.is_json:
        raise UnsupportedMediaType(f"{request.mimetype or 'no type'}: send application/json")
    try:
        return kind.model_validate_json(raw or b"{}")
    except ValidationError as error:
        raise problems.malformed(error) from error


def _read_key() -> str:
    key = request.headers.get("Idempotency-Key", "")
    if not 8 <= len(key) <= MAX_KEY_CHARS or not key.isprintable():
        raise Wrong(
            f"header Idempotency-Key: 8 to {MAX_KEY_CHARS} characters were expected; seen: {key[:80]!r}"
        )
    return key


def _read_query(kind: type[Message]) -> Message:
    try:
        return kind.model_validate_strings(request.args.to_dict())
    except ValidationError as error:
        raise problems.malformed(error) from error


def _rendered(endpoint: Endpoint, answer: object) -> Response:
    if isinstance(answer, Response):
        return answer
    body = encode(answer) if isinstance(answer, Message) else b""
    response = Response(body, endpoint.status, content_type="application/json" if body else None)
    response.headers["Cache-Control"] = "no-store"
    return response
