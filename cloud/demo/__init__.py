"""The main job on one machine: the whole hub and one box whose mic and camera are files."""

from cloud.demo.command import demo

__all__ = ["demo"]
