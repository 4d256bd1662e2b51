import pytest


@pytest.fixture
def invited(hub):
    """Mei has created a room and invited Tom."""
    mei, tom = hub.person("Mei"), hub.person("Tom")
    room = mei("POST", "/rooms", {"kind": "create"}, status=201)["room"]
    request = mei("POST", "/requests", {"to": tom.id, "room": room, "message": "来吗"}, status=201)
    return mei, tom, room, request


def test_an_invitation_reaches_both_sides(hub, invited):
    mei, tom, room, request = invited

    assert (request["state"], request["kind"], request["room"]) == ("pending", "create", room)
    assert hub.notices(tom, "request")[-1]["request"] == request
    assert hub.notices(mei, "request")[-1]["request"]["message"] == "来吗"
    assert tom("GET", "/requests", status=200)["requests"] == [request]


def test_accepting_gives_a_second_entry_for_the_guest_alone(hub, invited):
    mei, tom, room, request = invited

    accepted = tom("POST", f"/requests/{request['id']}/accept", status=200)
    again = tom("POST", f"/requests/{request['id']}/accept", status=200)

    assert accepted == again
    assert "entry" not in hub.notices(mei, "request")[-1]["request"]
    token = accepted["entry"].removeprefix("/e/")
    assert "somebody else" in hub.person()("POST", f"/entries/{token}", {}, status=403)
    assert tom("POST", f"/entries/{token}", {"client": "phone"}, status=200)["seat"] == "b"
    assert mei("GET", f"/rooms/{room}", status=200)["seats"][0]["user"]["id"] == tom.id


def test_declining_and_withdrawing_end_a_request(hub, invited):
    mei, tom, room, request = invited

    mei("POST", f"/requests/{request['id']}/accept", status=403)
    tom("POST", f"/requests/{request['id']}/withdraw", status=403)
    assert tom("POST", f"/requests/{request['id']}/decline", status=200)["state"] == "declined"
    assert "was declined" in tom("POST", f"/requests/{request['id']}/accept", status=409)
    second = mei("POST", "/requests", {"to": tom.id, "room": room}, status=201)
    assert mei("POST", f"/requests/{second['id']}/withdraw", status=200)["state"] == "withdrawn"
    assert hub.notices(tom, "request")[-1]["request"]["state"] == "withdrawn"


def test_a_request_expires_after_two_minutes(hub, invited):
    _mei, tom, _room, request = invited

    hub.now += 120_000
    assert "was expired" in tom("POST", f"/requests/{request['id']}/accept", status=409)
    hub.sweep()

    assert hub.notices(tom, "request")[-1]["request"]["state"] == "expired"


def test_a_room_that_ends_takes_its_requests_along(hub, invited):
    mei, tom, room, request = invited

    mei("DELETE", f"/rooms/{room}", status=204)
    tom("POST", f"/requests/{request['id']}/accept", status=410)
    hub.sweep()

    assert hub.notices(tom, "request")[-1]["request"]["state"] == "expired"


def test_a_request_of_others_is_not_there(hub, invited):
    _mei, _tom, _room, request = invited

    hub.person()("POST", f"/requests/{request['id']}/accept", status=404)


def test_who_may_be_invited(hub, invited):
    mei, tom, room, _request = invited

    assert "already" in mei("POST", "/requests", {"to": tom.id, "room": room}, status=409)
    mei("POST", "/requests", {"to": mei.id, "room": room}, status=403)
    mei("POST", "/requests", {"to": "nobody", "room": room}, status=404)
    tom("POST", "/requests", {"to": mei.id, "room": room}, status=403)
    solo = mei("POST", "/rooms", {"kind": "create", "mode": "solo"}, status=201)["room"]
    mei("POST", "/requests", {"to": tom.id, "room": solo}, status=409)
