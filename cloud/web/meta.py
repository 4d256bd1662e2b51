"""Of the API itself: is it well, what time is it, what can it do."""

from functools import cache

from flask import Response, jsonify
from sqlalchemy import text

import edge
from cloud.web.api import Api, Call
from edge.wire.codec import Health, HubTime

api = Api("meta")


@api.route("GET", "/health", answer=Health, is_open=True)
def health(call: Call) -> Health:
    """Say whether the API and its database work."""
    with call.read() as session:
        session.execute(text("SELECT 1"))
    return Health(status="ok", version=edge.__version__)


@api.route("GET", "/clock", answer=HubTime, is_open=True)
def clock(call: Call) -> HubTime:
    """Say what time it is on the hub."""
    return HubTime(now_ms=call.hub.clock())


@api.route("GET", "/openapi.json", is_open=True)
def openapi(_call: Call) -> Response:
    """Return this document."""
    return jsonify(_document())


@cache
def _document() -> dict[str, object]:
    from cloud.web import APIS  # noqa: PLC0415 - they are declared by now
    from cloud.web.openapi import document  # noqa: PLC0415

    return document([one.api for one in APIS])
