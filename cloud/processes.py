"""The hub's processes as children of a supervisor, and what is needed before they have a first box."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cloud.broker import ports
from cloud.clock import now_ms
from cloud.db import migrate, open_database
from cloud.desk.boxes import new_enrol_code
from cloud.settings import Settings
from cloud.supervise import Child, Port, answers, listens

PROCESSES = ("broker", "web", "worker", "media", "stand-ins")
"""In the order in which they start."""
READY_S = 90.0
"""How long each may take to be ready; a busy small machine needs ten seconds for the imports alone."""


def mint_enrol_code(settings: Settings) -> str:
    """Return a fresh one-time code that lets one new box in."""
    migrate(settings)
    database = open_database(settings)
    try:
        with database.write() as session:
            return new_enrol_code(session, now_ms())
    finally:
        database.close()


def hub_children(
    settings: Settings, environment: Mapping[str, str] | None = None, path: Path | None = None
) -> list[Child]:
    """Return the hub's processes, for a `Supervisor`, in the order in which they start.

    They read their settings from `path` and `environment` (KTV_HUB_*), which must say what `settings` says.
    """
    front = settings.front_from_here

    async def broker_listens() -> bool:
        found = [await listens(port.host, port.number)() for port in ports(settings)]
        return all(found)

    def child(name: str, **options: Any) -> Child:
        return Child(name, argv(name, path), environment=environment, ready_s=READY_S, **options)

    return [
        child("broker", ready=broker_listens, ports=ports(settings)),
        child(
            "web",
            ready=answers("127.0.0.1", settings.web_port, "/api/health"),
            ports=(_port("127.0.0.1", settings.web_port, "web_port"),),
        ),
        child("worker", ready_line="worker ready", waits=False),
        child(
            "media",
            waits=False,
            ready=listens(front, settings.front_port),
            ports=(_port(settings.front_host, settings.front_port, "front_port"),),
        ),
        child("stand-ins", ready_line="connected to the broker", waits=False),
    ]


def argv(name: str, path: Path | None = None) -> list[str]:
    """Return how the process `name` is started."""
    chosen = ["--settings", str(path)] if path is not None else []
    return [sys.executable, "-m", "cloud", name, *chosen]


def _port(host: str, number: int, setting: str) -> Port:
    return Port(host, number, f"{setting} in hub.toml (or KTV_HUB_{setting.upper()})")
