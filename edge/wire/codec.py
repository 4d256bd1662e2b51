"""What every wire message shares: how it is declared, encoded and decoded."""

from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, StringConstraints, TypeAdapter, ValidationError

MAX_PAYLOAD_BYTES = 64 * 1024
"""Largest MQTT payload or JSON body that is read at all, in bytes."""

Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,40}$")]
"""A name that is safe in a topic, a path and a file name."""

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
"""A short line that a person wrote or reads."""


class WireError(ValueError):
    """A payload that is not the message it should be; refused at the rim."""


class Message(BaseModel):
    """A frozen value, strict in its fields and tolerant of extra ones."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", populate_by_name=True)


class Problem(Message):
    """Every error answer of the REST API (RFC 9457 problem details)."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    """What happened, the value seen, and what to do."""


class HubTime(Message):
    """GET /api/clock."""

    now_ms: int
    """Hub time in ms since 1970."""


class Health(Message):
    """GET /api/health."""

    status: str
    version: str


M = TypeVar("M")


def encode(message: Message) -> bytes:
    """Return `message` as compact JSON (UTF-8), short keys, without fields that are None."""
    return message.model_dump_json(by_alias=True, exclude_none=True).encode()


def decode(kind: type[M] | TypeAdapter[M], payload: bytes | str) -> M:
    """Return `payload` (JSON) as a `kind`, which is a message class or a union's adapter.

    Raises:
        WireError: too large, not JSON, or not a `kind`; says which field and what was seen.
    """
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise WireError(f"payload of {len(payload)} bytes: at most {MAX_PAYLOAD_BYTES} are read")
    adapter = kind if isinstance(kind, TypeAdapter) else TypeAdapter(kind)
    try:
        return adapter.validate_json(payload)
    except ValidationError as error:
        raise WireError(describe(error)) from error


def describe(error: ValidationError) -> str:
    """Say in one line what the first wrong field is and what was seen there."""
    first: Any = error.errors(include_url=False)[0]
    where = ".".join(str(part) for part in first["loc"]) or "payload"
    seen = repr(first.get("input"))[:80]
    more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
    return f"{where}: {first['msg']}; seen: {seen}{more}"
