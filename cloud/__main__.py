"""`python -m cloud web|worker|media|stand-ins|broker`: one process of the hub, until SIGTERM."""

import argparse
import importlib
import logging
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from gunicorn.app.base import BaseApplication

from cloud import broker
from cloud.core.errors import HubError
from cloud.settings import Settings, load
from cloud.supervise import Port, require_free

LOG_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
WEB_STOP_S = 5
"""How long requests may go on when the API stops, in s."""


def main(arguments: list[str] | None = None) -> int:
    """Run one process and return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m cloud", description="One process of the hub.")
    parser.add_argument("process", choices=sorted(PROCESSES))
    parser.add_argument("--settings", type=Path, help="hub.toml; without it: defaults and KTV_HUB_*")
    asked = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format=LOG_FORMAT, stream=sys.stdout)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    try:
        PROCESSES[asked.process](load(asked.settings))
    except HubError as error:
        logging.getLogger("cloud").error("%s", error)
        return 2
    return 0


def run_web(settings: Settings) -> None:
    """Serve the API behind the front."""
    require_free(web_port(settings))
    _migrate(settings)
    _Gunicorn(settings).run()


def run_worker(settings: Settings) -> None:
    """Settle what boxes say, publish what the hub says."""
    _migrate(settings)
    importlib.import_module("cloud.worker").run(settings)


def run_media(settings: Settings) -> None:
    """Serve the front: pages, API, WHIP/WHEP and MQTT over WebSocket at one address."""
    importlib.import_module("cloud.media.front").run(settings)


def run_stand_ins(settings: Settings) -> None:
    """Start and stop boxes for those who have none."""
    importlib.import_module("cloud.standins").run(settings)


def _migrate(settings: Settings) -> None:
    # Imported late: the broker starts in a third of the time without the database's libraries.
    importlib.import_module("cloud.db").migrate(settings)


def web_port(settings: Settings) -> Port:
    """Return where the API listens."""
    return Port("127.0.0.1", settings.web_port, "web_port in hub.toml (or KTV_HUB_WEB_PORT)")


class _Gunicorn(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn's own arbiter with settings from here: one process, many threads."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        super().__init__()

    def load_config(self) -> None:
        """Tell gunicorn how to serve."""
        options: dict[str, Any] = {
            "bind": f"127.0.0.1:{self._settings.web_port}",
            "worker_class": "gthread",
            "workers": 1,
            "threads": self._settings.web_threads,
            "graceful_timeout": WEB_STOP_S,
            "keepalive": 30,
            "loglevel": "warning",
            "proc_name": "ktv-web",
            "control_socket_disable": True,
        }
        for name, value in options.items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def load(self) -> object:
        """Return the application; in the serving process, so that its threads and sockets live there."""
        return importlib.import_module("cloud.web").create_app(
            self._settings, grant=broker.open_broker(self._settings).grant
        )


PROCESSES: Mapping[str, Callable[[Settings], None]] = MappingProxyType(
    {
        "web": run_web,
        "worker": run_worker,
        "media": run_media,
        "stand-ins": run_stand_ins,
        "broker": broker.run,
    }
)

if __name__ == "__main__":
    sys.exit(main())
