import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Live, Revisions, type BusClient, type Fact } from '../live';
import type { BusGrant } from '../wire';

class FakeClient implements BusClient {
  handlers = new Map<string, (...args: unknown[]) => void>();
  subscribed: string[] = [];
  ended = false;
  on(event: string, handle: (...args: never[]) => void) {
    this.handlers.set(event, handle as (...args: unknown[]) => void);
  }
  subscribe(topics: string[]) {
    this.subscribed = topics;
  }
  end() {
    this.ended = true;
  }
  happen(event: string, ...args: unknown[]) {
    this.handlers.get(event)?.(...args);
  }
  say(topic: string, body: object) {
    this.happen('message', topic, new TextEncoder().encode(JSON.stringify(body)));
  }
}

const GRANT: BusGrant = {
  username: 'u-1',
  password: 'p',
  client_id: 'u-1',
  expires_in_s: 600,
  topics: ['ktv/1/lobby'],
};

function connection() {
  const clients: FakeClient[] = [];
  const heard: Fact[] = [];
  const gap = vi.fn();
  const grant = vi.fn(async (_room: string | undefined) => GRANT);
  const live = new Live({
    url: 'ws://hub/mqtt',
    grant,
    heard: (fact) => heard.push(fact),
    gap,
    connect: () => {
      const client = new FakeClient();
      clients.push(client);
      return client;
    },
  });
  return { live, clients, heard, gap, grant };
}

const settle = () => vi.advanceTimersByTimeAsync(0);
const said = (rev: number) => ({
  type: 'said',
  rev,
  user: { id: 'u', nickname: 'M', avatar: '' },
  text: 'hi',
});

describe('the live connection', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('asks for a grant, subscribes to what it allows and gets the snapshots', async () => {
    const { live, clients, gap, grant } = connection();
    live.open('r1');
    await settle();
    clients[0]!.happen('connect');
    expect(grant).toHaveBeenCalledWith('r1');
    expect(clients[0]!.subscribed).toEqual(GRANT.topics);
    expect(gap).toHaveBeenCalledWith('r1');
    expect(live.state.value).toBe('on');
  });

  it('hands out values and skips what it cannot read', async () => {
    const { live, clients, heard } = connection();
    live.open();
    await settle();
    clients[0]!.happen('connect');
    clients[0]!.say('ktv/1/lobby', { rev: 1, rooms: [] });
    clients[0]!.happen('message', 'ktv/1/lobby', new Uint8Array([255, 254]));
    expect(heard).toEqual([{ kind: 'lobby', lobby: { rev: 1, rooms: [] } }]);
  });

  it('gets the snapshot when events were missed', async () => {
    const { live, clients, gap } = connection();
    live.open('r1');
    await settle();
    clients[0]!.happen('connect');
    gap.mockClear();
    clients[0]!.say('ktv/1/r/r1/evt', said(4));
    clients[0]!.say('ktv/1/r/r1/evt', said(5));
    expect(gap).not.toHaveBeenCalled();
    clients[0]!.say('ktv/1/r/r1/evt', said(8));
    expect(gap).toHaveBeenCalledWith('r1');
  });

  it('asks for a new grant each time the connection is lost', async () => {
    const { live, clients, grant } = connection();
    live.open();
    await settle();
    clients[0]!.happen('connect');
    clients[0]!.happen('close');
    expect(live.state.value).toBe('connecting');
    await vi.advanceTimersByTimeAsync(1_000);
    expect(grant).toHaveBeenCalledTimes(2);
    expect(clients[0]!.ended).toBe(true);
    expect(clients).toHaveLength(2);
  });

  it('renews before the grant ends', async () => {
    const { live, clients, grant } = connection();
    live.open();
    await settle();
    clients[0]!.happen('connect');
    await vi.advanceTimersByTimeAsync(539_000);
    expect(grant).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(grant).toHaveBeenCalledTimes(2);
  });

  it('goes on trying while the hub gives no grant', async () => {
    const { live, clients, grant } = connection();
    grant.mockRejectedValueOnce(new Error('away'));
    live.open();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(clients).toHaveLength(1);
  });

  it('drops the old room for a new one and hears nothing of it any more', async () => {
    const { live, clients, heard, grant } = connection();
    live.open('r1');
    await settle();
    clients[0]!.happen('connect');
    live.open('r2');
    await settle();
    clients[0]!.say('ktv/1/lobby', { rev: 9, rooms: [] });
    clients[0]!.happen('close');
    expect(grant).toHaveBeenLastCalledWith('r2');
    expect(heard).toEqual([]);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(clients).toHaveLength(2);
  });

  it('stays closed once closed', async () => {
    const { live, clients } = connection();
    live.open();
    await settle();
    live.close();
    clients[0]!.happen('close');
    await vi.advanceTimersByTimeAsync(20_000);
    expect(clients).toHaveLength(1);
    expect(live.state.value).toBe('off');
  });
});

describe('revisions', () => {
  it('see a gap only within one room, and not in events without a revision', () => {
    const revisions = new Revisions();
    expect(revisions.isGap('a', 3)).toBe(false);
    expect(revisions.isGap('b', 9)).toBe(false);
    expect(revisions.isGap('a', 0)).toBe(false);
    expect(revisions.isGap('a', 4)).toBe(false);
    expect(revisions.isGap('a', 4)).toBe(false);
    expect(revisions.isGap('a', 6)).toBe(true);
  });
});
