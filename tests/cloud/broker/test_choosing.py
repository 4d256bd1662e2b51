"""Which broker a machine runs, and what is written for Mosquitto before it starts."""

import json
import logging
import stat
from pathlib import Path

import pytest

from cloud.broker import BrokerLost, Embedded, choose, mosquitto, open_broker
from cloud.broker.place import Place
from cloud.settings import Settings

KEY = b"a key of the tests, 32 bytes long"


@pytest.fixture
def installed(monkeypatch):
    """Say what is installed on this machine."""

    def say(executable, plugin):
        monkeypatch.setattr(mosquitto, "find_executable", lambda: executable)
        monkeypatch.setattr(mosquitto, "find_plugin", lambda _: plugin)

    return say


def test_mosquitto_is_taken_where_it_is_installed_with_its_plugin(installed, tmp_path):
    installed(Path("/usr/sbin/mosquitto"), Path("/usr/lib/plugin.so"))

    assert choose(Settings(data_dir=tmp_path)) == "mosquitto"
    assert choose(Settings(data_dir=tmp_path, broker="amqtt")) == "amqtt"


def test_without_mosquitto_the_embedded_broker_is_taken(installed, tmp_path):
    installed(None, None)

    assert choose(Settings(data_dir=tmp_path)) == "amqtt"
    assert isinstance(open_broker(Settings(data_dir=tmp_path)), Embedded)


def test_without_the_plugin_the_embedded_broker_is_taken_with_a_line_that_says_so(
    installed, tmp_path, caplog
):
    installed(Path("/usr/sbin/mosquitto"), None)

    with caplog.at_level(logging.WARNING):
        assert choose(Settings(data_dir=tmp_path)) == "amqtt"

    assert "dynamic-security" in caplog.text


@pytest.mark.parametrize("executable", [None, Path("/usr/sbin/mosquitto")])
def test_mosquitto_asked_for_by_name_must_be_there(installed, tmp_path, executable):
    installed(executable, None)

    with pytest.raises(BrokerLost, match="not installed"):
        choose(Settings(data_dir=tmp_path, broker="mosquitto"))


def test_the_plugin_is_found_beside_its_broker_on_any_architecture(tmp_path):
    plugin = tmp_path / "lib" / "riscv64-linux-gnu" / "mosquitto_dynamic_security.so"
    plugin.parent.mkdir(parents=True)
    plugin.touch()
    executable = tmp_path / "sbin" / "mosquitto"
    executable.parent.mkdir()
    executable.touch()

    assert mosquitto.find_plugin(executable) == plugin


def test_the_files_are_private_and_hold_no_password_in_clear(tmp_path):
    place = Place(tmp_path / "broker", KEY)

    config = mosquitto.prepare(place, Path("/plugin.so"), 0)

    for path in (config, place.folder / "dynamic-security.json"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert mosquitto.admin_password(KEY) not in path.read_text()
    assert stat.S_IMODE(place.folder.stat().st_mode) == 0o700


def test_a_start_keeps_living_grants_and_drops_expired_ones(tmp_path):
    place = Place(tmp_path / "broker", KEY)
    mosquitto.prepare(place, Path("/plugin.so"), 0)
    store = place.folder / "dynamic-security.json"
    found = json.loads(store.read_text())
    for name, expires_s in (("u-old", 50), ("u-new", 500)):
        found["clients"].append({"username": name, "textdescription": f"expires {expires_s}"})
        found["roles"].append({"rolename": name, "acls": []})
    store.write_text(json.dumps(found))

    mosquitto.prepare(place, Path("/plugin.so"), 100)

    again = json.loads(store.read_text())
    names = {client["username"] for client in again["clients"]}
    assert "u-new" in names
    assert "u-old" not in names
    assert {role["rolename"] for role in again["roles"]} == names


def test_a_broken_store_is_made_anew(tmp_path):
    place = Place(tmp_path / "broker", KEY)
    mosquitto.prepare(place, Path("/plugin.so"), 0)
    store = place.folder / "dynamic-security.json"
    store.write_text('{"clients": [')

    mosquitto.prepare(place, Path("/plugin.so"), 0)

    assert "s-worker" in store.read_text()
