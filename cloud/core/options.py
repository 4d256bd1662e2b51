"""The option library (互动任务配置库): which targets and results the hub offers for an element's kind, what
free words mean, and whether a chosen target is one of them.

The library is data beside this file: `data/options.toml` and `data/results.toml`, read once at import.
"""

import re
import tomllib
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from cloud.core.errors import Wrong
from edge.wire.elements import Option
from edge.wire.tasks import Result, ResultKind

_SHELVES: dict[ResultKind, str] = {
    "gift": "gifts",
    "sticker": "stickers",
    "caption": "captions",
    "picture": "pictures",
}
_NUMERALS = {
    "一": 1,
    "两": 2,
    "二": 2,
    "三": 3,
    "四": 4,
    "五": 5,
    "六": 6,
    "七": 7,
    "八": 8,
    "九": 9,
    "十": 10,
}
_SHAPES = {
    "count": (re.compile(r"[1-9][0-9]{0,5}"), "a whole number such as 10"),
    "seconds": (re.compile(r"[1-9][0-9]{0,2}(\.[0-9])?"), "seconds such as 3"),
    "element": (re.compile(r"[a-z][a-z-]{0,30}(:[A-Za-z0-9+-]{1,30})?"), "an element such as ball:8"),
    "value": (re.compile(r"[^()\x00-\x1f]{1,40}"), "a value such as 6 or top-left"),
    "text": (re.compile(r"[^()\x00-\x1f]{1,40}"), "a few words"),
}
"""Parameter to its form and an example."""


def _read(name: str) -> MappingProxyType[str, Any]:
    return MappingProxyType(tomllib.loads((files("cloud.core") / "data" / name).read_text("utf-8")))


_LIBRARY = _read("options.toml")
_RESULTS = _read("results.toml")


def scenes() -> tuple[str, ...]:
    """Return the ids of every scene."""
    return tuple(_LIBRARY["scenes"])


def kinds(scene: str) -> tuple[str, ...]:
    """Return the kinds of elements known in `scene`; `thing` is known in every one."""
    return tuple(dict.fromkeys([*_scene(scene)["kinds"], *_LIBRARY["everywhere"]]))


def name(kind: str) -> tuple[str, str]:
    """Return the Chinese and English name of an element's kind."""
    names = _LIBRARY["kinds"].get(kind, _LIBRARY["kinds"]["thing"])
    return names["zh"], names["en"]


def targets(scene: str, kind: str) -> tuple[Option, ...]:
    """Return the target options (目标配置项) for `kind` in `scene`; an unknown kind is a `thing`.

    Raises:
        Wrong: there is no such scene.
    """
    here: list[str] = _scene(scene)["kinds"].get(kind, [])
    if kind in _LIBRARY["everywhere"] or not here:
        here = list(
            dict.fromkeys([*here, *_LIBRARY["everywhere"].get(kind, _LIBRARY["everywhere"]["thing"])])
        )
    return tuple(_target(one) for one in here)


@cache
def results() -> tuple[Option, ...]:
    """Return the result options (结果配置项): gifts first, from the cheapest, then what is free."""
    found = [_result(kind, one) for kind, shelf in _SHELVES.items() for one in _RESULTS[shelf]]
    return tuple(sorted(found, key=lambda option: (option.result != "gift", option.points)))


@cache
def gifts() -> tuple[Option, ...]:
    """Return the gifts of the catalogue, from the cheapest."""
    return tuple(option for option in results() if option.result == "gift")


def check_target(scene: str, kind: str, target: str) -> None:
    """Check that `target` (`NAME` or `NAME(value)`) may be set for `kind` in `scene`.

    Raises:
        Wrong: not one of the options, or its parameter is missing, not wanted or malformed.
    """
    wanted, _, rest = target.partition("(")
    value = rest.removesuffix(")")
    offered = {option.id: option for option in targets(scene, kind)}
    if wanted not in offered:
        raise Wrong(f"target {wanted} is not offered for {kind} in {scene}: choose {', '.join(offered)}")
    needs, may = offered[wanted].parameter, _LIBRARY["targets"][wanted].get("may")
    if not value:
        if needs != "none":
            raise Wrong(f"target {wanted} needs {_SHAPES[needs][1]} in brackets: {wanted}(...)")
        return
    shape = _SHAPES.get(may if needs == "none" else needs)
    if shape is None:
        raise Wrong(f"target {wanted} takes no value: leave out ({value})")
    if not shape[0].fullmatch(value):
        raise Wrong(f"target {wanted}({value}): {shape[1]} was expected")


def priced(result: Result) -> Result:
    """Return `result` as the hub keeps it: with the catalogue's price, names and picture, or own words.

    Raises:
        Wrong: not in the catalogue, or a caption without words.
    """
    shelf = _RESULTS[_SHELVES[result.kind]]
    if result.kind == "caption" and result.id in (None, "own"):
        if not result.text:
            raise Wrong("a caption needs text: write a few words")
        return Result(kind="caption", text=result.text)
    if result.id not in shelf:
        raise Wrong(f"there is no {result.kind} {result.id!r}: choose {', '.join(shelf)}")
    found = _result(result.kind, result.id)
    return Result(
        kind=result.kind,
        id=result.id,
        text=result.text,
        points=found.points,
        name_zh=found.name_zh,
        name_en=found.name_en,
        picture=found.picture,
    )


def result_name(result: Result) -> tuple[str, str]:
    """Return what a result is called in Chinese and English; a written caption is called by its words."""
    found = _RESULTS[_SHELVES[result.kind]].get(result.id)
    if found is None:
        return result.text or "", result.text or ""
    return found["zh"], found["en"]


def understand(words: str, scene: str, kind: str) -> str | None:
    """Return the target that free `words` ask for, or None: 进洞送礼 of a ball is `pocketed`.

    Of the targets offered for `kind` the one whose longest keyword stands in `words` wins. A number in
    `words` becomes the parameter of a target that counts; without one the bare name is returned and the
    viewer is asked.
    """
    said = words.lower()
    best = max(targets(scene, kind), key=lambda option: _match(said, option.id), default=None)
    if best is None or not _match(said, best.id):
        return None
    number = _number(said) if best.parameter in {"count", "seconds", "value"} else None
    return best.id if number is None else f"{best.id}({number})"


def _match(said: str, target: str) -> int:
    """Return the length of the longest keyword of `target` in `said`; Chinese counts double, being denser."""
    return max(
        (_weight(word) for word in _LIBRARY["targets"][target]["words"] if _stands_in(word, said)), default=0
    )


def _weight(word: str) -> int:
    return len(word) if word.isascii() else 2 * len(word)


def _stands_in(word: str, said: str) -> bool:
    if not word.isascii():
        return word in said
    return re.search(rf"\b{re.escape(word)}", said) is not None


def _number(said: str) -> int | None:
    found = re.search(r"[0-9]{1,6}", said)
    if found:
        return int(found[0]) or None
    written = re.search(f"[{''.join(_NUMERALS)}]+", said)
    return _numeral(written[0]) if written else None


def _numeral(text: str) -> int:
    """Return a Chinese number below 100: 三, 十五, 二十, 三十二."""
    tens, ten, ones = text.rpartition("十")
    return (10 * _NUMERALS.get(tens[-1:], 1) if ten else 0) + _NUMERALS.get(ones[:1], 0)


def _scene(scene: str) -> dict[str, Any]:
    found: dict[str, Any] | None = _LIBRARY["scenes"].get(scene)
    if found is None:
        raise Wrong(f"there is no scene {scene!r}: choose {', '.join(scenes())}")
    return found


@cache
def _target(target: str) -> Option:
    found = _LIBRARY["targets"][target]
    return Option(id=target, name_zh=found["zh"], name_en=found["en"], parameter=found.get("needs", "none"))


@cache
def _result(kind: ResultKind, result: str) -> Option:
    found = _RESULTS[_SHELVES[kind]][result]
    return Option(
        id=result,
        name_zh=found["zh"],
        name_en=found["en"],
        parameter=found.get("needs", "none"),
        points=found.get("points", 0),
        picture=found.get("picture", ""),
        result=kind,
    )
