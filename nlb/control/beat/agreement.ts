import { type Digest, differing } from '../../config/agreement.ts';
import type { Peer } from '../../pair/peer.ts';
import type { Settings } from '../../pair/settings.ts';

/** In what the two nodes are configured differently though they must not be: shown, and acted upon by nobody. */
export interface Agreement {
  /** The peer was heard, or this node's own configuration has changed. */
  look(own: Digest, settings: Settings, peer: Peer): void;
  /** Names of sections; `null` while the peer has not said. */
  differs(): readonly string[] | null;
}

/** @param changed is called each time that the two begin to differ in something else */
export function openAgreement(changed: (differs: readonly string[]) => void): Agreement {
  let differs: readonly string[] | null = null;
  return {
    look: (own, { primary }, { standing, extension }) => {
      if (extension?.digest === undefined) return;
      const both = primary && standing?.primary ? ['primary'] : [];
      const now = [...both, ...differing(own, extension.digest)];
      const isNews = now.join() !== (differs ?? []).join();
      differs = now;
      if (isNews) changed(now);
    },
    differs: () => differs,
  };
}
