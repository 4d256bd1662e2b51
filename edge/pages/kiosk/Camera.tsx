import { useEffect, useRef } from 'preact/hooks';
import { Badges } from '../shared/components/Badges';
import { useSize } from '../shared/frameloop';
import { letterbox } from '../shared/geometry';
import { t } from '../shared/i18n';
import type { Box } from './box';

/** The box's own camera, with the tasks at their elements. */
export function Camera({ box }: { box: Box }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const { ref, size } = useSize<HTMLDivElement>();
  const picture = box.picture.value;
  // Drawn at once, not after the next render: by then the bitmap may have made way for a newer one.
  useEffect(() => box.picture.subscribe((now) => now && draw(canvas.current, now)), []);
  void box.state.seenTick.value;
  const seat = box.seat();
  const tasks = box.state.tasks.value.filter((task) => task.seat === seat);
  return (
    <div ref={ref} class="picture" data-testid="live-picture" data-playing={picture !== null}>
      <canvas ref={canvas} class="still" />
      {!picture && <p class="picture-wait">{t('room.no-picture')}</p>}
      {picture && (
        <Badges
          tasks={tasks}
          ring={box.state.seen[seat]}
          rtp={box.rtp.value}
          placed={letterbox(size, picture)}
        />
      )}
    </div>
  );
}

function draw(sheet: HTMLCanvasElement | null, picture: ImageBitmap): void {
  if (!sheet || picture.width === 0) return;
  if (sheet.width !== picture.width || sheet.height !== picture.height) {
    sheet.width = picture.width;
    sheet.height = picture.height;
  }
  sheet.getContext('2d')?.drawImage(picture, 0, 0);
}
