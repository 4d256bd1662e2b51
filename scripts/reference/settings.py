"""Pages of the settings: the box's and the hub's."""

import dataclasses
import typing
from pathlib import Path

import cloud.settings
import edge.settings
from reference.pages import page, table
from reference.source import Field, read_module
from reference.types import words

ROOT = Path(__file__).resolve().parents[2]


def box_page() -> str:
    """Return the page of `box.toml`."""
    source = Path(edge.settings.__file__)
    classes = {cls.name: cls for cls in read_module(source).classes}
    sections = typing.get_type_hints(edge.settings.Settings)
    parts = []
    for name, kind in sections.items():
        cls = classes[kind.__name__]
        parts.append(f"## [{name}]\n\n{_sentence(cls.meaning)}\n\n{_table(cls.fields, kind())}")
    intro = (
        "One file for each box, read once at its start: `python -m edge --config box.toml`. Everything has a "
        "default. A wrong key or value is refused with its line and the nearest key that is known. "
        "The complete sample is `firmware-config/box.toml`."
    )
    return page("Settings of the box", intro, *parts)


def hub_page() -> str:
    """Return the page of `hub.toml`."""
    source = Path(cloud.settings.__file__)
    cls = next(cls for cls in read_module(source).classes if cls.name == "Settings")
    intro = (
        "A TOML file without sections, then the environment: `KTV_HUB_` and the key in capitals, such "
        "as `KTV_HUB_FRONT_PORT`. Everything has a default that works on one machine. Secrets are made at "
        "the first start in `data_dir/secrets/`; `KTV_HUB_SECRET_<NAME>_FILE` names another file for one of "
        "them."
    )
    return page("Settings of the hub", intro, _table(cls.fields, cloud.settings.Settings()))


def _table(fields: tuple[Field, ...], defaults: object) -> str:
    known = {field.name for field in dataclasses.fields(defaults)}  # type: ignore[arg-type]
    rows = []
    for field in fields:
        if field.name in known and field.annotation is not None:
            default = _value(getattr(defaults, field.name))
            rows.append([f"`{field.name}`", words(field.annotation, _plain), default, field.meaning])
    return table(["Key", "Type", "Default", "Meaning"], rows)


def _plain(name: str) -> str:
    aliases = {"Port": "port, 0 to 65535", "Scene": "scene", "Language": "`zh-CN`, `en`"}
    return aliases.get(name, name)


def _value(value: object) -> str:
    """Return a default as TOML writes it; paths without this machine's folders."""
    match value:
        case bool():
            return f"`{str(value).lower()}`"
        case Path():
            return f"`{_path(value)}`"
        case tuple():
            return ", ".join(_value(one) for one in value) or "empty"
        case "" | None:
            return "empty"
    return f"`{value}`"


def _path(path: Path) -> str:
    for start, name in ((ROOT, ""), (Path.home(), "~/")):
        if path.is_relative_to(start):
            return f"{name}{path.relative_to(start)}"
    return str(path)


def _sentence(meaning: str) -> str:
    """Return a section's docstring without its name: "`[box]`: who ..." becomes "Who ..."."""
    _, _, rest = meaning.partition(": ")
    return (rest or meaning)[:1].upper() + (rest or meaning)[1:]
