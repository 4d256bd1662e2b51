"""Every error of the box, named for what the caller can do about it.

KtvError
├── Refused          the input or the request is wrong: correct it and ask again
│   ├── SongError    a song file cannot be read
│   └── SettingsError  box.toml has a wrong key or value
├── DeviceLost       a microphone, speaker or camera is not there (any more): plug in, try again
└── HubUnreachable   the hub does not answer: carry on alone, try again later

A payload that is not the message it should be raises `edge.wire.codec.WireError`.
"""


class KtvError(Exception):
    """Something went wrong that has a sentence for a person."""


class Refused(KtvError):
    """The input or the request is wrong; correct it and ask again."""


class SongError(Refused):
    """A song file cannot be read."""


class SettingsError(Refused):
    """The settings file has a wrong key or value."""


class DeviceLost(KtvError):
    """A device is not there, or not any more."""


class HubUnreachable(KtvError):
    """The hub does not answer."""
