"""Refusals as RFC 9457 problem details."""

import http
import json

from aiohttp import web
from aiohttp.typedefs import Handler

from cloud.core.errors import HubError
from edge.wire.codec import MAX_PAYLOAD_BYTES


def problem(status: int, detail: str, headers: dict[str, str] | None = None) -> web.Response:
    """Return a refusal with a sentence for a person."""
    body = {
        "type": "about:blank",
        "title": http.HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
    }
    return web.Response(
        status=status,
        body=json.dumps(body, ensure_ascii=False).encode(),
        content_type="application/problem+json",
        headers={"Cache-Control": "no-store", **(headers or {})},
    )


@web.middleware
async def refuse(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn the hub's errors, and aiohttp's own, into problem details."""
    try:
        return await handler(request)
    except HubError as error:
        headers = {}
        if error.status == http.HTTPStatus.UNAUTHORIZED:
            headers["WWW-Authenticate"] = "Bearer"
        if (retry_s := getattr(error, "retry_s", None)) is not None:
            headers["Retry-After"] = str(retry_s)
        return problem(error.status, str(error), headers)
    except web.HTTPRequestEntityTooLarge:
        size = f" ({request.content_length} bytes)" if request.content_length else ""
        return problem(413, f"the body is too large{size}: at most {MAX_PAYLOAD_BYTES} bytes are read")
    except web.HTTPException as error:
        if error.status < http.HTTPStatus.BAD_REQUEST:
            raise
        kept = {name: error.headers[name] for name in ("Allow",) if name in error.headers}
        return problem(error.status, f"{error.reason}: {request.method} {request.path}", kept)
