import { beforeEach, describe, expect, it } from 'vitest';
import { Box, readFrame } from './box';
import { toasts } from '../shared/toasts';
import type { Room, Round } from '../shared/wire';

const ROUND: Round = {
  id: 'local-1',
  song: 's',
  song_title: 'S',
  mode: 'solo',
  state: 'counting',
  start_ms: 0,
  duration_s: 30,
  scores: {},
};

describe('a camera frame', () => {
  it('carries its stamp before the JPEG', () => {
    const bytes = new Uint8Array([0xbb, 0x43, 0x21, 0x01, 0, 0, 0, 0, 0xff, 0xd8]);
    expect(readFrame(bytes.buffer)).toEqual({ rtp: 0xbb432101, jpeg: new Uint8Array([0xff, 0xd8]) });
    expect(readFrame(new ArrayBuffer(8))).toBeNull();
  });
});

describe('the box', () => {
  let box: Box;
  const tell = (told: object) => box.hear(JSON.stringify(told));
  beforeEach(() => {
    box = new Box('ws://box/live');
    toasts.value = [];
  });

  it('survives what it does not understand', () => {
    box.hear('no json');
    tell({ type: 'from-the-future' });
    expect(box.hello.value).toBeNull();
  });

  it('shows queue, entry and its own seat', () => {
    tell({ type: 'queue', queue: [{ id: 'q', song: { id: 's' } }] });
    tell({ type: 'room', seat: 'b', room: { id: 'r', rev: 1, state: 'open', seats: [] } as unknown as Room });
    tell({ type: 'entry', entry: { kind: 'first', path: '/e/x', expires_ms: 1, qr_svg: '' } });
    expect([box.queue.value.length, box.seat(), box.entry.value?.path]).toEqual([1, 'b', '/e/x']);
    tell({ type: 'room', room: null });
    expect([box.state.room.value, box.entry.value]).toEqual([null, null]);
  });

  it('sings alone, and its clock runs on between two messages', () => {
    tell({ type: 'round', round: ROUND });
    tell({ type: 'clock', song_t: 3 });
    tell({ type: 'score', seat: 'a', message: { q: 1, n: 'local-1', s: 55, t: 3, x: [] } });
    expect(box.state.round.value?.id).toBe('local-1');
    expect(box.songT()).toBeGreaterThanOrEqual(3);
    expect(box.state.sung.a.value.score).toBe(55);
    tell({ type: 'clock', song_t: null });
    tell({ type: 'round', round: null });
    expect([box.songT(), box.state.round.value]).toEqual([null, null]);
  });

  it('keeps what ails it until it is well again', () => {
    tell({ type: 'status', part: 'camera', is_well: false, text_zh: '没有摄像头', text_en: 'no camera' });
    expect(box.troubles.value.map((one) => one.part)).toEqual(['camera']);
    tell({ type: 'status', part: 'camera', is_well: true, text_zh: '', text_en: '' });
    expect(box.troubles.value).toEqual([]);
  });

  it('says an error in the language of the page', () => {
    tell({ type: 'error', text_zh: '麦克风断开', text_en: 'microphone lost' });
    expect(toasts.value.map((one) => one.text)).toHaveLength(1);
  });
});
