"""Interactive scores: running while someone sings, final when the song has ended."""

from typing import Annotated, Literal

from pydantic import Field

from edge.wire.codec import Id, Message

Points = Annotated[float, Field(ge=0, le=100)]
"""A score, 0 to 100."""

Rating = Literal["perfect", "great", "good", "ok", "miss"]


class ScoreSample(Message):
    """The voice at one moment."""

    t: float
    """Song time in s."""
    p: float | None = None
    """Pitch as a MIDI note number, with fractions; None where nobody sings."""
    h: bool = False
    """Whether it hits the note."""


class LineMark(Message):
    """How a line was rated, in short."""

    l: int  # noqa: E741 - the wire's short key for "line"
    """Index of the line."""
    s: Points
    """Its score."""
    r: Rating


class ScoreChanged(Message):
    """A singer's running score (QoS 0, about 5 a second, each with its last samples)."""

    q: int
    """Counter, to notice loss."""
    n: Id
    """The round."""
    s: Points
    """Score so far, of all that could have been earned until now."""
    t: float
    """Song time in s."""
    l: int | None = None  # noqa: E741 - the wire's short key for "line"
    """Index of the line being sung."""
    x: tuple[ScoreSample, ...] = ()
    r: LineMark | None = None
    """The line rated last, in each message until the next is, so that a loss does not matter."""


class LineRated(Message):
    """A line has ended and is rated."""

    type: Literal["line"] = "line"
    rev: int = 0
    round: Id
    seat: Literal["a", "b"]
    line: int
    score: Points
    rating: Rating


class RoundScored(Message):
    """One singer's final score of a round; goes through the outbox, exactly once."""

    round: Id
    room: Id
    seat: Literal["a", "b"]
    score: Points
    lines: tuple[Points, ...] = ()
    """One for each line of the song; 0 where the line is not this seat's or has nothing to score."""
    notes_hit: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Share of the song's note time that was hit."""


class RoundFinal(Message):
    """How a round ended (retained)."""

    round: Id
    room: Id
    song: Id
    scores: dict[str, float]
    """Seat to final score."""
    winner: Literal["a", "b"] | None = None
    ended_ms: int
