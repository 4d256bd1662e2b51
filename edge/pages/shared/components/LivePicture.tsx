import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { useSize } from '../frameloop';
import { contourOf, isTap, letterbox, toPicture, type Point, type Size } from '../geometry';
import { t } from '../i18n';
import type { SeatName } from '../live';
import type { RoomState } from '../room';
import { Badges } from './Badges';
import { Icon } from './Icon';

interface Props {
  stream: MediaStream | null;
  seat: SeatName;
  state: RoomState;
  isMuted: boolean;
  /** One's own picture, as in a mirror. */
  isOwn?: boolean;
  /** Absent where nothing can be picked. */
  onPick?: (contour: Point[], rtp: number | null) => void;
  children?: ComponentChildren;
}

/** A live picture with the tasks at their elements; drawing on it picks what is inside the line. */
export function LivePicture({ stream, seat, state, isMuted, isOwn, onPick, children }: Props) {
  const video = useRef<HTMLVideoElement>(null);
  const { ref, size } = useSize<HTMLDivElement>();
  const [picture, setPicture] = useState<Size>({ width: 0, height: 0 });
  const rtp = useFrameStamp(video);
  const [needsTouch, setNeedsTouch] = useState(false);

  useEffect(() => {
    const element = video.current;
    if (!element) return;
    element.srcObject = stream;
    if (!stream) return;
    element.muted = isMuted;
    element.play().then(
      () => setNeedsTouch(false),
      () => {
        if (isMuted) return;
        element.muted = true;
        setNeedsTouch(true);
        void element.play().catch(() => undefined);
      },
    );
  }, [stream, isMuted]);

  void state.seenTick.value;
  const placed = letterbox(size, picture);
  const tasks = state.tasks.value.filter((task) => task.seat === seat);
  const measure = () => {
    const element = video.current;
    if (element) setPicture({ width: element.videoWidth, height: element.videoHeight });
  };
  return (
    <div
      ref={ref}
      class={`picture ${isOwn ? 'own' : ''} ${stream ? '' : 'dark'}`}
      data-testid="live-picture"
      data-seat={seat}
      data-playing={picture.width > 0}
    >
      <video
        ref={video}
        autoplay
        playsInline
        muted={isMuted}
        onLoadedMetadata={measure}
        onResize={measure}
        data-testid={`video-${seat}`}
      />
      {picture.width === 0 && <p class="picture-wait">{t('room.no-picture')}</p>}
      <Badges tasks={tasks} ring={state.seen[seat]} rtp={isOwn ? null : rtp.value} placed={placed} />
      {onPick && picture.width > 0 && (
        <Ink
          onLine={(line, stamp) => onPick(contourOf(line.map((point) => toPicture(point, placed))), stamp)}
          stamp={() => rtp.value}
        />
      )}
      {needsTouch && (
        <button
          class="unmute"
          data-testid="unmute"
          onClick={() => {
            if (video.current) video.current.muted = false;
            setNeedsTouch(false);
          }}
        >
          <Icon name="sound" /> {t('room.sound')}
        </button>
      )}
      {children}
    </div>
  );
}

interface FrameStamp extends VideoFrameCallbackMetadata {
  rtpTimestamp?: number;
}

/** The RTP timestamp of the frame that is shown. */
function useFrameStamp(video: { current: HTMLVideoElement | null }) {
  const [value, set] = useState<number | null>(null);
  useEffect(() => {
    const element = video.current;
    if (!element?.requestVideoFrameCallback) return undefined;
    let id = 0;
    const next = (_: number, frame: FrameStamp) => {
      set(frame.rtpTimestamp ?? null);
      id = element.requestVideoFrameCallback(next);
    };
    id = element.requestVideoFrameCallback(next);
    return () => element.cancelVideoFrameCallback(id);
  }, []);
  return { value };
}

interface InkProps {
  onLine: (line: Point[], stamp: number | null) => void;
  stamp: () => number | null;
}

/** Where a finger draws; the frame's stamp is taken when it touches down. */
function Ink({ onLine, stamp }: InkProps) {
  const [line, setLine] = useState<Point[]>([]);
  const drawn = useRef<{ points: Point[]; stamp: number | null } | null>(null);

  const at = (event: PointerEvent): Point => {
    const box = (event.currentTarget as Element).getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  function down(event: PointerEvent) {
    (event.currentTarget as Element).setPointerCapture?.(event.pointerId);
    drawn.current = { points: [at(event)], stamp: stamp() };
    setLine(drawn.current.points);
  }
  function move(event: PointerEvent) {
    if (!drawn.current) return;
    drawn.current.points = [...drawn.current.points, at(event)];
    setLine(drawn.current.points);
  }
  function up() {
    const done = drawn.current;
    drawn.current = null;
    if (!done) return;
    onLine(isTap(done.points) ? [done.points[0]!] : done.points, done.stamp);
    setTimeout(() => setLine((now) => (now === done.points ? [] : now)), 700);
  }
  function cancel() {
    drawn.current = null;
    setLine([]);
  }

  const points = line.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(' ');
  return (
    <svg
      class="ink"
      data-testid="ink"
      role="img"
      aria-label={t('room.draw')}
      onPointerDown={down}
      onPointerMove={move}
      onPointerUp={up}
      onPointerCancel={cancel}
    >
      {line.length > 1 && <polyline points={points} />}
      {line.length === 1 && <circle cx={line[0]![0]} cy={line[0]![1]} r={14} />}
    </svg>
  );
}
