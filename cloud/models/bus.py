"""What the hub still has to say on the bus, what it has ordered of boxes, and who does the shared work."""

from sqlalchemy import Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from cloud.db import Base


class Outbox(Base):
    """A message to publish, in order of `id`; written with the change it tells of."""

    __tablename__ = "outbox"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    topic: Mapped[str] = mapped_column(String(160))
    payload: Mapped[bytes] = mapped_column(LargeBinary)
    """Empty with `retain`: clears what was retained."""
    qos: Mapped[int]
    retain: Mapped[bool]
    created_ms: Mapped[int]
    sent_ms: Mapped[int | None]
    """When the broker had it."""

    __table_args__ = (
        Index(
            "outbox_unsent",
            "id",
            sqlite_where=text("sent_ms IS NULL"),
            postgresql_where=text("sent_ms IS NULL"),
        ),
    )


class Command(Base):
    """An order that was sent to a box, so that its answer finds what it is about."""

    __tablename__ = "commands"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    box_id: Mapped[str] = mapped_column(String(40), index=True)
    """A box, or a stand-ins host (`standins-1`)."""
    op: Mapped[str] = mapped_column(String(20))
    pick_id: Mapped[str | None] = mapped_column(String(40))
    """The pick that a find-element is about."""
    room_id: Mapped[str | None] = mapped_column(String(40))
    expires_ms: Mapped[int]
    answered_ms: Mapped[int | None]
    ok: Mapped[bool | None]
    error: Mapped[str | None] = mapped_column(String(400))


class Lease(Base):
    """Who does a shared piece of work, and until when."""

    __tablename__ = "leases"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    holder: Mapped[str] = mapped_column(String(80))
    expires_ms: Mapped[int]


class Counter(Base):
    """A number that only goes up: the lobby's revision."""

    __tablename__ = "counters"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[int]
