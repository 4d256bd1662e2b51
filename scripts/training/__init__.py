"""Rendered billiard tables, and the training of the detectors that see them."""
