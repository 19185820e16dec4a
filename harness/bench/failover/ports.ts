import { realtimeMinusMonotonicNs } from '../../capture/clock.ts';
import { openRing, type PacketRing } from '../../capture/packet-ring.ts';
import type { Port } from '../../check/seen.ts';
import type { Recorder } from '../../history/recorder.ts';
import type { Lab } from '../../lab/lab.ts';

/** Two seconds of the probes' frames may wait before one is lost. */
const RING_MEGABYTES = 16;
const DRAIN_EVERY_MS = 20;
const FLUSH_WITHIN_MS = 2000;

/** The frames of a few switch ports, into a history. Only these: capturing every port of a lab would be a load of its own. */
export interface PortWatch {
  /** Every frame that the kernel took before this call is in the history. Gives the number known to be lost since the last call. */
  flush(): number;
  close(): void;
}

export function watchPorts(lab: Lab, ports: readonly Port[], recorder: Recorder): PortWatch {
  const rings = ports.map((port) => ({ port, ring: openPort(lab, port), dropped: 0 }));
  const drainWith = (move: (ring: PacketRing, onFrame: Parameters<PacketRing['drain']>[0]) => unknown): void => {
    const offsetNs = realtimeMinusMonotonicNs();
    for (const { port, ring } of rings) {
      move(ring, (frame) =>
        recorder.record({
          kind: 'frame',
          atNs: recorder.fromMonotonic(frame.timeNs - offsetNs),
          ...port,
          // A switch receives what the node sends.
          direction: frame.direction === 'incoming' ? 'sent' : 'received',
          bytes: frame.bytes,
        }),
      );
    }
  };
  const timer = setInterval(() => drainWith((ring, onFrame) => ring.drain(onFrame)), DRAIN_EVERY_MS);
  const newDrops = (): number =>
    rings.reduce((sum, one) => {
      const before = one.dropped;
      one.dropped = one.ring.drops();
      return sum + one.dropped - before;
    }, 0);
  return {
    flush: () => {
      let unfinished = 0;
      drainWith((ring, onFrame) => {
        if (!ring.flush(onFrame, FLUSH_WITHIN_MS)) unfinished += 1;
      });
      return newDrops() + unfinished;
    },
    close: () => {
      clearInterval(timer);
      for (const { ring } of rings) ring.close();
    },
  };
}

function openPort(lab: Lab, { lan, node, leg }: Port): PacketRing {
  const interfaceName = lab.node(node).home.plan.legs.find(({ name }) => name === leg)?.port;
  if (interfaceName === undefined) throw new Error(`${node} has no leg ${leg}`);
  return lab.switchOf(lan).inside(() => openRing({ interfaceName, megabytes: RING_MEGABYTES }));
}
