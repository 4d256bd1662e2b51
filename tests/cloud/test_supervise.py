"""Children that really run, end, hang and die."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cloud.supervise import Child, ChildFailed, Port, PortInUse, Supervisor, answers, listens

ECHO = """
import socket, sys, time
print("INFO serving", flush=True)
with socket.create_server(("127.0.0.1", int(sys.argv[1]))) as server:
    while True:
        client, _ = server.accept()
        client.recv(100)
        client.sendall(b"HTTP/1.1 200 OK\\r\\n\\r\\n")
        client.close()
"""
SLEEP = "import time; print('WARNING awake', flush=True); time.sleep(600)"
DEAF = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print('up', flush=True)
time.sleep(600)
"""


def python(name, code, *arguments, **options):
    return Child(name, (sys.executable, "-c", code, *arguments), **options)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def is_alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


async def until(holds, seconds=10.0):
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "waited in vain"
        await asyncio.sleep(0.02)


async def test_children_start_in_order_each_when_the_one_before_is_ready(tmp_path):
    port = free_port()
    served = python("served", ECHO, str(port), ready=answers("127.0.0.1", port, "/"))
    asks = f"import socket; socket.create_connection(('127.0.0.1', {port})); print('found', flush=True); "
    second = python("second", asks + "import time; time.sleep(600)", ready_line="found")

    async with Supervisor([served, second], log_dir=tmp_path, tell=lambda _: None) as supervisor:
        pids = [supervisor.pid("served"), supervisor.pid("second")]
        assert all(is_alive(pid) for pid in pids)

    assert not any(is_alive(pid) for pid in pids)
    assert "INFO serving" in (tmp_path / "served.log").read_text()


async def test_children_that_need_not_wait_start_together(tmp_path):
    slow = "import time; time.sleep({}); print('up', flush=True); time.sleep(600)"
    children = [python(f"c{n}", slow.format(1), ready_line="up", waits=n == 0) for n in range(4)]
    begun = time.monotonic()

    async with Supervisor(children, log_dir=tmp_path, tell=lambda _: None) as supervisor:
        assert time.monotonic() - begun < 3
        assert all(is_alive(supervisor.pid(child.name)) for child in children)


async def test_a_child_that_dies_is_started_again(tmp_path):
    told = []
    port = free_port()
    child = python("served", ECHO, str(port), ready=listens("127.0.0.1", port))
    async with Supervisor([child], log_dir=tmp_path, tell=told.append) as supervisor:
        first = supervisor.pid("served")

        os.kill(first, signal.SIGKILL)

        await until(lambda: supervisor.pid("served") not in (first, None))
        await until(lambda: (tmp_path / "served.log").read_text().count("serving") == 2)
    assert any("SIGKILL" in line and "starts again" in line for line in told)


async def test_a_port_in_use_is_named_with_its_setting_before_anything_starts(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        child = python("late", SLEEP, ports=(Port("127.0.0.1", port, "front_port in hub.toml"),))
        started = python("first", SLEEP)
        supervisor = Supervisor([started, child], log_dir=tmp_path, tell=lambda _: None)

        with pytest.raises(PortInUse, match=f"port {port} .*front_port in hub.toml"):
            await supervisor.start()

        assert supervisor.pid("first") is None


async def test_a_child_that_fails_at_its_start_stops_the_rest_and_is_quoted(tmp_path):
    supervisor = Supervisor(
        [
            python("good", SLEEP, ready_line="awake"),
            python("bad", "raise SystemExit('no such thing')", ready_line="x"),
        ],
        log_dir=tmp_path,
        tell=lambda _: None,
    )

    with pytest.raises(ChildFailed, match=r"bad has ended(.|\n)*no such thing"):
        await supervisor.start()

    assert supervisor.pid("good") is None


async def test_a_child_that_is_never_ready_is_named(tmp_path):
    supervisor = Supervisor(
        [python("slow", SLEEP, ready_line="never", ready_s=0.5)], log_dir=tmp_path, tell=print
    )

    with pytest.raises(ChildFailed, match=r"slow is not ready after 0\.5 s"):
        await supervisor.start()


async def test_a_program_that_is_not_there_is_named(tmp_path):
    supervisor = Supervisor([Child("ghost", ("/no/such/program",))], log_dir=tmp_path, tell=print)

    with pytest.raises(ChildFailed, match="ghost cannot be started"):
        await supervisor.start()


async def test_a_child_that_ignores_the_request_to_stop_is_killed_with_its_own_children(
    tmp_path, monkeypatch
):
    monkeypatch.setattr("cloud.supervise.STOP_S", 0.5)
    code = f"""
import subprocess, sys
print('grandchild', subprocess.Popen([sys.executable, '-c', {SLEEP!r}]).pid, flush=True)
"""
    child = python("deaf", code + DEAF, ready_line="up")
    async with Supervisor([child], log_dir=tmp_path, tell=lambda _: None):
        text = (tmp_path / "deaf.log").read_text()
        grandchild = int(text.split("grandchild ")[1].split()[0])
        assert is_alive(grandchild)

    await until(lambda: not is_alive(grandchild))


async def test_warnings_and_tracebacks_reach_the_terminal_and_the_rest_only_the_log(tmp_path):
    told = []
    code = (
        "print('INFO quiet', flush=True); print('WARNING loud', flush=True); import time; time.sleep(.2); 1/0"
    )
    async with Supervisor([python("talker", code)], log_dir=tmp_path, tell=told.append):
        await until(lambda: any("ZeroDivisionError" in line or "starts again" in line for line in told))

    assert "talker | WARNING loud" in told
    assert any("Traceback" in line for line in told)
    assert not any("quiet" in line for line in told)
    assert "INFO quiet" in (tmp_path / "talker.log").read_text()


def test_no_orphan_is_left_when_the_supervisor_itself_is_killed(tmp_path):
    code = f"""
import asyncio, sys
from pathlib import Path
from cloud.supervise import Child, Supervisor
async def main():
    child = Child("sleeper", (sys.executable, "-c", {SLEEP!r}), ready_line="awake")
    async with Supervisor([child], log_dir=Path({str(tmp_path)!r}), tell=lambda _: None) as supervisor:
        print(supervisor.pid("sleeper"), flush=True)
        await asyncio.sleep(600)
asyncio.run(main())
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as supervisor:
        child = int(supervisor.stdout.readline())
        assert is_alive(child)

        supervisor.kill()

    end = time.monotonic() + 5
    while is_alive(child) and time.monotonic() < end:
        time.sleep(0.02)
    assert not is_alive(child)
