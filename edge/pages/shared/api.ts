// The hub's REST interface: bearer tokens, their refresh, and errors a person can read.
import type { KeptSession, SessionStore } from './session';
import type { Session } from './wire';

/** An answer that is not a success (RFC 9457), or no answer at all (`status` 0). */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly title: string,
    readonly detail: string,
  ) {
    super(detail || title);
  }
}

export interface Ask {
  method?: string;
  body?: unknown;
  /** Makes a repeated write harmless. */
  key?: string;
  /** Without a bearer token. */
  open?: boolean;
}

export interface Api {
  session(): KeptSession | null;
  /** Take over a session granted by sign-up, log-in or guest log-in. */
  adopt(session: Session): KeptSession;
  forget(): void;
  get<T>(path: string): Promise<T>;
  post<T>(path: string, body?: unknown, options?: Ask): Promise<T>;
  patch<T>(path: string, body: unknown): Promise<T>;
  remove<T>(path: string): Promise<T>;
  /** A file, as bytes. */
  bytes(path: string): Promise<ArrayBuffer>;
}

type Listener = (session: KeptSession | null) => void;

/** Renew this long before a token ends, in ms. */
const EARLY_MS = 20_000;

export function makeApi(store: SessionStore, changed: Listener, fetcher: typeof fetch = fetch): Api {
  let renewing: Promise<boolean> | null = null;

  function keep(session: KeptSession | null): void {
    store.write(session);
    changed(session);
  }

  function adopt(granted: Session): KeptSession {
    const kept = { ...granted, expires_ms: Date.now() + granted.expires_in_s * 1000 };
    keep(kept);
    return kept;
  }

  async function renewOnce(): Promise<boolean> {
    const old = store.read();
    if (!old) return false;
    const answer = await reach('/api/sessions/refresh', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ refresh_token: old.refresh_token }),
    });
    if (answer.ok) {
      adopt((await answer.json()) as Session);
      return true;
    }
    // Another tab may have used the single-use token first: its session is as good.
    const now = store.read();
    if (now && now.refresh_token !== old.refresh_token) return true;
    if (answer.status < 500) keep(null);
    return false;
  }

  function renew(): Promise<boolean> {
    const locked = () =>
      typeof navigator !== 'undefined' && navigator.locks
        ? (navigator.locks.request('ktv.refresh', renewOnce) as unknown as Promise<boolean>)
        : renewOnce();
    renewing ??= locked().finally(() => {
      renewing = null;
    });
    return renewing;
  }

  async function reach(path: string, init: RequestInit): Promise<Response> {
    try {
      return await fetcher(path, init);
    } catch {
      throw new Problem(0, 'offline', '');
    }
  }

  async function ask(path: string, options: Ask): Promise<Response> {
    const held = store.read();
    if (!options.open && held && Date.now() > held.expires_ms - EARLY_MS) await renew();
    const first = await reach(path, request(options, store.read()));
    const isStale = first.status === 401 && !options.open && store.read() !== null;
    const answer = isStale && (await renew()) ? await reach(path, request(options, store.read())) : first;
    if (!answer.ok) throw await problem(answer);
    return answer;
  }

  async function json<T>(path: string, options: Ask): Promise<T> {
    const answer = await ask(path, options);
    if (answer.status === 204) return undefined as T;
    const text = await answer.text();
    return (text ? JSON.parse(text) : undefined) as T;
  }

  return {
    session: () => store.read(),
    adopt,
    forget: () => keep(null),
    get: (path) => json(path, {}),
    post: (path, body, options) => json(path, { method: 'POST', body, ...options }),
    patch: (path, body) => json(path, { method: 'PATCH', body }),
    remove: (path) => json(path, { method: 'DELETE' }),
    bytes: async (path) => (await ask(path, {})).arrayBuffer(),
  };
}

function request(options: Ask, session: KeptSession | null): RequestInit {
  const headers: Record<string, string> = { Accept: 'application/json' };
  if (options.body !== undefined) headers['Content-Type'] = 'application/json';
  if (options.key) headers['Idempotency-Key'] = options.key;
  if (session && !options.open) headers['Authorization'] = `Bearer ${session.access_token}`;
  return {
    method: options.method ?? 'GET',
    headers,
    ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
  };
}

/** Read an error answer; tolerates a body that is not problem+json. */
export async function problem(answer: Response): Promise<Problem> {
  try {
    const said = (await answer.json()) as { title?: string; detail?: unknown };
    const detail = typeof said.detail === 'string' ? said.detail : '';
    return new Problem(answer.status, said.title ?? answer.statusText, detail);
  } catch {
    return new Problem(answer.status, answer.statusText, '');
  }
}

/** A fresh idempotency key. */
export function freshKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
