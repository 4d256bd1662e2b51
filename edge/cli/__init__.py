"""`ktv`: one command whose help reads like a table of contents.

A command is imported when it is run, so that one that lacks a library is not in the way of the others. Other
packages add theirs by entry points of the group `ktv.commands`.
"""

import importlib
import importlib.util
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points

import click

from edge import __version__
from edge.core.errors import KtvError

ENTRY_POINTS = "ktv.commands"


@dataclass(frozen=True, slots=True)
class Chapter:
    """A command in the table of contents."""

    section: str
    summary: str
    where: str = ""
    """`module:name` of one of the box's own commands; empty for one that comes by entry point."""


CONTENTS: dict[str, Chapter] = {
    "pitch": Chapter("Sing", "The pitch of a voice, as CSV.", "edge.cli.singing:pitch"),
    "score": Chapter("Sing", "The score of a sung song.", "edge.cli.singing:score"),
    "detect": Chapter("See", "The elements in a picture or film.", "edge.cli.vision:detect"),
    "pick": Chapter("See", "The element inside a line drawn on a film.", "edge.cli.vision:pick"),
    "judge": Chapter("See", "The moments at which a target is reached in a film.", "edge.cli.vision:judge"),
    "box": Chapter("Box", "Run a box.", "edge.cli.box:box"),
    "settings": Chapter("Box", "Look at a box's settings.", "edge.cli.box:settings"),
    "hub": Chapter("Hub", "Run the hub, or one of its processes."),
    "demo": Chapter("Hub", "The whole idea on this machine, with one command."),
    "bench": Chapter("Bench", "Measure, and compare with what must hold.", "edge.bench.cli:bench"),
}
"""Every command by name, in the order in which the help shows them."""

MORE = "More"
"""Section of commands that other packages add."""


class Trouble(click.ClickException):
    """One clear line for a person, and exit status 2."""

    exit_code = 2

    def show(self, file: object = None) -> None:
        """Print the line on standard error."""
        click.echo(f"ktv: {' '.join(self.message.split())}", err=True)


class Contents(click.Group):
    """A group whose commands are imported when they are run, and listed by section."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of every command there is, in the order of the contents."""
        added = _added()
        own = [name for name, chapter in CONTENTS.items() if name in added or _is_there(chapter.where)]
        return own + sorted(set(added) - set(CONTENTS))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return a command; one whose library is missing says so when it is run."""
        chapter, added = CONTENTS.get(cmd_name), _added().get(cmd_name)
        try:
            if added is not None:
                return _as_command(added.load(), cmd_name)
            if chapter is not None and _is_there(chapter.where):
                return _as_command(_load(chapter.where), cmd_name)
        except (ImportError, AttributeError) as error:
            return _unable(cmd_name, _missing(cmd_name, error, added))
        if chapter is not None and not chapter.where:
            return _unable(cmd_name, f"`ktv {cmd_name}` is not installed here: {_install('cloud')}")
        return None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the table of contents."""
        sections: dict[str, list[tuple[str, str]]] = {}
        for name in self.list_commands(ctx):
            chapter = CONTENTS.get(name) or Chapter(MORE, self._summary(ctx, name))
            sections.setdefault(chapter.section, []).append((name, chapter.summary))
        for section, rows in sections.items():
            with formatter.section(section):
                formatter.write_dl(rows)

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; what the box refuses becomes one line and exit status 2."""
        try:
            return super().invoke(ctx)
        except KtvError as error:
            raise Trouble(str(error)) from error

    def _summary(self, ctx: click.Context, name: str) -> str:
        command = self.get_command(ctx, name)
        return command.get_short_help_str() if command is not None else ""


@click.group(cls=Contents, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="KTV Live", message="%(prog)s %(version)s")
def ktv() -> None:
    """KTV Live: sing in a booth, live, with the people who watch."""


def main() -> None:
    """Run `ktv`."""
    ktv(prog_name="ktv")


def _added() -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=ENTRY_POINTS)}


def _is_there(where: str) -> bool:
    """Whether the module of one of the box's own commands exists; imports nothing but its package."""
    module = where.partition(":")[0]
    try:
        return bool(module) and importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def _load(where: str) -> object:
    module, _, name = where.partition(":")
    return getattr(importlib.import_module(module), name)


def _as_command(found: object, name: str) -> click.Command:
    if not isinstance(found, click.Command):
        raise AttributeError(f"{name} is no command")
    return found


def _missing(name: str, error: Exception, added: EntryPoint | None) -> str:
    extra = "edge" if added is None else "cloud" if added.value.startswith("cloud.") else ""
    advice = _install(extra) if extra else f"install the package that gives `ktv {name}` again"
    return f"`ktv {name}` cannot start ({error}): {advice}"


def _install(extra: str) -> str:
    return f"pip install 'ktv-live[{extra}]'"


def _unable(name: str, sentence: str) -> click.Command:
    """Return a command that only says why it cannot be run."""

    def refuse(**_arguments: object) -> None:
        raise Trouble(sentence)

    return click.Command(
        name,
        callback=refuse,
        params=[click.Argument(["arguments"], nargs=-1, type=click.UNPROCESSED)],
        context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
        help=sentence,
        add_help_option=False,
    )
