// Generated from edge/wire by scripts/generate-wire-types. Do not edit.

/** Each message's fields; the first list must be there. */
export const FIELDS: Record<string, { required: string[]; known: string[] }> = {
  Ack: {
    required: ['e', 'upto'],
    known: ['e', 'upto'],
  },
  AskBusGrant: {
    required: [],
    known: ['room'],
  },
  AskMatch: {
    required: [],
    known: ['mode', 'song', 'language', 'region', 'client'],
  },
  AskRoom: {
    required: ['kind'],
    known: ['kind', 'title', 'mode', 'song', 'scene', 'tags', 'visibility', 'capacity', 'client'],
  },
  AskSong: {
    required: ['song'],
    known: ['song'],
  },
  BeginNow: {
    required: ['do'],
    known: ['do'],
  },
  BeginRound: {
    required: ['op', 'room', 'round'],
    known: ['op', 'room', 'round'],
  },
  BoxLogIn: {
    required: ['nonce', 'signature'],
    known: ['nonce', 'signature'],
  },
  BoxSession: {
    required: ['access_token', 'expires_in_s', 'box', 'qr_url'],
    known: ['access_token', 'expires_in_s', 'box', 'qr_url', 'room'],
  },
  BoxState: {
    required: ['s', 'queue'],
    known: ['s', 'boot', 'v', 'room', 'queue'],
  },
  BusGrant: {
    required: ['username', 'password', 'client_id', 'expires_in_s', 'topics'],
    known: ['username', 'password', 'client_id', 'expires_in_s', 'topics', 'host', 'port'],
  },
  Challenge: {
    required: ['nonce'],
    known: ['nonce'],
  },
  Command: {
    required: ['id', 'exp', 'do'],
    known: ['id', 'exp', 'do'],
  },
  CommandAnswer: {
    required: ['id', 'ok'],
    known: ['id', 'ok', 'error', 'pick', 'stand_in'],
  },
  Element: {
    required: ['id', 'kind', 'bbox', 'confidence'],
    known: ['id', 'kind', 'label', 'bbox', 'confidence', 'track'],
  },
  ElementsSeen: {
    required: ['q', 't', 'x'],
    known: ['q', 'rtp', 't', 'x'],
  },
  Enrol: {
    required: ['code', 'public_key', 'name', 'hardware'],
    known: ['code', 'public_key', 'name', 'hardware'],
  },
  Enrolled: {
    required: ['box', 'user'],
    known: ['box', 'user'],
  },
  EnterRoom: {
    required: [],
    known: ['client', 'entry'],
  },
  Entered: {
    required: ['room', 'role', 'watch'],
    known: ['room', 'role', 'seat', 'publish', 'watch'],
  },
  Entry: {
    required: ['kind', 'path', 'expires_ms', 'qr_svg'],
    known: ['kind', 'path', 'expires_ms', 'qr_svg'],
  },
  Evidence: {
    required: ['t', 'trace'],
    known: ['t', 'trace', 'where'],
  },
  FindElement: {
    required: ['op', 'room', 'pick'],
    known: ['op', 'room', 'pick'],
  },
  Gifts: {
    required: ['gifts'],
    known: ['gifts'],
  },
  GoLive: {
    required: ['do', 'kind'],
    known: ['do', 'kind', 'mode', 'scene'],
  },
  GuestLogIn: {
    required: [],
    known: ['nickname', 'box_token', 'language', 'client'],
  },
  Health: {
    required: ['status', 'version'],
    known: ['status', 'version'],
  },
  HubTime: {
    required: ['now_ms'],
    known: ['now_ms'],
  },
  KioskClock: {
    required: ['type'],
    known: ['type', 'song_t'],
  },
  KioskElements: {
    required: ['type', 'message'],
    known: ['type', 'message'],
  },
  KioskEntry: {
    required: ['type'],
    known: ['type', 'entry'],
  },
  KioskError: {
    required: ['type', 'text_zh', 'text_en'],
    known: ['type', 'text_zh', 'text_en'],
  },
  KioskEvent: {
    required: ['type', 'event'],
    known: ['type', 'event'],
  },
  KioskHello: {
    required: ['type', 'box', 'name', 'qr_url', 'qr_svg', 'song_count', 'language'],
    known: ['type', 'box', 'name', 'qr_url', 'qr_svg', 'song_count', 'language'],
  },
  KioskPatron: {
    required: ['type', 'user'],
    known: ['type', 'user'],
  },
  KioskQueue: {
    required: ['type', 'queue'],
    known: ['type', 'queue'],
  },
  KioskRoom: {
    required: ['type'],
    known: ['type', 'room', 'seat'],
  },
  KioskRound: {
    required: ['type'],
    known: ['type', 'round'],
  },
  KioskScore: {
    required: ['type', 'seat', 'message'],
    known: ['type', 'seat', 'message'],
  },
  KioskSong: {
    required: ['type', 'song'],
    known: ['type', 'song'],
  },
  KioskSongs: {
    required: ['type', 'songs'],
    known: ['type', 'songs'],
  },
  KioskStatus: {
    required: ['type', 'part', 'is_well', 'text_zh', 'text_en'],
    known: ['type', 'part', 'is_well', 'text_zh', 'text_en'],
  },
  KioskTasks: {
    required: ['type', 'tasks'],
    known: ['type', 'tasks'],
  },
  Leave: {
    required: ['do'],
    known: ['do'],
  },
  LeaveSeat: {
    required: ['op', 'room'],
    known: ['op', 'room'],
  },
  Ledger: {
    required: ['points', 'postings'],
    known: ['points', 'postings'],
  },
  LineMark: {
    required: ['l', 's', 'r'],
    known: ['l', 's', 'r'],
  },
  LineRated: {
    required: ['type', 'rev', 'round', 'seat', 'line', 'score', 'rating'],
    known: ['type', 'rev', 'round', 'seat', 'line', 'score', 'rating'],
  },
  Lobby: {
    required: ['rev', 'rooms'],
    known: ['rev', 'rooms'],
  },
  LobbyRoom: {
    required: ['id', 'title', 'mode', 'scene', 'tags', 'language', 'region', 'broadcaster', 'state', 'viewers'],
    known: ['id', 'title', 'mode', 'song_title', 'scene', 'tags', 'language', 'region', 'broadcaster', 'state', 'viewers', 'entry'],
  },
  LogIn: {
    required: ['username', 'password'],
    known: ['username', 'password', 'client'],
  },
  Me: {
    required: ['user', 'attributes', 'points'],
    known: ['user', 'attributes', 'points', 'box', 'box_name'],
  },
  MediaGrant: {
    required: ['url', 'token', 'seat', 'expires_in_s'],
    known: ['url', 'token', 'seat', 'expires_in_s'],
  },
  NewTask: {
    required: ['pick', 'target', 'result'],
    known: ['pick', 'element', 'target', 'result', 'expires_in_s'],
  },
  Option: {
    required: ['id', 'name_zh', 'name_en', 'parameter', 'points', 'picture'],
    known: ['id', 'name_zh', 'name_en', 'parameter', 'points', 'picture', 'result'],
  },
  Options: {
    required: ['targets', 'results'],
    known: ['targets', 'results', 'understood'],
  },
  Pick: {
    required: ['contour'],
    known: ['seat', 'contour', 'rtp'],
  },
  PickAccepted: {
    required: ['pick'],
    known: ['pick'],
  },
  PickAnswer: {
    required: ['candidates', 'exact_frame'],
    known: ['element', 'candidates', 'exact_frame'],
  },
  PickAnswered: {
    required: ['type', 'pick', 'answer', 'targets', 'results'],
    known: ['type', 'pick', 'answer', 'targets', 'results'],
  },
  PointsChanged: {
    required: ['type', 'points', 'why'],
    known: ['type', 'points', 'why', 'task'],
  },
  Posting: {
    required: ['id', 'delta', 'balance_after', 'why', 'at_ms'],
    known: ['id', 'delta', 'balance_after', 'why', 'task', 'at_ms'],
  },
  Problem: {
    required: ['type', 'title', 'status', 'detail'],
    known: ['type', 'title', 'status', 'detail'],
  },
  Queue: {
    required: ['do', 'song'],
    known: ['do', 'song'],
  },
  QueueSong: {
    required: ['op', 'queued'],
    known: ['op', 'queued'],
  },
  QueuedSong: {
    required: ['id', 'song'],
    known: ['id', 'song', 'by'],
  },
  Refresh: {
    required: ['refresh_token'],
    known: ['refresh_token'],
  },
  RefuseTask: {
    required: ['do', 'task'],
    known: ['do', 'task'],
  },
  RelayState: {
    required: ['seats'],
    known: ['seats'],
  },
  Request: {
    required: ['id', 'kind', 'sender', 'to', 'room', 'room_title', 'message', 'state', 'expires_ms'],
    known: ['id', 'kind', 'sender', 'to', 'room', 'room_title', 'message', 'state', 'expires_ms', 'entry'],
  },
  RequestChanged: {
    required: ['type', 'request'],
    known: ['type', 'request'],
  },
  Requests: {
    required: ['requests'],
    known: ['requests'],
  },
  Result: {
    required: ['kind'],
    known: ['kind', 'id', 'text', 'points', 'name_zh', 'name_en', 'picture'],
  },
  Room: {
    required: ['id', 'rev', 'attributes', 'kind', 'broadcaster', 'state', 'seats', 'viewers', 'created_ms'],
    known: ['id', 'rev', 'attributes', 'kind', 'broadcaster', 'state', 'seats', 'round', 'viewers', 'created_ms'],
  },
  RoomAttributes: {
    required: ['title', 'mode', 'tags', 'language', 'region', 'visibility', 'capacity', 'scene'],
    known: ['title', 'mode', 'song', 'tags', 'language', 'region', 'visibility', 'capacity', 'scene'],
  },
  RoomGranted: {
    required: ['room', 'attributes', 'entry'],
    known: ['room', 'attributes', 'entry'],
  },
  Round: {
    required: ['id', 'song', 'song_title', 'mode', 'state', 'start_ms', 'duration_s', 'scores'],
    known: ['id', 'song', 'song_title', 'mode', 'state', 'start_ms', 'duration_s', 'scores'],
  },
  RoundEnded: {
    required: ['type', 'rev', 'final'],
    known: ['type', 'rev', 'final'],
  },
  RoundFinal: {
    required: ['round', 'room', 'song', 'scores', 'ended_ms'],
    known: ['round', 'room', 'song', 'scores', 'winner', 'ended_ms'],
  },
  RoundScored: {
    required: ['round', 'room', 'seat', 'score', 'lines', 'notes_hit'],
    known: ['round', 'room', 'seat', 'score', 'lines', 'notes_hit'],
  },
  RoundStarted: {
    required: ['type', 'rev', 'round'],
    known: ['type', 'rev', 'round'],
  },
  Said: {
    required: ['type', 'rev', 'user', 'text'],
    known: ['type', 'rev', 'user', 'text'],
  },
  Say: {
    required: ['text'],
    known: ['text'],
  },
  ScoreChanged: {
    required: ['q', 'n', 's', 't', 'x'],
    known: ['q', 'n', 's', 't', 'l', 'x', 'r'],
  },
  ScoreSample: {
    required: ['t', 'h'],
    known: ['t', 'p', 'h'],
  },
  Search: {
    required: ['do'],
    known: ['do', 'q'],
  },
  Seat: {
    required: ['seat', 'user', 'client', 'is_stand_in', 'is_live', 'is_ready'],
    known: ['seat', 'user', 'client', 'box', 'is_stand_in', 'is_live', 'is_ready', 'no_stand_in'],
  },
  SeatMedia: {
    required: ['room', 'seat', 'is_live', 'viewers'],
    known: ['room', 'seat', 'is_live', 'viewers'],
  },
  SeatOffered: {
    required: ['type', 'ticket', 'room', 'entry', 'expires_ms'],
    known: ['type', 'ticket', 'room', 'entry', 'expires_ms'],
  },
  SeatReady: {
    required: ['room', 'seat'],
    known: ['room', 'seat'],
  },
  SendRequest: {
    required: ['to', 'room'],
    known: ['to', 'room', 'message'],
  },
  Session: {
    required: ['access_token', 'refresh_token', 'expires_in_s', 'user', 'attributes', 'points'],
    known: ['access_token', 'refresh_token', 'expires_in_s', 'user', 'attributes', 'points', 'box', 'box_name'],
  },
  SignUp: {
    required: ['username', 'password', 'attributes'],
    known: ['username', 'password', 'attributes'],
  },
  Skip: {
    required: ['do'],
    known: ['do'],
  },
  Song: {
    required: ['info', 'lines'],
    known: ['info', 'lines'],
  },
  SongEnded: {
    required: ['room', 'round', 'seat'],
    known: ['room', 'round', 'seat'],
  },
  SongFound: {
    required: ['songs', 'total'],
    known: ['songs', 'total'],
  },
  SongInfo: {
    required: ['id', 'title', 'artist', 'language', 'duration_s', 'version', 'rights', 'has_backing'],
    known: ['id', 'title', 'artist', 'language', 'duration_s', 'version', 'rights', 'has_backing'],
  },
  SongLine: {
    required: ['t', 'd', 'notes', 'singer'],
    known: ['t', 'd', 'notes', 'singer'],
  },
  SongNote: {
    required: ['t', 'd', 'p', 'w', 'k'],
    known: ['t', 'd', 'p', 'w', 'k'],
  },
  StandInMissing: {
    required: ['type', 'room', 'seat', 'why'],
    known: ['type', 'room', 'seat', 'why'],
  },
  StandInRefused: {
    required: ['room', 'seat', 'why'],
    known: ['room', 'seat', 'why'],
  },
  StartBox: {
    required: ['op', 'enrol_code', 'name', 'take'],
    known: ['op', 'enrol_code', 'name', 'take'],
  },
  StartRound: {
    required: [],
    known: ['song'],
  },
  StopBox: {
    required: ['op', 'room', 'seat'],
    known: ['op', 'room', 'seat'],
  },
  StopRound: {
    required: ['op', 'room', 'round'],
    known: ['op', 'room', 'round'],
  },
  TakeSeat: {
    required: ['op', 'room', 'seat', 'scene', 'mode', 'singer'],
    known: ['op', 'room', 'seat', 'scene', 'mode', 'singer', 'publish', 'hear', 'source'],
  },
  Task: {
    required: ['id', 'room', 'seat', 'initiator', 'receiver', 'element', 'target', 'result', 'state', 'created_ms', 'expires_ms'],
    known: ['id', 'room', 'seat', 'initiator', 'receiver', 'element', 'target', 'result', 'state', 'created_ms', 'expires_ms'],
  },
  TaskAchieved: {
    required: ['task', 'room', 'evidence'],
    known: ['task', 'room', 'evidence'],
  },
  TaskClosed: {
    required: ['type', 'rev', 'task'],
    known: ['type', 'rev', 'task'],
  },
  TaskDelivered: {
    required: ['type', 'rev', 'task', 'text_zh', 'text_en'],
    known: ['type', 'rev', 'task', 'text_zh', 'text_en'],
  },
  TaskElement: {
    required: ['kind'],
    known: ['kind', 'label', 'track', 'bbox'],
  },
  TaskList: {
    required: ['rev', 'tasks'],
    known: ['rev', 'tasks'],
  },
  Ticket: {
    required: ['id', 'state', 'expires_ms'],
    known: ['id', 'state', 'room', 'entry', 'expires_ms'],
  },
  Top: {
    required: ['do', 'id'],
    known: ['do', 'id'],
  },
  Unqueue: {
    required: ['do', 'id'],
    known: ['do', 'id'],
  },
  Up: {
    required: ['e', 's', 'k', 'p'],
    known: ['e', 's', 'k', 'p'],
  },
  User: {
    required: ['id', 'nickname', 'avatar'],
    known: ['id', 'nickname', 'avatar'],
  },
  UserAttributes: {
    required: ['nickname'],
    known: ['nickname', 'avatar', 'language', 'region', 'voice_range', 'favourite_songs', 'skill_rating'],
  },
  UsersFound: {
    required: ['users'],
    known: ['users'],
  },
  WatchTasks: {
    required: ['op', 'room', 'tasks'],
    known: ['op', 'room', 'tasks'],
  },
  WelcomePatron: {
    required: ['op', 'user'],
    known: ['op', 'user'],
  },
};
