"""Page of the REST API, from the hub's own OpenAPI description."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cloud.settings import Settings
from cloud.web import create_app
from reference.pages import page, table
from reference.wire import link

METHODS = ("get", "post", "patch", "put", "delete")


def rest_page() -> str:
    """Return the page of every path and method."""
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(Settings(data_dir=Path(folder), song_folders=()))
        spec = app.test_client().get("/api/openapi.json").get_json()
    groups: dict[str, list[list[str]]] = {}
    for path, method, operation in _operations(spec):
        noun = path.split("/")[2]
        groups.setdefault(noun, []).append(_row(path, method, operation))
    sections = [
        f"## {noun}\n\n" + table(["Request", "Body", "Answer", "What it does"], rows)
        for noun, rows in sorted(groups.items())
    ]
    intro = (
        "JSON over HTTPS at the hub's own address; the whole description is at `/api/openapi.json`. "
        "`Authorization: Bearer <access token>` from [Session](#wire-session), valid ten minutes. "
        "An error is `application/problem+json` (RFC 9457): `type`, `title`, `status`, and `detail`, "
        "which says what to do. Bodies and answers are the [messages of the wire](wire.md)."
    )
    return page("REST", intro, *sections)


def _operations(spec: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in sorted(spec["paths"].items()):
        for method in METHODS:
            if method in item:
                yield path, method, item[method]


def _row(path: str, method: str, operation: dict[str, Any]) -> list[str]:
    answers = [
        f"{status} {_schema(answer)}".strip()
        for status, answer in sorted(operation.get("responses", {}).items())
        if status.startswith("2")
    ]
    said = operation.get("description") or operation.get("summary") or ""
    body = _schema(operation.get("requestBody", {}))
    asked = [one["name"] for one in operation.get("parameters", []) if one["in"] == "query"]
    query = "?" + "&".join(asked) if asked else ""
    return [f"`{method.upper()} {path}{query}`", body, ", ".join(answers), said]


def _schema(carrier: dict[str, Any]) -> str:
    """Return a link to the message that a body or answer holds."""
    for content in carrier.get("content", {}).values():
        reference = content.get("schema", {}).get("$ref", "")
        if reference:
            return link(reference.rsplit("/", 1)[-1])
    return ""
