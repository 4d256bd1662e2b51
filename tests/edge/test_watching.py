import asyncio
import json
import os
import time
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from edge.adapters.litert import BilliardsDetector
from edge.adapters.replay_picture import read_pictures
from edge.core.errors import Refused
from edge.core.judging import Target, Watched
from edge.core.picture import PictureFrame
from edge.watching import Seer, Watching
from edge.wire.elements import Pick
from edge.wire.tasks import Result, Task, TaskElement
from edge.wire.users import User

ROOT = Path(__file__).resolve().parents[2]
CLIP = ROOT / "edge/data/demo/billiards.mp4"
TRUTH = json.loads(CLIP.with_suffix(".truth.json").read_text())
NO_POT = ROOT / "tests/data/billiards-no-pot.mp4"
POTS = Watched("any", "ball", Target("pocketed"))


@pytest.fixture(scope="module")
def film():
    return list(read_pictures(CLIP))


@pytest.fixture
def someone():
    return User(id="someone", nickname="Ann")


def a_task(someone, label="8", target="pocketed", seat="a", key="task-1"):
    return Task(
        id=key,
        room="room-1",
        seat=seat,
        initiator=someone,
        receiver=someone,
        element=TaskElement(kind="ball", label=label, track=None, bbox=None),
        target=target,
        result=Result(kind="gift", id="rose"),
        state="open",
        created_ms=0,
        expires_ms=60_000,
    )


def judged(frames, *watched):
    seer = Seer(BilliardsDetector(num_threads=1))
    seer.judge.watch(watched)
    found = []
    for frame in frames:
        found += seer.take(frame, seer.detect(frame)).judgements
    return found + seer.finish()


def recoded(frames, codec, options):
    """The frames as a viewer's stream carries them."""
    writer = av.CodecContext.create(codec, "w")
    writer.width, writer.height, writer.pix_fmt = 640, 360, "yuv420p"
    writer.framerate, writer.time_base, writer.options = Fraction(15), Fraction(1, 15), options
    reader = av.CodecContext.create("vp8" if "vpx" in codec else "h264", "r")
    packets = []
    for index, frame in enumerate(frames):
        picture = av.VideoFrame.from_ndarray(frame.pixels, format="rgb24").reformat(format="yuv420p")
        picture.pts = index
        packets += writer.encode(picture)
    packets += writer.encode()
    pictures = [picture for packet in packets for picture in reader.decode(packet)] + reader.decode(None)
    return [PictureFrame(p.to_ndarray(format="rgb24"), i / 15) for i, p in enumerate(pictures)]


async def watched(film, tasks, step=lambda: asyncio.sleep(0.012)):
    """Run the loop over `film`, stamped as a relay would; return it with what it told."""
    watching = Watching(BilliardsDetector(num_threads=1), seat="a")
    watching.judge(tasks)
    seen, achieved = [], []

    async def frames():
        for i, frame in enumerate(film):
            yield PictureFrame(frame.pixels, frame.at_s, rtp=5000 + 6000 * i)
            await step()

    async def on_seen(message):
        seen.append(message)

    async def on_achieved(message):
        achieved.append(message)

    await watching.watch(frames(), seen=on_seen, achieved=on_achieved)
    return watching, seen, achieved


async def test_a_task_is_achieved_when_its_ball_falls(film, someone):
    _, seen, achieved = await watched(film, [a_task(someone)])

    [fact] = achieved
    event = TRUTH["events"][0]
    assert (fact.task, fact.room, fact.evidence.where) == ("task-1", "room-1", event["where"])
    assert fact.evidence.t == pytest.approx(event["t"], abs=0.4)
    assert len(fact.evidence.trace) > 5
    assert [message.q for message in seen] == list(range(1, len(seen) + 1))
    left = {element.id for element in seen[-1].x}
    assert len(seen[-1].x) == len(TRUTH["elements"]) - 1
    assert "ball:8" not in left
    assert len(left & {e["id"] for e in TRUTH["elements"]}) >= 5
    assert all((message.rtp - 5000) % 6000 == 0 for message in seen)


async def test_the_task_of_another_ball_or_seat_is_not_achieved(film, someone):
    tasks = [a_task(someone, "3", key="three"), a_task(someone, seat="b", key="other-seat")]

    assert (await watched(film, tasks))[2] == []


async def test_a_pick_finds_the_ball_that_was_in_the_frame_the_viewer_saw(film):
    watching, _, _ = await watched(film[:70], [])
    x, y, width, height = next(e["bbox"] for e in TRUTH["elements"] if e["id"] == "ball:8")
    around = tuple(
        (x + width / 2 + 1.2 * width * np.cos(a), y + height / 2 + 1.2 * height * np.sin(a))
        for a in np.linspace(0, 6, 20)
    )

    then = watching.find(Pick(contour=around, rtp=5000 + 6000 * 20))
    now = watching.find(Pick(contour=around))

    assert then.element.id == "ball:8"
    assert then.exact_frame
    assert then.element.bbox[0] > x + 0.1
    assert now.element is None or now.element.id != "ball:8"


async def test_a_target_that_cannot_be_judged_is_refused_and_the_others_are_watched(someone):
    watching = Watching(BilliardsDetector(num_threads=1), seat="a")

    with pytest.raises(Refused, match=r"task-2: target 'stopped-in\(x\)'"):
        watching.judge([a_task(someone), a_task(someone, target="stopped-in(x)", key="task-2")])


async def test_a_slow_detector_skips_frames_but_knows_their_stamps(film):
    class Slow(BilliardsDetector):
        def detect(self, pixels):
            time.sleep(0.1)
            return super().detect(pixels)

    watching = Watching(Slow(num_threads=1), seat="a")
    looks = []

    async def frames():
        for i, frame in enumerate(film[:45]):
            yield PictureFrame(frame.pixels, frame.at_s, rtp=6000 * i)
            await asyncio.sleep(0.03)

    async def on_seen(message):
        looks.append(message.rtp)

    async def on_achieved(message):
        raise AssertionError(message)

    await watching.watch(frames(), seen=on_seen, achieved=on_achieved)

    assert len(looks) < 30
    skipped = next(6000 * i for i in range(20, 40) if 6000 * i not in looks)
    eight = next(e["bbox"] for e in TRUTH["elements"] if e["id"] == "ball:8")
    tap = ((eight[0] + eight[2] / 2, eight[1] + eight[3] / 2),)
    answer = watching.find(Pick(contour=tap, rtp=skipped))
    assert answer.exact_frame
    assert answer.element.id == "ball:8"


@pytest.mark.parametrize(
    ("codec", "options"),
    [("libvpx", {"b": "700k", "deadline": "realtime", "cpu-used": "8"}), ("libx264", {"crf": "30"})],
)
def test_the_pot_is_seen_through_a_viewers_codec(film, codec, options):
    if codec not in av.codecs_available:
        pytest.skip(f"{codec} is not in this PyAV")

    [judgement] = judged(recoded(film, codec, options), POTS)

    assert (judgement.label, judgement.where) == ("8", "top-right")


def test_a_shot_that_pots_nothing_is_not_judged_however_often_it_is_looped():
    frames = list(read_pictures(NO_POT))
    looped = [PictureFrame(f.pixels, f.at_s + n * 10.0) for n in range(2) for f in frames]
    watched_for = [POTS, Watched("gone", "ball", Target("gone"), label="8")]

    assert judged(looped, *watched_for) == []


def test_a_looped_pot_is_judged_once_in_each_round(film):
    looped = [PictureFrame(f.pixels, f.at_s + n * 10.0) for n in range(2) for f in film]

    assert [round(each.t / 10) for each in judged(looped, POTS)] == [0, 1]


def test_the_struck_balls_have_moved_and_the_others_not(film):
    asked = [Watched(label, "ball", Target("moved"), label=label) for label in ("cue", "8", "3", "10")]

    moved = {each.key for each in judged(film, *asked)}

    assert "cue" in moved
    assert "8" in moved
    assert "3" not in moved


@pytest.mark.skipif("KTV_DATA" not in os.environ, reason="real clips: set KTV_DATA to their folder")
@pytest.mark.parametrize(("clip", "pots"), [("game1_clip1", 0), ("game1_clip3", 1), ("game2_clip2", 1)])
def test_real_shots_are_judged_rightly(clip, pots):
    path = Path(os.environ["KTV_DATA"]) / "vision" / "pool" / clip / f"{clip}.mp4"

    assert len(judged(read_pictures(path), POTS)) == pots
