"""Says a type annotation in words for people, with links to the types it names."""

import ast
from collections.abc import Callable

PLAIN = {
    "str": "text",
    "int": "whole number",
    "float": "number",
    "bool": "true or false",
    "object": "any value",
    "Path": "path",
    "None": "null",
}

Link = Callable[[str], str]
"""Turns the name of a declared type into a link, or returns the name."""


def words(node: ast.expr, link: Link) -> str:
    """Return the annotation `node` in words."""
    match node:
        case ast.Constant(value=None):
            return "null"
        case ast.Constant(value=str(quoted)):
            return words(ast.parse(quoted, mode="eval").body, link)
        case ast.Name(id=name):
            return PLAIN.get(name) or link(name)
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return f"{words(left, link)} or {words(right, link)}"
        case ast.Subscript(value=ast.Name(id=name), slice=inner):
            return _generic(name, inner, link)
    return f"`{ast.unparse(node)}`"


def _generic(name: str, inner: ast.expr, link: Link) -> str:
    parts = inner.elts if isinstance(inner, ast.Tuple) else [inner]
    match name:
        case "Literal":
            return ", ".join(f"`{ast.literal_eval(part)}`" for part in parts)
        case "tuple" if isinstance(parts[-1], ast.Constant) and parts[-1].value is ...:
            return f"list of {words(parts[0], link)}"
        case "tuple":
            return "[" + ", ".join(words(part, link) for part in parts) + "]"
        case "dict":
            return f"object of {words(parts[1], link)} by {words(parts[0], link)}"
        case "Annotated":
            limits = [said for part in parts[1:] for said in _limits(part)]
            return ", ".join([words(parts[0], link), *limits])
    return f"`{name}`"


def _limits(node: ast.expr) -> list[str]:
    """Return what a `Field(...)`, `StringConstraints(...)` or `Span(...)` demands."""
    if not isinstance(node, ast.Call):
        return []
    if isinstance(node.func, ast.Name) and node.func.id == "Span":
        least, greatest = (_number(argument) for argument in node.args)
        return [f"{least} to {greatest}"]
    given = {keyword.arg: keyword.value for keyword in node.keywords}
    said = []
    if {"ge", "le"} <= given.keys():
        said.append(f"{_number(given.pop('ge'))} to {_number(given.pop('le'))}")
    phrases = {
        "ge": "at least {}",
        "gt": "more than {}",
        "le": "at most {}",
        "lt": "less than {}",
        "min_length": "length at least {}",
        "max_length": "length at most {}",
        "pattern": "like `{}`",
    }
    for key, phrase in phrases.items():
        if key in given:
            said.append(phrase.format(_number(given[key])))
    return said


def _number(node: ast.expr) -> str:
    if isinstance(node, ast.BinOp):
        return ast.unparse(node).replace(" ", "").replace("**", "^")
    value = ast.literal_eval(node)
    return value.replace("|", "\\|") if isinstance(value, str) else f"{value}"
