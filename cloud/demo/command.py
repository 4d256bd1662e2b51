"""`ktv demo`: starts the main job and shows where to go, or walks it by itself and says what held."""

import asyncio
import contextlib
import json
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.markup import escape

from cloud.core.errors import HubError
from cloud.demo.alone import alone_in, require_free_ports
from cloud.demo.booth import Booth
from cloud.demo.check import Check
from cloud.demo.clips import read_clip
from cloud.demo.people import Person
from cloud.demo.props import check_wishes
from cloud.demo.stage import HOLD_S, REST_S, Stage, Wishes, free_port, set_stage
from cloud.demo.walk import Walk
from cloud.processes import READY_S, hub_children, mint_enrol_code
from cloud.settings import Settings, load
from cloud.supervise import Child, Port, Supervisor, answers

KIOSK_PORT = 8090
STOPPED = 130
"""Exit status of a walk that was stopped before its end."""


@click.command()
@click.option(
    "--mic", type=click.Path(path_type=Path), help="Recording that the box's singer sings. [shipped voice]"
)
@click.option(
    "--song", type=click.Path(path_type=Path), help="Song: an UltraStar .txt or its folder. [shipped song]"
)
@click.option(
    "--camera", type=click.Path(path_type=Path), help="Clip that the box's camera sees. [shipped table]"
)
@click.option("--port", type=int, help="Port of pages, API and media. [8080]")
@click.option("--kiosk-port", type=int, help=f"Port of the box's touchscreen page. [{KIOSK_PORT}]")
@click.option(
    "--broker", type=click.Choice(["auto", "mosquitto", "amqtt"]), default="auto", show_default=True
)
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    help="Folder that keeps everything; with --check it should be empty. [user data folder]",
)
@click.option(
    "--check", is_flag=True, help="Walk every step with headless people in a fresh folder, then stop."
)
@click.option(
    "--json",
    "json_path",
    type=click.Path(path_type=Path, allow_dash=True),
    help="With --check: where to write the outcome; - for standard output.",
)
def demo(
    mic: Path | None,
    song: Path | None,
    camera: Path | None,
    port: int | None,
    kiosk_port: int | None,
    broker: Any,
    data: Path | None,
    check: bool,
    json_path: Path | None,
) -> None:
    """Start broker, web, worker, media, stand-ins and one demo box; Ctrl-C stops them all."""
    console = Console(stderr=True, highlight=False)
    wishes = Wishes(mic, song, camera)
    base = load()
    try:
        check_wishes(wishes)
        if check:
            walk = _check(replace(base, broker=broker), wishes, data, json_path, console)
            code = asyncio.run(_until_stopped(walk, console))
            sys.exit(STOPPED if code is None else code)
        folder = data or base.data_dir / "demo"
        settings = replace(base, broker=broker, data_dir=folder.resolve(), front_port=port or base.front_port)
        asyncio.run(_until_stopped(_show(settings, wishes, kiosk_port or KIOSK_PORT, console), console))
    except HubError as error:
        console.print(f"[bold red]error[/] {escape(str(error))}", soft_wrap=True)
        sys.exit(2)


async def _until_stopped(work: Coroutine[Any, Any, int], console: Console) -> int | None:
    """Run `work` to its end, or until Ctrl-C: then it is taken down wherever it is; None is returned."""
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    working = asyncio.create_task(work)
    stopping = asyncio.create_task(stopped.wait())
    try:
        await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            return await working
        console.print("stopping ...")
        working.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await working
        return None
    finally:
        stopping.cancel()


async def _show(settings: Settings, wishes: Wishes, kiosk_port: int, console: Console) -> int:
    from cloud.demo.places import show_places  # noqa: PLC0415 - QR codes are drawn only here

    async with running(settings, wishes, kiosk_port, console) as stage:
        show_places(stage, console)
        await asyncio.Event().wait()
    return 0


async def _check(
    base: Settings, wishes: Wishes, data: Path | None, json_path: Path | None, console: Console
) -> int:
    begun = time.monotonic()
    with contextlib.ExitStack() as stack:
        folder = data or stack.enter_context(tempfile.TemporaryDirectory(prefix="ktv-check-"))
        settings = replace(
            base,
            data_dir=Path(folder),
            front_port=free_port(),
            web_port=free_port(),
            mqtt_port=free_port(),
            mqtt_ws_port=free_port(),
        )
        async with running(settings, wishes, free_port(), console) as stage:
            started_ms = round(1000 * (time.monotonic() - begun))
            outcome, held = await _walk(stage, console)
        outcome = {**outcome, "started_ms": started_ms, "took_ms": round(1000 * (time.monotonic() - begun))}
    text = json.dumps(outcome, ensure_ascii=False)
    if json_path is not None and str(json_path) != "-":
        await asyncio.to_thread(json_path.write_text, text + "\n", "utf-8")
    elif json_path is not None:
        click.echo(text)
    console.print(
        f"{'every step holds' if held else 'NOT every step holds'}, {outcome['took_ms'] / 1000:.1f} s"
    )
    return 0 if held else 1


async def _walk(stage: Stage, console: Console) -> tuple[dict[str, Any], bool]:
    url = stage.settings.url
    booth = Booth(stage.kiosk_url)
    clip = await asyncio.to_thread(read_clip, stage.camera, HOLD_S + REST_S)
    async with contextlib.AsyncExitStack() as stack:
        mei, lin, ana, bo = [
            await stack.enter_async_context(Person(url, name)) for name in ("Mei", "Lin", "Ana", "Bo")
        ]
        await booth.open()
        stack.push_async_callback(booth.close)
        walk = Walk(booth, stage.mic, clip, stage.song_id, mei, lin, ana, bo)
        check = Check(walk, stage.settings, lambda line: console.print(line, markup=False))
        held = await check.run()
        return check.outcome(), held


@contextlib.asynccontextmanager
async def running(
    settings: Settings, wishes: Wishes, kiosk_port: int, console: Console
) -> AsyncIterator[Stage]:
    """Run the hub and the demo box until the block ends."""
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    with alone_in(settings.data_dir):
        await require_free_ports(settings, kiosk_port)
        settings = replace(settings, song_folders=(*settings.song_folders, settings.data_dir / "songs"))
        (settings.data_dir / "songs").mkdir(exist_ok=True)
        code_file = settings.data_dir / "box" / "enrol-code"
        stage = set_stage(settings, wishes, kiosk_port, code_file)
        supervisor = Supervisor(
            hub_children(settings, stage.environment),
            log_dir=settings.data_dir / "logs",
            tell=lambda line: console.print(line, markup=False),
        )
        try:
            await _start(supervisor, stage, code_file, console)
            yield stage
        finally:
            await supervisor.stop()


async def _start(supervisor: Supervisor, stage: Stage, code_file: Path, console: Console) -> None:
    with console.status("starting broker, web, worker, media and stand-ins ..."):
        await supervisor.start()
    await asyncio.to_thread(_let_box_in, stage.settings, code_file)
    with console.status("starting the box ..."):
        await supervisor.add(_box_child(stage))


def _let_box_in(settings: Settings, code_file: Path) -> None:
    code_file.touch(mode=0o600)
    code_file.write_text(mint_enrol_code(settings))


def _box_child(stage: Stage) -> Child:
    return Child(
        "box",
        (sys.executable, "-m", "edge", "--config", str(stage.box_toml)),
        ready=answers("127.0.0.1", stage.kiosk_port, "/"),
        ready_s=READY_S,
        ports=(Port("127.0.0.1", stage.kiosk_port, "--kiosk-port"),),
    )
