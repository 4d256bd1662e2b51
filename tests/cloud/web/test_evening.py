"""One whole evening over the API: perform, match, sing, pick, task, gift, end."""

from edge.wire.scores import RoundScored
from edge.wire.tasks import Evidence, TaskAchieved


def test_a_booth_and_a_pc_sing_while_a_viewer_gives(hub):
    room, _entry, box, singer, stand_in = hub.duel(scene="billiards")
    viewer = hub.viewer(room)

    song_round = singer("POST", f"/rooms/{room}/rounds", {}, status=201)
    hub.sweep(4)
    task = hub.task(viewer, room, hub.picked(viewer, box, room))
    box.reports(TaskAchieved(task=task["id"], room=room, evidence=Evidence(t=1.0)))
    box.reports(RoundScored(round=song_round["id"], room=room, seat="a", score=80.0, lines=(80.0, 70.0)))
    stand_in.reports(RoundScored(round=song_round["id"], room=room, seat="b", score=90.0))
    final = viewer("GET", f"/rooms/{room}/rounds/{song_round['id']}", status=200)
    box("DELETE", f"/rooms/{room}", status=204)

    assert viewer.points == 1000 - 66
    assert box.points == 66
    assert final["scores"] == {"a": 80.0, "b": 90.0}
    assert final["winner"] == "b"
    assert viewer("GET", "/lobby", status=200)["rooms"] == []
    assert viewer("GET", f"/rooms/{room}", status=200)["state"] == "ended"
