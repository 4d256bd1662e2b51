"""The shape of a generated page."""

from collections.abc import Iterable, Sequence


def page(title: str, intro: str, *sections: str) -> str:
    """Return a whole Markdown page."""
    note = "% Written by scripts/generate-docs: change the code it describes, then run that."
    return "\n\n".join([note, f"# {title}", intro, *sections]) + "\n"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(_cell(cell) for cell in line) + " |" for line in lines)


def _cell(text: str) -> str:
    """Return `text` fit for a cell: on one line, bars escaped."""
    flat = " ".join(text.split())
    return flat.replace("\\|", "|").replace("|", "\\|")
