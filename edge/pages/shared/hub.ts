// The hub as a page uses it: signals to read, actions to call. The only place that joins REST, bus and media.
import { batch, effect, signal, type Signal } from '@preact/signals';
import { freshKey, makeApi, Problem, type Api } from './api';
import { Backing } from './backing';
import { hubClock, type HubClock } from './clock';
import { setLanguage, sentence, t, type Language } from './i18n';
import { busUrl, Live, type Fact, type SeatName } from './live';
import { Stage } from './stage';
import { RoomState } from './room';
import { session, type KeptSession, type SessionStore } from './session';
import { clearTroubles, toast } from './toasts';
import type {
  AskRoom,
  BusGrant,
  Entered,
  Entry,
  Lobby,
  LobbyRoom,
  Me,
  Notice,
  Options,
  PickAccepted,
  PickAnswered,
  Request,
  Room,
  RoomGranted,
  Session,
  Song,
  SongFound,
  SongInfo,
  StartRound,
  Task,
  TaskList,
  NewTask,
  Ticket,
  User,
  UserAttributes,
  AskMatch,
} from './wire';

export type Client = 'pc' | 'phone';

/** Where this page is: so that a reload comes back to the same place. */
export type Place = { kind: 'entry'; path: string } | { kind: 'viewer'; room: string; entry?: string };

const PICK_WAIT_MS = 12_000;
const TICKET_POLL_MS = 2_000;
const CLOCK_EVERY_MS = 60_000;

export class Hub {
  readonly api: Api;
  readonly clock: HubClock;
  readonly live: Live;
  readonly state = new RoomState();
  readonly backing: Backing;
  readonly stage: Stage;

  readonly lobby: Signal<LobbyRoom[]> = signal([]);
  readonly isLobbyKnown = signal(false);
  readonly requests: Signal<Request[]> = signal([]);
  readonly points = signal(0);
  readonly box: Signal<string | null> = signal(null);
  /** What people call that box. */
  readonly boxName: Signal<string> = signal('');
  readonly ticket: Signal<Ticket | null> = signal(null);
  readonly entered: Signal<Entered | null> = signal(null);
  readonly entry: Signal<Entry | null> = signal(null);
  readonly isBusy = signal(false);

  private place: Place | null = null;
  private answers = new Map<string, (answer: PickAnswered) => void>();
  private lobbyRev = -1;
  private ticketTimer: ReturnType<typeof setTimeout> | undefined;
  private clockTimer: ReturnType<typeof setInterval> | undefined;

  constructor(
    readonly client: Client,
    store: SessionStore,
    private readonly places: Storage | null = typeof sessionStorage === 'undefined' ? null : sessionStorage,
  ) {
    this.api = makeApi(store, (now) => this.sessionChanged(now));
    this.clock = hubClock(this.api);
    this.backing = new Backing((song) => this.api.bytes(`/api/songs/${song}/audio/backing`));
    this.live = new Live({
      url: busUrl(),
      grant: (room) => this.api.post<BusGrant>('/api/bus-grants', room ? { room } : {}),
      heard: (fact) => this.hear(fact),
      gap: (room) => void this.catchUp(room),
    });
    this.stage = new Stage(this.backing, this.clock, () => this.regrant());
    session.value = store.read();
    effect(() => this.stage.follow(this.state.room.value, this.entered.value));
    effect(() => {
      const song = this.state.round.value?.song ?? this.state.room.value?.attributes.song;
      if (song && this.state.song.peek()?.info.id !== song) void this.loadSong(song);
    });
  }

  // --- who I am ---

  signUp = (username: string, password: string, attributes: UserAttributes): Promise<boolean> =>
    this.open(() =>
      this.api.post<Session>('/api/accounts', { username, password, attributes }, { open: true }),
    );

  logIn = (username: string, password: string): Promise<boolean> =>
    this.open(() =>
      this.api.post<Session>('/api/sessions', { username, password, client: this.client }, { open: true }),
    );

  guest = (nickname: string, language: Language, boxToken?: string): Promise<boolean> =>
    this.open(() =>
      this.api.post<Session>(
        '/api/sessions/guest',
        {
          ...(nickname ? { nickname } : {}),
          ...(boxToken ? { box_token: boxToken } : {}),
          language,
          client: this.client,
        },
        { open: true },
      ),
    );

  async logOut(): Promise<void> {
    await this.leave();
    await this.api.remove('/api/sessions').catch(() => undefined);
    this.api.forget();
  }

  saveAttributes = (attributes: UserAttributes): Promise<boolean> =>
    this.try(async () => {
      const me = await this.api.patch<Me>('/api/me', attributes);
      const held = session.value;
      if (held) {
        const left = Math.max(0, (held.expires_ms - Date.now()) / 1000);
        this.api.adopt({ ...held, user: me.user, attributes: me.attributes, expires_in_s: left });
      }
      setLanguage(attributes.language as Language);
      toast(t('me.saved'), 'good');
    });

  private open(grant: () => Promise<Session>): Promise<boolean> {
    return this.try(async () => {
      const granted = await grant();
      this.api.adopt(granted);
      await this.start();
    });
  }

  /** Come alive with the kept session. */
  async start(): Promise<void> {
    const held = this.api.session();
    if (!held) return;
    batch(() => {
      this.points.value = held.points;
      this.setBox(held);
    });
    this.live.open(undefined);
    clearInterval(this.clockTimer);
    this.clockTimer = setInterval(() => void this.clock.sync().catch(() => undefined), CLOCK_EVERY_MS);
    void this.clock.sync().catch(() => undefined);
  }

  private setBox(held: Pick<Me, 'box' | 'box_name'>): void {
    this.box.value = held.box ?? null;
    this.boxName.value = held.box_name ?? held.box ?? '';
  }

  private sessionChanged(now: KeptSession | null): void {
    session.value = now;
    if (now) return;
    this.stage?.close();
    this.live.close();
    clearInterval(this.clockTimer);
    clearTimeout(this.ticketTimer);
    batch(() => {
      this.entered.value = null;
      this.ticket.value = null;
      this.requests.value = [];
      this.box.value = null;
    });
    this.state.reset();
  }

  // --- what happens ---

  private hear(fact: Fact): void {
    if (fact.kind === 'lobby') return this.setLobby(fact.lobby);
    if (fact.kind === 'notice') return this.notice(fact.notice);
    if ('room' in fact && typeof fact.room === 'string' && fact.room !== this.entered.value?.room.id) return;
    if (fact.kind === 'room' && fact.room.id !== this.entered.value?.room.id) return;
    if (fact.kind === 'event' && fact.event.type === 'task-closed') this.taskClosed(fact.event.task);
    this.state.apply(fact);
  }

  private setLobby(lobby: Lobby): void {
    if (lobby.rev < this.lobbyRev) return;
    this.lobbyRev = lobby.rev;
    batch(() => {
      this.lobby.value = lobby.rooms;
      this.isLobbyKnown.value = true;
    });
  }

  private notice(notice: Notice): void {
    switch (notice.type) {
      case 'request':
        this.setRequest(notice.request);
        return;
      case 'pick':
        this.answers.get(notice.pick)?.(notice);
        return;
      case 'points':
        this.points.value = notice.points;
        if (notice.why !== 'escrow')
          toast(`${t(`points.${notice.why}`)} · ${t('me.points', { points: notice.points })}`, 'good');
        return;
      case 'seat':
        if (this.ticket.value?.id === notice.ticket)
          this.ticket.value = {
            ...this.ticket.value,
            state: 'matched',
            room: notice.room,
            entry: notice.entry,
            expires_ms: notice.expires_ms,
          };
        return;
      case 'stand-in-missing':
        toast(t(`stand-in.${notice.why}`), 'bad');
    }
  }

  private setRequest(request: Request): void {
    const others = this.requests.value.filter((one) => one.id !== request.id);
    this.requests.value = [request, ...others];
    const isMine = request.sender.id === session.value?.user.id;
    if (!isMine && request.state === 'pending')
      toast(t('request.in', { name: request.sender.nickname, room: request.room_title }));
    if (isMine && request.state !== 'pending')
      toast(`${request.to.nickname}: ${t(`request.state.${request.state}`)}`);
  }

  private taskClosed(task: Task): void {
    if (
      task.initiator.id === session.value?.user.id &&
      task.state in { refused: 1, expired: 1, withdrawn: 1 }
    )
      toast(t(`task.closed.${task.state as 'refused' | 'expired' | 'withdrawn'}`));
  }

  /** Get the snapshots again: after connecting, and when events were missed. */
  private async catchUp(room: string | undefined): Promise<void> {
    const wanted: Promise<unknown>[] = [
      this.api.get<Lobby>('/api/lobby').then((lobby) => this.setLobby(lobby)),
      this.api
        .get<{ requests: Request[] }>('/api/requests')
        .then((said) => (this.requests.value = said.requests)),
      this.api.get<Me>('/api/me').then((me) => {
        this.points.value = me.points;
        if (me.box) this.setBox(me);
      }),
    ];
    if (room) {
      wanted.push(this.api.get<Room>(`/api/rooms/${room}`).then((one) => this.state.setRoom(one)));
      wanted.push(
        this.api
          .get<TaskList>(`/api/rooms/${room}/tasks`)
          .then((tasks) => this.state.apply({ kind: 'tasks', room, tasks })),
      );
    }
    await Promise.allSettled(wanted);
  }

  // --- people and requests ---

  users = (q: string): Promise<User[]> =>
    this.api
      .get<{ users: User[] }>(`/api/users?q=${encodeURIComponent(q)}`)
      .then((said) => said.users.filter((user) => user.id !== session.value?.user.id));

  invite = (to: User, message = ''): Promise<boolean> =>
    this.try(async () => {
      const room = this.entered.value!.room.id;
      this.setRequest(
        await this.api.post<Request>('/api/requests', { to: to.id, room, message }, { key: freshKey() }),
      );
      toast(t('request.sent', { name: to.nickname }), 'good');
    });

  answer = (request: Request, verb: 'accept' | 'decline' | 'withdraw'): Promise<boolean> =>
    this.try(async () => {
      const now = await this.api.post<Request>(`/api/requests/${request.id}/${verb}`);
      this.requests.value = [now, ...this.requests.value.filter((one) => one.id !== now.id)];
      if (verb === 'accept' && now.entry) await this.enterNow(now.entry);
    });

  // --- matching ---

  seek = (wish: AskMatch): Promise<boolean> =>
    this.try(async () => {
      this.ticket.value = await this.api.post<Ticket>(
        '/api/tickets',
        { ...wish, client: this.client },
        { key: freshKey() },
      );
      this.pollTicket();
    });

  stopSeeking = async (): Promise<void> => {
    const held = this.ticket.value;
    this.ticket.value = null;
    clearTimeout(this.ticketTimer);
    if (held?.state === 'waiting') await this.api.remove(`/api/tickets/${held.id}`).catch(() => undefined);
  };

  private pollTicket(): void {
    clearTimeout(this.ticketTimer);
    this.ticketTimer = setTimeout(async () => {
      const held = this.ticket.value;
      if (held?.state !== 'waiting') return;
      const now = await this.api.get<Ticket>(`/api/tickets/${held.id}`).catch(() => held);
      if (this.ticket.value?.id === now.id && this.ticket.value.state === 'waiting') this.ticket.value = now;
      this.pollTicket();
    }, TICKET_POLL_MS);
  }

  // --- rooms ---

  openRoom = (ask: AskRoom): Promise<boolean> =>
    this.try(async () => {
      const granted = await this.api.post<RoomGranted>(
        '/api/rooms',
        { ...ask, client: this.client },
        { key: freshKey() },
      );
      this.entry.value = granted.entry;
      await this.enterNow(granted.entry.path, granted.entry);
    });

  enter = (path: string): Promise<boolean> => this.try(() => this.enterNow(path));

  /** Watch a room; one that is open by link only wants an entry's token. */
  watchRoom = (room: string, entry?: string): Promise<boolean> =>
    this.try(() => this.go({ kind: 'viewer', room, ...(entry ? { entry } : {}) }));

  /** Go back to where this page was before a reload, if that is still possible. */
  async comeBack(): Promise<void> {
    const kept = this.places?.getItem('ktv.place');
    if (!kept) return;
    try {
      const { place, entry } = JSON.parse(kept) as { place: Place; entry: Entry | null };
      this.entry.value = entry;
      await this.go(place);
    } catch {
      this.places?.removeItem('ktv.place');
    }
  }

  private enterNow(path: string, entry: Entry | null = null): Promise<void> {
    return this.go({ kind: 'entry', path: path.startsWith('/e/') ? path : `/e/${path}` }, entry);
  }

  private async go(place: Place, entry: Entry | null = this.entry.value): Promise<void> {
    const said = await this.ask(place);
    if (this.entered.value && this.entered.value.room.id !== said.room.id) await this.leave();
    this.place = place;
    this.places?.setItem('ktv.place', JSON.stringify({ place, entry }));
    batch(() => {
      this.state.reset();
      this.state.setRoom(said.room);
      this.entry.value = entry;
      this.entered.value = said;
      this.ticket.value = null;
    });
    this.live.open(said.room.id);
  }

  private ask(place: Place): Promise<Entered> {
    const { client } = this;
    if (place.kind === 'entry')
      return this.api.post<Entered>(`/api/entries/${place.path.slice('/e/'.length)}`, { client });
    const entry = place.entry === undefined ? {} : { entry: place.entry };
    return this.api.post<Entered>(`/api/rooms/${place.room}/viewers`, { client, ...entry });
  }

  /** Fresh media grants for the place held now. */
  private async regrant(): Promise<Entered | null> {
    if (!this.place || !this.entered.value) return null;
    return this.ask(this.place);
  }

  leave = async (): Promise<void> => {
    const held = this.entered.value;
    if (!held) return;
    const isOver = this.state.room.value?.state === 'ended';
    const path = held.role === 'viewer' ? 'viewers' : `seats/${held.seat}`;
    this.depart();
    if (session.value && !isOver)
      await this.api.remove(`/api/rooms/${held.room.id}/${path}`).catch(() => undefined);
  };

  /** Forget the room here, whatever the hub still holds. */
  private depart(): void {
    this.stage.close();
    this.place = null;
    this.places?.removeItem('ktv.place');
    batch(() => {
      this.entered.value = null;
      this.entry.value = null;
      this.state.reset();
    });
    if (session.value) this.live.open(undefined);
  }

  endRoom = (): Promise<boolean> =>
    this.try(async () => {
      const held = this.entered.value;
      if (!held) return;
      await this.api.remove(`/api/rooms/${held.room.id}`);
      this.depart();
    });

  startRound = (song?: string): Promise<boolean> =>
    this.try(async () => {
      const body: StartRound = song ? { song } : {};
      await this.api.post(`/api/rooms/${this.entered.value!.room.id}/rounds`, body, { key: freshKey() });
    });

  say = (text: string): Promise<boolean> =>
    this.try(() => this.api.post(`/api/rooms/${this.entered.value!.room.id}/chat`, { text }));

  // --- picks and tasks ---

  /** Ask what was picked; resolves when the box has answered. */
  async pick(seat: SeatName, contour: [number, number][], rtp: number | null): Promise<PickAnswered> {
    const room = this.entered.value!.room.id;
    const accepted = await this.api.post<PickAccepted>(`/api/rooms/${room}/picks`, {
      seat,
      contour,
      ...(rtp === null ? {} : { rtp }),
    });
    return this.answerOf(accepted.pick);
  }

  private answerOf(pick: string): Promise<PickAnswered> {
    return new Promise((resolve, reject) => {
      const started = Date.now();
      const done = (answer: PickAnswered) => {
        this.answers.delete(pick);
        clearInterval(timer);
        resolve(answer);
      };
      const timer = setInterval(() => {
        if (Date.now() - started > PICK_WAIT_MS) {
          this.answers.delete(pick);
          clearInterval(timer);
          reject(new Problem(504, 'late', ''));
          return;
        }
        void this.api.get<PickAnswered>(`/api/picks/${pick}`).then(done, () => undefined);
      }, 1_000);
      this.answers.set(pick, done);
    });
  }

  /** What may be set for a kind of element; free words come back as a target. */
  options = (kind: string, scene: string, words = ''): Promise<Options> => {
    const query = new URLSearchParams({ kind, scene, ...(words ? { words } : {}) });
    return this.api.get<Options>(`/api/options?${query}`);
  };

  createTask = (task: NewTask, key: string): Promise<boolean> =>
    this.try(async () => {
      const room = this.entered.value!.room.id;
      const made = await this.api.post<Task>(`/api/rooms/${room}/tasks`, task, { key });
      this.state.apply({ kind: 'task', room, task: made });
      toast(t('pick.sent'), 'good');
    });

  closeTask = (task: Task, verb: 'refuse' | 'withdraw'): Promise<boolean> =>
    this.try(() => this.api.post(`/api/tasks/${task.id}/${verb}`));

  // --- songs ---

  songs = (q: string, limit = 50): Promise<SongInfo[]> =>
    this.api
      .get<SongFound>(`/api/songs?q=${encodeURIComponent(q)}&limit=${limit}`)
      .then((found) => found.songs);

  private async loadSong(id: string): Promise<void> {
    const song = await this.api.get<Song>(`/api/songs/${id}`).catch(() => null);
    if (song) this.state.song.value = song;
  }

  queueSong = (song: SongInfo): Promise<boolean> =>
    this.try(async () => {
      await this.api.post(`/api/boxes/${this.box.value}/queue`, { song: song.id }, { key: freshKey() });
      toast(t('song.queued', { title: song.title }), 'good');
    });

  // --- manners ---

  /** Run an action; a failure becomes a toast. */
  async try(act: () => Promise<unknown>): Promise<boolean> {
    this.isBusy.value = true;
    clearTroubles();
    try {
      await act();
      return true;
    } catch (error) {
      toast(sentence(error), 'bad');
      return false;
    } finally {
      this.isBusy.value = false;
    }
  }
}
