"""`ktv hub`: the hub's commands."""

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import click

from cloud.broker import choose
from cloud.core.errors import HubError
from cloud.db import migrate, open_database
from cloud.desk import ledger
from cloud.processes import argv, hub_children, mint_enrol_code
from cloud.settings import load
from cloud.supervise import Supervisor


@click.group(invoke_without_command=True)
@click.option(
    "--settings",
    "path",
    type=click.Path(path_type=Path),
    help="The hub's settings file. [defaults and KTV_HUB_*]",
)
@click.pass_context
def hub(context: click.Context, path: Path | None) -> None:
    """Run the hub: all of it on this machine, or one of its processes."""
    context.obj = path
    if context.invoked_subcommand is None:
        with _one_line_errors():
            asyncio.run(_run_all(path))


@hub.command()
@click.pass_obj
def broker(path: Path | None) -> None:
    """The broker: Mosquitto where it is installed, else the embedded one."""
    _become("broker", path)


@hub.command()
@click.pass_obj
def web(path: Path | None) -> None:
    """The API behind the front."""
    _become("web", path)


@hub.command()
@click.pass_obj
def worker(path: Path | None) -> None:
    """Settles what boxes say, publishes what the hub says."""
    _become("worker", path)


@hub.command()
@click.pass_obj
def media(path: Path | None) -> None:
    """The front: pages, API, WHIP/WHEP and MQTT over WebSocket at one address."""
    _become("media", path)


@hub.command("stand-ins")
@click.pass_obj
def stand_ins(path: Path | None) -> None:
    """Starts boxes for singers who have none."""
    _become("stand-ins", path)


@hub.command("enrol-code")
@click.option("--name", help="The box's name; prints the lines for its box.toml.")
@click.pass_obj
def enrol_code(path: Path | None, name: str | None) -> None:
    """Make a one-time code that lets one new box in (15 minutes)."""
    with _one_line_errors():
        settings = load(path)
        code = mint_enrol_code(settings)
    if name is None:
        click.echo(code)
        return
    click.echo(f"[box]\nname = {json.dumps(name, ensure_ascii=False)}\n")
    click.echo(f"[hub]\nurl = {json.dumps(settings.url)}\nenrol_code = {json.dumps(code)}")


@hub.command()
@click.pass_obj
def audit(path: Path | None) -> None:
    """Check the ledger; every figure must be 0 (exit status 1 if one is not)."""
    with _one_line_errors():
        settings = load(path)
        migrate(settings)
        database = open_database(settings)
        with database.read() as session:
            figures = ledger.audit(session)
        database.close()
    click.echo(json.dumps(figures))
    sys.exit(0 if not any(figures.values()) else 1)


async def _run_all(path: Path | None) -> None:
    settings = load(path)
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    logs = settings.data_dir / "logs"
    click.echo(f"starting the hub with {choose(settings)} as broker; logs in {logs}")
    supervisor = Supervisor(hub_children(settings, path=path), log_dir=logs, tell=click.echo)
    starting = asyncio.create_task(supervisor.start())
    stopping = asyncio.create_task(stopped.wait())
    try:
        await asyncio.wait({starting, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if starting.done():
            await starting
            click.echo(f"the hub is ready at {settings.url} (Ctrl-C stops it)")
            await stopping
            click.echo("stopping ...")
    finally:
        starting.cancel()
        stopping.cancel()
        await asyncio.gather(starting, stopping, return_exceptions=True)
        await supervisor.stop()


def _become(name: str, path: Path | None) -> NoReturn:
    """Turn into one process of the hub, which so gets every signal itself."""
    words = argv(name, path)
    os.execv(words[0], words)  # noqa: S606 - no shell


@contextlib.contextmanager
def _one_line_errors() -> Iterator[None]:
    try:
        yield
    except HubError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(2)
