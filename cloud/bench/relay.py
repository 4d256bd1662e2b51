"""A relay with its door on a loopback port, in a process of its own: `python -m cloud.bench.relay FOLDER`.

It writes its port as the first line, and answers each line it reads with the processor time it has used, in
s; it ends with its input.
"""

import asyncio
import sys
import time
from pathlib import Path

from aiohttp import web

from cloud.media.door import Door
from cloud.media.problems import refuse
from cloud.media.relay import Relay, choose_plant
from cloud.settings import Settings
from cloud.tokens import Signer


async def serve(folder: Path) -> None:
    """Carry media until the input ends; the secrets are in `folder`."""
    settings = Settings(data_dir=folder)
    relay = Relay(await choose_plant(), addresses=["127.0.0.1"])
    app = web.Application(middlewares=[refuse], client_max_size=64 * 1024)
    app.add_routes(Door(relay, Signer(settings), settings.url).routes())
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    running = asyncio.create_task(relay.run())
    try:
        print(runner.addresses[0][1], flush=True)
        while await asyncio.to_thread(sys.stdin.readline):
            print(time.process_time(), flush=True)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1])))
