"""Offers as strangers send them: read, checked and cleaned before a connection is made for one.

Every refusal says what to do. No candidate of the offer is kept: a foreign one would make the hub send STUN
to any address a stranger names, and a peer that reaches the hub is learnt from its own packets
(peer-reflexive candidates, RFC 8445 section 7.3.1.3).
"""

import re
from dataclasses import dataclass
from typing import Literal

from aiortc import sdp
from aiortc.codecs import CODECS, is_rtx
from aiortc.rtcpeerconnection import find_common_codecs
from aiortc.rtcrtpparameters import RTCRtpCodecCapability, RTCRtpCodecParameters

from cloud.core.errors import Wrong

MAX_OFFER_BYTES = 64 * 1024
"""Largest offer that is read, in bytes."""

MAX_MEDIA = 4
"""Most m-lines of an offer."""

Role = Literal["publish", "watch"]

_MOST: dict[Role, dict[str, int]] = {"publish": {"audio": 2, "video": 1}, "watch": {"audio": 1, "video": 1}}
_FINGERPRINT = re.compile(r"(?i:sha-256) [0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){31}")
_DROPPED = ("a=candidate:", "a=end-of-candidates", "a=remote-candidates:")
_CARRIED = ("audio/opus", "video/vp8", "video/h264")


class BadOffer(Wrong):
    """The offer cannot be answered."""

    status = 400


@dataclass(frozen=True, slots=True)
class MediaLine:
    """One m-line of an offer."""

    kind: Literal["audio", "video"]
    is_wanted: bool
    """Whether the offer's side sends (publish) or receives (watch) on it."""
    codecs: tuple[RTCRtpCodecParameters, ...]
    """What both sides know, in the offer's order, without retransmission."""


@dataclass(frozen=True, slots=True)
class Offer:
    """An offer that can be answered."""

    sdp: str
    lines: tuple[MediaLine, ...]


def read_offer(body: bytes, role: Role) -> Offer:
    """Return the offer in `body`, without its candidates.

    Raises:
        BadOffer: says what is wrong and what to do.
    """
    text = _clean(_text(body))
    try:
        description = sdp.SessionDescription.parse(text)
    except (ValueError, AssertionError, IndexError, KeyError) as error:
        raise BadOffer(f"the offer is not SDP that can be read ({error}): send createOffer's own") from error
    _check_session(text, description)
    lines = tuple(_line(media, role) for media in description.media)
    _check_lines(lines, role)
    return Offer(text, lines)


def preference(codec: RTCRtpCodecParameters) -> list[RTCRtpCodecCapability]:
    """Return the preference list that admits `codec` and its retransmission alone."""
    chosen = RTCRtpCodecCapability(codec.mimeType, codec.clockRate, codec.channels, codec.parameters)
    if codec.mimeType.startswith("audio/"):
        return [chosen]
    return [chosen, RTCRtpCodecCapability("video/rtx", codec.clockRate)]


def _text(body: bytes) -> str:
    if len(body) > MAX_OFFER_BYTES:
        raise BadOffer(f"the offer has {len(body)} bytes: at most {MAX_OFFER_BYTES} are read")
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadOffer(f"the offer is not UTF-8 (byte {error.start}): send SDP as text") from error
    if not text.startswith("v=0"):
        seen = text[:20]
        raise BadOffer(f"the offer begins with {seen!r}: send SDP, which begins with v=0")
    return text


def _clean(text: str) -> str:
    kept = [line for line in text.splitlines() if not line.startswith(_DROPPED)]
    return "\r\n".join(line for line in kept if _is_known_fingerprint(line)) + "\r\n"


def _is_known_fingerprint(line: str) -> bool:
    """Keep only SHA-256 where the line is a fingerprint: every browser sends that one."""
    name, _, value = line.partition(":")
    return name != "a=fingerprint" or value.strip()[:7].lower() == "sha-256"


def _check_session(text: str, description: sdp.SessionDescription) -> None:
    fingerprints = re.findall(r"^a=fingerprint:(.*?)\s*$", text, re.MULTILINE)
    if not fingerprints or not all(_FINGERPRINT.fullmatch(one) for one in fingerprints):
        raise BadOffer("the offer has no valid sha-256 fingerprint: DTLS needs a=fingerprint:sha-256")
    if not 1 <= len(description.media) <= MAX_MEDIA:
        raise BadOffer(f"the offer has {len(description.media)} m-lines: 1 to {MAX_MEDIA} are taken")
    if any(not (media.dtls and media.ice and media.ice.usernameFragment) for media in description.media):
        raise BadOffer("an m-line lacks a=ice-ufrag or a=fingerprint: send createOffer's own SDP")
    mids = [media.rtp.muxId for media in description.media]
    if not all(mids) or len(set(mids)) != len(mids):
        raise BadOffer(f"the m-lines' a=mid are {mids}: each needs one of its own")
    bundled = [name for group in description.group if group.semantic == "BUNDLE" for name in group.items]
    if len(mids) > 1 and sorted(map(str, bundled)) != sorted(mids):
        raise BadOffer("the offer does not bundle its m-lines: add a=group:BUNDLE with every mid")


def _line(media: sdp.MediaDescription, role: Role) -> MediaLine:
    if media.kind == "audio":
        kind: Literal["audio", "video"] = "audio"
    elif media.kind == "video":
        kind = "video"
    else:
        raise BadOffer(f"the offer has an m-line {media.kind!r}: only audio and video are carried")
    wanted = ("sendonly", "sendrecv") if role == "publish" else ("recvonly", "sendrecv")
    try:
        common = find_common_codecs(CODECS[kind], media.rtp.codecs)
    except (ValueError, KeyError, TypeError) as error:
        raise BadOffer(f"the {kind} line's codecs cannot be read ({error})") from error
    codecs = tuple(one for one in common if not is_rtx(one) and one.mimeType.lower() in _CARRIED)
    if not codecs:
        offered = ", ".join(codec.mimeType for codec in media.rtp.codecs) or "nothing"
        raise BadOffer(f"the {kind} line offers {offered}: offer Opus for sound, VP8 or H.264 for pictures")
    return MediaLine(kind, (media.direction or "sendrecv") in wanted, codecs)


def _check_lines(lines: tuple[MediaLine, ...], role: Role) -> None:
    verb = "sends" if role == "publish" else "receives"
    if not any(line.is_wanted for line in lines):
        raise BadOffer(f"the offer {verb} nothing: set an m-line's direction")
    for kind, most in _MOST[role].items():
        count = sum(line.kind == kind for line in lines)
        if count > most:
            raise BadOffer(f"the offer has {count} {kind} lines: at most {most} to {role}")
