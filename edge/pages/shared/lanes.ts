// The pitch lane: where notes and voices lie on it, and how they are painted.
import type { ScoreSample, Song, SongNote } from './wire';

/** Seconds of the song behind and ahead of the playhead. */
export const BEHIND_S = 2;
export const AHEAD_S = 5;

export interface Range {
  low: number;
  high: number;
}

/** Return the notes that overlap the window at song time `t`. */
export function notesAround(song: Song, t: number): SongNote[] {
  return song.lines
    .filter((line) => line.t < t + AHEAD_S && line.t + line.d > t - BEHIND_S)
    .flatMap((line) => line.notes)
    .filter((note) => note.t < t + AHEAD_S && note.t + note.d > t - BEHIND_S);
}

/** Return the pitches a lane must show, with room above and below. */
export function rangeOf(song: Song | null): Range {
  const pitches = song?.lines.flatMap((line) => line.notes.map((note) => note.p)) ?? [];
  if (pitches.length === 0) return { low: 55, high: 74 };
  return { low: Math.min(...pitches) - 3, high: Math.max(...pitches) + 3 };
}

/** Return a sung pitch in the octave nearest to the range's middle: octaves do not count. */
export function folded(pitch: number, near: number): number {
  return pitch - 12 * Math.round((pitch - near) / 12);
}

/** Return the pitch of the note sung at `t`, or of the nearest one. */
export function noteNear(notes: SongNote[], t: number, otherwise: number): number {
  let best = otherwise;
  let gap = Infinity;
  for (const note of notes) {
    const away = t < note.t ? note.t - t : Math.max(0, t - note.t - note.d);
    if (away < gap) {
      gap = away;
      best = note.p;
    }
  }
  return best;
}

export interface Voice {
  colour: string;
  samples: ScoreSample[];
}

const GRID = 'rgba(255,255,255,.06)';

export function paintLane(
  ctx: CanvasRenderingContext2D,
  width: number,
  height: number,
  song: Song | null,
  t: number,
  voices: Voice[],
): void {
  ctx.clearRect(0, 0, width, height);
  const range = rangeOf(song);
  const x = (at: number) => ((at - t + BEHIND_S) / (BEHIND_S + AHEAD_S)) * width;
  const step = height / (range.high - range.low);
  const y = (pitch: number) => height - (pitch - range.low) * step;
  ctx.strokeStyle = GRID;
  ctx.lineWidth = 1;
  for (let pitch = range.low; pitch <= range.high; pitch += 2) line(ctx, 0, y(pitch), width, y(pitch));
  const notes = song ? notesAround(song, t) : [];
  const thick = Math.max(7, Math.min(16, step * 1.5));
  for (const note of notes) paintNote(ctx, note, x(note.t), y(note.p), x(note.t + note.d), thick, t);
  for (const voice of voices) paintVoice(ctx, voice, notes, x, y, t, (range.low + range.high) / 2);
  const playhead = ctx.createLinearGradient(0, 0, 0, height);
  playhead.addColorStop(0, 'rgba(255,255,255,0)');
  playhead.addColorStop(0.5, 'rgba(255,255,255,.85)');
  playhead.addColorStop(1, 'rgba(255,255,255,0)');
  ctx.strokeStyle = playhead;
  ctx.lineWidth = 2;
  line(ctx, x(t), 0, x(t), height);
}

function paintNote(
  ctx: CanvasRenderingContext2D,
  note: SongNote,
  left: number,
  middle: number,
  right: number,
  thick: number,
  t: number,
): void {
  const isGolden = note.k === 'golden' || note.k === 'golden-rap';
  const isNow = note.t <= t && t < note.t + note.d;
  ctx.globalAlpha = note.t + note.d < t ? 0.35 : note.k === 'freestyle' ? 0.3 : 0.9;
  ctx.fillStyle = isGolden ? '#ffd166' : isNow ? '#efe6ff' : '#8d7bc0';
  ctx.shadowColor = isGolden ? '#ffd166' : '#a98bff';
  ctx.shadowBlur = isNow ? 16 : 0;
  ctx.beginPath();
  ctx.roundRect(left + 1, middle - thick / 2, Math.max(4, right - left - 2), thick, thick / 2);
  ctx.fill();
  ctx.shadowBlur = 0;
  ctx.globalAlpha = 1;
}

function paintVoice(
  ctx: CanvasRenderingContext2D,
  voice: Voice,
  notes: SongNote[],
  x: (t: number) => number,
  y: (pitch: number) => number,
  t: number,
  middle: number,
): void {
  ctx.strokeStyle = voice.colour;
  ctx.shadowColor = voice.colour;
  ctx.lineCap = ctx.lineJoin = 'round';
  let before: ScoreSample | null = null;
  for (const sample of voice.samples) {
    if (sample.t < t - BEHIND_S - 0.5 || sample.p === undefined) {
      before = null;
      continue;
    }
    const pitch = folded(sample.p, noteNear(notes, sample.t, middle));
    ctx.lineWidth = sample.h ? 5 : 3;
    ctx.shadowBlur = sample.h ? 12 : 0;
    ctx.globalAlpha = sample.h ? 1 : 0.6;
    const isJoined = before && before.p !== undefined && sample.t - before.t < 0.35;
    const from = isJoined ? folded(before!.p!, pitch) : pitch;
    line(ctx, x(isJoined ? before!.t : sample.t - 0.02), y(from), x(sample.t), y(pitch));
    before = sample;
  }
  ctx.shadowBlur = 0;
  ctx.globalAlpha = 1;
}

function line(ctx: CanvasRenderingContext2D, x1: number, y1: number, x2: number, y2: number): void {
  ctx.beginPath();
  ctx.moveTo(x1, y1);
  ctx.lineTo(x2, y2);
  ctx.stroke();
}
