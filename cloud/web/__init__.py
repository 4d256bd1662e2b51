"""The REST API: a Flask application over the hub's desk, described by its own OpenAPI document.

It keeps nothing between requests and says nothing on the bus itself: it writes the database, whose
outbox the worker publishes.
"""

import logging
from collections.abc import Callable

from flask import Flask
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from werkzeug.middleware.proxy_fix import ProxyFix

from cloud.clock import now_ms
from cloud.core.authorise import Principal
from cloud.db import migrate, open_database
from cloud.desk import open_desk
from cloud.desk.rooms import lobby_changed
from cloud.desk.songs import import_songs
from cloud.settings import Settings
from cloud.web import accounts, boxes, bus, ledger, lobby, meta, problems, requests, rooms, songs, tasks
from cloud.web.api import Hub, mount
from edge.wire.codec import MAX_PAYLOAD_BYTES

log = logging.getLogger(__name__)

APIS = (meta, accounts, bus, lobby, rooms, requests, tasks, songs, boxes, ledger)


def _nothing_to_grant(_principal: Principal, _password: str, _until_s: int) -> None:
    """A broker that reads the tokens itself needs no telling."""


def create_app(
    settings: Settings,
    *,
    clock: Callable[[], int] = now_ms,
    grant: Callable[[Principal, str, int], None] = _nothing_to_grant,
) -> Flask:
    """Return the API on a database that is brought up to date, with its songs imported.

    Args:
        settings: the hub's.
        clock: hub time in ms.
        grant: tells the broker of a principal, its password and until when it holds (unix time in s).
    """
    migrate(settings)
    database = open_database(settings)
    count = import_songs(database, settings.song_folders, settings.data_dir / "audio")
    log.info("%d songs are in the catalogue", count)
    with database.write() as session:
        lobby_changed(session, clock())
    app = Flask("cloud.web", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MAX_PAYLOAD_BYTES
    app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1)  # type: ignore[method-assign]
    limiter = Limiter(
        get_remote_address,
        app=app,
        storage_uri="memory://",
        enabled=settings.rate_limits,
        headers_enabled=True,
    )
    problems.install(app)
    hub = Hub(open_desk(settings), database, clock, grant)
    app.extensions["ktv"] = hub
    app.extensions["ktv-limiter"] = limiter  # what it decorates holds it weakly
    mount(app, hub, limiter, [api.api for api in APIS])
    return app
