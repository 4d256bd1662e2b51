import { useEffect, useRef } from 'preact/hooks';
import { useFrames } from '../frameloop';
import { paintLane } from '../lanes';
import type { RoomState } from '../room';

interface Props {
  state: RoomState;
  /** Song time in s, or null when nothing is sung. */
  songT: () => number | null;
}

/** Notes to come and the voices as they are sung. */
export function PitchLane({ state, songT }: Props) {
  const ref = useRef<HTMLCanvasElement>(null);
  const isStill = useRef(false);
  useEffect(() => {
    isStill.current = false;
  }, [state.song.value]);
  useFrames(() => {
    const canvas = ref.current;
    const ctx = canvas?.getContext?.('2d');
    if (!canvas || !ctx) return;
    const t = songT();
    const ratio = Math.min(2, devicePixelRatio || 1);
    const width = Math.round(canvas.clientWidth * ratio);
    const height = Math.round(canvas.clientHeight * ratio);
    const isResized = canvas.width !== width || canvas.height !== height;
    if (t === null && isStill.current && !isResized) return;
    if (isResized) {
      canvas.width = width;
      canvas.height = height;
    }
    isStill.current = t === null;
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    paintLane(ctx, canvas.clientWidth, canvas.clientHeight, state.song.value, t ?? 0, [
      { colour: '#3fd8ff', samples: state.sung.b.value.samples },
      { colour: '#ff5cae', samples: state.sung.a.value.samples },
    ]);
  });
  return <canvas ref={ref} class="lane" data-testid="pitch-lane" aria-hidden="true" />;
}
