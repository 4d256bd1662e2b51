// Short messages that come and go.
import { signal } from '@preact/signals';

export interface Toast {
  id: number;
  tone: 'bad' | 'good' | 'plain';
  text: string;
}

export const toasts = signal<Toast[]>([]);

let next = 1;
const SHOWN_MS = 6_000;
const MOST = 4;

export function toast(text: string, tone: Toast['tone'] = 'plain'): void {
  if (toasts.value.some((one) => one.text === text)) return;
  const id = next++;
  toasts.value = [...toasts.value.slice(1 - MOST), { id, tone, text }];
  setTimeout(() => dismiss(id), SHOWN_MS);
}

export function dismiss(id: number): void {
  toasts.value = toasts.value.filter((one) => one.id !== id);
}

/** A new try makes old complaints void. */
export function clearTroubles(): void {
  toasts.value = toasts.value.filter((one) => one.tone !== 'bad');
}
