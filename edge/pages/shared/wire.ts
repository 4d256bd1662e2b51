// Generated from edge/wire by scripts/generate-wire-types. Do not edit.

/** Everything of epoch `e` up to `upto` is committed at the hub. */
export interface Ack {
  e: string;
  upto: number;
}

/** Body of POST /api/bus-grants. */
export interface AskBusGrant {
  /** The room whose topics are wanted, once entered. */
  room?: string;
}

/** POST /api/tickets: find me a room with a free second seat. */
export interface AskMatch {
  mode?: 'solo' | 'duet' | 'pk' | 'chorus';
  song?: string;
  language?: 'zh-CN' | 'en';
  region?: string;
  client?: 'box' | 'pc' | 'phone';
}

/** POST /api/rooms: a perform (进行) or a create (创建) request. */
export interface AskRoom {
  kind: 'perform' | 'create';
  title?: string;
  mode?: 'solo' | 'duet' | 'pk' | 'chorus';
  song?: string;
  scene?: 'party' | 'billiards' | 'tabletop' | 'game' | 'fitness' | 'food' | 'shop';
  tags?: string[];
  /** None: public for perform, by link for create. */
  visibility?: 'public' | 'link';
  /** Most viewers. */
  capacity?: number;
  client?: 'box' | 'pc' | 'phone';
}

/** POST /api/boxes/<id>/queue. */
export interface AskSong {
  song: string;
}

/** Sing the first song of the queue. */
export interface BeginNow {
  do: 'start-round';
}

/** Sing and score this round. */
export interface BeginRound {
  op: 'begin-round';
  room: string;
  round: Round;
}

/** POST /api/boxes/<id>/sessions. */
export interface BoxLogIn {
  nonce: string;
  /** Ed25519 over the nonce's bytes, base64url. */
  signature: string;
}

/** A box's session at the hub. */
export interface BoxSession {
  access_token: string;
  expires_in_s: number;
  box: string;
  /** What the box shows as QR code for phones to log in on it. */
  qr_url: string;
  room?: string;
}

/** How a box is (retained; the last will says `lost`). */
export interface BoxState {
  s: 'ready' | 'sleeping' | 'lost';
  /** Changes with each start. */
  boot?: string;
  /** Version of the box's software. */
  v?: string;
  room?: string;
  queue: QueuedSong[];
}

/** POST /api/bus-grants: how to connect to the broker now. */
export interface BusGrant {
  username: string;
  password: string;
  client_id: string;
  expires_in_s: number;
  /** Filters this grant may subscribe to. */
  topics: string[];
  /** Where boxes reach the broker by TCP; None: the host of the hub's own address. */
  host?: string;
  /** The broker's TCP port; None: 1884. */
  port?: number;
}

/** POST /api/boxes/<id>/challenges: sign `nonce` with the box's key. */
export interface Challenge {
  nonce: string;
}

/** An order to a box; idempotent by `id`, worthless after `exp`. */
export interface Command {
  id: string;
  /** Hub time in ms after which it must not be carried out. */
  exp: number;
  do: TakeSeat | LeaveSeat | BeginRound | StopRound | FindElement | WatchTasks | QueueSong | WelcomePatron | StartBox | StopBox;
}

/** What came of a command. */
export interface CommandAnswer {
  id: string;
  ok: boolean;
  error?: string;
  /** The answer to `find-element`. */
  pick?: PickAnswer;
  /** What came of a `start-box` that was not carried out. */
  stand_in?: StandInRefused;
}

/** A thing in the live picture (直播元素), as one frame's tracks show it. */
export interface Element {
  /** `KIND` or `KIND:LABEL`, as in the vocabulary. */
  id: string;
  kind: string;
  label?: string;
  bbox: [number, number, number, number];
  confidence: number;
  /** The track that carries it, unique for one run of one box. */
  track?: number;
}

/** What the box sees in one frame (QoS 0, about 10 a second). */
export interface ElementsSeen {
  /** Counter, to notice loss. */
  q: number;
  /** RTP timestamp of the frame as sent to viewers (90 kHz, 32 bit). */
  rtp?: number;
  /** Box time of the frame in s. */
  t: number;
  x: Element[];
}

/** POST /api/boxes: a new box shows its one-time code and its public key. */
export interface Enrol {
  code: string;
  /** Ed25519, raw, base64url. */
  public_key: string;
  name: string;
  hardware: string;
}

/** 201 to an enrolment. */
export interface Enrolled {
  box: string;
  /** The house account of this box: it performs when no patron is logged in. */
  user: User;
}

/** POST /api/entries/<token> or /api/rooms/<id>/viewers. */
export interface EnterRoom {
  client?: 'box' | 'pc' | 'phone';
  /** An entry's token, for watching a room that is open by link only. */
  entry?: string;
}

/** 200 to entering a room. */
export interface Entered {
  room: Room;
  role: 'singer' | 'viewer';
  seat?: 'a' | 'b';
  publish?: MediaGrant;
  /** One for each seat there is or may be. */
  watch: MediaGrant[];
}

/** An access entry (访问入口): a signed, expiring token as path and QR code. */
export interface Entry {
  kind: 'first' | 'second';
  /** `/e/<token>`. */
  path: string;
  expires_ms: number;
  /** The full address as a QR code, an SVG element. */
  qr_svg: string;
}

/** Why the box judged so. */
export interface Evidence {
  /** Box time of the judgement, in s. */
  t: number;
  /** (time in s, x, y) of the element's centre. */
  trace: [number, number, number][];
  /** Pocket or place, where the target names one. */
  where?: string;
}

/** Find the element at this pick. */
export interface FindElement {
  op: 'find-element';
  room: string;
  pick: Pick;
}

/** GET /api/gifts: the catalogue of gifts. */
export interface Gifts {
  gifts: Option[];
}

/** Open a room. */
export interface GoLive {
  do: 'go-live';
  kind: 'perform' | 'create';
  mode?: 'solo' | 'duet' | 'pk' | 'chorus';
  scene?: 'party' | 'billiards' | 'tabletop' | 'game' | 'fitness' | 'food' | 'shop';
}

/** POST /api/sessions/guest: what a phone sends after scanning a box's QR code, or a plain guest. */
export interface GuestLogIn {
  nickname?: string;
  /** The token in the box's QR code; binds the guest to that box. */
  box_token?: string;
  language?: 'zh-CN' | 'en';
  client?: 'box' | 'pc' | 'phone';
}

/** GET /api/health. */
export interface Health {
  status: string;
  version: string;
}

/** GET /api/clock. */
export interface HubTime {
  /** Hub time in ms since 1970. */
  now_ms: number;
}

/** Where the song is. */
export interface KioskClock {
  type: 'clock';
  /** Song time in s; None when nothing is sung. */
  song_t?: number;
}

/** What is seen in the box's own picture. */
export interface KioskElements {
  type: 'elements';
  message: ElementsSeen;
}

/** The way into the room, to be scanned. */
export interface KioskEntry {
  type: 'entry';
  entry?: Entry;
}

/** What was touched could not be done. */
export interface KioskError {
  type: 'error';
  text_zh: string;
  text_en: string;
}

/** Something happened in the room. */
export interface KioskEvent {
  type: 'event';
  event: RoundStarted | RoundEnded | LineRated | TaskDelivered | TaskClosed | Said;
}

/** First message: whose screen this is. */
export interface KioskHello {
  type: 'hello';
  /** The box's id; empty until it is enrolled. */
  box: string;
  name: string;
  /** What phones open to log in on this box; empty until the hub answers. */
  qr_url: string;
  /** The same as a QR code, an SVG element; empty where `qr_url` is. */
  qr_svg: string;
  song_count: number;
  language: 'zh-CN' | 'en';
}

/** A patron logged in on this box. */
export interface KioskPatron {
  type: 'patron';
  user: User;
}

/** The songs that wait. */
export interface KioskQueue {
  type: 'queue';
  queue: QueuedSong[];
}

/** The room the box sits in. */
export interface KioskRoom {
  type: 'room';
  room?: Room;
  /** The box's own seat. */
  seat?: 'a' | 'b';
}

/** The round that is sung, in a room or in the booth alone (its id then starts with `local-`). */
export interface KioskRound {
  type: 'round';
  round?: Round;
}

/** A seat's running score. */
export interface KioskScore {
  type: 'score';
  seat: 'a' | 'b';
  message: ScoreChanged;
}

/** The song that is sung, with its notes. */
export interface KioskSong {
  type: 'song';
  song: Song;
}

/** The answer to a search. */
export interface KioskSongs {
  type: 'songs';
  songs: SongInfo[];
}

/** How the box is; one for each part that can fail. */
export interface KioskStatus {
  type: 'status';
  part: 'microphone' | 'speaker' | 'camera' | 'hub' | 'media';
  is_well: boolean;
  text_zh: string;
  text_en: string;
}

/** The open tasks of the room. */
export interface KioskTasks {
  type: 'tasks';
  tasks: Task[];
}

/** Leave the room. */
export interface Leave {
  do: 'leave';
}

/** Leave the room. */
export interface LeaveSeat {
  op: 'leave-seat';
  room: string;
}

/** GET /api/ledger: one's own postings, newest first. */
export interface Ledger {
  points: number;
  postings: Posting[];
}

/** How a line was rated, in short. */
export interface LineMark {
  /** Index of the line. */
  l: number;
  /** Its score. */
  s: number;
  r: 'perfect' | 'great' | 'good' | 'ok' | 'miss';
}

/** A line has ended and is rated. */
export interface LineRated {
  type: 'line';
  rev: number;
  round: string;
  seat: 'a' | 'b';
  line: number;
  score: number;
  rating: 'perfect' | 'great' | 'good' | 'ok' | 'miss';
}

/** The task list (直播任务列表): every public room that has not ended (retained). */
export interface Lobby {
  rev: number;
  rooms: LobbyRoom[];
}

/** A room as the lobby shows it. */
export interface LobbyRoom {
  id: string;
  title: string;
  mode: 'solo' | 'duet' | 'pk' | 'chorus';
  song_title?: string;
  scene: 'party' | 'billiards' | 'tabletop' | 'game' | 'fitness' | 'food' | 'shop';
  tags: string[];
  language: 'zh-CN' | 'en';
  region: string;
  broadcaster: User;
  /** `open`: someone may take the second seat. */
  state: 'open' | 'matched';
  viewers: number;
  /** Path of the first entry, while a seat is free. */
  entry?: string;
}

/** POST /api/sessions. */
export interface LogIn {
  username: string;
  password: string;
  client?: 'box' | 'pc' | 'phone';
}

/** GET /api/me. */
export interface Me {
  user: User;
  attributes: UserAttributes;
  points: number;
  /** The box a guest is bound to, or the box that asks. */
  box?: string;
  /** What people call that box. */
  box_name?: string;
}

/** What a client may send to and get from the relay. */
export interface MediaGrant {
  /** `/whip/<room>` or `/whep/<room>?seat=a`. */
  url: string;
  /** Bearer token. */
  token: string;
  seat: 'a' | 'b';
  expires_in_s: number;
}

/** POST /api/rooms/<id>/tasks. */
export interface NewTask {
  pick: string;
  /** One of the pick's candidates, where the viewer corrected the choice. */
  element?: TaskElement;
  target: string;
  result: Result;
  expires_in_s?: number;
}

/** A choice the hub offers for an element's kind (目标配置项, 结果配置项). */
export interface Option {
  id: string;
  name_zh: string;
  name_en: string;
  /** What the choice still needs. */
  parameter: 'none' | 'count' | 'seconds' | 'element' | 'value' | 'text';
  /** Price in points, for gifts. */
  points: number;
  /** Emoji or path of the picture. */
  picture: string;
  /** What kind of result it is; None for a target. */
  result?: 'gift' | 'sticker' | 'caption' | 'picture';
}

/** GET /api/options?kind=&scene=&words=: the choices for an element's kind. */
export interface Options {
  targets: Option[];
  results: Option[];
  /** The target that the free words ask for, `NAME` or `NAME(value)`. */
  understood?: string;
}

/** POST /api/rooms/<id>/picks: a viewer's choice by a line drawn round a thing, or a tap. */
export interface Pick {
  /** Whose picture was drawn on. */
  seat?: 'a' | 'b';
  /** Points as fractions of the picture; a single point is a tap. */
  contour: [number, number][];
  /** RTP timestamp of the frame under the finger. */
  rtp?: number;
}

/** 202 to a pick: the answer comes as a notice. */
export interface PickAccepted {
  pick: string;
}

/** What the box found at a pick. */
export interface PickAnswer {
  element?: Element;
  /** What else it may have been, best first. */
  candidates: Element[];
  /** Whether the very frame the viewer saw was still known. */
  exact_frame: boolean;
}

/** The box answered your pick; with the options of the element's kind. */
export interface PickAnswered {
  type: 'pick';
  pick: string;
  answer: PickAnswer;
  targets: Option[];
  results: Option[];
}

/** Your balance changed. */
export interface PointsChanged {
  type: 'points';
  points: number;
  why: 'gift-received' | 'escrow' | 'refund' | 'grant';
  task?: string;
}

/** A line of one's own ledger. */
export interface Posting {
  /** The transfer it belongs to. */
  id: string;
  /** Points that came (positive) or went. */
  delta: number;
  balance_after: number;
  why: 'grant' | 'escrow' | 'gift' | 'refund';
  task?: string;
  at_ms: number;
}

/** Every error answer of the REST API (RFC 9457 problem details). */
export interface Problem {
  type: string;
  title: string;
  status: number;
  /** What happened, the value seen, and what to do. */
  detail: string;
}

/** Put a song on the queue. */
export interface Queue {
  do: 'queue';
  song: string;
}

/** Put a song on the box's queue. */
export interface QueueSong {
  op: 'queue-song';
  queued: QueuedSong;
}

/** A song waiting on a box. */
export interface QueuedSong {
  id: string;
  song: SongInfo;
  by?: User;
}

/** POST /api/sessions/refresh. */
export interface Refresh {
  refresh_token: string;
}

/** Refuse a task. */
export interface RefuseTask {
  do: 'refuse';
  task: string;
}

/** Everything a relay carries now: a whole snapshot, sent on each change (retained). */
export interface RelayState {
  seats: SeatMedia[];
}

/** An interaction request as both sides see it. */
export interface Request {
  id: string;
  kind: 'perform' | 'create';
  sender: User;
  to: User;
  room: string;
  room_title: string;
  message: string;
  state: 'pending' | 'accepted' | 'declined' | 'withdrawn' | 'expired';
  /** Hub time in ms since 1970 after which it expires. */
  expires_ms: number;
  /** The entry's path for the one who accepted. */
  entry?: string;
}

/** A request was sent to you, or one of yours changed. */
export interface RequestChanged {
  type: 'request';
  request: Request;
}

/** GET /api/requests: those one sent or received, newest first. */
export interface Requests {
  requests: Request[];
}

/** What is delivered when the target is reached. */
export interface Result {
  kind: 'gift' | 'sticker' | 'caption' | 'picture';
  /** Gift or sticker in the catalogue. */
  id?: string;
  /** A caption's words. */
  text?: string;
  /** Points that move to the broadcaster (a gift's price); set by the hub. */
  points?: number;
  /** What the catalogue calls it; set by the hub, as are the next two. */
  name_zh?: string;
  name_en?: string;
  /** One emoji, or the address of a picture. */
  picture?: string;
}

/** A room's snapshot (retained). */
export interface Room {
  id: string;
  rev: number;
  attributes: RoomAttributes;
  kind: 'perform' | 'create';
  broadcaster: User;
  state: 'open' | 'matched' | 'ended';
  seats: Seat[];
  round?: Round;
  viewers: number;
  created_ms: number;
}

/** The room attribute set (直播间属性集合). */
export interface RoomAttributes {
  title: string;
  mode: 'solo' | 'duet' | 'pk' | 'chorus';
  song?: string;
  tags: string[];
  language: 'zh-CN' | 'en';
  region: string;
  visibility: 'public' | 'link';
  capacity: number;
  scene: 'party' | 'billiards' | 'tabletop' | 'game' | 'fitness' | 'food' | 'shop';
}

/** 201 to POST /api/rooms. */
export interface RoomGranted {
  room: string;
  attributes: RoomAttributes;
  /** First entry for perform (also on the lobby), second for create. */
  entry: Entry;
}

/** One song sung in a room. */
export interface Round {
  id: string;
  song: string;
  song_title: string;
  mode: 'solo' | 'duet' | 'pk' | 'chorus';
  state: 'counting' | 'singing' | 'ended';
  /** Hub time in ms at which song time is 0. */
  start_ms: number;
  duration_s: number;
  /** Final scores so far, by seat. */
  scores: Record<string, number>;
}

/** A round has ended. */
export interface RoundEnded {
  type: 'round-ended';
  rev: number;
  final: RoundFinal;
}

/** How a round ended (retained). */
export interface RoundFinal {
  round: string;
  room: string;
  song: string;
  /** Seat to final score. */
  scores: Record<string, number>;
  winner?: 'a' | 'b';
  ended_ms: number;
}

/** One singer's final score of a round; goes through the outbox, exactly once. */
export interface RoundScored {
  round: string;
  room: string;
  seat: 'a' | 'b';
  score: number;
  /** One for each line of the song; 0 where the line is not this seat's or has nothing to score. */
  lines: number[];
  /** Share of the song's note time that was hit. */
  notes_hit: number;
}

/** A round begins at `round.start_ms`. */
export interface RoundStarted {
  type: 'round-started';
  rev: number;
  round: Round;
}

/** A line of chat. */
export interface Said {
  type: 'said';
  rev: number;
  user: User;
  text: string;
}

/** POST /api/rooms/<id>/chat. */
export interface Say {
  text: string;
}

/** A singer's running score (QoS 0, about 5 a second, each with its last samples). */
export interface ScoreChanged {
  /** Counter, to notice loss. */
  q: number;
  /** The round. */
  n: string;
  /** Score so far, of all that could have been earned until now. */
  s: number;
  /** Song time in s. */
  t: number;
  /** Index of the line being sung. */
  l?: number;
  x: ScoreSample[];
  /** The line rated last, in each message until the next is, so that a loss does not matter. */
  r?: LineMark;
}

/** The voice at one moment. */
export interface ScoreSample {
  /** Song time in s. */
  t: number;
  /** Pitch as a MIDI note number, with fractions; None where nobody sings. */
  p?: number;
  /** Whether it hits the note. */
  h: boolean;
}

/** Look for songs. */
export interface Search {
  do: 'search';
  q?: string;
}

/** One of the two singers' places. */
export interface Seat {
  seat: 'a' | 'b';
  user: User;
  client: 'box' | 'pc' | 'phone';
  /** The box that scores this seat: its own, or a stand-in. */
  box?: string;
  is_stand_in: boolean;
  /** Its media reaches the hub. */
  is_live: boolean;
  /** Its box is ready to score. */
  is_ready: boolean;
  /** Why no stand-in could be started for it. */
  no_stand_in?: 'full' | 'failed';
}

/** One seat's media at a relay. */
export interface SeatMedia {
  room: string;
  seat: 'a' | 'b';
  is_live: boolean;
  viewers: number;
}

/** Your ticket was matched: enter by this path before it expires. */
export interface SeatOffered {
  type: 'seat';
  ticket: string;
  room: string;
  entry: string;
  expires_ms: number;
}

/** The box hears its singer and is ready to score this seat. */
export interface SeatReady {
  room: string;
  seat: 'a' | 'b';
}

/** POST /api/requests: an interaction request (直播互动请求) to one user, for a room the sender holds. */
export interface SendRequest {
  to: string;
  room: string;
  message?: string;
}

/** A granted session. */
export interface Session {
  /** Bearer token for the REST API, valid for `expires_in_s`. */
  access_token: string;
  /** Single use; a new one comes with each refresh. */
  refresh_token: string;
  expires_in_s: number;
  user: User;
  attributes: UserAttributes;
  /** Balance of the user's points account. */
  points: number;
  /** The box a guest is bound to by its QR code. */
  box?: string;
  /** What people call that box. */
  box_name?: string;
}

/** POST /api/accounts. */
export interface SignUp {
  username: string;
  password: string;
  attributes: UserAttributes;
}

/** Stop the song that is sung, or drop the first of the queue. */
export interface Skip {
  do: 'skip';
}

/** GET /api/songs/<id>: everything a page or box needs to sing it. */
export interface Song {
  info: SongInfo;
  lines: SongLine[];
}

/** The song has ended at this seat, sung or not. */
export interface SongEnded {
  room: string;
  round: string;
  seat: 'a' | 'b';
}

/** GET /api/songs?q=. */
export interface SongFound {
  songs: SongInfo[];
  total: number;
}

/** A song as lists show it. */
export interface SongInfo {
  id: string;
  title: string;
  artist: string;
  language: 'zh-CN' | 'en' | string;
  duration_s: number;
  version: number;
  /** Licence or right of use. */
  rights: string;
  has_backing: boolean;
}

/** A line of lyrics with its notes. */
export interface SongLine {
  t: number;
  d: number;
  notes: SongNote[];
  /** Whose line it is in a duet. */
  singer: 'a' | 'b' | 'both';
}

/** A note, as pages draw it. */
export interface SongNote {
  /** Start in s of song time. */
  t: number;
  /** Duration in s. */
  d: number;
  /** MIDI note number. */
  p: number;
  /** The syllable. */
  w: string;
  k: 'normal' | 'golden' | 'freestyle' | 'rap' | 'golden-rap';
}

/** No stand-in could be started for your seat: you are heard and seen, but not scored. */
export interface StandInMissing {
  type: 'stand-in-missing';
  room: string;
  seat: 'a' | 'b';
  why: 'full' | 'failed';
}

/** A stand-ins host could not start the box of this seat. */
export interface StandInRefused {
  room: string;
  seat: 'a' | 'b';
  why: 'full' | 'failed';
}

/** To a stand-ins host: start a stand-in box that enrols with this code. */
export interface StartBox {
  op: 'start-box';
  enrol_code: string;
  name: string;
  /** What it does once it is enrolled; sent to it as its first command. */
  take: TakeSeat;
}

/** POST /api/rooms/<id>/rounds. */
export interface StartRound {
  /** None: the room's song. */
  song?: string;
}

/** To a stand-ins host: stop the stand-in box of this room and seat. */
export interface StopBox {
  op: 'stop-box';
  room: string;
  seat: 'a' | 'b';
}

/** Stop the round now. */
export interface StopRound {
  op: 'stop-round';
  room: string;
  round: string;
}

/** Enter a room on this seat: publish, listen, score, watch. A box with a mic and camera of its own publishes them; a stand-in box gets the singer's voice and picture from `listen` and `watch` instead. */
export interface TakeSeat {
  op: 'take-seat';
  room: string;
  seat: 'a' | 'b';
  scene: 'party' | 'billiards' | 'tabletop' | 'game' | 'fitness' | 'food' | 'shop';
  mode: 'solo' | 'duet' | 'pk' | 'chorus';
  singer: User;
  /** Where the box sends its own mic and camera. */
  publish?: MediaGrant;
  /** The partner's voice, for the box's speaker. */
  hear?: MediaGrant;
  /** A stand-in's mic and camera: the singer's own stream. */
  source?: MediaGrant;
}

/** An interactive task, as everyone in the room sees it. */
export interface Task {
  id: string;
  room: string;
  /** Whose picture the element is in. */
  seat: 'a' | 'b';
  initiator: User;
  receiver: User;
  element: TaskElement;
  target: string;
  result: Result;
  state: 'open' | 'achieved' | 'refused' | 'expired' | 'withdrawn';
  created_ms: number;
  expires_ms: number;
}

/** The target was reached; goes through the outbox, exactly once. */
export interface TaskAchieved {
  task: string;
  room: string;
  evidence: Evidence;
}

/** A task ended without a result; its points went back. */
export interface TaskClosed {
  type: 'task-closed';
  rev: number;
  task: Task;
}

/** The result of a task arrives on every screen. */
export interface TaskDelivered {
  type: 'delivered';
  rev: number;
  task: Task;
  /** 恭喜您获得“…”赠送的“…” */
  text_zh: string;
  text_en: string;
}

/** The element a task is about, as it was picked. */
export interface TaskElement {
  kind: string;
  label?: string;
  track?: number;
  bbox?: [number, number, number, number];
}

/** The room's open tasks (retained). */
export interface TaskList {
  rev: number;
  tasks: Task[];
}

/** A wish to be matched. */
export interface Ticket {
  id: string;
  state: 'waiting' | 'matched' | 'withdrawn' | 'expired';
  room?: string;
  entry?: string;
  expires_ms: number;
}

/** Move a queued song to the top. */
export interface Top {
  do: 'top';
  id: string;
}

/** Take a song off the queue. */
export interface Unqueue {
  do: 'unqueue';
  id: string;
}

/** One outbox row on its way to the hub. */
export interface Up {
  /** Epoch: changes when the box's store is made anew. */
  e: string;
  /** Sequence number, without gaps within an epoch. */
  s: number;
  k: 'round-scored' | 'task-achieved' | 'seat-ready' | 'song-ended';
  /** The fact: `RoundScored`, `TaskAchieved`, `SeatReady` or `SongEnded`. */
  p: Record<string, unknown>;
}

/** A user as others see them. */
export interface User {
  id: string;
  nickname: string;
  avatar: string;
}

/** What the hub stores of a user at log-in (用户属性信息). */
export interface UserAttributes {
  nickname: string;
  /** One emoji. */
  avatar?: string;
  language?: 'zh-CN' | 'en';
  region?: string;
  voice_range?: 'bass' | 'baritone' | 'tenor' | 'alto' | 'mezzo' | 'soprano';
  favourite_songs?: string[];
  skill_rating?: number;
}

/** GET /api/users?q=: who is logged in and may be invited. */
export interface UsersFound {
  users: User[];
}

/** Judge exactly these tasks from now on (replaces what was watched before). */
export interface WatchTasks {
  op: 'watch-tasks';
  room: string;
  tasks: Task[];
}

/** A patron scanned the box's QR code. */
export interface WelcomePatron {
  op: 'welcome-patron';
  user: User;
}

export type RoomEvent = RoundStarted | RoundEnded | LineRated | TaskDelivered | TaskClosed | Said;

export type Notice = RequestChanged | PickAnswered | PointsChanged | SeatOffered | StandInMissing;

export type KioskOrder = Search | Queue | Unqueue | Top | Skip | GoLive | BeginNow | Leave | RefuseTask;
