// The hub that the components of a page talk to.
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Hub } from '../hub';

export const HubContext = createContext<Hub | null>(null);

export function useHub(): Hub {
  const hub = useContext(HubContext);
  if (!hub) throw new Error('no HubContext above this component');
  return hub;
}
