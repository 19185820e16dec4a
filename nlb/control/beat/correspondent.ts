import type { PathName, Standing } from '../../pair/beat.ts';
import { type Conversation, converse, type Datagrams } from '../../pair/conversation.ts';
import type { BeatOrders } from './mail.ts';
import { openPath, type PathListener } from './path.ts';

/** Sends this node's beats by every path, and passes on the peer's when they are news. */
export interface Correspondent {
  beat(standing: Standing): void;
  useKeys: Conversation['useKeys'];
  readonly counts: Conversation['counts'];
}

export interface BeatListener extends Pick<PathListener, 'refused' | 'problem'> {
  /** A beat came by that path; it is no news where it came by the other one before. */
  came(path: PathName, atMs: number): void;
  heard(from: Standing, atMs: number): void;
  /** A datagram was read, whatever it is worth. */
  read(path: PathName): void;
  nowMs(): number;
}

export function correspond({ settings, secrets, port, paths }: BeatOrders, listener: BeatListener): Correspondent {
  const conversation = converse(settings, secrets);
  const send = (datagrams: Datagrams) => {
    for (const way of ways) way.send(datagrams[way.name]);
  };
  const received: PathListener['received'] = (path, datagram) => {
    listener.read(path);
    const atMs = listener.nowMs();
    const { refused, greeting, standing } = conversation.receive(path, datagram, atMs);
    if (greeting) send(greeting);
    if (refused) return;
    listener.came(path, atMs);
    if (standing) listener.heard(standing, atMs);
  };
  const ways = paths.map((path) => openPath(path, port, { ...listener, received }));
  const { counts, useKeys } = conversation;
  return { beat: (standing) => send(conversation.beat(standing)), useKeys, counts };
}
