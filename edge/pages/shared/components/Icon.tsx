const PATHS = {
  mic: 'M12 15a4 4 0 0 0 4-4V6a4 4 0 0 0-8 0v5a4 4 0 0 0 4 4Zm-7-4a7 7 0 0 0 14 0M12 18v4m-4 0h8',
  camera: 'M3 7h11a2 2 0 0 1 2 2v6a2 2 0 0 1-2 2H3a1 1 0 0 1-1-1V8a1 1 0 0 1 1-1Zm13 4 6-4v10l-6-4',
  screen: 'M3 4h18v12H3zM8 20h8m-4-4v4',
  home: 'M3 11 12 3l9 8v9a1 1 0 0 1-1 1h-5v-7H9v7H4a1 1 0 0 1-1-1z',
  mail: 'M3 5h18v14H3zm0 1 9 7 9-7',
  music: 'M9 18V5l12-2v13M9 18a3 3 0 1 1-6 0 3 3 0 0 1 6 0Zm12-2a3 3 0 1 1-6 0 3 3 0 0 1 6 0Z',
  user: 'M12 12a5 5 0 1 0 0-10 5 5 0 0 0 0 10Zm-9 10a9 9 0 0 1 18 0',
  close: 'M5 5l14 14M19 5 5 19',
  send: 'M3 11.5 21 3l-7 18-3-7.5z',
  back: 'M15 4 7 12l8 8',
  top: 'M12 20V6m-7 7 7-7 7 7M5 3h14',
  trash: 'M4 7h16M9 7V4h6v3m-9 0 1 14h10l1-14',
  skip: 'M5 4l10 8-10 8zM19 4v16',
  copy: 'M9 9h12v12H9zM5 15H3V3h12v2',
  sound: 'M4 9h4l6-5v16l-6-5H4zM18 8a6 6 0 0 1 0 8',
  plus: 'M12 4v16M4 12h16',
  play: 'M6 3l15 9-15 9z',
  bolt: 'M13 2 4 14h7l-1 8 9-12h-7z',
  eye: 'M2 12s4-7 10-7 10 7 10 7-4 7-10 7S2 12 2 12Zm10 3a3 3 0 1 0 0-6 3 3 0 0 0 0 6Z',
  search: 'M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14Zm5-2 5 5',
  headphones: 'M3 18v-5a9 9 0 0 1 18 0v5M3 15h4v6H5a2 2 0 0 1-2-2zm18 0h-4v6h2a2 2 0 0 0 2-2z',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
