"""Page of the command line: `ktv` and all below it."""

import inspect

import click

from edge.cli import ktv
from reference.pages import page, table


def commands_page() -> str:
    """Return the page of every command."""
    context = click.Context(ktv, info_name="ktv")
    sections = [text for name in ktv.list_commands(context) for text in _walk(ktv, context, name)]
    intro = inspect.cleandoc(ktv.help or "") + "\n\n`ktv COMMAND --help` says the same in the terminal."
    return page("Command line", intro, *sections)


def _walk(group: click.Group, context: click.Context, name: str) -> list[str]:
    command = group.get_command(context, name)
    if command is None or command.hidden:
        return []
    inner = click.Context(command, info_name=name, parent=context)
    told = [_command(command, inner)]
    if isinstance(command, click.Group):
        told += [text for child in command.list_commands(inner) for text in _walk(command, inner, child)]
    return told


def _command(command: click.Command, context: click.Context) -> str:
    depth = context.command_path.count(" ")
    pieces = " ".join(command.collect_usage_pieces(context))
    parts = [
        f"{'#' * (depth + 1)} {context.command_path}",
        f"```\n{context.command_path} {pieces}\n```",
        _prose(command.help or ""),
    ]
    rows = []
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        if record is not None and record[1] and "--help" not in parameter.opts:
            rows.append([f"`{record[0]}`", _prose(record[1])])
    if rows:
        parts.append(table(["Option", "Meaning"], rows))
    return "\n\n".join(part for part in parts if part)


def _prose(text: str) -> str:
    """Return help text as Markdown; a block that click must not wrap (marked by a backspace) becomes code."""
    blocks = inspect.cleandoc(text).split("\n\n")
    return "\n\n".join(_code(block) if block.startswith("\b") else block for block in blocks)


def _code(block: str) -> str:
    return "```\n" + block.removeprefix("\b").strip("\n") + "\n```"
