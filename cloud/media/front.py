"""The hub's front: one origin for pages, API, media and live events, and the relay behind its door."""

import asyncio
import ipaddress
import logging
import signal
import socket
import ssl
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler
from aioice.ice import get_host_addresses

from cloud.core.errors import HubError, SettingsError
from cloud.media.door import Door
from cloud.media.offers import MAX_OFFER_BYTES
from cloud.media.pages import Pages
from cloud.media.presence import Presence
from cloud.media.problems import refuse
from cloud.media.proxy import Proxy
from cloud.media.relay import Limits, Relay, choose_plant
from cloud.media.tls import local_certificate, server_context
from cloud.settings import Settings
from cloud.tokens import Signer

log = logging.getLogger(__name__)

SHUT_DOWN_S = 2.0
"""How long open requests may go on when the front stops, in s."""


class CannotListen(HubError):
    """The front's port cannot be used."""


def run(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT.

    Raises:
        SettingsError: an address or certificate of the settings cannot be used.
        CannotListen: another program has the front's port.
    """
    asyncio.run(_serve_until_told(settings))


async def _serve_until_told(settings: Settings) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await serve(settings, stop)


async def serve(settings: Settings, stop: asyncio.Event, ready: asyncio.Event | None = None) -> None:
    """Serve until `stop` is set; `ready` is set as soon as the port is open."""
    context = tls_context(settings)
    quieten()
    relay = Relay(
        await choose_plant(),
        addresses=ice_addresses(settings),
        limits=Limits(sessions=settings.media_sessions),
    )
    presence = Presence(settings, relay.state)
    relay.tell(presence.changed)
    runner = web.AppRunner(
        create_app(settings, relay), access_log=None, shutdown_timeout=SHUT_DOWN_S, handler_cancellation=True
    )
    await runner.setup()
    tasks = [asyncio.create_task(relay.run()), asyncio.create_task(presence.run())]
    try:
        await _listen(runner, settings, context)
        log.info("the hub is at %s", settings.url)
        if ready is not None:
            ready.set()
        ended = asyncio.create_task(stop.wait())
        done, _ = await asyncio.wait([ended, *tasks], return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await runner.cleanup()


def create_app(settings: Settings, relay: Relay) -> web.Application:
    """Return the front as an aiohttp application."""
    app = web.Application(middlewares=[_harden, refuse], client_max_size=MAX_OFFER_BYTES)
    proxy = Proxy(
        f"http://127.0.0.1:{settings.web_port}", f"ws://{settings.mqtt_host}:{settings.mqtt_ws_port}/mqtt"
    )
    app.cleanup_ctx.append(proxy.lifetime)
    app.add_routes(proxy.routes())
    app.add_routes(Door(relay, Signer(settings), settings.url).routes())
    websocket = settings.url.replace("http", "ws", 1)
    app.add_routes(Pages(settings.pages_dir, websocket).routes())
    if settings.tls == "local":
        app.router.add_get("/ca.pem", _authority(settings))
    return app


def ice_addresses(settings: Settings) -> Sequence[str] | None:
    """Return where media is received; None: every address of the machine.

    Raises:
        SettingsError: not an address.
    """
    if settings.ice_addresses:
        named = [part.strip() for part in settings.ice_addresses.split(",") if part.strip()]
        for name in named:
            try:
                ipaddress.ip_address(name)
            except ValueError:
                raise SettingsError(f"ice_addresses: {name!r} is no IP address: write 192.0.2.7") from None
        return named
    if settings.front_host == "localhost":
        return ["127.0.0.1"]
    try:
        host = ipaddress.ip_address(settings.front_host)
    except ValueError:
        return None
    return [str(host)] if host.is_loopback else None


def tls_context(settings: Settings) -> ssl.SSLContext | None:
    """Return the front's TLS, or None where it has none."""
    if settings.tls == "off":
        return None
    if settings.tls == "files":
        return server_context(Path(settings.tls_certificate), Path(settings.tls_key))
    chain, key = local_certificate(settings.data_dir / "tls", own_names(settings))
    return server_context(chain, key)


def own_names(settings: Settings) -> list[str]:
    """Return every name and address under which the front may be reached."""
    found = [urlsplit(settings.url).hostname or "localhost", "localhost", "127.0.0.1", socket.gethostname()]
    return list(dict.fromkeys(found + get_host_addresses(use_ipv4=True, use_ipv6=False)))


def quieten() -> None:
    """Keep aioice's word for each candidate pair out of the log."""
    logging.getLogger("aioice").setLevel(logging.WARNING)


async def _listen(runner: web.AppRunner, settings: Settings, context: ssl.SSLContext | None) -> None:
    site = web.TCPSite(runner, settings.front_host, settings.front_port, ssl_context=context)
    try:
        await site.start()
    except OSError as error:
        raise CannotListen(
            f"port {settings.front_port} on {settings.front_host} cannot be used ({error.strerror}): "
            "stop the program that has it, or set front_port to another one"
        ) from error


@web.middleware
async def _harden(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Add what every answer carries."""
    response = await handler(request)
    if not response.prepared:
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.headers.setdefault("Referrer-Policy", "no-referrer")
        response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    return response


def _authority(settings: Settings) -> Handler:
    async def give(_request: web.Request) -> web.StreamResponse:
        return web.FileResponse(
            settings.data_dir / "tls" / "ca.pem",
            headers={"Content-Type": "application/x-x509-ca-cert", "Cache-Control": "no-cache"},
        )

    return give
