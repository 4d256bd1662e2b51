import { render } from 'preact';
import { afterEach, describe, expect, it } from 'vitest';
import { Problem } from '../api';
import { Badges } from '../components/Badges';
import { resultOf } from '../components/PickSheet';
import { SeenRing } from '../frames';
import { firstLanguage, sentence, setLanguage, t } from '../i18n';
import { folded, noteNear, rangeOf } from '../lanes';
import { readQuery } from '../page';
import { pictureOf } from '../qr';
import { STRINGS } from '../strings';
import { elementName, resultName, resultPicture, targetName, targetOf } from '../words';
import type { Option, Task } from '../wire';

const option = (more: Partial<Option>): Option => ({
  id: 'x',
  name_zh: '',
  name_en: '',
  parameter: 'none',
  points: 0,
  picture: '',
  ...more,
});

afterEach(() => setLanguage('zh-CN'));

describe('language', () => {
  it('is the remembered one, then the browser’s, then Chinese', () => {
    expect(firstLanguage('en', ['zh-CN'])).toBe('en');
    expect(firstLanguage(null, ['fr', 'en-GB', 'zh'])).toBe('en');
    expect(firstLanguage('klingon', ['zh-TW', 'en'])).toBe('zh-CN');
    expect(firstLanguage(null, ['fr'])).toBe('zh-CN');
  });

  it('has every text in both, with the same names in braces', () => {
    for (const [key, [zh, en]] of Object.entries(STRINGS)) {
      expect(zh, key).not.toBe('');
      expect(en, key).not.toBe('');
      const names = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((found) => found[1]).sort();
      expect(names(en), key).toEqual(names(zh));
    }
  });

  it('fills in names', () => {
    expect(t('request.in', { name: 'Kai', room: '夜' })).toBe('Kai 邀请你来「夜」');
    setLanguage('en');
    expect(t('lobby.viewers', { n: 3 })).toBe('3 watching');
  });
});

describe('errors', () => {
  it('say what happened and what the hub said', () => {
    expect(sentence(new Problem(409, 'Full', 'both seats are taken'))).toBe(
      '现在做不了。 （both seats are taken）',
    );
    expect(sentence(new Problem(0, '', ''))).toContain('连不上');
    expect(sentence(new Problem(418, '', ''))).toBe(t('error.unknown'));
    expect(sentence(new Error('x'))).toBe(t('error.unknown'));
  });
});

describe('elements and targets', () => {
  it('are named in both languages', () => {
    const eight = { kind: 'ball', label: '8' };
    expect([elementName(eight), elementName({ kind: 'dumbbell', label: 'red' })]).toEqual([
      '8号球',
      '红哑铃',
    ]);
    expect(targetName('hits(ball:9)')).toBe('碰到 9号球');
    expect(targetName('exercised(10)')).toBe('锻炼 10');
    setLanguage('en');
    expect([elementName(eight), elementName({ kind: 'dumbbell', label: 'red' })]).toEqual([
      'Ball 8',
      'red dumbbell',
    ]);
  });

  it('become a target as the wire writes it', () => {
    expect(targetOf(option({ id: 'pocketed' }), '')).toBe('pocketed');
    expect(targetOf(option({ id: 'exercised', parameter: 'count' }), ' 10 ')).toBe('exercised(10)');
  });

  it('become a result of the option’s kind', () => {
    expect(resultOf(option({ id: 'one-shot', result: 'gift', points: 188 }), '')).toEqual({
      kind: 'gift',
      id: 'one-shot',
    });
    expect(resultOf(option({ id: 'own', result: 'caption', parameter: 'text' }), ' 好 ')).toEqual({
      kind: 'caption',
      id: 'own',
      text: '好',
    });
  });
});

describe('results', () => {
  it('are called as the hub calls them, with their own picture', () => {
    const gift = { kind: 'gift', id: 'one-shot', points: 188, picture: '🎱' } as const;
    const named = { ...gift, name_zh: '一杆封神', name_en: 'One-shot legend' };
    expect(resultName(named)).toBe('🎱 一杆封神 188');
    setLanguage('en');
    expect(resultName(named)).toBe('🎱 One-shot legend 188');
  });

  it('have the sign of their kind where there is no emoji, and a caption its own words', () => {
    expect(resultPicture({ kind: 'gift', points: 1, picture: '/pictures/rose.png' })).toBe('🎁');
    expect(resultName({ kind: 'caption', text: '太强了', points: 0 })).toBe('💬 太强了');
  });
});

describe('the pitch lane', () => {
  it('folds octaves, as scoring does', () => {
    expect(folded(72.3, 60)).toBeCloseTo(60.3);
    expect(folded(47.8, 60)).toBeCloseTo(59.8);
    expect(noteNear([{ t: 1, d: 1, p: 62, w: '', k: 'normal' }], 1.5, 0)).toBe(62);
    expect(rangeOf(null).high).toBeGreaterThan(rangeOf(null).low);
  });
});

describe('badges', () => {
  it('stand at the element, in pixels of the picture', () => {
    const host = document.createElement('div');
    const ring = new SeenRing();
    ring.add({
      q: 1,
      t: 0,
      rtp: 90,
      x: [{ id: 'ball:8', kind: 'ball', label: '8', bbox: [0.5, 0.5, 0.1, 0.1], confidence: 1 }],
    });
    const task = {
      id: 't1',
      element: { kind: 'ball', label: '8' },
      target: 'pocketed',
      result: { kind: 'gift', id: 'g', points: 5 },
    } as unknown as Task;
    render(
      <Badges tasks={[task]} ring={ring} rtp={90} placed={{ left: 100, top: 0, width: 400, height: 400 }} />,
      host,
    );
    const badge = host.querySelector<HTMLElement>('[data-testid=task-badge]')!;
    expect(badge.dataset).toMatchObject({ task: 't1', x: '0.5500', y: '0.5500' });
    expect([badge.style.left, badge.style.top, badge.style.width]).toEqual(['290px', '190px', '60px']);
    expect(badge.textContent).toContain('8号球 进袋');
  });
});

describe('a QR code of the hub', () => {
  it('becomes a picture that stands on its own', () => {
    const picture = decodeURIComponent(pictureOf('<svg width="84" height="84" class="q"><path d=""/></svg>'));
    expect(picture).toContain('xmlns="http://www.w3.org/2000/svg"');
    expect(picture).toContain('viewBox="0 0 84 84"');
    const whole = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"/>';
    expect(decodeURIComponent(pictureOf(whole))).toContain(whole);
  });
});

describe('the address of a page', () => {
  it('tells entry, booth and room', () => {
    expect(readQuery('?entry=a.b-c&box=x')).toEqual({ entry: 'a.b-c', box: 'x', room: null });
  });
});
