"""Songs: reading UltraStar files into lines and notes with seconds and MIDI pitches.

The format is that of https://usdx.eu/format (1.0 to 1.2) and what older files do besides: cp1252 text,
comma decimals, `#RELATIVE`, `#ENCODING`, `B` tempo changes, `P 1` with a space.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from edge.core.errors import SongError
from edge.wire import songs as wire
from edge.wire.songs import NoteKind

Singer = Literal["a", "b", "both"]

MAX_SONG_BYTES = 1 << 20
"""Largest song file that is read, in bytes; real ones have some 10 kB."""
MAX_SONG_S = 3600.0
"""Longest song, in s."""

_KINDS: dict[str, NoteKind] = {":": "normal", "*": "golden", "F": "freestyle", "R": "rap", "G": "golden-rap"}
_PITCHED: frozenset[NoteKind] = frozenset({"normal", "golden"})
_SINGERS: dict[str, Singer] = {"1": "a", "2": "b", "3": "both"}
_NOTE = re.compile(r"(\S)\s*(-?\d{1,9})\s+(-?\d{1,9})\s+(-?\d{1,9})(?:\s(.*))?")
_BREAK = re.compile(r"-\s*(-?\d{1,9})(?:\s+(-?\d{1,9}))?\s*")
_VOICE = re.compile(r"[Pp]\s*(\d)\s*")
_TEMPO = re.compile(r"B\s*(-?\d{1,9})\s+(\S+)\s*")
_DECIMAL = re.compile(r"[+-]?(\d{1,12}([.,]\d*)?|[.,]\d+)")


@dataclass(frozen=True, slots=True)
class Note:
    """One syllable on one pitch."""

    start_s: float
    """Song time in s."""
    duration_s: float
    """Length in s."""
    midi: int
    """MIDI note number, 0 to 127 (meaningless for rap and freestyle)."""
    syllable: str
    kind: NoteKind = "normal"

    @property
    def end_s(self) -> float:
        """Song time in s at which the note ends."""
        return self.start_s + self.duration_s


@dataclass(frozen=True, slots=True)
class Line:
    """A phrase: the notes between two line breaks, in order of time, at least one."""

    notes: tuple[Note, ...]
    singer: Singer = "both"
    """Whose line it is in a duet."""

    @property
    def start_s(self) -> float:
        """Song time in s of the first note."""
        return self.notes[0].start_s

    @property
    def end_s(self) -> float:
        """Song time in s at which the last note ends."""
        return max(note.end_s for note in self.notes)

    @property
    def text(self) -> str:
        """The words of the line."""
        return "".join(note.syllable for note in self.notes).replace("~", "").strip()


@dataclass(frozen=True, slots=True)
class Song:
    """A song that can be sung: its names, its files, its lines in order of time."""

    title: str
    artist: str
    lines: tuple[Line, ...]
    language: str = ""
    """As the file names it, for instance `English`."""
    audio: str | None = None
    """Name of the sound file, as the song file gives it; so are the next two."""
    backing: str | None = None
    vocals: str | None = None
    is_duet: bool = False
    headers: dict[str, str] = field(default_factory=dict)
    """Every header of the file, names in capitals."""

    @property
    def duration_s(self) -> float:
        """Song time in s at which the last note ends."""
        return max(line.end_s for line in self.lines)


def parse(data: bytes | str, name: str = "song.txt") -> Song:
    """Return the song in `data`, the content of an UltraStar file called `name` in errors.

    Raises:
        SongError: with file, line, the value seen and what to do.
    """
    if len(data) > MAX_SONG_BYTES:
        raise SongError(f"{name}: {len(data)} bytes, a song file has at most {MAX_SONG_BYTES}: is it one?")
    text = data if isinstance(data, str) else _decode(data)
    rows = re.split(r"\r\n|\r|\n", text.removeprefix("\ufeff"))
    headers, first = _read_headers(rows)
    reader = _Body(name, headers, _required_bpm(headers, name))
    for number, row in enumerate(rows[first:], start=first + 1):
        if row.strip().upper() == "E":
            break
        reader.read(row, number)
    return _build(name, headers, reader)


def as_wire(
    song: Song,
    song_id: str,
    *,
    backing_s: float | None = None,
    rights: str = "",
    version: int = 1,
    has_backing: bool = False,
) -> wire.Song:
    """Return `song` as pages and boxes send it; `backing_s` is the length of its backing where it has one."""
    info = wire.SongInfo(
        id=song_id,
        title=song.title,
        artist=song.artist,
        language=language_tag(song.language),
        duration_s=wire.length_s(song.duration_s, backing_s),
        version=version,
        rights=rights,
        has_backing=has_backing,
    )
    return wire.Song(info=info, lines=tuple(_wire_line(line) for line in song.lines))


def in_turns(song: Song) -> Song:
    """Return `song` with its lines given to the seats `a` and `b` by turns, unless it is a duet already."""
    if song.is_duet:
        return song
    lines = tuple(
        Line(notes=line.notes, singer="a" if index % 2 == 0 else "b") for index, line in enumerate(song.lines)
    )
    return Song(
        title=song.title,
        artist=song.artist,
        lines=lines,
        language=song.language,
        audio=song.audio,
        backing=song.backing,
        vocals=song.vocals,
        is_duet=True,
        headers=song.headers,
    )


def language_tag(language: str) -> str:
    """Return the tag of a language that a song file names in English, or the name itself."""
    name = language.strip().lower()
    if any(word in name for word in ("chinese", "mandarin", "中文", "国语", "普通话", "zh")):
        return "zh-CN"
    return "en" if not name or name.startswith(("engl", "en-")) or name == "en" else language.strip()


def _wire_line(line: Line) -> wire.SongLine:
    notes = tuple(
        wire.SongNote(
            t=round(note.start_s, 3),
            d=round(note.duration_s, 3),
            p=note.midi,
            w=note.syllable,
            k=note.kind,
        )
        for note in line.notes
    )
    start_s = round(line.start_s, 3)
    return wire.SongLine(t=start_s, d=round(line.end_s - line.start_s, 3), notes=notes, singer=line.singer)


def _decode(data: bytes) -> str:
    """UTF-8 where it is valid, else what `#ENCODING` says, else cp1252 (every older file's)."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", errors="replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    said = re.search(rb"(?im)^#ENCODING:\s*([\w-]+)", data)
    for encoding in (said.group(1).decode("ascii") if said else "cp1252", "cp1252"):
        try:
            return data.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
    return data.decode("latin-1")


def _read_headers(rows: list[str]) -> tuple[dict[str, str], int]:
    """Return the headers and the index of the first row after them."""
    headers: dict[str, str] = {}
    for index, row in enumerate(rows):
        text = row.strip()
        if text.startswith("#"):
            key, _, value = text[1:].partition(":")
            if value.strip():
                headers.setdefault(key.strip().upper(), value.strip())
        elif text:
            return headers, index
    return headers, len(rows)


def _required_bpm(headers: dict[str, str], name: str) -> float:
    major = headers.get("VERSION", "1").lstrip("vV").partition(".")[0]
    if major not in ("0", "1"):
        raise SongError(
            f"{name}: #VERSION:{headers['VERSION']}: only versions 1.0 to 1.2 are read: save it as 1.2"
        )
    for key in ("TITLE", "ARTIST", "BPM"):
        if key not in headers:
            raise SongError(f"{name}: #{key}: is missing: add a line #{key}:... at the top of the file")
    bpm = _decimal(headers["BPM"])
    if bpm is None or not 0 < bpm < 1e5:
        raise SongError(
            f'{name}: #BPM:{headers["BPM"]}: "{headers["BPM"]}" is not a tempo: write for instance #BPM:120'
        )
    return bpm


def _decimal(text: str) -> float | None:
    """A decimal number, point or comma."""
    return float(text.replace(",", ".")) if _DECIMAL.fullmatch(text.strip()) else None


@dataclass(slots=True)
class _Raw:
    """A note in beats, as the file has it."""

    row: int
    kind: NoteKind
    beat: int
    beats: int
    midi: int
    syllable: str


class _Body:
    """Reads the rows after the headers, one by one."""

    def __init__(self, name: str, headers: dict[str, str], bpm: float) -> None:
        self._name = name
        self._is_relative = headers.get("RELATIVE", "").strip().upper() in ("YES", "TRUE", "1")
        self._base = 0
        self._singer: Singer = "both"
        self._open: list[_Raw] = []
        self.tempos: list[tuple[int, float]] = [(0, bpm)]
        self.lines: list[tuple[Singer, list[_Raw]]] = []
        self.is_duet = False

    def read(self, row: str, number: int) -> None:
        """Take one row in."""
        if not row.strip() or row.startswith("#"):
            return
        if match := _VOICE.fullmatch(row):
            self._change_voice(match.group(1), number)
        elif match := _BREAK.fullmatch(row):
            self._break_line(match)
        elif match := _TEMPO.fullmatch(row):
            self._change_tempo(match, row, number)
        elif match := _NOTE.fullmatch(row.lstrip()):
            self._add_note(match, row, number)
        else:
            raise self._error(
                number, row, 'a note is written ": START LENGTH PITCH TEXT", a line break "- BEAT"'
            )

    def end_line(self) -> None:
        """Close the line that is being read."""
        if self._open:
            self.lines.append((self._singer, sorted(self._open, key=lambda note: note.beat)))
        self._open = []

    def _add_note(self, match: re.Match[str], row: str, number: int) -> None:
        kind = _KINDS.get(match.group(1).upper(), "freestyle")
        beat, beats, pitch = (int(match.group(index)) for index in (2, 3, 4))
        if beats < 0:
            raise self._error(number, row, f"the length {beats} is below 0: give the note at least 1 beat")
        midi = 60 + pitch
        if kind in _PITCHED and beats and not 0 <= midi <= 127:
            raise self._error(number, row, f"the pitch {pitch} cannot be sung: use -60 to 67 (0 is middle C)")
        if beats == 0:
            kind = "freestyle"
        midi = min(max(midi, 0), 127)
        self._open.append(_Raw(number, kind, self._base + beat, beats, midi, match.group(5) or ""))

    def _break_line(self, match: re.Match[str]) -> None:
        self.end_line()
        if self._is_relative:
            self._base += int(match.group(2) or match.group(1))

    def _change_voice(self, voice: str, number: int) -> None:
        if voice not in _SINGERS:
            raise self._error(number, f"P{voice}", "a song has at most two singers: use P1 and P2")
        self.end_line()
        self._singer = _SINGERS[voice]
        self._base = 0
        self.is_duet = True

    def _change_tempo(self, match: re.Match[str], row: str, number: int) -> None:
        bpm = _decimal(match.group(2))
        if bpm is None or not 0 < bpm < 1e5:
            raise self._error(
                number, row, f'"{match.group(2)}" is not a tempo: write for instance "B 64 120"'
            )
        self.tempos.append((self._base + int(match.group(1)), bpm))

    def _error(self, number: int, row: str, advice: str) -> SongError:
        return SongError(f'{self._name}, line {number}: "{row.strip()[:60]}": {advice}')


class _Beats:
    """Turns beats into seconds; a beat of the file is a quarter of what `#BPM` counts."""

    def __init__(self, tempos: list[tuple[int, float]], gap_s: float) -> None:
        self._spans: list[tuple[int, float, float]] = []
        at_s, last, beat_s = gap_s, 0, 15.0 / tempos[0][1]
        for beat, bpm in sorted(tempos, key=lambda tempo: tempo[0]):
            at_s += (beat - last) * beat_s
            last, beat_s = beat, 15.0 / bpm
            self._spans.append((beat, at_s, beat_s))

    def seconds(self, beat: int) -> float:
        """Return the song time of `beat`."""
        first, at_s, beat_s = next(
            (span for span in reversed(self._spans) if span[0] <= beat), self._spans[0]
        )
        return at_s + (beat - first) * beat_s


def _build(name: str, headers: dict[str, str], body: _Body) -> Song:
    body.end_line()
    gap_ms = _decimal(headers.get("GAP", "0"))
    if gap_ms is None:
        raise SongError(f'{name}: #GAP:{headers["GAP"]}: "{headers["GAP"]}" is not a number of milliseconds')
    beats = _Beats(body.tempos, gap_ms / 1000)
    lines = sorted(_timed_lines(name, body, beats), key=lambda line: line.start_s)
    if not lines:
        raise SongError(f'{name}: no notes: a note is written ": START LENGTH PITCH TEXT", one in each row')
    return Song(
        title=headers["TITLE"],
        artist=headers["ARTIST"],
        lines=tuple(lines),
        language=headers.get("LANGUAGE", ""),
        audio=headers.get("AUDIO") or headers.get("MP3"),
        backing=headers.get("INSTRUMENTAL"),
        vocals=headers.get("VOCALS"),
        is_duet=body.is_duet,
        headers=headers,
    )


def _timed_lines(name: str, body: _Body, beats: _Beats) -> Iterator[Line]:
    for singer, raws in body.lines:
        notes = []
        for raw in raws:
            start_s = beats.seconds(raw.beat)
            end_s = beats.seconds(raw.beat + raw.beats)
            if not -60.0 <= start_s <= end_s <= MAX_SONG_S:
                raise SongError(
                    f"{name}, line {raw.row}: the note lies at {start_s:.0f} s to {end_s:.0f} s, "
                    f"a song has at most {MAX_SONG_S:.0f} s: correct its beats, #BPM or #GAP"
                )
            notes.append(Note(start_s, end_s - start_s, raw.midi, raw.syllable, raw.kind))
        yield Line(tuple(notes), singer)
