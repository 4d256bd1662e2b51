import { language, t } from '../i18n';
import { useHub } from './context';
import { Icon } from './Icon';

/** Quick match: a ticket, and what came of it. */
export function Match() {
  const hub = useHub();
  const ticket = hub.ticket.value;
  if (ticket?.state === 'waiting')
    return (
      <section class="match waiting" data-testid="match-waiting">
        <span class="pulse" aria-hidden="true" />
        <b class="grow">{t('match.waiting')}</b>
        <button data-testid="match-cancel" onClick={() => void hub.stopSeeking()}>
          {t('match.cancel')}
        </button>
      </section>
    );
  if (ticket?.state === 'matched' && ticket.entry)
    return (
      <section class="match found" data-testid="match-found">
        <b class="grow">{t('match.found')} 🎉</b>
        <button class="primary" data-testid="match-enter" onClick={() => void hub.enter(ticket.entry!)}>
          {t('match.enter')}
        </button>
      </section>
    );
  return (
    <section class="match">
      <span class="match-sign" aria-hidden="true">
        <Icon name="bolt" />
      </span>
      <div class="grow">
        <b>{t('match.quick')}</b>
        <p class="muted">{t(ticket?.state === 'expired' ? 'match.expired' : 'match.hint')}</p>
      </div>
      <button
        class="primary"
        data-testid="match-start"
        disabled={hub.isBusy.value}
        onClick={() => void hub.seek({ language: language.value })}
      >
        {t('match.quick')}
      </button>
    </section>
  );
}
