import asyncio
import os
import signal
import stat
import sys
import tomllib
from pathlib import Path

import pytest

from cloud import standins
from cloud.clock import now_ms
from cloud.settings import Settings
from cloud.standins import HOST, StandIns, box_command, own_url, serve
from edge.settings import load_settings
from edge.wire import topics
from edge.wire.boxes import COMMAND, Command, CommandAnswer, StandInRefused, StartBox, StopBox, TakeSeat
from edge.wire.codec import decode, encode
from edge.wire.rooms import MediaGrant
from edge.wire.users import User
from tests.cloud.media.hub import until

TAKE = TakeSeat(
    room="r1",
    seat="b",
    scene="billiards",
    mode="pk",
    singer=User(id="u1", nickname="小明"),
    source=MediaGrant(url="/whep/r1?seat=b", token="t", seat="b", expires_in_s=600),
)


def _start(number, seat="b", room="r1", **changes):
    take = TAKE.model_copy(update={"seat": seat, "room": room})
    order = StartBox(enrol_code=f"code-{number}", name='替身 "b"\n', take=take)
    values = {"id": f"c{number}", "exp": now_ms() + 10_000, "do": order}
    return Command(**{**values, **changes})


def _stop(number, seat="b"):
    return Command(id=f"s{number}", exp=now_ms() + 10_000, do=StopBox(room="r1", seat=seat))


def _sleeper(config):
    return [sys.executable, "-c", f"import time; print({str(config)!r}, flush=True); time.sleep(600)"]


def _is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.fixture
def settings(tmp_path):
    return Settings(data_dir=tmp_path, stand_ins=2)


@pytest.fixture
async def stand_ins(settings):
    found = StandIns(settings, _sleeper)
    yield found
    await found.stop_all()


async def test_a_stand_in_gets_settings_that_a_box_reads_and_nobody_else(settings, stand_ins):
    answer = await stand_ins.carry_out(_start(1))

    folder = settings.data_dir / "stand-ins" / "r1-b"
    assert answer == CommandAnswer(id="c1", ok=True)
    assert (folder / "enrol-code").read_text() == "code-1"
    assert stat.S_IMODE((folder / "enrol-code").stat().st_mode) == 0o600
    assert stat.S_IMODE((folder / "box.toml").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    box = load_settings(folder / "box.toml", {})
    assert (box.microphone.kind, box.camera.kind, box.speaker.kind) == ("webrtc", "webrtc", "none")
    assert (box.hub.url, box.hub.enrol_code) == (settings.url, "code-1")
    assert (box.kiosk.is_on, box.round.latency_ms, box.watching.scene) == (False, 60, "billiards")
    assert box.box.data_dir == folder / "data"
    assert tomllib.loads((folder / "box.toml").read_text())["box"]["name"] == '替身 "b"\n'


async def test_a_stopped_stand_in_leaves_nothing(settings, stand_ins):
    await stand_ins.carry_out(_start(1))
    pid = stand_ins.pids()["r1-b"]
    assert _is_alive(pid)

    answer = await stand_ins.carry_out(_stop(1))

    assert answer.ok
    assert not _is_alive(pid)
    assert not (settings.data_dir / "stand-ins" / "r1-b").exists()
    assert (await stand_ins.carry_out(_stop(2))).ok  # nothing to stop is no error


async def test_no_more_run_than_the_settings_allow(stand_ins):
    answers = await asyncio.gather(*(stand_ins.carry_out(_start(n, room=f"r{n}")) for n in range(4)))

    assert [answer.ok for answer in answers].count(True) == 2
    refused = next(answer for answer in answers if not answer.ok)
    assert "2 stand-ins run here" in refused.error
    assert (refused.stand_in.room[0], refused.stand_in.seat, refused.stand_in.why) == ("r", "b", "full")
    assert len(stand_ins.pids()) == 2


async def test_one_that_cannot_be_started_is_named_with_its_seat(settings):
    stand_ins = StandIns(settings, lambda config: [str(config.parent / "no-such-program")])

    answer = await stand_ins.carry_out(_start(1))

    assert not answer.ok
    assert "seat b cannot be started" in (answer.error or "")
    assert answer.stand_in == StandInRefused(room="r1", seat="b", why="failed")
    assert stand_ins.pids() == {}


async def test_a_repeated_command_is_answered_and_not_carried_out_again(stand_ins):
    command = _start(1)
    await stand_ins.carry_out(command)
    pid = stand_ins.pids()["r1-b"]

    assert (await stand_ins.carry_out(command)).ok
    assert stand_ins.pids()["r1-b"] == pid
    assert (await stand_ins.carry_out(_start(2))).ok  # a new code: a new box
    assert stand_ins.pids()["r1-b"] != pid


async def test_an_expired_command_or_a_boxs_is_refused(stand_ins):
    assert "expired" in (await stand_ins.carry_out(_start(1, exp=now_ms() - 1))).error
    assert "take-seat" in (await stand_ins.carry_out(_start(2, do=TAKE))).error


async def test_a_stand_in_that_dies_is_started_again(stand_ins):
    await stand_ins.carry_out(_start(1))
    pid = stand_ins.pids()["r1-b"]
    os.kill(pid, signal.SIGKILL)

    await until(lambda: stand_ins.pids()["r1-b"] not in (pid, None))
    assert _is_alive(stand_ins.pids()["r1-b"])


async def test_one_that_nobody_stops_is_stopped_in_the_end(stand_ins):
    await stand_ins.carry_out(_start(1))

    await stand_ins.stop_idle(1e12)

    assert stand_ins.pids() == {}


async def test_stand_ins_die_with_their_host(settings, tmp_path, root):
    script = tmp_path / "host.py"
    script.write_text(
        "import asyncio, sys, time\n"
        "from pathlib import Path\n"
        "from cloud.settings import Settings\n"
        "from cloud.standins import StandIns\n"
        "from edge.wire.boxes import COMMAND\n"
        "from edge.wire.codec import decode\n"
        "async def main():\n"
        f"    s = StandIns(Settings(data_dir=Path({str(tmp_path)!r})), lambda c: [sys.executable, '-c', "
        "'import time; time.sleep(600)'])\n"
        f"    await s.carry_out(decode(COMMAND, {encode(_start(1))!r}))\n"
        "    print(s.pids()['r1-b'], flush=True)\n"
        "    await asyncio.sleep(600)\n"
        "asyncio.run(main())\n"
    )
    host = await asyncio.create_subprocess_exec(
        sys.executable, str(script), stdout=-1, env={**os.environ, "PYTHONPATH": str(root)}
    )
    pid = int(await asyncio.wait_for(host.stdout.readline(), 20))
    host.kill()
    await host.wait()

    await until(lambda: not _is_running(pid))
    host._transport.close()


def _is_running(pid):
    """Say whether the process is there and no zombie that nobody has collected."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


class MemoryBus:
    """Hands orders over as the bus does, on another thread, and keeps what is published."""

    made: "MemoryBus"

    def __init__(self, settings, service, *, will, on_connected):
        assert service == HOST
        self.sent = []
        self._connected = on_connected
        MemoryBus.made = self

    def subscribe(self, topic, handle):
        self.handlers = {topic: handle}

    def publish(self, topic, payload, *, qos=0, retain=False):
        self.sent.append((topic, payload))
        return self

    def wait(self, timeout_s):
        return True

    def start(self):
        self._connected()

    def stop(self):
        pass


async def test_orders_of_the_bus_are_carried_out_and_answered(settings, monkeypatch):
    monkeypatch.setattr(standins, "Bus", MemoryBus)
    stop = asyncio.Event()
    host = StandIns(settings, _sleeper)
    serving = asyncio.create_task(serve(settings, host, stop))
    await until(lambda: hasattr(MemoryBus, "made") and MemoryBus.made.sent)
    bus = MemoryBus.made
    order = bus.handlers[topics.box_command(HOST)]

    await asyncio.to_thread(order, "topic", b"nonsense")
    await asyncio.to_thread(order, "topic", encode(_start(1)))
    await until(lambda: topics.box_answer(HOST) in dict(bus.sent))
    pid = host.pids()["r1-b"]
    stop.set()
    await serving

    assert decode(CommandAnswer, dict(bus.sent)[topics.box_answer(HOST)]).ok
    assert b"lost" in bus.sent[-1][1]
    assert not _is_alive(pid)
    assert decode(COMMAND, encode(_start(1))).id == "c1"


def test_a_stand_in_reaches_the_front_on_its_own_machine(settings, tmp_path):
    assert box_command(tmp_path / "box.toml")[1:3] == ["-m", "edge"]
    assert (
        own_url(Settings(front_host="0.0.0.0", public_url="https://ktv.example")) == "http://127.0.0.1:8080"
    )
    assert own_url(Settings(tls="local")) == "https://127.0.0.1:8080"
    assert own_url(Settings(tls="files", public_url="https://ktv.example")) == "https://ktv.example"
