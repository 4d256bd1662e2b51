import { describe, expect, it } from 'vitest';
import { badgeBox, rtpSeconds, SeenRing } from '../frames';
import { contourOf, isTap, letterbox, MOST_POINTS, toBox, toPicture, type Point } from '../geometry';
import type { Element, ElementsSeen, Task } from '../wire';

const ball = (x: number, more: Partial<Element> = {}): Element => ({
  id: 'ball:8',
  kind: 'ball',
  label: '8',
  bbox: [x, 0.5, 0.04, 0.07],
  confidence: 0.9,
  track: 4,
  ...more,
});
const seen = (q: number, rtp: number | undefined, x: Element[]): ElementsSeen => ({
  q,
  t: q / 10,
  x,
  ...(rtp === undefined ? {} : { rtp }),
});

describe('a contour', () => {
  it('is measured in the picture, not in the bars beside it', () => {
    const wide = letterbox({ width: 1000, height: 400 }, { width: 640, height: 360 });
    expect(wide.top).toBe(0);
    expect(wide.left).toBeCloseTo((1000 - (400 * 16) / 9) / 2);
    expect(toPicture([500, 200], wide)).toEqual([0.5, 0.5]);
    expect(toPicture([0, 200], wide)[0]).toBe(0);
    expect(toPicture([999, 200], wide)[0]).toBe(1);
  });

  it('lies below the bar of a tall box', () => {
    const tall = letterbox({ width: 390, height: 844 }, { width: 640, height: 360 });
    expect(tall.left).toBe(0);
    expect(toPicture([195, tall.top], tall)).toEqual([0.5, 0]);
  });

  it('comes back to where it was drawn', () => {
    const placed = letterbox({ width: 731, height: 402 }, { width: 640, height: 480 });
    const [x, y] = toBox(toPicture([300, 200], placed), placed);
    expect(x).toBeCloseTo(300);
    expect(y).toBeCloseTo(200);
  });

  it('has at most 64 points, spread along the whole line', () => {
    const circle: Point[] = Array.from({ length: 900 }, (_, i) => [
      0.5 + 0.2 * Math.cos((i / 900) * 2 * Math.PI),
      0.5 + 0.2 * Math.sin((i / 900) * 2 * Math.PI),
    ]);
    const contour = contourOf(circle);
    expect(contour.length).toBeLessThanOrEqual(MOST_POINTS);
    expect(contour.length).toBeGreaterThan(56);
    expect(Math.min(...contour.map(([x]) => x))).toBeCloseTo(0.3, 2);
    expect(Math.max(...contour.map(([, y]) => y))).toBeCloseTo(0.7, 2);
  });

  it('is a tap when the finger hardly moved', () => {
    expect(isTap([[10, 10]])).toBe(true);
    expect(
      isTap([
        [10, 10],
        [13, 12],
      ]),
    ).toBe(true);
    expect(
      isTap([
        [10, 10],
        [40, 12],
      ]),
    ).toBe(false);
    expect(isTap([])).toBe(false);
  });
});

describe('what was seen', () => {
  it('is looked up by the frame that is shown, not by the newest', () => {
    const ring = new SeenRing();
    for (let i = 0; i < 10; i++) ring.add(seen(i, 9000 * i, [ball(i / 10)]));
    expect(ring.at(9000 * 3)?.q).toBe(3);
    expect(ring.at(9000 * 3 + 4000)?.q).toBe(3);
    expect(ring.at(9000 * 3 + 5000)?.q).toBe(4);
    expect(ring.at(null)?.q).toBe(9);
  });

  it('goes on over the end of the 32-bit stamp', () => {
    expect(rtpSeconds(1000, 2 ** 32 - 8000)).toBeCloseTo(0.1);
    const ring = new SeenRing();
    ring.add(seen(1, 2 ** 32 - 4500, [ball(0.1)]));
    ring.add(seen(2, 4500, [ball(0.2)]));
    expect(ring.at(4000)?.q).toBe(2);
    expect(ring.at(2 ** 32 - 4000)?.q).toBe(1);
  });

  it('is taken as it comes where frames have no stamp', () => {
    const ring = new SeenRing();
    ring.add(seen(1, undefined, [ball(0.1)]));
    ring.add(seen(2, undefined, [ball(0.2)]));
    expect(ring.at(123)?.q).toBe(2);
  });

  it('follows the track, and the label when the track was lost', () => {
    const ring = new SeenRing();
    ring.add(seen(1, 9000, [ball(0.1), ball(0.9, { track: 7, label: '9', id: 'ball:9' })]));
    expect(ring.find({ kind: 'ball', label: '9', track: 7 }, 9000)?.bbox[0]).toBe(0.9);
    expect(ring.find({ kind: 'ball', label: '8', track: 99 }, 9000)?.bbox[0]).toBe(0.1);
    expect(ring.find({ kind: 'cup' }, 9000)).toBeNull();
  });

  it('is held for a moment when a frame misses it, and not for ever', () => {
    const ring = new SeenRing();
    ring.add(seen(0, 0, [ball(0.3)]));
    ring.add(seen(10, 90_000, []));
    expect(ring.find({ kind: 'ball', label: '8' }, 90_000)?.bbox[0]).toBe(0.3);
    ring.add(seen(40, 360_000, []));
    expect(ring.find({ kind: 'ball', label: '8' }, 360_000)).toBeNull();
  });

  it('gives way to the place of the pick', () => {
    const task = { element: { kind: 'thing', bbox: [0.1, 0.2, 0.3, 0.4] } } as unknown as Task;
    expect(badgeBox(task, new SeenRing(), null)).toEqual([0.1, 0.2, 0.3, 0.4]);
  });
});
