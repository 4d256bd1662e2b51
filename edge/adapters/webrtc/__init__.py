"""The box's live media: its voice, mix and picture to the hub's relay, and others' from there."""

from edge.adapters.webrtc.listener import WhepListener, play_voice
from edge.adapters.webrtc.uplink import WhipUplink

__all__ = ["WhepListener", "WhipUplink", "play_voice"]
