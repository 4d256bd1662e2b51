import pytest
from aiortc import RTCPeerConnection

from cloud.media.offers import BadOffer, read_offer


@pytest.fixture
async def good():
    """Return a publisher's offer as aiortc makes it."""
    connection = RTCPeerConnection()
    connection.addTransceiver("audio", "sendonly")
    connection.addTransceiver("video", "sendonly")
    try:
        yield (await connection.createOffer()).sdp
    finally:
        await connection.close()


async def test_a_good_offer_is_taken_with_its_codecs_in_order(good):
    offer = read_offer(good.encode(), "publish")

    assert [(line.kind, line.is_wanted) for line in offer.lines] == [("audio", True), ("video", True)]
    assert offer.lines[0].codecs[0].mimeType == "audio/opus"
    assert [codec.name for codec in offer.lines[1].codecs][:2] == ["VP8", "H264"]


async def test_every_remote_candidate_is_dropped(good):
    foreign = "a=candidate:1 1 udp 2130706431 203.0.113.9 9 typ host\r\na=end-of-candidates\r\n"

    offer = read_offer((good + foreign).encode(), "publish")

    assert "203.0.113.9" not in offer.sdp
    assert "end-of-candidates" not in offer.sdp


async def test_only_the_sha_256_fingerprint_is_kept(good):
    offer = read_offer(good.encode(), "publish")

    assert "sha-256" in offer.sdp
    assert "sha-512" not in offer.sdp


def _without(word):
    return lambda sdp: "\r\n".join(line for line in sdp.split("\r\n") if word not in line)


def _media(sdp, kind):
    start = sdp.index(f"m={kind}")
    end = sdp.find("m=", start + 2)
    return sdp[start : end if end > 0 else None]


BAD = {
    "empty": (lambda sdp: "", "v=0"),
    "garbage": (lambda sdp: "hello\r\n" * 10, "v=0"),
    "truncated": (lambda sdp: sdp[:60], "fingerprint"),
    "no fingerprint": (_without("fingerprint"), "fingerprint"),
    "bad fingerprint": (
        lambda sdp: sdp.replace("a=fingerprint:sha-256 ", "a=fingerprint:sha-256 ZZ:"),
        "fingerprint",
    ),
    "only sha-1": (lambda sdp: sdp.replace("sha-256", "sha-1"), "fingerprint"),
    "no ice": (_without("ice-"), "ice-ufrag"),
    "no mid": (_without("a=mid"), "mid"),
    "twice the same mid": (lambda sdp: sdp.replace("a=mid:1", "a=mid:0"), "mid"),
    "no bundle": (_without("a=group"), "BUNDLE"),
    "bad payload type": (lambda sdp: sdp.replace("a=rtpmap:96", "a=rtpmap:zz"), "SDP"),
    "negative port": (lambda sdp: sdp.replace("m=audio ", "m=audio -"), "SDP"),
    "nine m-lines": (lambda sdp: sdp + _media(sdp, "audio") * 7, "m-lines"),
    "two pictures": (
        lambda sdp: (
            sdp.replace("BUNDLE 0 1", "BUNDLE 0 1 2") + _media(sdp, "video").replace("mid:1", "mid:2")
        ),
        "video lines",
    ),
    "a data channel": (
        lambda sdp: sdp.replace("m=audio", "m=application", 1).replace(
            "UDP/TLS/RTP/SAVPF", "UDP/DTLS/SCTP", 1
        ),
        "audio and video",
    ),
    "unknown codec": (
        lambda sdp: sdp.replace("opus", "speex").replace("PCM", "XYZ").replace("G722", "G799"),
        "Opus",
    ),
    "nothing sent": (lambda sdp: sdp.replace("sendonly", "recvonly"), "direction"),
    "null characters": (lambda sdp: "v=0\r\n" + "\0" * 500, "fingerprint"),
}


@pytest.mark.parametrize("name", BAD)
async def test_a_bad_offer_is_refused_and_told_what_to_do(good, name):
    spoil, word = BAD[name]

    with pytest.raises(BadOffer, match=word) as refused:
        read_offer(spoil(good).encode(), "publish")

    assert refused.value.status == 400
    assert ":" in str(refused.value)


def test_what_is_not_utf_8_is_refused():
    with pytest.raises(BadOffer, match="UTF-8"):
        read_offer(b"v=0\r\n\xff\xfe\xfd", "publish")


def test_what_is_too_large_is_refused():
    with pytest.raises(BadOffer, match="bytes"):
        read_offer(b"v=0\r\n" + b"a=x\r\n" * 20_000, "publish")
