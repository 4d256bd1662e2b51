import os
import socket

import pytest
from aiohttp import web

from cloud.demo.alone import DemoRuns, alone_in, require_free_ports
from cloud.demo.stage import free_port
from cloud.settings import Settings
from cloud.supervise import PortInUse


def test_a_second_demo_in_the_same_folder_is_told_of_the_first(tmp_path):
    with (
        alone_in(tmp_path),
        pytest.raises(DemoRuns, match=rf"{tmp_path} \(process {os.getpid()}\).*--data"),
        alone_in(tmp_path),
    ):
        pass

    with alone_in(tmp_path):  # let go again
        pass


async def test_free_ports_are_no_error(tmp_path):
    await require_free_ports(Settings(data_dir=tmp_path, front_port=free_port()), free_port())


async def test_ports_of_other_programs_are_named_with_their_option(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        with pytest.raises(PortInUse, match=rf"port {port} .*set --kiosk-port"):
            await require_free_ports(Settings(data_dir=tmp_path, front_port=free_port()), port)
        taken.close()
    async with serving(404) as port:
        with pytest.raises(PortInUse, match=rf"port {port} .*set --port"):
            await require_free_ports(Settings(data_dir=tmp_path, front_port=port), free_port())


async def test_a_hub_that_runs_already_is_told_with_its_address(tmp_path):
    async with serving(200) as port:
        with pytest.raises(DemoRuns, match=rf"runs already at http://127.0.0.1:{port}"):
            await require_free_ports(Settings(data_dir=tmp_path, front_port=port), free_port())


class serving:
    """Answers every question with one status."""

    def __init__(self, status):
        self.status = status

    async def __aenter__(self):
        async def answer(_request):
            return web.Response(status=self.status)

        app = web.Application()
        app.router.add_get("/api/health", answer)
        self.runner = web.AppRunner(app)
        await self.runner.setup()
        site = web.TCPSite(self.runner, "127.0.0.1", 0)
        await site.start()
        return site._server.sockets[0].getsockname()[1]

    async def __aexit__(self, *_error):
        await self.runner.cleanup()
