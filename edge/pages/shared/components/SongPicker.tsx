import { useEffect, useState } from 'preact/hooks';
import { t } from '../i18n';
import type { SongInfo } from '../wire';
import { useHub } from './context';
import { SongRows } from './SongRows';

interface Props {
  chosen?: string;
  onChoose: (song: SongInfo) => void;
  verb: string;
  testid: string;
}

/** Search the hub's catalogue and choose. */
export function SongPicker({ chosen, onChoose, verb, testid }: Props) {
  const hub = useHub();
  const [q, setQ] = useState('');
  const [songs, setSongs] = useState<SongInfo[] | null>(null);
  useEffect(() => {
    let isOver = false;
    const timer = setTimeout(
      () =>
        hub.songs(q).then(
          (found) => isOver || setSongs(found),
          () => isOver || setSongs([]),
        ),
      q ? 200 : 0,
    );
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [q]);
  return (
    <div class="song-picker">
      <input
        type="search"
        data-testid="song-search"
        aria-label={t('song.search')}
        placeholder={t('song.search')}
        value={q}
        onInput={(event) => setQ(event.currentTarget.value)}
      />
      <SongRows songs={songs} chosen={chosen} onChoose={onChoose} verb={verb} testid={testid} />
    </div>
  );
}
