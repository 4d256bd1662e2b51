"""Elements of the live picture, and the picks that choose them."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from edge.wire.codec import Id, Message

Fraction = Annotated[float, Field(ge=0, le=1)]
"""A share of the picture's width or height, origin top left."""

Bbox = tuple[float, float, float, float]
"""x, y, width, height as fractions of the picture."""

Scene = Literal["party", "billiards", "tabletop", "game", "fitness", "food", "shop"]
Kind = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z-]{0,30}$")]
Label = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9+-]{1,30}$")]


class Element(Message):
    """A thing in the live picture (直播元素), as one frame's tracks show it."""

    id: Annotated[str, StringConstraints(max_length=64)]
    """`KIND` or `KIND:LABEL`, as in the vocabulary."""
    kind: Kind
    label: Label | None = None
    bbox: Bbox
    confidence: Fraction
    track: int | None = None
    """The track that carries it, unique for one run of one box."""


class ElementsSeen(Message):
    """What the box sees in one frame (QoS 0, about 10 a second)."""

    q: int
    """Counter, to notice loss."""
    rtp: int | None = None
    """RTP timestamp of the frame as sent to viewers (90 kHz, 32 bit)."""
    t: float
    """Box time of the frame in s."""
    x: tuple[Element, ...]


class Pick(Message):
    """POST /api/rooms/<id>/picks: a viewer's choice by a line drawn round a thing, or a tap."""

    seat: Literal["a", "b"] = "a"
    """Whose picture was drawn on."""
    contour: Annotated[tuple[tuple[Fraction, Fraction], ...], Field(min_length=1, max_length=64)]
    """Points as fractions of the picture; a single point is a tap."""
    rtp: Annotated[int, Field(ge=0, lt=2**32)] | None = None
    """RTP timestamp of the frame under the finger."""


class PickAnswer(Message):
    """What the box found at a pick."""

    element: Element | None = None
    candidates: tuple[Element, ...] = ()
    """What else it may have been, best first."""
    exact_frame: bool = False
    """Whether the very frame the viewer saw was still known."""


class Option(Message):
    """A choice the hub offers for an element's kind (目标配置项, 结果配置项)."""

    id: Annotated[str, StringConstraints(max_length=64)]
    name_zh: str
    name_en: str
    parameter: Literal["none", "count", "seconds", "element", "value", "text"] = "none"
    """What the choice still needs."""
    points: int = 0
    """Price in points, for gifts."""
    picture: str = ""
    """Emoji or path of the picture."""
    result: Literal["gift", "sticker", "caption", "picture"] | None = None
    """What kind of result it is; None for a target."""


class Options(Message):
    """GET /api/options?kind=&scene=&words=: the choices for an element's kind."""

    targets: tuple[Option, ...]
    results: tuple[Option, ...]
    understood: str | None = None
    """The target that the free words ask for, `NAME` or `NAME(value)`."""


class Gifts(Message):
    """GET /api/gifts: the catalogue of gifts."""

    gifts: tuple[Option, ...]


class PickAccepted(Message):
    """202 to a pick: the answer comes as a notice."""

    pick: Id
