"""The OpenAPI 3.1 document, made of the declared endpoints and the wire's types."""

import re
from typing import Any

from pydantic.json_schema import models_json_schema

import edge
from cloud.web.api import PREFIX, Api, Endpoint
from edge.wire.codec import Message, Problem

REF = "#/components/schemas/{model}"
_PATTERNS = {"id": "^[A-Za-z0-9_-]{1,40}$", "token": "^[A-Za-z0-9._-]{1,600}$"}


def document(apis: list[Api]) -> dict[str, Any]:
    """Return the document of all that `apis` serve."""
    endpoints = [(api.noun, endpoint) for api in apis for endpoint in api.endpoints]
    paths: dict[str, Any] = {}
    for noun, endpoint in endpoints:
        paths.setdefault(_path(endpoint), {})[endpoint.method.lower()] = _operation(noun, endpoint)
    return {
        "openapi": "3.1.0",
        "info": {"title": "KTV Live hub", "version": edge.__version__},
        "paths": paths,
        "components": {
            "schemas": _schemas([endpoint for _, endpoint in endpoints]),
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    }


def _schemas(endpoints: list[Endpoint]) -> dict[str, Any]:
    bodies = {one.body for one in endpoints if one.body}
    answers = {one.answer for one in endpoints if one.answer} | {Problem}
    wanted: list[Any] = [
        (kind, "validation") for kind in sorted(bodies | answers, key=lambda kind: kind.__name__)
    ]
    _, definitions = models_json_schema(wanted, ref_template=REF)
    found: dict[str, Any] = definitions["$defs"]
    return found


def _path(endpoint: Endpoint) -> str:
    return PREFIX + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", endpoint.path)


def _operation(noun: str, endpoint: Endpoint) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": endpoint.view.__name__,
        "tags": [noun],
        "summary": (endpoint.view.__doc__ or "").strip().splitlines()[0],
        "parameters": [
            *_path_parameters(endpoint),
            *_query_parameters(endpoint),
            *_header_parameters(endpoint),
        ],
        "responses": {
            str(endpoint.status): _response(endpoint.answer),
            "default": {
                "description": "An error, with a sentence that says what to do",
                "content": {"application/problem+json": {"schema": {"$ref": REF.format(model="Problem")}}},
            },
        },
    }
    if endpoint.body is not None:
        operation["requestBody"] = {"required": True, "content": _json(endpoint.body)}
    if not endpoint.is_open:
        operation["security"] = [{"bearer": []}]
    return operation


def _json(kind: type[Message]) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": REF.format(model=kind.__name__)}}}


def _response(kind: type[Message] | None) -> dict[str, Any]:
    if kind is None:
        return {"description": "Done"}
    return {"description": (kind.__doc__ or kind.__name__).strip().splitlines()[0], "content": _json(kind)}


def _path_parameters(endpoint: Endpoint) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": _path_schema(converter)}
        for converter, name in re.findall(r"<(?:(\w+)(?:\([^)]*\))?:)?(\w+)>", endpoint.path)
    ]


def _path_schema(converter: str) -> dict[str, Any]:
    pattern = _PATTERNS.get(converter)
    return {"type": "string", "pattern": pattern} if pattern else {"type": "string"}


def _query_parameters(endpoint: Endpoint) -> list[dict[str, Any]]:
    if endpoint.query is None:
        return []
    schema = endpoint.query.model_json_schema()
    return [
        {"name": name, "in": "query", "required": name in schema.get("required", ()), "schema": kind}
        for name, kind in schema["properties"].items()
    ]


def _header_parameters(endpoint: Endpoint) -> list[dict[str, Any]]:
    if not endpoint.needs_key:
        return []
    return [{"name": "Idempotency-Key", "in": "header", "required": True, "schema": {"type": "string"}}]
