import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { cue } from '../backing';
import { offsetOf } from '../clock';
import { capture, soundConstraints, troubleOf } from '../media';
import { audibleSeats } from '../stage';
import { DoorError, knock, soundUrl, watch } from '../whip';
import type { MediaGrant, Room } from '../wire';

const GRANT: MediaGrant = { url: '/whep/r?seat=a', token: 't', seat: 'a', expires_in_s: 60 };

describe('the hub clock', () => {
  it('believes the fastest ping', () => {
    const pings = [
      { sent: 0, got: 200, hub: 1180 },
      { sent: 300, got: 304, hub: 1302 },
      { sent: 400, got: 500, hub: 1490 },
    ];
    expect(offsetOf(pings)).toBe(1000);
  });
});

describe('the backing', () => {
  it('waits, joins in the middle, or stays silent', () => {
    expect(cue(2.5, 60)).toEqual({ delayS: 2.5, offsetS: 0 });
    expect(cue(-10, 60)).toEqual({ delayS: 0, offsetS: 10 });
    expect(cue(-61, 60)).toBeNull();
  });
});

describe('the microphone', () => {
  it('is left as it is with headphones and cleaned without', () => {
    expect(soundConstraints(true)).toMatchObject({
      echoCancellation: false,
      noiseSuppression: false,
      autoGainControl: false,
    });
    expect(soundConstraints(false)).toMatchObject({
      echoCancellation: true,
      noiseSuppression: true,
      autoGainControl: true,
    });
  });

  it('says what is wrong', async () => {
    expect(troubleOf(new DOMException('', 'NotAllowedError'))).toBe('denied');
    expect(troubleOf(new DOMException('', 'NotFoundError'))).toBe('missing');
    expect(troubleOf(new DOMException('', 'NotReadableError'))).toBe('busy');
    expect(troubleOf('x')).toBe('unknown');
    vi.stubGlobal('navigator', {});
    await expect(capture({ picture: 'camera', headphones: true })).rejects.toMatchObject({
      trouble: 'insecure',
    });
    vi.unstubAllGlobals();
  });
});

describe('who is heard', () => {
  const seat = (name: 'a' | 'b', box: boolean) => ({ seat: name, box: 'x', is_stand_in: !box });
  it('is the box whose mix holds every voice, else both singers', () => {
    expect(audibleSeats({ seats: [seat('a', true), seat('b', false)] } as unknown as Room)).toEqual(['a']);
    expect(audibleSeats({ seats: [seat('a', false), seat('b', false)] } as unknown as Room)).toEqual([
      'a',
      'b',
    ]);
    expect(audibleSeats(null)).toEqual(['a', 'b']);
  });
});

describe('the media door', () => {
  it('is asked for a sound once', () => {
    expect(soundUrl('/whep/r?seat=a', 'program')).toBe('/whep/r?seat=a&sound=program');
    expect(soundUrl('/whep/r?seat=a&sound=dry', 'dry')).toBe('/whep/r?seat=a&sound=dry');
  });

  it('is knocked at with SDP and the bearer token', async () => {
    const fetcher = vi.fn(
      async (_url: string, _init: RequestInit) =>
        new Response('answer', { status: 201, headers: { Location: '/whep/r/1' } }),
    );
    const answer = await knock(GRANT, 'offer', fetcher as unknown as typeof fetch);
    expect(answer).toEqual({ sdp: 'answer', location: '/whep/r/1' });
    const init = fetcher.mock.calls[0]![1];
    expect(init.headers).toMatchObject({ 'Content-Type': 'application/sdp', Authorization: 'Bearer t' });
    expect(init.body).toBe('offer');
  });

  it('says when to come again', async () => {
    const fetcher = async () => new Response('', { status: 404, headers: { 'Retry-After': '1' } });
    const refused = await knock(GRANT, 'offer', fetcher as unknown as typeof fetch).catch(
      (error: unknown) => error,
    );
    expect(refused).toBeInstanceOf(DoorError);
    expect(refused).toMatchObject({ status: 404, retryAfterS: 1 });
  });
});

class FakePeer extends EventTarget {
  static made: FakePeer[] = [];
  connectionState = 'new';
  iceGatheringState = 'complete';
  localDescription = { sdp: 'offer' };
  constructor() {
    super();
    FakePeer.made.push(this);
  }
  addTransceiver = () => ({ setCodecPreferences: () => undefined });
  createOffer = async () => ({});
  setLocalDescription = async () => undefined;
  setRemoteDescription = async () => this.become('connected');
  close = () => (this.connectionState = 'closed');
  become(state: string) {
    this.connectionState = state;
    this.dispatchEvent(new Event('connectionstatechange'));
  }
}

describe('watching', () => {
  const calls: { url: string; method: string }[] = [];
  let answers: Response[] = [];

  beforeEach(() => {
    vi.useFakeTimers();
    calls.length = 0;
    FakePeer.made = [];
    vi.stubGlobal('RTCPeerConnection', FakePeer);
    vi.stubGlobal('RTCRtpReceiver', { getCapabilities: () => null });
    vi.stubGlobal('MediaStream', class {});
    vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
      calls.push({ url, method: init.method! });
      return answers.shift() ?? new Response('answer', { status: 201, headers: { Location: '/whep/r/1' } });
    });
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  const regrant = async () => ({ ...GRANT, token: 'fresh' });

  it('waits for a seat that is not live yet', async () => {
    answers = [new Response('', { status: 404, headers: { 'Retry-After': '1' } })];
    const watching = watch(GRANT, 'program', regrant);
    await vi.advanceTimersByTimeAsync(10);
    expect(watching.state.value).toBe('waiting');
    await vi.advanceTimersByTimeAsync(1_000);
    expect(watching.state.value).toBe('live');
    expect(calls[0]).toEqual({ url: '/whep/r?seat=a&sound=program', method: 'POST' });
    watching.close();
  });

  it('connects again when the connection breaks, and takes leave at the door', async () => {
    answers = [];
    const watching = watch(GRANT, 'dry', regrant);
    await vi.advanceTimersByTimeAsync(10);
    FakePeer.made[0]!.become('failed');
    expect(watching.state.value).toBe('lost');
    await vi.advanceTimersByTimeAsync(1_000);
    expect(watching.state.value).toBe('live');
    watching.close();
    expect(calls.map((call) => call.method)).toEqual(['POST', 'DELETE', 'POST', 'DELETE']);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(FakePeer.made).toHaveLength(2);
  });

  it('asks for a fresh grant when its token has ended', async () => {
    answers = [new Response('', { status: 401 })];
    const asked = vi.fn(regrant);
    const watching = watch(GRANT, 'program', asked);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(asked).toHaveBeenCalledTimes(1);
    expect(watching.state.value).toBe('live');
    watching.close();
  });
});
