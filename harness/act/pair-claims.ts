import type { Claim } from '../check/claim.ts';
import { oneAnswererAtATime } from '../check/one-answerer.ts';
import { tookOver } from '../check/takeover.ts';
import type { Scene } from './scene.ts';

/** What many suites claim of the pair, said of the scene at hand: its NLBS address, and the access subnet. */

export interface Takeover {
  /** The node that was struck, and its peer. */
  from: string;
  to: string;
  /** The act that struck it. */
  what: string;
  withinMs: number;
}

/** The peer takes the address, announces it, and the cluster answers. */
export function peerTookOver(scene: Scene, { from, to, what, withinMs }: Takeover): Claim {
  const after = { what, node: from };
  return tookOver({ address: scene.nlbs, from, to: scene.port(to, 'access'), after, withinMs });
}

/** Of these two no more than one speaks for the address at a time. */
export function oneSpeaksAtATime(scene: Scene, nodes: readonly string[]): Claim {
  return oneAnswererAtATime({ address: scene.nlbs, lans: [scene.lan('access')], nodes: [...nodes] });
}
