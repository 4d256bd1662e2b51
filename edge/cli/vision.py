"""`ktv detect`, `ktv pick`, `ktv judge`: the live code's eyes on a film or an image."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import click

from edge.adapters.litert import SCENES, load_detector
from edge.adapters.replay_picture import read_pictures
from edge.core.detection import Detection
from edge.core.errors import Refused
from edge.core.judging import Judgement, Watched, parse_target
from edge.core.picking import Ring, element_of
from edge.core.picking import pick as pick_in
from edge.core.tracking import Track
from edge.watching import Seen, Seer
from edge.wire.elements import Element, Scene

MAX_CONTOUR = 64

FILM = click.argument("film", metavar="VIDEO", type=click.Path(path_type=Path))
SCENE = click.option("--scene", required=True, type=click.Choice(get_args(Scene)), help="What is played.")
THREADS = click.option("--threads", default=2, show_default=True, help="Processor threads of the detector.")
JSON_OUT = click.option(
    "--json", "out", default="-", show_default=True, help="File to write; - is standard output."
)


@click.command()
@click.argument("picture", metavar="IMAGE|VIDEO", type=click.Path(path_type=Path))
@SCENE
@THREADS
@JSON_OUT
def detect(picture: Path, scene: str, threads: int, out: str) -> None:
    """List the elements in each frame of a film, or in an image."""
    rows = []
    for count, seen in enumerate(look(picture, scene, threads)):
        if count == 0:
            elements = [_single(detection) for detection in seen.detections]
        else:
            elements = [element_of(track) for track in seen.tracked.tracks if track.seen_s == seen.t]
        rows.append({"t": round(seen.t, 3), "elements": [_plain(each) for each in elements]})
    _write(out, rows)


@click.command()
@FILM
@SCENE
@click.option("--at", "at_s", required=True, type=float, help="Time of the frame that was drawn on, in s.")
@click.option("--contour", required=True, help='Points of the line, "x,y x,y ...", fractions of the picture.')
@THREADS
@JSON_OUT
def pick(film: Path, scene: str, at_s: float, contour: str, threads: int, out: str) -> None:
    """Say which element is at a contour."""
    points = parse_contour(contour)
    ring = Ring()
    last: tuple[Track, ...] = ()
    end_s = 0.0
    for seen in look(film, scene, threads):
        end_s = seen.t
        if seen.t > at_s + 0.25:
            break
        tracks = tuple(track for track in seen.tracked.tracks if seen.t - track.seen_s <= 0.3)
        if seen.t <= at_s + 1e-3 or not last:
            last = tracks or last
            ring.add(None, seen.t, last)
    if at_s < 0 or at_s > end_s + 1.0:
        raise Refused(f"--at {at_s:g} is not in the film, which is {end_s:.1f} s long: give a time within it")
    answer = pick_in(ring, points, None, last)
    element = None if answer.element is None else _plain(answer.element)
    _write(out, {"element": element, "candidates": [_plain(each) for each in answer.candidates]})


@click.command()
@FILM
@SCENE
@click.option("--element", required=True, metavar="E", help="KIND for any of a kind, or KIND:LABEL.")
@click.option("--target", "wanted", required=True, metavar="T", help="Such as pocketed, moved, hits(ball:8).")
@THREADS
@JSON_OUT
def judge(film: Path, scene: str, element: str, wanted: str, threads: int, out: str) -> None:
    """Say when an element reaches a target."""
    kind, _, label = element.partition(":")
    watched = Watched("asked", kind, parse_target(wanted, kind), label or None)
    seer = Seer(load_detector(_known(scene), threads=threads))
    seer.judge.watch([watched])
    found: list[Judgement] = []
    for frame in read_pictures(film):
        found += seer.take(frame, seer.detect(frame)).judgements
    found += seer.finish()
    _write(out, [_judged(judgement) for judgement in found])


def look(picture: Path, scene: str, threads: int) -> Iterator[Seen]:
    """Yield what each frame of a film shows."""
    seer = Seer(load_detector(_known(scene), threads=threads))
    for frame in read_pictures(picture):
        yield seer.take(frame, seer.detect(frame))


def parse_contour(text: str) -> tuple[tuple[float, float], ...]:
    """Return the points written in `text`.

    Raises:
        Refused: no point, too many, or one that is not two fractions.
    """
    points = []
    for part in text.split():
        try:
            x, y = (float(value) for value in part.split(","))
        except ValueError as error:
            raise Refused(f"contour point {part!r} is not x,y: write fractions such as 0.4,0.55") from error
        if not (0 <= x <= 1 and 0 <= y <= 1):
            raise Refused(f"contour point {part!r} is outside the picture: write fractions from 0 to 1")
        points.append((x, y))
    if not 1 <= len(points) <= MAX_CONTOUR:
        raise Refused(f"the contour has {len(points)} points: give 1 (a tap) to {MAX_CONTOUR}")
    return tuple(points)


def _known(scene: str) -> Any:
    if scene not in SCENES:
        raise Refused(f"scene {scene!r} has no detector yet: use one of {', '.join(SCENES)}")
    return scene


def _single(found: Detection) -> Element:
    """Return what the first frame shows, which no second one has confirmed yet."""
    name = found.kind if found.label is None else f"{found.kind}:{found.label}"
    return Element(id=name, kind=found.kind, label=found.label, bbox=found.bbox, confidence=found.confidence)


def _plain(element: Element) -> dict[str, Any]:
    bbox = [round(value, 4) for value in element.bbox]
    plain = {"id": element.id, "kind": element.kind, "label": element.label, "bbox": bbox}
    return plain | {"confidence": element.confidence}


def _judged(judgement: Judgement) -> dict[str, Any]:
    name = judgement.kind if judgement.label is None else f"{judgement.kind}:{judgement.label}"
    evidence = {"where": judgement.where, "trace": [list(point) for point in judgement.trace]}
    return {
        "t": round(judgement.t, 3),
        "element": name,
        "target": str(judgement.target),
        "evidence": evidence,
    }


def _write(out: str, value: object) -> None:
    text = json.dumps(value, ensure_ascii=False)
    if out == "-":
        sys.stdout.write(text + "\n")
    else:
        Path(out).write_text(text + "\n", encoding="utf-8")
