import pytest

from edge.wire import topics
from edge.wire.tasks import Evidence, TaskAchieved


@pytest.fixture
def table(hub):
    """A billiard table on the air, and a viewer who has picked ball 8."""
    room, _entry, box = hub.performing(scene="billiards")
    viewer = hub.viewer(room)
    return room, box, viewer, hub.picked(viewer, box, room)


def achieved(task, room):
    return TaskAchieved(task=task["id"], room=room, evidence=Evidence(t=1.0, where="top-left"))


def test_a_pick_goes_to_the_box_and_its_answer_comes_with_the_options(hub, table):
    room, box, viewer, pick = table

    find = box.orders("find-element")[0].do
    notice = hub.notices(viewer, "pick")[0]

    assert (find.room, find.pick.rtp, find.pick.contour) == (room, 90_000, ((0.5, 0.5),))
    assert notice["pick"] == pick
    assert notice["answer"]["element"]["id"] == "ball:8"
    assert notice["answer"]["exact_frame"] is True
    assert [target["id"] for target in notice["targets"]] == ["pocketed", "hits", "moved", "stopped-in"]
    assert notice["results"][0]["id"] == "rose"
    assert viewer("GET", f"/picks/{pick}", status=200) == notice


def test_a_pick_is_answered_once_and_only_by_its_box(hub, table):
    room, box, viewer, _pick = table
    pick = viewer("POST", f"/rooms/{room}/picks", {"contour": [[0.1, 0.1]]}, status=202)["pick"]
    order = box.orders("find-element")[-1]

    hub.machine().answers(order)
    viewer("GET", f"/picks/{pick}", status=404)
    box.answers(order, ok=False, error="no such frame")
    box.answers(order)

    answer = viewer("GET", f"/picks/{pick}", status=200)
    assert "element" not in answer["answer"]
    assert (answer["targets"], answer["results"]) == ([], [])
    assert len(hub.notices(viewer, "pick")) == 2


def test_picks_are_for_those_in_the_room_and_seats_that_are_taken(hub, table):
    room, _box, viewer, pick = table
    other = hub.person()

    other("POST", f"/rooms/{room}/picks", {"contour": [[0.5, 0.5]]}, status=403)
    other("GET", f"/picks/{pick}", status=404)
    viewer("POST", f"/rooms/{room}/picks", {"contour": [[0.5, 0.5]], "seat": "b"}, status=409)
    viewer("POST", f"/rooms/{room}/picks", {"contour": []}, status=422)
    viewer("POST", f"/rooms/{room}/picks", {"contour": [[1.5, 0.5]]}, status=422)
    viewer("POST", f"/rooms/{room}/picks", {"contour": [[0.5, 0.5]] * 65}, status=422)


def test_a_task_puts_its_points_in_escrow_and_reaches_everyone(hub, table):
    room, box, viewer, pick = table

    task = hub.task(viewer, room, pick)

    assert (task["state"], task["result"]["points"], task["seat"]) == ("open", 66, "a")
    assert (task["initiator"]["id"], task["receiver"]["id"]) == (viewer.id, box.id)
    assert task["element"] == {"kind": "ball", "label": "8", "track": 3, "bbox": [0.4, 0.4, 0.1, 0.1]}
    assert viewer.points == 934
    assert hub.notices(viewer, "points")[-1] == {
        "type": "points",
        "points": 934,
        "why": "escrow",
        "task": task["id"],
    }
    assert box.orders("watch-tasks")[-1].do.tasks[0].id == task["id"]
    assert hub.said(topics.room_task(room, task["id"])) == [task]
    assert hub.said(topics.room_tasks(room))[-1] == viewer("GET", f"/rooms/{room}/tasks", status=200)


def test_the_same_key_and_body_make_one_task(hub, table):
    room, box, viewer, pick = table

    first = hub.task(viewer, room, pick)
    again = hub.task(viewer, room, pick)

    assert first == again
    assert viewer.points == 934
    assert "another task" in hub.task(viewer, room, pick, gift="rose", status=422)
    assert len(box.orders("watch-tasks")[-1].do.tasks) == 1


def test_a_task_needs_a_key(hub, table):
    room, _box, viewer, pick = table
    body = {"pick": pick, "target": "pocketed", "result": {"kind": "gift", "id": "rose"}}

    assert "Idempotency-Key" in viewer("POST", f"/rooms/{room}/tasks", body, status=422)
    viewer("POST", f"/rooms/{room}/tasks", body, status=422, Idempotency_Key="short")


def test_an_achieved_task_pays_once_and_is_celebrated(hub, table):
    room, box, viewer, pick = table
    task = hub.task(viewer, room, pick, gift="one-shot")

    box.reports(achieved(task, room))
    box.reports(achieved(task, room))

    assert (viewer.points, box.points) == (812, 188)
    delivered = hub.events(room, "delivered")
    assert len(delivered) == 1
    assert delivered[0]["text_zh"].endswith("赠送的“一杆封神”")
    assert delivered[0]["task"]["state"] == "achieved"
    assert hub.notices(box, "points")[-1]["why"] == "gift-received"
    assert box.orders("watch-tasks")[-1].do.tasks == ()
    assert hub.said(topics.room_task(room, task["id"]))[-1]["state"] == "achieved"


def test_only_the_box_of_the_seat_judges(hub, table):
    room, _box, viewer, pick = table
    task = hub.task(viewer, room, pick)
    liar = hub.machine()

    liar.reports(achieved(task, room))
    liar.reports(achieved({"id": "nothing"}, room))
    liar.reports(achieved(task, "nowhere"))

    assert viewer("GET", f"/rooms/{room}/tasks", status=200)["tasks"][0]["state"] == "open"


def test_a_refused_task_gives_the_points_back(hub, table):
    room, box, viewer, pick = table
    task = hub.task(viewer, room, pick)

    viewer("POST", f"/tasks/{task['id']}/refuse", status=403)
    hub.person()("POST", f"/tasks/{task['id']}/refuse", status=403)
    refused = box("POST", f"/tasks/{task['id']}/refuse", status=200)
    box.reports(achieved(task, room))

    assert refused["state"] == "refused"
    assert (viewer.points, box.points) == (1000, 0)
    assert hub.events(room, "task-closed")[0]["task"]["state"] == "refused"
    assert hub.notices(viewer, "points")[-1]["why"] == "refund"
    assert "was refused before" in box("POST", f"/tasks/{task['id']}/refuse", status=409)


def test_a_withdrawn_task_gives_the_points_back(hub, table):
    room, box, viewer, pick = table
    task = hub.task(viewer, room, pick)

    box("POST", f"/tasks/{task['id']}/withdraw", status=403)
    assert viewer("POST", f"/tasks/{task['id']}/withdraw", status=200)["state"] == "withdrawn"

    assert viewer.points == 1000
    viewer("POST", "/tasks/nothing/withdraw", status=404)


def test_an_expired_task_gives_the_points_back(hub, table):
    room, box, viewer, pick = table
    task = hub.task(viewer, room, pick, expires_in_s=5)

    hub.sweep(4.9)
    still_open = len(viewer("GET", f"/rooms/{room}/tasks", status=200)["tasks"])
    hub.sweep(0.2)
    box.reports(achieved(task, room))

    assert still_open == 1
    assert (viewer.points, box.points) == (1000, 0)
    assert hub.events(room, "task-closed")[0]["task"]["state"] == "expired"


def test_a_room_that_ends_gives_all_points_back(hub, table):
    room, box, viewer, pick = table
    hub.task(viewer, room, pick)
    hub.task(viewer, room, pick, key="key-00002", gift="rose")

    box("DELETE", f"/rooms/{room}", status=204)

    assert viewer.points == 1000
    assert hub.said(topics.room_tasks(room))[-1]["tasks"] == []


def test_who_is_poor_makes_no_task(hub, table):
    room, _box, viewer, pick = table
    hub.task(viewer, room, pick, gift="rocket")

    assert "520 points are needed, 480 are there" in hub.task(
        viewer, room, pick, gift="rocket", key="key-00002", status=409
    )
    assert viewer.points == 480
    assert len(viewer("GET", f"/rooms/{room}/tasks", status=200)["tasks"]) == 1


def test_a_viewer_may_correct_the_choice_to_a_candidate(hub, table):
    room, _box, viewer, pick = table

    task = hub.task(viewer, room, pick, element={"kind": "ball", "label": "1"})
    hub.task(viewer, room, pick, key="key-00002", element={"kind": "ball", "label": "15"}, status=422)

    assert (task["element"]["label"], task["element"]["track"]) == ("1", 4)


@pytest.mark.parametrize(
    "wrong",
    [
        {"target": "eaten"},
        {"target": "hits"},
        {"target": "POCKETED"},
        {"result": {"kind": "gift", "id": "moon"}},
        {"result": {"kind": "caption"}},
        {"expires_in_s": 1},
    ],
)
def test_what_is_not_among_the_options_is_refused(hub, table, wrong):
    room, _box, viewer, pick = table

    hub.task(viewer, room, pick, status=422, **wrong)

    assert viewer.points == 1000


def test_the_price_is_the_hubs(hub, table):
    room, _box, viewer, pick = table

    task = hub.task(viewer, room, pick, result={"kind": "gift", "id": "one-shot", "points": 1})

    assert task["result"]["points"] == 188


def test_a_caption_is_free_and_arrives(hub, table):
    room, box, viewer, pick = table
    task = hub.task(viewer, room, pick, result={"kind": "caption", "text": "好球"}, target="hits(ball:1)")

    box.reports(achieved(task, room))

    assert viewer.points == 1000
    assert "“好球”" in hub.events(room, "delivered")[0]["text_zh"]


def test_a_pick_of_somebody_else_or_without_answer_makes_no_task(hub, table):
    room, _box, viewer, pick = table
    other = hub.viewer(room)
    unanswered = viewer("POST", f"/rooms/{room}/picks", {"contour": [[0.1, 0.1]]}, status=202)["pick"]

    hub.task(other, room, pick, status=404)
    hub.task(viewer, room, unanswered, status=409)
    hub.task(hub.person(), room, pick, status=403)


def test_a_pick_that_found_nothing_makes_no_task(hub, table):
    room, box, viewer, _pick = table
    pick = viewer("POST", f"/rooms/{room}/picks", {"contour": [[0.1, 0.1]]}, status=202)["pick"]
    box.answers(box.orders("find-element")[-1], ok=False)

    hub.task(viewer, room, pick, status=422)


def test_the_broadcaster_sets_no_task_to_themselves(hub):
    room, _entry, box = hub.performing(scene="billiards")
    pick = hub.picked(box, box, room)

    assert "themselves" in hub.task(box, room, pick, status=403)


def test_sixteen_tasks_of_one_viewer_are_open_at_most(hub, table):
    room, _box, viewer, pick = table
    for number in range(16):
        hub.task(viewer, room, pick, gift="rose", key=f"key-000{number:02}")

    assert "16 of your tasks" in hub.task(viewer, room, pick, gift="rose", key="key-00016", status=409)


def test_a_stand_in_acts_for_nobody(hub):
    room, _entry, _box, singer, stand_in = hub.duel()

    stand_in("POST", f"/rooms/{room}/picks", {"contour": [[0.5, 0.5]]}, status=403)
    stand_in("POST", "/rooms", {"kind": "perform"}, status=403)
    stand_in("PATCH", "/me", {"nickname": "x"}, status=403)
    assert singer("GET", "/me", status=200)["user"]["nickname"] != "x"


def test_options_are_offered_for_a_kind_and_free_words_are_understood(hub):
    found = hub.ask("GET", "/options?scene=billiards&kind=ball&words=进洞送礼", status=200)

    assert found["understood"] == "pocketed"
    assert found["targets"][0]["name_zh"] == "目标球落袋"
    assert "understood" not in hub.ask("GET", "/options?scene=billiards&kind=ball", status=200)


def test_gifts_have_names_pictures_and_prices(hub):
    gifts = hub.ask("GET", "/gifts", status=200)["gifts"]

    assert {"神来之手", "一杆封神"} <= {gift["name_zh"] for gift in gifts}
    assert all(gift["points"] and gift["picture"] for gift in gifts)


def test_every_screen_is_told_what_a_gift_is_called(hub, table):
    room, box, viewer, pick = table
    body = {
        "pick": pick,
        "target": "pocketed",
        "result": {"kind": "gift", "id": "one-shot", "name_en": "A yacht", "picture": "/yacht.png"},
    }

    task = viewer("POST", f"/rooms/{room}/tasks", body, status=201, Idempotency_Key="key-00009")
    box.reports(achieved(task, room))

    named = {"name_zh": "一杆封神", "name_en": "One-shot legend", "picture": "🎱"}
    delivered = hub.events(room, "delivered")[-1]["task"]
    watched = [one for one in box.orders("watch-tasks") if one.do.tasks][-1].do.tasks[0]
    for result in (task["result"], delivered["result"], watched.result.model_dump()):
        assert named.items() <= result.items()
