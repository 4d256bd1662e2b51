"""A real Chromium publishes to the relay and watches it."""

from pathlib import Path

import pytest
from playwright.async_api import async_playwright

from tests.cloud.media.hub import open_hub, until
from tests.cloud.media.peers import Singer, Viewer

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(not Path("/usr/bin/chromium").exists(), reason="no Chromium"),
]

PAGE = """<!doctype html><title>peer</title><video id=v autoplay playsinline></video><script>
async function knock(url, token, pc) {
  await pc.setLocalDescription(await pc.createOffer());
  await new Promise(r => { if (pc.iceGatheringState === 'complete') r();
    pc.onicegatheringstatechange = () => pc.iceGatheringState === 'complete' && r(); });
  const answer = await fetch(url, {method: 'POST', body: pc.localDescription.sdp,
    headers: {'Content-Type': 'application/sdp', Authorization: 'Bearer ' + token}});
  if (answer.status !== 201) throw new Error(answer.status + ' ' + await answer.text());
  window.location_ = answer.headers.get('Location');
  await pc.setRemoteDescription({type: 'answer', sdp: await answer.text()});
}
async function publish(url, token, codec) {
  const stream = await navigator.mediaDevices.getUserMedia({audio: true, video: {width: 640, height: 360}});
  const pc = window.pc = new RTCPeerConnection();
  for (const track of stream.getTracks()) {
    const t = pc.addTransceiver(track, {direction: 'sendonly', streams: [stream]});
    if (track.kind === 'video') t.setCodecPreferences(RTCRtpSender.getCapabilities('video').codecs.filter(
      c => c.mimeType === codec || c.mimeType === 'video/rtx'));
  }
  await knock(url, token, pc);
}
async function watch(url, token) {
  const pc = window.pc = new RTCPeerConnection(), stream = new MediaStream();
  pc.addTransceiver('audio', {direction: 'recvonly'}); pc.addTransceiver('video', {direction: 'recvonly'});
  pc.ontrack = e => { e.receiver.jitterBufferTarget = 0; stream.addTrack(e.track); v.srcObject = stream; };
  window.seen = [];
  const look = (now, meta) => { seen.push(meta.rtpTimestamp); v.requestVideoFrameCallback(look); };
  v.requestVideoFrameCallback(look);
  await knock(url, token, pc);
}
async function inbound(kind) {
  for (const s of (await pc.getStats()).values()) if (s.type === 'inbound-rtp' && s.kind === kind) return s;
  return {};
}
</script>"""


@pytest.fixture
async def hub(tmp_path):
    async with open_hub(tmp_path) as hub:
        yield hub


@pytest.fixture
async def browser():
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=[
                "--no-sandbox",
                "--use-fake-device-for-media-stream",
                "--use-fake-ui-for-media-stream",
                "--autoplay-policy=no-user-gesture-required",
            ],
        )
        yield browser
        await browser.close()


async def _page(browser, hub):
    """Open the test's page under the hub's own origin."""
    page = await browser.new_page()

    async def give(route):
        await route.fulfill(content_type="text/html", body=PAGE)

    await page.route("**/peer", give)
    await page.goto(hub.url.replace("127.0.0.1", "localhost") + "/peer")
    return page


def _local(url):
    return url.replace("127.0.0.1", "localhost")


@pytest.mark.parametrize("codec", ["video/VP8", "video/H264"])
async def test_chromium_publishes_and_a_box_hears_and_sees_it(hub, browser, codec):
    page = await _page(browser, hub)
    known = await page.evaluate("RTCRtpSender.getCapabilities('video').codecs.map(c => c.mimeType)")
    if codec not in known:
        pytest.skip(f"this Chromium does not encode {codec}")

    await page.evaluate("([u, t, c]) => publish(u, t, c)", [_local(hub.whip()), hub.token(), codec])
    await until(lambda: hub.relay.seats, 15)
    (session,) = hub.relay.sessions.values()
    async with Viewer(hub.whep("program"), hub.token("watch")) as viewer:
        await until(lambda: len(viewer.pictures) > 20 and len(viewer.sounds) > 100, 30)

        assert session.tracks["picture"][1].mimeType == codec
        assert viewer.pictures[-1][1].pixels.std() > 5
        assert viewer.sound(2.0).std() > 0.001  # the fake microphone beeps once a second
    await page.evaluate("pc.close()")
    await until(lambda: not hub.relay.seats, 15)


async def test_chromium_watches_a_box_with_the_boxs_own_timestamps(hub, browser):
    async with Singer(hub.whip(), hub.token()) as singer:
        await until(lambda: hub.relay.seats)
        page = await _page(browser, hub)
        await page.evaluate("([u, t]) => watch(u, t)", [_local(hub.whep()), hub.token("watch")])
        await page.wait_for_function("seen.length > 30", timeout=30_000)
        seen = await page.evaluate("seen")
        sound = await page.evaluate("inbound('audio')")

        assert all(rtp in singer.sent for rtp in seen)
        assert sound["packetsReceived"] > 50
        assert sound["totalAudioEnergy"] > 0


async def test_chromium_goes_on_when_a_box_comes_back(hub, browser):
    async with Singer(hub.whip(), hub.token()) as singer:
        await until(lambda: hub.relay.seats)
        page = await _page(browser, hub)
        await page.evaluate("([u, t]) => watch(u, t)", [_local(hub.whep()), hub.token("watch")])
        await page.wait_for_function("seen.length > 15", timeout=30_000)
        await singer.reconnect()
        await until(lambda: singer.uplink.is_live)
        seen = await page.evaluate("seen.length")
        heard = (await page.evaluate("inbound('audio')"))["packetsReceived"]
        await page.wait_for_function(f"seen.length > {seen + 20}", timeout=15_000)

        assert await page.evaluate("pc.connectionState") == "connected"
        assert all(rtp in singer.sent for rtp in await page.evaluate("seen"))
        assert (await page.evaluate("inbound('audio')"))["packetsReceived"] > heard + 50


async def test_chromium_is_told_at_once_when_another_publisher_takes_the_seat(hub, browser):
    async with Singer(hub.whip(), hub.token(lasts_s=500)):
        await until(lambda: hub.relay.seats)
        page = await _page(browser, hub)
        await page.evaluate("([u, t]) => watch(u, t)", [_local(hub.whep()), hub.token("watch")])
        await page.wait_for_function("seen.length > 15", timeout=30_000)
        async with Singer(hub.whip(), hub.token()) as second:
            await until(lambda: second.uplink.is_live)
            await page.wait_for_function("pc.getReceivers()[0].transport.state === 'closed'", timeout=2_000)
            await page.evaluate("([u, t]) => watch(u, t)", [_local(hub.whep()), hub.token("watch")])
            await page.wait_for_function("seen.length > 5", timeout=15_000)

            assert all(rtp in second.sent for rtp in await page.evaluate("seen"))


async def test_chromium_is_told_when_the_publisher_stays_away(tmp_path, browser):
    async with open_hub(tmp_path / "short") as hub:
        hub.relay.limits = type(hub.relay.limits)(orphan_s=0.5)
        async with Singer(hub.whip(), hub.token()):
            await until(lambda: hub.relay.seats)
            page = await _page(browser, hub)
            await page.evaluate("([u, t]) => watch(u, t)", [_local(hub.whep()), hub.token("watch")])
            await page.wait_for_function("seen.length > 5", timeout=30_000)
        await page.wait_for_function(
            "['disconnected', 'failed', 'closed'].includes(pc.connectionState)", timeout=15_000
        )
