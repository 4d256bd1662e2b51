import { t } from '../i18n';
import { dismiss, toasts } from '../toasts';
import { Icon } from './Icon';

export function Toasts() {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.value.map((one) => (
        <div key={one.id} class={`toast ${one.tone}`} data-testid={`toast-${one.tone}`}>
          <span>{one.text}</span>
          <button class="bare" aria-label={t('app.close')} onClick={() => dismiss(one.id)}>
            <Icon name="close" />
          </button>
        </div>
      ))}
    </div>
  );
}
