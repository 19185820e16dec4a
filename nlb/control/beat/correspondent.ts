import { randomBytes } from 'node:crypto';
import { type Beat, decodeBeat, encodeBeat, type Standing } from '../../pair/beat.ts';
import { open, seal } from '../../pair/envelope.ts';
import { advance, judge, noOrder, type Order } from '../../pair/order.ts';
import type { BeatOrders, PathOrders } from './mail.ts';
import { openPath, type PathListener } from './path.ts';

/** Sends this node's beats by every path, and passes on the peer's when they are news. */
export interface Correspondent {
  beat(standing: Standing): void;
  readonly counts: { heard: number; missed: number; refused: Record<string, number> };
  /** When a beat last came by each path. */
  readonly lastHeardMs: Map<PathOrders['name'], number>;
}

export interface BeatListener extends Pick<PathListener, 'refused' | 'problem'> {
  heard(from: Beat, atMs: number): void;
  nowMs(): number;
}

export function correspond({ settings, port, paths }: BeatOrders, listener: BeatListener): Correspondent {
  const boot = randomBytes(8).readBigUInt64BE();
  let counter = 0n;
  const counts: Correspondent['counts'] = { heard: 0, missed: 0, refused: {} };
  const lastHeardMs: Correspondent['lastHeardMs'] = new Map();
  let order: Order = noOrder;
  const refuse = (why: string) => {
    counts.refused[why] = (counts.refused[why] ?? 0) + 1;
  };
  const received: PathListener['received'] = (path, datagram) => {
    const opened = open(datagram);
    if ('refused' in opened) return refuse(opened.refused);
    const beat = decodeBeat(opened.body);
    if (beat === undefined) return refuse('malformed');
    if (beat.node !== settings.peer) return refuse('not the peer');
    const verdict = judge(order, beat);
    if (verdict === 'stale' || verdict === 'retired') return refuse(verdict);
    lastHeardMs.set(path, listener.nowMs());
    if (verdict === 'twin') return;
    const { missed, ...next } = advance(order, beat);
    order = next;
    counts.heard++;
    counts.missed += missed;
    listener.heard(beat, listener.nowMs());
  };
  const ways = paths.map((path) => openPath(path, port, { ...listener, received }));
  const beat = (standing: Standing) => {
    counter++;
    const datagram = seal(encodeBeat({ ...standing, node: settings.node, boot, counter }));
    for (const path of ways) path.send(datagram);
  };
  return { beat, counts, lastHeardMs };
}
