import re

import pytest

from cloud.core import authorise
from cloud.core.errors import LogInNeeded
from cloud.settings import Settings
from cloud.tokens import Access, MediaClaims, Signer, digest, new_id

NOW = 1_800_000_000_000


@pytest.fixture
def signer(tmp_path):
    return Signer(Settings(data_dir=tmp_path))


def test_claims_come_back_as_they_were_signed(signer):
    media = MediaClaims("u-1", "room1", "b", "publish")

    assert signer.read(Access, signer.sign(Access("u-1"), NOW), NOW) == Access("u-1")
    assert signer.read(MediaClaims, signer.sign(media, NOW), NOW) == media


def test_a_token_ends_after_ten_minutes(signer):
    token = signer.sign(Access("u-1"), NOW)

    assert signer.read(Access, token, NOW + 599_000)
    with pytest.raises(LogInNeeded, match="expired"):
        signer.read(Access, token, NOW + 600_000)


def test_a_token_is_good_for_one_use_only(signer):
    bus = signer.sign_bus(authorise.user("1", "u1"), NOW)

    for token in (bus, signer.sign(MediaClaims("u-1", "r", "a", "watch"), NOW)):
        with pytest.raises(LogInNeeded, match="another use"):
            signer.read(Access, token, NOW)


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "é" * 20, "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ1LTEifQ."])
def test_nonsense_is_refused(signer, token):
    with pytest.raises(LogInNeeded):
        signer.read(Access, token, NOW)


def test_another_hubs_token_is_refused(signer, tmp_path):
    other = Signer(Settings(data_dir=tmp_path / "other"))

    with pytest.raises(LogInNeeded):
        signer.read(Access, other.sign(Access("u-1"), NOW), NOW)


def test_names_are_safe_and_secrets_are_kept_as_digests():
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{1,37}", new_id("box")) for _ in range(100))
    assert new_id() != new_id()
    assert digest("x") == digest("x") != "x"
