// The golden messages of tests/data/wire, as the pages read them.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { readMessage } from '../live';
import { RoomState } from '../room';
import { FIELDS } from '../wire.fields';
import type { ElementsSeen, Room, ScoreChanged, Task } from '../wire';

const FOLDER = path.join(process.cwd(), 'tests/data/wire');
const text = (name: string) => readFileSync(path.join(FOLDER, `${name}.json`), 'utf8');
const golden = <T>(name: string) => JSON.parse(text(name)) as T;
const names = readdirSync(FOLDER).map((file) => file.replace('.json', ''));

describe('golden messages', () => {
  it('are all known to the pages, and no others', () => {
    expect(new Set(names)).toEqual(new Set(Object.keys(FIELDS)));
  });

  it.each(names)('%s has the fields its type promises', (name) => {
    const fields = Object.keys(golden<object>(name));
    expect(fields).toEqual(expect.arrayContaining(FIELDS[name]!.required));
    expect(FIELDS[name]!.known).toEqual(expect.arrayContaining(fields));
  });

  it('are read from their topics', () => {
    expect(readMessage('ktv/1/lobby', text('Lobby'))?.kind).toBe('lobby');
    expect(readMessage('ktv/1/r/r-1/state', text('Room'))?.kind).toBe('room');
    expect(readMessage('ktv/1/r/r-1/evt', text('Said'))).toMatchObject({ kind: 'event', room: 'r-1' });
    expect(readMessage('ktv/1/r/r-1/tasks', text('TaskList'))?.kind).toBe('tasks');
    expect(readMessage('ktv/1/r/r-1/task/t-1', text('Task'))?.kind).toBe('task');
    expect(readMessage('ktv/1/r/r-1/s/b', text('ScoreChanged'))).toMatchObject({ kind: 'score', seat: 'b' });
    expect(readMessage('ktv/1/r/r-1/det/a', text('ElementsSeen'))).toMatchObject({
      kind: 'elements',
      seat: 'a',
    });
    expect(readMessage('ktv/1/r/r-1/res/rd-1', text('RoundFinal'))?.kind).toBe('final');
    expect(readMessage('ktv/1/u/u-1/n', text('PickAnswered'))?.kind).toBe('notice');
  });

  it('fill a room', () => {
    const state = new RoomState();
    state.setRoom(golden<Room>('Room'));
    const round = state.round.value!;
    state.apply({
      kind: 'score',
      room: 'r',
      seat: 'a',
      score: { ...golden<ScoreChanged>('ScoreChanged'), n: round.id },
    });
    state.apply({ kind: 'elements', room: 'r', seat: 'a', elements: golden<ElementsSeen>('ElementsSeen') });
    state.apply({ kind: 'task', room: 'r', task: golden<Task>('Task') });
    expect(state.sung.a.value.score).toBe(78.5);
    expect(state.seen.a.find(state.tasks.value[0]!.element, null)?.id).toBe(
      golden<ElementsSeen>('ElementsSeen').x[0]!.id,
    );
  });
});

describe('anything else', () => {
  it.each([
    ['ktv/1/r/r-1/state', 'no json'],
    ['ktv/1/r/r-1/state', '7'],
    ['ktv/1/r/r-1/state', 'null'],
    ['ktv/1/r/r-1/s/c', '{}'],
    ['ktv/1/r/r-1/other', '{}'],
    ['ktv/1/d/box/up', '{}'],
    ['else', '{}'],
  ])('%s %s is ignored', (topic, payload) => {
    expect(readMessage(topic, payload)).toBeNull();
  });
});
