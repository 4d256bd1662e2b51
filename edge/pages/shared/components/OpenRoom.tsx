import { useState } from 'preact/hooks';
import { MODES, SCENES } from '../choices';
import { t } from '../i18n';
import type { AskRoom, SongInfo } from '../wire';
import { Choice } from './Choice';
import { useHub } from './context';
import { Field } from './Field';
import { Sheet } from './Sheet';
import { SongPicker } from './SongPicker';

/** A perform (进行) or create (创建) request, as a form. */
export function OpenRoom({ kind, onClose }: { kind: AskRoom['kind']; onClose: () => void }) {
  const hub = useHub();
  const [title, setTitle] = useState('');
  const [mode, setMode] = useState<(typeof MODES)[number]>('pk');
  const [scene, setScene] = useState<(typeof SCENES)[number]>('party');
  const [visibility, setVisibility] = useState<'public' | 'link'>(kind === 'perform' ? 'public' : 'link');
  const [tags, setTags] = useState('');
  const [song, setSong] = useState<SongInfo | null>(null);

  function submit(event: Event) {
    event.preventDefault();
    const words = tags.split(/[\s,，#]+/).filter(Boolean);
    void hub
      .openRoom({
        kind,
        mode,
        scene,
        visibility,
        tags: words.slice(0, 8),
        ...(title.trim() ? { title: title.trim() } : {}),
        ...(song ? { song: song.id } : {}),
      })
      .then((ok) => ok && onClose());
  }

  return (
    <Sheet title={t(`open.${kind}`)} onClose={onClose} testid="open-room">
      <form class="stack" onSubmit={submit}>
        <p class="note">{t(`open.${kind}.hint`)}</p>
        <Choice
          label={t('open.mode')}
          value={mode}
          testid="open-mode"
          onChange={setMode}
          options={MODES.map((value) => ({ value, text: t(`mode.${value}`) }))}
        />
        <Choice
          label={t('open.scene')}
          value={scene}
          testid="open-scene"
          onChange={setScene}
          options={SCENES.map((value) => ({ value, text: t(`scene.${value}`) }))}
        />
        <fieldset class="choice">
          <legend class="label">{t('open.song')}</legend>
          <SongPicker chosen={song?.id} onChoose={setSong} verb={t('song.choose')} testid="open-song" />
        </fieldset>
        <Field label={t('open.title')} hint={t('open.title.hint')}>
          <input
            data-testid="open-title"
            value={title}
            maxLength={60}
            onInput={(event) => setTitle(event.currentTarget.value)}
          />
        </Field>
        <Field label={t('open.tags')}>
          <input
            data-testid="open-tags"
            value={tags}
            maxLength={120}
            onInput={(event) => setTags(event.currentTarget.value)}
          />
        </Field>
        <Choice
          label={t('open.visibility')}
          value={visibility}
          testid="open-visibility"
          onChange={setVisibility}
          options={[
            { value: 'public', text: t('open.public') },
            { value: 'link', text: t('open.link') },
          ]}
        />
        <button class="primary wide" data-testid="open-submit" disabled={hub.isBusy.value}>
          {t('open.go')}
        </button>
      </form>
    </Sheet>
  );
}
