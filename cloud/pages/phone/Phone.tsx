import { useState } from 'preact/hooks';
import { Attributes } from '../../../edge/pages/shared/components/Attributes';
import { Brand } from '../../../edge/pages/shared/components/Brand';
import { Connection } from '../../../edge/pages/shared/components/Connection';
import { useHub } from '../../../edge/pages/shared/components/context';
import { Icon, type IconName } from '../../../edge/pages/shared/components/Icon';
import { LanguageSwitch } from '../../../edge/pages/shared/components/LanguageSwitch';
import { Lobby } from '../../../edge/pages/shared/components/Lobby';
import { Match } from '../../../edge/pages/shared/components/Match';
import { Points } from '../../../edge/pages/shared/components/Points';
import { Requests, waitingRequests } from '../../../edge/pages/shared/components/Requests';
import { RoomScreen } from '../../../edge/pages/shared/components/RoomScreen';
import { SignIn } from '../../../edge/pages/shared/components/SignIn';
import { useTicking } from '../../../edge/pages/shared/frameloop';
import { t } from '../../../edge/pages/shared/i18n';
import { session } from '../../../edge/pages/shared/session';
import { Booth } from './Booth';

const TABS = ['lobby', 'requests', 'booth', 'me'] as const;
type Tab = (typeof TABS)[number];
const ICONS: Record<Tab, IconName> = { lobby: 'home', requests: 'mail', booth: 'music', me: 'user' };

export function Phone({ boxToken }: { boxToken?: string }) {
  const hub = useHub();
  if (!session.value) return <SignIn boxToken={boxToken} />;
  if (hub.entered.value) return <RoomScreen />;
  return <Home first={hub.box.value ? 'booth' : 'lobby'} />;
}

function Home({ first }: { first: Tab }) {
  const hub = useHub();
  const [tab, setTab] = useState<Tab>(first);
  const now = useTicking(() => hub.clock.now(), 1);
  const waiting = waitingRequests(hub.requests.value, session.value?.user.id, now);
  return (
    <div class="phone">
      <header class="page-head">
        <Brand />
        <span class="grow" />
        <Connection />
        <Points />
      </header>
      <main>
        {hub.box.value && (
          <p class="booth-note" data-testid="booth-note" data-box={hub.box.value}>
            {t('booth.at', { box: hub.boxName.value })}
          </p>
        )}
        {tab === 'lobby' && (
          <>
            <Match />
            <h2>{t('lobby.title')}</h2>
            <Lobby />
          </>
        )}
        {tab === 'requests' && (
          <>
            <h2>{t('request.title')}</h2>
            <Requests />
          </>
        )}
        {tab === 'booth' && <Booth />}
        {tab === 'me' && (
          <>
            <div class="row">
              <h2 class="grow">{t('me.title')}</h2>
              <LanguageSwitch />
            </div>
            <Attributes />
            <button class="wide" data-testid="logout" onClick={() => void hub.logOut()}>
              {t('sign.out')}
            </button>
          </>
        )}
      </main>
      <nav class="tabs">
        {TABS.map((one) => (
          <button
            key={one}
            aria-current={tab === one ? 'page' : undefined}
            data-testid={`tab-${one}`}
            onClick={() => setTab(one)}
          >
            <Icon name={ICONS[one]} />
            <span>{t(`nav.${one}`)}</span>
            {one === 'requests' && waiting > 0 && <b class="count">{waiting}</b>}
          </button>
        ))}
      </nav>
    </div>
  );
}
