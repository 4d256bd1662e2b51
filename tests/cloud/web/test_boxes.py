import base64

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.wire import topics
from edge.wire.boxes import StandInRefused

from .conftest import Machine


def key_pair():
    key = Ed25519PrivateKey.generate()
    return key, base64.urlsafe_b64encode(key.public_key().public_bytes_raw()).decode()


def test_a_box_enrols_with_a_code_once(hub):
    code = hub.enrol_code()
    _key, public = key_pair()

    enrolled = hub.ask("POST", "/boxes", {"code": code, "public_key": public, "name": "包厢 8"}, status=201)

    assert enrolled["user"]["nickname"] == "包厢 8"
    assert "used" in hub.ask("POST", "/boxes", {"code": code, "public_key": key_pair()[1]}, status=410)


def test_a_wrong_old_or_malformed_enrolment_is_refused(hub):
    _key, public = key_pair()

    hub.ask("POST", "/boxes", {"code": "guess", "public_key": public}, status=403)
    for wrong in ("abc", "é", "A" * 43 + "?", ""):
        hub.ask("POST", "/boxes", {"code": hub.enrol_code(), "public_key": wrong}, status=422)
    old = hub.enrol_code()
    hub.now += 15 * 60 * 1000
    hub.ask("POST", "/boxes", {"code": old, "public_key": public}, status=410)


def test_one_key_is_one_box(hub):
    _key, public = key_pair()
    hub.ask("POST", "/boxes", {"code": hub.enrol_code(), "public_key": public}, status=201)

    hub.ask("POST", "/boxes", {"code": hub.enrol_code(), "public_key": public.rstrip("=")}, status=409)


def test_a_box_logs_in_with_its_key_alone(hub):
    key, public = key_pair()
    box = hub.ask("POST", "/boxes", {"code": hub.enrol_code(), "public_key": public}, status=201)["box"]
    nonce = hub.ask("POST", f"/boxes/{box}/challenges", status=200)["nonce"]
    good = base64.urlsafe_b64encode(key.sign(nonce.encode())).decode()
    forged = base64.urlsafe_b64encode(key_pair()[0].sign(nonce.encode())).decode()

    for signature in (forged, "abc", "é"):
        body = {"nonce": nonce, "signature": signature}
        hub.ask("POST", f"/boxes/{box}/sessions", body, status=401)
    session = hub.ask("POST", f"/boxes/{box}/sessions", {"nonce": nonce, "signature": good}, status=200)
    again = hub.ask("POST", f"/boxes/{box}/sessions", {"nonce": nonce, "signature": good}, status=401)

    assert session["box"] == box
    assert session["qr_url"].startswith("http://127.0.0.1:8080/b/")
    assert "new challenge" in again


def test_a_nonce_is_good_for_a_minute_and_one_box(hub):
    key, public = key_pair()
    box = hub.ask("POST", "/boxes", {"code": hub.enrol_code(), "public_key": public}, status=201)["box"]
    other = hub.machine()
    foreign = hub.ask("POST", f"/boxes/{other.box}/challenges", status=200)["nonce"]
    old = hub.ask("POST", f"/boxes/{box}/challenges", status=200)["nonce"]
    hub.now += 60_000

    for nonce in (foreign, old):
        signature = base64.urlsafe_b64encode(key.sign(nonce.encode())).decode()
        body = {"nonce": nonce, "signature": signature}
        hub.ask("POST", f"/boxes/{box}/sessions", body, status=401)
    hub.ask("POST", "/boxes/nobox/challenges", status=404)


def test_a_box_gets_a_grant_for_itself_and_the_seat_it_holds(hub):
    room, _entry, box = hub.performing()

    alone = box("POST", "/bus-grants", {}, status=200)
    seated = box("POST", "/bus-grants", {"room": room}, status=200)

    assert alone["username"] == f"d-{box.box}"
    assert topics.box_command(box.box) in alone["topics"]
    assert topics.room_all(room) in seated["topics"]
    assert hub.granted[-1][0].seat == "a"
    assert "no seat" in hub.machine()("POST", "/bus-grants", {"room": room}, status=403)


def test_a_box_is_reminded_of_its_room(hub):
    room, _entry, box = hub.performing()

    assert box("GET", "/me", status=200)["box"] == box.box
    assert "room" not in box.session
    assert room


def test_a_guest_asks_for_songs_on_the_box_they_scanned(hub):
    box, other = hub.machine(), hub.machine()
    token = box.session["qr_url"].rpartition("/b/")[2]
    guest = hub.guest(nickname="Tom", box_token=token)

    guest("POST", f"/boxes/{box.box}/queue", {"song": "little-star"}, status=202)
    guest("POST", f"/boxes/{other.box}/queue", {"song": "little-star"}, status=403)
    guest("POST", f"/boxes/{box.box}/queue", {"song": "nosong"}, status=404)
    hub.person()("POST", f"/boxes/{box.box}/queue", {"song": "little-star"}, status=403)

    queued = box.orders("queue-song")
    assert len(queued) == 1
    assert (queued[0].do.queued.song.title, queued[0].do.queued.by.nickname) == ("Little Star", "Tom")


def test_a_stand_ins_code_is_worthless_once_the_seat_is_left(hub):
    room, entry, _box = hub.performing()
    singer = hub.person()
    singer("POST", f"/entries/{entry}", {"client": "pc"}, status=200)
    code = hub.orders("standins-1", "start-box")[0].do.enrol_code

    singer("DELETE", f"/rooms/{room}/seats/b", status=204)

    hub.ask("POST", "/boxes", {"code": code, "public_key": key_pair()[1]}, status=410)


def test_a_guest_is_told_what_their_booth_is_called(hub):
    box = hub.machine(name="3 号包厢")
    token = box.session["qr_url"].rpartition("/b/")[2]

    guest = hub.guest(nickname="Tom", box_token=token)

    assert (guest.session["box"], guest.session["box_name"]) == (box.box, "3 号包厢")
    assert guest("GET", "/me", status=200)["box_name"] == "3 号包厢"
    assert hub.person()("GET", "/me", status=200).get("box_name") is None


def test_a_singer_is_told_when_no_stand_in_can_be_started(hub):
    room, entry, _box = hub.performing()
    singer = hub.person()
    singer("POST", f"/entries/{entry}", {"client": "pc"}, status=200)
    host = Machine(hub, "", "", box="standins-1")
    start = hub.orders("standins-1", "start-box")[-1]
    refused = StandInRefused(room=room, seat="b", why="full")

    host.answers(start, ok=False, error="8 stand-ins run here", stand_in=refused)

    told = {"type": "stand-in-missing", "room": room, "seat": "b", "why": "full"}
    assert hub.notices(singer, "stand-in-missing") == [told]
    assert seat_b(hub, room)["no_stand_in"] == "full"

    singer("DELETE", f"/rooms/{room}/seats/b", status=204)
    singer("POST", f"/entries/{entry}", {"client": "pc"}, status=200)
    assert seat_b(hub, room).get("no_stand_in") is None


def seat_b(hub, room):
    return hub.said(topics.room_state(room))[-1]["seats"][1]


def test_a_refusal_for_a_seat_that_has_its_box_by_now_is_kept_from_the_singer(hub):
    room, _entry, box, singer, _stand_in = hub.duel()
    host = Machine(hub, "", "", box="standins-1")
    start = hub.orders("standins-1", "start-box")[-1]

    host.answers(start, ok=False, stand_in=StandInRefused(room=room, seat="b", why="failed"))
    box.answers(
        box.orders("take-seat")[-1], ok=False, stand_in=StandInRefused(room=room, seat="b", why="full")
    )

    assert hub.notices(singer, "stand-in-missing") == []
