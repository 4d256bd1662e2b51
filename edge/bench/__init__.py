"""Benches: how good and how fast the box is, in figures that must hold."""
