import { startPage } from '../../../edge/pages/shared/page';
import { Phone } from './Phone';
import './phone.css';

startPage('phone', 'phone', (query) => <Phone boxToken={query.box ?? undefined} />);

if ('serviceWorker' in navigator && isSecureContext && import.meta.env.PROD)
  void navigator.serviceWorker.register('/phone/sw.js', { scope: '/phone/' }).catch(() => undefined);
