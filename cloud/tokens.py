"""Tokens the hub signs: who may use the API, the bus or the relay for the next minutes; and fresh names.

JSON Web Tokens (RFC 7519), HS256 with the bytes of the secret `hub`; the audience (`api`, `mqtt`, `media`)
keeps the kinds apart.
"""

import hashlib
import secrets
from dataclasses import asdict, dataclass
from typing import Any, Literal, TypeVar

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from cloud.core import authorise
from cloud.core.authorise import Principal
from cloud.core.errors import LogInNeeded
from cloud.settings import Settings

TOKEN_S = 600
"""How long every token holds, in s."""


@dataclass(frozen=True, slots=True)
class Access:
    """For the REST API: `sub` is the principal, `u-<session>` or `d-<box>`."""

    sub: str

    AUDIENCE = "api"


@dataclass(frozen=True, slots=True)
class MediaClaims:
    """For the relay: publish or watch one seat of one room."""

    sub: str
    room: str
    seat: Literal["a", "b"]
    role: Literal["publish", "watch"]

    AUDIENCE = "media"


C = TypeVar("C", Access, MediaClaims)


class Signer:
    """Signs and reads the hub's tokens."""

    def __init__(self, settings: Settings) -> None:
        self.key = settings.key()
        """The bytes of the secret `hub`; entries are signed with it too."""
        self._jwk = OctKey.import_key(self.key)

    def sign(self, claims: Access | MediaClaims, now_ms: int, lasts_s: int = TOKEN_S) -> str:
        """Return `claims` as a token that holds for `lasts_s` seconds."""
        return self._sign(asdict(claims), claims.AUDIENCE, now_ms, lasts_s)

    def sign_bus(self, principal: Principal, now_ms: int, lasts_s: int = TOKEN_S) -> str:
        """Return the password with which `principal` connects to the broker."""
        return self._sign(dict(authorise.claims(principal)), "mqtt", now_ms, lasts_s)

    def read(self, kind: type[C], token: str, now_ms: int) -> C:
        """Return the claims in `token`.

        Raises:
            LogInNeeded: forged, expired or made for another use.
        """
        try:
            body: dict[str, Any] = jwt.decode(token, self._jwk, algorithms=["HS256"]).claims
            if body["aud"] != kind.AUDIENCE:
                raise LogInNeeded("this token was made for another use: log in again")
            if body["exp"] * 1000 <= now_ms:
                raise LogInNeeded("the token has expired: refresh the session")
            return kind(**{name: value for name, value in body.items() if name not in {"aud", "exp"}})
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise LogInNeeded("the token is not one of this hub: log in again") from error

    def _sign(self, body: dict[str, Any], audience: str, now_ms: int, lasts_s: int) -> str:
        body |= {"aud": audience, "exp": now_ms // 1000 + lasts_s}
        return jwt.encode({"alg": "HS256"}, body, self._jwk)


def new_id(prefix: str = "") -> str:
    """Return a fresh name that nobody can guess (80 bits), safe in topics and paths."""
    return prefix + secrets.token_hex(10)


def new_secret() -> str:
    """Return 256 random bits, base64url."""
    return secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """Return what is stored of a secret of 256 random bits: its SHA-256, in hex."""
    return hashlib.sha256(secret.encode()).hexdigest()
