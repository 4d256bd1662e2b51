// What may be chosen when a room is opened.
import type { AskRoom } from './wire';

export const MODES = ['pk', 'duet', 'chorus', 'solo'] as const satisfies readonly AskRoom['mode'][];
export const SCENES = [
  'party',
  'billiards',
  'tabletop',
  'game',
  'fitness',
  'food',
  'shop',
] as const satisfies readonly AskRoom['scene'][];
