"""The rim: everything that touches the world."""
