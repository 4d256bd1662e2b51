import { SongPicker } from '../../../edge/pages/shared/components/SongPicker';
import { useHub } from '../../../edge/pages/shared/components/context';
import { t } from '../../../edge/pages/shared/i18n';

/** Queue songs on the booth one sits in. */
export function Booth() {
  const hub = useHub();
  if (!hub.box.value) return <p class="empty small-empty">{t('booth.none')}</p>;
  return (
    <>
      <h2>{t('nav.booth')}</h2>
      <SongPicker verb={t('song.queue')} testid="queue-song" onChoose={(song) => void hub.queueSong(song)} />
    </>
  );
}
