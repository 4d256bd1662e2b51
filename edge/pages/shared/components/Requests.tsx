import { useTicking } from '../frameloop';
import { t } from '../i18n';
import { session } from '../session';
import type { Request } from '../wire';
import { useHub } from './context';

/** Interaction requests received and sent. */
export function Requests() {
  const hub = useHub();
  const now = useTicking(() => hub.clock.now(), 1);
  const all = hub.requests.value;
  if (all.length === 0) return <p class="empty small-empty">{t('request.empty')}</p>;
  return (
    <ul class="requests" data-testid="requests">
      {all.map((request) => (
        <RequestRow key={request.id} request={request} now={now} />
      ))}
    </ul>
  );
}

function RequestRow({ request, now }: { request: Request; now: number }) {
  const hub = useHub();
  const isMine = request.sender.id === session.value?.user.id;
  const left = Math.max(0, Math.round((request.expires_ms - now) / 1000));
  const isPending = request.state === 'pending' && left > 0;
  const other = isMine ? request.to : request.sender;
  const state = request.state === 'pending' && left === 0 ? 'expired' : request.state;
  return (
    <li class="request" data-testid="request" data-state={state} data-request={request.id}>
      <span class="avatar">{other.avatar}</span>
      <div class="grow">
        <p>{t(isMine ? 'request.out' : 'request.in', { name: other.nickname, room: request.room_title })}</p>
        {request.message && <p class="quote">{request.message}</p>}
        <p class="muted">{isPending ? t('request.expires', { s: left }) : t(`request.state.${state}`)}</p>
      </div>
      {isPending && isMine && (
        <button data-testid="request-withdraw" onClick={() => void hub.answer(request, 'withdraw')}>
          {t('request.withdraw')}
        </button>
      )}
      {isPending && !isMine && (
        <div class="pair">
          <button data-testid="request-decline" onClick={() => void hub.answer(request, 'decline')}>
            {t('request.decline')}
          </button>
          <button
            class="primary"
            data-testid="request-accept"
            onClick={() => void hub.answer(request, 'accept')}
          >
            {t('request.accept')}
          </button>
        </div>
      )}
      {!isMine && request.state === 'accepted' && request.entry && (
        <button class="primary" data-testid="request-enter" onClick={() => void hub.enter(request.entry!)}>
          {t('request.enter')}
        </button>
      )}
    </li>
  );
}

/** How many requests wait for an answer from this user. */
export function waitingRequests(all: Request[], me: string | undefined, now: number): number {
  return all.filter((one) => one.state === 'pending' && one.to.id === me && one.expires_ms > now).length;
}
