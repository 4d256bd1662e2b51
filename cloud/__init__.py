"""The hub: remembers, matches, settles and relays."""
