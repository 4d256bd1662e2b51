import { startPage } from '../../../edge/pages/shared/page';
import { language } from '../../../edge/pages/shared/i18n';
import { memoryStore, session } from '../../../edge/pages/shared/session';
import { Overlay } from './Overlay';
import './overlay.css';

const query = new URLSearchParams(location.search);
const hub = startPage(
  'overlay',
  'pc',
  (asked) => <Overlay room={asked.room} hasPicture={query.get('picture') === '1'} />,
  memoryStore(),
);

if (query.has('room') && !session.value) void hub.guest('OBS', language.value);
