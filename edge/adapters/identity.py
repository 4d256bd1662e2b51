"""The box's own key, and what the hub calls it: two small files in its data folder."""

import base64
import os
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from edge.core.errors import Refused
from edge.wire.boxes import Enrolled
from edge.wire.codec import WireError, decode, encode

KEY_NAME = "box.key"
ENROLMENT_NAME = "enrolled.json"


class Identity:
    """An Ed25519 key that never leaves this box, and the enrolment at one hub."""

    def __init__(self, key: Ed25519PrivateKey, enrolment: Path) -> None:
        self._key = key
        self._enrolment = enrolment

    @property
    def public_key(self) -> str:
        """The raw public key, base64url without padding."""
        raw = self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return _base64url(raw)

    def sign(self, nonce: str) -> str:
        """Return the signature over the nonce's bytes, base64url without padding."""
        return _base64url(self._key.sign(nonce.encode()))

    def enrolled(self) -> Enrolled | None:
        """Return what the hub said at enrolment, or None for a box it does not know yet."""
        try:
            return decode(Enrolled, self._enrolment.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, WireError) as error:
            sentence = f"{self._enrolment}: not a box's enrolment ({error}): delete it to enrol again"
            raise Refused(sentence) from error

    def remember(self, enrolled: Enrolled) -> None:
        """Keep what the hub said at enrolment."""
        _write(self._enrolment, encode(enrolled))

    def forget(self) -> None:
        """Forget the enrolment, for the hub no longer knows this box."""
        self._enrolment.unlink(missing_ok=True)


def open_identity(data_dir: Path) -> Identity:
    """Return the identity kept in `data_dir`, made with mode 0600 at the first start.

    Raises:
        Refused: the folder cannot be written, or the key there is not one.
    """
    path = data_dir / KEY_NAME
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            fresh = Ed25519PrivateKey.generate()
            _write(path, fresh.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        key = load_pem_private_key(path.read_bytes(), None)
    except OSError as error:
        raise Refused(f"{data_dir}: no use as data folder ({error}): set data_dir in [box]") from error
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise Refused(f"{path}: not a box's key ({error}): delete it and enrol the box again") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise Refused(f"{path}: not an Ed25519 key: delete it and enrol the box again")
    return Identity(key, data_dir / ENROLMENT_NAME)


def _write(path: Path, content: bytes) -> None:
    """Put `content` at `path`, whole or not at all, for the owner's eyes only."""
    part = path.with_suffix(".part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
