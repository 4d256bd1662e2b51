"""The hub's settings: defaults, then hub.toml, then KTV_HUB_* of the environment; read once at start."""

import difflib
import os
import secrets
import tomllib
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

import platformdirs

from cloud.core.errors import SettingsError

PREFIX = "KTV_HUB_"


def _data_dir() -> Path:
    return Path(platformdirs.user_data_dir("ktv-live", appauthor=False))


def _shipped_songs() -> tuple[Path, ...]:
    return (Path(str(files("edge"))) / "data" / "songs",)


def _built_pages() -> Path:
    return Path(str(files("cloud"))) / "pages" / "dist"


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be set; every default works on one machine."""

    data_dir: Path = field(default_factory=_data_dir)
    """Where database, secrets and imported audio live."""
    front_host: str = "127.0.0.1"
    """Address on which pages, API, WHIP/WHEP and MQTT over WebSocket are served."""
    front_port: int = 8080
    """Its port."""
    public_url: str = ""
    """Address under which people reach the front, in links and QR codes; empty: the front's own."""
    web_port: int = 8081
    """Loopback port of the API behind the front."""
    web_threads: int = 8
    """Threads of the API's one process."""
    mqtt_host: str = "127.0.0.1"
    """Where the broker listens."""
    mqtt_port: int = 1884
    """The broker's MQTT port."""
    mqtt_ws_port: int = 1885
    """The broker's MQTT over WebSocket port."""
    broker: Literal["auto", "mosquitto", "amqtt"] = "auto"
    """Which broker is started; auto: mosquitto where it is installed."""
    database_url: str = ""
    """SQLAlchemy address; empty: SQLite in data_dir. `postgresql+psycopg://...` for PostgreSQL."""
    song_folders: tuple[Path, ...] = field(default_factory=_shipped_songs)
    """Folders whose sub-folders are songs; imported when the API starts."""
    starting_points: int = 1000
    """Points a new account gets from the mint."""
    rate_limits: bool = True
    """Whether log-in, sign-up, picks and tasks are limited per address or user."""
    pages_dir: Path = field(default_factory=_built_pages)
    """Folder of the built pages: phone, studio, overlay, console."""
    tls: Literal["off", "local", "files"] = "off"
    """Who encrypts the front: nobody (or a proxy), the hub's own local CA, or the two files below."""
    tls_certificate: str = ""
    """PEM file with certificate and chain, for tls = files."""
    tls_key: str = ""
    """PEM file with the private key, for tls = files."""
    ice_addresses: str = ""
    """Addresses for media, by comma; empty: loopback where the front is, else every address there is."""
    media_sessions: int = 400
    """Most connections, publishers and viewers, that the relay carries."""
    stand_ins: int = 8
    """Most boxes this machine runs for people who have none."""

    @property
    def front_from_here(self) -> str:
        """The host under which this machine's own processes reach the front."""
        # Compared, not bound: "every address" is no address to connect to.
        return "127.0.0.1" if self.front_host in {"0.0.0.0", "::"} else self.front_host  # noqa: S104

    @property
    def url(self) -> str:
        """The address under which people reach the hub, without a trailing slash."""
        scheme = "http" if self.tls == "off" else "https"
        return (self.public_url or f"{scheme}://{self.front_from_here}:{self.front_port}").rstrip("/")

    @property
    def database(self) -> str:
        """The database's SQLAlchemy address."""
        return self.database_url or f"sqlite:///{self.data_dir / 'hub.sqlite'}"

    def key(self) -> bytes:
        """Return the secret that signs every token."""
        return self.secret("hub").encode()

    def secret(self, name: str) -> str:
        """Return the secret `name`, made with 256 random bits (and mode 0600) where it does not exist yet.

        The environment may name a file that holds it: KTV_HUB_SECRET_<NAME>_FILE.
        """
        named = os.environ.get(f"{PREFIX}SECRET_{name.upper().replace('-', '_')}_FILE")
        path = Path(named) if named else self.data_dir / "secrets" / f"{name}.key"
        try:
            return path.read_text().strip()
        except FileNotFoundError:
            if named:
                raise SettingsError(
                    f"the secret {name} should stand in {named}: there is no such file"
                ) from None
        return _make_secret(path)


def _make_secret(path: Path) -> str:
    """Write a new secret unless another process was first; `link` decides who was."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(32))
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return path.read_text().strip()


def load(path: Path | None = None, environ: Mapping[str, str] | None = None) -> Settings:
    """Return the settings of hub.toml at `path` (all defaults without one), overridden by the environment.

    Raises:
        SettingsError: no such file, not TOML, an unknown key or a value of the wrong type.
    """
    values: dict[str, Any] = {}
    for key, value in _read(path).items() if path else ():
        values[key] = _value(key, value, f"{path}")
    for name, text in (os.environ if environ is None else environ).items():
        if name.startswith(PREFIX) and not name.startswith(f"{PREFIX}SECRET_"):
            key = name.removeprefix(PREFIX).lower()
            values[key] = _value(key, text, f"environment variable {name}")
    return Settings(**values)


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror}: name a file that can be read") from error
    except ValueError as error:
        raise SettingsError(f"{path} is not TOML: {error}") from error


def _value(key: str, seen: object, where: str) -> object:
    """Return `seen` as the type that the field `key` has."""
    kinds = typing.get_type_hints(Settings)
    known = {one.name for one in fields(Settings)}
    if key not in known:
        near = difflib.get_close_matches(key, known, 1)
        hint = f"did you mean {near[0]}?" if near else f"known keys: {', '.join(sorted(known))}"
        raise SettingsError(f"{where}: unknown key {key}: {hint}")
    try:
        return _convert(kinds[key], seen)
    except (ValueError, TypeError) as error:
        raise SettingsError(f"{where}: {key} = {seen!r}: {error}") from error


def _convert(kind: Any, seen: object) -> object:
    if typing.get_origin(kind) is Literal:
        choices = typing.get_args(kind)
        if seen not in choices:
            raise ValueError(f"one of {', '.join(choices)} was expected")
        return seen
    if typing.get_origin(kind) is tuple:
        parts = seen.split(os.pathsep) if isinstance(seen, str) else seen
        if not isinstance(parts, list):
            raise TypeError("a list of folders was expected")
        return tuple(_convert(Path, part) for part in parts if part)
    return _PLAIN[kind](seen)


def _path(seen: object) -> Path:
    if not isinstance(seen, str) or not seen:
        raise TypeError("a path was expected")
    return Path(seen).expanduser()


def _text(seen: object) -> str:
    if not isinstance(seen, str):
        raise TypeError("a text in quotes was expected")
    return seen


def _whole(seen: object) -> int:
    if isinstance(seen, bool) or not isinstance(seen, int | str):
        raise TypeError("a whole number was expected")
    try:
        number = int(seen)
    except ValueError:
        raise ValueError("a whole number was expected") from None
    if number < 0:
        raise ValueError("a number of 0 or more was expected")
    return number


def _truth(seen: object) -> bool:
    truth = {True: True, False: False, "true": True, "1": True, "false": False, "0": False}
    if not isinstance(seen, bool | str) or seen not in truth:
        raise ValueError("true or false was expected")
    return truth[seen]


_PLAIN: Mapping[Any, Any] = types.MappingProxyType({Path: _path, str: _text, int: _whole, bool: _truth})
