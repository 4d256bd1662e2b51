// Plays a song's backing so that song time 0 is heard at an agreed moment of the hub's clock.

/** When and from where to start so that song time 0 falls on `inS` seconds from now. */
export function cue(inS: number, lengthS: number): { delayS: number; offsetS: number } | null {
  if (inS >= 0) return { delayS: inS, offsetS: 0 };
  return -inS < lengthS ? { delayS: 0, offsetS: -inS } : null;
}

export class Backing {
  private context: AudioContext | null = null;
  private node: AudioBufferSourceNode | null = null;
  private gain: GainNode | null = null;
  private cached: { song: string; buffer: AudioBuffer } | null = null;
  private turn = 0;
  private loudness = 0.8;

  constructor(private readonly fetchSong: (song: string) => Promise<ArrayBuffer>) {}

  /** Wake the sound up; must follow a touch or click. */
  async wake(): Promise<void> {
    await this.open().resume();
  }

  set volume(value: number) {
    this.loudness = value;
    if (this.gain) this.gain.gain.value = value;
  }

  get volume(): number {
    return this.loudness;
  }

  async load(song: string): Promise<AudioBuffer> {
    if (this.cached?.song === song) return this.cached.buffer;
    const buffer = await this.open().decodeAudioData(await this.fetchSong(song));
    this.cached = { song, buffer };
    return buffer;
  }

  /** Play `song`; `untilStartS` says how many seconds from now song time 0 is, when asked. */
  async play(song: string, untilStartS: () => number): Promise<void> {
    const turn = ++this.turn;
    this.silence();
    const buffer = await this.load(song);
    const context = this.open();
    await context.resume();
    if (turn !== this.turn) return;
    const start = cue(untilStartS() - outputDelay(context), buffer.duration);
    if (!start) return;
    const node = context.createBufferSource();
    node.buffer = buffer;
    node.connect(this.gain!);
    node.start(context.currentTime + start.delayS, start.offsetS);
    this.node = node;
  }

  stop(): void {
    this.turn++;
    this.silence();
  }

  private silence(): void {
    try {
      this.node?.stop();
    } catch {
      // it had not started
    }
    this.node = null;
  }

  private open(): AudioContext {
    if (this.context) return this.context;
    this.context = new AudioContext({ latencyHint: 'interactive' });
    this.gain = this.context.createGain();
    this.gain.gain.value = this.loudness;
    this.gain.connect(this.context.destination);
    return this.context;
  }
}

/** Seconds from scheduling to the ear. */
function outputDelay(context: AudioContext): number {
  const delay = context.outputLatency || context.baseLatency || 0;
  return Number.isFinite(delay) ? delay : 0;
}
