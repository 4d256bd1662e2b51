import { Icon } from '../shared/components/Icon';
import { t } from '../shared/i18n';
import type { Box } from './box';

export function Queue({ box }: { box: Box }) {
  const queue = box.queue.value;
  return (
    <section class="card kiosk-queue">
      <h3>{t('kiosk.queue', { n: queue.length })}</h3>
      {queue.length === 0 && <p class="muted">{t('kiosk.queue.empty')}</p>}
      <ol data-testid="queue">
        {queue.map((one, i) => (
          <li key={one.id} data-testid="queued" data-song={one.song.id}>
            <span class="grow">
              <b class="one-line">{one.song.title}</b>
              <span class="muted one-line">
                {one.song.artist}
                {one.by && ` · ${t('kiosk.by', { name: one.by.nickname })}`}
              </span>
            </span>
            {i > 0 && (
              <button
                aria-label={`${t('kiosk.top')}: ${one.song.title}`}
                data-testid="queue-top"
                onClick={() => box.order({ do: 'top', id: one.id })}
              >
                <Icon name="top" />
              </button>
            )}
            <button
              aria-label={`${t('kiosk.remove')}: ${one.song.title}`}
              data-testid="queue-remove"
              onClick={() => box.order({ do: 'unqueue', id: one.id })}
            >
              <Icon name="trash" />
            </button>
          </li>
        ))}
      </ol>
    </section>
  );
}
