// Where things are: between the page's pixels and fractions of the picture.
export type Point = [number, number];

export interface Size {
  width: number;
  height: number;
}

/** Where the picture itself lies inside the box that shows it, in px of the box. */
export interface Placed {
  left: number;
  top: number;
  width: number;
  height: number;
}

export const MOST_POINTS = 64;

/** Return where a picture lies in a box that shows it whole (`object-fit: contain`). */
export function letterbox(box: Size, picture: Size): Placed {
  if (!picture.width || !picture.height || !box.width || !box.height)
    return { left: 0, top: 0, width: box.width, height: box.height };
  const scale = Math.min(box.width / picture.width, box.height / picture.height);
  const width = picture.width * scale;
  const height = picture.height * scale;
  return { left: (box.width - width) / 2, top: (box.height - height) / 2, width, height };
}

/** Return a point of the box as fractions of the picture, kept inside it. */
export function toPicture(point: Point, placed: Placed): Point {
  const within = (value: number) => Math.min(1, Math.max(0, value));
  return [
    within((point[0] - placed.left) / (placed.width || 1)),
    within((point[1] - placed.top) / (placed.height || 1)),
  ];
}

/** Return a point of the picture as px of the box. */
export function toBox(point: Point, placed: Placed): Point {
  return [placed.left + point[0] * placed.width, placed.top + point[1] * placed.height];
}

/** Return the drawn line with at most `most` points, evenly chosen along its length. */
export function contourOf(points: Point[], most = MOST_POINTS): Point[] {
  if (points.length <= most) return points.map(rounded);
  const lengths = [0];
  for (let i = 1; i < points.length; i++)
    lengths.push(lengths[i - 1]! + distance(points[i - 1]!, points[i]!));
  const step = lengths[lengths.length - 1]! / most;
  const chosen: Point[] = [];
  let next = 0;
  for (let i = 0; i < points.length && chosen.length < most; i++) {
    if (lengths[i]! < next) continue;
    chosen.push(rounded(points[i]!));
    next += step;
  }
  return chosen;
}

/** Return whether the finger only tapped: it hardly moved, in px. */
export function isTap(points: Point[]): boolean {
  const first = points[0];
  return first !== undefined && points.every((point) => distance(first, point) < 8);
}

function distance(a: Point, b: Point): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1]);
}

function rounded(point: Point): Point {
  return [Math.round(point[0] * 1e4) / 1e4, Math.round(point[1] * 1e4) / 1e4];
}
