import { t } from '../i18n';
import { session } from '../session';
import type { LobbyRoom } from '../wire';
import { useHub } from './context';
import { Icon } from './Icon';

const SCENE_SIGN = {
  party: '🎉',
  billiards: '🎱',
  tabletop: '🎲',
  game: '🎮',
  fitness: '🏋️',
  food: '🍜',
  shop: '🛍️',
} as const;

export function RoomCard({ room }: { room: LobbyRoom }) {
  const hub = useHub();
  const isMine = room.broadcaster.id === session.value?.user.id;
  const isFree = room.state === 'open' && room.entry !== undefined;
  return (
    <li
      class={`room-card scene-${room.scene}`}
      data-testid="lobby-room"
      data-room={room.id}
      data-state={room.state}
    >
      <div class="room-card-art" aria-hidden="true">
        <span>{SCENE_SIGN[room.scene]}</span>
        <i />
      </div>
      <div class="room-card-text">
        <div class="chips">
          <span class={`chip ${isFree ? 'good' : 'hot'}`}>{t(isFree ? 'lobby.open' : 'lobby.matched')}</span>
          <span class="chip">{t(`mode.${room.mode}`)}</span>
          <span class="chip">
            <Icon name="eye" /> {room.viewers}
          </span>
        </div>
        <h3>{room.title}</h3>
        <p class="muted one-line">
          {room.broadcaster.avatar} {room.broadcaster.nickname}
          {room.song_title && ` · ♪ ${room.song_title}`}
        </p>
        {room.tags.length > 0 && <p class="tags one-line">{room.tags.map((tag) => `#${tag}`).join(' ')}</p>}
      </div>
      <div class="room-card-acts">
        <button
          data-testid="lobby-watch"
          disabled={hub.isBusy.value}
          onClick={() => void hub.watchRoom(room.id)}
        >
          {t('lobby.watch')}
        </button>
        {isFree && (
          <button
            class="primary"
            data-testid="lobby-join"
            disabled={hub.isBusy.value}
            onClick={() => void hub.enter(room.entry!)}
          >
            {t(isMine ? 'request.enter' : 'lobby.join')}
          </button>
        )}
      </div>
    </li>
  );
}
