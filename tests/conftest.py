"""What all tests share: the folder of real recordings, and the mark for tests that need a device."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("busy", deadline=None)  # a busy machine is no fault of the code
settings.load_profile("busy")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--hardware", action="store_true", help="also run the tests that need a device")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--hardware"):
        return
    skip = pytest.mark.skip(reason="needs a device: run pytest --hardware where it is")
    for item in items:
        if "hardware" in item.keywords:
            item.add_marker(skip)


@pytest.fixture(scope="session")
def ktv_data() -> Path:
    """The folder of real recordings; the test is skipped where there is none."""
    named = os.environ.get("KTV_DATA", "")
    if not named or not Path(named).is_dir():
        pytest.skip("KTV_DATA names no folder of real recordings")
    return Path(named)


@pytest.fixture(scope="session")
def root() -> Path:
    """The project's own folder."""
    return Path(__file__).resolve().parent.parent
