import { useState } from 'preact/hooks';
import { SongRows } from '../shared/components/SongRows';
import { t } from '../shared/i18n';
import type { Box } from './box';

/** Find a song and queue it. */
export function SongShelf({ box }: { box: Box }) {
  const [q, setQ] = useState('');
  return (
    <nav class="kiosk-songs card">
      <h3>{t('kiosk.songs', { n: box.hello.value?.song_count ?? 0 })}</h3>
      <input
        type="search"
        data-testid="song-search"
        aria-label={t('song.search')}
        placeholder={t('song.search')}
        value={q}
        onInput={(event) => {
          setQ(event.currentTarget.value);
          box.order({ do: 'search', q: event.currentTarget.value });
        }}
      />
      <SongRows
        songs={box.songs.value}
        verb={t('song.queue')}
        testid="queue-song"
        onChoose={(song) => box.order({ do: 'queue', song: song.id })}
      />
    </nav>
  );
}
