"""Sound files: how long they last, and in a form that browsers play; by the hub's own ffmpeg."""

import warnings
from pathlib import Path

import imageio_ffmpeg

from cloud.core.errors import Wrong

with warnings.catch_warnings():
    # pydub looks for ffmpeg on the PATH when it is imported and warns without one; it is told below.
    warnings.simplefilter("ignore")
    from pydub import AudioSegment
    from pydub.exceptions import PydubException

AudioSegment.converter = imageio_ffmpeg.get_ffmpeg_exe()

PLAYABLE = {
    ".ogg": "audio/ogg",
    ".opus": "audio/ogg",
    ".mp3": "audio/mpeg",
    ".m4a": "audio/mp4",
    ".wav": "audio/wav",
}
"""Sound files that every browser plays, and their types."""

KNOWN = {*PLAYABLE, ".flac", ".wma", ".aif", ".aiff", ".ape", ".aac", ".mp4", ".mpg", ".mkv"}
"""Sound and video files that a song may come with."""


def duration_s(path: Path) -> float:
    """Return how long a sound lasts, in s.

    Raises:
        Wrong: it cannot be read.
    """
    seconds: float = _decode(path).duration_seconds
    return seconds


def convert(path: Path, target: Path) -> None:
    """Write the sound of `path` to `target` as Ogg Opus; all of it or nothing.

    Raises:
        Wrong: it cannot be read.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_suffix(".part")
    _decode(path).export(draft, format="ogg", codec="libopus", bitrate="128k").close()
    draft.replace(target)


def _decode(path: Path) -> AudioSegment:
    """Decode by way of a temporary file: pydub's other way wants ffprobe, which does not come along."""
    try:
        return AudioSegment.from_file_using_temporary_files(str(path))
    except (PydubException, OSError, IndexError) as error:
        raise Wrong(f"{path.name} is not a sound that can be read: replace it") from error
