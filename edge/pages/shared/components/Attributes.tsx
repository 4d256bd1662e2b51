import { useState } from 'preact/hooks';
import { t, type Language } from '../i18n';
import { session } from '../session';
import type { UserAttributes } from '../wire';
import { Choice } from './Choice';
import { useHub } from './context';
import { Field } from './Field';

const AVATARS = ['🎤', '🎸', '🎹', '🥁', '🎧', '🐼', '🦊', '🐯', '🌟', '🔥', '🌸', '🎱'];
const VOICES = ['bass', 'baritone', 'tenor', 'alto', 'mezzo', 'soprano'] as const;

export function Attributes() {
  const hub = useHub();
  const held = session.value!;
  const [mine, set] = useState<UserAttributes>(held.attributes);
  const change = (part: Partial<UserAttributes>) => set({ ...mine, ...part });
  return (
    <form
      class="stack"
      onSubmit={(event) => {
        event.preventDefault();
        void hub.saveAttributes(mine);
      }}
    >
      <Field label={t('sign.nickname')}>
        <input
          data-testid="me-nickname"
          value={mine.nickname}
          maxLength={40}
          required
          onInput={(event) => change({ nickname: event.currentTarget.value })}
        />
      </Field>
      <fieldset class="choice avatars">
        <legend class="label">{t('me.avatar')}</legend>
        <div>
          {AVATARS.map((avatar) => (
            <button
              key={avatar}
              type="button"
              aria-pressed={mine.avatar === avatar}
              onClick={() => change({ avatar })}
            >
              {avatar}
            </button>
          ))}
        </div>
      </fieldset>
      <Choice<Language>
        label={t('me.language')}
        value={mine.language ?? 'zh-CN'}
        testid="me-language"
        onChange={(language) => change({ language })}
        options={[
          { value: 'zh-CN', text: '中文' },
          { value: 'en', text: 'English' },
        ]}
      />
      <Field label={t('me.region')}>
        <input
          data-testid="me-region"
          value={mine.region ?? ''}
          maxLength={40}
          onInput={(event) => change({ region: event.currentTarget.value })}
        />
      </Field>
      <Field label={t('me.voice')}>
        <select
          data-testid="me-voice"
          value={mine.voice_range ?? ''}
          onChange={(event) =>
            change({ voice_range: (event.currentTarget.value || undefined) as UserAttributes['voice_range'] })
          }
        >
          <option value="">{t('me.voice.none')}</option>
          {VOICES.map((voice) => (
            <option key={voice} value={voice}>
              {t(`me.voice.${voice}`)}
            </option>
          ))}
        </select>
      </Field>
      <Field label={t('me.skill', { value: Math.round(mine.skill_rating ?? 50) })}>
        <input
          data-testid="me-skill"
          type="range"
          min={0}
          max={100}
          value={mine.skill_rating ?? 50}
          onInput={(event) => change({ skill_rating: Number(event.currentTarget.value) })}
        />
      </Field>
      <button class="primary wide" data-testid="me-save" disabled={hub.isBusy.value}>
        {t('app.save')}
      </button>
    </form>
  );
}
