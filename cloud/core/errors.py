"""Every error of the hub, named for what the caller can do about it.

HubError                     it has a sentence for a person, and a REST status
├── Wrong              422   the body or a field is wrong: correct it and ask again
│   └── KeyReused      422   the Idempotency-Key was used for another body: make a new key
├── LogInNeeded        401   log in (again), then ask again
├── NotAllowed         403   another user, or nobody, may do this
├── Unknown            404   there is no such thing, or not for this user
├── NotNow             409   the state of things does not allow it now: look again, then decide
│   ├── Full           409   every place is taken
│   └── TooPoor        409   not enough points
├── TooLate            410   it has expired or ended: ask for a new one
└── SettingsError       -    hub.toml or the environment has a wrong key or value

A payload that is not the message it should be raises `edge.wire.codec.WireError`.
"""


class HubError(Exception):
    """Something went wrong that has a sentence for a person."""

    status = 500


class Wrong(HubError):
    """The body or a field is wrong; correct it and ask again."""

    status = 422


class KeyReused(Wrong):
    """The Idempotency-Key was used before, with another body."""


class LogInNeeded(HubError):
    """Nobody is logged in, or the session has ended."""

    status = 401


class NotAllowed(HubError):
    """The caller may not do this."""

    status = 403


class Unknown(HubError):
    """There is no such thing."""

    status = 404


class NotNow(HubError):
    """The state of things does not allow it now."""

    status = 409


class Full(NotNow):
    """Every place is taken."""


class TooPoor(NotNow):
    """Not enough points."""


class TooLate(HubError):
    """It has expired or ended."""

    status = 410


class SettingsError(HubError):
    """hub.toml or the environment has a wrong key or value."""
