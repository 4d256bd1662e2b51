"""`ktv box` and `ktv settings`."""

import sys
from pathlib import Path

import click

from edge.settings import load_settings


@click.command()
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    default=Path("/etc/ktv/box.toml"),
    show_default=True,
    help="Settings file.",
)
def box(config: Path) -> None:
    """Run a box until it is told to stop."""
    from edge import app  # noqa: PLC0415 - `ktv settings` needs none of the box's libraries

    sys.exit(app.main(config))


@click.group()
def settings() -> None:
    """Look at a box's settings."""


@settings.command()
@click.argument("file", type=click.Path(path_type=Path))
def check(file: Path) -> None:
    """Say whether FILE can be used, or which line is wrong and how it may be meant."""
    load_settings(file)
    click.echo(f"{file}: every key and value can be used")
