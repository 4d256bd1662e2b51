import { useState } from 'preact/hooks';
import { t } from '../i18n';
import type { PictureSource } from '../media';
import { Choice } from './Choice';
import { useHub } from './context';
import { Icon } from './Icon';
import { Sheet } from './Sheet';
import { SongPicker } from './SongPicker';

/** A singer's controls: go live, choose the song, start. */
export function SingPanel() {
  const hub = useHub();
  const [isPreparing, setPreparing] = useState(false);
  const [isChoosing, setChoosing] = useState(false);
  const [song, setSong] = useState<string | undefined>(undefined);
  const room = hub.state.room.value;
  const entered = hub.entered.value;
  if (!room || entered?.role !== 'singer') return null;
  const isLead = entered.seat === 'a';
  const isOnAir = hub.stage.publication.value !== null;
  const isSinging = room.round !== undefined && room.round.state !== 'ended';
  const chosen = song ?? room.attributes.song;
  const isReady = room.seats.length > 0 && room.seats.every((seat) => seat.is_ready);
  const title = hub.state.song.value?.info.title;

  return (
    <section class="sing card" data-testid="sing-panel">
      <div class="row">
        {isOnAir ? (
          <button data-testid="stop-live" onClick={() => hub.stage.stopLive()}>
            <Icon name="close" /> {t('sing.stop')}
          </button>
        ) : (
          <button class="primary grow" data-testid="go-live" onClick={() => setPreparing(true)}>
            <Icon name="mic" /> {t('sing.go')}
          </button>
        )}
        {isLead && (
          <button data-testid="choose-song" onClick={() => setChoosing(true)}>
            <Icon name="music" />
            <span class="one-line">{chosen ? (title ?? chosen) : t('song.choose')}</span>
          </button>
        )}
        {isLead && (
          <button
            class="primary grow"
            data-testid="start-round"
            disabled={!chosen || !isReady || isSinging || hub.isBusy.value}
            onClick={() => void hub.startRound(song)}
          >
            <Icon name="play" /> {t('sing.start')}
          </button>
        )}
      </div>
      <NoStandIn />
      {isLead && !isSinging && (!chosen || !isReady) && (
        <p class="muted" role="status">
          {t(chosen ? 'sing.not-ready' : 'sing.need-song')}
        </p>
      )}
      <label class="volume">
        <span class="label">{t('sing.volume')}</span>
        <input
          type="range"
          min={0}
          max={1}
          step={0.01}
          value={hub.backing.volume}
          onInput={(event) => (hub.backing.volume = Number(event.currentTarget.value))}
        />
      </label>
      {isPreparing && <Prepare onClose={() => setPreparing(false)} />}
      {isChoosing && (
        <Sheet title={t('song.choose')} onClose={() => setChoosing(false)} testid="song-sheet">
          <SongPicker
            chosen={chosen}
            verb={t('song.choose')}
            testid="pick-song"
            onChoose={(one) => {
              setSong(one.id);
              setChoosing(false);
            }}
          />
        </Sheet>
      )}
    </section>
  );
}

/** Says that nobody scores one's voice, and what to do. */
function NoStandIn() {
  const hub = useHub();
  const seat = hub.state.room.value?.seats.find((one) => one.seat === hub.entered.value?.seat);
  if (!seat?.no_stand_in) return null;
  return (
    <p class="bad" role="alert" data-testid="stand-in-missing" data-why={seat.no_stand_in}>
      {t(`stand-in.${seat.no_stand_in}`)}
    </p>
  );
}

function Prepare({ onClose }: { onClose: () => void }) {
  const hub = useHub();
  const [headphones, setHeadphones] = useState(true);
  const [picture, setPicture] = useState<PictureSource>('camera');
  const canShare = typeof navigator.mediaDevices?.getDisplayMedia === 'function' && hub.client === 'pc';
  const go = () =>
    hub
      .try(() => hub.stage.goLive({ headphones, picture }, hub.entered.value!))
      .then((ok) => ok && onClose());
  return (
    <Sheet title={t('sing.title')} onClose={onClose} testid="prepare">
      <div class="stack">
        <fieldset class="choice tall">
          <legend class="label">{t('sing.headphones')}</legend>
          <div>
            {[true, false].map((yes) => (
              <button
                key={String(yes)}
                type="button"
                aria-pressed={headphones === yes}
                data-testid={`headphones-${yes ? 'yes' : 'no'}`}
                onClick={() => setHeadphones(yes)}
              >
                <b>
                  {yes ? '🎧' : '🔊'} {t(yes ? 'sing.headphones.yes' : 'sing.headphones.no')}
                </b>
                <small>{t(yes ? 'sing.headphones.yes.hint' : 'sing.headphones.no.hint')}</small>
              </button>
            ))}
          </div>
        </fieldset>
        <Choice<PictureSource>
          label={t('sing.picture')}
          value={picture}
          testid="picture-source"
          onChange={setPicture}
          options={[
            { value: 'camera', text: t('sing.camera') },
            ...(canShare ? [{ value: 'screen' as const, text: t('sing.screen') }] : []),
            { value: 'none', text: t('sing.sound-only') },
          ]}
        />
        <button
          class="primary wide"
          data-testid="go-live-confirm"
          disabled={hub.isBusy.value}
          onClick={() => void go()}
        >
          <Icon name="mic" /> {t('sing.go')}
        </button>
      </div>
    </Sheet>
  );
}
