import { useEffect, useState } from 'preact/hooks';
import { t } from '../i18n';
import type { User } from '../wire';
import { useHub } from './context';
import { Sheet } from './Sheet';

const REFRESH_MS = 4_000;

/** Invite someone who is online. */
export function Invite({ onClose }: { onClose: () => void }) {
  const hub = useHub();
  const [q, setQ] = useState('');
  const [users, setUsers] = useState<User[] | null>(null);
  useEffect(() => {
    let isOver = false;
    const look = () =>
      hub.users(q).then(
        (found) => isOver || setUsers(found),
        () => isOver || setUsers((before) => before ?? []),
      );
    const first = setTimeout(look, q ? 250 : 0);
    const again = setInterval(look, REFRESH_MS);
    return () => {
      isOver = true;
      clearTimeout(first);
      clearInterval(again);
    };
  }, [q]);
  return (
    <Sheet title={t('request.invite.title')} onClose={onClose} testid="invite-sheet">
      <input
        type="search"
        data-testid="invite-search"
        aria-label={t('request.invite.search')}
        placeholder={t('request.invite.search')}
        value={q}
        onInput={(event) => setQ(event.currentTarget.value)}
      />
      <ul class="people">
        {users?.map((user) => (
          <li key={user.id}>
            <span class="avatar">{user.avatar}</span>
            <span class="grow one-line">{user.nickname}</span>
            <button
              class="primary"
              data-testid="invite-user"
              data-user={user.id}
              data-name={user.nickname}
              disabled={hub.isBusy.value}
              onClick={() => void hub.invite(user).then((ok) => ok && onClose())}
            >
              {t('request.invite')}
            </button>
          </li>
        ))}
        {users?.length === 0 && <li class="muted">{t('request.invite.none')}</li>}
        {users === null && <li class="muted">{t('app.loading')}</li>}
      </ul>
    </Sheet>
  );
}
