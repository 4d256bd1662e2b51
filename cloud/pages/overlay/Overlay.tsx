import { Celebration } from '../../../edge/pages/shared/components/Celebration';
import { useHub } from '../../../edge/pages/shared/components/context';
import { LivePicture } from '../../../edge/pages/shared/components/LivePicture';
import { Lyrics } from '../../../edge/pages/shared/components/Lyrics';
import { Scores } from '../../../edge/pages/shared/components/Scores';
import { t } from '../../../edge/pages/shared/i18n';

interface Props {
  room: string | null;
  hasPicture: boolean;
}

/** What a streamer lays over the picture in OBS: badges, scores, lyrics, celebrations. */
export function Overlay({ room, hasPicture }: Props) {
  const hub = useHub();
  if (!room) return <p class="overlay-missing">{t('overlay.missing')}</p>;
  const round = hub.state.round.value;
  const songT = () => (round && round.state !== 'ended' ? (hub.clock.now() - round.start_ms) / 1000 : null);
  return (
    <div class={`overlay ${hasPicture ? '' : 'clear'}`} data-testid="overlay">
      <LivePicture
        stream={hub.stage.watching.a.value?.stream.value ?? null}
        seat="a"
        state={hub.state}
        isMuted
      />
      <div class="overlay-low">
        <Lyrics state={hub.state} songT={songT} />
        {hub.entered.value && <Scores state={hub.state} />}
      </div>
      <Celebration state={hub.state} />
    </div>
  );
}
