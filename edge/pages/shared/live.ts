// The live connection: a grant from the hub, MQTT over WebSocket, and plain values handed out.
import mqtt from 'mqtt';
import { signal, type Signal } from '@preact/signals';
import type {
  BusGrant,
  ElementsSeen,
  Lobby,
  Notice,
  Room,
  RoomEvent,
  RoundFinal,
  ScoreChanged,
  Task,
  TaskList,
} from './wire';

export type SeatName = 'a' | 'b';

/** Something the live connection said. */
export type Fact =
  | { kind: 'lobby'; lobby: Lobby }
  | { kind: 'room'; room: Room }
  | { kind: 'event'; room: string; event: RoomEvent }
  | { kind: 'tasks'; room: string; tasks: TaskList }
  | { kind: 'task'; room: string; task: Task }
  | { kind: 'score'; room: string; seat: SeatName; score: ScoreChanged }
  | { kind: 'elements'; room: string; seat: SeatName; elements: ElementsSeen }
  | { kind: 'final'; room: string; final: RoundFinal }
  | { kind: 'notice'; notice: Notice };

const ROOM_TOPIC = /^ktv\/1\/r\/([\w-]{1,40})\/(state|evt|tasks|task|s|det|res)(?:\/([\w-]{1,40}))?$/;

/** Return what a message says, or null for a topic or payload no page knows. */
export function readMessage(topic: string, payload: string): Fact | null {
  const body = parse(payload);
  if (body === null) return null;
  if (topic === 'ktv/1/lobby') return { kind: 'lobby', lobby: body as Lobby };
  if (/^ktv\/1\/u\/[\w-]{1,40}\/n$/.test(topic)) return { kind: 'notice', notice: body as Notice };
  const found = ROOM_TOPIC.exec(topic);
  return found ? roomFact(found[1]!, found[2]!, found[3], body) : null;
}

function parse(payload: string): object | null {
  try {
    const body: unknown = JSON.parse(payload);
    return typeof body === 'object' ? body : null;
  } catch {
    return null;
  }
}

function roomFact(room: string, leaf: string, part: string | undefined, body: object): Fact | null {
  const seat = part === 'a' || part === 'b' ? part : null;
  switch (leaf) {
    case 'state':
      return { kind: 'room', room: body as Room };
    case 'evt':
      return { kind: 'event', room, event: body as RoomEvent };
    case 'tasks':
      return { kind: 'tasks', room, tasks: body as TaskList };
    case 'task':
      return { kind: 'task', room, task: body as Task };
    case 'res':
      return { kind: 'final', room, final: body as RoundFinal };
    case 's':
      return seat && { kind: 'score', room, seat, score: body as ScoreChanged };
    default:
      return seat && { kind: 'elements', room, seat, elements: body as ElementsSeen };
  }
}

/** Notices holes in the revisions of a room's events. */
export class Revisions {
  private last = new Map<string, number>();

  /** Return whether events between the last one and `rev` were missed. */
  isGap(room: string, rev: number): boolean {
    if (!rev) return false;
    const before = this.last.get(room);
    this.last.set(room, Math.max(rev, before ?? 0));
    return before !== undefined && rev > before + 1;
  }
}

/** The few calls of an MQTT client that are used; mqtt.js fulfils it. */
export interface BusClient {
  on(event: string, handle: (...args: never[]) => void): unknown;
  subscribe(topics: string[], options: { qos: 0 | 1 }): unknown;
  end(force?: boolean): unknown;
}

export type Connect = (url: string, grant: BusGrant) => BusClient;

export interface LiveOptions {
  url: string;
  grant: (room: string | undefined) => Promise<BusGrant>;
  heard: (fact: Fact) => void;
  /** Something may have been missed: get the snapshots again. */
  gap: (room: string | undefined) => void;
  connect?: Connect;
}

export type LiveState = 'off' | 'connecting' | 'on';

const SLOWEST_RETRY_MS = 8_000;
const RENEW_BEFORE_S = 60;

/** Owns the connection: one at a time, for the user's topics and those of at most one room. */
export class Live {
  readonly state: Signal<LiveState> = signal<LiveState>('off');
  private client: BusClient | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private tries = 0;
  private turn = 0;
  private room: string | undefined;
  private readonly revisions = new Revisions();

  constructor(private readonly options: LiveOptions) {}

  /** Connect, or connect anew for another room. */
  open(room?: string): void {
    this.room = room;
    this.tries = 0;
    this.dial();
  }

  close(): void {
    this.turn++;
    this.drop();
    this.state.value = 'off';
  }

  private drop(): void {
    clearTimeout(this.timer);
    this.client?.end(true);
    this.client = null;
  }

  private async dial(): Promise<void> {
    const turn = ++this.turn;
    this.drop();
    this.state.value = 'connecting';
    try {
      const grant = await this.options.grant(this.room);
      if (turn === this.turn) this.attach(grant, turn);
    } catch {
      if (turn === this.turn) this.retry();
    }
  }

  private attach(grant: BusGrant, turn: number): void {
    const client = (this.options.connect ?? connectMqtt)(this.options.url, grant);
    this.client = client;
    const room = this.room;
    client.on('connect', () => {
      if (turn !== this.turn) return;
      client.subscribe(grant.topics, { qos: 1 });
      this.state.value = 'on';
      this.tries = 0;
      this.options.gap(room);
      this.timer = setTimeout(() => this.dial(), Math.max(5, grant.expires_in_s - RENEW_BEFORE_S) * 1000);
    });
    client.on('message', (topic: string, payload: Uint8Array) => {
      if (turn === this.turn) this.hear(topic, payload);
    });
    client.on('error', () => undefined);
    client.on('close', () => {
      if (turn === this.turn) this.retry();
    });
  }

  private hear(topic: string, payload: Uint8Array): void {
    const fact = readMessage(topic, new TextDecoder().decode(payload));
    if (!fact) return;
    if (fact.kind === 'event' && this.revisions.isGap(fact.room, fact.event.rev)) this.options.gap(fact.room);
    this.options.heard(fact);
  }

  private retry(): void {
    this.drop();
    this.state.value = 'connecting';
    const wait = Math.min(SLOWEST_RETRY_MS, 400 * 2 ** this.tries++) * (0.75 + Math.random() / 2);
    const turn = this.turn;
    this.timer = setTimeout(() => {
      if (turn === this.turn) void this.dial();
    }, wait);
  }
}

function connectMqtt(url: string, grant: BusGrant): BusClient {
  return mqtt.connect(url, {
    protocolVersion: 4,
    clientId: grant.client_id,
    username: grant.username,
    password: grant.password,
    clean: true,
    keepalive: 30,
    reconnectPeriod: 0,
    connectTimeout: 8_000,
  }) as unknown as BusClient;
}

/** The broker's address at the origin that served the page. */
export function busUrl(at: Location = location): string {
  return `${at.protocol === 'https:' ? 'wss' : 'ws'}://${at.host}/mqtt`;
}
