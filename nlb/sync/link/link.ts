import type { PathName } from '../../pair/beat.ts';
import type { Message, Session } from '../records.ts';
import { openChannel, type Rejection } from '../wire/channel.ts';
import { putInto, type Waiting } from './outbox.ts';
import { afterAcknowledgement, afterSending, choosePaths, noProgress, type PathTimes } from './path-choice.ts';
import { openPathSocket, type PathAddresses } from './socket.ts';

/** The way between the engines of two nodes: what one says comes to the other, or does not; order, loss and repetition are the engines'. */
export interface Link {
  /** Sent at the end of this turn of the event loop. @param path by which it goes, as what it answers came; else that is chosen */
  send(said: Message, path?: PathName): void;
  useKeys(secrets: readonly Uint8Array[]): void;
  close(): void;
  readonly counts: LinkCounts;
}

export interface LinkCounts {
  sent: Record<PathName, number>;
  received: Record<PathName, number>;
  refused: Partial<Record<Rejection, number>>;
}

export interface LinkOrders {
  paths: readonly PathAddresses[];
  /** As for `makeKeys`. */
  secrets: readonly Uint8Array[];
  /** How many slots each pool has. */
  perPool: number;
  times: PathTimes;
}

export interface LinkListener {
  nowMs(): number;
  /** Of which this node is: its counters are followed. */
  session(): Session | undefined;
  received(said: Message, path: PathName, atMs: number): void;
  /**
   * The peer's version is later: it has logged what must not be skipped and is not known here. From now on nothing of that reign is passed
   * on in either direction, so that this node stays out of step with it.
   */
  unknown(kind: number): void;
  problem(text: string): void;
}

const ALL: readonly PathName[] = ['server', 'access'];

export function openLink({ paths, secrets, perPool, times }: LinkOrders, listener: LinkListener): Link {
  const channel = openChannel(secrets, perPool);
  const counts: LinkCounts = {
    sent: { server: 0, access: 0 },
    received: { server: 0, access: 0 },
    refused: channel.refused,
  };
  const heardMs: Partial<Record<PathName, number>> = {};
  let progress = noProgress;
  let attachment: number | undefined;
  /** The reign of an active that this node does not understand. */
  let foreignReign: number | undefined;
  let waiting: Waiting[] = [];

  const choose = ({ said, path }: Waiting): readonly PathName[] => {
    if (path !== undefined) return [path];
    if (said.type !== 'records') return ALL;
    const nowMs = listener.nowMs();
    if (said.session.attachment !== attachment) [attachment, progress] = [said.session.attachment, noProgress];
    const facts = { ...progress, heardMs };
    progress = afterSending(progress, said.first + said.records.length - 1, nowMs);
    return choosePaths(facts, times, nowMs);
  };

  function flush(): void {
    const now = waiting;
    waiting = [];
    // Sealed for each path: what is equal to what has come by the other one would be refused, and not count as heard.
    for (const each of now)
      for (const path of choose(each)) for (const datagram of channel.seal(each.said)) transmit(path, datagram);
  }

  function transmit(path: PathName, datagram: Uint8Array): void {
    counts.sent[path]++;
    sockets.get(path)?.send(datagram);
  }

  function receive(path: PathName, datagram: Uint8Array): void {
    const atMs = listener.nowMs();
    const opened = channel.open(datagram, listener.session(), atMs);
    if ('rejected' in opened) return;
    const { said, unknown } = opened;
    counts.received[path]++;
    heardMs[path] = atMs;
    if (said.session.reign === foreignReign) return;
    if (said.type === 'acknowledgement' && said.session.attachment === attachment)
      progress = afterAcknowledgement(progress, { applied: said.applied, path }, times, atMs);
    listener.received(said, path, atMs);
    if (unknown === undefined) return;
    foreignReign = said.session.reign;
    listener.unknown(unknown);
  }

  const sockets = new Map(
    paths.map((ends) => [
      ends.name,
      openPathSocket(ends, (datagram) => receive(ends.name, datagram), listener.problem),
    ]),
  );
  return {
    send: (said, path) => {
      if (said.session.reign === foreignReign) return;
      if (waiting.length === 0) setImmediate(flush);
      putInto(waiting, { said, path });
    },
    useKeys: channel.useKeys,
    close: () => {
      for (const socket of sockets.values()) socket.close();
    },
    counts,
  };
}
