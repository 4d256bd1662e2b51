import { describe, expect, it, vi } from 'vitest';
import { freshKey, makeApi, Problem } from '../api';
import { memoryStore } from '../session';
import type { Session } from '../wire';

const SESSION: Session = {
  access_token: 'old',
  refresh_token: 'r1',
  expires_in_s: 600,
  user: { id: 'u', nickname: 'Mei', avatar: '🎤' },
  attributes: { nickname: 'Mei' },
  points: 100,
};

type Seen = { path: string; init: RequestInit };

function hub(answers: (seen: Seen) => Response) {
  const seen: Seen[] = [];
  const fetcher = vi.fn(async (path: string, init: RequestInit) => {
    seen.push({ path, init });
    return answers({ path, init });
  });
  const changed = vi.fn();
  const api = makeApi(memoryStore(), changed, fetcher as unknown as typeof fetch);
  return { api, seen, changed };
}

const json = (body: unknown, status = 200) => new Response(JSON.stringify(body), { status });
const bearer = (seen: Seen) => (seen.init.headers as Record<string, string>)['Authorization'];

describe('the hub interface', () => {
  it('sends the token and, for a write, the idempotency key', async () => {
    const { api, seen } = hub(() => json({ ok: 1 }));
    api.adopt(SESSION);
    await api.post('/api/rooms/r/tasks', { pick: 'p' }, { key: 'k1' });
    expect(bearer(seen[0]!)).toBe('Bearer old');
    expect((seen[0]!.init.headers as Record<string, string>)['Idempotency-Key']).toBe('k1');
    expect(seen[0]!.init.body).toBe('{"pick":"p"}');
  });

  it('renews a refused token once and repeats the question', async () => {
    const { api, seen } = hub(({ path, init }) => {
      if (path.endsWith('/refresh')) return json({ ...SESSION, access_token: 'new', refresh_token: 'r2' });
      return bearer({ path, init }) === 'Bearer new' ? json({ points: 5 }) : json({}, 401);
    });
    api.adopt(SESSION);
    expect(await api.get('/api/me')).toEqual({ points: 5 });
    expect(seen.map((one) => one.path)).toEqual(['/api/me', '/api/sessions/refresh', '/api/me']);
    expect(api.session()?.refresh_token).toBe('r2');
  });

  it('renews once for many questions at a time: a refresh token works only once', async () => {
    const { api, seen } = hub(({ path }) =>
      path.endsWith('/refresh') ? json({ ...SESSION, access_token: 'new', refresh_token: 'r2' }) : json({}),
    );
    api.adopt({ ...SESSION, expires_in_s: 1 });
    await Promise.all([api.get('/api/a'), api.get('/api/b'), api.get('/api/c')]);
    expect(seen.filter((one) => one.path.endsWith('/refresh'))).toHaveLength(1);
  });

  it('forgets the session when it cannot be renewed', async () => {
    const { api, changed } = hub(() => json({ title: 'Unauthorized', detail: 'log in again' }, 401));
    api.adopt(SESSION);
    await expect(api.get('/api/me')).rejects.toMatchObject({ status: 401, detail: 'log in again' });
    expect(api.session()).toBeNull();
    expect(changed).toHaveBeenLastCalledWith(null);
  });

  it('keeps the session while the hub is only away', async () => {
    const { api } = hub(({ path }) => (path.endsWith('/refresh') ? json({}, 503) : json({}, 401)));
    api.adopt(SESSION);
    await expect(api.get('/api/me')).rejects.toBeInstanceOf(Problem);
    expect(api.session()).not.toBeNull();
  });

  it('tells an unreachable hub from one that says no', async () => {
    const api = makeApi(memoryStore(), () => undefined, (() =>
      Promise.reject(new TypeError())) as typeof fetch);
    await expect(api.get('/api/lobby')).rejects.toMatchObject({ status: 0 });
  });

  it('reads an error that is no JSON', async () => {
    const { api } = hub(() => new Response('<html>', { status: 502, statusText: 'Bad Gateway' }));
    await expect(api.get('/api/lobby')).rejects.toMatchObject({ status: 502, title: 'Bad Gateway' });
  });

  it('returns nothing for 204', async () => {
    const { api } = hub(() => new Response(null, { status: 204 }));
    expect(await api.remove('/api/sessions')).toBeUndefined();
  });

  it('makes keys that differ', () => {
    expect(freshKey()).toMatch(/^[0-9a-f]{32}$/);
    expect(freshKey()).not.toBe(freshKey());
  });
});
