"""Reads declarations with the strings that stand below them, which Python itself forgets."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple


class Field(NamedTuple):
    """An annotated name of a class, or an alias of a module."""

    name: str
    annotation: ast.expr | None
    default: ast.expr | None
    meaning: str


class Class(NamedTuple):
    """A class and its fields."""

    name: str
    bases: tuple[str, ...]
    meaning: str
    fields: tuple[Field, ...]


class Module(NamedTuple):
    """A module's classes and aliases, in the order they are written."""

    meaning: str
    classes: tuple[Class, ...]
    aliases: tuple[Field, ...]


def read_module(path: Path) -> Module:
    """Return what the module at `path` declares."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    return Module(
        meaning=first_paragraph(ast.get_docstring(tree) or ""),
        classes=tuple(
            Class(
                name=node.name,
                bases=tuple(ast.unparse(base) for base in node.bases),
                meaning=" ".join((ast.get_docstring(node) or "").split()),
                fields=tuple(_fields(node.body)),
            )
            for node in classes
        ),
        aliases=tuple(field for field in _assignments(tree.body) if _is_type(field.default)),
    )


def first_paragraph(text: str) -> str:
    """Return the first paragraph of `text` as one line."""
    return " ".join(text.split("\n\n", 1)[0].split())


def _fields(body: list[ast.stmt]) -> Iterator[Field]:
    for node, meaning in _with_meaning(body):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield Field(node.target.id, node.annotation, node.value, meaning)


def _assignments(body: list[ast.stmt]) -> Iterator[Field]:
    for node, meaning in _with_meaning(body):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            yield Field(node.targets[0].id, None, node.value, meaning)


def _with_meaning(body: list[ast.stmt]) -> Iterator[tuple[ast.stmt, str]]:
    """Yield each statement with the string that stands below it."""
    for node, after in zip(body, [*body[1:], None], strict=True):
        said = (
            after.value.value
            if isinstance(after, ast.Expr)
            and isinstance(after.value, ast.Constant)
            and isinstance(after.value.value, str)
            else ""
        )
        yield node, " ".join(said.split())


def _is_type(value: ast.expr | None) -> bool:
    """Whether `value` declares a type: `Literal[...]`, `Annotated[...]`, `tuple[...]`."""
    return (
        isinstance(value, ast.Subscript)
        and isinstance(value.value, ast.Name)
        and value.value.id in {"Annotated", "Literal", "tuple"}
    )
