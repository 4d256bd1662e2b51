"""The whole idea, walked by headless people through the real parts: broker, database, relay, boxes."""

import json
import os
import socket
import subprocess
from pathlib import Path

import pytest

from tests.e2e.conftest import KTV

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

STEPS = [
    "log-in",
    "lobby",
    "invite",
    "perform",
    "create",
    "match",
    "audio-both-ways",
    "scores-to-both",
    "picture",
    "pick",
    "options",
    "task-shown",
    "judged",
    "settled",
    "refund",
    "audit",
]

real = pytest.mark.skipif("KTV_DATA" not in os.environ, reason="KTV_DATA names no folder of real recordings")


def check(*options: str) -> tuple[int, dict]:
    ended = subprocess.run(
        [KTV, "demo", "--check", "--json", "-", *options],
        capture_output=True,
        text=True,
        timeout=230,
        check=False,
    )
    assert ended.stdout, ended.stderr
    return ended.returncode, json.loads(ended.stdout)


def told(outcome: dict) -> str:
    return "\n".join(f"{step['name']}: {step['ok']} {step['detail']}" for step in outcome["steps"])


@pytest.mark.parametrize("broker", ["mosquitto", "amqtt"])
def test_every_step_holds_on_the_shipped_song_and_clip(broker):
    code, outcome = check("--broker", broker)

    assert [step["name"] for step in outcome["steps"]] == STEPS
    assert code == 0, told(outcome)
    assert all(step["ok"] for step in outcome["steps"])
    assert outcome["scores"]["a"] > 50
    assert outcome["scores"]["b"] > 50
    assert outcome["audit"]["sum"] == 0


@real
@pytest.mark.parametrize("clip", ["game1_clip3", "game2_clip2", "game1_clip1"])
def test_every_step_holds_on_a_real_voice_and_a_real_table(clip):
    data = Path(os.environ["KTV_DATA"])
    take = data / "singing/notes/1130"

    code, outcome = check(
        "--mic", f"{take}.flac",
        "--song", f"{take}.song.txt",
        "--camera", str(data / f"vision/pool/{clip}/{clip}.mp4"),
    )  # fmt: skip

    assert code == 0, told(outcome)
    assert set(outcome["scores"]) == {"a", "b"}
    judged = next(step["detail"] for step in outcome["steps"] if step["name"] == "judged")
    if clip == "game1_clip1":
        assert judged.startswith("judged: nothing"), judged


def test_a_port_in_use_is_named_and_nothing_is_started(unused_port_holder):
    ended = subprocess.run(
        [KTV, "demo", "--port", str(unused_port_holder)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert ended.returncode == 2
    assert str(unused_port_holder) in ended.stderr


@pytest.fixture
def unused_port_holder():
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        yield holder.getsockname()[1]
