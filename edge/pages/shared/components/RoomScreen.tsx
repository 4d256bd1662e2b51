import { useState } from 'preact/hooks';
import { Problem } from '../api';
import { sentence, t } from '../i18n';
import type { Point } from '../geometry';
import type { SeatName } from '../live';
import { session } from '../session';
import { audibleSeats } from '../stage';
import { toast } from '../toasts';
import type { Entry, PickAnswered } from '../wire';
import { Celebration } from './Celebration';
import { Chat } from './Chat';
import { Connection } from './Connection';
import { useHub } from './context';
import { EntryCard } from './EntryCard';
import { Icon } from './Icon';
import { Invite } from './Invite';
import { LivePicture } from './LivePicture';
import { Lyrics } from './Lyrics';
import { PickSheet } from './PickSheet';
import { PitchLane } from './PitchLane';
import { Points } from './Points';
import { Scores } from './Scores';
import { SingPanel } from './SingPanel';
import { Tasks } from './Tasks';

/** One room: as a viewer, or on one of its two seats. */
export function RoomScreen() {
  const hub = useHub();
  const [answer, setAnswer] = useState<PickAnswered | null>(null);
  const [isFinding, setFinding] = useState(false);
  const [isInviting, setInviting] = useState(false);
  const entered = hub.entered.value!;
  const room = hub.state.room.value ?? entered.room;
  const me = session.value?.user.id;
  const isBroadcaster = room.broadcaster.id === me;
  const songT = () => {
    const round = hub.state.round.peek();
    return round && round.state !== 'ended' ? (hub.clock.now() - round.start_ms) / 1000 : null;
  };

  async function pick(seat: SeatName, contour: Point[], rtp: number | null) {
    if (isFinding) return;
    setFinding(true);
    try {
      const found = await hub.pick(seat, contour, rtp);
      if (found.answer.element || found.answer.candidates.length) setAnswer(found);
      else toast(t('pick.none'));
    } catch (error) {
      toast(error instanceof Problem && error.status === 504 ? t('pick.late') : sentence(error), 'bad');
    } finally {
      setFinding(false);
    }
  }

  if (room.state === 'ended')
    return (
      <main class="ended" data-testid="room-ended">
        <h1>{t('room.ended')}</h1>
        <Scores state={hub.state} me={me} />
        <button class="primary" data-testid="room-leave" onClick={() => void hub.leave()}>
          {t('nav.lobby')}
        </button>
      </main>
    );

  return (
    <main
      class="room"
      data-testid="room"
      data-room={room.id}
      data-role={entered.role}
      data-seat={entered.seat ?? ''}
    >
      <header class="room-head">
        <button
          class="bare"
          data-testid="room-leave"
          aria-label={t('room.leave')}
          onClick={() => void hub.leave()}
        >
          <Icon name="back" />
        </button>
        <div class="grow">
          <h1 class="one-line" data-testid="room-title">
            {room.attributes.title}
          </h1>
          <p class="muted one-line">
            {room.broadcaster.avatar} {room.broadcaster.nickname} · {t(`mode.${room.attributes.mode}`)} ·{' '}
            {t('room.viewers', { n: room.viewers })}
          </p>
        </div>
        <Connection />
        <Points />
        {isBroadcaster && (
          <button
            class="danger small"
            data-testid="room-end"
            onClick={() => confirm(t('room.end.sure')) && void hub.endRoom()}
          >
            {t('room.end')}
          </button>
        )}
      </header>
      <div class="room-main">
        <Pictures onPick={pick} isFinding={isFinding} />
        <Scores state={hub.state} me={me} />
        <section class="singing" aria-label={hub.state.song.value?.info.title}>
          <PitchLane state={hub.state} songT={songT} />
          <Lyrics state={hub.state} songT={songT} />
        </section>
      </div>
      <aside class="room-side">
        <SingPanel />
        {entered.role === 'singer' && isBroadcaster && (
          <button class="wide" data-testid="invite" onClick={() => setInviting(true)}>
            <Icon name="plus" /> {t('request.invite')}
          </button>
        )}
        {hub.entry.value && isBroadcaster && (
          <EntryCard entry={hub.entry.value} now={() => hub.clock.now()} />
        )}
        {isBroadcaster && hub.client === 'pc' && (
          <OverlayLink
            room={room.id}
            entry={room.attributes.visibility === 'link' ? hub.entry.value : null}
          />
        )}
        <Tasks
          tasks={hub.state.tasks.value}
          now={() => hub.clock.now()}
          me={me}
          canRefuse={isBroadcaster}
          onClose={(task, verb) => void hub.closeTask(task, verb)}
        />
        <Chat />
      </aside>
      {answer && <PickSheet key={answer.pick} answer={answer} onClose={() => setAnswer(null)} />}
      {isInviting && <Invite onClose={() => setInviting(false)} />}
      <Celebration state={hub.state} />
    </main>
  );
}

interface PicturesProps {
  onPick: (seat: SeatName, contour: Point[], rtp: number | null) => void;
  isFinding: boolean;
}

/** The broadcaster's picture large, the second singer's in its corner; touch the small one to swap. */
function Pictures({ onPick, isFinding }: PicturesProps) {
  const hub = useHub();
  const [front, setFront] = useState<SeatName>('a');
  const room = hub.state.room.value;
  const entered = hub.entered.value!;
  const hasSecond = room?.seats.some((seat) => seat.seat === 'b') ?? false;
  const large: SeatName = hasSecond ? front : 'a';
  const small: SeatName = large === 'a' ? 'b' : 'a';
  const audible = entered.role === 'singer' ? (['a', 'b'] as SeatName[]) : audibleSeats(room);
  const of = (seat: SeatName) => {
    const isOwn = entered.role === 'singer' && entered.seat === seat;
    return {
      seat,
      isOwn,
      state: hub.state,
      stream: isOwn ? hub.stage.own.value : (hub.stage.watching[seat].value?.stream.value ?? null),
      isMuted: isOwn || !audible.includes(seat),
      ...(isOwn ? {} : { onPick: (line: Point[], rtp: number | null) => onPick(seat, line, rtp) }),
    };
  };
  const inset = of(small);
  return (
    <div class="pictures">
      <LivePicture key={large} {...of(large)}>
        {isFinding && (
          <p class="finding" role="status" data-testid="finding">
            {t('pick.finding')}
          </p>
        )}
      </LivePicture>
      {hasSecond && (
        <button class="inset" data-testid="swap-picture" onClick={() => setFront(small)}>
          <LivePicture key={small} {...inset} onPick={undefined} />
        </button>
      )}
      {!of(large).isOwn && <p class="draw-hint">{t('room.draw')}</p>}
    </div>
  );
}

/** The address for OBS; a room open by link only is shown to who has its entry. */
function OverlayLink({ room, entry }: { room: string; entry: Entry | null }) {
  const key = entry ? `&entry=${encodeURIComponent(entry.path.slice('/e/'.length))}` : '';
  const link = `${location.origin}/overlay/?room=${room}&picture=1${key}`;
  return (
    <p class="overlay-link muted">
      {t('room.overlay')}{' '}
      <a class="link" href={link} target="_blank" rel="noreferrer" data-testid="overlay-link">
        {link}
      </a>
    </p>
  );
}
