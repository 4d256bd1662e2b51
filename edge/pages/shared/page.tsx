// How a hub's page starts: session, links it was opened with, and the frame around everything.
import { render, type ComponentChildren } from 'preact';
import { HubContext } from './components/context';
import { Toasts } from './components/Toasts';
import { Hub, type Client } from './hub';
import { language, setLanguage } from './i18n';
import { browserStore, session, type SessionStore } from './session';
import './styles.css';

/** What the address of the page asks for. */
export interface Query {
  entry: string | null;
  box: string | null;
  room: string | null;
}

export function readQuery(search: string): Query {
  const query = new URLSearchParams(search);
  return { entry: query.get('entry'), box: query.get('box'), room: query.get('room') };
}

/** Start a page of the hub; `view` draws it. */
export function startPage(
  page: string,
  client: Client,
  view: (query: Query) => ComponentChildren,
  store: SessionStore = browserStore(page),
): Hub {
  const hub = new Hub(client, store);
  const query = readQuery(location.search);
  setLanguage(language.value);
  render(
    <HubContext.Provider value={hub}>
      {view(query)}
      <Toasts />
    </HubContext.Provider>,
    document.getElementById('app')!,
  );
  followLinks(hub, query);
  return hub;
}

/** Once somebody is logged in, go where the address points, else back to where they were. */
function followLinks(hub: Hub, query: Query): void {
  let isDone = false;
  const go = async () => {
    if (isDone || !session.value) return;
    isDone = true;
    history.replaceState(null, '', location.pathname);
    if (query.room) await hub.watchRoom(query.room, query.entry ?? undefined);
    else if (query.entry) await hub.enter(query.entry);
    else await hub.comeBack();
  };
  if (session.value) void hub.start().then(go);
  session.subscribe((now) => {
    if (now && !isDone) queueMicrotask(() => void go());
  });
}
