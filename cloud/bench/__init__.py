"""Benches: how fast and how frugal the hub is, in figures that must hold."""
