"""Every error as problem details (RFC 9457): one shape, one sentence that says what to do."""

import logging
from http import HTTPStatus

from flask import Flask, Response
from pydantic import ValidationError
from werkzeug.exceptions import BadRequest, HTTPException, RequestEntityTooLarge, UnprocessableEntity

from cloud.core.errors import HubError, LogInNeeded
from edge.wire.codec import MAX_PAYLOAD_BYTES, Problem, describe, encode

log = logging.getLogger(__name__)


def install(app: Flask) -> None:
    """Let `app` answer every error with problem details."""
    app.register_error_handler(HubError, _hub_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _unexpected)


def answer(status: int, detail: str) -> Response:
    """Return an error answer."""
    problem = Problem(title=HTTPStatus(status).phrase, status=status, detail=detail)
    return Response(encode(problem), status, content_type="application/problem+json")


def malformed(error: ValidationError) -> HTTPException:
    """Return the error for a body: 400 when it is not JSON, 422 when a field is wrong, which is named."""
    if error.errors(include_url=False, include_context=False)[0]["type"] == "json_invalid":
        return BadRequest(f"the body is not JSON: {describe(error)}")
    return UnprocessableEntity(describe(error))


def _hub_error(error: HubError) -> Response:
    response = answer(error.status, str(error))
    if isinstance(error, LogInNeeded):
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _http_error(error: HTTPException) -> Response:
    detail = error.description or "no more is known"
    if isinstance(error, RequestEntityTooLarge):
        detail = f"the body is too large: at most {MAX_PAYLOAD_BYTES} bytes are read"
    if error.code == HTTPStatus.TOO_MANY_REQUESTS:
        detail = f"too many requests ({error.description} are allowed): wait a moment and try again"
    response = answer(error.code or 500, detail)
    if error.response is not None and "Allow" in error.response.headers:
        response.headers["Allow"] = error.response.headers["Allow"]
    return response


def _unexpected(error: Exception) -> Response:
    log.error("an error nobody expected", exc_info=error)
    return answer(500, "the hub made a mistake: try again, and tell its operator if it stays")
