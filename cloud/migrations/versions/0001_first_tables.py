"""The first tables of the hub; transfers and postings refuse to be changed."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
IMMUTABLE = ("transfers", "postings")


def upgrade() -> None:
    """Go forward."""
    for make in TABLES.values():
        make()
    for table in IMMUTABLE:
        forbid_changes(table)
    op.execute("INSERT INTO counters (name, value) VALUES ('lobby', 0)")
    op.execute("INSERT INTO accounts (kind, owner, balance) VALUES ('mint', 'mint', 0)")


def downgrade() -> None:
    """Go back."""
    for table in reversed(TABLES):
        op.drop_table(table)
    if op.get_bind().dialect.name != "sqlite":
        for table in IMMUTABLE:
            op.execute(f"DROP FUNCTION {table}_stay()")


def forbid_changes(table: str) -> None:
    """Let rows of `table` be added and read, nothing else."""
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} are never changed'); END"
            )
        return
    op.execute(
        f"CREATE FUNCTION {table}_stay() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{table} are never changed'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {table}_stay BEFORE UPDATE OR DELETE ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION {table}_stay()"
    )


def make_accounts() -> None:
    """Make the table `accounts`."""
    op.create_table(
        "accounts",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("owner", sa.String(length=40), nullable=False),
        sa.Column("balance", BIG, nullable=False),
        sa.CheckConstraint("kind = 'mint' OR balance >= 0", name="never_negative"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("kind", "owner"),
    )


def make_commands() -> None:
    """Make the table `commands`."""
    op.create_table(
        "commands",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("box_id", sa.String(length=40), nullable=False),
        sa.Column("op", sa.String(length=20), nullable=False),
        sa.Column("pick_id", sa.String(length=40), nullable=True),
        sa.Column("room_id", sa.String(length=40), nullable=True),
        sa.Column("expires_ms", BIG, nullable=False),
        sa.Column("answered_ms", BIG, nullable=True),
        sa.Column("ok", sa.Boolean(), nullable=True),
        sa.Column("error", sa.String(length=400), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_commands_box_id", "commands", ["box_id"], unique=False)


def make_counters() -> None:
    """Make the table `counters`."""
    op.create_table(
        "counters",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("value", BIG, nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )


def make_leases() -> None:
    """Make the table `leases`."""
    op.create_table(
        "leases",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("holder", sa.String(length=80), nullable=False),
        sa.Column("expires_ms", BIG, nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )


def make_outbox() -> None:
    """Make the table `outbox`."""
    op.create_table(
        "outbox",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("topic", sa.String(length=160), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("qos", BIG, nullable=False),
        sa.Column("retain", sa.Boolean(), nullable=False),
        sa.Column("created_ms", BIG, nullable=False),
        sa.Column("sent_ms", BIG, nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "outbox_unsent",
        "outbox",
        ["id"],
        unique=False,
        sqlite_where=sa.text("sent_ms IS NULL"),
        postgresql_where=sa.text("sent_ms IS NULL"),
    )


def make_songs() -> None:
    """Make the table `songs`."""
    op.create_table(
        "songs",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("title", sa.String(length=240), nullable=False),
        sa.Column("artist", sa.String(length=240), nullable=False),
        sa.Column("language", sa.String(length=40), nullable=False),
        sa.Column("duration_s", sa.Double(), nullable=False),
        sa.Column("version", BIG, nullable=False),
        sa.Column("rights", sa.String(length=240), nullable=False),
        sa.Column("lines", sa.JSON(), nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("backing", sa.Text(), nullable=True),
        sa.Column("vocals", sa.Text(), nullable=True),
        sa.Column("is_listed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )


def make_users() -> None:
    """Make the table `users`."""
    op.create_table(
        "users",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("username", sa.String(length=32), nullable=True),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("nickname", sa.String(length=120), nullable=False),
        sa.Column("avatar", sa.String(length=8), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("region", sa.String(length=40), nullable=False),
        sa.Column("voice_range", sa.String(length=16), nullable=True),
        sa.Column("favourite_songs", sa.JSON(), nullable=False),
        sa.Column("skill_rating", sa.Double(), nullable=False),
        sa.Column("created_ms", BIG, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("username"),
    )


def make_boxes() -> None:
    """Make the table `boxes`."""
    op.create_table(
        "boxes",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("hardware", sa.String(length=120), nullable=False),
        sa.Column("public_key", sa.String(length=100), nullable=False),
        sa.Column("user_id", sa.String(length=40), nullable=False),
        sa.Column("is_stand_in", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("boot", sa.String(length=40), nullable=True),
        sa.Column("version", sa.String(length=40), nullable=True),
        sa.Column("seen_ms", BIG, nullable=False),
        sa.Column("created_ms", BIG, nullable=False),
        sa.Column("revoked_ms", BIG, nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("public_key"),
    )


def make_credentials() -> None:
    """Make the table `credentials`."""
    op.create_table(
        "credentials",
        sa.Column("user_id", sa.String(length=40), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
        ),
        sa.PrimaryKeyConstraint("user_id"),
    )


def make_rooms() -> None:
    """Make the table `rooms`."""
    op.create_table(
        "rooms",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("broadcaster_id", sa.String(length=40), nullable=False),
        sa.Column("title", sa.String(length=240), nullable=False),
        sa.Column("mode", sa.String(length=8), nullable=False),
        sa.Column("song_id", sa.String(length=40), nullable=True),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("region", sa.String(length=40), nullable=False),
        sa.Column("visibility", sa.String(length=8), nullable=False),
        sa.Column("capacity", BIG, nullable=False),
        sa.Column("scene", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("rev", BIG, nullable=False),
        sa.Column("events_rev", BIG, nullable=False),
        sa.Column("tasks_rev", BIG, nullable=False),
        sa.Column("reserved_for", sa.String(length=40), nullable=True),
        sa.Column("reserved_until_ms", BIG, nullable=True),
        sa.Column("created_ms", BIG, nullable=False),
        sa.Column("touched_ms", BIG, nullable=False),
        sa.Column("ended_ms", BIG, nullable=True),
        sa.ForeignKeyConstraint(
            ["broadcaster_id"],
            ["users.id"],
        ),
        sa.ForeignKeyConstraint(
            ["reserved_for"],
            ["users.id"],
        ),
        sa.ForeignKeyConstraint(
            ["song_id"],
            ["songs.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_rooms_broadcaster_id", "rooms", ["broadcaster_id"], unique=False)
    op.create_index("ix_rooms_state", "rooms", ["state"], unique=False)


def make_transfers() -> None:
    """Make the table `transfers`."""
    op.create_table(
        "transfers",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("principal", sa.String(length=60), nullable=False),
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("request_hash", sa.String(length=64), nullable=False),
        sa.Column("debit_id", BIG, nullable=False),
        sa.Column("credit_id", BIG, nullable=False),
        sa.Column("amount", BIG, nullable=False),
        sa.Column("why", sa.String(length=16), nullable=False),
        sa.Column("task_id", sa.String(length=40), nullable=True),
        sa.Column("created_ms", BIG, nullable=False),
        sa.CheckConstraint("amount > 0", name="some_amount"),
        sa.CheckConstraint("debit_id <> credit_id", name="two_accounts"),
        sa.ForeignKeyConstraint(
            ["credit_id"],
            ["accounts.id"],
        ),
        sa.ForeignKeyConstraint(
            ["debit_id"],
            ["accounts.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("principal", "key"),
    )
    op.create_index("ix_transfers_task_id", "transfers", ["task_id"], unique=False)


def make_challenges() -> None:
    """Make the table `challenges`."""
    op.create_table(
        "challenges",
        sa.Column("nonce", sa.String(length=64), nullable=False),
        sa.Column("box_id", sa.String(length=40), nullable=False),
        sa.Column("expires_ms", BIG, nullable=False),
        sa.ForeignKeyConstraint(
            ["box_id"],
            ["boxes.id"],
        ),
        sa.PrimaryKeyConstraint("nonce"),
    )


def make_enrol_codes() -> None:
    """Make the table `enrol_codes`."""
    op.create_table(
        "enrol_codes",
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("room_id", sa.String(length=40), nullable=True),
        sa.Column("seat", sa.String(length=1), nullable=True),
        sa.Column("created_ms", BIG, nullable=False),
        sa.Column("expires_ms", BIG, nullable=False),
        sa.Column("used_ms", BIG, nullable=True),
        sa.ForeignKeyConstraint(
            ["room_id"],
            ["rooms.id"],
        ),
        sa.PrimaryKeyConstraint("code_hash"),
    )


def make_entries() -> None:
    """Make the table `entries`."""
    op.create_table(
        "entries",
        sa.Column("jti", sa.String(length=40), nullable=False),
        sa.Column("room_id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("token", sa.String(length=200), nullable=False),
        sa.Column("user_id", sa.String(length=40), nullable=True),
        sa.Column("expires_ms", BIG, nullable=False),
        sa.ForeignKeyConstraint(
            ["room_id"],
            ["rooms.id"],
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
        ),
        sa.PrimaryKeyConstraint("jti"),
    )
    op.create_index("ix_entries_room_id", "entries", ["room_id"], unique=False)


def make_picks() -> None:
    """Make the table `picks`."""
    op.create_table(
        "picks",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("room_id", sa.String(length=40), nullable=False),
        sa.Column("seat", sa.String(length=1), nullable=False),
        sa.Column("user_id", sa.String(length=40), nullable=False),
        sa.Column("asked", sa.JSON(), nullable=False),
        sa.Column("answer", sa.JSON(), nullable=True),
        sa.Column("created_ms", BIG, nullable=False),
        sa.Column("answered_ms", BIG, nullable=True),
        sa.ForeignKeyConstraint(
            ["room_id"],
            ["rooms.id"],
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_picks_room_id", "picks", ["room_id"], unique=False)


def make_postings() -> None:
    """Make the table `postings`."""
    op.create_table(
        "postings",
        sa.Column("transfer_id", sa.String(length=40), nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("delta", BIG, nullable=False),
        sa.Column("balance_after", BIG, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
        ),
        sa.ForeignKeyConstraint(
            ["transfer_id"],
            ["transfers.id"],
        ),
        sa.PrimaryKeyConstraint("transfer_id", "account_id"),
    )
    op.create_index("ix_postings_account_id", "postings", ["account_id"], unique=False)


def make_requests() -> None:
    """Make the table `requests`."""
    op.create_table(
        "requests",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("sender_id", sa.String(length=40), nullable=False),
        sa.Column("to_id", sa.String(length=40), nullable=False),
        sa.Column("room_id", sa.String(length=40), nullable=False),
        sa.Column("message", sa.String(length=120), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("entry", sa.String(length=200), nullable=True),
        sa.Column("created_ms", BIG, nullable=False),
        sa.Column("expires_ms", BIG, nullable=False),
        sa.ForeignKeyConstraint(
            ["room_id"],
            ["rooms.id"],
        ),
        sa.ForeignKeyConstraint(
            ["sender_id"],
            ["users.id"],
        ),
        sa.ForeignKeyConstraint(
            ["to_id"],
            ["users.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_requests_room_id", "requests", ["room_id"], unique=False)
    op.create_index("ix_requests_sender_id", "requests", ["sender_id"], unique=False)
    op.create_index("ix_requests_state", "requests", ["state"], unique=False)
    op.create_index("ix_requests_to_id", "requests", ["to_id"], unique=False)


def make_rounds() -> None:
    """Make the table `rounds`."""
    op.create_table(
        "rounds",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("room_id", sa.String(length=40), nullable=False),
        sa.Column("song_id", sa.String(length=40), nullable=False),
        sa.Column("song_title", sa.String(length=240), nullable=False),
        sa.Column("mode", sa.String(length=8), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("start_ms", BIG, nullable=False),
        sa.Column("duration_s", sa.Double(), nullable=False),
        sa.Column("singers", sa.JSON(), nullable=False),
        sa.Column("winner", sa.String(length=1), nullable=True),
        sa.Column("ended_ms", BIG, nullable=True),
        sa.ForeignKeyConstraint(
            ["room_id"],
            ["rooms.id"],
        ),
        sa.ForeignKeyConstraint(
            ["song_id"],
            ["songs.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_rounds_room_id", "rounds", ["room_id"], unique=False)
    op.create_index(
        "one_round_at_a_time",
        "rounds",
        ["room_id"],
        unique=True,
        sqlite_where=sa.text("ended_ms IS NULL"),
        postgresql_where=sa.text("ended_ms IS NULL"),
    )


def make_seats() -> None:
    """Make the table `seats`."""
    op.create_table(
        "seats",
        sa.Column("room_id", sa.String(length=40), nullable=False),
        sa.Column("seat", sa.String(length=1), nullable=False),
        sa.Column("user_id", sa.String(length=40), nullable=False),
        sa.Column("client", sa.String(length=8), nullable=False),
        sa.Column("box_id", sa.String(length=40), nullable=True),
        sa.Column("is_stand_in", sa.Boolean(), nullable=False),
        sa.Column("is_live", sa.Boolean(), nullable=False),
        sa.Column("is_ready", sa.Boolean(), nullable=False),
        sa.Column("taken_ms", BIG, nullable=False),
        sa.ForeignKeyConstraint(
            ["box_id"],
            ["boxes.id"],
        ),
        sa.ForeignKeyConstraint(
            ["room_id"],
            ["rooms.id"],
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
        ),
        sa.PrimaryKeyConstraint("room_id", "seat"),
    )
    op.create_index("ix_seats_box_id", "seats", ["box_id"], unique=False)


def make_sessions() -> None:
    """Make the table `sessions`."""
    op.create_table(
        "sessions",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("user_id", sa.String(length=40), nullable=False),
        sa.Column("client", sa.String(length=8), nullable=False),
        sa.Column("box_id", sa.String(length=40), nullable=True),
        sa.Column("refresh_hash", sa.String(length=64), nullable=False),
        sa.Column("used_refresh_hash", sa.String(length=64), nullable=True),
        sa.Column("created_ms", BIG, nullable=False),
        sa.Column("seen_ms", BIG, nullable=False),
        sa.Column("expires_ms", BIG, nullable=False),
        sa.Column("ended_ms", BIG, nullable=True),
        sa.ForeignKeyConstraint(
            ["box_id"],
            ["boxes.id"],
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("refresh_hash"),
    )
    op.create_index("ix_sessions_used_refresh_hash", "sessions", ["used_refresh_hash"], unique=False)
    op.create_index("ix_sessions_user_id", "sessions", ["user_id"], unique=False)


def make_tickets() -> None:
    """Make the table `tickets`."""
    op.create_table(
        "tickets",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("user_id", sa.String(length=40), nullable=False),
        sa.Column("mode", sa.String(length=8), nullable=True),
        sa.Column("song_id", sa.String(length=40), nullable=True),
        sa.Column("language", sa.String(length=8), nullable=True),
        sa.Column("region", sa.String(length=40), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("room_id", sa.String(length=40), nullable=True),
        sa.Column("entry", sa.String(length=200), nullable=True),
        sa.Column("created_ms", BIG, nullable=False),
        sa.Column("expires_ms", BIG, nullable=False),
        sa.ForeignKeyConstraint(
            ["room_id"],
            ["rooms.id"],
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_tickets_state", "tickets", ["state"], unique=False)
    op.create_index("ix_tickets_user_id", "tickets", ["user_id"], unique=False)


def make_viewers() -> None:
    """Make the table `viewers`."""
    op.create_table(
        "viewers",
        sa.Column("room_id", sa.String(length=40), nullable=False),
        sa.Column("principal", sa.String(length=44), nullable=False),
        sa.Column("user_id", sa.String(length=40), nullable=False),
        sa.Column("since_ms", BIG, nullable=False),
        sa.ForeignKeyConstraint(
            ["room_id"],
            ["rooms.id"],
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
        ),
        sa.PrimaryKeyConstraint("room_id", "principal"),
    )


def make_watermarks() -> None:
    """Make the table `watermarks`."""
    op.create_table(
        "watermarks",
        sa.Column("box_id", sa.String(length=40), nullable=False),
        sa.Column("epoch", sa.String(length=40), nullable=False),
        sa.Column("seq", BIG, nullable=False),
        sa.ForeignKeyConstraint(
            ["box_id"],
            ["boxes.id"],
        ),
        sa.PrimaryKeyConstraint("box_id", "epoch"),
    )


def make_line_scores() -> None:
    """Make the table `line_scores`."""
    op.create_table(
        "line_scores",
        sa.Column("round_id", sa.String(length=40), nullable=False),
        sa.Column("seat", sa.String(length=1), nullable=False),
        sa.Column("line", BIG, nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["round_id"],
            ["rounds.id"],
        ),
        sa.PrimaryKeyConstraint("round_id", "seat", "line"),
    )


def make_scores() -> None:
    """Make the table `scores`."""
    op.create_table(
        "scores",
        sa.Column("round_id", sa.String(length=40), nullable=False),
        sa.Column("seat", sa.String(length=1), nullable=False),
        sa.Column("user_id", sa.String(length=40), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("notes_hit", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["round_id"],
            ["rounds.id"],
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
        ),
        sa.PrimaryKeyConstraint("round_id", "seat"),
    )
    op.create_index("ix_scores_user_id", "scores", ["user_id"], unique=False)


def make_tasks() -> None:
    """Make the table `tasks`."""
    op.create_table(
        "tasks",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("room_id", sa.String(length=40), nullable=False),
        sa.Column("seat", sa.String(length=1), nullable=False),
        sa.Column("pick_id", sa.String(length=40), nullable=False),
        sa.Column("initiator_id", sa.String(length=40), nullable=False),
        sa.Column("receiver_id", sa.String(length=40), nullable=False),
        sa.Column("element", sa.JSON(), nullable=False),
        sa.Column("target", sa.String(length=80), nullable=False),
        sa.Column("result", sa.JSON(), nullable=False),
        sa.Column("points", BIG, nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("request_hash", sa.String(length=64), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=True),
        sa.Column("created_ms", BIG, nullable=False),
        sa.Column("expires_ms", BIG, nullable=False),
        sa.Column("ended_ms", BIG, nullable=True),
        sa.ForeignKeyConstraint(
            ["initiator_id"],
            ["users.id"],
        ),
        sa.ForeignKeyConstraint(
            ["pick_id"],
            ["picks.id"],
        ),
        sa.ForeignKeyConstraint(
            ["receiver_id"],
            ["users.id"],
        ),
        sa.ForeignKeyConstraint(
            ["room_id"],
            ["rooms.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("initiator_id", "key"),
    )
    op.create_index("ix_tasks_initiator_id", "tasks", ["initiator_id"], unique=False)
    op.create_index("ix_tasks_receiver_id", "tasks", ["receiver_id"], unique=False)
    op.create_index("ix_tasks_room_id", "tasks", ["room_id"], unique=False)
    op.create_index("ix_tasks_state", "tasks", ["state"], unique=False)


TABLES = {
    "accounts": make_accounts,
    "commands": make_commands,
    "counters": make_counters,
    "leases": make_leases,
    "outbox": make_outbox,
    "songs": make_songs,
    "users": make_users,
    "boxes": make_boxes,
    "credentials": make_credentials,
    "rooms": make_rooms,
    "transfers": make_transfers,
    "challenges": make_challenges,
    "enrol_codes": make_enrol_codes,
    "entries": make_entries,
    "picks": make_picks,
    "postings": make_postings,
    "requests": make_requests,
    "rounds": make_rounds,
    "seats": make_seats,
    "sessions": make_sessions,
    "tickets": make_tickets,
    "viewers": make_viewers,
    "watermarks": make_watermarks,
    "line_scores": make_line_scores,
    "scores": make_scores,
    "tasks": make_tasks,
}
