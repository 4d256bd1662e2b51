import { t } from '../i18n';
import type { SeatName } from '../live';
import type { RoomState } from '../room';
import type { Room } from '../wire';

interface Props {
  state: RoomState;
  me?: string;
}

/** Both running scores side by side, and who leads. */
export function Scores({ state, me }: Props) {
  const room = state.room.value;
  const final = state.final.value;
  const a = shown(state, 'a');
  const b = shown(state, 'b');
  const share = a + b > 0 ? (100 * a) / (a + b) : 50;
  const hasTwo = room?.seats.some((seat) => seat.seat === 'b') ?? false;
  return (
    <section class={`scores ${hasTwo ? '' : 'alone'}`} data-testid="scores" data-final={final !== null}>
      <Side seat="a" room={room} state={state} score={a} me={me} />
      {hasTwo && (
        <div class="versus" aria-hidden="true">
          <i style={{ width: `${share}%` }} />
          <b>{room?.attributes.mode === 'pk' ? 'VS' : '＋'}</b>
        </div>
      )}
      {hasTwo && <Side seat="b" room={room} state={state} score={b} me={me} />}
      {final && room && (
        <p class="winner" data-testid="winner">
          {verdict(room, final.winner ?? null)}
        </p>
      )}
    </section>
  );
}

interface SideProps extends Props {
  seat: SeatName;
  room: Room | null;
  score: number;
}

function Side({ seat, room, state, score, me }: SideProps) {
  const held = room?.seats.find((one) => one.seat === seat);
  const rated = state.sung[seat].value.line;
  return (
    <div
      class={`side side-${seat}`}
      data-seat={seat}
      data-live={held?.is_live ?? false}
      data-ready={held?.is_ready ?? false}
    >
      <span class="avatar">{held?.user.avatar ?? '＋'}</span>
      <span class="who">
        <b class="one-line">
          {held?.user.nickname ?? t('room.seat.free')}
          {held && held.user.id === me && ` · ${t('room.you')}`}
        </b>
        {held && <small>{t(held.is_ready ? 'room.seat.ready' : 'room.seat.waiting')}</small>}
      </span>
      <output class="score" data-testid={`score-${seat}`} data-score={score.toFixed(2)}>
        {score.toFixed(1)}
      </output>
      {rated && (
        <em key={`${rated.line}`} class={`rating ${rated.rating}`} data-testid={`rating-${seat}`}>
          {t(`rating.${rated.rating}`)}
        </em>
      )}
    </div>
  );
}

function shown(state: RoomState, seat: SeatName): number {
  return state.final.value?.scores[seat] ?? state.round.value?.scores[seat] ?? state.sung[seat].value.score;
}

function verdict(room: Room, winner: SeatName | null): string {
  const name = room.seats.find((seat) => seat.seat === winner)?.user.nickname;
  if (name && room.seats.length > 1 && room.attributes.mode === 'pk')
    return `🏆 ${t('sing.winner', { name })}`;
  return room.seats.length > 1 && room.attributes.mode === 'pk' ? t('sing.draw') : `★ ${t('sing.final')}`;
}
