from cloud.desk import rooms
from edge.wire import topics
from edge.wire.boxes import RelayState, SeatMedia, SeatReady
from edge.wire.scores import RoundScored

from .conftest import Machine


def entry_of(granted):
    return granted["entry"]["path"].removeprefix("/e/")


def test_performing_puts_the_first_entry_on_the_lobby(hub):
    mei, other = hub.person("Mei", region="成都"), hub.person()

    granted = mei("POST", "/rooms", {"kind": "perform", "song": "little-star"}, status=201)
    lobby = other("GET", "/lobby", status=200)

    assert granted["entry"]["kind"] == "first"
    assert "<svg" in granted["entry"]["qr_svg"]
    assert lobby["rooms"][0]["entry"] == granted["entry"]["path"]
    assert lobby["rooms"][0]["song_title"] == "Little Star"
    assert hub.said(topics.LOBBY)[-1] == lobby
    assert hub.said(topics.room_state(granted["room"]))[-1]["state"] == "open"
    assert hub.said(topics.room_tasks(granted["room"])) == [{"rev": 1, "tasks": []}]


def test_creating_makes_a_room_out_of_the_users_attributes_that_is_not_listed(hub):
    mei = hub.person("Mei", region="成都", favourite_songs=["little-star"])

    granted = mei("POST", "/rooms", {"kind": "create"}, status=201)

    assert granted["entry"]["kind"] == "second"
    assert granted["attributes"]["title"] == "Mei的直播间"
    assert granted["attributes"]["region"] == "成都"
    assert granted["attributes"]["song"] == "little-star"
    assert mei("GET", "/lobby", status=200)["rooms"] == []


def test_a_favourite_song_that_left_the_catalogue_does_not_stop_a_room(hub):
    mei = hub.person(favourite_songs=["gone"])

    assert "song" not in mei("POST", "/rooms", {"kind": "create"}, status=201)["attributes"]


def test_a_phone_opens_no_room_and_an_unknown_song_is_named(hub):
    mei = hub.person()

    mei("POST", "/rooms", {"kind": "perform", "client": "phone"}, status=403)
    assert "nosong" in mei("POST", "/rooms", {"kind": "perform", "song": "nosong"}, status=404)
    mei("POST", "/rooms", {"kind": "perform", "client": "box"}, status=422)


def test_one_user_holds_five_rooms_at_most(hub):
    mei = hub.person()
    rooms = [mei("POST", "/rooms", {"kind": "perform"}, status=201)["room"] for _ in range(5)]

    mei("POST", "/rooms", {"kind": "perform"}, status=409)
    mei("DELETE", f"/rooms/{rooms[0]}", status=204)
    mei("POST", "/rooms", {"kind": "perform"}, status=201)


def test_a_box_that_enters_is_told_to_take_its_seat(hub):
    room, _entry, box = hub.performing(scene="billiards", mode="pk")

    take = box.orders("take-seat")[0].do

    assert (take.room, take.seat, take.scene, take.mode) == (room, "a", "billiards", "pk")
    assert take.publish.url == f"/whip/{room}"
    assert take.hear.url == f"/whep/{room}?seat=b&sound=dry"
    assert take.source is None
    assert take.singer.id == box.id


def test_a_person_who_enters_gets_grants_and_a_stand_in_box(hub):
    room, entry, _box = hub.performing()
    singer = hub.person()

    entered = singer("POST", f"/entries/{entry}", {"client": "phone"}, status=200)
    stand_in = hub.stand_in(room, "b")

    assert (entered["role"], entered["seat"]) == ("singer", "b")
    assert entered["publish"]["url"] == f"/whip/{room}"
    assert [grant["seat"] for grant in entered["watch"]] == ["a", "b"]
    start = hub.orders("standins-1", "start-box")[0].do
    assert start.take.source.url == f"/whep/{room}?seat=b&sound=dry"
    assert start.take.publish is None
    assert stand_in.orders("take-seat")[0].do.seat == "b"
    seat = singer("GET", f"/rooms/{room}", status=200)["seats"][1]
    assert (seat["box"], seat["is_stand_in"], seat["is_ready"]) == (stand_in.box, True, True)


def test_a_full_room_says_so_and_leaves_the_lobbys_entry(hub):
    room, entry, _box, _singer, _stand_in = hub.duel()
    late = hub.person()

    assert "full" in late("POST", f"/entries/{entry}", {}, status=409)
    listed = late("GET", "/lobby", status=200)["rooms"][0]
    assert (listed["id"], listed["state"], listed.get("entry")) == (room, "matched", None)


def test_entering_again_gives_the_same_seat_and_fresh_grants(hub):
    _room, entry, _box, singer, _stand_in = hub.duel()
    starts = len(hub.orders("standins-1", "start-box"))

    again = singer("POST", f"/entries/{entry}", {"client": "pc"}, status=200)

    assert again["seat"] == "b"
    assert len(hub.orders("standins-1", "start-box")) == starts


def test_an_expired_or_forged_entry_is_refused(hub):
    room, entry, _box = hub.performing()
    late = hub.person()

    late("POST", f"/entries/{entry[:-2]}xx", {}, status=403)
    late("POST", "/entries/nonsense", {}, status=403)
    hub.now += 2 * 3600 * 1000
    late = hub.person()
    assert "ask for a new one" in late("POST", f"/entries/{entry}", {}, status=410)
    assert room


def test_a_room_on_the_lobby_gets_a_new_entry_before_the_old_one_expires(hub):
    _room, entry, _box = hub.performing()

    hub.sweep(2 * 3600 - 60)

    person = hub.person()
    assert person("GET", "/lobby", status=200)["rooms"][0]["entry"] != f"/e/{entry}"


def test_an_entry_of_a_room_that_ended_is_too_late(hub):
    room, entry, box = hub.performing()

    box("DELETE", f"/rooms/{room}", status=204)

    hub.person()("POST", f"/entries/{entry}", {}, status=410)


def test_a_viewer_watches_every_seat_until_the_room_is_full(hub):
    room, _entry, _box = hub.performing(capacity=2)
    first = hub.person()

    entered = first("POST", f"/rooms/{room}/viewers", {"client": "phone"}, status=200)
    hub.viewer(room)

    assert entered["role"] == "viewer"
    assert [grant["url"] for grant in entered["watch"]] == [f"/whep/{room}?seat=a", f"/whep/{room}?seat=b"]
    assert "full" in hub.person()("POST", f"/rooms/{room}/viewers", {}, status=409)
    first("POST", f"/rooms/{room}/viewers", {}, status=200)
    first("DELETE", f"/rooms/{room}/viewers", status=204)
    hub.viewer(room)
    assert hub.said(topics.room_state(room))[-1]["viewers"] == 2


def test_a_room_by_link_is_seen_only_with_its_entry(hub):
    mei, tom = hub.person(), hub.person()
    granted = mei("POST", "/rooms", {"kind": "create"}, status=201)
    room = granted["room"]
    _other, foreign, _box = hub.performing()

    tom("GET", f"/rooms/{room}", status=404)
    tom("GET", f"/rooms/{room}/tasks", status=404)
    tom("POST", f"/rooms/{room}/viewers", {}, status=403)
    tom("POST", f"/rooms/{room}/viewers", {"entry": foreign}, status=403)
    tom("POST", f"/rooms/{room}/viewers", {"entry": entry_of(granted)}, status=200)
    tom("GET", f"/rooms/{room}", status=200)


def test_only_the_broadcaster_ends_a_room(hub):
    room, _entry, box, singer, stand_in = hub.duel()

    singer("DELETE", f"/rooms/{room}", status=403)
    stand_in("DELETE", f"/rooms/{room}", status=403)
    box("DELETE", f"/rooms/{room}", status=204)

    assert box.orders("leave-seat")[-1].do.room == room
    assert hub.orders("standins-1", "stop-box")[-1].do.seat == "b"
    assert hub.said(topics.room_state(room))[-1]["state"] == "ended"
    assert hub.said(topics.LOBBY)[-1]["rooms"] == []
    box("DELETE", f"/rooms/{room}", status=410)
    stand_in("POST", "/bus-grants", {}, status=401)


def test_leaving_a_seat_opens_the_room_again(hub):
    room, _entry, _box, singer, _stand_in = hub.duel()
    stranger = hub.person()

    stranger("DELETE", f"/rooms/{room}/seats/b", status=403)
    singer("DELETE", f"/rooms/{room}/seats/b", status=204)
    singer("DELETE", f"/rooms/{room}/seats/b", status=404)

    assert stranger("GET", "/lobby", status=200)["rooms"][0]["state"] == "open"
    assert hub.orders("standins-1", "stop-box")


def test_the_relay_says_who_is_live(hub):
    room, *_ = hub.duel()
    for seats in [(SeatMedia(room=room, seat="a", is_live=True),), ()]:
        with hub.database.write() as session:
            rooms.relay_changed(session, "relay-1", RelayState(seats=seats), hub.now)

    live = [[seat["is_live"] for seat in one["seats"]] for one in hub.said(topics.room_state(room))]
    assert live[-2:] == [[True, False], [False, False]]


def test_a_seat_is_not_ready_while_its_box_is_lost(hub):
    room, _entry, box, singer, _stand_in = hub.duel()

    box.says(s="lost", boot=None)
    assert "seat a not ready" in singer("POST", f"/rooms/{room}/rounds", {}, status=409)
    box.says(room=room)
    singer("POST", f"/rooms/{room}/rounds", {}, status=201)


def test_a_box_that_restarts_is_told_everything_again(hub):
    room, _entry, box, singer, _stand_in = hub.duel()
    singer("POST", f"/rooms/{room}/rounds", {}, status=201)
    before = len(box.orders())

    box.says(boot="boot2")

    assert [one.do.op for one in box.orders()[before:]] == ["take-seat", "watch-tasks", "begin-round"]
    assert singer("GET", f"/rooms/{room}", status=200)["seats"][0]["is_ready"] is False


def test_a_box_that_thinks_it_is_in_a_room_is_told_to_leave(hub):
    box = hub.machine()

    box.says(room="oldroom")

    assert box.orders("leave-seat")[0].do.room == "oldroom"


def test_a_box_reports_only_for_seats_it_holds(hub):
    room, entry, _box = hub.performing()
    hub.person()("POST", f"/entries/{entry}", {"client": "pc"}, status=200)
    liar = hub.machine()

    liar.reports(SeatReady(room=room, seat="a"))
    liar.reports(SeatReady(room="nowhere", seat="a"))

    assert [seat["is_ready"] for seat in hub.said(topics.room_state(room))[-1]["seats"]] == [True, False]


def test_a_round_is_counted_in_sung_and_won(hub):
    room, _entry, box, singer, stand_in = hub.duel()

    started = box("POST", f"/rooms/{room}/rounds", {}, status=201)
    singer("POST", f"/rooms/{room}/rounds", {}, status=409)
    singer("GET", f"/rooms/{room}/rounds/{started['id']}", status=409)
    hub.sweep(3)
    singing = hub.said(topics.room_state(room))[-1]["round"]["state"]
    told = {"round": started["id"], "room": room, "lines": (1.0, 2.0)}
    box.reports(RoundScored(seat="a", score=61.0, **told))
    stand_in.reports(RoundScored(seat="b", score=60.0, **told))
    stand_in.reports(RoundScored(seat="b", score=99.0, **told))

    assert started["start_ms"] == hub.now
    assert (started["state"], singing) == ("counting", "singing")
    assert box.orders("begin-round")[0].do.round.id == started["id"]
    assert stand_in.orders("begin-round")[0].do.round.song == "little-star"
    final = hub.said(topics.round_final(room, started["id"]))
    assert len(final) == 1
    assert (final[0]["scores"], final[0]["winner"]) == ({"a": 61.0, "b": 60.0}, "a")
    assert [event["type"] for event in hub.events(room)] == ["round-started", "round-ended"]
    assert [event["rev"] for event in hub.events(room)] == [1, 2]


def test_a_round_ends_without_a_score_15_s_after_the_song(hub):
    room, _entry, box, singer, _stand_in = hub.duel()
    started = singer("POST", f"/rooms/{room}/rounds", {}, status=201)
    box.reports(RoundScored(round=started["id"], room=room, seat="a", score=50.0))

    hub.sweep(3 + started["duration_s"] + 14)
    singer("GET", f"/rooms/{room}/rounds/{started['id']}", status=409)
    hub.sweep(1.1)

    final = hub.person()("GET", f"/rooms/{room}/rounds/{started['id']}", status=200)
    assert final["scores"] == {"a": 50.0}
    assert "winner" not in final


def test_a_score_of_another_seat_or_a_finished_round_changes_nothing(hub):
    room, _entry, box, singer, stand_in = hub.duel()
    started = singer("POST", f"/rooms/{room}/rounds", {}, status=201)["id"]

    stand_in.reports(RoundScored(round=started, room=room, seat="a", score=1.0))
    box.reports(RoundScored(round="other", room=room, seat="a", score=1.0))
    box.reports(RoundScored(round=started, room=room, seat="a", score=50.0))
    stand_in.reports(RoundScored(round=started, room=room, seat="b", score=50.0))
    box.reports(RoundScored(round=started, room=room, seat="a", score=99.0))

    final = hub.said(topics.round_final(room, started))
    assert [one["scores"] for one in final] == [{"a": 50.0, "b": 50.0}]


def test_a_singer_who_leaves_ends_the_round(hub):
    room, _entry, box, singer, stand_in = hub.duel()
    started = singer("POST", f"/rooms/{room}/rounds", {}, status=201)["id"]

    singer("DELETE", f"/rooms/{room}/seats/b", status=204)

    assert box.orders("stop-round")[0].do.round == started
    assert stand_in.orders("stop-round")[0].do.round == started
    assert hub.said(topics.round_final(room, started))[0]["scores"] == {}
    box("POST", f"/rooms/{room}/rounds", {}, status=201)


def test_a_round_needs_a_singer_and_a_song(hub):
    mei = hub.person()
    room = mei("POST", "/rooms", {"kind": "perform"}, status=201)

    mei("POST", f"/rooms/{room['room']}/rounds", {}, status=403)
    mei("POST", f"/entries/{entry_of(room)}", {}, status=200)
    assert "not ready" in mei("POST", f"/rooms/{room['room']}/rounds", {}, status=409)
    hub.stand_in(room["room"], "a")
    assert "song" in mei("POST", f"/rooms/{room['room']}/rounds", {}, status=422)
    mei("POST", f"/rooms/{room['room']}/rounds", {"song": "nosong"}, status=404)
    mei("POST", f"/rooms/{room['room']}/rounds", {"song": "little-star"}, status=201)


def test_chat_reaches_the_room_from_those_in_it(hub):
    room, _entry, _box = hub.performing()
    viewer = hub.viewer(room)

    viewer("POST", f"/rooms/{room}/chat", {"text": " 好听! "}, status=204)
    hub.person()("POST", f"/rooms/{room}/chat", {"text": "hi"}, status=403)
    viewer("POST", f"/rooms/{room}/chat", {"text": "  "}, status=422)

    assert [event["text"] for event in hub.events(room, "said")] == ["好听!"]


def test_a_room_without_singers_ends_after_ten_minutes(hub):
    mei = hub.person()
    room = mei("POST", "/rooms", {"kind": "perform"}, status=201)["room"]
    sung_in, _entry, _box = hub.performing()

    hub.sweep(601)

    assert hub.said(topics.room_state(room))[-1]["state"] == "ended"
    assert hub.said(topics.room_state(sung_in))[-1]["state"] == "open"


def test_a_box_is_in_one_room_at_a_time(hub):
    room, _entry, box = hub.performing()
    granted = box("POST", "/rooms", {"kind": "create"}, status=201)

    box("POST", f"/entries/{entry_of(granted)}", {"client": "box"}, status=200)

    assert box.orders("leave-seat")[-1].do.room == room
    assert hub.said(topics.room_state(room))[-1].get("seats", []) == []
    box("POST", "/bus-grants", {"room": room}, status=403)
    assert box("POST", "/bus-grants", {"room": granted["room"]}, status=200)["username"] == f"d-{box.box}"


def test_a_singer_who_stays_off_the_air_loses_the_seat(hub):
    room, _entry, box, singer, _stand_in = hub.duel()
    live = RelayState(seats=(SeatMedia(room=room, seat="a", is_live=True),))
    with hub.database.write() as session:
        rooms.relay_changed(session, "relay-1", live, hub.now)

    hub.sweep(179)
    before = [seat["seat"] for seat in box("GET", f"/rooms/{room}", status=200)["seats"]]
    hub.sweep(1)

    assert before == ["a", "b"]
    assert [seat["seat"] for seat in box("GET", f"/rooms/{room}", status=200)["seats"]] == ["a"]
    assert hub.orders("standins-1", "stop-box")[-1].do.seat == "b"
    assert singer


def test_a_viewer_who_is_not_heard_of_any_more_is_not_counted(hub):
    room, _entry, _box = hub.performing()
    stays, goes = hub.viewer(room), hub.viewer(room)
    hub.now += 15 * 60_000
    stays.token = hub.ask(
        "POST", "/sessions/refresh", {"refresh_token": stays.session["refresh_token"]}, status=200
    )["access_token"]
    stays("POST", "/bus-grants", {"room": room}, status=200)

    hub.sweep(6 * 60)

    assert hub.said(topics.room_state(room))[-1]["viewers"] == 1
    assert goes


def test_a_stand_ins_host_that_comes_back_starts_what_is_missing(hub):
    room, entry, _box, _singer, stand_in = hub.duel()
    host = Machine(hub, "", "", box="standins-1")
    count = len(hub.orders("standins-1", "start-box"))

    host.says()
    still = len(hub.orders("standins-1", "start-box"))
    stand_in.says(s="lost", boot=None)
    host.says()

    assert still == count
    assert len(hub.orders("standins-1", "start-box")) == count + 1
    stand_in("POST", "/bus-grants", {}, status=401)
    fresh = hub.stand_in(room, "b")
    assert fresh("POST", "/bus-grants", {"room": room}, status=200)
    assert entry
