import { t } from '../i18n';
import { useHub } from './context';

export function Connection() {
  const state = useHub().live.state.value;
  return (
    <span
      class={`connection ${state}`}
      role="status"
      data-testid="connection"
      data-state={state}
      title={t(`net.${state}`)}
    >
      <span class="sr">{t(`net.${state}`)}</span>
    </span>
  );
}
