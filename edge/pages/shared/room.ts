// One room as a page sees it: facts go in, signals come out.
import { computed, signal, type ReadonlySignal, type Signal } from '@preact/signals';
import { SeenRing } from './frames';
import type { Fact, SeatName } from './live';
import type {
  LineMark,
  LineRated,
  Room,
  RoomEvent,
  Round,
  RoundFinal,
  ScoreChanged,
  ScoreSample,
  Song,
  Task,
  TaskDelivered,
  User,
} from './wire';

export interface Sung {
  score: number;
  /** Counter of the last message, to notice loss. */
  q: number;
  /** Recent samples, oldest first. */
  samples: ScoreSample[];
  line: LineRated | null;
}

export interface ChatLine {
  id: number;
  user: User;
  text: string;
}

export interface Celebrated {
  id: number;
  delivered: TaskDelivered;
}

const SAMPLES_KEPT = 400;
const CHAT_KEPT = 200;
const NOBODY: Sung = { score: 0, q: 0, samples: [], line: null };

export class RoomState {
  readonly room: Signal<Room | null> = signal(null);
  readonly song: Signal<Song | null> = signal(null);
  readonly sung: Record<SeatName, Signal<Sung>> = { a: signal(NOBODY), b: signal(NOBODY) };
  readonly tasks: Signal<Task[]> = signal([]);
  readonly chat: Signal<ChatLine[]> = signal([]);
  readonly celebrations: Signal<Celebrated[]> = signal([]);
  readonly final: Signal<RoundFinal | null> = signal(null);
  /** Counts up with each `ElementsSeen`, so that badges redraw. */
  readonly seenTick = signal(0);
  readonly seen: Record<SeatName, SeenRing> = { a: new SeenRing(), b: new SeenRing() };
  /** The round of the room, or one that a box sings alone. */
  readonly round: ReadonlySignal<Round | null> = computed(
    () => this.room.value?.round ?? (this.room.value ? null : this.lone.value),
  );
  private readonly lone: Signal<Round | null> = signal(null);
  private next = 1;

  reset(): void {
    this.room.value = null;
    this.song.value = null;
    this.sung.a.value = this.sung.b.value = NOBODY;
    this.tasks.value = [];
    this.chat.value = [];
    this.celebrations.value = [];
    this.final.value = null;
    this.seen.a.clear();
    this.seen.b.clear();
  }

  apply(fact: Fact): void {
    switch (fact.kind) {
      case 'room':
        return this.setRoom(fact.room);
      case 'event':
        return this.happen(fact.event);
      case 'tasks':
        this.tasks.value = fact.tasks.tasks;
        return;
      case 'task':
        return this.setTask(fact.task);
      case 'score':
        return this.setScore(fact.seat, fact.score);
      case 'elements':
        this.seen[fact.seat].add(fact.elements);
        this.seenTick.value++;
        return;
      case 'final':
        if (fact.final.round === this.round.value?.id) this.final.value = fact.final;
        return;
      default:
        return;
    }
  }

  /** Sing a round without a room. */
  alone(round: Round | null): void {
    if (round && round.id !== this.lone.value?.id) this.startRound(true);
    this.lone.value = round;
  }

  /** Take over a snapshot, unless a newer one is known. */
  setRoom(room: Room): void {
    const known = this.room.value;
    if (known && known.id === room.id && known.rev > room.rev) return;
    if (room.round && room.round.id !== known?.round?.id) this.startRound(room.round.state !== 'ended');
    this.room.value = room;
  }

  /** Remove the celebration that has been shown. */
  celebrated(id: number): void {
    this.celebrations.value = this.celebrations.value.filter((one) => one.id !== id);
  }

  private startRound(isNew: boolean): void {
    this.sung.a.value = this.sung.b.value = NOBODY;
    if (isNew) this.final.value = null;
  }

  private happen(event: RoomEvent): void {
    switch (event.type) {
      case 'round-started':
        if (this.room.value && this.round.value?.id !== event.round.id) {
          this.startRound(true);
          this.room.value = { ...this.room.value, round: event.round };
        }
        return;
      case 'round-ended':
        return this.endRound(event.final);
      case 'line':
        this.sung[event.seat].value = { ...this.sung[event.seat].value, line: event };
        return;
      case 'said':
        this.say(event.user, event.text);
        return;
      case 'delivered':
        return this.deliver(event);
      case 'task-closed':
        return this.setTask(event.task);
    }
  }

  private endRound(final: RoundFinal): void {
    this.final.value = final;
    const room = this.room.value;
    if (room?.round && room.round.id === final.round)
      this.room.value = { ...room, round: { ...room.round, state: 'ended', scores: final.scores } };
  }

  private say(user: User, text: string): void {
    this.chat.value = [...this.chat.value.slice(1 - CHAT_KEPT), { id: this.next++, user, text }];
  }

  private deliver(delivered: TaskDelivered): void {
    this.setTask(delivered.task);
    this.celebrations.value = [...this.celebrations.value, { id: this.next++, delivered }];
  }

  private setTask(task: Task): void {
    const others = this.tasks.value.filter((one) => one.id !== task.id);
    this.tasks.value = task.state === 'open' ? [...others, task] : others;
  }

  private setScore(seat: SeatName, score: ScoreChanged): void {
    if (this.round.value && score.n !== this.round.value.id) return;
    const before = this.sung[seat].value;
    if (score.q < before.q) return;
    const last = before.samples[before.samples.length - 1]?.t ?? -Infinity;
    const fresh = score.x.filter((sample) => sample.t > last);
    this.sung[seat].value = {
      ...before,
      q: score.q,
      score: score.s,
      line: score.r ? lineRated(seat, score.n, score.r) : before.line,
      samples: [...before.samples, ...fresh].slice(-SAMPLES_KEPT),
    };
  }
}

/** The rating that a running score carries, as the box's own screen is told it. */
function lineRated(seat: SeatName, round: string, mark: LineMark): LineRated {
  return { type: 'line', rev: 0, round, seat, line: mark.l, score: mark.s, rating: mark.r };
}

/** Return the index of the line sung at song time `t`, or of the next one. */
export function lineAt(song: Song, t: number): number {
  for (let i = 0; i < song.lines.length; i++) {
    const line = song.lines[i]!;
    if (t < line.t + line.d + 0.4) return i;
  }
  return song.lines.length - 1;
}
