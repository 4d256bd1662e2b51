"""Who a bus username and password belong to: a service's derived password, or a token the hub signed."""

import hmac
from dataclasses import dataclass

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from cloud.core import authorise
from cloud.core.authorise import Principal

AUDIENCE = "mqtt"
SERVICES = ("worker", "relay-1", "standins-1")
"""The hub's own processes on the bus."""


@dataclass(frozen=True, slots=True)
class Known:
    """A principal that proved who it is, and until when the proof holds."""

    principal: Principal
    expires_s: float | None
    """Hub time in s; None: never."""


def recognise(key: bytes, username: str, password: str, now_s: float) -> Known | None:
    """Return whom `password` belongs to, or None if it is wrong, expired or someone else's."""
    if username.startswith("s-"):
        return _recognise_service(key, username.removeprefix("s-"), password)
    return _recognise_token(key, username, password, now_s)


def _recognise_service(key: bytes, name: str, password: str) -> Known | None:
    if name not in SERVICES:
        return None
    expected = authorise.service_password(key, name)
    if not hmac.compare_digest(expected.encode(), password.encode()):
        return None
    return Known(authorise.service(name), None)


def _recognise_token(key: bytes, username: str, password: str, now_s: float) -> Known | None:
    try:
        claims = jwt.decode(password, OctKey.import_key(key), algorithms=["HS256"]).claims
        principal = authorise.from_claims(claims)
    except (JoseError, ValueError):
        return None
    expires_s = claims.get("exp")
    if claims.get("aud") != AUDIENCE or not isinstance(expires_s, int) or expires_s <= now_s:
        return None
    if principal.session != username:
        return None
    return Known(principal, float(expires_s))
