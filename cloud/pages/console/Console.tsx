import { useEffect, useState } from 'preact/hooks';
import { Brand } from '../../../edge/pages/shared/components/Brand';
import { Connection } from '../../../edge/pages/shared/components/Connection';
import { useHub } from '../../../edge/pages/shared/components/context';
import { LanguageSwitch } from '../../../edge/pages/shared/components/LanguageSwitch';
import { SignIn } from '../../../edge/pages/shared/components/SignIn';
import { language, sentence, t } from '../../../edge/pages/shared/i18n';
import { session } from '../../../edge/pages/shared/session';
import type { Room } from '../../../edge/pages/shared/wire';

const EVERY_MS = 3_000;
const MOST_ROOMS = 50;

export function Console() {
  return session.value ? <Board /> : <SignIn />;
}

type Health = Record<string, unknown>;

function Board() {
  const hub = useHub();
  const [health, setHealth] = useState<Health>({});
  const [trouble, setTrouble] = useState<string | null>(null);
  const [rooms, setRooms] = useState<Room[]>([]);
  const [at, setAt] = useState(Date.now());

  useEffect(() => {
    let isOver = false;
    const look = async () => {
      const [said, found] = await Promise.allSettled([
        hub.api.get<Health>('/api/health'),
        Promise.allSettled(
          hub.lobby.value.slice(0, MOST_ROOMS).map((one) => hub.api.get<Room>(`/api/rooms/${one.id}`)),
        ),
      ]);
      if (isOver) return;
      if (said.status === 'fulfilled') setHealth(said.value);
      setTrouble(said.status === 'rejected' ? sentence(said.reason) : null);
      if (found.status === 'fulfilled')
        setRooms(found.value.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : [])));
      setAt(Date.now());
    };
    void look();
    const timer = setInterval(look, EVERY_MS);
    return () => {
      isOver = true;
      clearInterval(timer);
    };
  }, [hub.lobby.value]);

  return (
    <div class="console">
      <header class="page-head">
        <Brand />
        <h1 class="grow">{t('console.title')}</h1>
        <span class="muted">
          {t('console.updated', { time: new Date(at).toLocaleTimeString(language.value) })}
        </span>
        <Connection />
        <LanguageSwitch />
        <button data-testid="logout" onClick={() => void hub.logOut()}>
          {t('sign.out')}
        </button>
      </header>
      <section class="card" data-testid="console-health">
        <h2>{t('console.health')}</h2>
        {trouble && <p class="bad">{trouble}</p>}
        <dl>
          {Object.entries(health).map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd class={isWell(value) ? 'good' : ''}>{said(value)}</dd>
            </div>
          ))}
        </dl>
      </section>
      <Table
        title={t('console.rooms')}
        testid="console-rooms"
        heads={[t('console.room'), t('console.broadcaster'), t('console.state'), t('console.viewers')]}
        rows={rooms.map((room) => [
          `${room.attributes.title} (${room.id})`,
          room.broadcaster.nickname,
          `${room.state} · ${room.round?.state ?? '–'}`,
          String(room.viewers),
        ])}
      />
      <Table
        title={t('console.boxes')}
        testid="console-boxes"
        heads={[t('console.box'), t('console.seat'), t('console.kind'), t('console.state')]}
        rows={rooms.flatMap((room) =>
          room.seats
            .filter((seat) => seat.box)
            .map((seat) => [
              seat.box!,
              `${room.id} / ${seat.seat}`,
              t(seat.is_stand_in ? 'console.stand-in' : 'console.real'),
              `${seat.is_live ? 'live' : '–'} · ${seat.is_ready ? 'ready' : '–'}`,
            ]),
        )}
      />
    </div>
  );
}

interface TableProps {
  title: string;
  testid: string;
  heads: string[];
  rows: string[][];
}

function Table({ title, testid, heads, rows }: TableProps) {
  return (
    <section class="card">
      <h2>{title}</h2>
      <table data-testid={testid}>
        <thead>
          <tr>
            {heads.map((head) => (
              <th key={head} scope="col">
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.join()}>
              {row.map((cell, i) => (
                <td key={i}>{cell}</td>
              ))}
            </tr>
          ))}
          {rows.length === 0 && (
            <tr>
              <td colSpan={heads.length} class="muted">
                {t('console.none')}
              </td>
            </tr>
          )}
        </tbody>
      </table>
    </section>
  );
}

function isWell(value: unknown): boolean {
  return value === true || value === 'ok' || value === 'up';
}

function said(value: unknown): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
