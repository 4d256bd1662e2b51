import { useTicking } from '../frameloop';
import { lineAt, type RoomState } from '../room';
import type { SongLine } from '../wire';

interface Props {
  state: RoomState;
  songT: () => number | null;
}

/** The line being sung, filling as it is sung, and the next one. */
export function Lyrics({ state, songT }: Props) {
  const t = useTicking(songT, 25);
  const song = state.song.value;
  if (!song || song.lines.length === 0) return <div class="lyrics" data-testid="lyrics" />;
  const at = t ?? -1;
  const index = lineAt(song, at);
  const line = song.lines[index]!;
  const next = song.lines[index + 1];
  return (
    <div class="lyrics" data-testid="lyrics" data-line={index}>
      <p class={`now for-${line.singer}`}>
        {line.notes.map((note, i) => (
          <span key={i} class="syllable" style={{ '--sung': `${sungShare(note.t, note.d, at)}%` }}>
            {note.w}
          </span>
        ))}
      </p>
      <p class="next">{next ? words(next) : ' '}</p>
      {t !== null && t < 0 && (
        <b class="countdown" data-testid="countdown" key={Math.ceil(-t)}>
          {Math.ceil(-t)}
        </b>
      )}
    </div>
  );
}

function words(line: SongLine): string {
  return line.notes.map((note) => note.w).join('');
}

function sungShare(start: number, length: number, t: number): number {
  return Math.round(100 * Math.min(1, Math.max(0, (t - start) / (length || 0.01))));
}
