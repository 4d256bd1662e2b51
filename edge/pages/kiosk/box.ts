// The box behind the kiosk: one WebSocket, JSON both ways and camera frames as binary messages.
import { batch, signal, type Signal } from '@preact/signals';
import { RoomState } from '../shared/room';
import { toast } from '../shared/toasts';
import { language, setLanguage, t } from '../shared/i18n';
import type {
  Entry,
  KioskClock,
  KioskElements,
  KioskEntry,
  KioskError,
  KioskEvent,
  KioskHello,
  KioskOrder,
  KioskPatron,
  KioskQueue,
  KioskRoom,
  KioskRound,
  KioskScore,
  KioskSong,
  KioskSongs,
  KioskStatus,
  KioskTasks,
  LineRated,
  QueuedSong,
  Room,
  Round,
  SongInfo,
} from '../shared/wire';
import type { SeatName } from '../shared/live';

/** What the box says. */
export type Told =
  | KioskHello
  | KioskStatus
  | KioskSongs
  | KioskQueue
  | KioskRoom
  | KioskRound
  | KioskSong
  | KioskClock
  | KioskScore
  | KioskElements
  | KioskTasks
  | KioskEvent
  | KioskEntry
  | KioskPatron
  | KioskError
  | LineRated;

export interface Frame {
  rtp: number | null;
  jpeg: Uint8Array;
}

const HEADER = 8;

/** Read a camera frame: 8 bytes of header (RTP timestamp, reserved), then a JPEG. */
export function readFrame(message: ArrayBuffer): Frame | null {
  if (message.byteLength <= HEADER) return null;
  const rtp = new DataView(message).getUint32(0);
  return { rtp: rtp || null, jpeg: new Uint8Array(message, HEADER) };
}

export class Box {
  readonly state = new RoomState();
  readonly isConnected = signal(false);
  readonly hello: Signal<KioskHello | null> = signal(null);
  readonly songs: Signal<SongInfo[] | null> = signal(null);
  readonly queue: Signal<QueuedSong[]> = signal([]);
  readonly entry: Signal<Entry | null> = signal(null);
  /** The parts of the box that are not well. */
  readonly troubles: Signal<KioskStatus[]> = signal([]);
  readonly picture: Signal<ImageBitmap | null> = signal(null);
  readonly rtp: Signal<number | null> = signal(null);
  private socket: WebSocket | null = null;
  private clock: { songT: number; at: number } | null = null;
  private tries = 0;
  private ownSeat: SeatName = 'a';
  private isDecoding = false;

  constructor(private readonly url: string) {}

  open(): void {
    const socket = new WebSocket(this.url);
    socket.binaryType = 'arraybuffer';
    this.socket = socket;
    socket.onopen = () => {
      this.tries = 0;
      this.isConnected.value = true;
      this.order({ do: 'search', q: '' });
    };
    socket.onmessage = (event: MessageEvent<string | ArrayBuffer>) => {
      if (typeof event.data === 'string') this.hear(event.data);
      else void this.see(event.data);
    };
    socket.onclose = () => {
      this.isConnected.value = false;
      setTimeout(() => this.open(), Math.min(5_000, 300 * 2 ** this.tries++));
    };
  }

  order(order: KioskOrder): void {
    if (this.socket?.readyState === 1) this.socket.send(JSON.stringify(order));
  }

  /** Song time now in s, or null when nothing is sung. */
  songT = (): number | null => this.clock && this.clock.songT + (performance.now() - this.clock.at) / 1000;

  hear(text: string): void {
    let told: Told;
    try {
      told = JSON.parse(text) as Told;
    } catch {
      return;
    }
    this.take(told);
  }

  private take(told: Told): void {
    const room = this.state.room.peek()?.id ?? '';
    switch (told.type) {
      case 'hello':
        this.hello.value = told;
        if (!localStorage.getItem('ktv.language')) setLanguage(told.language === 'en' ? 'en' : 'zh-CN');
        return;
      case 'songs':
        this.songs.value = told.songs;
        return;
      case 'queue':
        this.queue.value = told.queue;
        return;
      case 'room':
        this.ownSeat = told.seat ?? 'a';
        return this.setRoom(told.room ?? null);
      case 'round':
        return this.setRound(told.round ?? null);
      case 'song':
        this.state.song.value = told.song;
        return;
      case 'clock':
        this.clock =
          told.song_t === undefined || told.song_t === null
            ? null
            : { songT: told.song_t, at: performance.now() };
        return;
      case 'score':
        this.state.apply({ kind: 'score', room, seat: told.seat, score: told.message });
        return;
      case 'line':
        this.state.apply({ kind: 'event', room, event: told });
        return;
      case 'elements':
        this.state.apply({ kind: 'elements', room, seat: this.seat(), elements: told.message });
        return;
      case 'tasks':
        this.state.tasks.value = told.tasks;
        return;
      case 'event':
        this.state.apply({ kind: 'event', room, event: told.event });
        return;
      case 'entry':
        this.entry.value = told.entry ?? null;
        return;
      case 'status':
        this.troubles.value = this.troubles.value
          .filter((one) => one.part !== told.part)
          .concat(told.is_well ? [] : told);
        return;
      case 'patron':
        toast(t('kiosk.welcome', { name: told.user.nickname }), 'good');
        return;
      case 'error':
        toast(language.value === 'en' ? told.text_en : told.text_zh, 'bad');
    }
  }

  /** The seat this box sings on. */
  seat(): SeatName {
    return this.ownSeat;
  }

  private setRoom(room: Room | null): void {
    if (room && room.state !== 'ended') return this.state.setRoom(room);
    const song = this.state.song.value;
    this.state.reset();
    this.state.song.value = song;
    this.entry.value = null;
  }

  private setRound(round: Round | null): void {
    const room = this.state.room.peek();
    if (room && round)
      this.state.apply({ kind: 'event', room: room.id, event: { type: 'round-started', rev: 0, round } });
    else this.state.alone(round);
  }

  private async see(message: ArrayBuffer): Promise<void> {
    const frame = readFrame(message);
    if (!frame || this.isDecoding) return;
    this.isDecoding = true;
    try {
      const picture = await createImageBitmap(new Blob([frame.jpeg as BlobPart], { type: 'image/jpeg' }));
      const before = this.picture.peek();
      batch(() => {
        this.rtp.value = frame.rtp;
        this.picture.value = picture;
      });
      before?.close();
    } catch {
      // a torn frame: the next one comes soon
    } finally {
      this.isDecoding = false;
    }
  }
}
