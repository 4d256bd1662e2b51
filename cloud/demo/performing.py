"""Steps of the walk in which people see, hear and sing."""

import asyncio
import time

from cloud.demo.clips import pictures_alike, some_frames
from cloud.demo.peers import decode_sound, likeness, tone_share
from cloud.demo.people import Person, reads
from cloud.demo.walk import Walk, expect
from edge.wire import topics
from edge.wire.rooms import Entered, EnterRoom
from edge.wire.scores import RoundFinal, ScoreChanged


async def picture(walk: Walk) -> str:
    """Watch: what arrives is decoded and is the camera's own picture (B1)."""
    path = f"/api/rooms/{walk.room}/viewers"
    viewing = await walk.lin.ask(Entered, "POST", path, EnterRoom(client="phone"))
    await walk.lin.follow(walk.room)
    assert walk.entered is not None
    grants = {grant.seat: grant for grant in viewing.watch}
    partner = {grant.seat: grant for grant in walk.entered.watch}
    walk.watching = await walk.lin.watch(grants["a"])
    walk.mei_hears = await walk.mei.watch(partner["a"], sound="dry")
    end = time.monotonic() + 15
    while min(walk.watching.frames, walk.mei_hears.frames) < 20 and time.monotonic() < end:
        await asyncio.sleep(0.2)
    seen = walk.watching.frames
    expect(seen >= 20, f"{seen} pictures decoded within 15 s")
    alike = max(pictures_alike(walk.watching.picture, frame) for frame in some_frames(walk.clip.path))
    expect(alike > 0.9, f"the picture that arrived is like the camera's only by {alike:.2f}")
    return f"{seen} pictures decoded, correlation {alike:.3f} with the camera's own"


async def audio_both_ways(walk: Walk) -> str:
    """Each singer hears the other: a known tone through the booth, the booth's voice at the phone (A5)."""
    assert walk.watching is not None and walk.mei_hears is not None
    end = time.monotonic() + 12
    tone = 0.0
    while tone < 0.5 and time.monotonic() < end:
        await asyncio.sleep(0.25)
        tone = tone_share(walk.watching.heard(1.0))
    expect(tone > 0.5, f"the singer's tone is {tone:.2f} of what the booth's mix brings to viewers")
    await _begin_round(walk)
    sung = await asyncio.to_thread(decode_sound, walk.mic)
    alike = 0.0
    end = time.monotonic() + 20
    while alike < 0.8 and time.monotonic() < end:
        await asyncio.sleep(1.0)
        alike = await asyncio.to_thread(likeness, walk.mei_hears.heard(6.0), sung)
    expect(alike > 0.8, f"what the singer hears of the booth is like its voice only by {alike:.2f}")
    return f"tone through the booth {tone:.2f} of the energy; booth's voice correlates {alike:.2f}"


async def scores_to_both(walk: Walk) -> str:
    """Both running scores reach singers, viewers and the booth's screen; the final ones are kept (A5)."""
    if not walk.round:
        await _begin_round(walk)
    where = topics.round_final(walk.room, walk.round)
    final = await walk.lin.events.wait(reads(RoundFinal, where), 90, "the round's end")
    walk.scores = dict(final.scores)
    for person in (walk.mei, walk.lin):
        for seat in ("a", "b"):
            rate = _updates(walk, person, seat)
            expect(2.5 <= rate <= 12, f"{person.nickname} got {rate:.1f} updates a second of seat {seat}")
    on_screen = {message["seat"] for message in walk.booth.of("score")}
    expect(on_screen == {"a", "b"}, f"the booth's screen showed scores of {sorted(on_screen)}")
    expect(set(walk.scores) == {"a", "b"}, f"final scores of {sorted(walk.scores)}")
    return f"final {walk.scores}; {_updates(walk, walk.lin, 'a'):.1f} updates a second"


async def _begin_round(walk: Walk) -> None:
    assert walk.mei.publisher is not None
    await walk.booth.do("start-round")
    shown = await walk.booth.wait(
        lambda message: message.get("type") == "round" and bool(message.get("round")), 10, "the round"
    )
    begun = shown["round"]
    walk.round = begun["id"]
    walk.mei.publisher.track.cue(begun["start_ms"] / 1000)


def _updates(walk: Walk, person: Person, seat: str) -> float:
    topic = topics.seat_score(walk.room, seat)
    at = [
        (when, ScoreChanged.model_validate_json(payload))
        for when, seen, payload in person.events.seen
        if seen == topic
    ]
    of_round = [when for when, score in at if score.n == walk.round]
    return (len(of_round) - 1) / (of_round[-1] - of_round[0]) if len(of_round) > 2 else 0.0
