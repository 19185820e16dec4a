import { isAlive } from './peer.ts';
import { type Candidate, outranks } from './rank.ts';

import type { Settings } from './settings.ts';
import { type Role, standing } from './state.ts';

/** The two candidates as this node sees them; undefined while no peer is heard. */
function candidates(role: Role, atMs: number, settings: Settings): { self: Candidate; peer: Candidate } | undefined {
  if (!isAlive(role.peer, settings)) return undefined;
  const { lowerAddress } = settings;
  return {
    self: { ...standing(role, atMs, settings), lowerAddress },
    peer: { ...role.peer.standing, lowerAddress: !lowerAddress },
  };
}

/** Who of the two leads by rank: `undefined` while no peer is heard. */
export function leader(role: Role, atMs: number, settings: Settings): 'self' | 'peer' | undefined {
  const both = candidates(role, atMs, settings);
  return both && (outranks(both.self, both.peer) ? 'self' : 'peer');
}

/** Whether the peer could lead if this node let go now. */
export function peerCouldLead(role: Role, atMs: number, settings: Settings): boolean {
  const both = candidates(role, atMs, settings);
  return (
    both !== undefined &&
    outranks({ ...both.peer, resigned: false }, { ...both.self, state: 'standby', resigned: true })
  );
}
