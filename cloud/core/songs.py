"""UltraStar song files as the hub shows them: headers, and lines of notes in seconds.

The hub keeps its own small reading because it knows of the box only the wire: the box's song model is
made for scoring, this one only for showing. Format: https://usdx.eu/format/ (version 1.x: headers
`#NAME:value`, then `: * F R G` notes, `-` line breaks, `P1 P2` voices, `E`).
"""

from dataclasses import dataclass, field
from typing import Any

from cloud.core.errors import Wrong
from edge.wire.songs import NoteKind, SongLine, SongNote

LANGUAGES = {"english": "en", "chinese": "zh-CN", "mandarin": "zh-CN", "中文": "zh-CN"}
KINDS: dict[str, NoteKind] = {
    ":": "normal",
    "*": "golden",
    "F": "freestyle",
    "R": "rap",
    "G": "golden-rap",
}
VOICES: dict[str, Any] = {"P1": "a", "P2": "b", "P3": "both"}
MIDI_OF_0 = 60
"""Pitch 0 of the format is middle C."""


@dataclass(frozen=True, slots=True)
class SongFile:
    """What a song file says."""

    headers: dict[str, str]
    """Upper-case names."""
    lines: tuple[SongLine, ...]
    end_s: float
    """End of the last note."""

    @property
    def language(self) -> str:
        """The song's language, as in the wire."""
        named = self.headers.get("LANGUAGE", "english")
        return LANGUAGES.get(named.lower(), named)


@dataclass(slots=True)
class _Reading:
    """Where the reader is."""

    gap_s: float
    beat_s: float
    voice: Any = "both"
    notes: list[SongNote] = field(default_factory=list)
    lines: list[SongLine] = field(default_factory=list)

    def end_line(self) -> None:
        if self.notes:
            start = self.notes[0].t
            end = self.notes[-1].t + self.notes[-1].d
            line = SongLine(t=start, d=round(end - start, 3), notes=tuple(self.notes), singer=self.voice)
            self.lines.append(line)
        self.notes = []


def parse(text: str) -> SongFile:
    """Return the song that the UltraStar `text` describes.

    Raises:
        Wrong: no title, no tempo, or a line that is not of the format; says which line.
    """
    rows = text.lstrip("\ufeff").splitlines()
    headers = _headers(rows)
    if not headers.get("TITLE"):
        raise Wrong("the song has no title: add a line #TITLE:...")
    bpm = _number(headers.get("BPM", "0"))
    if bpm <= 0:
        raise Wrong("the song has no tempo: add a line #BPM:120")
    reading = _Reading(gap_s=_number(headers.get("GAP", "0")) / 1000, beat_s=60 / bpm / 4)
    for number, row in enumerate(rows, 1):
        if not _read_row(reading, row.strip("\r\n"), number):
            break
    reading.end_line()
    if not reading.lines:
        raise Wrong("the song has no notes: add lines like `: 0 4 0 la`")
    lines = tuple(sorted(reading.lines, key=lambda line: line.t))
    return SongFile(headers, lines, max(line.t + line.d for line in lines))


def _headers(rows: list[str]) -> dict[str, str]:
    found = {}
    for row in rows:
        if row.startswith("#") and ":" in row:
            name, value = row[1:].split(":", 1)
            found[name.strip().upper()] = value.strip()
    return found


def _read_row(reading: _Reading, row: str, number: int) -> bool:
    """Read one row into `reading`; False at the end of the song."""
    mark = row[:1]
    if not row.strip() or mark == "#":
        return True
    if mark == "E":
        return False
    if mark == "-":
        reading.end_line()
    elif mark in KINDS:
        reading.notes.append(_note(reading, row, number))
    elif row.strip().replace(" ", "") in VOICES:
        reading.end_line()
        reading.voice = VOICES[row.strip().replace(" ", "")]
    else:
        raise Wrong(f"line {number} is not of the song format: {row[:40]!r}")
    return True


def _note(reading: _Reading, row: str, number: int) -> SongNote:
    parts = row[1:].lstrip().split(" ", 3)
    try:
        beat, length, pitch = (int(part) for part in parts[:3])
    except ValueError:
        raise Wrong(f"line {number} is not a note (start, length, pitch, syllable): {row[:40]!r}") from None
    return SongNote(
        t=round(reading.gap_s + beat * reading.beat_s, 3),
        d=round(length * reading.beat_s, 3),
        p=MIDI_OF_0 + pitch,
        w=parts[3] if len(parts) > 3 else "",
        k=KINDS[row[0]],
    )


def _number(text: str) -> float:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        raise Wrong(f"{text!r} is not a number: correct #BPM or #GAP") from None
