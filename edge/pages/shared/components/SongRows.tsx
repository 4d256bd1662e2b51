import { t } from '../i18n';
import type { SongInfo } from '../wire';

interface Props {
  songs: SongInfo[] | null;
  chosen?: string;
  onChoose: (song: SongInfo) => void;
  verb: string;
  testid: string;
}

export function SongRows({ songs, chosen, onChoose, verb, testid }: Props) {
  if (songs === null) return <p class="muted">{t('app.loading')}</p>;
  if (songs.length === 0) return <p class="muted">{t('song.none')}</p>;
  return (
    <ul class="songs">
      {songs.map((song) => (
        <li key={song.id} class={song.id === chosen ? 'chosen' : ''}>
          <span class="disc" aria-hidden="true">
            ♪
          </span>
          <span class="grow">
            <b class="one-line">{song.title}</b>
            <span class="muted one-line">
              {song.artist} · {length(song.duration_s)}
            </span>
          </span>
          <button
            type="button"
            aria-label={`${verb}: ${song.title}`}
            aria-pressed={song.id === chosen}
            data-testid={testid}
            data-song={song.id}
            onClick={() => onChoose(song)}
          >
            {song.id === chosen ? t('song.chosen') : verb}
          </button>
        </li>
      ))}
    </ul>
  );
}

function length(seconds: number): string {
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}
