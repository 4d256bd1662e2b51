import asyncio
import time
from pathlib import Path

import av
import numpy as np
import pytest

from edge.adapters.replay_picture import FileCamera, read_pictures
from edge.core.errors import Refused

CLIP = Path(__file__).resolve().parents[3] / "edge/data/demo/billiards.mp4"


async def collect(camera, seconds):
    frames = []

    async def run():
        async for frame in camera.frames():
            frames.append((time.monotonic(), frame))

    task = asyncio.create_task(run())
    done, _ = await asyncio.wait([task], timeout=seconds)
    if not done:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    elif task.exception():
        raise task.exception()
    return frames


def test_every_frame_of_a_film_is_read_with_its_time():
    frames = list(read_pictures(CLIP))

    assert len(frames) == 150
    assert frames[0].at_s == 0
    assert frames[75].at_s == pytest.approx(5.0, abs=0.01)
    assert frames[0].pixels.shape == (360, 640, 3)


def test_an_image_is_one_frame(tmp_path):

    image = tmp_path / "image.png"
    with av.open(str(image), "w", format="image2") as container:
        stream = container.add_stream("png", rate=1)
        stream.width, stream.height, stream.pix_fmt = 60, 40, "rgb24"
        container.mux(
            stream.encode(av.VideoFrame.from_ndarray(np.full((40, 60, 3), 200, np.uint8), format="rgb24"))
        )
        container.mux(stream.encode())

    [frame] = read_pictures(image)

    assert frame.pixels.shape == (40, 60, 3)
    assert frame.pixels[0, 0, 0] == 200


def test_a_wide_film_is_made_smaller():
    assert next(read_pictures(CLIP, width=320)).pixels.shape == (180, 320, 3)


@pytest.mark.parametrize("content", [None, b"", b"this is no film", b"\x89PNG\r\n\x1a\n" + b"\0" * 40])
def test_what_is_no_film_is_refused_with_its_path(tmp_path, content):
    path = tmp_path / "film.mp4"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(Refused, match=r"film\.mp4"):
        FileCamera(path)


def test_a_sound_file_holds_no_picture():
    with pytest.raises(Refused, match="no picture"):
        list(read_pictures(CLIP.parent / "voice.ogg"))


async def test_a_film_is_shown_in_real_time():
    frames = await collect(FileCamera(CLIP, fps=15), 1.0)

    assert 9 <= len(frames) <= 17
    gaps = np.diff([frame.at_s for _, frame in frames])
    assert np.median(gaps) == pytest.approx(1 / 15, abs=0.01)
    assert all(abs(seen - frame.at_s) < 0.25 for seen, frame in frames)


async def test_fewer_frames_are_shown_when_fewer_are_asked_for():
    frames = await collect(FileCamera(CLIP, fps=5), 1.2)

    assert 4 <= len(frames) <= 8


async def test_the_first_frame_stands_still_before_the_film_runs():
    frames = await collect(FileCamera(CLIP, fps=15, hold_s=0.8, width=160), 0.7)

    assert len(frames) >= 6
    assert all((frame.pixels == frames[0][1].pixels).all() for _, frame in frames)


async def test_a_looped_film_begins_again(tmp_path):

    short = tmp_path / "short.mp4"
    with av.open(str(short), "w") as container:
        stream = container.add_stream("mpeg4", rate=20)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for level in (0, 80, 160, 240):
            picture = np.full((48, 64, 3), level, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())

    once = await collect(FileCamera(short, fps=20), 2.0)
    looped = await collect(FileCamera(short, fps=20, is_looped=True), 1.0)

    assert 2 <= len(once) <= 4
    assert len(looped) > 6
    assert all(np.diff([frame.at_s for _, frame in looped]) > 0)


async def test_a_cue_begins_the_film_at_the_time_given():
    camera = FileCamera(CLIP, fps=15, width=160)
    source = camera.frames()
    await anext(source)
    at_s = time.monotonic() + 0.3

    camera.cue(at_s)
    frames = [await anext(source) for _ in range(3)]
    await source.aclose()

    assert frames[-1].at_s >= at_s
    assert frames[-1].at_s < at_s + 0.4
