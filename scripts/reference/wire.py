"""Pages of the wire: every message and every MQTT topic."""

import ast
import inspect
import re
from functools import cache
from pathlib import Path

import edge.wire.topics
from reference.pages import page, table
from reference.source import Class, Field, Module, read_module
from reference.types import words

FOLDER = Path(edge.wire.topics.__file__).parent
NOUNS = sorted(path.stem for path in FOLDER.glob("*.py") if path.stem not in {"__init__", "codec", "topics"})


def messages_page() -> str:
    """Return the page of every message, by noun."""
    modules = {noun: read_module(FOLDER / f"{noun}.py") for noun in NOUNS}
    codec = read_module(FOLDER / "codec.py")
    intro = (
        "JSON in UTF-8. Fields without a value are left out, unknown fields are ignored, a wrong one is "
        "refused. MQTT payloads and REST bodies use the same types. Which message travels where: "
        "[](topics.md), [](rest.md)."
    )
    sections = [_section("Shared by all", codec)]
    sections += [_section(noun.capitalize(), module) for noun, module in modules.items()]
    return page("Messages", intro, *sections)


def link(name: str) -> str:
    """Return a link to the message or shared type `name`, or just the name where it is neither."""
    return f"[{name}](#wire-{name.lower()})" if name in _known() else f"`{name}`"


def topics_page() -> str:
    """Return the page of every MQTT topic."""
    rows = [["`ktv/1/lobby`", "Retained [Lobby](#wire-lobby): the live list of rooms, with a revision."]]
    for name, function in inspect.getmembers(edge.wire.topics, inspect.isfunction):
        if function.__module__ != edge.wire.topics.__name__ or name.startswith("read_"):
            continue
        said = inspect.getdoc(function) or ""
        path = function(*(f"<{parameter}>" for parameter in inspect.signature(function).parameters))
        rows.append([f"`{path.replace('<round_id>', '<round>')}`", _with_links(said)])
    intro = (
        "MQTT 3.1.1. State is retained, and read by exact topic; events carry a revision, and a gap in it "
        "means: get the snapshot over REST. Browsers only subscribe. Who may do what is one rule for "
        "every broker: [](../explanation/security.md)."
    )
    return page("Topics", intro, table(["Topic", "What travels there"], sorted(rows)))


@cache
def _known() -> frozenset[str]:
    modules = [read_module(FOLDER / f"{noun}.py") for noun in (*NOUNS, "codec")]
    names = {entry.name for module in modules for entry in (*module.classes, *module.aliases)}
    return frozenset(names - {"Message", "WireError"})


def _section(title: str, module: Module) -> str:
    parts = [f"## {title}", module.meaning]
    parts += [_alias(alias) for alias in module.aliases]
    parts += [_message(cls) for cls in module.classes if "Message" in cls.bases]
    return "\n\n".join(parts)


def _alias(alias: Field) -> str:
    assert alias.default is not None
    said = alias.meaning or ""
    described = words(alias.default, link)
    return f"(wire-{alias.name.lower()})=\n`{alias.name}`\n: {described}{'. ' + said if said else ''}"


def _message(cls: Class) -> str:
    parts = [f"(wire-{cls.name.lower()})=\n### {cls.name}", cls.meaning]
    if cls.fields:
        rows = [_row(field) for field in cls.fields]
        parts.append(table(["Field", "Type", "Default", "Meaning"], rows))
    return "\n\n".join(parts)


def _row(field: Field) -> list[str]:
    assert field.annotation is not None
    return [f"`{field.name}`", words(field.annotation, link), _default(field.default), field.meaning]


def _default(node: ast.expr | None) -> str:
    match node:
        case None:
            return "required"
        case ast.Constant(value=None):
            return "none"
        case ast.Constant(value=bool(value)):
            return str(value).lower()
        case ast.Constant(value=""):
            return "empty"
        case ast.Tuple(elts=[]) | ast.Call():
            return "empty"
    return f"`{ast.literal_eval(node)}`"


def _with_links(text: str) -> str:
    """Return `text` with its first message name linked."""
    return re.sub(r"`([A-Z]\w+)`", lambda found: link(found[1]), text, count=1)
