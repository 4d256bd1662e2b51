"""Access entries (访问入口) and a box's QR code: short signed tokens that expire.

A token is `<purpose>.<about>.<expiry>.<name>.<mac>`: what it is for (`1` first entry, `2` second entry,
`b` box), the room or box, its end in s since 1970 in base 36, a fresh name, and the first 128 bits of
HMAC-SHA-256 over all of that (base64url). It is short (about 75 characters) so that its QR code is coarse
enough for a phone across the room.
"""

import base64
import hashlib
import hmac
from dataclasses import dataclass
from typing import Literal

from cloud.core.errors import NotAllowed, TooLate

Purpose = Literal["first", "second", "box"]

_LETTER: dict[Purpose, str] = {"first": "1", "second": "2", "box": "b"}
_PURPOSE: dict[str, Purpose] = {letter: purpose for purpose, letter in _LETTER.items()}
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class Entry:
    """What a token says."""

    purpose: Purpose
    about: str
    """Room id of an entry, box id of a box's QR code."""
    name: str
    """Unique for this token."""
    expires_ms: int
    """Hub time in ms; whole seconds."""


def sign(key: bytes, entry: Entry) -> str:
    """Return `entry` as a token."""
    end = _base36(entry.expires_ms // 1000)
    body = f"{_LETTER[entry.purpose]}.{entry.about}.{end}.{entry.name}"
    return f"{body}.{_mac(key, body)}"


def read(key: bytes, token: str, now_ms: int) -> Entry:
    """Return what `token` says.

    Raises:
        NotAllowed: not signed by this hub, or damaged.
        TooLate: it has expired.
    """
    body, _, mac = token.rpartition(".")
    if not token.isascii() or not hmac.compare_digest(mac.encode(), _mac(key, body).encode()):
        raise NotAllowed("this link was not made by this hub or is damaged: scan or copy it again")
    letter, about, end, name = body.split(".")
    entry = Entry(_PURPOSE[letter], about, name, int(end, 36) * 1000)
    if entry.expires_ms <= now_ms:
        late_s = (now_ms - entry.expires_ms) // 1000
        raise TooLate(f"this link expired {late_s} s ago: ask for a new one")
    return entry


def _mac(key: bytes, body: str) -> str:
    full = hmac.new(key, f"ktv-live entry {body}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(full[:16]).rstrip(b"=").decode()


def _base36(number: int) -> str:
    text = ""
    while number:
        number, digit = divmod(number, 36)
        text = _DIGITS[digit] + text
    return text or "0"
