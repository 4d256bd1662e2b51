"""What one box is told in its `box.toml`: read once, checked, and passed in from there."""

import os
import tomllib
import types
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, get_args, get_origin, get_type_hints

from edge.core.errors import SettingsError
from edge.wire.elements import Scene
from edge.wire.users import Language


class Span(NamedTuple):
    """The least and the greatest value a number may have."""

    least: float
    greatest: float


Port = Annotated[int, Span(0, 65535)]


@dataclass(frozen=True, slots=True)
class BoxSettings:
    """`[box]`: who this box is and where it keeps its things."""

    name: str = "booth"
    """What people call this box, up to 60 characters; shown on the kiosk and at the hub."""
    data_dir: Path = Path("~/.local/share/ktv-live/box")
    """Folder for the box's key, its outbox and the songs it fetched; made when it is missing."""
    language: Language = "zh-CN"
    """Language the kiosk starts in: `zh-CN` or `en`."""


@dataclass(frozen=True, slots=True)
class HubSettings:
    """`[hub]`: the hub this box belongs to."""

    url: str = ""
    """Address of the hub, such as `https://ktv.example`; empty: the box works alone."""
    enrol_code: str = ""
    """One-time code from the hub's console, for the first start; better in a file or KTV_ENROL_CODE."""
    enrol_code_file: Path | None = None
    """File that holds the one-time code; empty: none."""
    mqtt_host: str = ""
    """Host of the message broker; empty: learnt from the hub."""
    mqtt_port: Port = 0
    """TCP port of the message broker; 0: learnt from the hub."""


@dataclass(frozen=True, slots=True)
class MicrophoneSettings:
    """`[microphone]`: where the voice comes from."""

    kind: Literal["alsa", "file", "webrtc", "none"] = "alsa"
    """`alsa`: a sound card; `file`: a recording; `webrtc`: the singer's own stream (stand-ins); `none`."""
    device: str = "default"
    """ALSA device (`arecord -L` lists them), for kind `alsa`."""
    rate_hz: Annotated[int, Span(8_000, 192_000)] = 48_000
    """Samples per second, in Hz."""
    period_ms: Annotated[float, Span(1, 100)] = 10.0
    """Length of one frame of sound, in ms."""
    file: Path | None = None
    """Recording to sing from, for kind `file`; empty: none."""
    loop: bool = False
    """Whether the recording starts again at its end."""


@dataclass(frozen=True, slots=True)
class SpeakerSettings:
    """`[speaker]`: where the backing and the partner's voice are heard."""

    kind: Literal["alsa", "none"] = "alsa"
    """`alsa`: a sound card; `none`: nothing is heard, the box keeps time all the same."""
    device: str = "default"
    """ALSA device (`aplay -L` lists them), for kind `alsa`."""
    rate_hz: Annotated[int, Span(8_000, 192_000)] = 48_000
    """Samples per second, in Hz."""
    backing_gain: Annotated[float, Span(0, 4)] = 0.7
    """Loudness of the backing beside the voices; 1 leaves the recording as it is."""


@dataclass(frozen=True, slots=True)
class CameraSettings:
    """`[camera]`: where the picture comes from."""

    kind: Literal["v4l2", "picamera", "file", "webrtc", "none"] = "v4l2"
    """`v4l2`: USB; `picamera`: a Raspberry Pi's; `file`: a recording; `webrtc`: the singer's own; `none`."""
    device: str = "/dev/video0"
    """Device of the camera, for kind `v4l2`."""
    file: Path | None = None
    """Recording to show, for kind `file`; empty: none."""
    width: Annotated[int, Span(160, 3840)] = 1280
    """Width of the picture, in pixels."""
    height: Annotated[int, Span(120, 2160)] = 720
    """Height of the picture, in pixels."""
    fps: Annotated[float, Span(1, 60)] = 30.0
    """Frames per second."""
    hold_s: Annotated[float, Span(0, 3600)] = 0.0
    """How long the first frame of a recording stands still before it runs, in s."""
    rest_s: Annotated[float, Span(0, 3600)] = 0.0
    """How long the last frame of a recording stands still before it begins again, in s."""
    loop: bool = False
    """Whether the recording starts again at its end."""


@dataclass(frozen=True, slots=True)
class ScoringSettings:
    """`[scoring]`: how the voice is judged."""

    is_bleed_removed: bool = True
    """Whether what the speaker plays is taken out of the microphone's sound before it is scored and sent."""


@dataclass(frozen=True, slots=True)
class WatchingSettings:
    """`[watching]`: how the picture is read."""

    scene: Scene = "party"
    """Scene proposed when a room is opened on the kiosk; the room's own scene counts once there is one."""
    threads: Annotated[int, Span(1, 16)] = 2
    """Processor threads of the detector."""


@dataclass(frozen=True, slots=True)
class SongsSettings:
    """`[songs]`: where songs lie."""

    folders: tuple[Path, ...] = ()
    """Folders with one folder for each song (`song.txt`, `backing.ogg`, ...), besides the shipped ones."""


@dataclass(frozen=True, slots=True)
class KioskSettings:
    """`[kiosk]`: the touchscreen page the box serves."""

    is_on: bool = True
    """Whether the box has a touchscreen; stand-ins have none."""
    host: str = "127.0.0.1"
    """Address the page is served on; anything but loopback opens the booth to the network."""
    port: Port = 8090
    """Port of the page; 0: a free one."""


@dataclass(frozen=True, slots=True)
class RoundSettings:
    """`[round]`: how time is kept while singing."""

    latency_ms: Annotated[float, Span(-500, 1000)] = 0.0
    """How much later a voice reaches the box than it was sung, in ms: about 60 for a stand-in."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything in `box.toml`, one field for each section."""

    box: BoxSettings = field(default_factory=BoxSettings)
    hub: HubSettings = field(default_factory=HubSettings)
    microphone: MicrophoneSettings = field(default_factory=MicrophoneSettings)
    speaker: SpeakerSettings = field(default_factory=SpeakerSettings)
    camera: CameraSettings = field(default_factory=CameraSettings)
    scoring: ScoringSettings = field(default_factory=ScoringSettings)
    watching: WatchingSettings = field(default_factory=WatchingSettings)
    songs: SongsSettings = field(default_factory=SongsSettings)
    kiosk: KioskSettings = field(default_factory=KioskSettings)
    round: RoundSettings = field(default_factory=RoundSettings)


def load_settings(path: Path, environment: Mapping[str, str] = os.environ) -> Settings:
    """Return the settings in the file at `path`; what it leaves out has its default.

    Relative paths in the file are meant from the file's own folder.

    Raises:
        SettingsError: no such file, not TOML, an unknown key or a wrong value; names file, line and
            the nearest known key.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: the settings cannot be read ({error})") from error
    settings = read_settings(text, path)
    return _with_enrol_code(settings, environment)


def read_settings(text: str, path: Path) -> Settings:
    """Return the settings in `text`; `path` is where it came from, for messages and relative paths."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path}: not TOML: {error}") from error
    reader = _Reader(text, path)
    sections = get_type_hints(Settings)
    for name in table:
        if name not in sections:
            raise reader.error(name, None, f"unknown section [{name}]" + _nearest(name, sections))
    settings = Settings(**{name: reader.section(name, table[name], sections[name]) for name in table})
    _refuse_missing_files(settings, reader)
    return settings


class _Reader:
    """Makes values of one file's table, and errors that name its lines."""

    def __init__(self, text: str, path: Path) -> None:
        self._text = text
        self._path = path

    def section(self, name: str, table: object, kind: type[Any]) -> Any:
        if not isinstance(table, dict):
            raise self.error(name, None, f"{name} is a section: write [{name}] and its keys below")
        hints = get_type_hints(kind, include_extras=True)
        for key in table:
            if key not in hints:
                raise self.error(name, key, f"unknown key {key} in [{name}]" + _nearest(key, hints))
        return kind(**{key: self._value(name, key, table[key], hints[key]) for key in table})

    def _value(self, section: str, key: str, value: object, hint: Any) -> Any:
        span = None
        if get_origin(hint) is Annotated:
            hint, span = get_args(hint)
        try:
            made = _convert(value, hint, self._path.parent)
        except ValueError as error:
            raise self.error(section, key, f"{key} = {value!r} in [{section}]: {error}") from error
        if span is not None and not span.least <= made <= span.greatest:
            raise self.error(
                section,
                key,
                f"{key} = {value!r} in [{section}]: must be from {span.least:g} to {span.greatest:g}",
            )
        return made

    def error(self, section: str, key: str | None, sentence: str) -> SettingsError:
        return SettingsError(f"{self._path}, line {self._line(section, key)}: {sentence}")

    def _line(self, section: str, key: str | None) -> int:
        """Return where `key` of `section` stands; the section's own line where it is not found."""
        found = current = None
        for number, line in enumerate(self._text.splitlines(), 1):
            bare = line.strip()
            if bare.startswith("["):
                current = bare.strip("[]").split("]")[0].strip().strip("\"'")
                found = number if current == section and found is None else found
            name = bare.split("=")[0].strip().strip("\"'") if "=" in bare else None
            if current is None and name is not None:
                top, _, rest = name.partition(".")
                if top == section and (key is None or rest in (key, "")):
                    return number
            elif key is not None and current == section and name == key:
                return number
        return found or 1


def _convert(value: object, hint: Any, folder: Path) -> Any:
    """Return `value` of a TOML file as a `hint`; ValueError says what it must be."""
    if get_origin(hint) is Literal:
        return _choice(value, get_args(hint))
    if get_origin(hint) is tuple and isinstance(value, list):
        return tuple(_convert(item, get_args(hint)[0], folder) for item in value)
    if _is_path(hint) and isinstance(value, str):
        return _path(value, hint, folder)
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if hint in _NAMES and type(value) is hint:
        return value
    other = "a path in quotes" if _is_path(hint) else "a list of paths"
    raise ValueError(f"must be {_NAMES.get(hint, other)}")


_NAMES: dict[Any, str] = {
    bool: "true or false",
    float: "a number",
    int: "a whole number",
    str: "a text in quotes",
}


def _choice(value: object, allowed: tuple[str, ...]) -> str:
    if isinstance(value, str) and value in allowed:
        return value
    known = ", ".join(f'"{name}"' for name in allowed)
    raise ValueError(f"must be one of {known}" + _nearest(str(value), allowed))


def _is_path(hint: Any) -> bool:
    return hint is Path or (isinstance(hint, types.UnionType) and Path in get_args(hint))


def _path(value: str, hint: Any, folder: Path) -> Path | None:
    if not value:
        if hint is Path:
            raise ValueError("must not be empty")
        return None
    return folder / Path(value).expanduser()


def _nearest(name: str, known: Any) -> str:
    found = get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f"; did you mean {found[0]}?" if found else f"; known: {', '.join(known)}"


def _refuse_missing_files(settings: Settings, reader: _Reader) -> None:
    """Refuse a source of kind `file` whose recording is not there."""
    for name, section in (("microphone", settings.microphone), ("camera", settings.camera)):
        if section.kind != "file":
            continue
        if section.file is None:
            raise reader.error(name, "kind", f'kind = "file" in [{name}] needs file = "..." beside it')
        if not section.file.is_file():
            raise reader.error(name, "file", f"file in [{name}]: there is no file {section.file}")


def _with_enrol_code(settings: Settings, environment: Mapping[str, str]) -> Settings:
    """Return `settings` with the one-time code taken from the environment or its file where given."""
    hub = settings.hub
    code = environment.get("KTV_ENROL_CODE", "") or hub.enrol_code
    if not code and hub.enrol_code_file is not None and hub.enrol_code_file.is_file():
        code = hub.enrol_code_file.read_text(encoding="utf-8").strip()
    if code == hub.enrol_code:
        return settings
    return replace(settings, hub=replace(hub, enrol_code=code))
