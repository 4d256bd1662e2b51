"""Cameras that are not there."""

from importlib.util import find_spec

import pytest

from edge.adapters.picamera import PicameraCamera
from edge.adapters.v4l2 import V4l2Camera
from edge.core.errors import DeviceLost


async def test_a_camera_that_is_not_there_is_lost_with_its_name():
    with pytest.raises(DeviceLost, match="/dev/video-none"):
        await anext(V4l2Camera("/dev/video-none").frames())


async def test_a_file_that_is_no_camera_is_lost(tmp_path):
    path = tmp_path / "video0"
    path.write_bytes(b"")

    with pytest.raises(DeviceLost, match="video0"):
        await anext(V4l2Camera(str(path)).frames())


@pytest.mark.skipif(find_spec("picamera2") is not None, reason="picamera2 is here")
async def test_a_board_without_picamera2_says_what_to_install():
    with pytest.raises(DeviceLost, match="python3-picamera2"):
        await anext(PicameraCamera().frames())
