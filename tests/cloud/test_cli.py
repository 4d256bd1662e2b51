"""The hub's commands, run as people run them."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import tomllib

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from cloud import models
from cloud.__main__ import main
from cloud.cli import hub
from cloud.db import open_database
from cloud.processes import PROCESSES, hub_children
from cloud.settings import load
from cloud.tokens import digest

PORTS = ("FRONT_PORT", "WEB_PORT", "MQTT_PORT", "MQTT_WS_PORT")


@pytest.fixture(autouse=True)
def own_place(tmp_path, monkeypatch):
    """A folder and ports that no other hub on this machine has."""
    monkeypatch.setenv("KTV_HUB_DATA_DIR", str(tmp_path))
    for name in PORTS:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            monkeypatch.setenv(f"KTV_HUB_{name}", str(probe.getsockname()[1]))


def run(*arguments):
    return CliRunner().invoke(hub, arguments)


def test_an_enrolment_code_is_minted_and_only_its_hash_is_kept():
    shown = run("enrol-code")

    assert shown.exit_code == 0, shown.output
    database = open_database(load())
    with database.read() as session:
        assert session.scalars(select(models.EnrolCode.code_hash)).all() == [digest(shown.output.strip())]
    database.close()


def test_a_named_boxs_code_comes_as_lines_for_its_settings():
    found = tomllib.loads(run("enrol-code", "--name", "包厢 3").output)

    assert found["box"]["name"] == "包厢 3"
    assert found["hub"]["url"] == load().url
    assert len(found["hub"]["enrol_code"]) >= 32


def test_a_fresh_ledger_is_right():
    shown = run("audit")

    assert shown.exit_code == 0, shown.output
    assert set(json.loads(shown.output).values()) == {0}


def test_a_wrong_settings_file_gets_one_line(tmp_path):
    shown = run("--settings", str(tmp_path / "none.toml"), "audit")

    assert shown.exit_code == 2
    assert "none.toml" in shown.output
    assert len(shown.output.splitlines()) == 1


def test_every_process_has_a_child_and_each_port_its_setting():
    children = hub_children(load())

    assert tuple(child.name for child in children) == PROCESSES
    settings = [port.setting for child in children for port in child.ports]
    assert len(settings) == len(set(settings)) == 4


@pytest.mark.parametrize(("process", "setting"), [("broker", "mqtt_port"), ("web", "web_port")])
def test_a_port_in_use_is_named_with_its_setting(process, setting, monkeypatch, caplog):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        monkeypatch.setenv(f"KTV_HUB_{setting.upper()}", str(taken.getsockname()[1]))

        assert main([process]) == 2

    assert setting in caplog.text


def test_all_of_the_hub_names_a_port_in_use_before_it_starts_anything(monkeypatch, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        monkeypatch.setenv("KTV_HUB_MQTT_WS_PORT", str(taken.getsockname()[1]))

        shown = run()

    assert shown.exit_code == 2
    assert "mqtt_ws_port" in shown.output
    assert not (tmp_path / "logs" / "broker.log").exists()


@pytest.mark.e2e
@pytest.mark.parametrize("broker", ["auto", "amqtt"])
def test_the_whole_hub_starts_serves_and_leaves_nothing_behind(broker, tmp_path):
    ports = [int(os.environ[f"KTV_HUB_{name}"]) for name in PORTS]
    environment = {**os.environ, "KTV_HUB_BROKER": broker}
    code = "from cloud.cli import hub; hub()"
    with subprocess.Popen(
        [sys.executable, "-c", code],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        lines = []
        for line in process.stdout:
            lines.append(line)
            if "the hub is ready" in line:
                break
        assert "the hub is ready" in "".join(lines[-1:]), "".join(lines)
        with socket.create_connection(("127.0.0.1", ports[0])) as client:
            client.sendall(b"GET /api/health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            assert b" 200 " in client.recv(200)
        begun = time.monotonic()

        process.send_signal(signal.SIGINT)
        rest = process.stdout.read()

    assert process.returncode == 0, rest
    assert time.monotonic() - begun < 15
    for port in ports:
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", port)) != 0
