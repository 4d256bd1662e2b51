"""A real database with one box in it."""

import pytest

from cloud import models
from cloud.db import migrate, open_database
from cloud.settings import Settings


@pytest.fixture
def settings(tmp_path):
    return Settings(data_dir=tmp_path)


@pytest.fixture
def database(settings):
    migrate(settings)
    database = open_database(settings)
    with database.write() as session:
        session.add(
            models.User(
                id="u1", kind="house", nickname="house", avatar="🎤", language="zh-CN", region="",
                favourite_songs=[], skill_rating=50.0, created_ms=0,
            )
        )  # fmt: skip
        session.flush()
        session.add(
            models.Box(
                id="b1", name="booth", hardware="", public_key="k", user_id="u1", is_stand_in=False,
                seen_ms=0, created_ms=0,
            )
        )  # fmt: skip
    yield database
    database.close()
