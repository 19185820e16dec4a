import type { Extension } from './extension.ts';
import { isAlive } from './peer.ts';
import type { Settings } from './settings.ts';
import { type Facts, meetsNoTarget, type Role } from './state.ts';

/**
 * Whether the lead can change hands without a connection being lost: a standby is in step when its rule gives each live
 * connection the server that has it (`sync/README.md`). Nobody is held back where one of the two takes no part in that.
 */
export function bothTakePart({ facts, peer }: Role, settings: Settings): boolean {
  return facts.sync !== undefined && isAlive(peer, settings) && peer.extension?.sync !== undefined;
}

/** Whether this node, which leads, keeps the lead rather than let a peer have it that is behind. Who serves nobody keeps nothing. */
export function isKeptFromPeer(role: Role, settings: Settings): boolean {
  const isBehind = bothTakePart(role, settings) && !role.facts.sync?.isPeerInStep;
  return isBehind && !servesNobody(role.facts);
}

/** Whether this node is behind: the peer leads, and says so. */
export function isBehind(role: Role, settings: Settings): boolean {
  const { standing, extension } = role.peer;
  return bothTakePart(role, settings) && standing?.state === 'active' && !extension?.sync?.isPeerInStep;
}

/** Whoever does has no connections to lose. */
export const servesNobody = (facts: Facts): boolean => facts.healthyServers === 0 || meetsNoTarget(facts);

/** What the next leader would break. @param who is behind @param command what is done about it, if that is wanted */
export const notInStep = (who: string, command: 'takeover' | 'standby'): string =>
  `${who} is not in step yet: connections would be lost (nlbctl ${command} --force)`;

/** What a beat says of it. @param reign of this node's lead */
export function syncState({ facts, state }: Role, reign: number, atMs: number): Pick<Extension, 'sync'> {
  if (facts.sync === undefined) return {};
  const leads = state.name === 'active';
  const requests = state.name === 'standby' && atMs < state.requestUntilMs;
  return {
    sync: {
      reign: leads ? reign : 0,
      isPeerInStep: leads && facts.sync.isPeerInStep,
      isForced: requests && state.isForced === true,
    },
  };
}

/** The reign of a peer that lives and leads; 0 where none does, or it takes no part. */
export function peerReign({ peer }: Role, settings: Settings): number {
  const leads = isAlive(peer, settings) && peer.standing.state === 'active';
  return leads ? (peer.extension?.sync?.reign ?? 0) : 0;
}
