"""The hub's tables, by noun."""
