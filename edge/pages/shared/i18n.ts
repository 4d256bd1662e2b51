// Two languages, switched at once and remembered.
import { signal } from '@preact/signals';
import { STRINGS, type Key } from './strings';
import { Problem } from './api';
import { MediaError } from './media';

export type Language = 'zh-CN' | 'en';

const REMEMBERED = 'ktv.language';

export function firstLanguage(remembered: string | null, browser: readonly string[]): Language {
  if (remembered === 'zh-CN' || remembered === 'en') return remembered;
  const known = browser.find((name) => /^(zh|en)\b/i.test(name));
  return known && /^en/i.test(known) ? 'en' : 'zh-CN';
}

export const language = signal<Language>(
  firstLanguage(
    safely(() => localStorage.getItem(REMEMBERED)) ?? null,
    navigator.languages ?? [navigator.language],
  ),
);

export function setLanguage(next: Language): void {
  language.value = next;
  safely(() => localStorage.setItem(REMEMBERED, next));
  document.documentElement.lang = next;
}

function safely<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch {
    return undefined;
  }
}

/** Return the text of `key` in the chosen language, with `{names}` filled in. */
export function t(key: Key, values: Record<string, string | number> = {}): string {
  const text = STRINGS[key][language.value === 'en' ? 1 : 0];
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/** Return the fitting one of two names. */
export function named(of: { name_zh: string; name_en: string }): string {
  return language.value === 'en' ? of.name_en : of.name_zh;
}

/** Return an error as a sentence that says what to do. */
export function sentence(error: unknown): string {
  if (error instanceof MediaError) return t(`media.${error.trouble}`);
  if (!(error instanceof Problem)) return t('error.unknown');
  if (error.status === 0) return t('error.offline');
  const known = `error.${error.status}` as Key;
  const general = known in STRINGS ? t(known) : t('error.unknown');
  return error.detail ? `${general} ${t('error.said', { detail: error.detail })}` : general;
}
