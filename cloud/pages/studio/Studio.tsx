import { useState } from 'preact/hooks';
import { Attributes } from '../../../edge/pages/shared/components/Attributes';
import { Brand } from '../../../edge/pages/shared/components/Brand';
import { Connection } from '../../../edge/pages/shared/components/Connection';
import { useHub } from '../../../edge/pages/shared/components/context';
import { Icon } from '../../../edge/pages/shared/components/Icon';
import { LanguageSwitch } from '../../../edge/pages/shared/components/LanguageSwitch';
import { Lobby } from '../../../edge/pages/shared/components/Lobby';
import { Match } from '../../../edge/pages/shared/components/Match';
import { OpenRoom } from '../../../edge/pages/shared/components/OpenRoom';
import { Points } from '../../../edge/pages/shared/components/Points';
import { Requests } from '../../../edge/pages/shared/components/Requests';
import { RoomScreen } from '../../../edge/pages/shared/components/RoomScreen';
import { Sheet } from '../../../edge/pages/shared/components/Sheet';
import { SignIn } from '../../../edge/pages/shared/components/SignIn';
import { t } from '../../../edge/pages/shared/i18n';
import { session } from '../../../edge/pages/shared/session';

export function Studio() {
  const hub = useHub();
  if (!session.value) return <SignIn />;
  if (hub.entered.value) return <RoomScreen />;
  return <Desk />;
}

function Desk() {
  const hub = useHub();
  const [opening, setOpening] = useState<'perform' | 'create' | null>(null);
  const [isProfile, setProfile] = useState(false);
  const user = session.value!.user;
  return (
    <div class="studio">
      <header class="page-head">
        <Brand />
        <span class="grow" />
        <Connection />
        <Points />
        <LanguageSwitch />
        <button data-testid="me" onClick={() => setProfile(true)}>
          <span aria-hidden="true">{user.avatar}</span> <span class="one-line">{user.nickname}</span>
        </button>
      </header>
      <main class="desk">
        <section class="stages">
          <button class="stage-card perform" data-testid="perform" onClick={() => setOpening('perform')}>
            <Icon name="mic" />
            <b>{t('open.perform')}</b>
            <span>{t('open.perform.hint')}</span>
          </button>
          <button class="stage-card create" data-testid="create" onClick={() => setOpening('create')}>
            <Icon name="plus" />
            <b>{t('open.create')}</b>
            <span>{t('open.create.hint')}</span>
          </button>
          <Match />
        </section>
        <section class="desk-lobby">
          <h2>{t('lobby.title')}</h2>
          <Lobby />
        </section>
        <aside>
          <h2>{t('request.title')}</h2>
          <Requests />
        </aside>
      </main>
      {opening && <OpenRoom kind={opening} onClose={() => setOpening(null)} />}
      {isProfile && (
        <Sheet title={t('me.title')} onClose={() => setProfile(false)} testid="profile">
          <Attributes />
          <button class="wide" data-testid="logout" onClick={() => void hub.logOut()}>
            {t('sign.out')}
          </button>
        </Sheet>
      )}
    </div>
  );
}
