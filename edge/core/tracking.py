"""Following things from frame to frame: constant velocity, nearest middle first, labels by vote.

Rules of this file: positions are in picture widths (y is scaled by the picture's aspect), so that a
distance means the same in every direction; time comes with the detections; a `Track` is a value.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from edge.core.detection import Detection
from edge.core.geometry import BboxTuple, centre

HISTORY_S = 6.0
"""How much of its way a track remembers."""

REST_KEPT_S = 2.5
"""A thing at rest may be hidden (by a hand) this long."""

MOVING_KEPT_S = 0.7
"""A moving thing may be missed this long."""

CONFIRMED_HITS = 3
"""A thing seen fewer times is no track yet."""

UNIQUE_KINDS = frozenset({"ball"})
"""Kinds of which each label is there once."""

NUMBERED = frozenset({"cue", *(str(number) for number in range(1, 16))})
"""Ball labels that are there once; snooker's reds are not."""


@dataclass(frozen=True, slots=True)
class Point:
    """A thing's box at one time."""

    t: float
    bbox: BboxTuple


@dataclass(frozen=True, slots=True)
class Track:
    """A thing as it goes through the picture."""

    number: int
    """Unique for one tracker."""
    kind: str
    history: tuple[Point, ...]
    """Where it was seen, oldest first; at most `HISTORY_S`."""
    velocity: tuple[float, float] = (0.0, 0.0)
    """Fractions of the picture per s."""
    hits: int = 1
    """In how many frames it was seen."""
    born_s: float = 0.0
    votes: Mapping[str, float] = field(default_factory=dict)
    """How much was seen of each label."""
    label: str | None = None
    confidence: float = 0.0

    @property
    def seen_s(self) -> float:
        """Time of the last frame it was seen in."""
        return self.history[-1].t

    @property
    def bbox(self) -> BboxTuple:
        """Its box when it was last seen."""
        return self.history[-1].bbox

    @property
    def is_confirmed(self) -> bool:
        """Whether it was seen often enough to be believed."""
        return self.hits >= CONFIRMED_HITS

    def place_at(self, t: float) -> tuple[float, float]:
        """Return its middle at time `t`: between two sightings, or ahead of the last at its velocity."""
        last = self.history[-1]
        if t >= last.t:
            x, y = centre(last.bbox)
            ahead = min(t - last.t, 0.25)
            return x + self.velocity[0] * ahead, y + self.velocity[1] * ahead
        times = [point.t for point in self.history]
        middles = np.array([centre(point.bbox) for point in self.history])
        return float(np.interp(t, times, middles[:, 0])), float(np.interp(t, times, middles[:, 1]))

    def bbox_at(self, t: float) -> BboxTuple:
        """Return its box at time `t`, with the size it had last."""
        x, y = self.place_at(t)
        _, _, width, height = self.bbox
        return x - width / 2, y - height / 2, width, height

    def travelled(self, since_s: float, aspect: float) -> float:
        """Return how far it is now from where it was at `since_s` or first seen, in its own widths."""
        points = [point for point in self.history if point.t >= since_s - 1e-6]
        if len(points) < 2:
            return 0.0
        x0, y0 = centre(points[0].bbox)
        x1, y1 = centre(points[-1].bbox)
        return float(np.hypot(x1 - x0, (y1 - y0) / aspect)) / max(self.bbox[2], 1e-6)


@dataclass(frozen=True, slots=True)
class Tracked:
    """What one frame leaves behind."""

    t: float
    aspect: float
    """Width over height of the picture."""
    tracks: tuple[Track, ...]
    """Confirmed tracks, seen in this frame or missing for a while."""
    born: tuple[int, ...] = ()
    """Numbers of the tracks that were confirmed in this frame."""
    ended: tuple[Track, ...] = ()
    """Tracks given up in this frame."""

    @property
    def present(self) -> tuple[Track, ...]:
        """The tracks that were seen just now, or that stand still and may be hidden."""
        return tuple(track for track in self.tracks if self.t - track.seen_s < 0.35)


class Tracker:
    """Joins the detections of successive frames to tracks."""

    def __init__(self, aspect: float) -> None:
        """`aspect` is width over height of the picture."""
        self.aspect = aspect
        self._tracks: list[Track] = []
        self._next = 1

    def update(self, t: float, detections: Sequence[Detection]) -> Tracked:
        """Take in what one frame shows at time `t` (s, growing) and return every track."""
        pairs, lonely = self._match(t, detections)
        before = {track.number for track in self._tracks if track.is_confirmed}
        moved = [
            self._seen_again(track, detections[pairs[track.number]], t) if track.number in pairs else track
            for track in self._tracks
        ]
        ended = tuple(track for track in moved if track.is_confirmed and self._is_over(track, t))
        kept = [track for track in moved if not self._is_over(track, t)]
        kept += [self._new(detections[i], t) for i in lonely]
        self._tracks = _with_labels(kept)
        confirmed = tuple(track for track in self._tracks if track.is_confirmed)
        born = tuple(track.number for track in confirmed if track.number not in before)
        return Tracked(t, self.aspect, confirmed, born, ended)

    def _is_over(self, track: Track, t: float) -> bool:
        missing = t - track.seen_s
        if not track.is_confirmed:
            return missing > 0.15
        is_moving = track.travelled(track.seen_s - 0.3, self.aspect) > 0.5
        return missing > (MOVING_KEPT_S if is_moving else REST_KEPT_S)

    def _match(self, t: float, detections: Sequence[Detection]) -> tuple[dict[int, int], list[int]]:
        """Return track number → detection index, and the detections that no track explains."""
        pairs: dict[int, int] = {}
        free = set(range(len(detections)))
        distances = [
            (self._distance(track, detections[i], t), track, i)
            for track in self._tracks
            for i in range(len(detections))
            if track.kind == detections[i].kind
        ]
        for reach in (_near, _far):
            for distance, track, i in sorted(distances, key=lambda each: each[0]):
                if track.number in pairs or i not in free:
                    continue
                if distance <= reach(track, detections[i], t):
                    pairs[track.number] = i
                    free.discard(i)
        return pairs, sorted(free)

    def _distance(self, track: Track, detection: Detection, t: float) -> float:
        """Return how far apart they are, in the track's widths."""
        x, y = track.place_at(t)
        u, v = centre(detection.bbox)
        return float(np.hypot(u - x, (v - y) / self.aspect)) / max(track.bbox[2], 1e-6)

    def _seen_again(self, track: Track, detection: Detection, t: float) -> Track:
        gap = max(t - track.seen_s, 1e-3)
        x0, y0 = centre(track.bbox)
        x1, y1 = centre(detection.bbox)
        old, new = track.velocity, ((x1 - x0) / gap, (y1 - y0) / gap)
        velocity = (0.4 * old[0] + 0.6 * new[0], 0.4 * old[1] + 0.6 * new[1])
        history = (*(p for p in track.history if p.t >= t - HISTORY_S), Point(t, detection.bbox))
        return replace(
            track,
            history=history,
            velocity=velocity,
            hits=track.hits + 1,
            votes=_voted(track.votes, detection),
            confidence=0.8 * track.confidence + 0.2 * detection.confidence,
        )

    def _new(self, detection: Detection, t: float) -> Track:
        number, self._next = self._next, self._next + 1
        return Track(
            number,
            detection.kind,
            (Point(t, detection.bbox),),
            born_s=t,
            votes=_voted({}, detection),
            confidence=detection.confidence,
        )


def _near(track: Track, detection: Detection, t: float) -> float:
    """Return the reach in widths: a ball's breadth, and more while it is missing or fast."""
    missing = min(t - track.seen_s, 0.5)
    speed = float(np.hypot(*track.velocity)) / max(track.bbox[2], 1e-6)
    return 0.9 + min(0.25 * speed * missing, 2.5)


def _far(track: Track, detection: Detection, t: float) -> float:
    """Return the reach for a sudden start: wide, but only for what looks the same."""
    if t - track.seen_s > 0.4:
        return 0.0
    total = sum(track.votes.values())
    seen = dict(detection.labels) or ({detection.label: 1.0} if detection.label else {})
    alike = (
        sum(track.votes.get(label, 0.0) / total * share for label, share in seen.items()) if total else 0.0
    )
    if alike < 0.35:
        return 0.0
    return 9.0 if track.is_confirmed else 3.0


def _voted(votes: Mapping[str, float], detection: Detection) -> dict[str, float]:
    """Return the votes with one more frame's; older frames fade slowly."""
    shares = detection.labels or (((detection.label, 1.0),) if detection.label else ())
    faded = {label: weight * 0.985 for label, weight in votes.items()}
    for label, share in shares:
        faded[label] = faded.get(label, 0.0) + share
    return faded


def _with_labels(tracks: Sequence[Track]) -> list[Track]:
    """Return the tracks with their labels: the best voted, each numbered ball once."""
    claims = []
    for track in tracks:
        total = sum(track.votes.values())
        claims += [
            (weight / max(total, 1e-9), weight, track.number, label) for label, weight in track.votes.items()
        ]
    given: dict[int, str] = {}
    taken: set[str] = set()
    kinds = {track.number: track.kind for track in tracks}
    for share, weight, number, label in sorted(claims, key=lambda each: -each[0] * min(each[1], 8.0)):
        is_unique = kinds[number] in UNIQUE_KINDS and label in NUMBERED
        if number in given or share < 0.3 or weight < 0.5 or (is_unique and label in taken):
            continue
        given[number] = label
        if is_unique:
            taken.add(label)
    return [replace(track, label=given.get(track.number)) for track in tracks]


def resume(
    tracks: Sequence[Track],
    kind: str,
    label: str | None,
    number: int | None,
    place: tuple[float, float] | None,
) -> Track | None:
    """Return the track that carries a thing now: its own, its label's, or the one nearest its last place.

    Args:
        tracks: every track there is.
        kind: the thing's kind.
        label: its label, where it has one.
        number: the track that carried it before.
        place: where it was last (fractions of the picture).
    """
    alike = [track for track in tracks if track.kind == kind]
    for track in alike:
        if track.number == number and (label is None or track.label in (None, label)):
            return track
    if label is not None:
        return next((track for track in alike if track.label == label), None)
    if place is None:
        return None
    x, y = place
    gaps = [(float(np.hypot(*(np.array(centre(track.bbox)) - (x, y)))), track) for track in alike]
    nearest = min(gaps, key=lambda each: each[0], default=None)
    return nearest[1] if nearest is not None and nearest[0] < 1.5 * nearest[1].bbox[2] else None
