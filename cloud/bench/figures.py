"""Figures: what was measured and what must hold, as the box's benches tell them."""

import math
from dataclasses import dataclass
from typing import Any, TypeGuard


@dataclass(frozen=True, slots=True)
class Figure:
    """One thing that was measured."""

    name: str
    value: float | None
    """None where it could not be measured."""
    unit: str
    must: str | None = None
    """What is demanded, in words: `>= 0.98`; None where nothing is."""
    ok: bool = True
    """Whether that holds; a figure of which nothing is demanded is ok."""

    def as_row(self) -> dict[str, Any]:
        """Return the figure as it stands in the report."""
        return {
            "name": self.name,
            "value": self.value,
            "unit": self.unit,
            "must": self.must,
            "ok": self.ok,
        }


def told(name: str, value: float | None, unit: str) -> Figure:
    """Return a figure of which nothing is demanded yet."""
    return Figure(name, _rounded(value), unit)


def at_least(name: str, value: float | None, unit: str, least: float) -> Figure:
    """Return a figure that must be `least` or more; one that could not be measured fails."""
    return Figure(name, _rounded(value), unit, f">= {least:g}", _is_known(value) and value >= least)


def at_most(name: str, value: float | None, unit: str, most: float) -> Figure:
    """Return a figure that must be `most` or less; one that could not be measured fails."""
    return Figure(name, _rounded(value), unit, f"<= {most:g}", _is_known(value) and value <= most)


def _is_known(value: float | None) -> TypeGuard[float]:
    return value is not None and math.isfinite(value)


def _rounded(value: float | None) -> float | None:
    return float(f"{value:.4g}") if _is_known(value) else None
