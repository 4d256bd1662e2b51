import { t } from '../i18n';

export function Brand() {
  return (
    <span class="brand">
      <svg viewBox="0 0 32 32" aria-hidden="true">
        <defs>
          <linearGradient id="brand-glow" x1="0" y1="0" x2="1" y2="1">
            <stop offset="0" stop-color="#ff5cae" />
            <stop offset="1" stop-color="#7c5cff" />
          </linearGradient>
        </defs>
        <rect x="1" y="1" width="30" height="30" rx="9" fill="url(#brand-glow)" />
        <path
          d="M9 13v6M13 9v14M17 12v8M21 7v18M25 13v6"
          stroke="#fff"
          stroke-width="2.4"
          stroke-linecap="round"
        />
      </svg>
      <span>{t('app.name')}</span>
    </span>
  );
}
