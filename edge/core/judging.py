"""Whether a target state is reached: rules over tracks, never counts.

A miss of the detector lowers a count but ends no track at a pocket: on ten real clips the rule "a moving
track dies at a pocket" was right nine times, counting balls six times.

A picture that jumps (a looped clip, another camera) ends and begins tracks without any motion between;
every rule asks for motion that was seen in successive frames, so nothing is judged then.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from edge.core.errors import Refused
from edge.core.geometry import centre, distance_to_segment
from edge.core.tables import Pocket, Table
from edge.core.tracking import Track, Tracked, resume

POCKETS = ("top-left", "top-middle", "top-right", "middle-left", "middle-right")
POCKET_NAMES = frozenset({*POCKETS, "bottom-left", "bottom-middle", "bottom-right"})

TARGETS = ("pocketed", "moved", "hits", "gone")
"""What this box can judge."""

STEP = 0.06
"""A step between two frames longer than this (in breadths) is motion; shorter is the detector's shake."""

MOUTH = 0.12
"""A ball last seen this near a pocket (table widths) may be in it; three ball breadths."""

HOLE = 0.07
"""So near it is over the pocket, wherever it was heading: it may rattle in the jaws."""

DROP = 0.075
"""So near the pocket leads the way of a fast ball that falls into it unseen."""

GONE_S = 3.0
"""A thing out of sight this long is gone; a hand hides one for less."""

TRACE_S = 2.0
MAX_TRACE = 64


@dataclass(frozen=True, slots=True)
class Target:
    """A target state: `pocketed`, `hits(ball:8)`."""

    name: str
    value: str | None = None

    def __str__(self) -> str:
        """As it is written on the wire."""
        return self.name if self.value is None else f"{self.name}({self.value})"


@dataclass(frozen=True, slots=True)
class Watched:
    """A thing that is watched for a target."""

    key: str
    """Whatever the asker calls it."""
    kind: str
    target: Target
    label: str | None = None
    track: int | None = None
    """The track that carries it now."""
    place: tuple[float, float] | None = None
    """Where it was last (fractions). Without label, track and place, any of its kind is meant."""

    @property
    def is_any(self) -> bool:
        """Whether any thing of the kind counts."""
        return self.label is None and self.track is None and self.place is None


@dataclass(frozen=True, slots=True)
class Judgement:
    """A target was reached."""

    key: str
    t: float
    """When it happened, in s; it is known a little later."""
    kind: str
    label: str | None
    target: Target
    trace: tuple[tuple[float, float, float], ...]
    """(time in s, x, y) of the middle, fractions of the picture."""
    where: str | None = None
    """The pocket."""


@dataclass(frozen=True, slots=True)
class Pot:
    """A ball fell into a pocket."""

    t: float
    track: Track
    pocket: str


def parse_target(text: str, kind: str) -> Target:
    """Return the target written in `text` for a thing of `kind`.

    Raises:
        Refused: this box cannot judge it.
    """
    match = re.fullmatch(r"([a-z][a-z-]*)(?:\(([^()]{1,40})\))?", text)
    if match is None or match[1] not in TARGETS:
        raise Refused(f"target {text!r} cannot be judged here: use one of {', '.join(TARGETS)}")
    target = Target(match[1], match[2])
    if target.name in ("pocketed", "hits") and kind != "ball":
        raise Refused(f"target {text!r} is for a ball, not for a {kind}: choose `moved` or `gone`")
    if target.name == "pocketed" and target.value is not None and target.value not in POCKET_NAMES:
        raise Refused(f"pocket {target.value!r} is unknown: use one of {', '.join(sorted(POCKET_NAMES))}")
    if target.name == "hits" and not re.fullmatch(r"ball(:[a-z0-9]{1,10})?", target.value or ""):
        raise Refused(f"target {text!r} needs the ball that is hit: write hits(ball:8)")
    if target.name in ("moved", "gone") and target.value is not None:
        raise Refused(f"target {text!r} takes no value: write {target.name}")
    return target


class Judge:
    """Watches things for their targets, frame by frame."""

    def __init__(self) -> None:
        self._watched: list[Watched] = []
        self._pots: list[Pot] = []
        self._recent: list[tuple[float, Track]] = []
        self._said: dict[tuple[str, int], float] = {}
        self._since: dict[str, float] = {}
        self._last: Tracked | None = None

    def watch(self, watched: Iterable[Watched]) -> None:
        """Watch exactly these from now on; what is watched already goes on being followed."""
        known = {each.key: each for each in self._watched}
        self._watched = [known.get(each.key, each) for each in watched]
        keys = {each.key for each in self._watched}
        self._since = {key: since for key, since in self._since.items() if key in keys}

    def update(self, tracked: Tracked, table: Table | None) -> list[Judgement]:
        """Take in one frame's tracks and return what was reached."""
        self._last = tracked
        self._recent = [each for each in self._recent if each[0] > tracked.t - 2.0]
        self._recent += [(track.born_s, track) for track in tracked.tracks if track.number in tracked.born]
        pots = [] if table is None else self._fallen(tracked.ended, tracked, table)
        self._watched = [_followed(each, tracked) for each in self._watched]
        judged = []
        for each in self._watched:
            self._since.setdefault(each.key, tracked.t)
            judged += self._judge(each, tracked, pots)
        return judged

    def finish(self, table: Table | None) -> list[Judgement]:
        """Return what the last frames leave to be said when the picture ends."""
        last = self._last
        if last is None or table is None:
            return []
        missing = [track for track in last.tracks if last.t - track.seen_s >= 0.3]
        pots = self._fallen(missing, last, table)
        return [judgement for each in self._watched for judgement in self._pocketed(each, pots)]

    def _judge(self, watched: Watched, tracked: Tracked, pots: Sequence[Pot]) -> list[Judgement]:
        name = watched.target.name
        if name == "pocketed":
            return self._pocketed(watched, pots)
        if name == "gone":
            return self._gone(watched, tracked)
        mine = [track for track in tracked.tracks if _means(watched, track)]
        reached = _has_moved if name == "moved" else _has_hit
        found = []
        for track in mine:
            at = reached(track, watched, tracked, self._since[watched.key])
            if at is not None and at > self._said.get((watched.key, track.number), -1e9) + 2.0:
                self._said[watched.key, track.number] = at
                found.append(_judgement(watched, track, at))
        return found

    def _pocketed(self, watched: Watched, pots: Sequence[Pot]) -> list[Judgement]:
        if watched.target.name != "pocketed":
            return []
        wanted = watched.target.value
        return [
            _judgement(watched, pot.track, pot.t, pot.pocket)
            for pot in pots
            if _means(watched, pot.track) and wanted in (None, pot.pocket)
        ]

    def _gone(self, watched: Watched, tracked: Tracked) -> list[Judgement]:
        found = []
        for track in tracked.ended:
            if not _means(watched, track) or track.seen_s - track.born_s < 0.5:
                continue
            self._said[watched.key, track.number] = -track.seen_s
        for (key, number), seen in list(self._said.items()):
            if key != watched.key or seen > 0 or tracked.t + seen < GONE_S:
                continue
            del self._said[key, number]
            again = resume(tracked.tracks, watched.kind, watched.label, watched.track, watched.place)
            if again is None or watched.is_any:
                found.append(Judgement(key, -seen, watched.kind, watched.label, watched.target, ()))
        return found

    def _fallen(self, ended: Iterable[Track], tracked: Tracked, table: Table) -> list[Pot]:
        """Return the pots among tracks that have just ended, each once."""
        found = []
        for track in ended:
            pocket = self._pocket_of(track, tracked, table)
            if pocket is None:
                continue
            pot = Pot(track.seen_s, track, pocket.name)
            is_double = any(
                old.pocket == pot.pocket
                and abs(old.t - pot.t) < 2.0
                and (old.track.label == track.label or None in (old.track.label, track.label))
                for old in self._pots
            )
            if not is_double:
                self._pots = [*self._pots[-20:], pot]
                found.append(pot)
        return found

    def _pocket_of(self, track: Track, tracked: Tracked, table: Table) -> Pocket | None:
        """Return the pocket that a track has ended in, or None."""
        if track.kind != "ball" or track.hits < 6 or track.seen_s - track.born_s < 0.3:
            return None
        if moving_steps(track, track.seen_s - 0.45, tracked.aspect) < 2:
            return None
        if track.travelled(track.seen_s - 0.3, tracked.aspect) < 0.4:
            return None
        if self._is_back(track, tracked) or self._was_cut(track, tracked):
            return None
        return _nearest_pocket(track, table)

    def _is_back(self, track: Track, tracked: Tracked) -> bool:
        """Return whether the ball was seen again as another track."""
        place = np.array(centre(track.bbox))
        for born_s, fresh in self._recent:
            if born_s < track.seen_s - 0.1 or fresh.number == track.number:
                continue
            now = next((each for each in tracked.tracks if each.number == fresh.number), fresh)
            gap = np.array(centre(fresh.history[0].bbox)) - place
            away = float(np.hypot(gap[0], gap[1] / tracked.aspect)) / max(track.bbox[2], 1e-6)
            if away < 6 or now.label == track.label or None in (now.label, track.label):
                return True
        return False

    def _was_cut(self, track: Track, tracked: Tracked) -> bool:
        """Return whether the picture jumped when the track ended: others ended and began at that moment."""
        others = [each for each in (*tracked.tracks, *tracked.ended) if each.number != track.number]
        lost = sum(abs(each.seen_s - track.seen_s) < 0.1 and tracked.t - each.seen_s > 0.3 for each in others)
        fresh = sum(0 <= born_s - track.seen_s < 0.25 for born_s, _ in self._recent)
        return lost >= 2 and fresh >= 2


def _nearest_pocket(track: Track, table: Table) -> Pocket | None:
    """Return the pocket whose mouth the ball was at, or that its way led into."""
    here = np.array(centre(track.bbox))
    times = [point.t for point in track.history[-4:]]
    frame_s = (times[-1] - times[0]) / max(1, len(times) - 1)
    ahead = here + np.array(track.velocity) * min(2 * frame_s, 0.15)
    way = table.on_table(np.stack([here, ahead]))
    best: tuple[float, Pocket] | None = None
    for pocket in table.pockets:
        middle = np.array(pocket.on_table)
        at_mouth = float(np.linalg.norm(middle - way[0]))
        passing = distance_to_segment(middle, way[0], way[1])
        comes_nearer = passing < at_mouth - 0.005 or at_mouth < HOLE
        if comes_nearer and (at_mouth <= MOUTH or passing <= DROP) and (best is None or passing < best[0]):
            best = (passing, pocket)
    return best[1] if best else None


def moving_steps(track: Track, since_s: float, aspect: float) -> int:
    """Return in how many steps between two sightings since `since_s` the track moved."""
    points = [point for point in track.history if point.t >= since_s - 1e-6]
    if len(points) < 2:
        return 0
    middles = np.array([centre(point.bbox) for point in points])
    steps = np.hypot(np.diff(middles[:, 0]), np.diff(middles[:, 1]) / aspect) / max(track.bbox[2], 1e-6)
    return int(np.count_nonzero(steps > STEP))


def _means(watched: Watched, track: Track) -> bool:
    """Return whether `track` is the watched thing."""
    if watched.kind != track.kind:
        return False
    if watched.is_any:
        return True
    if watched.label is not None:
        return track.label == watched.label or (track.number == watched.track and track.label is None)
    return track.number == watched.track


def _followed(watched: Watched, tracked: Tracked) -> Watched:
    """Return `watched` on the track that carries it now."""
    if watched.is_any:
        return watched
    track = resume(tracked.tracks, watched.kind, watched.label, watched.track, watched.place)
    if track is None:
        return watched
    return replace(watched, track=track.number, place=centre(track.bbox))


def _has_moved(track: Track, watched: Watched, tracked: Tracked, since_s: float) -> float | None:
    """Return when the thing was a breadth from where it lay, after three steps in a row at least."""
    begin = max(since_s, tracked.t - 1.0)
    if track.seen_s < tracked.t or moving_steps(track, begin, tracked.aspect) < 3:
        return None
    recent = [point for point in track.history if point.t >= begin]
    smooth = _without_jumps([centre(point.bbox) for point in recent], tracked.aspect, track.bbox[2])
    return tracked.t if smooth >= 1.0 else None


def _without_jumps(middles: Sequence[tuple[float, float]], aspect: float, breadth: float) -> float:
    """Return the distance from first to last in breadths, without jumps: long steps between short ones."""
    array = np.array(middles) / np.array([1.0, aspect]) / max(breadth, 1e-6)
    steps = np.diff(array, axis=0)
    lengths = np.linalg.norm(steps, axis=1)
    padded = np.concatenate([[0.0], lengths, [0.0]])
    beside = np.maximum(padded[:-2], padded[2:])
    is_roll = (lengths > STEP) & (beside > 0.25 * lengths)
    return float(np.linalg.norm(steps[is_roll].sum(axis=0)))


def _has_hit(track: Track, watched: Watched, tracked: Tracked, since_s: float) -> float | None:
    """Return when the thing, moving, set the other ball in motion."""
    kind, _, label = (watched.target.value or "ball").partition(":")
    for other in tracked.tracks:
        if other.number == track.number or other.kind != kind or label not in ("", other.label or "?"):
            continue
        start = _started(other, max(since_s, tracked.t - 0.6), tracked.aspect)
        if start is None or moving_steps(track, start - 0.3, tracked.aspect) < 2:
            continue
        mine = [track, *(each for each in tracked.tracks if each.number not in (track.number, other.number))]
        gaps = [_gap_at(each, other, start, tracked.aspect) for each in mine]
        if gaps[0] < 1.6 and gaps[0] <= min(gaps):
            return start
    return None


def _started(track: Track, since_s: float, aspect: float) -> float | None:
    """Return when the track, at rest before, began to move; it must have moved three steps since."""
    points = [point for point in track.history if point.t >= since_s - 0.5]
    if len(points) < 6:
        return None
    middles = np.array([centre(point.bbox) for point in points]) / np.array([1.0, aspect])
    steps = np.linalg.norm(np.diff(middles, axis=0), axis=1) / max(track.bbox[2], 1e-6)
    moving = steps > 1.5 * STEP
    if moving[:2].any() or np.count_nonzero(moving) < 3:
        return None
    first = int(np.argmax(moving))
    return points[first].t if moving[first : first + 3].all() and points[first].t >= since_s else None


def _gap_at(track: Track, other: Track, at_s: float, aspect: float) -> float:
    """Return how near `track` came to where `other` lay at `at_s`, in breadths; infinite if at rest."""
    if moving_steps(track, at_s - 0.4, aspect) < 2:
        return float("inf")
    scale = np.array([1.0, 1 / aspect])
    lay = np.array(other.place_at(at_s)) * scale
    times = (at_s - 0.12, at_s, min(at_s + 0.08, track.seen_s))
    places = [np.array(track.place_at(t)) * scale for t in times]
    nearest = min(distance_to_segment(lay, one, two) for one, two in pairwise(places))
    return nearest / max(other.bbox[2], 1e-6)


def _judgement(watched: Watched, track: Track, at_s: float, where: str | None = None) -> Judgement:
    points = [point for point in track.history if at_s - TRACE_S <= point.t <= at_s + 0.5]
    points = points[:: max(1, -(-len(points) // MAX_TRACE))]
    trace = tuple((round(p.t, 3), round(centre(p.bbox)[0], 4), round(centre(p.bbox)[1], 4)) for p in points)
    return Judgement(
        watched.key, at_s, track.kind, track.label or watched.label, watched.target, trace, where
    )
