from edge.wire import topics

MEI = {"username": "Mei", "password": "correct horse", "attributes": {"nickname": "梅", "region": "成都"}}


def test_signing_up_stores_the_attributes_and_gives_points(hub):
    session = hub.ask("POST", "/accounts", MEI, status=201)
    me = hub.ask("GET", "/me", token=session["access_token"], status=200)

    assert session["points"] == 1000
    assert session["expires_in_s"] == 600
    assert me["attributes"]["region"] == "成都"
    assert me["user"] == {"id": session["user"]["id"], "nickname": "梅", "avatar": "🎤"}


def test_a_name_is_taken_once_in_any_case(hub):
    hub.ask("POST", "/accounts", MEI, status=201)

    assert "taken" in hub.ask("POST", "/accounts", {**MEI, "username": "mEI"}, status=409)


def test_logging_in_works_in_any_case(hub):
    hub.ask("POST", "/accounts", MEI, status=201)

    session = hub.ask("POST", "/sessions", {"username": "MEI", "password": "correct horse"}, status=200)

    assert session["user"]["nickname"] == "梅"


def test_a_wrong_password_and_an_unknown_name_read_the_same(hub):
    hub.ask("POST", "/accounts", MEI, status=201)

    wrong = hub.ask("POST", "/sessions", {"username": "mei", "password": "wrong horse"}, status=401)
    unknown = hub.ask("POST", "/sessions", {"username": "tom", "password": "wrong horse"}, status=401)

    assert wrong == unknown
    assert "check both" in wrong


def test_the_password_is_not_in_the_database(hub):
    hub.ask("POST", "/accounts", MEI, status=201)

    raw = b"".join(path.read_bytes() for path in hub.settings.data_dir.glob("hub.sqlite*"))

    assert b"correct horse" not in raw
    assert b"$argon2id$" in raw


def test_a_guest_needs_nothing(hub):
    guest = hub.guest()

    assert guest.session["user"]["nickname"].startswith("歌友")
    assert guest.session.get("box") is None
    assert hub.guest(language="en", nickname="Tom").session["user"]["nickname"] == "Tom"


def test_a_guest_who_scans_a_boxs_code_is_welcomed_on_that_box(hub):
    box = hub.machine()
    token = box.session["qr_url"].rpartition("/b/")[2]

    guest = hub.guest(nickname="Tom", box_token=token)

    assert guest.session["box"] == box.box
    assert box.orders("welcome-patron")[0].do.user.nickname == "Tom"


def test_a_boxs_code_of_yesterday_or_of_another_hub_is_refused(hub):
    token = hub.machine().session["qr_url"].rpartition("/b/")[2]

    hub.ask("POST", "/sessions/guest", {"box_token": token[:-1] + "x"}, status=403)
    hub.now += 25 * 3600 * 1000
    hub.ask("POST", "/sessions/guest", {"box_token": token}, status=410)


def test_an_entry_is_not_a_boxs_code(hub):
    _room, entry, _box = hub.performing()

    hub.ask("POST", "/sessions/guest", {"box_token": entry}, status=404)


def test_a_refresh_token_works_once_and_a_copy_ends_the_session(hub):
    person = hub.person()
    old = {"refresh_token": person.session["refresh_token"]}

    new = hub.ask("POST", "/sessions/refresh", old, status=200)
    hub.ask("GET", "/me", token=new["access_token"], status=200)
    assert "used before" in hub.ask("POST", "/sessions/refresh", old, status=401)

    hub.ask("GET", "/me", token=new["access_token"], status=401)
    hub.ask("POST", "/sessions/refresh", {"refresh_token": new["refresh_token"]}, status=401)
    hub.ask("POST", "/sessions/refresh", {"refresh_token": "nonsense"}, status=401)


def test_an_access_token_ends_after_ten_minutes(hub):
    person = hub.person()
    hub.now += 600_000

    assert "refresh" in person("GET", "/me", status=401)


def test_logging_out_ends_the_session_at_once(hub):
    person = hub.person()

    person("DELETE", "/sessions", status=204)

    assert "log in again" in person("GET", "/me", status=401)


def test_who_has_no_token_is_asked_to_log_in(hub):
    answer = hub.ask("GET", "/me")

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    hub.ask("GET", "/me", token="nonsense", status=401)
    hub.ask("GET", "/me", status=401, Authorization="Basic abc")


def test_attributes_can_be_changed(hub):
    person = hub.person()
    new = {"nickname": "Mei", "avatar": "🦊", "language": "en", "voice_range": "alto", "region": "x"}

    me = person("PATCH", "/me", new, status=200)

    assert me["user"] == {"id": person.id, "nickname": "Mei", "avatar": "🦊"}
    assert me["attributes"] == {**new, "favourite_songs": [], "skill_rating": 50.0}


def test_those_who_are_here_can_be_found(hub):
    mei, tom = hub.person("Mei"), hub.person("Tom 100%")

    assert [user["nickname"] for user in mei("GET", "/users?q=tom", status=200)["users"]] == ["Tom 100%"]
    assert mei("GET", "/users?q=0%25", status=200)["users"][0]["id"] == tom.id
    assert mei("GET", "/users?q=mei", status=200)["users"] == []
    hub.ask("DELETE", "/sessions", token=tom.token, status=204)
    assert mei("GET", "/users", status=200)["users"] == []


def test_a_person_gets_a_grant_for_their_own_topics_and_the_room_they_are_in(hub):
    room, _entry, _box = hub.performing()
    viewer, other = hub.viewer(room), hub.person()

    alone = viewer("POST", "/bus-grants", {}, status=200)
    within = viewer("POST", "/bus-grants", {"room": room}, status=200)

    assert alone["topics"] == [topics.LOBBY, topics.user_notices(viewer.id)]
    assert topics.room_all(room) in within["topics"]
    assert within["username"] == within["client_id"] != alone["username"]
    assert [principal.session for principal, _, _ in hub.granted] == [alone["username"], within["username"]]
    assert "not in this room" in other("POST", "/bus-grants", {"room": room}, status=403)
    other("POST", "/bus-grants", {"room": "nowhere"}, status=404)


def test_everybody_has_a_ledger_of_their_own(hub):
    person = hub.person()

    page = person("GET", "/ledger", status=200)

    assert page["points"] == 1000
    assert [(one["delta"], one["why"]) for one in page["postings"]] == [(1000, "grant")]
