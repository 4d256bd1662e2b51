"""Two people and a viewer walk the whole idea in real browsers, on the running demo."""

import math
import time

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from tests.e2e.conftest import CHROMIUM

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.timeout(420),
    pytest.mark.skipif(not CHROMIUM.exists(), reason="there is no Chromium"),
]

PHONE = {"width": 390, "height": 844}
PC = {"width": 1440, "height": 900}
KIOSK = {"width": 1280, "height": 800}
SLOW_MS = 30_000
SONG = "star-over-the-booth"


def open_page(browser: Browser, url: str, size: dict, **options) -> Page:
    context = browser.new_context(
        viewport=size, locale="zh-CN", permissions=["microphone", "camera"], **options
    )
    page = context.new_page()
    page.set_default_timeout(SLOW_MS)
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto(url)
    return page


def by(page: Page | Locator, testid: str) -> Locator:
    return page.get_by_test_id(testid)


def sign_up(page: Page, name: str) -> None:
    by(page, "sign-signup").click()
    by(page, "signup-username").fill(f"{name.lower()}{time.time_ns() % 10**8}")
    by(page, "signup-password").fill("sing-with-me-8")
    by(page, "signup-nickname").fill(name)
    by(page, "signup-submit").click()
    expect(by(page, "points").first).to_be_visible(timeout=SLOW_MS)


def draw_round(page: Page, seat: str, bbox: tuple[float, float, float, float]) -> None:
    """Draw a ring round `bbox` (fractions of the picture) with the pointer."""
    picture = page.locator(f'[data-testid="live-picture"][data-seat="{seat}"]')
    area = picture.bounding_box()
    size = picture.locator("video").evaluate("v => [v.videoWidth, v.videoHeight]")
    scale = min(area["width"] / size[0], area["height"] / size[1])
    left = area["x"] + (area["width"] - size[0] * scale) / 2
    top = area["y"] + (area["height"] - size[1] * scale) / 2
    x, y = bbox[0] + bbox[2] / 2, bbox[1] + bbox[3] / 2
    for step in range(25):
        turn = 2 * math.pi * step / 24
        at = (
            left + (x + 0.8 * bbox[2] * math.cos(turn)) * size[0] * scale,
            top + (y + 0.8 * bbox[3] * math.sin(turn)) * size[1] * scale,
        )
        page.mouse.move(*at)
        if step == 0:
            page.mouse.down()
    page.mouse.up()


def pick(page: Page, seat: str, bbox: tuple[float, float, float, float], element: str) -> None:
    """Draw round a place again and again until the sheet opens for `element`."""
    for _ in range(8):
        draw_round(page, seat, bbox)
        sheet = by(page, "pick-sheet")
        try:
            sheet.wait_for(timeout=4_000)
        except PlaywrightTimeout:  # the ball was not there just then: the clip has moved on
            continue
        if by(sheet, "pick-element").get_attribute("data-element") == element:
            return
        by(page, "sheet-close").click()
    raise AssertionError(f"no pick found {element}")


def promise(
    page: Page, bbox: tuple[float, float, float, float], element: str, gift: str, picture=None
) -> None:
    """Pick an element and promise a gift for its being pocketed."""
    pick(page, "a", bbox, element)
    by(page, "target-pocketed").click()
    by(page, gift).click()
    if picture is not None:
        page.screenshot(path=picture)
    by(page, "send-task").click()
    expect(by(page, "pick-sheet")).to_be_hidden(timeout=SLOW_MS)


@pytest.fixture(scope="module")
def people(browser, demo):
    booth = open_page(browser, f"{demo.kiosk_url}/", KIOSK)
    mei = open_page(browser, f"{demo.url}/phone/", PHONE, has_touch=True)
    lin = open_page(browser, f"{demo.url}/studio/", PC)
    yield booth, mei, lin
    for page in (booth, mei, lin):
        page.context.close()


def test_people_sign_up_and_a_guest_comes_in_by_the_booths_qr_code(browser, demo, people, artefacts):
    booth, mei, lin = people

    sign_up(mei, "Mei")
    sign_up(lin, "Lin")
    expect(by(booth, "login-qr")).to_be_visible()
    guest = open_page(browser, by(booth, "login-qr").get_attribute("data-url"), PHONE)
    by(guest, "guest-submit").click()
    expect(by(guest, "booth-note")).to_be_visible(timeout=SLOW_MS)
    expect(by(guest, "booth-note")).to_contain_text("Booth 8")
    by(guest, "tab-booth").click()
    guest.locator(f'[data-testid="queue-song"][data-song="{SONG}"]').click()

    expect(booth.locator(f'[data-testid="queued"][data-song="{SONG}"]')).to_be_visible(timeout=SLOW_MS)
    guest.screenshot(path=artefacts / "1-guest-at-the-booth.png")
    mei.screenshot(path=artefacts / "1-phone-lobby.png")
    guest.context.close()


def test_an_invited_friend_enters_a_created_room(people, artefacts):
    _, mei, lin = people

    by(lin, "create").click()
    by(lin, "open-song").locator("visible=true").first.click()
    by(lin, "open-submit").click()
    expect(by(lin, "room")).to_be_visible(timeout=SLOW_MS)
    expect(by(lin, "entry-qr").first).to_be_visible()
    by(lin, "invite").click()
    by(lin, "invite-user").and_(lin.locator('[data-name="Mei"]')).click()
    by(mei, "tab-requests").click()
    by(mei, "request-accept").click()

    expect(by(mei, "room")).to_be_visible(timeout=SLOW_MS)
    expect(by(lin, "scores")).to_contain_text("Mei", timeout=SLOW_MS)
    lin.screenshot(path=artefacts / "2-studio-created-room.png")
    mei.screenshot(path=artefacts / "2-phone-invited.png")
    by(mei, "room-leave").click()
    expect(by(mei, "tab-lobby")).to_be_visible(timeout=SLOW_MS)
    by(lin, "room-end").click()
    expect(by(lin, "perform")).to_be_visible(timeout=SLOW_MS)


def test_booth_and_phone_sing_and_a_viewers_promise_is_kept(people, table, artefacts):
    booth, mei, lin = people
    by(mei, "tab-lobby").click()

    by(booth, "go-live").click()
    by(booth, "open-scene-billiards").click()
    by(booth, "perform").click()
    expect(by(mei, "lobby-room")).to_be_visible(timeout=SLOW_MS)
    by(mei, "lobby-join").click()
    expect(by(mei, "room")).to_be_visible(timeout=SLOW_MS)
    by(lin, "lobby-watch").click()
    by(mei, "go-live").click()
    by(mei, "headphones-yes").click()
    by(mei, "go-live-confirm").click()
    expect(by(mei, "stop-live")).to_be_visible(timeout=SLOW_MS)
    picture = lin.locator('[data-testid="live-picture"][data-seat="a"]')
    expect(picture).to_have_attribute("data-playing", "true", timeout=SLOW_MS)
    booth.screenshot(path=artefacts / "3-kiosk-live.png")
    lin.screenshot(path=artefacts / "3-viewer.png")

    expect(by(booth, "start-round")).to_be_enabled(timeout=SLOW_MS)
    by(booth, "start-round").click()
    screens = {"viewer": lin, "phone": mei, "kiosk": booth}
    # The cue ball stays on the table, so that its badge can be looked at without hurry.
    promise(lin, table["ball:cue"], "ball:cue", "result-magic-hand", artefacts / "4-pick-sheet.png")
    for page in screens.values():
        expect(by(page, "task-badge").first).to_contain_text("神来之手 66", timeout=SLOW_MS)
        expect(by(page, "rating-a")).to_be_attached(timeout=SLOW_MS)
    for name, page in screens.items():
        page.screenshot(path=artefacts / f"5-{name}-singing.png")
    promise(lin, table["ball:8"], "ball:8", "result-one-shot")
    for page in screens.values():
        expect(by(page, "celebration")).to_contain_text("一杆封神", timeout=60_000)
    for name, page in screens.items():
        page.screenshot(path=artefacts / f"6-{name}-celebration.png")
    by(lin, "task-withdraw").click()
    expect(by(lin, "points").first).to_have_attribute("data-points", str(1000 - 188), timeout=SLOW_MS)

    expect(lin.locator('[data-testid="scores"][data-final="true"]')).to_be_visible(timeout=60_000)
    for name, page in screens.items():
        assert float(by(page, "score-a").first.get_attribute("data-score")) > 50
        assert float(by(page, "score-b").first.get_attribute("data-score")) >= 0
        page.screenshot(path=artefacts / f"7-{name}-final.png")
