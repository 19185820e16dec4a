import { isAlive, isSuspect } from '../../pair/peer.ts';
import type { Settings } from '../../pair/settings.ts';
import type { Role } from '../../pair/state.ts';
import type { Executor } from './executor.ts';
import type { PeerStatus } from './messages.ts';
import { lookAtWitness, unasked, type WitnessChange, witnessAnswered } from './witness-path.ts';

/** Asks the witness in peacetime, and, until a beat has named it, who it is. */
export interface WitnessWatch {
  ticked(role: Role, settings: Settings, nowMs: number): void;
  answered(mac: string, nowMs: number): void;
  status(nowMs: number): PeerStatus['witness'];
}

/** Between two questions who has the peer's address, while no beat has named its hardware address. */
const MEET_EVERY_MS = 1000;

export function watchWitness(
  executor: Pick<Executor, 'witness' | 'askInPeace'>,
  changed: (change: WitnessChange) => void,
): WitnessWatch {
  let path = unasked;
  let meetAtMs = Number.NEGATIVE_INFINITY;
  const judged = (judgement: { path: typeof path; change?: WitnessChange }) => {
    path = judgement.path;
    if (judgement.change) changed(judgement.change);
  };
  return {
    ticked: ({ peer, state }, settings, nowMs) => {
      const { mac, named } = executor.witness();
      const isPeace = isAlive(peer, settings) && !isSuspect(peer, settings);
      const isLed = isAlive(peer, settings) && state.name === 'standby' && peer.standing.state === 'active';
      // A beat that is late puts the next question off, and no more: the questions before it were asked in peace.
      if (isPeace || !isLed) {
        const look = lookAtWitness(path, isLed ? mac : undefined, nowMs);
        judged(look);
        if (look.asks) executor.askInPeace('witness');
      }
      // Whoever answers while the peer is silent does not become the witness.
      if (named || nowMs < meetAtMs || (mac !== undefined && !isPeace)) return;
      meetAtMs = nowMs + MEET_EVERY_MS;
      executor.askInPeace('who it is');
    },
    answered: (mac, nowMs) => judged(witnessAnswered(path, mac, nowMs)),
    status: (nowMs) => {
      const { mac, named } = executor.witness();
      const { faultySinceMs } = path;
      return {
        mac: mac ?? null,
        knownBy: mac === undefined ? null : named ? 'beat' : 'arp',
        silentForMs: faultySinceMs === undefined ? null : Math.round(nowMs - faultySinceMs),
      };
    },
  };
}
