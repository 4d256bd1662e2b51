"""A hub that has no machine left to score a browser's singer: the singer is told, and goes on in the room."""

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import CHROMIUM
from tests.e2e.test_browser_walk import PC, PHONE, SLOW_MS, by, open_page, sign_up

ENVIRONMENT = {"KTV_HUB_STAND_INS": "0"}

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.timeout(240),
    pytest.mark.skipif(not CHROMIUM.exists(), reason="there is no Chromium"),
]


@pytest.mark.parametrize(("screen", "size"), [("pc", PC), ("small", PHONE)])
def test_a_singer_without_a_stand_in_is_told_what_to_do(browser, demo, artefacts, screen, size):
    singer = open_page(browser, f"{demo.url}/studio/", size)
    sign_up(singer, f"Ana{screen}")
    by(singer, "perform").first.click()
    by(singer, "open-song").locator("visible=true").first.click()
    by(singer, "open-submit").click()

    missing = by(singer, "stand-in-missing")
    expect(missing).to_have_attribute("data-why", "full", timeout=SLOW_MS)
    expect(by(singer, "go-live")).to_be_enabled()
    singer.screenshot(path=artefacts / f"8-{screen}-no-stand-in.png")

    button = by(singer, "choose-song")
    button.locator("span").evaluate("span => span.textContent = 'A very long title of a song '.repeat(4)")
    words, around = button.locator("span").bounding_box(), button.bounding_box()
    assert words["x"] > around["x"] and words["x"] + words["width"] < around["x"] + around["width"]
    assert singer.evaluate("document.documentElement.scrollWidth <= innerWidth")
    button.screenshot(path=artefacts / f"8-{screen}-long-title.png")
    singer.context.close()
