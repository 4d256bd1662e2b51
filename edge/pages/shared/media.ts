// The singer's own microphone, camera or screen.
export type PictureSource = 'camera' | 'screen' | 'none';

export interface Wish {
  picture: PictureSource;
  /** With headphones the browser's own cleaning is off: it would eat the singing. */
  headphones: boolean;
}

export type MediaTrouble = 'denied' | 'missing' | 'busy' | 'insecure' | 'unknown';

export class MediaError extends Error {
  constructor(readonly trouble: MediaTrouble) {
    super(trouble);
  }
}

export function soundConstraints(headphones: boolean): MediaTrackConstraints {
  return {
    echoCancellation: !headphones,
    noiseSuppression: !headphones,
    autoGainControl: !headphones,
    channelCount: 1,
  };
}

const CAMERA: MediaTrackConstraints = {
  width: { ideal: 960 },
  height: { ideal: 540 },
  frameRate: { ideal: 24, max: 30 },
};

/** Ask for microphone and picture. Throws `MediaError`. */
export async function capture(wish: Wish): Promise<MediaStream> {
  if (!navigator.mediaDevices?.getUserMedia) throw new MediaError('insecure');
  try {
    const own = await navigator.mediaDevices.getUserMedia({
      audio: soundConstraints(wish.headphones),
      video: wish.picture === 'camera' ? CAMERA : false,
    });
    return wish.picture === 'screen' ? await withScreen(own) : own;
  } catch (error) {
    throw new MediaError(troubleOf(error));
  }
}

async function withScreen(own: MediaStream): Promise<MediaStream> {
  try {
    const screen = await navigator.mediaDevices.getDisplayMedia({ video: { frameRate: { max: 24 } } });
    return new MediaStream([...own.getAudioTracks(), ...screen.getVideoTracks()]);
  } catch (error) {
    release(own);
    throw error;
  }
}

/** Give the devices back. */
export function release(stream: MediaStream | null): void {
  stream?.getTracks().forEach((track) => track.stop());
}

export function troubleOf(error: unknown): MediaTrouble {
  const name = error instanceof Error || error instanceof DOMException ? error.name : '';
  if (name === 'NotAllowedError' || name === 'SecurityError') return 'denied';
  if (name === 'NotFoundError' || name === 'OverconstrainedError') return 'missing';
  if (name === 'NotReadableError' || name === 'AbortError') return 'busy';
  return 'unknown';
}
