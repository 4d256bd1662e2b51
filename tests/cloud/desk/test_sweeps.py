"""What is deleted in the course of time, and what is not."""

from sqlalchemy import select

from cloud import models
from cloud.db import migrate, open_database
from cloud.desk import sweeps
from cloud.settings import Settings


def test_old_messages_are_deleted_and_what_is_retained_stays(tmp_path):
    settings = Settings(data_dir=tmp_path)
    migrate(settings)
    database = open_database(settings)
    rows = [("event", False, 1), ("room", True, 1), ("fresh", False, sweeps.KEPT_MS), ("unsent", False, None)]
    with database.write() as session:
        for topic, retain, sent_ms in rows:
            row = models.Outbox(
                topic=topic, payload=b"x", qos=1, retain=retain, created_ms=0, sent_ms=sent_ms
            )
            session.add(row)

    with database.write() as session:
        sweeps.tidy(session, 2 + sweeps.KEPT_MS)

    with database.read() as session:
        left = set(session.scalars(select(models.Outbox.topic)))
    database.close()
    assert left == {"room", "fresh", "unsent"}
