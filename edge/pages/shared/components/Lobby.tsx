import { t } from '../i18n';
import { useHub } from './context';
import { RoomCard } from './RoomCard';

/** The live task list of rooms (直播任务列表). */
export function Lobby() {
  const hub = useHub();
  const rooms = hub.lobby.value;
  if (!hub.isLobbyKnown.value) return <p class="empty">{t('app.loading')}</p>;
  if (rooms.length === 0)
    return (
      <div class="empty" data-testid="lobby-empty">
        <span class="empty-sign" aria-hidden="true">
          🎙️
        </span>
        <b>{t('lobby.empty')}</b>
        <span>{t('lobby.empty.hint')}</span>
      </div>
    );
  return (
    <ul class="lobby" data-testid="lobby">
      {rooms.map((room) => (
        <RoomCard key={room.id} room={room} />
      ))}
    </ul>
  );
}
