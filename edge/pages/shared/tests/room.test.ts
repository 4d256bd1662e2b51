import { describe, expect, it } from 'vitest';
import { RoomState, lineAt } from '../room';
import type { Room, Round, ScoreChanged, Song, Task, TaskDelivered } from '../wire';

const USER = { id: 'u', nickname: 'Mei', avatar: '🎤' };
const round = (id: string, state: Round['state'] = 'singing'): Round => ({
  id,
  song: 's',
  song_title: 'S',
  mode: 'pk',
  state,
  start_ms: 0,
  duration_s: 60,
  scores: {},
});
const room = (rev: number, more: Partial<Room> = {}): Room => ({
  id: 'r',
  rev,
  attributes: {
    title: 'T',
    mode: 'pk',
    tags: [],
    language: 'en',
    region: '',
    visibility: 'public',
    capacity: 9,
    scene: 'party',
  },
  kind: 'perform',
  broadcaster: USER,
  state: 'open',
  seats: [],
  viewers: 0,
  created_ms: 0,
  ...more,
});
const score = (q: number, s: number, times: number[], n = 'rd'): ScoreChanged => ({
  q,
  n,
  s,
  t: times[times.length - 1] ?? 0,
  x: times.map((t) => ({ t, p: 60, h: true })),
});
const task = (state: Task['state']): Task => ({
  id: 't',
  room: 'r',
  seat: 'a',
  initiator: USER,
  receiver: USER,
  element: { kind: 'ball', label: '8' },
  target: 'pocketed',
  result: { kind: 'gift', id: 'g' },
  state,
  created_ms: 0,
  expires_ms: 0,
});
const hear = (state: RoomState, one: ScoreChanged) =>
  state.apply({ kind: 'score', room: 'r', seat: 'a', score: one });

describe('a room', () => {
  it('does not go back to an older snapshot', () => {
    const state = new RoomState();
    state.setRoom(room(5, { viewers: 7 }));
    state.setRoom(room(4, { viewers: 1 }));
    expect(state.room.value?.viewers).toBe(7);
  });

  it('joins score samples without repeating any', () => {
    const state = new RoomState();
    state.setRoom(room(1, { round: round('rd') }));
    hear(state, score(1, 50, [0.1, 0.2, 0.3]));
    hear(state, score(2, 60, [0.2, 0.3, 0.4]));
    expect(state.sung.a.value.samples.map((sample) => sample.t)).toEqual([0.1, 0.2, 0.3, 0.4]);
    expect(state.sung.a.value.score).toBe(60);
  });

  it('ignores a late score and one of another round', () => {
    const state = new RoomState();
    state.setRoom(room(1, { round: round('rd') }));
    hear(state, score(5, 60, [1]));
    hear(state, score(4, 10, [0.5]));
    hear(state, score(9, 99, [2], 'other'));
    expect(state.sung.a.value.score).toBe(60);
  });

  it('takes the last line’s rating from the running score, and keeps it as it is until the next', () => {
    const state = new RoomState();
    state.setRoom(room(1, { round: round('rd') }));
    const rated = (q: number, l: number) => ({ ...score(q, 60, []), r: { l, s: 91, r: 'perfect' as const } });
    hear(state, score(1, 50, []));
    expect(state.sung.a.value.line).toBeNull();
    hear(state, rated(2, 0));
    expect(state.sung.a.value.line).toMatchObject({ round: 'rd', seat: 'a', line: 0, rating: 'perfect' });
    hear(state, score(3, 60, []));
    hear(state, rated(4, 1));
    expect(state.sung.a.value.line?.line).toBe(1);
  });

  it('starts each round from nothing', () => {
    const state = new RoomState();
    state.setRoom(room(1, { round: round('rd') }));
    hear(state, score(5, 60, [1]));
    state.apply({ kind: 'event', room: 'r', event: { type: 'round-started', rev: 2, round: round('next') } });
    expect(state.sung.a.value).toMatchObject({ score: 0, q: 0, samples: [] });
    expect(state.round.value?.id).toBe('next');
  });

  it('shows how a round ended until the next begins', () => {
    const state = new RoomState();
    state.setRoom(room(1, { round: round('rd') }));
    const final = {
      round: 'rd',
      room: 'r',
      song: 's',
      scores: { a: 90, b: 80 },
      winner: 'a' as const,
      ended_ms: 1,
    };
    state.apply({ kind: 'event', room: 'r', event: { type: 'round-ended', rev: 2, final } });
    state.setRoom(room(3, { round: { ...round('rd', 'ended'), scores: final.scores } }));
    expect(state.final.value?.winner).toBe('a');
    state.setRoom(room(4, { round: round('next', 'counting') }));
    expect(state.final.value).toBeNull();
  });

  it('keeps open tasks and drops the others', () => {
    const state = new RoomState();
    state.apply({ kind: 'task', room: 'r', task: task('open') });
    state.apply({ kind: 'task', room: 'r', task: task('open') });
    expect(state.tasks.value).toHaveLength(1);
    state.apply({ kind: 'event', room: 'r', event: { type: 'task-closed', rev: 2, task: task('refused') } });
    expect(state.tasks.value).toEqual([]);
  });

  it('celebrates one delivery after the other', () => {
    const state = new RoomState();
    const delivered: TaskDelivered = {
      type: 'delivered',
      rev: 3,
      task: task('achieved'),
      text_zh: '恭喜',
      text_en: 'Yes',
    };
    state.apply({ kind: 'task', room: 'r', task: task('open') });
    state.apply({ kind: 'event', room: 'r', event: delivered });
    state.apply({ kind: 'event', room: 'r', event: { ...delivered, rev: 4 } });
    expect(state.tasks.value).toEqual([]);
    expect(state.celebrations.value).toHaveLength(2);
    state.celebrated(state.celebrations.value[0]!.id);
    expect(state.celebrations.value).toHaveLength(1);
  });

  it('can sing without a room', () => {
    const state = new RoomState();
    state.alone(round('local-1'));
    hear(state, score(1, 40, [0.1], 'local-1'));
    expect(state.round.value?.id).toBe('local-1');
    expect(state.sung.a.value.score).toBe(40);
  });
});

describe('lyrics', () => {
  const song = {
    lines: [
      { t: 1, d: 2, notes: [], singer: 'a' },
      { t: 4, d: 2, notes: [], singer: 'b' },
    ],
  } as unknown as Song;

  it('show the first line before it begins and the next one soon after it ends', () => {
    expect([-3, 0, 2, 3.2, 3.5, 5, 99].map((t) => lineAt(song, t))).toEqual([0, 0, 0, 0, 1, 1, 1]);
  });
});
