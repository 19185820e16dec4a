import { realtimeMinusMonotonicNs } from '../capture/clock.ts';
import { openRing, type PacketRing } from '../capture/packet-ring.ts';
import type { CapturedFrame } from '../capture/ring-block.ts';
import { lansOf, legsOnLan } from '../driver/batch.ts';
import { findDevice } from '../driver/device.ts';
import type { Recorder } from '../history/recorder.ts';
import type { LabNode } from '../node/node.ts';
import type { Lab } from './lab.ts';
import { type Monitor, startMonitor } from './monitor.ts';

/** Memory for each LAN's frames: two seconds of thin traffic, in 512 blocks of 4 ms, may pass before one is lost. */
const RING_MEGABYTES = 16;
const DRAIN_EVERY_MS = 20;

interface LanWatch {
  lan: string;
  ring: PacketRing;
  /** Which leg of which node is behind a port, by the port's index; nothing is behind the bridge's own device. */
  ports: Map<number, { node: string; leg: string } | undefined>;
  /** The same for the ports that there are now: a test may unmake one, and make it again. */
  look(): Map<number, { node: string; leg: string }>;
  /** End of what was recorded as covered, and the drops counted until then. */
  sinceNs: number;
  missed: number;
  /** Frames of which only the beginning was captured, and flushes that did not get everything in time. */
  cutShort: number;
}

interface NodeWatch {
  node: string;
  monitor: Monitor;
  sinceNs: number;
  missed: number;
}

/** A port that is being made anew at this moment is not there. */
function portsOf(lab: Lab, lan: string): Map<number, { node: string; leg: string }> {
  const legs = legsOnLan(lab.plan, lan);
  return new Map(
    legs.flatMap(({ node, leg }) => {
      const index = findDevice(leg.port);
      return index === undefined ? [] : [[index, { node: node.name, leg: leg.name }] as const];
    }),
  );
}

/**
 * Watches a lab from the moment its network exists: every frame on every switch port, and every change of an address or
 * a neighbour on load balancers and firewalls, into the history. What was watched, for how long, and how much was
 * missed goes there too when the watch ends.
 */
export class Watch {
  private readonly recorder: Recorder;
  private readonly lans: LanWatch[] = [];
  private readonly nodes: NodeWatch[] = [];
  private readonly timer: NodeJS.Timeout;
  /** Wall clock minus monotonic clock, sampled anew at each drain. */
  private offsetNs = realtimeMinusMonotonicNs();

  private constructor(recorder: Recorder) {
    this.recorder = recorder;
    this.timer = setInterval(() => this.drain(), DRAIN_EVERY_MS);
  }

  static async start(lab: Lab, recorder: Recorder): Promise<Watch> {
    const watch = new Watch(recorder);
    for (const lan of lansOf(lab.plan)) watch.lans.push(watch.openLan(lab, lan));
    const watched = [...lab.nodes('nlb'), ...lab.nodes('firewall')];
    await Promise.all(watched.map((node) => watch.openNode(node)));
    return watch;
  }

  private openLan(lab: Lab, lan: string): LanWatch {
    const lanSwitch = lab.switchOf(lan);
    const look = () => lanSwitch.inside(() => portsOf(lab, lan));
    const ring = lanSwitch.inside(() => openRing({ megabytes: RING_MEGABYTES }));
    return { lan, ring, ports: look(), look, sinceNs: this.recorder.nowNs(), missed: 0, cutShort: 0 };
  }

  private async openNode(node: LabNode): Promise<void> {
    const monitor = await startMonitor(node, ({ realtimeNs, ...event }) =>
      this.recorder.record({ ...event, node: node.name, atNs: this.fromRealtime(realtimeNs) }),
    );
    this.nodes.push({ node: node.name, monitor, sinceNs: this.recorder.nowNs(), missed: 0 });
  }

  private fromRealtime = (realtimeNs: bigint): number => this.recorder.fromMonotonic(realtimeNs - this.offsetNs);

  /** Moves what the rings hold into the history. */
  drain(): void {
    this.offsetNs = realtimeMinusMonotonicNs();
    for (const lan of this.lans) lan.ring.drain((frame) => this.recordFrame(lan, frame));
  }

  /** A switch receives what the node sent, and sends what the node receives. The bridge's own device is no port. */
  private recordFrame(lan: LanWatch, frame: CapturedFrame): void {
    if (!lan.ports.has(frame.ifindex)) lan.ports = new Map([[frame.ifindex, undefined], ...lan.ports, ...lan.look()]);
    const port = lan.ports.get(frame.ifindex);
    if (!port) return;
    if (frame.wireBytes > frame.bytes.length) lan.cutShort += 1;
    this.recorder.record({
      kind: 'frame',
      atNs: this.fromRealtime(frame.timeNs),
      lan: lan.lan,
      ...port,
      direction: frame.direction === 'incoming' ? 'sent' : 'received',
      bytes: frame.bytes,
    });
  }

  /** Waits until every frame that the kernel took before this call is in the history. */
  private flush(): void {
    this.offsetNs = realtimeMinusMonotonicNs();
    for (const lan of this.lans) {
      if (!lan.ring.flush((frame) => this.recordFrame(lan, frame), 1000)) lan.cutShort += 1;
    }
  }

  /** Waits until every frame and every change that happened before this call is in the history, with what was covered. */
  async settle(): Promise<void> {
    await Promise.all(this.nodes.map(({ monitor }) => monitor.fence()));
    this.flush();
    this.recordCoverage();
  }

  private recordCoverage(): void {
    const untilNs = this.recorder.nowNs();
    for (const lan of this.lans) {
      const missed = lan.ring.drops() + lan.cutShort - lan.missed;
      this.recorder.record({ kind: 'watched', what: 'frames', where: lan.lan, atNs: lan.sinceNs, untilNs, missed });
      lan.missed += missed;
      lan.sinceNs = untilNs;
    }
    for (const watch of this.nodes) {
      const missed = watch.monitor.missed() - watch.missed;
      const span = { kind: 'watched', where: watch.node, atNs: watch.sinceNs, untilNs, missed } as const;
      this.recorder.record({ ...span, what: 'addresses' });
      this.recorder.record({ ...span, what: 'neighbours' });
      watch.missed += missed;
      watch.sinceNs = untilNs;
    }
  }

  /** Ends the watch; what it covered until now is in the history. */
  async stop(): Promise<void> {
    await this.settle();
    clearInterval(this.timer);
    await Promise.all(this.nodes.map(({ monitor }) => monitor.stop()));
    for (const { ring } of this.lans) ring.close();
  }
}
