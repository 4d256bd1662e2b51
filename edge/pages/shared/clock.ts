// The hub's clock, seen from here: offset by the fastest of several pings.
import type { Api } from './api';

export interface Ping {
  /** Local time in ms when the question left and the answer came. */
  sent: number;
  got: number;
  /** Hub time in the answer, in ms. */
  hub: number;
}

/** Return hub time minus local time in ms, by the fastest ping (Cristian's algorithm). */
export function offsetOf(pings: Ping[]): number {
  const best = pings.reduce((a, b) => (b.got - b.sent < a.got - a.sent ? b : a));
  return best.hub - (best.sent + best.got) / 2;
}

export interface HubClock {
  /** Hub time now, in ms since 1970. */
  now(): number;
  /** Measure the offset again. */
  sync(): Promise<void>;
}

const PINGS = 8;

export function hubClock(api: Api): HubClock {
  let offset = 0;
  const local = () => performance.timeOrigin + performance.now();
  return {
    now: () => local() + offset,
    async sync() {
      const pings: Ping[] = [];
      for (let i = 0; i < PINGS; i++) {
        const sent = local();
        const answer = await api.get<{ now_ms: number }>('/api/clock');
        pings.push({ sent, got: local(), hub: answer.now_ms });
      }
      offset = offsetOf(pings);
    },
  };
}
