// The box behind the kiosk: one WebSocket, JSON both ways and camera frames as binary messages.
import { signal, type Signal } from '@preact/signals';
import { RoomState } from '../shared/room';
import { toast } from '../shared/toasts';
import { language, setLanguage } from '../shared/i18n';
import type {
  ElementsSeen,
  Entry,
  LineRated,
  QueuedSong,
  Room,
  RoomEvent,
  Round,
  ScoreChanged,
  Song,
  SongInfo,
  Task,
} from '../shared/wire';
import type { SeatName } from '../shared/live';

export interface Hello {
  box: string;
  qr_url: string;
  name: string;
  song_count: number;
  language: string;
}

/** What the box says. */
export type Told =
  | ({ type: 'hello' } & Hello)
  | { type: 'songs'; songs: SongInfo[] }
  | { type: 'queue'; queue: QueuedSong[] }
  | { type: 'room'; room: Room | null }
  | { type: 'round'; round: Round | null }
  | { type: 'song'; song: Song }
  | { type: 'clock'; song_t: number | null }
  | { type: 'score'; seat: SeatName; message: ScoreChanged }
  | LineRated
  | { type: 'line'; message: LineRated }
  | { type: 'elements'; message: ElementsSeen }
  | { type: 'tasks'; tasks: Task[] }
  | { type: 'event'; event: RoomEvent }
  | { type: 'entry'; entry: Entry }
  | { type: 'status'; state: string; text_zh: string; text_en: string }
  | { type: 'error'; text_zh: string; text_en: string };

/** What a touch asks the box to do. */
export type Order =
  | { do: 'search'; q: string }
  | { do: 'queue'; song: string }
  | { do: 'unqueue'; id: string }
  | { do: 'top'; id: string }
  | { do: 'skip' }
  | { do: 'go-live'; kind: 'perform' | 'create'; mode: string; scene: string }
  | { do: 'start-round' }
  | { do: 'leave' }
  | { do: 'refuse'; task: string };

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
  readonly hello: Signal<Hello | null> = signal(null);
  readonly songs: Signal<SongInfo[] | null> = signal(null);
  readonly queue: Signal<QueuedSong[]> = signal([]);
  readonly entry: Signal<Entry | null> = signal(null);
  readonly status: Signal<{ state: string; zh: string; en: string } | null> = signal(null);
  readonly picture: Signal<ImageBitmap | null> = signal(null);
  readonly rtp: Signal<number | null> = signal(null);
  private socket: WebSocket | null = null;
  private clock: { songT: number; at: number } | null = null;
  private tries = 0;
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

  order(order: Order): void {
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
        return this.setRoom(told.room);
      case 'round':
        return this.setRound(told.round);
      case 'song':
        this.state.song.value = told.song;
        return;
      case 'clock':
        this.clock = told.song_t === null ? null : { songT: told.song_t, at: performance.now() };
        return;
      case 'score':
        this.state.apply({ kind: 'score', room, seat: told.seat, score: told.message });
        return;
      case 'line':
        this.state.apply({ kind: 'event', room, event: 'message' in told ? told.message : told });
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
        this.entry.value = told.entry;
        return;
      case 'status':
        this.status.value = { state: told.state, zh: told.text_zh, en: told.text_en };
        return;
      case 'error':
        toast(language.value === 'en' ? told.text_en : told.text_zh, 'bad');
    }
  }

  /** The seat this box sings on. */
  seat(): SeatName {
    const mine = this.hello.value?.box;
    return this.state.room.peek()?.seats.find((seat) => seat.box === mine)?.seat ?? 'a';
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
      this.picture.peek()?.close();
      this.rtp.value = frame.rtp;
      this.picture.value = picture;
    } catch {
      // a torn frame: the next one comes soon
    } finally {
      this.isDecoding = false;
    }
  }
}
