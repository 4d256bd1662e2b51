// How elements, targets and results are said.
import { language, t } from './i18n';
import { STRINGS, type Key } from './strings';
import type { Element, Option, Result, Task, TaskElement } from './wire';

function known(key: string, otherwise: string): string {
  return key in STRINGS ? t(key as Key) : otherwise;
}

/** `ball:8` becomes “8号球” or “Ball 8”. */
export function elementName(element: TaskElement | Element): string {
  const kind = known(`kind.${element.kind}`, element.kind);
  if (!element.label) return kind;
  const label = known(`label.${element.label}`, '');
  const isEnglish = language.value === 'en';
  if (label) return isEnglish ? `${label} ${kind.toLowerCase()}` : `${label}${kind}`;
  if (isEnglish) return `${kind} ${element.label}`;
  return /^\d+$/.test(element.label) ? `${element.label}号${kind}` : `${kind} ${element.label}`;
}

/** `hits(ball:8)` becomes “碰到 ball:8” or “hits ball:8”. */
export function targetName(target: string): string {
  const found = /^([a-z-]+)(?:\((.*)\))?$/.exec(target);
  if (!found) return target;
  const name = known(`target.${found[1]}`, found[1]!);
  return found[2] ? `${name} ${elementNamed(found[2])}` : name;
}

/** `ball:8` in a target's parameter is said like the element; anything else as it stands. */
function elementNamed(value: string): string {
  const [kind, label] = value.split(':');
  return kind && label ? elementName({ kind, label }) : value;
}

/** The sign of a kind of result. */
export function resultSign(kind: Result['kind'] | undefined): string {
  return { gift: '🎁', sticker: '😎', caption: '💬', picture: '🖼️' }[kind ?? 'gift'];
}

/** A result's own picture, else the sign of its kind. */
export function resultPicture(result: Result): string {
  const { picture } = result;
  return picture && !picture.includes('/') ? picture : resultSign(result.kind);
}

/** Picture, name and price of a result; a written caption is called by its words. */
export function resultName(result: Result): string {
  const name = (language.value === 'en' ? result.name_en : result.name_zh) ?? result.text;
  return [resultPicture(result), name, result.points].filter(Boolean).join(' ');
}

/** What a badge says. */
export function taskText(task: Task): string {
  return `${elementName(task.element)} ${targetName(task.target)}`;
}

/** `NAME` or `NAME(value)`. */
export function targetOf(option: Option, parameter: string): string {
  return option.parameter === 'none' ? option.id : `${option.id}(${parameter.trim()})`;
}
