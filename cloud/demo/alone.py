"""One demo at a time: in its folder, and on its ports."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from cloud.core.errors import HubError
from cloud.settings import Settings
from cloud.supervise import Port, PortInUse, answers, require_free

LOCK = "demo.lock"


class DemoRuns(HubError):
    """A demo runs already."""


@contextlib.contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Hold `folder` for this process; the system lets it go when the process ends, however it ends.

    Raises:
        DemoRuns: another process holds it; says which.
    """
    with (folder / LOCK).open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            raise DemoRuns(
                f"a demo runs already in {folder} (process {file.read().strip() or 'unknown'}): stop it with "
                "Ctrl-C, or start this one with another --data, --port and --kiosk-port"
            ) from error
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield


async def require_free_ports(settings: Settings, kiosk_port: int) -> None:
    """Do nothing if nobody listens where the demo's pages shall be.

    Raises:
        DemoRuns: a hub of KTV Live answers there.
        PortInUse: another program does; says which option moves the page.
    """
    try:
        require_free(Port(settings.front_host, settings.front_port, "--port"))
    except PortInUse as error:
        if await answers("127.0.0.1", settings.front_port, "/api/health")():
            raise DemoRuns(
                f"KTV Live runs already at http://127.0.0.1:{settings.front_port}: open that, or stop it "
                "with Ctrl-C where it was started"
            ) from error
        raise
    require_free(Port("127.0.0.1", kiosk_port, "--kiosk-port"))
