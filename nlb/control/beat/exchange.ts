import { type Nonce, noNonce, type PathName, type Standing } from '../../pair/beat.ts';
import {
  type Conversation,
  type Datagrams,
  type OwnExtension,
  openConversation,
  type Received,
} from '../../pair/conversation.ts';
import type { BeatOrders } from './messages.ts';
import { openPath, type PathListener } from './path.ts';

/** Sends this node's beats by every path, and passes on the peer's when they are news. */
export interface BeatExchange {
  beat(standing: Standing, own: OwnExtension): void;
  useKeys: Conversation['useKeys'];
  readonly counts: Conversation['counts'];
}

/** What a beat of the peer said. */
export type News = Required<Pick<Received, 'standing'>> & Pick<Received, 'extension' | 'acknowledged'>;

export interface BeatListener extends Pick<PathListener, 'refused' | 'problem'> {
  /** A beat came by that path; it is no news where it came by the other one before. */
  came(path: PathName, atMs: number): void;
  heard(news: News, atMs: number): void;
  /** What names the start of the peer that is believed: what names another one is an unverified boot's. */
  believed(boot: Nonce): void;
  /** This start is a copy of one that has gone on since. */
  isCopy(atMs: number): void;
  /** A datagram was read, whatever it is worth. */
  read(path: PathName): void;
  nowMs(): number;
}

export function openBeatExchange({ settings, secrets, port, paths }: BeatOrders, listener: BeatListener): BeatExchange {
  const conversation = openConversation(settings, secrets);
  const send = (datagrams: Datagrams) => {
    for (const path of open) path.send(datagrams[path.name]);
  };
  const received: PathListener['received'] = (path, datagram) => {
    listener.read(path);
    const atMs = listener.nowMs();
    const { rejected, challengeReply, standing, isCopy, ...rest } = conversation.receive(path, datagram, atMs);
    if (challengeReply) send(challengeReply);
    if (rejected) return;
    if (isCopy) listener.isCopy(atMs);
    listener.came(path, atMs);
    listener.believed(conversation.contact().peer?.boot ?? noNonce);
    if (standing) listener.heard({ standing, ...rest }, atMs);
  };
  const open = paths.map((path) => openPath(path, port, { ...listener, received }));
  const { counts, useKeys } = conversation;
  return { beat: (standing, own) => send(conversation.beat(standing, listener.nowMs(), own)), useKeys, counts };
}
