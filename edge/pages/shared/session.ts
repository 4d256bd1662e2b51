// Who is logged in on this page: a value that survives a reload.
import { signal } from '@preact/signals';
import type { Session } from './wire';

export interface KeptSession extends Session {
  /** Time in ms since 1970 at which the access token stops working. */
  expires_ms: number;
}

export interface SessionStore {
  read(): KeptSession | null;
  write(session: KeptSession | null): void;
}

/** A store in the browser's local storage, one for each page. */
export function browserStore(page: string, storage: Storage = localStorage): SessionStore {
  const key = `ktv.session.${page}`;
  return {
    read() {
      try {
        return JSON.parse(storage.getItem(key) ?? 'null') as KeptSession | null;
      } catch {
        return null;
      }
    },
    write(session) {
      if (session) storage.setItem(key, JSON.stringify(session));
      else storage.removeItem(key);
    },
  };
}

/** A store that forgets with the page. */
export function memoryStore(): SessionStore {
  let kept: KeptSession | null = null;
  return {
    read: () => kept,
    write: (session) => {
      kept = session;
    },
  };
}

/** The session as the components see it. */
export const session = signal<KeptSession | null>(null);
