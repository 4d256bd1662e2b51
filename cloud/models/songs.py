"""The catalogue of songs."""

from typing import Any

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from cloud.db import Base


class Song(Base):
    """A song of the catalogue; its id is its folder's name."""

    __tablename__ = "songs"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    title: Mapped[str] = mapped_column(String(240))
    artist: Mapped[str] = mapped_column(String(240))
    language: Mapped[str] = mapped_column(String(40))
    duration_s: Mapped[float]
    version: Mapped[int]
    """Counts imports with changed content."""
    rights: Mapped[str] = mapped_column(String(240))
    lines: Mapped[list[Any]]
    """The `SongLine`s of the wire."""
    notes: Mapped[str] = mapped_column(Text)
    """The song file (UltraStar)."""
    content_hash: Mapped[str] = mapped_column(String(64))
    backing: Mapped[str | None] = mapped_column(Text)
    """Path of the audio that browsers can play."""
    vocals: Mapped[str | None] = mapped_column(Text)
    is_listed: Mapped[bool]
    """False once its folder has gone; rounds sung with it stay."""
