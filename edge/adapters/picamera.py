"""The camera of a Raspberry Pi, through libcamera's picamera2."""

import asyncio
import importlib
import time
from collections.abc import AsyncIterator
from typing import Any

import numpy as np

from edge.core.errors import DeviceLost
from edge.core.picture import PictureFrame


class PicameraCamera:
    """The first camera of the board."""

    def __init__(self, width: int = 1280, height: int = 720, fps: float = 30.0) -> None:
        self._size = (width, height)
        self._fps = fps

    async def frames(self) -> AsyncIterator[PictureFrame]:
        """Yield frames as they come.

        Raises:
            DeviceLost: picamera2 is not installed, or there is no camera (any more).
        """
        camera = await asyncio.to_thread(self._open)
        try:
            while True:
                try:
                    pixels = await asyncio.to_thread(camera.capture_array, "main")
                except RuntimeError as error:
                    raise DeviceLost(
                        f"the Pi's camera has stopped: {error}: check its ribbon cable"
                    ) from error
                yield PictureFrame(np.ascontiguousarray(pixels[..., ::-1]), time.monotonic())
        finally:
            await asyncio.to_thread(camera.close)

    def _open(self) -> Any:
        try:
            camera = importlib.import_module("picamera2").Picamera2()
            # libcamera's RGB888 comes as an array in the order blue, green, red.
            main = {"size": self._size, "format": "RGB888"}
            camera.configure(camera.create_video_configuration(main=main, controls={"FrameRate": self._fps}))
            camera.start()
        except ImportError as error:
            raise DeviceLost(
                f"no picamera2 ({error}): install python3-picamera2, "
                'or set kind = "v4l2" under [camera] in box.toml'
            ) from error
        except (RuntimeError, IndexError) as error:
            raise DeviceLost(f"no camera on this board ({error}): check its ribbon cable") from error
        return camera
