"""The same promises, kept by every broker, seen by a real client."""

import contextlib
import json
import socket
import struct
import time
from pathlib import Path

import pytest

from cloud.broker.place import MAX_PACKET_BYTES
from cloud.core import authorise
from cloud.core.authorise import box, user
from edge.wire import topics

REFUSED = 0x80


def test_the_right_password_gets_in_and_a_wrong_one_does_not(rig):
    viewer = user("s1", "alice")
    rig.join(viewer)

    stranger = rig.client("stranger").connect("u-s9", "no token at all")

    assert stranger.codes[0] == "Not authorized"


def test_an_expired_grant_does_not_get_in(rig):
    viewer = user("s1", "alice")
    password = rig.grant(viewer, seconds=-5)
    if rig.grants is not None:
        rig.grants.sweep(time.time())

    late = rig.client("late").connect(viewer.session, password)

    assert late.codes[0] == "Not authorized"


def test_another_valid_user_cannot_take_a_client_id(rig):
    victim = rig.join(user("s1", "alice"))
    thief = user("s2", "mallory")

    stolen = rig.client("thief").connect(thief.session, rig.grant(thief), client_id="u-s1")
    time.sleep(0.3)

    assert stolen.codes[0] == "Not authorized"
    assert victim.codes == ["Success"]
    assert victim.subscribe(topics.LOBBY) == 1


def test_a_wrong_password_does_not_disturb_the_one_who_is_connected(rig):
    victim = rig.join(user("s1", "alice"))

    rig.client("attacker").connect("u-s1", "wrong")
    time.sleep(0.3)

    assert victim.codes == ["Success"]
    assert victim.subscribe(topics.LOBBY) == 1


def test_a_grant_is_good_for_its_own_username_only(rig):
    alice = user("s1", "alice")

    other = rig.client("other").connect("u-s2", rig.grant(alice))

    assert other.codes[0] == "Not authorized"


@pytest.mark.parametrize(
    "wanted", ["#", "ktv/1/#", "ktv/1/r/+/state", "ktv/1/r/other/#", "ktv/1/u/bob/n", "$SYS/#"]
)
def test_subscribing_beyond_the_grant_is_refused(rig, wanted):
    viewer = rig.join(user("s1", "alice", "room"))

    assert viewer.subscribe(wanted) == REFUSED


def test_a_viewer_follows_its_room_and_can_publish_nothing(rig):
    viewer = rig.join(user("s1", "alice", "room"))
    worker = rig.worker()
    assert viewer.subscribe(topics.room_all("room")) == 1
    assert viewer.subscribe(topics.user_notices("alice")) == 1

    viewer.publish(topics.room_events("room"), "forged")
    viewer.publish(topics.LOBBY, "forged", retain=True)
    worker.publish(topics.room_events("room"), "true")
    worker.publish(topics.user_notices("alice"), "for you")
    worker.publish(topics.room_events("other"), "elsewhere")

    viewer.until(lambda: len(viewer.messages) >= 2)
    time.sleep(0.2)
    assert sorted(message[1] for message in viewer.messages) == [b"for you", b"true"]
    assert rig.join(user("s3", "carol")).subscribe(topics.LOBBY) == 1
    assert all(b"forged" not in message[1] for client in rig.clients for message in client.messages)


def test_a_box_scores_its_own_seat_only(rig):
    singer = rig.join(box("b1", "room", "a"))
    viewer = rig.join(user("s1", "alice", "room"))
    viewer.subscribe(topics.room_all("room"))

    singer.publish(topics.seat_score("room", "b"), "the rival's", qos=1)
    singer.publish(topics.seat_score("elsewhere", "a"), "another room's", qos=1)
    singer.publish(topics.box_up("b2"), "another box's", qos=1)
    singer.publish(topics.seat_score("room", "a"), "mine", qos=0)

    viewer.until(lambda: viewer.messages)
    time.sleep(0.2)
    assert [message[:2] for message in viewer.messages] == [(topics.seat_score("room", "a"), b"mine")]


def test_the_worker_hears_every_box_and_each_box_only_itself(rig):
    worker = rig.worker()
    assert worker.subscribe(topics.box_up("+")) == 1
    one, two = rig.join(box("b1")), rig.join(box("b2"))
    one.subscribe(topics.box_command("b1"))
    assert two.subscribe(topics.box_command("b1")) == REFUSED

    one.publish(topics.box_up("b1"), "fact")
    worker.publish(topics.box_command("b1"), "order")

    worker.until(lambda: worker.messages)
    one.until(lambda: one.messages)
    assert worker.messages[0][:3] == (topics.box_up("b1"), b"fact", 1)
    assert one.messages[0][:3] == (topics.box_command("b1"), b"order", 1)
    assert two.messages == []


def test_retained_state_reaches_who_comes_later_and_only_who_may(rig):
    worker = rig.worker()
    worker.publish(topics.room_state("room"), "snapshot", retain=True)
    worker.publish(topics.room_state("secret"), "hidden", retain=True)
    first = rig.join(user("s1", "alice", "room"))
    first.subscribe(topics.room_all("room"))
    first.until(lambda: first.messages)

    stranger = rig.join(user("s2", "bob"))
    time.sleep(0.3)
    worker.publish(topics.room_state("room"), b"", retain=True)
    late = rig.join(user("s3", "carol", "room"))
    late.subscribe(topics.room_all("room"))
    time.sleep(0.3)

    assert first.messages[0] == (topics.room_state("room"), b"snapshot", 1, True)
    assert stranger.messages == []
    assert late.messages == []


def test_a_quiet_stream_stays_at_qos_0_whatever_the_subscription(rig):
    singer = rig.join(box("b1", "room", "a"))
    viewer = rig.join(user("s1", "alice", "room"))
    viewer.subscribe(topics.room_all("room"), qos=1)

    singer.publish(topics.seat_score("room", "a"), "x", qos=0)

    viewer.until(lambda: viewer.messages)
    assert viewer.messages[0][2] == 0


def test_qos_1_arrives_whole_and_in_order(rig):
    worker = rig.worker()
    worker.subscribe(topics.box_up("+"))
    sender = rig.join(box("b1"))

    for number in range(500):
        sender.mqtt.publish(topics.box_up("b1"), str(number), qos=1)

    worker.until(lambda: len(worker.messages) >= 500, seconds=20)
    assert [int(message[1]) for message in worker.messages] == list(range(500))


def test_the_last_will_of_a_box_that_goes_silent_is_told(rig):
    worker = rig.worker()
    worker.subscribe(topics.box_state("+"))
    name = box("silent-1")
    silent = rig.client("silent")
    will = (topics.box_state("silent-1"), b"lost", 1, False)
    silent.connect(name.session, rig.grant(name), keepalive=2, will=will)
    assert silent.codes == ["Success"]

    silent.mqtt.loop_stop()

    worker.until(lambda: worker.messages, seconds=12)
    assert worker.messages[0][:2] == (topics.box_state("silent-1"), b"lost")


def test_a_clean_good_bye_has_no_last_will(rig):
    worker = rig.worker()
    worker.subscribe(topics.box_state("+"))
    leaving = rig.join(box("b1"), will=(topics.box_state("b1"), b"lost", 1, True))

    leaving.close()
    time.sleep(0.5)

    assert worker.messages == []


def test_a_forged_last_will_is_never_told(rig):
    watcher = rig.join(user("s1", "alice"))
    watcher.subscribe(topics.LOBBY)
    viewer = user("s2", "mallory")
    forger = rig.client("forger")
    forger.connect(viewer.session, rig.grant(viewer), will=(topics.LOBBY, b"forged", 1, True))

    if forger.codes == ["Success"]:
        forger.mqtt.socket().shutdown(socket.SHUT_RDWR)
    time.sleep(0.5)

    assert watcher.messages == []


def test_a_browser_connects_by_websocket(rig):
    worker = rig.worker()
    viewer = rig.join(user("s1", "alice", "room"), transport="websockets")
    assert viewer.subscribe(topics.room_all("room")) == 1
    assert viewer.subscribe(topics.room_all("other")) == REFUSED

    worker.publish(topics.room_events("room"), json.dumps({"rev": 1}))

    viewer.until(lambda: viewer.messages)
    assert viewer.messages[0][:2] == (topics.room_events("room"), b'{"rev": 1}')


def test_the_same_session_again_takes_over_and_still_receives(rig):
    principal = box("b1")
    first = rig.join(principal)
    first.subscribe(topics.box_command("b1"))
    first.mqtt.reconnect_delay_set(30, 30)
    password = rig.grant(principal)
    worker = rig.worker()

    second = rig.client("second").connect(principal.session, password)
    second.subscribe(topics.box_command("b1"))
    worker.publish(topics.box_command("b1"), "order")

    second.until(lambda: second.messages)
    time.sleep(0.2)
    assert [message[1] for message in second.messages] == [b"order"]
    assert first.messages == []


def test_a_connection_ends_when_its_grant_has_expired(rig):
    principal = user("s1", "alice")
    client = rig.client("short").connect(principal.session, rig.grant(principal, seconds=2))
    assert client.codes == ["Success"]

    for _ in range(4):
        time.sleep(2)
        if rig.grants is not None:
            rig.grants.sweep(time.time())

    assert client.codes[-1] == "Not authorized"


def test_a_packet_beyond_the_limit_ends_only_its_own_connection(rig):
    sender, other = rig.join(box("b1")), rig.join(user("s1", "alice"))

    sender.mqtt.publish(topics.box_up("b1"), b"x" * (MAX_PACKET_BYTES + 10), qos=0)

    sender.until(lambda: len(sender.codes) > 1)
    assert other.subscribe(topics.LOBBY) == 1


@pytest.mark.parametrize(
    "junk",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"\x10\xff\xff\xff\x7f" + bytes(200),
        b"\x30\x05\0\x03abc",
        b"\xff" * 50,
        b"",
    ],
)
def test_junk_on_the_port_disturbs_nobody(rig, junk):
    viewer = rig.join(user("s1", "alice"))

    with socket.create_connection(("127.0.0.1", rig.place.port)) as raw:
        raw.sendall(junk)
        raw.settimeout(0.5)
        with contextlib.suppress(OSError):
            raw.recv(100)

    assert viewer.subscribe(topics.LOBBY) == 1


def test_nobody_gets_in_without_a_name(rig):
    with socket.create_connection(("127.0.0.1", rig.place.port)) as raw:
        body = struct.pack(">H", 4) + b"MQTT" + bytes([4, 2]) + struct.pack(">H", 10) + struct.pack(">H", 0)
        raw.sendall(bytes([0x10, len(body)]) + body)
        raw.settimeout(3)
        answer = raw.recv(4)

    assert answer == b"" or answer[3] != 0


def test_both_listeners_are_for_this_machine_only(rig):
    found = Path("/proc/net/tcp").read_text() + Path("/proc/net/tcp6").read_text()

    local = [line.split()[1].split(":") for line in found.splitlines() if line.split()[3] == "0A"]
    hosts = {host for host, port in local if int(port, 16) in (rig.place.port, rig.place.ws_port)}
    assert hosts == {"0100007F"}


def test_services_still_get_in_after_the_broker_was_killed(rig):
    viewer = user("s1", "alice")
    password = rig.grant(viewer)

    rig.kill_and_start()

    rig.worker()
    again = rig.client("again").connect(viewer.session, password)
    assert again.codes[0] == "Success"


def test_a_service_does_not_get_in_with_another_services_password(rig):
    wrong = rig.client("wrong").connect("s-worker", authorise.service_password(rig.place.key, "relay-1"))

    assert wrong.codes[0] == "Not authorized"
