"""A USB camera through Video4Linux2, read by FFmpeg."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Generator

import av

from edge.adapters.replay_picture import to_pixels
from edge.core.errors import DeviceLost
from edge.core.picture import PictureFrame


class V4l2Camera:
    """One `/dev/video*`."""

    def __init__(self, device: str, width: int = 1280, height: int = 720, fps: float = 30.0) -> None:
        self._device = device
        self._options = {"video_size": f"{width}x{height}", "framerate": f"{fps:g}"}
        self._width = width

    async def frames(self) -> AsyncIterator[PictureFrame]:
        """Yield frames as they come.

        Raises:
            DeviceLost: the camera is not there, is in use, cannot do this size, or was unplugged.
        """
        pictures = self._read()
        try:
            while True:
                yield await asyncio.to_thread(next, pictures)
        finally:
            with contextlib.suppress(
                ValueError
            ):  # a cancelled reader's thread still waits for its last frame
                pictures.close()

    def _read(self) -> Generator[PictureFrame, None, None]:
        try:
            with av.open(self._device, format="v4l2", options=self._options) as container:
                for frame in container.decode(video=0):
                    yield PictureFrame(to_pixels(frame, self._width), time.monotonic())
        except (av.error.FFmpegError, ValueError, OSError) as error:
            raise DeviceLost(
                f'camera "{self._device}" ({self._options["video_size"]}) does not answer: {error}: '
                "plug it in, or set device, width and height under [camera] in box.toml"
            ) from error
        raise DeviceLost(f'camera "{self._device}" has stopped: plug it in again')
