"""The box: hears, sees, scores and judges."""

__version__ = "0.1.0"
