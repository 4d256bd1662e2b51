"""Live media: the WHIP/WHEP door, the relay and the front."""
