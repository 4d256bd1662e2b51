import { useState } from 'preact/hooks';
import { Brand } from '../shared/components/Brand';
import { Celebration } from '../shared/components/Celebration';
import { Icon } from '../shared/components/Icon';
import { LanguageSwitch } from '../shared/components/LanguageSwitch';
import { Lyrics } from '../shared/components/Lyrics';
import { PitchLane } from '../shared/components/PitchLane';
import { Scores } from '../shared/components/Scores';
import { Tasks } from '../shared/components/Tasks';
import { language, t } from '../shared/i18n';
import { type Box } from './box';
import { Camera } from './Camera';
import { GoLive } from './GoLive';
import { Qr } from './Qr';
import { Queue } from './Queue';
import { SongShelf } from './SongShelf';

/** The booth's screen: songs on the left, the stage in the middle, codes and tasks on the right. */
export function Kiosk({ box }: { box: Box }) {
  const [isOpening, setOpening] = useState(false);
  const room = box.state.room.value;
  const hello = box.hello.value;
  const isSinging = box.state.round.value !== null && box.state.round.value.state !== 'ended';
  const hasSong = box.queue.value.length > 0 || room?.attributes.song !== undefined;
  const areReady = room?.seats.every((seat) => seat.is_ready) ?? true;
  const canStart = hasSong && areReady && !isSinging;
  return (
    <div class="kiosk" data-testid="kiosk">
      <header class="kiosk-head">
        <Brand />
        <b class="muted one-line">{hello?.name}</b>
        {box.troubles.value.map((one) => (
          <span key={one.part} class="chip hot" data-testid="kiosk-trouble" data-part={one.part}>
            {language.value === 'en' ? one.text_en : one.text_zh}
          </span>
        ))}
        <span class="grow" />
        {room && (
          <span class="chip hot" data-testid="kiosk-live">
            ● {t('room.live')} · {t('room.viewers', { n: room.viewers })}
          </span>
        )}
        <LanguageSwitch />
        <button
          class="primary"
          data-testid="start-round"
          disabled={!canStart}
          onClick={() => box.order({ do: 'start-round' })}
        >
          <Icon name="play" /> {t('kiosk.start')}
        </button>
        <button data-testid="skip" onClick={() => box.order({ do: 'skip' })}>
          <Icon name="skip" /> {t('kiosk.skip')}
        </button>
        {room ? (
          <button class="danger" data-testid="leave" onClick={() => box.order({ do: 'leave' })}>
            {t('kiosk.leave')}
          </button>
        ) : (
          <button class="primary" data-testid="go-live" onClick={() => setOpening(true)}>
            <Icon name="camera" /> {t('kiosk.go-live')}
          </button>
        )}
      </header>
      <SongShelf box={box} />
      <main class="kiosk-stage">
        <Camera box={box} />
        <Scores state={box.state} />
        <section class="singing">
          <PitchLane state={box.state} songT={box.songT} />
          {box.state.song.value ? (
            <Lyrics state={box.state} songT={box.songT} />
          ) : (
            <p class="kiosk-wait">{t('kiosk.waiting')}</p>
          )}
        </section>
      </main>
      <aside class="kiosk-side">
        <div class="kiosk-codes">
          {box.entry.value && room && (
            <Qr
              url={new URL(box.entry.value.path, hello?.qr_url || location.href).href}
              svg={box.entry.value.qr_svg}
              caption={t('kiosk.entry')}
              testid="entry-qr"
            />
          )}
          {hello?.qr_url && <Qr url={hello.qr_url} caption={t('kiosk.scan')} testid="login-qr" />}
        </div>
        {room && (
          <Tasks
            tasks={box.state.tasks.value}
            now={() => Date.now()}
            canRefuse
            onClose={(task) => box.order({ do: 'refuse', task: task.id })}
          />
        )}
        <Queue box={box} />
      </aside>
      {!box.isConnected.value && (
        <p class="kiosk-lost" role="alert" data-testid="kiosk-lost">
          {t('kiosk.lost')}
        </p>
      )}
      {isOpening && <GoLive box={box} onClose={() => setOpening(false)} />}
      <Celebration state={box.state} />
    </div>
  );
}
