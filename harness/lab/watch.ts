import { realtimeMinusMonotonicNs } from '../capture/clock.ts';
import { closeRing, makeRing, type RingMemory } from '../capture/packet-ring.ts';
import type { CapturedFrame } from '../capture/ring-block.ts';
import { lansOf, legsOnLan } from '../driver/batch.ts';
import { findDevice } from '../driver/device.ts';
import type { Starved } from '../history/event.ts';
import type { Recorder } from '../history/recorder.ts';
import type { LabNode } from '../node/node.ts';
import type { Lab } from './lab.ts';
import { type Monitor, startMonitor } from './monitor.ts';
import { type RingFlushed, startWatchThread, type WatchThread } from './watch-handle.ts';

/** Memory for each LAN's frames: two seconds of thin traffic, in 512 blocks of 4 ms, may pass before one is lost. */
const RING_MEGABYTES = 16;
const DRAIN_EVERY_MS = 20;
/** Of the main thread's time, so much before it does anything else. */
const READ_AT_ONCE_MS = 50;
/** After that long a flush counts as one that did not get everything. */
const FLUSH_WITHIN_MS = 5000;

interface LanWatch {
  lan: string;
  ring: RingMemory;
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

/** Looking at a node takes some microseconds, fifty times a second. */
const MOST_LOOKED_AT = 16;

/** The servers and the client, too, whose answers are waited for; of a large lab those alone that take over from each other. */
const nodesWithDeadlines = (lab: Lab, watched: readonly LabNode[]): readonly LabNode[] =>
  lab.plan.nodes.length > MOST_LOOKED_AT ? watched : lab.plan.nodes.map(({ name }) => lab.node(name));

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
  private readonly thread: WatchThread;
  private readonly timer: NodeJS.Timeout;
  /** What nodes waited for a processor and is not told yet. */
  private starved: Starved[] = [];

  private constructor(recorder: Recorder, lab: Lab, watched: readonly LabNode[]) {
    this.recorder = recorder;
    for (const lan of lansOf(lab.plan)) this.lans.push(this.openLan(lab, lan));
    const pressures = nodesWithDeadlines(lab, watched).flatMap(({ name, home }) => {
      const file = home.handle.pressureFile;
      return file === undefined ? [] : [{ node: name, file }];
    });
    const rings = this.lans.map(({ ring }) => ring);
    this.thread = startWatchThread(
      { rings, pressures: pressures.map(({ file }) => file) },
      {
        frame: (ring, frame, offsetNs) => this.recordFrame(this.lans[ring], frame, offsetNs),
        starved: ({ pressure, fromNs, untilNs, forNs }) =>
          void this.starved.push({
            kind: 'starved',
            atNs: recorder.fromMonotonic(fromNs),
            untilNs: recorder.fromMonotonic(untilNs),
            node: pressures[pressure]?.node ?? '',
            forNs,
          }),
      },
    );
    this.timer = setInterval(() => this.drain(), DRAIN_EVERY_MS);
  }

  static async start(lab: Lab, recorder: Recorder): Promise<Watch> {
    const watched = [...lab.nodes('nlb'), ...lab.nodes('firewall')];
    const watch = new Watch(recorder, lab, watched);
    await Promise.all(watched.map((node) => watch.openNode(node)));
    return watch;
  }

  private openLan(lab: Lab, lan: string): LanWatch {
    const lanSwitch = lab.switchOf(lan);
    const look = () => lanSwitch.inside(() => portsOf(lab, lan));
    const ring = lanSwitch.inside(() => makeRing({ megabytes: RING_MEGABYTES }));
    return { lan, ring, ports: look(), look, sinceNs: this.recorder.nowNs(), missed: 0, cutShort: 0 };
  }

  private async openNode(node: LabNode): Promise<void> {
    const monitor = await startMonitor(node, ({ realtimeNs, ...event }) => {
      const atNs = this.fromRealtime(realtimeNs, realtimeMinusMonotonicNs());
      this.recorder.record({ ...event, node: node.name, atNs });
    });
    this.nodes.push({ node: node.name, monitor, sinceNs: this.recorder.nowNs(), missed: 0 });
  }

  /** @param offsetNs by which the wall clock is ahead of the monotonic one, sampled when that was read: it may be stepped */
  private fromRealtime(realtimeNs: bigint, offsetNs: bigint): number {
    return this.recorder.fromMonotonic(realtimeNs - offsetNs);
  }

  /** Moves what the thread has told into the history. Gives whether that was all: where too much comes, the history lags behind. */
  drain(): boolean {
    return this.thread.read(READ_AT_ONCE_MS);
  }

  /** What the thread has told, since the last call, of nodes that waited for a processor. Reads nothing of it: frames would be later than what is covered. */
  takeStarved(): Starved[] {
    return this.starved.splice(0);
  }

  /** A switch receives what the node sent, and sends what the node receives. The bridge's own device is no port. */
  private recordFrame(lan: LanWatch | undefined, frame: CapturedFrame, offsetNs: bigint): void {
    if (!lan) return;
    if (!lan.ports.has(frame.ifindex)) lan.ports = new Map([[frame.ifindex, undefined], ...lan.ports, ...lan.look()]);
    const port = lan.ports.get(frame.ifindex);
    if (!port) return;
    if (frame.wireBytes > frame.bytes.length) lan.cutShort += 1;
    this.recorder.record({
      kind: 'frame',
      atNs: this.fromRealtime(frame.timeNs, offsetNs),
      lan: lan.lan,
      ...port,
      direction: frame.direction === 'incoming' ? 'sent' : 'received',
      bytes: frame.bytes,
    });
  }

  /** Waits until every frame and every change that happened before this call is in the history, with what was covered. */
  async settle(): Promise<void> {
    await Promise.all(this.nodes.map(({ monitor }) => monitor.fence()));
    this.recordCoverage(this.thread.flush(FLUSH_WITHIN_MS));
  }

  private recordCoverage(flushed: RingFlushed[]): void {
    const untilNs = this.recorder.nowNs();
    for (const [number, lan] of this.lans.entries()) {
      const { drops, isWhole } = flushed[number] ?? { drops: 0, isWhole: false };
      if (!isWhole) lan.cutShort += 1;
      const missed = drops + lan.cutShort - lan.missed;
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
    await Promise.all([this.thread.stop(), ...this.nodes.map(({ monitor }) => monitor.stop())]);
    for (const { ring } of this.lans) closeRing(ring);
  }
}
