"""The catalogue of songs; open to everyone."""

from typing import Annotated

from flask import Response, send_file
from pydantic import Field, StringConstraints

from cloud.desk import songs
from cloud.desk.songs import Part
from cloud.web.api import Api, Call
from edge.wire.codec import Message
from edge.wire.songs import Song, SongFound

api = Api("songs")


class FindSongs(Message):
    """Query of GET /api/songs."""

    q: Annotated[str, StringConstraints(max_length=80)] = ""
    limit: Annotated[int, Field(ge=1, le=200)] = 50


@api.route("GET", "/songs", query=FindSongs, answer=SongFound, is_open=True)
def find_songs(call: Call, asked: FindSongs) -> SongFound:
    """Search titles and artists."""
    with call.read() as session:
        return songs.search(session, asked.q, asked.limit)


@api.route("GET", "/songs/<id:song>", answer=Song, is_open=True)
def show_song(call: Call, song: str) -> Song:
    """Return a song with its lines and notes."""
    with call.read() as session:
        return songs.show(session, song)


@api.route("GET", "/songs/<id:song>/notes", is_open=True)
def show_notes(call: Call, song: str) -> Response:
    """Return the song file (UltraStar)."""
    with call.read() as session:
        return Response(songs.get(session, song).notes, content_type="text/plain; charset=utf-8")


@api.route("GET", "/songs/<id:song>/audio/backing", is_open=True)
def play_backing(call: Call, song: str) -> Response:
    """Return the backing; ranges are served."""
    return _sound(call, song, "backing")


@api.route("GET", "/songs/<id:song>/audio/vocals", is_open=True)
def play_vocals(call: Call, song: str) -> Response:
    """Return the guide vocal; ranges are served."""
    return _sound(call, song, "vocals")


def _sound(call: Call, song: str, part: Part) -> Response:
    with call.read() as session:
        path, kind = songs.audio(session, song, part)
    response = send_file(path, mimetype=kind, conditional=True, max_age=3600)
    response.headers["Accept-Ranges"] = "bytes"
    return response
