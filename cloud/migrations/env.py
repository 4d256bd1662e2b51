"""Runs the hub's migrations on the connection that `cloud.db.migrate` gives."""

from alembic import context
from sqlalchemy import Connection

import cloud.models  # noqa: F401 - fills the metadata
from cloud.db import Base


def run(connection: Connection) -> None:
    """Bring `connection`'s database to the newest revision."""
    context.configure(connection=connection, target_metadata=Base.metadata, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()


run(context.config.attributes["connection"])
