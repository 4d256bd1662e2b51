"""Which element a viewer chose: the frame under the finger, the line drawn on it, the track there."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edge.core.geometry import bounds, centre, clip_bbox, iou, is_inside
from edge.core.tracking import Track
from edge.wire.elements import Element, PickAnswer

RING_S = 8.0
"""How long frames are remembered: a viewer's network and finger take no longer."""

MAX_CANDIDATES = 5

RTP_ROUND = 2**32


@dataclass(frozen=True, slots=True)
class Moment:
    """One frame and what was in it."""

    rtp: int | None
    at_s: float
    tracks: tuple[Track, ...] | None
    """None for a frame that was sent but not looked at."""


class Ring:
    """The frames of the last seconds."""

    def __init__(self, keep_s: float = RING_S) -> None:
        self._keep_s = keep_s
        self._moments: deque[Moment] = deque()

    def add(self, rtp: int | None, at_s: float, tracks: Sequence[Track] | None) -> None:
        """Remember a frame; one with `tracks` replaces the same frame without."""
        if tracks is not None and any(moment.at_s == at_s for moment in self._moments):
            changed = [Moment(rtp, at_s, tuple(tracks)) if m.at_s == at_s else m for m in self._moments]
            self._moments = deque(changed)
        else:
            self._moments.append(Moment(rtp, at_s, None if tracks is None else tuple(tracks)))
        while self._moments and self._moments[0].at_s < at_s - self._keep_s:
            self._moments.popleft()

    def moment(self, rtp: int | None) -> tuple[Moment | None, bool]:
        """Return the frame with this stamp, or the newest looked at; and whether it is the very frame."""
        looked_at = [moment for moment in self._moments if moment.tracks is not None]
        if not looked_at:
            return None, False
        if rtp is None:
            return looked_at[-1], False
        stamped = [moment for moment in self._moments if moment.rtp is not None]
        if not stamped:
            return looked_at[-1], False
        exact = next((moment for moment in stamped if moment.rtp == rtp), None)
        meant = exact or min(stamped, key=lambda moment: _rtp_gap(moment.rtp or 0, rtp))
        if meant.tracks is not None:
            return meant, exact is not None
        nearest = min(looked_at, key=lambda moment: abs(moment.at_s - meant.at_s))
        return Moment(meant.rtp, meant.at_s, nearest.tracks), exact is not None


def _rtp_gap(one: int, other: int) -> int:
    gap = (one - other) % RTP_ROUND
    return min(gap, RTP_ROUND - gap)


def pick(
    ring: Ring, contour: Sequence[tuple[float, float]], rtp: int | None, now: Sequence[Track]
) -> PickAnswer:
    """Return the element at `contour` in the frame `rtp`, where it is now, and what else it may have been.

    Args:
        ring: the frames of the last seconds.
        contour: fractions of the picture; one point is a tap.
        rtp: RTP timestamp of the frame the viewer saw; None for the newest.
        now: the tracks of the newest frame.
    """
    moment, is_exact = ring.moment(rtp)
    if moment is None or moment.tracks is None:
        return PickAnswer(exact_frame=False)
    ranked = rank(moment.tracks, contour, moment.at_s)
    current = {track.number: track for track in now}
    found = [element_of(current.get(track.number, track)) for track in ranked[:MAX_CANDIDATES]]
    if not found:
        return PickAnswer(exact_frame=is_exact)
    return PickAnswer(element=found[0], candidates=tuple(found[1:]), exact_frame=is_exact)


def rank(tracks: Sequence[Track], contour: Sequence[tuple[float, float]], at_s: float) -> list[Track]:
    """Return the tracks that `contour` may mean at time `at_s`, best first."""
    score = _tap_score if len(contour) < 3 else _contour_score
    scored = [(score(track, contour, at_s), track) for track in tracks]
    return [track for points, track in sorted(scored, key=lambda each: -each[0]) if points > 0]


def _tap_score(track: Track, contour: Sequence[tuple[float, float]], at_s: float) -> float:
    """Return 1 at the middle of a track, 0 two breadths away."""
    x, y = np.mean(np.array(contour), axis=0)
    left, top, width, height = track.bbox_at(at_s)
    away = np.hypot((x - left - width / 2) / max(width, 0.015), (y - top - height / 2) / max(height, 0.02))
    return max(0.0, 1 - float(away) / 2)


def _contour_score(track: Track, contour: Sequence[tuple[float, float]], at_s: float) -> float:
    """Return how well a drawn line fits: around the track's middle, of its size, close to it."""
    box = track.bbox_at(at_s)
    drawn = bounds(contour)
    middle = centre(box)
    x, y = centre(drawn)
    reach_x, reach_y = max(drawn[2] / 2, box[2]), max(drawn[3] / 2, box[3])
    away = float(np.hypot((middle[0] - x) / reach_x, (middle[1] - y) / reach_y))
    inside = is_inside(middle, contour)
    if not inside and away > 1.2:
        return 0.0
    return max(0.0, (1.0 if inside else 0.2) + iou(box, drawn) + 0.5 * (1.2 - away))


def element_of(track: Track) -> Element:
    """Return a track as the wire's element."""
    name = track.kind if track.label is None else f"{track.kind}:{track.label}"
    return Element(
        id=name,
        kind=track.kind,
        label=track.label,
        bbox=_rounded(clip_bbox(track.bbox)),
        confidence=round(min(max(track.confidence, 0.0), 1.0), 3),
        track=track.number,
    )


def _rounded(bbox: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    x, y, width, height = (round(value, 4) for value in bbox)
    return x, y, width, height
