import { render } from 'preact';
import { Toasts } from '../shared/components/Toasts';
import { language } from '../shared/i18n';
import '../shared/styles.css';
import './kiosk.css';
import { Box } from './box';
import { Kiosk } from './Kiosk';

const box = new Box(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/live`);
document.documentElement.lang = language.value;
render(
  <>
    <Kiosk box={box} />
    <Toasts />
  </>,
  document.getElementById('app')!,
);
box.open();
