import { useEffect } from 'preact/hooks';
import { language, t } from '../i18n';
import type { RoomState } from '../room';
import { resultPicture } from '../words';

const SHOWN_MS = 6_000;
const SPARKS = Array.from({ length: 28 }, (_, i) => i);

interface Props {
  state: RoomState;
}

/** The result of a task, on everybody's screen. */
export function Celebration({ state }: Props) {
  const first = state.celebrations.value[0];
  useEffect(() => {
    if (!first) return undefined;
    const timer = setTimeout(() => state.celebrated(first.id), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [first?.id]);
  if (!first) return null;
  const { delivered } = first;
  return (
    <div
      key={first.id}
      class="celebration"
      role="status"
      data-testid="celebration"
      data-task={delivered.task.id}
      onClick={() => state.celebrated(first.id)}
    >
      <div class="sparks" aria-hidden="true">
        {SPARKS.map((i) => (
          <i
            key={i}
            style={{
              '--turn': `${(i * 360) / SPARKS.length}deg`,
              '--far': `${34 + ((i * 37) % 30)}vmin`,
              '--hue': `${(i * 47) % 360}`,
              animationDelay: `${(i % 7) * 0.06}s`,
            }}
          />
        ))}
      </div>
      <div class="celebration-card">
        <span class="prize" aria-hidden="true">
          {resultPicture(delivered.task.result)}
        </span>
        <b>{t('celebrate.title')}</b>
        <p>{language.value === 'en' ? delivered.text_en : delivered.text_zh}</p>
      </div>
    </div>
  );
}
