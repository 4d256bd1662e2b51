"""Bodies, errors, limits and the document of the API."""

import json
import re

import pytest

from cloud.web import APIS

from .conftest import Hub

GUEST = "/sessions/guest"


def test_the_hub_is_well_and_knows_the_time(hub):
    assert hub.ask("GET", "/health", status=200)["status"] == "ok"
    assert hub.ask("GET", "/clock", status=200) == {"now_ms": hub.now}


def test_a_body_that_is_not_json_is_refused(hub):
    assert "not JSON" in hub.ask("POST", GUEST, raw=b"{nickname", status=400)
    assert "not JSON" in hub.ask("POST", GUEST, raw=b"\xff\xfe", status=400)


def test_a_wrong_field_is_named(hub):
    assert "nickname" in hub.ask("POST", GUEST, {"nickname": 3}, status=422)
    assert "attributes" in hub.ask(
        "POST", "/accounts", {"username": "tom", "password": "12345678"}, status=422
    )
    assert "at least 8" in hub.ask(
        "POST", "/accounts", {"username": "tom", "password": "1", "attributes": {"nickname": "x"}}, status=422
    )
    hub.ask("POST", GUEST, raw=b"[]", status=422)


def test_a_body_of_another_type_is_refused(hub):
    assert "application/json" in hub.ask("POST", GUEST, raw=b"a=b", status=415, Content_Type="text/plain")


def test_a_body_may_have_64_kb(hub):
    body = json.dumps({"nickname": "x", "extra": "y" * 60_000}).encode()

    hub.ask("POST", GUEST, raw=body, status=200)
    assert "at most 65536" in hub.ask("POST", GUEST, raw=body + b" " * 6_000, status=413)


def test_what_is_not_there_is_not_found(hub):
    hub.ask("GET", "/nothing", status=404)
    hub.ask("GET", "/rooms/a%2Fb", status=404)
    hub.ask("GET", "/rooms/" + "a" * 41, status=404)
    answer = hub.ask("DELETE", "/lobby")
    assert answer.status_code == 405


def test_answers_are_never_stored(hub):
    assert hub.ask("GET", "/clock").headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("query", ["", "?scene=moon&kind=ball", "?scene=billiards&kind=BALL"])
def test_a_wrong_query_is_refused(hub, query):
    hub.ask("GET", f"/options{query}", status=422)


def test_too_many_log_ins_are_refused(tmp_path):
    hub = Hub(tmp_path, rate_limits=True)
    body = {"username": "nobody", "password": "wrong horse"}

    statuses = [hub.ask("POST", "/sessions", body).status_code for _ in range(21)]

    assert statuses == [401] * 20 + [429]
    answer = hub.ask("POST", "/sessions", body)
    assert answer.content_type == "application/problem+json"
    assert int(answer.headers["Retry-After"]) > 0
    hub.ask("POST", GUEST, {}, status=200)
    hub.database.close()


def test_the_document_describes_every_endpoint(hub):
    document = hub.ask("GET", "/openapi.json", status=200)
    count = sum(len(one.api.endpoints) for one in APIS)
    operations = [operation for path in document["paths"].values() for operation in path.values()]

    assert document["openapi"] == "3.1.0"
    assert len(operations) == count
    assert len({operation["operationId"] for operation in operations}) == count
    assert document["paths"]["/api/rooms/{room}/tasks"]["post"]["parameters"][1]["name"] == "Idempotency-Key"
    assert all(operation["summary"] for operation in operations)


def test_the_document_has_every_schema_it_names(hub):
    text = json.dumps(hub.ask("GET", "/openapi.json", status=200))
    schemas = json.loads(text)["components"]["schemas"]

    assert set(re.findall(r'"#/components/schemas/([^"]+)"', text)) <= set(schemas)
    assert {"Room", "Task", "Problem", "SignUp", "PickAnswered"} <= set(schemas)
