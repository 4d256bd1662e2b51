import { useState } from 'preact/hooks';
import { MODES, SCENES } from '../shared/choices';
import { Choice } from '../shared/components/Choice';
import { Sheet } from '../shared/components/Sheet';
import { t } from '../shared/i18n';
import type { Box } from './box';

/** `auto`: the scene the box is set to. */
const KIOSK_SCENES = ['auto', ...SCENES] as const;

export function GoLive({ box, onClose }: { box: Box; onClose: () => void }) {
  const [mode, setMode] = useState<(typeof MODES)[number]>('pk');
  const [scene, setScene] = useState<(typeof KIOSK_SCENES)[number]>('auto');
  const go = (kind: 'perform' | 'create') => {
    box.order({ do: 'go-live', kind, mode, ...(scene === 'auto' ? {} : { scene }) });
    onClose();
  };
  return (
    <Sheet title={t('kiosk.go-live')} onClose={onClose} testid="kiosk-open">
      <div class="stack">
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
          options={KIOSK_SCENES.map((value) => ({ value, text: t(`scene.${value}`) }))}
        />
        <div class="go-live">
          <button class="primary" data-testid="perform" onClick={() => go('perform')}>
            <b>{t('open.perform')}</b>
            <small>{t('open.perform.hint')}</small>
          </button>
          <button data-testid="create" onClick={() => go('create')}>
            <b>{t('open.create')}</b>
            <small>{t('open.create.hint')}</small>
          </button>
        </div>
      </div>
    </Sheet>
  );
}
