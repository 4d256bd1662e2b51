"""Figures: what was measured, what must hold, and on which machine."""

import math
import os
import platform
from dataclasses import dataclass
from pathlib import Path
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


def exactly(name: str, value: float | None, unit: str, wanted: float) -> Figure:
    """Return a figure that must be `wanted`; one that could not be measured fails."""
    return Figure(name, _rounded(value), unit, f"== {wanted:g}", _is_known(value) and value == wanted)


def machine() -> dict[str, Any]:
    """Return what the figures were measured on."""
    return {
        "cpus": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "model": _model(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "load": [round(load, 2) for load in os.getloadavg()],
    }


def _is_known(value: float | None) -> TypeGuard[float]:
    return value is not None and math.isfinite(value)


def _rounded(value: float | None) -> float | None:
    return float(f"{value:.4g}") if _is_known(value) else None


def _model() -> str:
    """Return the processor's name: `model name` on a PC, `Model` on a Raspberry Pi."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    named = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)}
    return named.get("model name") or named.get("Model") or platform.processor() or "unknown"
