"""`ktv demo` as a program: what it says when it cannot start, and how it stops while it starts."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cloud.demo.alone import alone_in
from cloud.demo.stage import free_port

KTV = str(Path(sys.executable).with_name("ktv"))


@pytest.fixture
def start(tmp_path):
    """Starts demos in one folder, on free ports."""
    running = []

    def begin(*options, **environment):
        ports = {f"KTV_HUB_{name}_PORT": str(free_port()) for name in ("WEB", "MQTT", "MQTT_WS")}
        argv = [KTV, "demo", "--data", str(tmp_path), "--port", str(free_port())]
        process = subprocess.Popen(
            [*argv, "--kiosk-port", str(free_port()), *options],
            env={**os.environ, **ports, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        running.append(process)
        return process

    yield begin
    for process in running:
        process.kill()
        process.communicate()


def ended(process, within_s=60):
    said, _ = process.communicate(timeout=within_s)
    return process.returncode, said


def processes_of(folder):
    """Return the ids of the processes that were started for a demo in `folder`."""
    wanted = f"KTV_HUB_DATA_DIR={folder}".encode()
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            if wanted in (place / "environ").read_bytes().split(b"\0"):
                found.append(int(place.name))
        except OSError:
            continue
    return found


def test_a_wrong_file_is_one_line_before_anything_starts(start, tmp_path):
    (tmp_path / "voice[1].wav").write_text("no sound")

    code, said = ended(start("--mic", str(tmp_path / "voice[1].wav")))

    assert code == 2
    assert said.count("\n") == 1
    assert "--mic" in said
    assert "voice[1].wav: holds no sound" in said
    assert not (tmp_path / "logs").exists()


def test_a_second_demo_in_the_same_folder_is_one_line(start, tmp_path):
    with alone_in(tmp_path):
        code, said = ended(start())

    assert code == 2
    assert said.count("\n") == 1
    assert f"a demo runs already in {tmp_path} (process {os.getpid()})" in said


def test_a_process_that_fails_at_its_start_is_named_with_its_last_words(start, tmp_path):
    code, said = ended(start(KTV_HUB_SECRET_HUB_FILE=str(tmp_path / "no-such-secret")))

    error = said.partition("error ")[2]
    assert code == 2
    assert error.startswith("broker has ended at its start:\n")
    assert f"the secret hub should stand in {tmp_path / 'no-such-secret'}: there is no such file" in error
    assert processes_of(tmp_path) == []


@pytest.mark.parametrize(("options", "status"), [((), 0), (("--check",), 130)])
def test_ctrl_c_stops_everything_while_it_starts(start, tmp_path, options, status):
    process = start(*options)
    end = time.monotonic() + 30
    while not (tmp_path / "logs" / "broker.log").exists():
        assert time.monotonic() < end
        time.sleep(0.05)

    process.send_signal(signal.SIGINT)
    code, said = ended(process)

    assert code == status
    assert "stopping" in said
    assert "Traceback" not in said
    assert processes_of(tmp_path) == []
