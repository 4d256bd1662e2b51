"""Writes the reference pages of the documentation from the code they describe."""

from reference import commands, rest, settings, wire


def render() -> dict[str, str]:
    """Return the text of each page, by file name."""
    return {
        "wire.md": wire.messages_page(),
        "topics.md": wire.topics_page(),
        "box-settings.md": settings.box_page(),
        "hub-settings.md": settings.hub_page(),
        "rest.md": rest.rest_page(),
        "commands.md": commands.commands_page(),
    }
