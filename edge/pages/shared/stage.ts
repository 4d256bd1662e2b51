// Media of the room one is in: who is watched, what is published, when the backing plays.
import { signal, type Signal } from '@preact/signals';
import type { Backing } from './backing';
import type { HubClock } from './clock';
import type { SeatName } from './live';
import { capture, release, type Wish } from './media';
import { publish, watch, type Publication, type Watching } from './whip';
import type { Entered, MediaGrant, Room } from './wire';

/** Voices reach a viewer this much later than they are sung, in s: the backing waits for them. */
const VIEWER_DELAY_S = 0.15;

const SEATS: SeatName[] = ['a', 'b'];

export class Stage {
  readonly watching: Record<SeatName, Signal<Watching | null>> = { a: signal(null), b: signal(null) };
  readonly publication: Signal<Publication | null> = signal(null);
  readonly own: Signal<MediaStream | null> = signal(null);
  private playing: string | null = null;

  constructor(
    private readonly backing: Backing,
    private readonly clock: HubClock,
    private readonly regrant: () => Promise<Entered | null>,
  ) {}

  /** Follow the room: called with each change. */
  follow(room: Room | null, entered: Entered | null): void {
    for (const seat of SEATS) this.followSeat(seat, room, entered);
    this.followRound(room, entered);
  }

  async goLive(wish: Wish, entered: Entered): Promise<void> {
    if (!entered.publish) return;
    this.stopLive();
    await this.backing.wake();
    const own = await capture(wish);
    this.own.value = own;
    this.publication.value = publish(entered.publish, own, () =>
      this.regrant().then((fresh) => fresh?.publish ?? null),
    );
    own.getVideoTracks()[0]?.addEventListener('ended', () => this.stopLive());
  }

  stopLive(): void {
    this.publication.value?.close();
    this.publication.value = null;
    release(this.own.value);
    this.own.value = null;
  }

  close(): void {
    this.stopLive();
    for (const seat of SEATS) this.unwatch(seat);
    this.backing.stop();
    this.playing = null;
  }

  private followSeat(seat: SeatName, room: Room | null, entered: Entered | null): void {
    const grant = entered?.watch.find((one) => one.seat === seat);
    const isTaken = room?.seats.some((one) => one.seat === seat) ?? false;
    const isOwn = entered?.role === 'singer' && entered.seat === seat;
    if (!grant || !isTaken || isOwn) return this.unwatch(seat);
    if (this.watching[seat].peek()) return;
    const sound = entered!.role === 'singer' ? 'dry' : 'program';
    this.watching[seat].value = watch(grant, sound, () => this.freshWatch(seat));
  }

  private async freshWatch(seat: SeatName): Promise<MediaGrant | null> {
    const fresh = await this.regrant();
    return fresh?.watch.find((one) => one.seat === seat) ?? null;
  }

  private unwatch(seat: SeatName): void {
    this.watching[seat].peek()?.close();
    if (this.watching[seat].peek()) this.watching[seat].value = null;
  }

  private followRound(room: Room | null, entered: Entered | null): void {
    const round = room?.round;
    if (!round || !entered || round.state === 'ended' || !this.needsBacking(room, entered)) {
      if (this.playing) this.backing.stop();
      this.playing = null;
      return;
    }
    if (this.playing === round.id) return;
    this.playing = round.id;
    const later = entered.role === 'singer' ? 0 : VIEWER_DELAY_S;
    const untilStart = () => (round.start_ms - this.clock.now()) / 1000 + later;
    void this.backing.play(round.song, untilStart).catch(() => undefined);
  }

  /** A singer always; a viewer only where no box sends a mix with the backing in it. */
  private needsBacking(room: Room, entered: Entered): boolean {
    return entered.role === 'singer' || !room.seats.some((seat) => seat.box && !seat.is_stand_in);
  }
}

/** Whose sound a viewer should hear: a box's mix holds everyone's voice. */
export function audibleSeats(room: Room | null): SeatName[] {
  const mixing = room?.seats.find((seat) => seat.box && !seat.is_stand_in);
  return mixing ? [mixing.seat] : SEATS;
}
