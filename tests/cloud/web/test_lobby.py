def test_a_ticket_is_matched_at_once_with_a_room_that_suits(hub):
    room, entry, _box = hub.performing(mode="duet")
    tom = hub.person()

    ticket = tom("POST", "/tickets", {"mode": "duet", "song": "little-star"}, status=201)

    assert (ticket["state"], ticket["room"], ticket["entry"]) == ("matched", room, f"/e/{entry}")
    assert hub.notices(tom, "seat")[0]["entry"] == f"/e/{entry}"
    assert tom("POST", f"/entries/{entry}", {"client": "phone"}, status=200)["seat"] == "b"


def test_a_matched_seat_is_kept_for_twenty_seconds(hub):
    _room, entry, _box = hub.performing()
    tom, quick = hub.person(), hub.person()
    tom("POST", "/tickets", {}, status=201)

    assert "kept" in quick("POST", f"/entries/{entry}", {}, status=409)
    hub.now += 20_000
    assert quick("POST", f"/entries/{entry}", {}, status=200)["seat"] == "b"


def test_a_waiting_ticket_is_matched_when_a_room_opens(hub):
    tom = hub.person()
    ticket = tom("POST", "/tickets", {}, status=201)
    assert ticket["state"] == "waiting"

    room, *_ = hub.performing()
    hub.sweep(1)

    assert tom("GET", f"/tickets/{ticket['id']}", status=200)["room"] == room
    assert hub.notices(tom, "seat")[0]["ticket"] == ticket["id"]


def test_two_tickets_never_get_one_seat(hub):
    hub.performing()
    tickets = [hub.person()("POST", "/tickets", {}, status=201)["state"] for _ in range(2)]

    assert tickets == ["matched", "waiting"]


def test_a_ticket_is_withdrawn_or_expires(hub):
    tom, other = hub.person(), hub.person()
    ticket = tom("POST", "/tickets", {}, status=201)["id"]

    other("GET", f"/tickets/{ticket}", status=404)
    other("DELETE", f"/tickets/{ticket}", status=404)
    tom("DELETE", f"/tickets/{ticket}", status=204)
    assert tom("GET", f"/tickets/{ticket}", status=200)["state"] == "withdrawn"
    late = tom("POST", "/tickets", {}, status=201)["id"]
    hub.sweep(61)
    assert tom("GET", f"/tickets/{late}", status=200)["state"] == "expired"


def test_a_new_ticket_takes_the_place_of_the_old_one(hub):
    tom = hub.person()
    old = tom("POST", "/tickets", {"mode": "duet"}, status=201)["id"]

    tom("POST", "/tickets", {"mode": "pk"}, status=201)

    assert tom("GET", f"/tickets/{old}", status=200)["state"] == "withdrawn"


def test_a_created_room_is_not_matched_by_ticket(hub):
    hub.person()("POST", "/rooms", {"kind": "create", "visibility": "public"}, status=201)

    assert hub.person()("POST", "/tickets", {}, status=201)["state"] == "waiting"


def test_the_lobby_counts_its_revisions(hub):
    tom = hub.person()
    before = tom("GET", "/lobby", status=200)["rev"]

    hub.performing()

    assert tom("GET", "/lobby", status=200)["rev"] > before
