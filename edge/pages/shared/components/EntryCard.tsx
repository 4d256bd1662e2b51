import { useTicking } from '../frameloop';
import { t } from '../i18n';
import { pictureOf } from '../qr';
import { toast } from '../toasts';
import type { Entry } from '../wire';
import { Icon } from './Icon';

interface Props {
  entry: Entry;
  now: () => number;
}

/** An access entry: what it is, its QR code and its link. */
export function EntryCard({ entry, now }: Props) {
  const left = useTicking(() => Math.max(0, Math.round((entry.expires_ms - now()) / 60_000)), 0.2);
  const link = new URL(entry.path, location.origin).href;
  const copy = () =>
    navigator.clipboard?.writeText(link).then(
      () => toast(t('app.copied'), 'good'),
      () => toast(link),
    );
  return (
    <section class="entry card" data-testid="entry" data-path={entry.path}>
      <img class="qr" data-testid="entry-qr" alt={link} src={pictureOf(entry.qr_svg)} />
      <div class="grow">
        <b>{t(`room.entry.${entry.kind}`)}</b>
        <p class="muted">{t('room.entry.expires', { m: left })}</p>
        <a class="link one-line" data-testid="entry-link" href={link}>
          {link}
        </a>
        <button data-testid="entry-copy" onClick={copy}>
          <Icon name="copy" /> {t('app.copy')}
        </button>
      </div>
    </section>
  );
}
