"""The hub's desk: every change of its state, one function each, for the API and the worker alike.

Rules of this package: a function works in the caller's writing session and never commits; whatever must
be said on the bus is put into the outbox in the same transaction, so that a change and its messages
happen together or not at all; time is given as `now_ms`; what the rules are stands in `cloud/core`.
"""

from dataclasses import dataclass

from cloud.settings import Settings
from cloud.tokens import Signer


@dataclass(frozen=True, slots=True)
class Desk:
    """What the functions of this package need of the world; one for each process."""

    signer: Signer
    url: str
    """The address people reach the hub under."""
    starting_points: int
    mqtt_port: int = 1884
    """Where boxes reach the broker, at the host they reach the hub at."""


def open_desk(settings: Settings) -> Desk:
    """Return the desk of a hub with these settings."""
    return Desk(Signer(settings), settings.url, settings.starting_points, settings.mqtt_port)
