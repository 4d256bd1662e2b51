"""What the end-to-end tests share: the running demo, and a browser whose mic and camera are files."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import wave
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import pytest
from playwright.sync_api import Browser, sync_playwright

KTV = str(Path(sys.executable).with_name("ktv"))
"""The command, as it is installed beside this Python."""
CHROMIUM = Path("/usr/bin/chromium")
DEMO_DATA = Path(__file__).resolve().parents[2] / "edge" / "data" / "demo"
ARTEFACTS = Path(__file__).resolve().parents[1] / "artefacts"


@dataclass(frozen=True, slots=True)
class Demo:
    """A running `ktv demo`."""

    url: str
    kiosk_url: str
    folder: Path


def free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


@pytest.fixture(scope="module")
def demo(tmp_path_factory, request) -> Iterator[Demo]:
    """The demo, started as a person starts it, on ports of its own; stopped with Ctrl-C.

    A module's `ENVIRONMENT` is added to the demo's.
    """
    folder = tmp_path_factory.mktemp("demo")
    front, kiosk, web, mqtt, ws = free_ports(5)
    output = (folder / "output.txt").open("w")
    running = subprocess.Popen(
        [
            *(KTV, "demo", "--data", str(folder / "data")),
            *("--port", str(front), "--kiosk-port", str(kiosk)),
        ],
        env={
            **os.environ,
            "KTV_HUB_WEB_PORT": str(web),
            "KTV_HUB_MQTT_PORT": str(mqtt),
            "KTV_HUB_MQTT_WS_PORT": str(ws),
            "COLUMNS": "160",
            **getattr(request.module, "ENVIRONMENT", {}),
        },
        stdout=output,
        stderr=subprocess.STDOUT,
    )
    try:
        wait_for_words(folder / "output.txt", "on the air", running)
        yield Demo(f"http://127.0.0.1:{front}", f"http://127.0.0.1:{kiosk}", folder)
    finally:
        running.send_signal(signal.SIGINT)
        ended = running.wait(40)
        output.close()
    assert ended == 0, (folder / "output.txt").read_text()


def wait_for_words(path: Path, words: str, running: subprocess.Popen, within_s: float = 90) -> None:
    end = time.monotonic() + within_s
    while words not in path.read_text():
        if running.poll() is not None or time.monotonic() > end:
            raise AssertionError(f"the demo never said {words!r}:\n{path.read_text()}")
        time.sleep(0.2)


@pytest.fixture(scope="module")
def browser(tmp_path_factory) -> Iterator[Browser]:
    """Chromium whose microphone hears the demo voice and whose camera sees the demo table."""
    if not CHROMIUM.exists():
        pytest.skip(f"there is no {CHROMIUM}")
    folder = tmp_path_factory.mktemp("devices")
    mic = write_wav(DEMO_DATA / "voice.ogg", folder / "mic.wav")
    camera = write_mjpeg(DEMO_DATA / "billiards.mp4", folder / "camera.mjpeg")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=str(CHROMIUM),
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--no-first-run",
                "--autoplay-policy=no-user-gesture-required",
                "--use-fake-ui-for-media-stream",
                "--use-fake-device-for-media-stream",
                f"--use-file-for-fake-audio-capture={mic}",
                f"--use-file-for-fake-video-capture={camera}",
            ],
        )
        yield chromium
        chromium.close()


def write_wav(sound: Path, to: Path) -> Path:
    resampler = av.AudioResampler(format="s16", layout="mono", rate=48_000)
    with av.open(str(sound)) as source, wave.open(str(to), "wb") as file:
        file.setparams((1, 2, 48_000, 0, "NONE", ""))
        for frame in [*source.decode(audio=0), None]:
            for out in resampler.resample(frame):
                file.writeframes(out.to_ndarray().tobytes())
    return to


def write_mjpeg(clip: Path, to: Path) -> Path:
    with av.open(str(clip)) as source, av.open(str(to), "w", format="mjpeg") as file:
        stream = file.add_stream("mjpeg", rate=15)
        stream.width, stream.height, stream.pix_fmt = 640, 360, "yuvj420p"
        for index, frame in enumerate(source.decode(video=0)):
            picture = frame.reformat(width=640, height=360, format="yuvj420p")
            picture.pts, picture.time_base = index, Fraction(1, 15)
            file.mux(stream.encode(picture))
        file.mux(stream.encode(None))
    return to


@pytest.fixture(scope="session")
def artefacts() -> Path:
    """Where screenshots are kept."""
    ARTEFACTS.mkdir(exist_ok=True)
    return ARTEFACTS


@pytest.fixture(scope="session")
def table() -> dict[str, tuple[float, float, float, float]]:
    """Where each ball lies when the demo clip begins: id to box, as fractions of the picture."""
    truth = json.loads((DEMO_DATA / "billiards.truth.json").read_text())
    return {element["id"]: tuple(element["bbox"]) for element in truth["elements"]}
