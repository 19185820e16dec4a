import { randomBytes } from 'node:crypto';
import { type Acknowledged, openSentTimes } from './acknowledged.ts';
import { type Beat, decodeBeat, encodeBeat, type Nonce, type PathName, peekBeat, type Standing } from './beat.ts';
import {
  type Contact,
  type Rejection as ContactRejection,
  earlyRejection,
  firstContact,
  hear,
  speak,
  type UnverifiedBoot,
} from './contact.ts';
import { type Rejection as EnvelopeRejection, open, seal } from './envelope.ts';
import type { Extension } from './extension.ts';
import { openHmacBudget } from './hmac-budget.ts';
import { makeKeys } from './keys.ts';

/** What two nodes say to each other, as datagrams: everything about it but the sockets. */
export interface Conversation {
  /** Datagram → what it is worth. What is rejected is counted. */
  receive(path: PathName, datagram: Uint8Array, atMs: number): Received;
  /** The next beat, for one path and the other. What has been heard is added to what the node says of itself. */
  beat(standing: Standing, atMs: number, own?: OwnExtension): Datagrams;
  /** @param secrets as for `makeKeys`; nobody has to meet anew for it */
  useKeys(secrets: readonly Uint8Array[]): void;
  readonly counts: { heard: number; missed: number; refused: Partial<Record<Rejection, number>> };
  contact(): Contact;
}

export type OwnExtension = Omit<Extension, 'heard'>;
export type Datagrams = Record<PathName, Uint8Array>;
export type Rejection = EnvelopeRejection | ContactRejection | 'malformed' | 'too many';
export interface Received {
  rejected?: Rejection;
  /** To be sent at once. */
  challengeReply?: Datagrams;
  /** What the peer says of itself, when that is news. */
  standing?: Standing;
  /** With a standing: what else this boot of the peer has said. Absent where it has not, as in version 3. */
  extension?: Extension;
  /** Which of our beats it has heard. Absent where its beat does not say so. */
  acknowledged?: Acknowledged;
  /** The peer has heard what this start has yet to send: it was put back to a snapshot, or is a clone. It goes by another name now. */
  isCopy?: true;
}

interface Names {
  node: string;
  peer: string;
}

/** @param from where a start goes on from that is not the first of its name, as one that was put back to a snapshot */
export function openConversation({ node, peer }: Names, secrets: readonly Uint8Array[], from?: Contact): Conversation {
  let keys = makeKeys(secrets);
  let contact = from ?? firstContact({ node, peerName: peer }, drawNonce);
  const counts: Conversation['counts'] = { heard: 0, missed: 0, refused: {} };
  const reject = (rejected: Rejection): { rejected: Rejection } => {
    counts.refused[rejected] = (counts.refused[rejected] ?? 0) + 1;
    return { rejected };
  };
  const sentTimes = openSentTimes();
  let lastExtension: { boot: Nonce; extension: Extension } | undefined;
  const compose = (atMs: number, standing?: Standing, own: OwnExtension = {}, replyTo?: UnverifiedBoot): Datagrams => {
    const { header, version, heard, ...spoken } = speak(contact, replyTo);
    contact = spoken.contact;
    sentTimes.noted(header.counter, atMs);
    const extension = { ...own, ...(heard && { heard }) };
    const said = { ...header, ...(standing && { standing }), ...(version > 3 && { extension }) };
    const datagram = (path: PathName) => seal(encodeBeat({ ...said, path }), version, keys);
    return { access: datagram('access'), server: datagram('server') };
  };
  const acknowledgedBy = ({ heard }: Extension): Acknowledged =>
    heard?.boot === contact.boot ? sentTimes.of(heard) : {};
  /** A boot is not answerable for what another one said. */
  const extensionAfter = ({ boot, extension }: Beat): Extension | undefined => {
    if (extension) lastExtension = { boot, extension };
    return lastExtension?.boot === boot ? lastExtension.extension : undefined;
  };
  const hmacBudget = openHmacBudget();
  /** Why a datagram is not worth the proof. What says nothing of itself is no beat, and that is found out by the proof. */
  const unworthy = (body: Uint8Array, path: PathName, atMs: number): ContactRejection | 'too many' | undefined => {
    const beat = peekBeat(body);
    const rejected = beat && earlyRejection(contact, beat, path);
    if (rejected !== undefined) return rejected;
    const who = beat?.boot === contact.peer?.boot && beat !== undefined ? 'peer' : 'unverified';
    return hmacBudget.spend(who, atMs) ? undefined : 'too many';
  };
  const receive: Conversation['receive'] = (path, datagram, atMs) => {
    const opened = open(datagram, keys, (body) => unworthy(body, path, atMs));
    if ('rejected' in opened) return reject(opened.rejected);
    const beat = decodeBeat(opened.body, opened.version);
    if (beat === undefined) return reject('malformed');
    const heard = hear(contact, beat, path, atMs, drawNonce);
    contact = heard.contact;
    if (heard.rejected)
      return {
        ...reject(heard.rejected),
        ...(heard.challengeReply && { challengeReply: compose(atMs, undefined, {}, heard.challengeReply) }),
      };
    if (isCopied(contact, beat.extension)) {
      contact = firstContact({ node, peerName: peer }, drawNonce);
      return { isCopy: true };
    }
    counts.missed += heard.news?.missed ?? 0;
    if (!heard.news || !beat.standing) return {};
    counts.heard++;
    const extension = extensionAfter(beat);
    return {
      standing: beat.standing,
      ...(extension && { extension }),
      ...(beat.extension && { acknowledged: acknowledgedBy(beat.extension) }),
    };
  };
  return {
    receive,
    beat: (standing, atMs, own) => compose(atMs, standing, own),
    useKeys: (secrets) => {
      keys = makeKeys(secrets);
    },
    counts,
    contact: () => contact,
  };
}

/**
 * Two of one start would go on under one name and one counter: the peer would take what is said twice for a replay, and whoever is
 * behind would not be heard. A counter above our own shows that, and nothing else does: no clock tells a guest of its snapshot.
 */
function isCopied({ boot, counter }: Contact, { heard }: Extension = {}): boolean {
  return heard?.boot === boot && (heard.access > counter || heard.server > counter);
}

function drawNonce(): Nonce {
  return randomBytes(16).toString('hex');
}
