// What the box saw, kept by frame, so that a badge is drawn where its element is in *this* frame.
import type { Element, ElementsSeen, Task, TaskElement } from './wire';

const KEPT = 60;
/** RTP video ticks in a second. */
const RATE = 90_000;
/** An element not seen for this long is no longer drawn, in s. */
const STALE_S = 2.5;

/** Return a - b on the 32-bit circle of RTP timestamps, in s. */
export function rtpSeconds(a: number, b: number): number {
  return ((a - b) | 0) / RATE;
}

/** The last few seconds of `ElementsSeen` of one seat. */
export class SeenRing {
  private kept: ElementsSeen[] = [];

  add(seen: ElementsSeen): void {
    this.kept.push(seen);
    if (this.kept.length > KEPT) this.kept.shift();
  }

  clear(): void {
    this.kept = [];
  }

  /** Return what was seen in the frame stamped `rtp`, or nearest to it; the newest where no stamp is known. */
  at(rtp: number | null): ElementsSeen | null {
    const newest = this.kept[this.kept.length - 1] ?? null;
    if (rtp === null || newest?.rtp === undefined) return newest;
    let best: ElementsSeen | null = null;
    for (const seen of this.kept) {
      if (seen.rtp === undefined) continue;
      if (!best || apart(seen, rtp) < apart(best, rtp)) best = seen;
    }
    return best;
  }

  /** Return the element of a task at frame `rtp`; looks back a little when that frame lost it. */
  find(wanted: TaskElement, rtp: number | null): Element | null {
    const now = this.at(rtp);
    if (!now) return null;
    const here = match(now.x, wanted);
    if (here) return here;
    for (let i = this.kept.lastIndexOf(now) - 1; i >= 0; i--) {
      const before = this.kept[i]!;
      if (now.t - before.t > STALE_S) return null;
      const found = match(before.x, wanted);
      if (found) return found;
    }
    return null;
  }
}

function apart(seen: ElementsSeen, rtp: number): number {
  return Math.abs(rtpSeconds(seen.rtp!, rtp));
}

/** The same track first; else the same kind and label. */
function match(elements: Element[], wanted: TaskElement): Element | null {
  const sameTrack = elements.find(
    (element) => wanted.track !== undefined && element.track === wanted.track && element.kind === wanted.kind,
  );
  if (sameTrack) return sameTrack;
  if (wanted.label === undefined && wanted.track !== undefined) return null;
  return elements.find((element) => element.kind === wanted.kind && element.label === wanted.label) ?? null;
}

/** Where a task's badge belongs: at its element now, else where it was picked. */
export function badgeBox(task: Task, ring: SeenRing, rtp: number | null): Element['bbox'] | null {
  return ring.find(task.element, rtp)?.bbox ?? task.element.bbox ?? null;
}
