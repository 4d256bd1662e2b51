// Sending and getting media through the hub's door: WHIP (RFC 9725) and WHEP.
import { signal, type Signal } from '@preact/signals';
import type { MediaGrant } from './wire';

export type MediaState = 'connecting' | 'waiting' | 'live' | 'lost' | 'closed';

export interface Publication {
  state: Signal<MediaState>;
  close(): void;
}

export interface Watching {
  state: Signal<MediaState>;
  stream: Signal<MediaStream | null>;
  close(): void;
}

/** Fetches a fresh grant when the old one has ended. */
export type Regrant = () => Promise<MediaGrant | null>;

/** The door said no. */
export class DoorError extends Error {
  constructor(
    readonly status: number,
    readonly retryAfterS: number | null,
    detail: string,
  ) {
    super(detail);
  }
}

const GATHER_MS = 1_000;
const CONNECT_MS = 12_000;
const SLOWEST_RETRY_MS = 6_000;
const VIDEO_BITS = 1_500_000;

interface Line {
  pc: RTCPeerConnection;
  /** Where to DELETE. */
  location: string | null;
}

/** Publish a stream until `close`; reconnects by itself. */
export function publish(grant: MediaGrant, stream: MediaStream, regrant: Regrant): Publication {
  const kept = keepUp(grant, regrant, (pc) => {
    for (const track of stream.getTracks()) {
      const isVideo = track.kind === 'video';
      const transceiver = pc.addTransceiver(track, {
        direction: 'sendonly',
        streams: [stream],
        sendEncodings: isVideo ? [{ maxBitrate: VIDEO_BITS }] : [],
      });
      if (isVideo) preferVp8(transceiver, 'sender');
    }
  });
  return { state: kept.state, close: kept.close };
}

/** Watch a seat until `close`; waits for it to go live and reconnects by itself. */
export function watch(grant: MediaGrant, sound: 'dry' | 'program', regrant: Regrant): Watching {
  const stream = signal<MediaStream | null>(null);
  const withSound = (one: MediaGrant): MediaGrant => ({ ...one, url: soundUrl(one.url, sound) });
  const again: Regrant = async () => {
    const fresh = await regrant();
    return fresh && withSound(fresh);
  };
  const kept = keepUp(withSound(grant), again, (pc) => {
    const arrived = new MediaStream();
    pc.addTransceiver('audio', { direction: 'recvonly' });
    preferVp8(pc.addTransceiver('video', { direction: 'recvonly' }), 'receiver');
    pc.addEventListener('track', (event) => {
      setLowDelay(event.receiver);
      arrived.addTrack(event.track);
      stream.value = new MediaStream(arrived.getTracks());
    });
  });
  return {
    state: kept.state,
    stream,
    close() {
      kept.close();
      stream.value = null;
    },
  };
}

/** Ask for this sound, unless the grant names one already. */
export function soundUrl(url: string, sound: 'dry' | 'program'): string {
  if (/[?&]sound=/.test(url)) return url;
  return `${url}${url.includes('?') ? '&' : '?'}sound=${sound}`;
}

function setLowDelay(receiver: RTCRtpReceiver): void {
  try {
    (receiver as RTCRtpReceiver & { jitterBufferTarget?: number | null }).jitterBufferTarget = 0;
  } catch {
    // an old browser keeps its own delay
  }
}

function preferVp8(transceiver: RTCRtpTransceiver, side: 'sender' | 'receiver'): void {
  const able = side === 'sender' ? RTCRtpSender : RTCRtpReceiver;
  const codecs = able.getCapabilities?.('video')?.codecs ?? [];
  const rank = (mime: string) =>
    /vp8/i.test(mime) ? 0 : /h264/i.test(mime) ? 1 : /rtx|red|ulpfec/i.test(mime) ? 2 : 9;
  const chosen = codecs
    .filter((codec) => rank(codec.mimeType) < 9)
    .sort((a, b) => rank(a.mimeType) - rank(b.mimeType));
  try {
    if (chosen.length) transceiver.setCodecPreferences(chosen);
  } catch {
    // Safari before 15.4: its own order
  }
}

/** Connect, watch over the connection and connect again until closed. */
function keepUp(first: MediaGrant, regrant: Regrant, prepare: (pc: RTCPeerConnection) => void) {
  const state = signal<MediaState>('connecting');
  let grant: MediaGrant = first;
  let line: Line | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let tries = 0;
  let isClosed = false;

  async function dial(): Promise<void> {
    try {
      const opened = await connect(grant, prepare);
      if (isClosed) return hangUp(opened, grant);
      line = opened;
      state.value = 'live';
      tries = 0;
      opened.pc.addEventListener('connectionstatechange', () => {
        if (line === opened && isBroken(opened.pc)) again(null);
      });
    } catch (error) {
      if (!isClosed) again(error);
    }
  }

  function again(error: unknown): void {
    if (line) hangUp(line, grant);
    line = null;
    const isWaiting = error instanceof DoorError && error.status === 404;
    state.value = isWaiting ? 'waiting' : 'lost';
    const asked = error instanceof DoorError ? error.retryAfterS : null;
    const wait = asked !== null ? asked * 1000 : Math.min(SLOWEST_RETRY_MS, 500 * 2 ** tries++);
    timer = setTimeout(() => void redial(error), wait);
  }

  async function redial(error: unknown): Promise<void> {
    if (error instanceof DoorError && (error.status === 401 || error.status === 403)) {
      const fresh = await regrant().catch(() => null);
      if (fresh) grant = fresh;
    }
    if (!isClosed) await dial();
  }

  void dial();
  return {
    state,
    close() {
      isClosed = true;
      clearTimeout(timer);
      if (line) hangUp(line, grant);
      line = null;
      state.value = 'closed';
    },
  };
}

function isBroken(pc: RTCPeerConnection): boolean {
  return (
    pc.connectionState === 'failed' ||
    pc.connectionState === 'disconnected' ||
    pc.connectionState === 'closed'
  );
}

/** Offer, answer, connected. */
async function connect(grant: MediaGrant, prepare: (pc: RTCPeerConnection) => void): Promise<Line> {
  const pc = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
  const line: Line = { pc, location: null };
  try {
    prepare(pc);
    await pc.setLocalDescription(await pc.createOffer());
    await gathered(pc);
    const answer = await knock(grant, pc.localDescription!.sdp);
    line.location = answer.location;
    await pc.setRemoteDescription({ type: 'answer', sdp: answer.sdp });
    await connected(pc);
    return line;
  } catch (error) {
    hangUp(line, grant);
    throw error;
  }
}

/** POST an offer at the door. */
export async function knock(
  grant: MediaGrant,
  offer: string,
  fetcher: typeof fetch = fetch,
): Promise<{ sdp: string; location: string | null }> {
  const answer = await fetcher(grant.url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/sdp', Authorization: `Bearer ${grant.token}` },
    body: offer,
  });
  const said = await answer.text();
  if (answer.status === 201) return { sdp: said, location: answer.headers.get('Location') };
  const after = Number(answer.headers.get('Retry-After') ?? NaN);
  throw new DoorError(
    answer.status,
    Number.isFinite(after) ? Math.min(30, Math.max(0.2, after)) : null,
    said.slice(0, 200),
  );
}

function hangUp(line: Line, grant: MediaGrant): void {
  line.pc.close();
  if (!line.location) return;
  const location = line.location;
  line.location = null;
  void fetch(location, {
    method: 'DELETE',
    headers: { Authorization: `Bearer ${grant.token}` },
    keepalive: true,
  }).catch(() => undefined);
}

function gathered(pc: RTCPeerConnection): Promise<void> {
  if (pc.iceGatheringState === 'complete') return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, GATHER_MS);
    pc.addEventListener('icegatheringstatechange', () => {
      if (pc.iceGatheringState !== 'complete') return;
      clearTimeout(timer);
      resolve();
    });
  });
}

function connected(pc: RTCPeerConnection): Promise<void> {
  if (pc.connectionState === 'connected') return Promise.resolve();
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('no media connection')), CONNECT_MS);
    pc.addEventListener('connectionstatechange', () => {
      if (pc.connectionState === 'connected') resolve();
      else if (isBroken(pc)) reject(new Error('media connection broken'));
      else return;
      clearTimeout(timer);
    });
  });
}
