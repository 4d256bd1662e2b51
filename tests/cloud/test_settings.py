import threading

import pytest

from cloud.core.errors import SettingsError
from cloud.settings import Settings, load


def test_without_a_file_everything_has_a_default_for_one_machine(tmp_path):
    settings = load(environ={"KTV_HUB_DATA_DIR": str(tmp_path)})

    assert settings.url == "http://127.0.0.1:8080"
    assert settings.database == f"sqlite:///{tmp_path}/hub.sqlite"
    assert (settings.mqtt_port, settings.mqtt_ws_port, settings.broker) == (1884, 1885, "auto")
    assert settings.song_folders[0].parts[-3:] == ("edge", "data", "songs")


def test_the_environment_goes_before_the_file(tmp_path):
    path = tmp_path / "hub.toml"
    path.write_text('front_port = 9000\npublic_url = "https://ktv.example/"\nsong_folders = ["/a", "/b"]\n')
    settings = load(path, {"KTV_HUB_FRONT_PORT": "9001", "KTV_HUB_RATE_LIMITS": "false", "OTHER": "x"})

    assert settings.front_port == 9001
    assert settings.url == "https://ktv.example"
    assert [str(one) for one in settings.song_folders] == ["/a", "/b"]
    assert settings.rate_limits is False


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("front_prot = 1", "unknown key front_prot: did you mean front_port"),
        ("zzz = 1", "known keys: broker"),
        ('front_port = "many"', "whole number"),
        ("front_port = -1", "0 or more"),
        ("front_port = true", "whole number"),
        ('broker = "rabbit"', "one of auto, mosquitto, amqtt"),
        ("public_url = 3", "a text in quotes"),
        ("song_folders = 3", "a list of folders"),
        ("data_dir = 3", "a path"),
        ("rate_limits = 3", "true or false"),
        ("front_port = ", "not TOML"),
    ],
)
def test_a_wrong_setting_says_where_and_what(tmp_path, text, says):
    path = tmp_path / "hub.toml"
    path.write_text(text)

    with pytest.raises(SettingsError, match=says) as caught:
        load(path, {})
    assert "hub.toml" in str(caught.value)


def test_a_wrong_variable_is_named():
    with pytest.raises(SettingsError, match="KTV_HUB_WEB_PROT: unknown key web_prot: did you mean web_port"):
        load(environ={"KTV_HUB_WEB_PROT": "1"})


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(SettingsError, match=r"hub\.toml"):
        load(tmp_path / "hub.toml", {})


def test_the_key_is_made_once_and_for_its_owner_alone(tmp_path):
    settings = Settings(data_dir=tmp_path)

    key = settings.key()

    path = tmp_path / "secrets" / "hub.key"
    assert len(key) >= 43
    assert settings.key() == key == path.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in path.parent.iterdir()] == ["hub.key"]


def test_processes_that_start_together_agree_on_the_key(tmp_path):
    settings = Settings(data_dir=tmp_path)
    keys = []
    threads = [threading.Thread(target=lambda: keys.append(settings.key())) for _ in range(16)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(keys) == 16
    assert len(set(keys)) == 1


def test_a_secret_may_stand_in_a_file_of_the_operators(tmp_path, monkeypatch):
    (tmp_path / "mine").write_text("s3cret\n")
    monkeypatch.setenv("KTV_HUB_SECRET_HUB_FILE", str(tmp_path / "mine"))

    assert Settings(data_dir=tmp_path).key() == b"s3cret"

    monkeypatch.setenv("KTV_HUB_SECRET_HUB_FILE", str(tmp_path / "gone"))
    with pytest.raises(SettingsError, match="gone"):
        Settings(data_dir=tmp_path).key()
