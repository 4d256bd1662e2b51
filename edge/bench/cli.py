"""`ktv bench`: measure, and compare with what must hold.

A bench is a function that takes the folder of real recordings (None where there is none) and something to
tell its progress to, and returns rows of name, value, unit, must and ok. Other packages add theirs by entry
points of the group `ktv.benches`.
"""

import importlib
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, TextIO

import click

from edge.bench.figures import machine
from edge.core.errors import Refused

ENTRY_POINTS = "ktv.benches"
OWN = {"singing": "edge.bench.singing:measure", "vision": "edge.bench.vision:measure"}
"""The box's benches, imported when they are run."""

Say = Callable[[str], None]
Bench = Callable[[Path | None, Say], Sequence[dict[str, Any]]]


def names() -> list[str]:
    """Return the names of every bench there is."""
    return [*OWN, *sorted({point.name for point in entry_points(group=ENTRY_POINTS)} - set(OWN))]


@click.command()
@click.argument("name", type=click.Choice(names()), metavar="NAME")
@click.option(
    "--json", "out", type=click.File("w"), default="-", help="Where the figures go; - is standard output."
)
def bench(name: str, out: TextIO) -> None:
    """Measure singing, vision or media; the exit status is 1 if a figure is not as it must be.

    What the project ships is always measured; the folder of real recordings named by KTV_DATA besides.
    """
    began_s = time.monotonic()

    def say(words: str) -> None:
        click.echo(f"[{time.monotonic() - began_s:5.1f} s] {words}", err=True)

    data = recordings(os.environ.get("KTV_DATA", ""))
    where = f"real recordings in {data} (KTV_DATA)" if data else "KTV_DATA is not set: shipped data only"
    say(f"{name}: {where}")
    here = machine() | {"data": str(data) if data else None}
    rows = load(name)(data, say)
    json.dump({"figures": rows, "machine": here}, out, ensure_ascii=False)
    out.write("\n")
    failed = [row["name"] for row in rows if not row["ok"]]
    say(f"not as they must be: {', '.join(failed)}" if failed else "every figure is as it must be")
    sys.exit(1 if failed else 0)


def recordings(named: str) -> Path | None:
    """Return the folder of real recordings; None where none is named.

    Raises:
        Refused: the folder that is named is not there.
    """
    if not named:
        return None
    folder = Path(named)
    if not folder.is_dir():
        raise Refused(f'KTV_DATA names "{named}", which is no folder: name one, or unset KTV_DATA')
    return folder


def load(name: str) -> Bench:
    """Import and return a bench."""
    if name in OWN:
        module, _, function = OWN[name].partition(":")
        found: Bench = getattr(importlib.import_module(module), function)
        return found
    added: Bench = next(point for point in entry_points(group=ENTRY_POINTS) if point.name == name).load()
    return added
